"""The optional file of settings: what is set is read, what is wrong is named."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from pipelines.configuration import read_section
from pipelines.errors import UsageError


@dataclass(frozen=True)
class Kitchen:
    """A made-up table of settings."""

    cooks: int = 1
    warm: bool = False
    dishes: tuple[str, ...] = ()
    hours: float = 1.5


def test_without_a_file_every_setting_keeps_its_default(tmp_path: Path) -> None:
    assert read_section(tmp_path, "kitchen", Kitchen) == Kitchen()


def test_what_is_set_is_read(tmp_path: Path) -> None:
    (tmp_path / "stepcare.toml").write_text('[kitchen]\ncooks = 3\nwarm = true\ndishes = ["soup"]\nhours = 2\n')
    assert read_section(tmp_path, "kitchen", Kitchen) == Kitchen(3, True, ("soup",), 2)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[kitchen]\ncoks = 3\n", "has no setting coks"),
        ('[kitchen]\ncooks = "3"\n', "cooks is not a whole number"),
        ("[kitchen]\ncooks = true\n", "cooks is not a whole number"),
        ("[kitchen]\ndishes = [1]\n", "dishes is not a list of texts"),
        ("kitchen = 3\n", "must be a table"),
        ("[kitchen\n", "it is not TOML"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "stepcare.toml").write_text(text)
    with pytest.raises(UsageError, match=message):
        read_section(tmp_path, "kitchen", Kitchen)
