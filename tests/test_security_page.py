"""What SECURITY.md promises is shown by tests that exist."""

import re

from tests.conftest import ROOT

PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
READERS = (
    "Clinic manager", "Practitioner", "Analyst", "Operator", "Data officer", "Who sends deliveries",
    "A web page in an operator's browser",
    "Another user of the machine", "Someone on the network", "Thief of the disk", "Holder of a backup", "The Internet",
)  # fmt: skip


def test_every_reader_stands_in_the_table_with_what_enforces_it() -> None:
    """Issue 3, point 10: who can see what."""
    rows = [line.strip("|").split(" | ") for line in PAGE.splitlines() if line.startswith("| ")]
    by_reader = {row[0].strip(): row for row in rows}
    for reader in READERS:
        (row,) = [cells for name, cells in by_reader.items() if name.startswith(reader)]
        assert "`" in row[-1] or "your disk" in row[-1], f"{reader}: by what?"


def test_every_file_that_the_page_names_is_there() -> None:
    named = set(re.findall(r"`((?:tests|pipelines|docs)/[\w/.-]+)`|\((docs/[\w/.-]+)\)", PAGE))
    assert len(named) > 10
    assert [found for pair in named for found in pair if found and not (ROOT / found).exists()] == []
