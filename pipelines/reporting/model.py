"""The report as typed, versioned models of released numbers. A renderer sees nothing else.

`None` as a count or a percentage means that disclosure control withheld it. A report that contradicts itself (an
interval that does not hold its estimate, a part larger than its whole) cannot be built.
"""

from datetime import datetime
from itertools import pairwise
from typing import Literal, Self

from pydantic import Field, model_validator

from pipelines.reporting.branding import Branding
from pipelines.reporting.carried import Carried
from pipelines.reporting.checks_made import ChecksMade
from pipelines.reporting.comparison import Adjusted, Chance, Funnel, Measure, Signal
from pipelines.reporting.courses import ArmPoint, Course
from pipelines.reporting.effects import (
    ArmMean,
    Effect,
    Heterogeneity,
    OtherAnalysis,
    ProtocolItem,
    RegimeValue,
    RuleValue,
)
from pipelines.reporting.periods import Edition
from pipelines.reporting.quality import DataQuality
from pipelines.reporting.sections import Section
from pipelines.reporting.shares import ContradictionError, Frozen, Share, Verdict
from pipelines.reporting.shelf_names import NETWORK, shelf_of
from pipelines.reporting.xmr import Change, PeriodShare

ROUNDED_TO = 5
MOST_APART_PERCENT = 5
"""How far two released shares of the same patients may lie apart: their counts are rounded to 5."""

Certainty = Literal["high", "moderate", "low", "not enough to say"]


class Stamp(Frozen):
    """When and from what a report was made. `source_notes` say where the records come from, one sentence each; smaller counts than
    `smallest_shown` are withheld."""

    made_at: datetime
    run_id: str
    data_hash: str
    code_version: str
    is_simulated: bool
    smallest_shown: int = 8
    source_notes: tuple[str, ...] = ()


class Arrival(Frozen):
    """What of one feed is in force and what was refused; counts of rows."""

    feed: str
    n_rows: int | None
    n_rows_refused: int | None
    n_values_set_aside: int | None


class RefusedDelivery(Frozen):
    """A delivery that could not be loaded, or is not complete yet, and why."""

    clinic_code: str
    delivery_id: str
    state: Literal["quarantined", "held", "incomplete"]
    reason: str


class Refusal(Frozen):
    """Why rows (`scope` row) or single values (`scope` value) of a feed were refused."""

    feed: str
    field: str
    scope: Literal["row", "value"]
    rule: str
    n_refused: int | None


class Judged(Frozen):
    """An indicator that is a share, what it is judged against and the verdict."""

    code: str
    share: Share
    target_percent: int | None
    verdict: Verdict


class Indicator(Judged):
    """An indicator with its history and whether it changed."""

    history: tuple[PeriodShare, ...]
    change: Change


class Responders(Frozen):
    """Who was due a 12-week answer, who answered, and who of those had at least 30 % less disability."""

    n_due: int | None
    answered: Share
    improved: Share
    if_none_improved_percent: int | None = Field(default=None, ge=0, le=100)
    """Share improved of those due had nobody improved who did not answer; the next one: had everybody."""
    if_all_improved_percent: int | None = Field(default=None, ge=0, le=100)

    @model_validator(mode="after")
    def _parts_fit(self) -> Self:
        if self.n_due is not None and self.answered.whole is not None and self.answered.whole > self.n_due:
            raise ContradictionError(f"{self.answered.whole} were asked but only {self.n_due} were due")
        if self.improved.whole is not None and self.n_due is not None and self.improved.whole > self.n_due:
            raise ContradictionError(f"{self.improved.whole} answered but only {self.n_due} were due")
        return self


class ComplaintSlice(Frozen):
    """Who was due, answered and improved among those who came with one complaint."""

    complaint: Literal[
        "back pain only",
        "leg pain above the knee",
        "leg pain below the knee",
        "leg pain of extent not recorded",
    ]
    responders: Responders


class SafetyItem(Frozen):
    """How often a kind of unwanted effect, or a reason for a step-up, was recorded; never a rate."""

    list: Literal["serious event", "event", "step-up reason"]
    item: str
    n: int | None


class EquityRow(Frozen):
    """An indicator in one stratum of all clinics' patients."""

    indicator: Literal["QI-02", "QI-05", "QI-12"]
    dimension: str
    level: str
    share: Share


