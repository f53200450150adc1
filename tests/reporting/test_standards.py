"""Reporting standards: every item is filled, refused with a reason, or left to people; nothing is invented, nothing is lost."""

import pandas as pd
import pytest

from pipelines.reporting.appendix.building import SECTIONS, TABLES, build_appendix
from pipelines.reporting.appendix.document import Table
from pipelines.reporting.appendix.released import Released
from pipelines.reporting.standards import Item, Standard, judge, missing, standards

from .appendix_tables import REFUSED, appendix_tables
from .released import STAMP, effect_row

IDS = {section.id for section in build_appendix(appendix_tables(), STAMP)[0].sections}
SIZES = {"target": 21, "tripod_ai": 27, "strobe_record": 35, "path_iceman": 14, "model_card": 9}
FOR_PEOPLE = ("funding", "ethical approval", "registration")


def released(**changed: pd.DataFrame) -> Released:
    return Released.of(appendix_tables(**changed), STAMP)


def states(name: str, tables: Released) -> dict[str, str]:
    standard = next(one for one in standards() if one.name == name)
    return {one.item.no: one.state for one in judge(standard, tables, IDS)}


def test_every_standard_has_as_many_items_as_it_says() -> None:
    assert {one.name: one.size for one in standards()} == SIZES


def test_a_whole_night_leaves_no_automatic_item_unfilled() -> None:
    assert missing(released(), IDS) == []


def test_every_automatic_item_names_a_section_that_exists_and_tables_that_are_read() -> None:
    for standard in standards():
        for item in standard.items:
            assert not item.place or item.place in IDS, f"{standard.title} {item.no}"
            assert {name.removeprefix("report.") for name in item.tables} <= set(TABLES), f"{standard.title} {item.no}"


def test_what_only_people_can_know_is_never_filled() -> None:
    asked = [item for one in standards() for item in one.items if item.asks.lower().startswith(FOR_PEOPLE)]
    assert len(asked) >= 7
    assert {item.by for item in asked} == {"analyst"}
    assert states("target", released())["17"] == "open"


def test_an_empty_table_without_a_refusal_is_missing_and_named() -> None:
    tables = released()
    empty = Released({**tables.tables, "published_figures": []}, STAMP)
    assert states("target", empty)["15"] == "missing"
    assert "TARGET 15 (report.published_figures)" in missing(empty, IDS)


def test_an_empty_table_that_a_refusal_explains_is_refused_not_missing() -> None:
    tables = released(effects=pd.DataFrame([effect_row(**REFUSED)]))
    empty = Released({**tables.tables, "arm_means": []}, STAMP)
    assert states("target", empty)["12"] == "refused"
    assert states("target", Released({**released().tables, "arm_means": [], "effects": []}, STAMP))["12"] == "missing"


def test_an_absent_table_or_section_is_missing() -> None:
    tables = released()
    without = Released({name: rows for name, rows in tables.tables.items() if name != "effects"}, STAMP)
    assert states("target", without)["13"] == "missing"
    assert any(one.startswith("TARGET 16") for one in missing(tables, IDS - {"limits"}))


def test_an_open_item_is_printed_as_to_be_completed_by_the_analyst() -> None:
    made, _ = build_appendix(appendix_tables(), STAMP)
    section = next(one for one in made.sections if one.id == "standards")
    target = next(block for block in section.blocks if isinstance(block, Table) and block.caption.startswith("TARGET"))
    rows = {row[0]: row[2] for row in target.rows}
    assert rows["20"] == "To be completed by the analyst."
    assert rows["21"].endswith("To be completed by the analyst: the interests of each author.")
    assert len(target.rows) == 21
    assert len(SECTIONS) + 1 == len(made.sections)


@pytest.mark.parametrize(
    "wrong",
    [
        {"place": "effects", "by": "analyst"},
        {},
        {"place": "effects", "tables": ("estimates.effects",)},
    ],
)
def test_an_item_that_is_filled_by_nobody_or_by_a_table_that_is_not_released_is_refused(
    wrong: dict[str, object],
) -> None:
    with pytest.raises(ValueError, match="item 1"):
        Item(no="1", section="Methods", asks="What?", **wrong)  # type: ignore[arg-type]


def test_a_standard_with_an_item_too_few_is_refused() -> None:
    item = Item(no="1", section="Methods", asks="What?", by="analyst")
    with pytest.raises(ValueError, match="it has 2 items, and 1 are listed"):
        Standard("a", "A", "b", "c", "V", 2, (item,))
