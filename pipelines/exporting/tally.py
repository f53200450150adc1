"""What was read, what could not be used and why, what stays at the clinic: counts and places, never a value."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Tally:
    """Counts of one export. `kind` is what the source calls a thing (a resource type, a table, a file of the mapping)."""

    n_read: Counter[str] = field(default_factory=Counter)
    n_unmapped: Counter[tuple[str, str]] = field(default_factory=Counter)
    first_places: dict[tuple[str, str], str] = field(default_factory=dict)
    dropped_columns: dict[str, list[str]] = field(default_factory=dict)

    def read(self, kind: str, n: int = 1) -> None:
        """Count `n` rows or resources of a kind that were looked at."""
        self.n_read[kind] += n

    def unmapped(self, kind: str, reason: str, file: str = "", line: int = 0, *, n: int = 1) -> None:
        """Count what could not be used, or only in part. `reason` is a fixed text of our code: never a value, nor a part of one.

        The first place of each reason is kept (the line, or the number of the item in a file without lines), so that a person at
        the clinic can look there.
        """
        key = (kind, reason)
        if not self.n_unmapped[key] and file:
            self.first_places[key] = f"{file}:{line}" if line else file
        self.n_unmapped[key] += n

    def dropped(self, kind: str, columns: list[str]) -> None:
        """Keep the names of columns (or elements) that are not mapped, and therefore stay at the clinic."""
        known = self.dropped_columns.setdefault(kind, [])
        known.extend(name for name in columns if name not in known)
