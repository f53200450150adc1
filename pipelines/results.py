"""Published results for analysts: open the last published night read-only. Importing it needs no Dagster."""

from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb
import pandas as pd

from pipelines.errors import NotPublished, UsageError
from pipelines.generations import WAREHOUSE, current_warehouse
from pipelines.settings import Settings
from pipelines.warehouse import open_warehouse

_EFFECTS = """
select effects.* replace (
    case when withheld.reason is null then effects.estimate end as estimate,
    case when withheld.reason is null then effects.lower end as lower,
    case when withheld.reason is null then effects.upper end as upper,
    case when withheld.reason is null then effects.status else 'refused' end as status,
    coalesce(withheld.reason, effects.reason) as reason
)
from estimates.effects as effects
left join self_checks.withheld as withheld
    on effects.trial = withheld.trial and effects.outcome = withheld.outcome and effects.contrast = withheld.contrast
order by effects.trial, effects.outcome, effects.contrast, effects.group_name, effects.group_level
"""


class Results:
    """One published night. It never changes and never blocks a night; close it, or use it in a `with` statement."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._opened = open_warehouse(path, read_only=True)
        self._con = self._opened.__enter__()

    def __enter__(self) -> "Results":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._opened.__exit__(None, None, None)

    def effects(self) -> pd.DataFrame:
        """`estimates.effects`: one row an estimate, in points of the scale or risk difference, positive is better for adding
        manipulation; `status` is `estimated` or `refused`, with the reason. What a self-check withholds is refused here too."""
        return self.sql(_EFFECTS)

    def labels(self) -> pd.DataFrame:
        """`self_checks.labels`: the label of each episode and contrast as it may be read (patient level; not for sharing)."""
        return self.sql("select * from self_checks.labels order by trial, outcome, contrast, episode_key")

    def episodes(self) -> pd.DataFrame:
        """`cohort.episodes`: one row an episode of care (patient level; not for sharing)."""
        return self.sql("select * from cohort.episodes order by episode_key")

    def sql(self, query: str, parameters: Sequence[Any] | None = None) -> pd.DataFrame:
        """The result of any SELECT on the published warehouse. Raises UsageError when the SQL is wrong."""
        try:
            return self._con.execute(query, parameters).df()
        except duckdb.Error as error:
            raise UsageError(f"the query did not run: {str(error).splitlines()[0]}") from error


def open_results(path: Path | str | None = None) -> Results:
    """Open the last published results of this installation, or those at `path` (a warehouse file or a published folder).

    Raises NotPublished when there are none.
    """
    if path is None:
        found = current_warehouse(Settings.from_environment())
    else:
        place = Path(path)
        found = (place / WAREHOUSE if place.is_dir() else place).resolve()
    if found is None or not found.is_file():
        raise NotPublished(
            "there are no published results here. Run `stepcare nightly`, or `stepcare demo` to look around"
        )
    return Results(found)
