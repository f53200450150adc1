"""What an operator may set for an installation: the optional file `stepcare.toml` in its home, a table a subject."""

import re
import tomllib
import types
import typing
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any, TypeVar

from pipelines.errors import UsageError

CONFIGURATION = "stepcare.toml"
_PICTURE = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,60}\.(?:svg|png)")
T = TypeVar("T")


def pictures(home: Path) -> list[Path]:
    """The pictures beside `stepcare.toml`, of which one may be the reports' logo, by name; none with blanks and the like in it."""
    return [path for path in sorted(home.glob("*")) if path.is_file() and _PICTURE.fullmatch(path.name)]


def read_section(home: Path, name: str, kind: type[T]) -> T:
    """The table `[name]` of `<home>/stepcare.toml` as the dataclass `kind`; what is not set keeps its default.

    A list becomes a tuple. Raises UsageError, naming file, table and key, for TOML that cannot be read, a key that is not
    known, a value of another type, or one that is missing without a default.
    """
    return kind(**checked(home / CONFIGURATION, name, kind, read_table(home, name)))


def read_table(home: Path, name: str) -> dict[str, Any]:
    """The table `[name]` of `<home>/stepcare.toml` as it is written, empty when there is none.

    Raises UsageError, naming the file, for TOML that cannot be read and for a name that is no table.
    """
    path = home / CONFIGURATION
    said = _tables(path).get(name, {})
    if not isinstance(said, dict):
        raise UsageError(f"{path}: {name} must be a table, written [{name}]")
    return said


def read_tables(home: Path, name: str, kind: type[T]) -> tuple[T, ...]:
    """Every table `[[name]]` of `<home>/stepcare.toml` as the dataclass `kind`, in their order. Raises as `read_section`."""
    path = home / CONFIGURATION
    said = _tables(path).get(name, [])
    if not isinstance(said, list) or not all(isinstance(one, dict) for one in said):
        raise UsageError(f"{path}: {name} must be tables, each written [[{name}]]")
    return tuple(kind(**checked(path, name, kind, one)) for one in said)


def _tables(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: it is not TOML ({error}). Correct it, or take it away") from None


def checked(path: Path, name: str, kind: type[Any], said: Any) -> dict[str, Any]:
    """The arguments of the dataclass `kind` that the TOML table `[name]` of the file `path` says; raises as `read_section`."""
    if not isinstance(said, dict):
        raise UsageError(f"{path}: {name} must be a table, written [{name}]")
    known = {field.name: field for field in fields(kind)}
    hints = typing.get_type_hints(kind)
    for key, value in said.items():
        if key not in known:
            raise UsageError(f"{path}: [{name}] has no setting {key}. It has {', '.join(sorted(known))}")
        if not _is(value, hints[key]):
            raise UsageError(f"{path}: [{name}] {key} is not {_in_words(hints[key])}")
    for key, field in known.items():
        if key not in said and field.default is MISSING and field.default_factory is MISSING:
            raise UsageError(f"{path}: [{name}] lacks {key}")
    return {key: tuple(value) if isinstance(value, list) else value for key, value in said.items()}


def _is(value: Any, hint: Any) -> bool:
    if typing.get_origin(hint) is tuple:
        return isinstance(value, list) and all(isinstance(item, typing.get_args(hint)[0]) for item in value)
    if isinstance(hint, types.UnionType):
        return any(_is(value, option) for option in typing.get_args(hint) if option is not type(None))
    if hint is float:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, hint) and (hint is bool or not isinstance(value, bool))


def _in_words(hint: Any) -> str:
    if typing.get_origin(hint) is tuple:
        return "a list of texts" if typing.get_args(hint)[0] is str else "a list"
    return {str: "a text", int: "a whole number", float: "a number", bool: "true or false"}.get(
        hint, "of the right kind"
    )
