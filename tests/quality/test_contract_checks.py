"""Checks made from the contract: what there is, and that each moves with its own fault and no other."""

from collections import Counter, defaultdict

import pytest

from pipelines.contracts import FEEDS
from pipelines.deliveries import quarantine
from pipelines.quality.contract_checks import PRESENT_BY_RULE, contract_checks
from pipelines.quality.counting import count_contract
from pipelines.quality.kahn import CATEGORIES, Count
from pipelines.tables import sql_files

from .records import SOUND, Scenario, broken, warehouse_of

CHECKS = contract_checks()
MAN, FEMALE = f"{SOUND}-man", "intake.sex.female"
ENTAILED = {
    "intake.clinic_code.value": "intake.clinic_code.row",
    "intake.odi_pct.floor": "intake.odi_pct.tens",
    "intake.prior_spine_surgery.other": "intake.prior_spine_surgery.any",
    "lab.unit.value": "lab.value.row",
}
"""What the fault of the first is as well: no key is the manifest's, 0 ends in 0, another surgery is one, no unit has a range."""


def test_the_contract_gives_more_than_150_checks_in_every_category() -> None:
    """Requirement: at least 150 checks from the contract (reliability.md, section 3)."""
    assert len(CHECKS) >= 150
    assert set(Counter(one.check.category for one in CHECKS)) == set(CATEGORIES)
    assert len({one.check.name for one in CHECKS}) == len(CHECKS)


def test_every_field_is_checked_for_what_was_delivered() -> None:
    checked = {(one.feed, one.field) for one in CHECKS if one.kind == "value"}
    assert checked == {(feed.name, field.name) for feed in FEEDS.values() for field in feed.fields}


def test_every_required_field_and_every_field_of_the_minimum_record_is_checked_for_being_there() -> None:
    checked = {(one.feed, one.field) for one in CHECKS if one.check.category == "completeness"}
    said = {file.name: file.one("field") for file in sql_files("checks") if file.one("category") == "completeness"}
    for feed in FEEDS.values():
        for field in feed.fields:
            if field.is_required or field.is_minimum:
                rule = PRESENT_BY_RULE.get((feed.name, field.name), "")
                assert (feed.name, field.name) in checked or field.name in said[rule], f"{feed.name}.{field.name}"


def test_every_rule_of_a_row_that_quarantine_knows_has_its_check() -> None:
    asked = {(feed.name, name, rule) for feed in FEEDS.values() for name, _, rule, _ in quarantine._row_rules(feed)}
    assert asked == {(one.feed, one.field, one.rule) for one in CHECKS if one.check.name.endswith(".row")}


def test_a_check_says_in_plain_words_what_is_wrong_and_what_to_do() -> None:
    for one in CHECKS:
        assert len(one.check.description) > 20
        assert len(one.check.remedy) > 20
        assert one.check.owner == "clinic"


@pytest.fixture(scope="module")
def counted() -> dict[str, list[dict[str, Count]]]:
    """By check that was broken: what each clinic that was made for it counts; under SOUND, a sound clinic."""
    scenarios = {one.check.name: broken(one, f"C{number:03d}") for number, one in enumerate(CHECKS, start=1)}
    scenarios |= {SOUND: [Scenario(SOUND)], MAN: [Scenario(MAN, {("intake", "sex"): "male"})]}
    by_clinic: dict[str | None, dict[str, Count]] = defaultdict(dict)
    with warehouse_of([scenario for made in scenarios.values() for scenario in made]) as con:
        for count in count_contract(con):
            by_clinic[count.clinic_code][count.name] = count
    return {name: [by_clinic[scenario.clinic] for scenario in made] for name, made in scenarios.items()}


def _moved(counted: dict[str, list[dict[str, Count]]], name: str) -> set[str]:
    sound = counted[SOUND][0]
    return {
        other for clinic in counted[name] for other, count in clinic.items() if count.n_broken > sound[other].n_broken
    }  # fmt: skip


def test_the_sound_record_has_something_to_check_for_every_check(counted: dict[str, list[dict[str, Count]]]) -> None:
    sound = counted[SOUND][0]
    assert set(sound) == {one.check.name for one in CHECKS}
    assert [name for name, count in sound.items() if not count.n_rows] == []


def test_a_fault_moves_its_own_check_and_no_other(counted: dict[str, list[dict[str, Count]]]) -> None:
    """Every check of the contract is exercised: each kind of fault in each field, a clinic a fault, in one warehouse."""
    names = [one.check.name for one in CHECKS if one.check.name != FEMALE]
    moved = {name: _moved(counted, name) for name in names}
    assert {name: other for name, other in moved.items() if other != {name, ENTAILED.get(name, name)}} == {}


def test_the_sex_of_the_sound_record_is_counted_as_well(counted: dict[str, list[dict[str, Count]]]) -> None:
    assert _moved(counted, MAN) == {"intake.sex.male"}
    assert (counted[SOUND][0][FEMALE].n_broken, counted[MAN][0][FEMALE].n_broken) == (1, 0)
