"""The released tables that the appendix is made from, by name: `report.*` and nothing else of the warehouse."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from pipelines.errors import NightFailed
from pipelines.reporting.model import Stamp
from pipelines.reporting.released_rows import Rows, plain_rows

__all__ = ["Released", "Rows"]


@dataclass(frozen=True)
class Released:
    """Released tables by name without their schema, with the stamp of the night."""

    tables: Mapping[str, Rows]
    stamp: Stamp

    @classmethod
    def of(cls, frames: Mapping[str, pd.DataFrame], stamp: Stamp) -> "Released":
        """The tables as rows; None is what is missing or withheld."""
        return cls({name: plain_rows(frame) for name, frame in frames.items()}, stamp)

    def rows(self, name: str) -> Rows:
        """The rows of a table. Raises NightFailed when it was not given."""
        if name not in self.tables:
            raise NightFailed(f"the methods appendix cannot be made: report.{name} was not given")
        return self.tables[name]

    def is_refused(self, name: str) -> bool:
        """Whether any row of the table is a refusal with its reason."""
        return any(row.get("status") == "refused" and row.get("reason") for row in self.tables.get(name, ()))
