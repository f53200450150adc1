"""Which deliveries are held: by what is found in them, in the clinic's own order, whatever order they came in."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from pipelines.drift.evidence import Finding
from pipelines.drift.figures import RATINGS, SCORES
from pipelines.drift.headers import Drift
from pipelines.drift.holds import Delivered, find_holds, write_header_drift
from tests.drift.damage import FLIPS, POISON, UNITS, number, recoded
from tests.drift.nights import Group, simulated_group

BAD = Finding("reversed_scale", "outcome", "odi_pct", True, 90, 100, 0.9, "odi_pct looks reversed")
SAID = Finding("new_column", "outcome", "", False, 1, 1, 1.0, "column 3 of outcome.csv is not in the contract")


def _settle(
    found: dict[str, Sequence[Finding]], *, released: tuple[str, ...] = (), names: dict[str, str] | None = None
) -> dict[str, bool]:
    """Whether each delivery of clinic A is accepted, by its key; what is found in it is the same beside whatever reference."""
    deliveries = [Delivered("A", key, "snapshot", (names or {}).get(key, key)) for key in found]
    known: dict[tuple[str, str], Sequence[Finding]] = {}
    while True:
        judgement = find_holds(deliveries, known, released)
        if not judgement.questions:
            return {one.delivery.delivery_key: one.is_accepted for one in judgement.judged}
        known |= {(q.delivery.delivery_key, q.reference): found[q.delivery.delivery_key] for q in judgement.questions}


def test_a_delivery_with_a_holding_finding_is_held_and_the_next_is_set_beside_the_one_before() -> None:
    deliveries = [Delivered("A", key, "snapshot") for key in "abc"]
    first = find_holds(deliveries, {})
    assert [question.delivery.delivery_key for question in first.questions] == ["a", "b", "c"]
    known = {
        (q.delivery.delivery_key, q.reference): [BAD] if q.delivery.delivery_key == "b" else [] for q in first.questions
    }
    (question,) = find_holds(deliveries, known).questions
    assert question.delivery.delivery_key == "c"
    assert [earlier.delivery_key for earlier, _ in question.before] == ["a"]
    settled = find_holds(deliveries, known | {("c", question.reference): [SAID]})
    (hold,) = settled.holds
    assert (hold.delivery_key, hold.rule, hold.field) == ("b", "the scale looks reversed", "odi_pct")


def test_what_is_only_reported_holds_nothing() -> None:
    assert _settle({"a": [SAID]}) == {"a": True}


def test_clinics_do_not_touch_one_another() -> None:
    deliveries = [Delivered("B", "b", "delta"), Delivered("A", "a", "snapshot"), Delivered("A", "c", "snapshot")]
    known = {(q.delivery.delivery_key, q.reference): [] for q in find_holds(deliveries, {}).questions}
    assert {key for key, reference in known if reference == ""} == {"a", "b"}


def test_a_released_delivery_counts_and_the_same_is_not_held_again_while_it_lasts() -> None:
    found = {"a": [], "b": [BAD], "c": [BAD], "d": [], "e": [BAD]}
    assert _settle(found) == {"a": True, "b": False, "c": False, "d": True, "e": False}
    assert _settle(found, released=("b",)) == {"a": True, "b": True, "c": True, "d": True, "e": False}


def test_what_was_released_holds_again_when_it_is_half_as_bad_again() -> None:
    found = {"a": [replace(BAD, measure=0.1)], "b": [replace(BAD, measure=0.14)], "c": [replace(BAD, measure=0.3)]}
    assert _settle(found, released=("a",)) == {"a": True, "b": True, "c": False}


def test_a_release_of_changed_rows_does_not_cover_the_next_change() -> None:
    changed = replace(BAD, kind="old_rows_changed", field="")
    assert _settle({"a": [changed], "b": [changed]}, released=("a",)) == {"a": True, "b": False}


def test_a_release_waives_nothing_else() -> None:
    found = {"a": [BAD], "b": [replace(BAD, field="rmdq24")]}
    assert _settle(found, released=("a",)) == {"a": True, "b": False}


def test_of_two_contents_under_one_name_the_later_is_not_set_beside_the_earlier() -> None:
    """A correction sent under the same name changes many old rows of the content that it replaces: that is what it is for."""
    deliveries = [Delivered("A", "wrong", "snapshot", "2026-11-01"), Delivered("A", "right", "snapshot", "2026-11-01")]
    questions = find_holds(deliveries, {}).questions
    assert [(question.delivery.delivery_key, question.before) for question in questions] == [
        ("wrong", ()),
        ("right", ()),
    ]


def test_a_delivery_that_is_set_aside_for_other_reasons_is_compared_with_nothing() -> None:
    deliveries = [Delivered("A", "a", "snapshot"), Delivered("A", "b", "snapshot")]
    (question,) = find_holds(deliveries, {}, set_aside={"a"}).questions
    assert (question.delivery.delivery_key, question.before) == ("b", ())


@pytest.fixture(scope="module")
def group() -> Iterator[Group]:
    """One clinic whose records are sent in several ways, each as a clinic of its own, all judged at once."""
    with simulated_group(80, 1, "uniform", 11) as sent:
        (clinic,) = sent.clinics
        answers = (*SCORES, *RATINGS)
        copied = {
            ("outcome", answer): f"case when of_day > 60 then '{place}' else value end"
            for place, answer in enumerate(answers, start=3)
        }
        for sender, days_ago, since, extra in (
            ("clean", 7, None, {}),
            ("pain on 0-100", 300, 300, {"damage": UNITS["pain on 0-100"][0]}),
            ("reversed", 300, 300, {"damage": FLIPS["PGIC"][0]}),
            ("inflated", 300, 300, {"damage": POISON["3 points worse"]}),
            ("codes", 7, None, {"damage": {("intake", "sex"): recoded(female="f", male="m")}}),
            ("rewritten", 7, None, {"damage": {("outcome", "rmdq24"): number("least(24, v + 1)")}}),
            ("cut", 7, None, {"where": "through % 10 < 4"}),
            ("without", 7, None, {"absent": [("outcome", "odi_pct")]}),
            ("copied", 7, None, {"damage": copied}),
        ):
            sent.send(clinic, days_ago, sender=sender)
            sent.send(clinic, 0, since=since, sender=sender, **extra)
        sent.judge()
        yield sent


def _found(group: Group, sender: str) -> list[tuple[str, str, str, bool]]:
    """What was found in the last delivery of a sender."""
    key = [one.delivery_key for one in group.delivered if one.clinic_code == sender][-1]
    return group.drift(key)


def test_an_unchanged_clinic_is_not_held(group: Group) -> None:
    assert [found for found in _found(group, "clean") if found[3]] == []


def test_pain_on_another_scale_holds_and_the_remedy_names_the_scale(group: Group) -> None:
    """R-F6: VAS 0-100 in NPRS is caught."""
    assert ("out_of_range", "outcome", "nprs_back_avg", True) in _found(group, "pain on 0-100")
    (said,) = group.con.execute(
        "select remedy from raw.drift where clinic_code = 'pain on 0-100' and kind = 'out_of_range' and field = 'nprs_back_avg'"
    ).fetchall()[0]
    assert "values are outside the range: looks like 0-100 instead of 0-10" in said


def test_a_reversed_scale_holds_and_the_field_is_named(group: Group) -> None:
    """R-F6, R-S8, A2: a flip of direction is caught."""
    assert ("reversed_scale", "outcome", "pgic", True) in _found(group, "reversed")


def test_inflated_outcomes_hold_against_the_clinics_own_history(group: Group) -> None:
    """R-S8: outcomes 3 NPRS points off."""
    assert ("shifted", "outcome", "nprs_back_avg", True) in _found(group, "inflated")


def test_a_changed_code_list_holds(group: Group) -> None:
    """R-F6: over 2 % of values outside the code list."""
    assert ("changed_codes", "intake", "sex", True) in _found(group, "codes")


def test_old_rows_that_change_hold(group: Group) -> None:
    """T6: more than 5 % of old rows changed."""
    assert ("old_values_changed", "outcome", "rmdq24", True) in _found(group, "rewritten")


def test_a_snapshot_that_lacks_half_of_the_clinics_rows_holds(group: Group) -> None:
    """K6: fewer than half the rows."""
    assert ("rows_missing", "intake", "", True) in _found(group, "cut")


def test_a_column_that_the_accepted_delivery_before_had_is_missed(group: Group) -> None:
    """R-F6: a removed column holds."""
    assert ("removed_column", "outcome", "odi_pct", True) in _found(group, "without")


def test_copied_answers_hold(group: Group) -> None:
    """R-S8: five or more identical multi-field rows."""
    assert ("identical_answers", "outcome", "", True) in _found(group, "copied")


def test_no_finding_holds_a_value_or_an_episode(group: Group) -> None:
    """Counts, fields of the contract and words alone."""
    keys = {row[0] for row in group.con.execute("select episode_key from full_intake").fetchall()}
    text = repr(group.con.execute("select * exclude (delivery_key) from raw.drift").fetchall())
    assert not any(key in text for key in keys)


def _end(group: Group, arrival: str, *, is_judged_between: bool) -> str:
    """All that is found after three deliveries, the second one bad, have come in this order."""
    group.forget()
    clinic = group.clinics[0]
    order = [Delivered(clinic, key, mode) for key, mode in (("a", "snapshot"), ("b", "snapshot"), ("c", "delta"))]
    for key in arrival:
        if key == "a":
            group.send(clinic, 60, key=key)
        elif key == "b":
            group.send(clinic, 30, damage=FLIPS["ODI everywhere"][0], key=key)
        else:
            group.send(clinic, 0, since=30, is_delta=True, key=key)
        if is_judged_between or key == arrival[-1]:
            there = {one.delivery_key for one in group.delivered}
            group.judge(order=[one for one in order if one.delivery_key in there])
    return repr(group.con.execute("select * from raw.drift order by all").fetchall())


@pytest.mark.ci
def test_the_order_of_arrival_does_not_matter() -> None:
    with simulated_group(40, 1, "uniform", 12) as group:
        end = _end(group, "abc", is_judged_between=False)
        assert "reversed_scale" in end
        arrivals = ["".join(arrival) for arrival in itertools.permutations("abc")]
        assert {_end(group, arrival, is_judged_between=True) for arrival in arrivals} == {end}


def test_header_drift_is_told_once_and_a_renamed_column_holds() -> None:
    """R-F6: an added column is reported once, a renamed one holds."""
    with simulated_group(8, 2, "uniform", 13) as group:
        clinic = group.clinics[0]
        added = Drift("new_column", "session", "", "column 24 of session.csv is not in the contract")
        renamed = Drift("renamed_column", "session", "slr_pre", "column 15 of session.csv resembles slr_pre")
        keys = [group.send(clinic, days) for days in (3, 2, 1)]
        for key, drifts in zip(keys, ([added], [added], [added, renamed]), strict=True):
            write_header_drift(group.con, key, drifts)
        holds = group.judge()
        kinds = [[kind for kind, *_ in group.drift(key)] for key in keys]
        assert kinds == [["new_column"], [], ["renamed_column"]]
        assert [(hold.delivery_key, hold.field) for hold in holds] == [(keys[2], "slr_pre")]


@pytest.mark.ci
def test_a_small_clinics_deliveries_are_not_held_for_chance() -> None:
    """False alarms in clinics of three patients, week after week."""
    with simulated_group(6, 2, "three-patients", 14) as group:
        for clinic, days_ago in itertools.product(group.clinics, (21, 14, 7, 0)):
            group.send(clinic, days_ago)
        assert group.judge() == []
