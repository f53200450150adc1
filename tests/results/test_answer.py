from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest

from pipelines.errors import UsageError
from pipelines.results import Answer
from pipelines.results.answer import Dots


def answer(rows: int = 2, **changes: object) -> Answer:
    df = pd.DataFrame(
        {"who": [f"<group {i}>" for i in range(rows)], "estimate": 0.5, "lower": 0.25, "upper": 0.75, "n": 1234}
    )
    dots = Dots(("who",), "estimate", "lower", "upper", "points", reference=0.0)
    return Answer("A question", df, "How to read it.", **({"counts": ("n",), "dots": dots} | changes))  # type: ignore[arg-type]


def test_a_table_reads_as_text_and_as_html_with_title_note_and_what_is_left() -> None:
    table = answer(3).table(most=2)
    assert "A question" in str(table)
    assert "1,234" in str(table)
    assert "1 more rows are in .df" in str(table)
    assert str(table).endswith("How to read it.")
    html = table._repr_html_()
    assert "<caption>A question</caption>" in html
    assert "&lt;group 0&gt;" in html
    assert html.count("<tr>") == 3


def test_a_picture_is_whole_svg_with_every_number_in_words(tmp_path: Path) -> None:
    chart = answer().chart()
    root = ElementTree.fromstring(chart.html)
    assert root.tag.endswith("svg")
    assert "<group 1>: 0.5 (0.25 to 0.75)" in str(chart)
    assert chart.save(tmp_path / "a.svg").read_text(encoding="utf-8") == chart.html
    assert chart.save(tmp_path / "a.txt").read_text(encoding="utf-8") == str(chart)


@pytest.mark.parametrize(
    ("made", "said"),
    [
        (answer(dots=None), "there is no picture"),
        (answer(41), "too many for one picture"),
        (answer(0), "no estimate to draw"),
    ],
)
def test_what_cannot_be_drawn_says_why(made: Answer, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        made.chart()


def test_a_safe_copy_is_drawn_from_what_was_released() -> None:
    exact = pd.DataFrame(
        {"n": [203, 203], "n_better": [101, 3], "n_better_percent": [49.75, 1.5], "who": ["all", "few"]}
    )
    dots = Dots(("who",), "n_better_percent", "n_better_percent_lower", "n_better_percent_upper", "%")
    safe = Answer("A share", exact, "", parts=(("n_better", "n"),), dots=dots).safe()
    assert str(safe.chart()).splitlines()[-1] == "all: 49 (42 to 56)"
    assert safe.df["n_better_percent"].isna().tolist() == [False, True]


def test_one_number_alone_has_an_axis() -> None:
    df = pd.DataFrame({"who": ["all"], "estimate": [0.0], "lower": [None], "upper": [None]})
    dots = Dots(("who",), "estimate", "lower", "upper", "points", reference=0.0)
    assert "all: 0" in str(Answer("One", df, "", dots=dots).chart())
