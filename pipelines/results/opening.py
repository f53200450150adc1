"""One published night, opened read-only, and the questions it answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any

import duckdb
import pandas as pd

from pipelines.errors import NotPublished, UsageError
from pipelines.generations import WAREHOUSE, Generation, current_warehouse, read_generation
from pipelines.results import questions
from pipelines.results.answer import Answer, Dots, share, share_columns, with_shares
from pipelines.settings import Settings
from pipelines.warehouse import open_warehouse

PATIENT_LEVEL = (
    "A row a patient's record: for work inside only. Never print, share or commit it; see `stepcare extract`."
)
BEFORE_AFTER = (
    "Most people get better in time: these shares say how patients fared, not what a treatment did, and groups that differ "
    "here differed before. Of those whose answer was due; who did not answer may have fared otherwise. Intervals (Wilson, 95 %) "
    "take patients as independent. For effects ask .effects()."
)
OF_RECORDS = (
    "From records, adjusted for what was recorded, not from a trial. Positive is better for the arm named first; 95 % intervals, "
    "clustered by practitioner. 'refused' has a reason and no number; read a 'doubt' with its estimate. See docs/methods.md."
)

OWN_QUESTION = "Your own question: exact figures, and nothing but you has checked them."


class Results:
    """One published night. It never changes and never blocks a night; close it, or use it in a `with` statement."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._opened = open_warehouse(path, read_only=True)
        self._con = self._opened.__enter__()

    def __enter__(self) -> Results:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connection."""
        self._opened.__exit__(None, None, None)

    @property
    def provenance(self) -> Generation:
        """Which night it is: name, run, when it was made, and the hashes of the code and of the deliveries in force.

        Raises NotPublished for a warehouse file that was taken out of its published folder.
        """
        return read_generation(self.path.parent)

    def episodes(self) -> Answer:
        """`cohort.episodes`: one row an episode of care."""
        return self._patients("Episodes of care", "cohort.episodes", "episode_key")

    def sessions(self) -> Answer:
        """`cohort.sessions`: one row a booked contact, with what was done in it."""
        return self._patients("Sessions", "cohort.sessions", "episode_key, session_day, session_key")

    def imaging(self) -> Answer:
        """`cohort.imaging`: one row an episode, with the worst finding of its lumbar spine by day 0."""
        return self._patients("Imaging by day 0", "cohort.imaging", "episode_key")

    def labels(self) -> Answer:
        """`self_checks.labels`: the label of each episode and contrast, as it may be read."""
        return self._patients("Labels", "self_checks.labels", "trial, outcome, contrast, episode_key")

    def outcomes(self, by: str | Sequence[str] | None = None) -> Answer:
        """How patients fared at 2 to 52 weeks: due, answered, 30 % less disability, mean fall of pain; by `by`, one or several of
        `questions.BY`. Raises UsageError for another."""
        names = questions.named(by)
        df = with_shares(self._rows(questions.outcomes_query(names)), [("n_improved", "n_answered")])
        return Answer(
            f"Outcomes by {', '.join((*names, 'week'))}",
            df,
            BEFORE_AFTER,
            counts=("n_due",),
            parts=(("n_answered", "n_due"), ("n_improved", "n_answered")),
            figures=(("mean_pain_improvement_points", "n_answered"),),
            key=(*names, "weeks"),
            dots=share("n_improved", (*names, "weeks"), "% with 30 % less disability, of those who answered"),
        )

    def effects(self, by: str | None = "all") -> Answer:
        """Every effect of everybody, or of the levels of a group fixed in advance (`by="start_high"`); `by=None` gives all groups.

        What a self-check withholds is refused here too. Raises UsageError for a group that is not fixed in advance.
        """
        df = self._rows(questions.EFFECTS)
        groups = sorted(set(df["group_name"]))
        if by is not None and by not in groups:
            raise UsageError(f"there is no group '{by}' fixed in advance; there are {', '.join(groups)}")
        df = df if by is None else df[df["group_name"] == by].reset_index(drop=True)
        labels = ("trial", "outcome", "contrast") if by == "all" else ("trial", "outcome", "contrast", "group_level")
        return Answer(
            "Effects" if by in (None, "all") else f"Effects by {by}",
            df,
            OF_RECORDS,
            counts=("n", "n_treated", "n_comparator"),
            figures=tuple((name, "n") for name in ("estimate", "lower", "upper", "effective_n", "episodes_needed")),
            key=("trial", "outcome", "contrast", "group_name", "group_level"),
            dots=Dots(
                labels, "estimate", "lower", "upper", axis="points of the scale, or risk difference", reference=0.0
            ),
        )

    def own_effects(self) -> Answer:
        """What the installation's own questions (`questions/*.toml`) found, or why one could not be asked.

        `fixed_in_advance` is the same effect of the main analysis.
        """
        said = (
            "Own questions: exploratory. They were not fixed with the trials, no self-check looked at them, and the more are "
            "asked, the more are wrong by chance. "
        )
        return Answer(
            "Own questions",
            self._rows(questions.OWN_EFFECTS),
            said + OF_RECORDS,
            counts=("n", "n_treated", "n_comparator"),
            figures=(("effective_n", "n"),),
            dots=Dots(
                ("question", "outcome", "contrast", "group_name"),
                "estimate",
                "lower",
                "upper",
                axis="points of the scale, or risk difference",
                reference=0.0,
            ),
        )

    def clinics(self) -> Answer:
        """One row a clinic, by its code: episodes, answers due and given, and who improved at 12 weeks."""
        said = "By code, never a ranking: clinics see other patients, and most differences are chance. " + BEFORE_AFTER
        parts = (("n_due", "n_episodes"), ("n_answered", "n_due"), ("n_improved", "n_judged"))
        return Answer(
            "Clinics",
            with_shares(self._rows(questions.CLINICS), [("n_improved", "n_judged")]),
            said,
            counts=("n_episodes", "n_judged"),
            parts=parts,
            key=("clinic",),
            dots=share("n_improved", ("clinic",), "% with 30 % less disability at 12 weeks, of those who answered"),
        )

    def indicators(self) -> Answer:
        """`report.indicators`: the quality indicators of every clinic and of the network, as released."""
        said = (
            "Released: rounded, small counts withheld. A difference may be chance, or other patients: look at the data."
        )
        return Answer("Indicators", self._rows("select * from report.indicators order by all"), said, is_safe=True)

    def quality(self) -> Answer:
        """Every check of the night, the most broken first: what was found, what is usual, and what to do."""
        said = "Of records, not of patients. What a check sets aside is in raw.quarantine, without its value."
        return Answer("Checks of the data", self._rows(questions.QUALITY), said, counts=("n_broken", "n_rows"))

    def table1(self, trial: str = "decision") -> Answer:
        """What the arms of a trial were like at time zero. Raises UsageError for a trial that has no table."""
        df = self._rows(questions.TABLE1, [trial])
        if df.empty:
            raise UsageError(f"trial '{trial}' has no arms large enough to describe; trials: decision, index")
        return Answer(
            f"Characteristics at time zero: {trial}",
            df,
            "Before any weighting. Nothing is tested: arms that clinicians chose differ.",
            counts=("n_recorded",),
            parts=(("n_with", "n_recorded"),),
            figures=(("mean", "n_recorded"), ("standard_deviation", "n_recorded")),
            key=("covariate", "level", "arm"),
        )

    def tables(self, name: str | None = None) -> Answer:
        """Every table with its rows and what one row is; or the columns of one, with type and meaning.

        Raises UsageError for a table that is not there.
        """
        from pipelines.results.describing import described_columns, described_tables

        df = self._rows(questions.TABLES)
        if name is None:
            return Answer(
                "Tables",
                described_tables(df),
                "raw to diagnostics hold exact counts or patients; only report.* may leave.",
                is_safe=True,
            )
        own = df[df["name"] == name]
        if own.empty:
            raise UsageError(f"there is no table {name}; .tables() lists them")
        return Answer(f"Columns of {name}", described_columns(name, own), "See docs/data-dictionary.md.", is_safe=True)

    def compare(self, other: Results) -> Answer:
        """Every effect of everybody here and in another published night, and how far it moved; a refusal says why."""
        from pipelines.results.comparing import compared

        said = (
            "A move within chance is no news: see diagnostics.stability for what changed (deliveries, code or chance). "
            + OF_RECORDS
        )
        return Answer(
            "Effects of two nights", compared(self.effects().df, other.effects().df), said, counts=("n", "n_other")
        )

    def sql(
        self,
        query: str,
        parameters: Sequence[Any] | None = None,
        *,
        title: str = "Own question",
        counts: Sequence[str] = (),
        parts: Sequence[tuple[str, str]] = (),
        figures: Sequence[tuple[str, str]] = (),
        key: Sequence[str] = (),
        dots: Dots | None = None,
    ) -> Answer:
        """The answer to any SELECT on the published warehouse.

        `counts`, `parts` (a part and its whole) and `figures` (a mean or the like and the count that it is of) say what `.safe()`
        protects, `key` which columns tell the rows apart, where they are not just its texts; `dots` how it is drawn: with
        `share("n_part", ["label"], "axis")` the shares of a part are worked out. Raises UsageError when the SQL is wrong.
        """
        df = self._rows(query, parameters)
        drawn = [pair for pair in parts if dots is not None and dots.estimate == share_columns(pair[0])[0]]
        return Answer(
            title,
            with_shares(df, drawn),
            OWN_QUESTION,
            counts=tuple(counts),
            parts=tuple(parts),
            figures=tuple(figures),
            key=tuple(key),
            dots=dots,
        )

    def _rows(self, query: str, parameters: Sequence[Any] | None = None) -> pd.DataFrame:
        try:
            return self._con.execute(query, parameters).df()
        except duckdb.Error as error:
            raise UsageError(f"the query did not run: {str(error).splitlines()[0]}") from error

    def _patients(self, title: str, table: str, order: str) -> Answer:
        return replace(
            Answer(title, self._rows(f"select * from {table} order by {order}"), PATIENT_LEVEL), is_patient_level=True
        )


def open_results(path: Path | str | None = None) -> Results:
    """Open the last published results of this installation, or those at `path`: a warehouse file, a published folder, or the name
    of a night that is kept (`.provenance` has it).

    Raises NotPublished when there are none.
    """
    if path is None:
        found = current_warehouse(Settings.from_environment())
    else:
        place = Path(path)
        named = Settings.from_environment().generations / place
        place = named if not place.exists() and named.is_dir() else place
        found = (place / WAREHOUSE if place.is_dir() else place).resolve()
    if found is None or not found.is_file():
        raise NotPublished(
            "there are no published results here. Run `stepcare nightly`, or `stepcare demo` to look around"
        )
    return Results(found)
