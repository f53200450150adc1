"""A mapping file: read with its lines, refused with the line."""

from pathlib import Path

import pytest

from pipelines.errors import UsageError
from pipelines.exporting.marked_yaml import Section, read_section


def _read(tmp_path: Path, text: str) -> Section:
    path = tmp_path / "map.yaml"
    path.write_text(text, encoding="utf-8")
    return read_section(path)


def _ask_for_a_and_b(section: Section) -> None:
    section.text("a")
    section.text("b")
    section.done()


def test_a_scalar_is_the_text_that_stands_there(tmp_path: Path) -> None:
    section = _read(tmp_path, "a: no\nb: 1.0\nc: 2024-01-02\nd: [yes, .a]\n")
    assert (section.text("a"), section.text("b"), section.text("c")) == ("no", "1.0", "2024-01-02")
    assert section.texts("d") == ("yes", ".a")


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a: 1\nb: [1\n", 3),
        ("a: 1\na: 2\n", 2),
        ("a: &x 1\n", 1),
        ("a: 1\nb: !!python/name:os.system\n", 2),
        ("a: 1\nb: 2\nsurplus: 3\n", 3),
        ("b:\n  - 1\na: 1\n", 2),
        ("b: 1\n", 1),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(UsageError, match=f"map.yaml line {line}: .*[.] [A-Z]"):
        _ask_for_a_and_b(_read(tmp_path, text))
