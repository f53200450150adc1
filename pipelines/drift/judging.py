"""The pure part of `holds`: go through every clinic's deliveries in order, and settle each by what was found in it."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pipelines.drift.evidence import RULES, Finding

WORSE = 1.5
"""How much worse than what a person released a finding must be to hold again."""

EVENTS = {"old_rows_changed", "old_values_changed", "rows_missing"}
"""Rules about what one delivery does to the ones before: the next that breaks one does so anew, and no release covers it."""

REMEMBERED = 31
"""Accepted deliveries before a delivery that its findings may depend on, beyond those that make up the clinic's view."""


@dataclass(frozen=True)
class Delivered:
    """A delivery in use. Of two contents under one `name` the later one takes the earlier one's place."""

    clinic_code: str
    delivery_key: str
    mode: str
    name: str = ""


@dataclass(frozen=True)
class Hold:
    """One reason why a delivery is held; a row of `raw.hold`."""

    delivery_key: str
    clinic_code: str
    feed: str
    field: str
    rule: str
    remedy: str


@dataclass(frozen=True)
class Judged:
    """A delivery with its reference, its findings (whether they hold is settled), and whether it counts."""

    delivery: Delivered
    reference: str
    findings: tuple[Finding, ...]
    is_accepted: bool


Accepted = tuple[tuple[Delivered, str], ...]
"""Accepted deliveries of a clinic in order, each with its own reference."""


def _view(accepted: Accepted) -> Accepted:
    """The last snapshot and what came after it."""
    places = [place for place, (earlier, _) in enumerate(accepted) if earlier.mode == "snapshot"]
    return accepted[places[-1] if places else 0 :]


@dataclass(frozen=True)
class Question:
    """A delivery whose findings are not known yet, and the accepted deliveries before it, each with its own reference."""

    delivery: Delivered
    reference: str
    before: Accepted

    @property
    def view(self) -> Accepted:
        """Those that make up the clinic's view."""
        return _view(self.before)

    @property
    def history(self) -> Accepted:
        """Those that the findings may depend on, oldest first."""
        n_kept = max(len(self.view), min(REMEMBERED, len(self.before)))
        return self.before[len(self.before) - n_kept :]


@dataclass
class Judgement:
    """What `find_holds` could settle, what it must know before it can settle the rest, and each clinic's view after all."""

    judged: list[Judged] = field(default_factory=list)
    questions: list[Question] = field(default_factory=list)
    views: dict[str, Accepted] = field(default_factory=dict)

    @property
    def holds(self) -> list[Hold]:
        """Why deliveries are held."""
        return [
            Hold(
                one.delivery.delivery_key,
                one.delivery.clinic_code,
                found.feed,
                found.field,
                RULES[found.kind],
                found.remedy,
            )
            for one in self.judged
            if not one.is_accepted
            for found in one.findings
            if found.is_holding
        ]


Known = Mapping[tuple[str, str], Sequence[Finding]]


def find_holds(
    deliveries: Sequence[Delivered], known: Known, released: Collection[str] = (), set_aside: Collection[str] = ()
) -> Judgement:
    """Go through every clinic's deliveries in order and settle each by its findings in `known`, by (key, reference).

    Where findings are not known the delivery is asked for and, so that all can be asked at once, taken for accepted.
    """
    judgement = Judgement()
    for clinic_code in sorted({one.clinic_code for one in deliveries}):
        accepted: list[tuple[Delivered, str]] = []
        waived: dict[tuple[str, str, str], float] = {}
        for delivery in deliveries:
            if delivery.clinic_code != clinic_code or delivery.delivery_key in set_aside:
                continue
            is_instead = bool(accepted and delivery.name) and accepted[-1][0].name == delivery.name
            before = tuple(accepted[:-1] if is_instead else accepted)
            reference = _reference(before)
            found = known.get((delivery.delivery_key, reference))
            if found is None:
                judgement.questions.append(Question(delivery, reference, before))
                found = ()
            is_released = delivery.delivery_key in released
            settled = tuple(_settle(finding, waived, is_released=is_released) for finding in found)
            is_accepted = not any(finding.is_holding for finding in settled)
            judgement.judged.append(Judged(delivery, reference, settled, is_accepted))
            if is_accepted:
                waived = {
                    _place(finding): max(finding.measure, waived.get(_place(finding), 0.0))
                    for finding in found
                    if finding.is_holding and finding.kind not in EVENTS
                }
                accepted = [*before, (delivery, reference)]
        judgement.views[clinic_code] = _view(tuple(accepted))
    return judgement


def _reference(accepted: Accepted) -> str:
    """The name of what was accepted up to here: '' for nothing, else a hash of the keys in order."""
    if not accepted:
        return ""
    delivery, reference = accepted[-1]
    return hashlib.sha256(f"{reference} {delivery.delivery_key}".encode()).hexdigest()


def _place(finding: Finding) -> tuple[str, str, str]:
    return finding.kind, finding.feed, finding.field


def _settle(finding: Finding, waived: Mapping[tuple[str, str, str], float], *, is_released: bool) -> Finding:
    if finding.is_holding and (is_released or finding.measure <= WORSE * waived.get(_place(finding), -1.0)):
        return replace(finding, is_holding=False)
    return finding
