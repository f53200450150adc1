"""The methods appendix: what a reader asks for, from released tables alone, the same bytes each time, no markup of others."""

import json
from pathlib import Path

import pandas as pd
import pytest

from pipelines.errors import NightFailed
from pipelines.reporting.appendix.building import TABLES, build_appendix
from pipelines.reporting.appendix.document import Appendix, Picture, Section, Table, Text
from pipelines.reporting.appendix.files import page_of, write_appendix
from pipelines.reporting.appendix.pdf import pdf_of
from pipelines.reporting.published import RECALLED
from pipelines.reporting.shares import ContradictionError
from pipelines.reporting.words import NEVER_SAID, SIMULATED_LINE

from .appendix_tables import REFUSED, appendix_tables, stability_row
from .released import QUERIES, STAMP, effect_row, exact_tables
from .test_pages import PAYLOAD, Page


@pytest.fixture(scope="module")
def appendix() -> Appendix:
    return build_appendix(appendix_tables(), STAMP)[0]


def section(appendix: Appendix, name: str) -> Section:
    return next(one for one in appendix.sections if one.id == name)


def words(part: Section) -> str:
    return json.dumps(part.model_dump(mode="json"), ensure_ascii=False)


def test_the_appendix_reads_released_tables_only() -> None:
    assert set(TABLES) <= set(QUERIES)


def test_every_section_says_what_it_answers(appendix: Appendix) -> None:
    assert all(one.answers.endswith("?") for one in appendix.sections)
    assert [one.id for one in appendix.sections][:2] == ["summary", "protocols"]
    assert all(one.blocks for one in appendix.sections)


def test_the_primary_result_stands_first_in_the_words_that_may_be_used(appendix: Appendix) -> None:
    first = section(appendix, "summary").blocks[0]
    assert isinstance(first, Text)
    assert first.text.startswith("Add manipulation compared with continue without. ")
    assert "No difference large enough to matter was found" in first.text
    said = page_of(appendix)
    assert not [phrase for phrase in NEVER_SAID if phrase in said]


def test_a_refusal_stands_with_its_reason_and_without_a_number() -> None:
    refused = pd.DataFrame([effect_row(**REFUSED)])
    made, _ = build_appendix(appendix_tables(effects=refused), STAMP)
    assert "Fewer than 50 episodes." in words(section(made, "effects"))
    assert not [block for block in section(made, "effects").blocks if isinstance(block, Picture)]


def test_a_withheld_count_is_printed_as_withheld() -> None:
    small = pd.DataFrame([effect_row(n_treated=5)])
    made, _ = build_appendix(appendix_tables(effects=small), STAMP)
    assert "not shown / 1,140" in words(section(made, "effects"))


def test_the_move_since_the_night_before_names_deliveries_and_chance(appendix: Appendix) -> None:
    said = words(section(appendix, "stability"))
    assert "the same code; deliveries that came or went: C001/2026-11-22" in said
    assert "−1.00 (2.00)" in said
    assert "Within what as many newly arrived episodes give by chance." in said


def test_a_move_by_a_few_is_not_shown() -> None:
    few = pd.DataFrame([stability_row(move=None, estimate_before=None, n_arrived=3)]).drop(columns=["lower", "upper"])
    made, _ = build_appendix(appendix_tables(stability=few), STAMP)
    assert "not shown: fewer than 8 came or went" in words(section(made, "stability"))


def test_a_published_figure_that_is_only_recalled_is_never_printed_as_certain(appendix: Appendix) -> None:
    tables = [block for block in section(appendix, "published").blocks if isinstance(block, Table)]
    context = next(block for block in tables if block.caption.startswith("Context"))
    assert [row[1] for row in context.rows] == [f"Much as other care. {RECALLED}"]
    assert "Ours: add manipulation - continue without" in words(section(appendix, "published"))


def test_who_is_missing_is_named(appendix: Appendix) -> None:
    assert "Too few to say: payer: other." in words(section(appendix, "fairness"))


def test_every_picture_has_words_and_a_table_of_its_numbers(appendix: Appendix) -> None:
    pictures = [block for one in appendix.sections for block in one.blocks if isinstance(block, Picture)]
    assert len(pictures) > 10
    assert all(one.description and one.rows for one in pictures)


def test_a_table_that_is_absent_stops_the_appendix() -> None:
    with pytest.raises(NightFailed, match=r"report\.fairness was not given"):
        build_appendix({name: frame for name, frame in appendix_tables().items() if name != "fairness"}, STAMP)


def test_a_row_with_a_cell_too_few_contradicts_itself() -> None:
    with pytest.raises(ValueError, match="another number of cells"):
        Table(caption="a", columns=("one", "two"), rows=(("1",),))
    assert issubclass(ContradictionError, ValueError)


