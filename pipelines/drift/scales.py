"""Reversed scales: scores that speak of one thing and do not go the same way (A2), answers that contradict a change.

One reversed field is wrong with every other it is paired with, and those others are right among themselves: that names it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace

from pipelines.drift.evidence import Finding, Place
from pipelines.drift.figures import AGREEMENTS, PAIRS, Pair
from pipelines.drift.history import History
from pipelines.drift.likeness import Sums

REVERSED_Z = 3.0
"""Standard errors that a correlation must lie beyond 0, on the wrong side."""

REVERSED_SIZE = 0.1
"""Least correlation on the wrong side."""

FEWEST_PAIRED = 10
"""Episodes with both fields that a correlation needs."""

ENOUGH_PAIRED = 60
"""Rows up to which new ones are added up over the clinic's latest deliveries."""

MOST_OPPOSITE, HOLDING_OPPOSITE = 0.15, 0.3
"""Share of answers that contradict the change in score (derived variables: more than 15 % of a clinic's rows) that is
reported, and the share that holds: some patients feel better with a worse score, but not every third."""

FEWEST_DIRECTED = 20
"""Rows with a direction in both that the share needs; its lower bound at REVERSED_Z must lie above MOST_OPPOSITE."""

LEAST_CORRELATION, HIGHEST_CORRELATION = 0.2, 0.9
"""Plausible correlation of pain with disability (A2); one that is clearly outside is reported."""

_PAIN = ("nprs_back_avg", "nprs_leg_avg")
_DISABILITY = ("odi_pct", "rmdq24")


def reversed_findings(beside: History) -> Iterator[Finding]:
    """The fields of which the delivery, or its new values with the clinic's latest, seem to be reversed; implausible pairs."""
    found: dict[tuple[str, str, str], Finding] = {}
    for figures in (beside.evidence.figures, _latest(beside)):
        for finding in (*_reversed_fields(figures), *_contradictions(figures)):
            place = (finding.kind, finding.feed, finding.field)
            if place not in found or finding.measure > found[place].measure:
                found[place] = finding
    yield from found.values()
    yield from _implausible(beside.evidence.figures)


def _latest(beside: History) -> dict[Place, Sums]:
    """The sums of new rows, each pair added up over the latest deliveries until there are enough."""
    found = dict(beside.evidence.new_figures)
    for earlier in beside.recent:
        found = {
            place: sums + earlier.new_figures.get(place, Sums()) if sums.n < ENOUGH_PAIRED else sums
            for place, sums in found.items()
        }
    return {
        place: replace(sums, n_owners=min(sums.n_owners, beside.n_owners_lately(place[0])))
        for place, sums in found.items()
    }


def _reversed_fields(figures: Mapping[Place, Sums]) -> Iterator[Finding]:
    wrong: dict[Place, Sums] = {}
    right: list[Place] = []
    for place, pair in PAIRS.items():
        sums = figures.get(place)
        if sums is None:
            continue
        if _is_reversed(sums, pair):
            wrong[place] = sums
        elif pair.sign * sums.z_of(0.0) > REVERSED_Z:
            right.append(place)
    against = Counter(field for place in wrong for field in _fields(place))
    support = Counter(field for place in right for field in _fields(place))
    named = {field for field, count in against.items() if count > support[field]} or set(against)
    for feed, name in sorted(named):
        own = [sums for place, sums in wrong.items() if (feed, name) in _fields(place)]
        largest = max(own, key=lambda sums: sums.n)
        partners = sorted({other for place in wrong for field, other in _partners(place) if field == (feed, name)})
        remedy = (
            f"{name} goes against {', '.join(partners)} in {largest.n} rows: its scale looks reversed. "
            "Ask the clinic which end is worst; correct the export and send the delivery again"
        )
        measure = max(abs(sums.correlation) for sums in own)
        yield Finding("reversed_scale", feed, name, True, largest.n, largest.n, measure, remedy)


def _is_reversed(sums: Sums, pair: Pair) -> bool:
    if sums.n_owners < FEWEST_PAIRED:
        return False
    return pair.sign * sums.correlation < -REVERSED_SIZE and pair.sign * sums.z_of(0.0) < -REVERSED_Z


def _fields(place: Place) -> tuple[tuple[str, str], tuple[str, str]]:
    feed, x, y = place
    return (feed, x), (feed, y.removeprefix("change of "))


def _partners(place: Place) -> tuple[tuple[tuple[str, str], str], tuple[tuple[str, str], str]]:
    feed, x, y = place
    return ((feed, x), y), ((feed, y.removeprefix("change of ")), x)


def _contradictions(figures: Mapping[Place, Sums]) -> Iterator[Finding]:
    asked = [place for place, pair in PAIRS.items() if pair.middle is not None]
    for feed, x, y in (*asked, *AGREEMENTS):
        sums = figures.get((feed, x, y))
        if sums is None or sums.n_directed < FEWEST_DIRECTED:
            continue
        spread = (MOST_OPPOSITE * (1 - MOST_OPPOSITE) / (sums.n_directed * min(1, sums.n_owners / sums.n))) ** 0.5
        share = sums.n_opposite / sums.n_directed
        if share > MOST_OPPOSITE + REVERSED_Z * spread:
            remedy = (
                f"{sums.n_opposite} of {sums.n_directed} values of {x} contradict {y}: is a scale reversed, "
                "a unit another, or were scores filled in? Ask the clinic; correct the export and send the delivery again"
            )
            score = y.removeprefix("change of ") if (feed, x, y) in PAIRS else x
            is_holding = share > HOLDING_OPPOSITE
            yield Finding(
                "contradicting_answers", feed, score, is_holding, sums.n_opposite, sums.n_directed, share, remedy
            )


def _implausible(figures: Mapping[Place, Sums]) -> Iterator[Finding]:
    for feed, x, y in PAIRS:
        sums = figures.get((feed, x, y))
        if sums is None or x not in _PAIN or y not in _DISABILITY:
            continue
        if sums.z_of(LEAST_CORRELATION) < -REVERSED_Z or sums.z_of(HIGHEST_CORRELATION) > REVERSED_Z:
            limits = f"{LEAST_CORRELATION} to {HIGHEST_CORRELATION}"
            remedy = f"{x} and {y} go together otherwise than pain and disability do ({limits}). Ask the clinic how it scores"
            yield Finding("implausible_pair", feed, y, False, sums.n, sums.n, abs(sums.correlation), remedy)