class FlowStep(Frozen):
    """One step of who is compared in a trial; counts of episodes."""

    trial: str
    step_no: int
    step: str
    n_left_out: int | None
    n_remaining: int | None


class ImagingRow(Frozen):
    """How often a finding was seen at a level among those assessed there, and in people of that age without pain."""

    level: str
    finding: str
    share: Share
    age_typical_percent: int | None = Field(default=None, ge=0, le=100)


class Finding(Frozen):
    """One of at most three findings: what is so, how sure it is, and what to do next."""

    title: str
    text: str
    next_step: str
    certainty: Certainty
    is_problem: bool = False


class Report(Frozen):
    """What a clinic's and the network's report share."""

    schema_version: Literal["2.0.0"] = "2.0.0"
    stamp: Stamp
    edition: Edition | None = None
    """The period and version; None when the report is of a night, and for nobody to keep."""
    branding: Branding = Branding()
    carried: tuple[Carried, ...]
    findings: tuple[Finding, ...] = Field(max_length=3)
    arrivals: tuple[Arrival, ...]
    refused_deliveries: tuple[RefusedDelivery, ...]
    refusals: tuple[Refusal, ...]
    quality: DataQuality
    indicators: tuple[Indicator, ...]
    measures: tuple[Measure, ...]
    adjusted: tuple[Adjusted, ...]
    funnel: Funnel
    responders: Responders
    slices: tuple[ComplaintSlice, ...]
    safety: tuple[SafetyItem, ...]
    checks_made: ChecksMade
    arm_means: tuple[ArmMean, ...]
    arm_courses: tuple[ArmPoint, ...]
    effects: tuple[Effect, ...]
    heterogeneity: tuple[Heterogeneity, ...]
    rule_values: tuple[RuleValue, ...]
    model_notices: tuple[str, ...]
    flow: tuple[FlowStep, ...]
    courses: tuple[Course, ...]
    sections: tuple[Section, ...] = ()
    """What analysts added; empty where none are configured."""

    @model_validator(mode="after")
    def _agrees_with_itself(self) -> Self:
        shown = [step for step in self.flow if step.n_remaining is not None]
        for before, after in pairwise(shown):
            if before.trial == after.trial and (after.n_remaining or 0) > (before.n_remaining or 0) + ROUNDED_TO:
                raise ContradictionError(
                    f"{after.trial}: more episodes remain after the step '{after.step}' than before"
                )
        indicator = next((one.share.percent for one in self.indicators if one.code == "QI-12"), None)
        improved = self.responders.improved.percent
        if indicator is not None and improved is not None and abs(indicator - improved) > MOST_APART_PERCENT:
            raise ContradictionError(f"{indicator} % and {improved} % are both said to have improved at 12 weeks")
        return self


class ClinicReport(Report):
    """One clinic's report; effects, arms, flow, checks made and `network_*` are network-wide; `adjusted` is the clinic's own."""

    clinic_code: str
    latest_delivery_id: str
    network_responders: Responders
    network_slices: tuple[ComplaintSlice, ...]
    network_indicators: tuple[Judged, ...]
    network_measures: tuple[Measure, ...]

    @property
    def shelf(self) -> str:
        """The folder of the clinic's reports."""
        return shelf_of(self.clinic_code)


class ClinicLine(Frozen):
    """One clinic's row on the network's page."""

    clinic_code: str
    n_episodes: int | None
    responders: Responders
    indicators: tuple[Judged, ...]


class NetworkReport(Report):
    """The network's report: clinics in alphabetical order, never ranked."""

    clinics: tuple[ClinicLine, ...]
    signals: tuple[Signal, ...]
    chances: tuple[Chance, ...]
    equity: tuple[EquityRow, ...]
    regimes: tuple[RegimeValue, ...]
    other_analyses: tuple[OtherAnalysis, ...]
    protocols: tuple[ProtocolItem, ...]
    imaging: tuple[ImagingRow, ...]

    @property
    def shelf(self) -> str:
        """The folder of the network's reports."""
        return NETWORK


class Reports(Frozen):
    """All reports of one night."""

    clinics: tuple[ClinicReport, ...]
    network: NetworkReport
