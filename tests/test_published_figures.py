"""The file of published figures: marks are kept, matches are exact, and what is recalled is never certain."""

from pathlib import Path

import pytest

from pipelines.evidence.figures import FILE, PublishedFigure, evidence, published_figure_rows
from pipelines.reporting.effect_figures import effect_rows
from pipelines.reporting.published import RECALLED, beside, beside_decision, finding_words

FIGURE = {
    "study": "A study",
    "design": "trial",
    "source": "A journal",
    "population": "people",
    "compared": "this with that",
    "outcome_words": "pain",
    "finding": "1 point.",
    "differs": "Other people.",
    "unit": "RMDQ points",
    "estimate": 1.0,
    "lower": 0.5,
    "upper": 1.5,
}


def test_every_figure_has_a_source_a_mark_and_says_how_its_people_differ() -> None:
    for figure in evidence().figures:
        assert figure.mark in ("V", "R")
        assert figure.source
        assert figure.differs.endswith(".")


def test_a_recalled_figure_is_never_printed_as_certain_and_never_drawn() -> None:
    recalled = PublishedFigure(**FIGURE, mark="R")
    looked_up = PublishedFigure(**FIGURE, mark="V")
    assert RECALLED in finding_words(recalled)
    assert RECALLED not in finding_words(looked_up)
    assert effect_rows([], [recalled]) == []
    assert len(effect_rows([], [looked_up])) == 1


def test_a_figure_stands_beside_its_own_contrast_outcome_and_time_only() -> None:
    studies = [one.study for one in beside("decision", "add_manipulation - continue_without", "rmdq24_12wk")]
    assert studies == ["UK BEAM 2004"]
    assert beside("decision", "add_manipulation - continue_without", "rmdq24_26wk") == ()
    assert beside("index", "manipulation - exercise", "rmdq24_12wk") == ()


def test_the_largest_trial_of_early_manipulation_is_named_beside_the_main_question() -> None:
    assert "PACBACK 2026" in [one.study for one in beside_decision()]


def test_the_table_carries_the_mark_as_a_column_and_a_row_an_estimand() -> None:
    rows = published_figure_rows(evidence())
    assert set(rows["mark"]) == {"V", "R"}
    assert rows.loc[rows["study"] == "UK BEAM 2004", "trial"].tolist() == ["decision", "index"]
    assert rows["version"].nunique() == 1
    assert rows.loc[rows["trial"].isna(), "study"].is_unique


@pytest.mark.parametrize(
    ("was", "becomes", "said"),
    [
        ('mark = "V"', 'mark = "?"', "must be V"),
        ("lower = 0.8", "lower = 1.9", "does not hold"),
        ('outcome = "pain_12wk"', 'outcome = "mood_12wk"', "no trial estimates"),
        ('[course]\nmark = "V"', '[course]\nmark = "R"', "must have been looked up"),
    ],
)
def test_a_file_that_says_what_it_may_not_is_refused(tmp_path: Path, was: str, becomes: str, said: str) -> None:
    text = FILE.read_text(encoding="utf-8")
    assert was in text
    wrong = tmp_path / "figures.toml"
    wrong.write_text(text.replace(was, becomes, 1), encoding="utf-8")
    with pytest.raises(ValueError, match=said):
        evidence(wrong)
