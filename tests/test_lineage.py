"""The pictures of the lineage are drawn from the asset graph, hold every table once, and are current."""

import re
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

from pipelines.lineage import STAGES, columns_of, graph, main, picture, reduced, stages
from pipelines.warehouse import SCHEMAS


@pytest.mark.ci
def test_the_pictures_in_the_documents_are_current() -> None:
    assert main(["--check"]) == 0


def test_a_picture_that_is_out_of_date_is_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([], tmp_path) == 0
    assert main(["--check"], tmp_path) == 0
    (tmp_path / "lineage.svg").write_text("<svg/>", encoding="utf-8")
    assert main(["--check"], tmp_path) == 1
    assert "Run `python -m pipelines.lineage`" in capsys.readouterr().err


def test_every_table_of_the_graph_is_in_the_picture_once_and_every_stage_in_both() -> None:
    drawn = [title.text for title in ET.fromstring(picture()).iter("{http://www.w3.org/2000/svg}title")][1:]
    assert sorted(map(str, drawn)) == sorted(graph())
    assert tuple(STAGES) == (*SCHEMAS, "notebooks")
    for schema in SCHEMAS:
        assert f">{schema}</text>" in picture()
        assert f">{schema}</text>" in stages()


def test_no_table_stands_left_of_what_it_is_made_from() -> None:
    column = {table: number for number, tables in enumerate(columns_of(reduced(graph()))) for table in tables}
    assert all(column[parent] <= column[table] for table, parents in graph().items() for parent in parents)


def test_of_two_ways_only_the_longer_is_drawn() -> None:
    tables = {"a/1": frozenset[str](), "a/2": frozenset({"a/1"}), "a/3": frozenset({"a/1", "a/2"})}
    assert reduced(tables) == {"a/1": frozenset(), "a/2": frozenset({"a/1"}), "a/3": frozenset({"a/2"})}


def test_the_pictures_load_nothing_and_run_nothing() -> None:
    for text in (picture(), stages()):
        assert not re.search(r"<script|href|url\(|@import|onload", text)
        assert text == text.encode("ascii", "ignore").decode()
