"""Effects, differences between patients and rules, as the report's model has them."""

from collections.abc import Sequence
from typing import Literal, Self

from pydantic import model_validator

from pipelines.reporting.shares import ContradictionError, Frozen


class Effect(Frozen):
    """One effect of the network: estimated with its interval, or refused with its reason. Positive is better. `doubt`: why a
    difference must not be taken as shown, in words."""

    trial: str
    outcome: str
    contrast: str
    group_name: str
    group_level: str
    status: Literal["estimated", "refused"]
    reason: str | None = None
    estimate: float | None = None
    lower: float | None = None
    upper: float | None = None
    n: int | None = None
    n_treated: int | None = None
    n_comparator: int | None = None
    episodes_needed: float | None = None
    doubt: str | None = None

    @property
    def is_withheld(self) -> bool:
        """Whether a self-check or diagnostic withholds it (sql/self_checks/withheld.sql)."""
        return self.status == "refused" and (self.reason or "").startswith("withheld: ")

    @model_validator(mode="after")
    def _says_one_thing(self) -> Self:
        where = f"{self.trial}, {self.outcome}, {self.contrast}"
        if self.status == "refused":
            if self.estimate is not None:
                raise ContradictionError(f"{where}: refused, but an estimate is given")
            if not self.reason:
                raise ContradictionError(f"{where}: refused without a reason")
            return self
        if self.estimate is None or self.lower is None or self.upper is None:
            raise ContradictionError(f"{where}: estimated, but the estimate or its interval is missing")
        if not self.lower <= self.estimate <= self.upper:
            raise ContradictionError(
                f"{where}: the interval {self.lower} to {self.upper} does not hold {self.estimate}"
            )
        for part in (self.n_treated, self.n_comparator):
            if part is not None and self.n is not None and part > self.n:
                raise ContradictionError(f"{where}: {part} in an arm of {self.n} in all")
        return self


class ArmMean(Frozen):
    """The mean outcome had everybody been given the arm: a share, or points of the scale."""

    trial: str
    outcome: str
    arm: str
    mean: float
    lower: float
    upper: float

    @model_validator(mode="after")
    def _holds_its_mean(self) -> Self:
        if not self.lower <= self.mean <= self.upper:
            raise ContradictionError(
                f"{self.trial}, {self.arm}: {self.lower} to {self.upper} does not hold {self.mean}"
            )
        return self


def arms_must_agree(effects: Sequence[Effect], arms: Sequence[ArmMean]) -> None:
    """Raise ContradictionError where the difference of two arms lies outside the interval of the effect between them."""
    means = {(one.trial, one.outcome, one.arm): one.mean for one in arms}
    for effect in effects:
        if effect.group_name != "all" or effect.lower is None or effect.upper is None:
            continue
        treated, _, comparator = effect.contrast.partition(" - ")
        first, other = (means.get((effect.trial, effect.outcome, arm)) for arm in (treated, comparator))
        if (
            first is not None
            and other is not None
            and not effect.lower - 0.0001 <= first - other <= effect.upper + 0.0001
        ):
            raise ContradictionError(
                f"{effect.trial}, {effect.outcome}, {effect.contrast}: the arms differ by {first - other:.4f}, "
                f"outside the effect's interval {effect.lower} to {effect.upper}"
            )


class RegimeValue(Frozen):
    """The value of a regime of the stepped trial, or the difference of two: estimated, or refused with its reason."""

    outcome: str
    quantity: Literal["value", "difference"]
    regime: str
    status: Literal["estimated", "refused"]
    reason: str | None = None
    estimate: float | None = None
    lower: float | None = None
    upper: float | None = None


class OtherAnalysis(Frozen):
    """The primary result of a contrast worked out in another way."""

    trial: str
    contrast: str
    analysis: str
    status: Literal["estimated", "refused"]
    reason: str | None = None
    estimate: float | None = None
    lower: float | None = None
    upper: float | None = None


class ProtocolItem(Frozen):
    """One item of a target trial's protocol and how the records emulate it (TARGET statement)."""

    trial: str
    item_no: int
    item: str
    target_trial: str
    emulation: str


class Heterogeneity(Frozen):
    """Whether patients differ in what they gain in one contrast, as a verdict in words."""

    trial: str
    outcome: str
    contrast: str
    is_shown: bool
    verdict: str


class RuleValue(Frozen):
    """What a rule learned this way gains against the best single treatment; `words` say the rule where that was shown."""

    trial: str
    outcome: str
    status: Literal["estimated", "refused"]
    reason: str
    is_shown: bool
    gain: float | None = None
    gain_lower: float | None = None
    gain_upper: float | None = None
    words: str | None = None

    @model_validator(mode="after")
    def _is_shown_only_when_it_gains(self) -> Self:
        if self.is_shown and not (self.gain_lower is not None and self.gain_lower > 0 and self.words):
            raise ContradictionError(f"{self.trial}, {self.outcome}: a rule is shown that was not shown to gain")
        return self