def test_the_page_is_sound_and_fetches_and_runs_nothing(appendix: Appendix) -> None:
    page = Page(page_of(appendix))
    assert "script" not in page.seen
    assert len(set(page.ids)) == len(page.ids)
    assert page.headings[0] == 1
    assert all(later - sooner <= 1 for sooner, later in zip(page.headings, page.headings[1:], strict=False))
    assert not [link for link in page.links if link.startswith(("http", "//"))]
    assert {link[1:] for link in page.links if link.startswith("#")} <= set(page.ids)
    assert SIMULATED_LINE in page.text


POISONED = (
    ("effects", "reason"),
    ("protocols", "target_trial"),
    ("stability", "deliveries"),
    ("arrivals", "latest_delivery_id"),
    ("data_quality", "remedy"),
    ("published_figures", "finding"),
    ("fairness", "level"),
    ("model_notices", "notice"),
)


def test_payloads_in_every_text_make_no_element_on_the_page() -> None:
    """R-S2, for the appendix: the same elements with an attack in every text as without."""
    seen = []
    for payload in ("harmless", PAYLOAD, "</style></title>--></text></svg><img src=x onerror=alert(1)>"):
        tables = appendix_tables(effects=pd.DataFrame([effect_row(), effect_row(outcome="pain_12wk", **REFUSED)]))
        for name, column in POISONED:
            filled = tables[name][column].map(
                lambda value, payload=payload: value if pd.isna(value) else f"{value}{payload}"
            )
            tables[name] = tables[name].assign(**{column: filled})
        page = page_of(build_appendix(tables, STAMP)[0])
        assert payload in Page(page).text
        seen.append(Page(page).seen)
    assert seen[0] == seen[1] == seen[2]


def test_words_of_others_stay_words_on_the_page_and_in_the_pdf() -> None:
    hostile = pd.DataFrame([effect_row(**REFUSED | {"reason": f'{PAYLOAD} #import "@preview/x:1.0.0" $x$ *b* ] }}'})])
    made, _ = build_appendix(appendix_tables(effects=hostile), STAMP)
    assert "<script>" not in page_of(made)
    assert pdf_of(made).startswith(b"%PDF-1.7")


def test_the_pdf_is_tagged_and_the_same_bytes_each_time(appendix: Appendix) -> None:
    pdf = pdf_of(appendix)
    assert b"/MarkInfo" in pdf
    assert b"/StructTreeRoot" in pdf
    assert b"pdfuaid" in pdf
    assert pdf == pdf_of(appendix)


def test_a_night_that_ends_within_a_second_has_a_pdf_too(appendix: Appendix) -> None:
    """The stamp holds microseconds and a PDF's date does not."""
    made_at = STAMP.made_at.replace(microsecond=123456)
    later = appendix.model_copy(update={"stamp": STAMP.model_copy(update={"made_at": made_at})})
    assert pdf_of(later) == pdf_of(appendix)


def test_all_files_are_written_and_the_same_tables_give_the_same_bytes(tmp_path: Path) -> None:
    first, absent = write_appendix(tmp_path / "a", appendix_tables(), STAMP)
    second, _ = write_appendix(tmp_path / "b", appendix_tables(), STAMP)
    assert absent == []
    assert [path.name for path in first] == [
        "appendix.html", "appendix.pdf", "appendix.json", "standards.json",
        "model-card-decision.md", "model-card-decision.json", "model-card-index.md", "model-card-index.json",
        "model-card-prognosis.md", "model-card-prognosis.json",
    ]  # fmt: skip
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]
    for path in first:
        if path.suffix == ".json":
            assert json.loads(path.read_text(encoding="utf-8"))["stamp"]["run_id"] == STAMP.run_id


def test_the_numbers_without_their_stamp_do_not_tell_which_run_made_them(appendix: Appendix) -> None:
    """A backup's drill compares them: another run on the same deliveries must say the same."""
    other, _ = build_appendix(appendix_tables(), STAMP.model_copy(update={"run_id": "another-run"}))
    assert [one.model_dump() for one in other.sections] == [one.model_dump() for one in appendix.sections]


def test_a_model_card_is_left_for_a_person_to_sign(tmp_path: Path) -> None:
    write_appendix(tmp_path, appendix_tables(), STAMP)
    card = (tmp_path / "model-card-prognosis.md").read_text(encoding="utf-8")
    assert "## Signed off\n\n- To be completed by the analyst." in card
    assert "a prognosis is never an indication for manipulation" in card
    assert "**Simulated data" in card


def test_every_released_table_of_the_appendix_is_one_that_a_test_makes_up() -> None:
    assert set(TABLES) <= set(appendix_tables()) | set(exact_tables())
