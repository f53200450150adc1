"""A practitioner's own report as a typed model: how complete the records are, and outcomes adjusted for who came.

Made for that practitioner and the clinical lead. No target, no verdict, no signal and nobody else's figures are in it: none
could be read without a ranking in mind (domain/indicators.md 5.2, rule 3). Figures of staff are personal data.
"""

from typing import Literal, Self

import pandas as pd
from pydantic import model_validator

from pipelines.reporting.branding import Branding
from pipelines.reporting.indicators import MEASURE_NAMES
from pipelines.reporting.model import Stamp
from pipelines.reporting.periods import Edition
from pipelines.reporting.released_rows import named, plain_rows, share_of
from pipelines.reporting.shares import ContradictionError, Frozen, Share
from pipelines.reporting.shelf_names import practitioner_shelf

COMPLETENESS = ("QI-01", "QI-02", "QI-03", "QI-04", "QI-05", "QI-22")
"""The indicators of whether it was asked, examined and written down. They are all that is shown of fewer than 30 episodes."""


WHOLE_CLINIC = "all"
"""In place of a practitioner's key: all of the clinic."""


class Completeness(Frozen):
    """How often one thing was recorded, by the practitioner and in the whole clinic."""

    code: str
    share: Share
    clinic: Share


class OwnMeasure(Frozen):
    """One adjusted outcome (percent, or points beyond what was expected) with its 95 % interval, or why it is not given."""

    indicator: str
    measure: str
    n: int | None
    expected: float | None = None
    adjusted: float | None = None
    lower: float | None = None
    upper: float | None = None
    network: float | None = None
    reason: str = ""

    @model_validator(mode="after")
    def _holds_its_estimate(self) -> Self:
        if (self.indicator, self.measure) not in MEASURE_NAMES:
            raise ContradictionError(f"{self.indicator}, {self.measure} is no measure of a report")
        if (self.adjusted is None) == (not self.reason):
            raise ContradictionError(f"{self.indicator}: a value and the reason why there is none")
        if self.adjusted is not None and not (self.lower or 0.0) <= self.adjusted <= (self.upper or 0.0):
            raise ContradictionError(
                f"{self.indicator}: the interval {self.lower} to {self.upper} does not hold {self.adjusted}"
            )
        return self


class PractitionerReport(Frozen):
    """One practitioner's own report. The key is the clinic's pseudonym; who it is stands nowhere here."""

    schema_version: Literal["1.0.0"] = "1.0.0"
    stamp: Stamp
    edition: Edition | None = None
    branding: Branding = Branding()
    clinic_code: str
    practitioner_key: str
    completeness: tuple[Completeness, ...]
    measures: tuple[OwnMeasure, ...]

    @property
    def shelf(self) -> str:
        """The folder of this practitioner's reports."""
        return practitioner_shelf(self.clinic_code, self.practitioner_key)


def practitioner_reports(
    counts: pd.DataFrame, measures: pd.DataFrame, stamp: Stamp, branding: Branding
) -> tuple[PractitionerReport, ...]:
    """The reports of all practitioners in `counts` (released: one row a clinic, practitioner and indicator; the clinic's own
    with the practitioner_key 'all') and `measures` (released)."""
    shares: dict[tuple[str, str], dict[str, Share]] = {}
    for row in plain_rows(counts):
        own = shares.setdefault((row["clinic_code"], row["practitioner_key"]), {})
        own[row["indicator"]] = share_of(row, "numerator", "denominator")
    told: dict[tuple[str, str], list[OwnMeasure]] = {}
    for row in plain_rows(measures):
        told.setdefault((row["clinic_code"], row["practitioner_key"]), []).append(OwnMeasure(**named(row, OwnMeasure)))
    nothing = Share(whole=0)
    return tuple(
        PractitionerReport(
            stamp=stamp,
            branding=branding,
            clinic_code=code,
            practitioner_key=key,
            completeness=tuple(
                Completeness(
                    code=one, share=own.get(one, nothing), clinic=shares.get((code, WHOLE_CLINIC), {}).get(one, nothing)
                )
                for one in COMPLETENESS
            ),
            measures=tuple(sorted(told.get((code, key), ()), key=_rank)),
        )
        for (code, key), own in sorted(shares.items())
        if key != WHOLE_CLINIC
    )


def _rank(one: OwnMeasure) -> int:
    return list(MEASURE_NAMES).index((one.indicator, one.measure))
