"""Practitioners' own reports, off unless `[practitioners] reports = true`: until then nothing about one is worked out or written.

Made within the night from its warehouse, released as everything that leaves, and filed with the editions of a week or month.
"""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from pipelines.case_mix.practitioners import practitioner_measures
from pipelines.configuration import read_section
from pipelines.estimating_clinics import episodes_due
from pipelines.filing import correction_of, corrections_asked, editions_due, stamp_for
from pipelines.privacy.complementary import Total
from pipelines.privacy.disclosure import Declared, release_declared
from pipelines.privacy.profiles import Profile
from pipelines.reporting.branding import read_report_configuration
from pipelines.reporting.editions import write_practitioner_editions
from pipelines.reporting.model import Stamp
from pipelines.reporting.number_forms import written_in
from pipelines.reporting.periods import Edition, period_of
from pipelines.reporting.practitioners import COMPLETENESS, WHOLE_CLINIC, PractitionerReport, practitioner_reports
from pipelines.settings import Settings

COUNTS = Declared(
    parts=(("numerator", "denominator"),),
    totals=(Total("practitioner_key", WHOLE_CLINIC),),
    key=("clinic_code", "practitioner_key", "indicator"),
)
"""The clinic's own count stands with the key 'all': from what a hidden count could be told is hidden too."""
KNOWN = Declared(counts=("n",), key=("clinic_code", "practitioner_key", "indicator", "measure"))

_COUNTS = """
with judged as (
    select
        judged.clinic_code,
        episode.practitioner_key,
        judged.indicator,
        judged.is_met
    from cohort.indicators as judged
    inner join cohort.episodes as episode on judged.episode_key = episode.episode_key
    inner join report.indicators as shown
        on judged.clinic_code = shown.clinic_code and judged.indicator = shown.indicator
    where
        list_contains($indicators, judged.indicator)
        and episode.practitioner_key <> judged.clinic_code
        and not shown.numerator_is_suppressed
        and not shown.denominator_is_suppressed
)

select
    judged.clinic_code,
    coalesce(judged.practitioner_key, 'all') as practitioner_key,
    judged.indicator,
    count(*) filter (where judged.is_met) as numerator,
    count(*) as denominator
from judged
group by grouping sets (
    (judged.clinic_code, judged.practitioner_key, judged.indicator), (judged.clinic_code, judged.indicator)
)
order by all
"""
_FIGURES = ("expected", "adjusted", "lower", "upper", "network")


@dataclass(frozen=True)
class PractitionerSettings:
    """Whether practitioners get a report of their own. Ask the staff first: it is personal data of theirs."""

    reports: bool = False


def make_practitioner_editions(
    settings: Settings, con: duckdb.DuckDBPyConnection, folder: Path, stamp: Stamp, profile: Profile, day: date
) -> int:
    """Write into `folder` practitioners' editions that are due on `day`, and corrections asked for; returns how many.

    None when they are off.
    """
    if not read_section(settings.home, "practitioners", PractitionerSettings).reports:
        return 0
    counts, measures = released_practitioners(con, profile)
    branding = read_report_configuration(settings.home).branding

    def made(edition: Edition) -> tuple[PractitionerReport, ...]:
        return practitioner_reports(counts, measures, stamp_for(stamp, edition, settings.timezone), branding)

    written = list[Path]()
    with written_in(branding.language):
        for edition in editions_due(settings, day):
            written += write_practitioner_editions(folder, made(edition), lambda _, edition=edition: edition)  # type: ignore[misc]
        for name, because in corrections_asked(settings).items():
            period = period_of(name)
            if period is not None:
                asked = correction_of(settings, name, because)
                written += write_practitioner_editions(folder, made(Edition.first(period)), asked)
    return len(written)


def released_practitioners(con: duckdb.DuckDBPyConnection, profile: Profile) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The counts of completeness and the adjusted outcomes by practitioner, after disclosure control.

    Left out: practitioners of a clinic that has one or two (their key is the clinic's), and what is hidden of the clinic itself.
    """
    counts = release_declared(con.execute(_COUNTS, {"indicators": list(COMPLETENESS)}).df(), COUNTS, profile)
    due = episodes_due(con)
    due = due[due["practitioner_key"] != due["clinic_code"]].reset_index(drop=True)
    exact = practitioner_measures(due, profile.smallest_shown) if len(due) else pd.DataFrame()
    return counts, release_declared(_rounded(exact, profile), KNOWN, profile) if len(exact) else exact


def _rounded(measures: pd.DataFrame, profile: Profile) -> pd.DataFrame:
    """The measures as a report says them: whole percent or tenths of points, and no share of too few on one side."""
    is_share = measures["indicator"] != "QI-13"
    on_one_side = np.minimum(measures["observed"], 1 - measures["observed"]) * measures["n"]
    is_few = is_share & measures["observed"].notna() & (on_one_side.round() < profile.smallest_shown)
    rounded = measures.drop(columns="observed").assign(
        reason=measures["reason"].where(~is_few, "Too few patients had it, or did not have it.")
    )
    is_told = rounded["reason"] == ""
    for name in _FIGURES:
        value = (measures[name] * 100).round().where(is_share, measures[name].round(1))
        rounded[name] = value.where(is_told)
    return rounded
