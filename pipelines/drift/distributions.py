"""Rules about one field: values outside the contract, and new values that are not distributed as the clinic's own before."""

from collections.abc import Iterator
from dataclasses import replace

from pipelines.drift.evidence import Finding
from pipelines.drift.histograms import FIELDS, above, is_number
from pipelines.drift.history import History, Window
from pipelines.drift.likeness import shift, stability_index
from pipelines.drift.units import unit_words

MOST_OUTSIDE = 0.02
"""Share of a field's values outside its codes or range (R-F6: more than 2 % holds), beyond the share that was accepted before."""

FEWEST_OUTSIDE = 10
"""Fewer values than this never hold a delivery, whatever their share."""

INDEX_LIMIT, INDEX_VALUES = 0.25, 200
"""Population stability index above which a distribution is another one, and the values it needs now and before (R-F6, A7)."""

SWAPPED_INDEX = 1.0
"""Index above which a field's codes mean something else: yes and no swapped where under 27 % say yes. Less is reported."""

SHIFT_Z = 4.0
"""Standard errors of a shift against the clinic's own history (R-S8: |z| > 4)."""

SHIFT_SIZE = 0.1
"""Least size of a shift that matters: 0.35 standard deviations, about one point of pain. The change that a patient notices is two
points; a smaller difference between deliveries is case mix."""

FIRST_OUTSIDE = 0.2
"""The same share in a clinic's first delivery, where nothing has changed yet: from 2 % on it is reported, from here on held. Real
records have levels and visits that no contract foresaw. Of a required field it is reported only: its rows are set aside, and
`limits.MOST_BAD_ROWS_PERCENT` is for those."""

SHIFT_PATIENTS = 15
"""Patients that a shift needs, now and before; of fewer only a change of the whole scale could show."""

_OF_THE_PATIENT = {"Y", "Y0", "C", "M", "S"}
_OF_TIME = {"T", "ID", "X"}
_ASK = "Ask the clinic what changed in its system; correct the export and send the delivery again, or release it if it is right"


def outside_findings(beside: History) -> Iterator[Finding]:
    """Fields of which too many values are no code or number of the contract: in the whole delivery, or among the new values."""
    for feed, name in beside.evidence.by_field:
        whole = beside.whole(feed, name)
        windows = [whole]
        if beside.earlier and (feed, name) in beside.evidence.new_by_field:
            windows += [beside.window(feed, name, n, 0) for n in (1, INDEX_VALUES)]
        before = whole.all_before
        known = before.n_outside / before.n_given if before.n_given else 0.0
        broken = [
            (window.all_now.n_outside / window.all_now.n_given, window)
            for window in windows
            if window.all_now.n_outside >= FEWEST_OUTSIDE
            and window.all_now.n_outside > (known + MOST_OUTSIDE) * window.all_now.n_given
        ]
        if broken:
            share, window = max(broken, key=lambda one: one[0])
            is_unforeseen = share <= FIRST_OUTSIDE or FIELDS[feed, name].breaks_row
            yield _outside(window, share, is_holding=bool(beside.earlier) or not is_unforeseen)


def _outside(window: Window, share: float, *, is_holding: bool) -> Finding:
    feed, name, now = window.feed, window.name, window.all_now
    field = FIELDS[feed, name]
    kind, what = (
        ("out_of_range", "outside the range") if is_number(field) else ("changed_codes", "no code of the contract")
    )
    words = unit_words(feed, name, *window.means)
    if not words and field.high == 10 and now.histogram.get(above(field), 0) > now.n_outside / 2:
        words = "looks like 0-100 instead of 0-10"
    remedy = f"{now.n_outside} of {now.n_given} values are {what}{': ' if words else ''}{words}. {_ASK}"
    return Finding(kind, feed, name, is_holding, now.n_outside, now.n_given, share, remedy)


def shift_findings(beside: History) -> Iterator[Finding]:
    """Fields whose new values lie elsewhere than the clinic's own before."""
    if not beside.earlier:
        return
    for feed, name in beside.evidence.new_by_field:
        if _OF_TIME & set(FIELDS[feed, name].roles):
            continue
        short = beside.window(feed, name, 1, SHIFT_PATIENTS)
        long = beside.window(feed, name, INDEX_VALUES, SHIFT_PATIENTS)
        windows = [short] if short is long else [short, long]
        found = [finding for window in windows for finding in (_shifted(window), _redistributed(window)) if finding]
        if found:
            yield max(found, key=lambda finding: (finding.is_holding, finding.measure))


def _shifted(window: Window) -> Finding | None:
    if not is_number(FIELDS[window.feed, window.name]):
        return None
    if min(window.units_before, window.units_now) < SHIFT_PATIENTS:
        return None
    moved = shift(window.samples)
    if abs(moved.z) <= SHIFT_Z or abs(moved.size) < SHIFT_SIZE:
        return None
    direction = "higher" if moved.size > 0 else "lower"
    return _of_values("shifted", window, f"clearly {direction} than", abs(moved.size))


def _redistributed(window: Window) -> Finding | None:
    if min(window.all_before.n_given, window.all_now.n_given) < INDEX_VALUES:
        return None
    is_ordered = is_number(FIELDS[window.feed, window.name])
    index = stability_index(window.samples, is_ordered=is_ordered)
    if index <= INDEX_LIMIT:
        return None
    finding = _of_values("redistributed", window, "spread otherwise than", index)
    return finding if is_ordered or index > SWAPPED_INDEX else replace(finding, is_holding=False)


def _of_values(kind: str, window: Window, how: str, measure: float) -> Finding:
    feed, name, n_given = window.feed, window.name, window.all_now.n_given
    words = unit_words(feed, name, *window.means)
    is_holding = bool(words) or bool(_OF_THE_PATIENT & set(FIELDS[feed, name].roles))
    said = f"the latest {n_given} values are {how} the clinic's own before{': ' if words else ''}{words}"
    return Finding(kind, feed, name, is_holding, n_given, n_given, measure, f"{said}. {_ASK}")
