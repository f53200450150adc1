"""Older minor versions of the contract, read as the present one: renamed columns, recoded values, other units, as data.

A later minor version may rename a column, give codes other names or choose another unit; each such version is a `Migration` in
MIGRATIONS, oldest first. Deliveries of older versions are kept as they came and are migrated whenever they are read. Of a newer
minor version all is read that this one knows: its other columns are unlisted ones. An unknown major version is refused
(`manifest.read_manifest`).

Interface: `migrated_header` for the names of a delivered file's columns, `migrated_values` for the SQL of their values.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pipelines.casting import literal

Column = tuple[str, str]
"""Feed and name."""


@dataclass(frozen=True)
class Migration:
    """What one version changed. Columns are named as this version names them.

    `renamed` gives the old name of a column; `recoded` the code now for every old one; `factor` what an old number is to be
    multiplied by. A column may have all three. A code that is not listed, a missing-reason token or text that is no number stays.
    """

    version: str
    renamed: Mapping[Column, str] = field(default_factory=dict)
    recoded: Mapping[Column, Mapping[str, str]] = field(default_factory=dict)
    factor: Mapping[Column, float] = field(default_factory=dict)


MIGRATIONS: tuple[Migration, ...] = ()
"""Every version since 1.0.0 that changed what was there, oldest first. None has yet."""


def migrated_header(
    feed: str, header: Sequence[str], version: str, migrations: Sequence[Migration] = MIGRATIONS
) -> list[str]:
    """The names of a file's columns as the present contract names them; others stay as they are.

    A column that bears its new name already keeps it, and the old name beside it is then an unlisted column.
    """
    names = list(header)
    for migration in _since(version, migrations):
        new_names = {
            old: new for (of_feed, new), old in migration.renamed.items() if of_feed == feed and new not in names
        }
        names = [new_names.get(name, name) for name in names]
    return names


def migrated_values(
    feed: str, columns: Sequence[str], version: str, migrations: Sequence[Migration] = MIGRATIONS
) -> list[str]:
    """For each column, by its present name, the SQL of its value as text in the present version's codes and units."""
    values: dict[str, str] = {}
    for migration in _since(version, migrations):
        for (of_feed, new), old in migration.renamed.items():
            if of_feed == feed and old in values:
                values[new] = values.pop(old)
        for (of_feed, name), codes in migration.recoded.items():
            if of_feed == feed:
                values[name] = _recoded(values.get(name, "{text}"), codes)
        for (of_feed, name), factor in migration.factor.items():
            if of_feed == feed:
                values[name] = _scaled(values.get(name, "{text}"), factor)
    return [values.get(name, "{text}").replace("{text}", f'cast("{name}" as varchar)') for name in columns]


def _since(version: str, migrations: Sequence[Migration]) -> list[Migration]:
    return [migration for migration in migrations if _number(migration.version) > _number(version)]


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _recoded(text: str, codes: Mapping[str, str]) -> str:
    cases = " ".join(f"when {literal(old)} then {literal(new)}" for old, new in codes.items())
    return f"case trim({text}) {cases} else {text} end"


def _scaled(text: str, factor: float) -> str:
    """Rounded to six places, so that a tenth times ten is one again."""
    number = f"try_cast({text} as double)"
    return f"case when isfinite({number}) then cast(round({number} * {factor!r}, 6) as varchar) else {text} end"
