"""The published night as it may be shared: its tables of `report.*`, each looked at once more, and one night's a week.

Two nights' figures differ by few patients: who has both can take the difference. What is shared within one calendar week is
therefore of one night (the privacy rules: weekly, not nightly, release of outcome tables).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import duckdb
import pandas as pd

from pipelines.errors import ChecksFailed, NotPublished, UsageError
from pipelines.filing import today
from pipelines.generations import Generation, current_generation, current_warehouse
from pipelines.privacy.profiles import Profile, profile_of
from pipelines.releasing import has_passed_disclosure, read_released
from pipelines.reporting.sections import TABLES as SECTION_TABLES
from pipelines.settings import Settings
from pipelines.tables import SqlFile, sql_files
from pipelines.told_once import open_memory_file
from pipelines.warehouse import open_warehouse

MEMORY = "shared.sqlite"
_SCHEMA = (
    "create table if not exists shared (week text primary key, night_key text not null, night text not null) strict;"
)
_TABLES = "select table_name from information_schema.tables where table_schema = 'report' order by table_name"


@dataclass(frozen=True)
class Night:
    """A published night, opened read-only, with the profile that its counts passed."""

    con: duckdb.DuckDBPyConnection
    generation: Generation
    profile: Profile

    @cached_property
    def report_tables(self) -> tuple[SqlFile, ...]:
        """The released tables that this night has, by name, but for those of the sections that its analysts added: these are
        protected as rows of a page, and are for the readers of the group's own reports.

        Raises ChecksFailed for a table of `report.*` that nobody declared, or with a count that did not pass.
        """
        there = {str(row[0]) for row in self.con.execute(_TABLES).fetchall()} - {*SECTION_TABLES}
        files = {file.name: file for file in sql_files("report")}
        if unknown := sorted(there - files.keys()):
            raise ChecksFailed(f"nothing was shared: no file of sql/report declares {', '.join(unknown)}")
        found = tuple(files[name] for name in sorted(there))
        for file in found:
            if not has_passed_disclosure(self.con, file, self.profile):
                raise ChecksFailed(
                    f"nothing was shared: {file.table} holds a count that {self.profile.name} would withhold or round. "
                    "Was the profile changed since the night? Then run `stepcare nightly` first"
                )
        return found

    def released(self, name: str) -> pd.DataFrame:
        """The rows of one released table, empty when the night does not have it."""
        if not any(file.name == name for file in self.report_tables):
            return pd.DataFrame()
        return read_released(self.con, f"report.{name}")


@contextmanager
def open_published(settings: Settings) -> Iterator[Night]:
    """The published night. Raises NotPublished before the first."""
    generation, warehouse = current_generation(settings), current_warehouse(settings)
    if generation is None or warehouse is None:
        raise NotPublished("there are no published results here. Run `stepcare nightly` first")
    with open_warehouse(warehouse, read_only=True) as con:
        yield Night(con, generation, profile_of(settings.home))


def note_shared(settings: Settings, generation: Generation, day: date | None = None) -> None:
    """Note that this night's figures are shared in the week of `day` (today, in the clinics' zone).

    Raises UsageError when another night's were shared in the same week: made from other deliveries or by other code.
    """
    year, number, _ = (day or today(settings)).isocalendar()
    week = f"{year}-W{number:02d}"
    consequence = "then figures of two nights of one week can be shared"
    with open_memory_file(settings.home / MEMORY, _SCHEMA, consequence) as con:
        con.execute("insert or ignore into shared values (?, ?, ?)", (week, generation.night_key, generation.name))
        ((night_key, name),) = con.execute("select night_key, night from shared where week = ?", (week,)).fetchall()
    if night_key != generation.night_key:
        raise UsageError(
            f"figures of the night {name} were shared in week {week} already. Those of two nights in one week could be "
            "compared patient by patient: share this night's from next Monday on"
        )
