"""Whatever stands in a cell: a delivery that keeps the contract, or a refusal in words; nothing of the cell is in either."""

import tempfile
from pathlib import Path

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pipelines.errors import StepcareError
from pipelines.exporting.preview import lines_of
from pipelines.exporting.running import export
from tests.exporting.canaries import written_below
from tests.exporting.small import Small

_MARK = "zq7cell"
_TEXTS = st.one_of(
    st.text(st.characters(blacklist_categories=("Cs",), blacklist_characters="\r\n\0"), max_size=12),
    st.sampled_from(
        (
            "'",
            '"',
            "null",
            "nan",
            "1e400",
            "-0",
            "1_0",
            "9" * 400,
            "31/12/9999",
            "01/01/0001",
            "\u202e",
            ".x",
            ";",
            "=1+1",
        )
    ),
)
_COLUMNS = ("Patient", "Born", "Sex", "Seen first", "Where", "Work", "Red flag", "Leg pain")
_OF_VISITS = ("Patient", "Visit", "Day", "Came", "Seen by", "Done", "RMDQ")


@pytest.mark.ci
@given(
    st.lists(st.tuples(st.sampled_from(_COLUMNS), st.integers(0, 11), _TEXTS), max_size=12),
    st.lists(st.tuples(st.sampled_from(_OF_VISITS), st.integers(0, 11), _TEXTS), max_size=12),
)
@settings(max_examples=15, phases=(Phase.explicit, Phase.generate))
def test_whatever_stands_in_a_cell_is_used_or_counted_and_never_told(
    in_patients: list[tuple[str, int, str]], in_visits: list[tuple[str, int, str]]
) -> None:
    with tempfile.TemporaryDirectory() as name:
        small = Small(Path(name))
        for rows, cells in ((small.patients, in_patients), (small.visits, in_visits)):
            for column, number, text in cells:
                rows[number][column] = f"{text}{_MARK}" if number % 2 else text
        order = small.order()
        try:
            folder, result = export(order, Path(name) / "inbox")
            told = b"".join(written_below(folder)) + "\n".join(lines_of(result)).encode()
        except StepcareError as error:
            told = str(error).encode()
        assert _MARK.encode() not in told
