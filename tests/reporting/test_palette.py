"""The colours: contrast on light and dark paper, told apart with any colour blindness; the page's style says the same."""

import re
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from pipelines.reporting import svg
from pipelines.reporting.svg import BLUE, DARK, INK, MUTED, NAVY, OLIVE, ORANGE, WHITE

CSS = (Path(svg.__file__).parent / "templates" / "report.css").read_text(encoding="utf-8")
SERIES = (BLUE, ORANGE, OLIVE)
TEXTS = (INK, MUTED, NAVY, ORANGE, OLIVE, BLUE)
# Machado, Oliveira and Fernandes, IEEE Trans Vis Comput Graph 15:1291 (2009), severity 1.0, linear RGB
BLINDNESS = {
    "none": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}


def linear(colour: str) -> np.ndarray:
    values = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def contrast(first: str, second: str) -> float:
    light = sorted(float(linear(colour) @ [0.2126, 0.7152, 0.0722]) for colour in (first, second))
    return (light[1] + 0.05) / (light[0] + 0.05)


def lab(rgb: np.ndarray) -> np.ndarray:
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ np.clip(rgb, 0, 1)
    scaled = np.cbrt(xyz / np.array([0.9505, 1.0, 1.089]))
    return np.array([116 * scaled[1] - 16, 500 * (scaled[0] - scaled[1]), 200 * (scaled[1] - scaled[2])])


@pytest.mark.parametrize("colour", TEXTS)
def test_a_colour_that_is_written_in_has_aa_contrast_on_light_and_dark_paper(colour: str) -> None:
    assert contrast(colour, WHITE) >= 4.5
    assert contrast(DARK[colour], DARK[WHITE]) >= 4.5


@pytest.mark.parametrize("blindness", BLINDNESS)
@pytest.mark.parametrize("is_dark", [False, True], ids=["light", "dark"])
def test_series_are_told_apart_with_any_colour_blindness(blindness: str, is_dark: bool) -> None:
    """CIE76 distance of 15 or more, three times what is seen at a glance; series differ in shape and dash too."""
    seen = [lab(BLINDNESS[blindness] @ linear(DARK[colour] if is_dark else colour)) for colour in SERIES]
    assert min(float(np.linalg.norm(a - b)) for a, b in combinations(seen, 2)) >= 15


@pytest.mark.parametrize("band", [svg.OUTER, svg.INNER, svg.BAND, svg.HAZE])
def test_a_mark_stands_out_on_every_band(band: str) -> None:
    for colour in (NAVY, MUTED, ORANGE, BLUE):
        assert contrast(colour, band) >= 3
        assert contrast(DARK[colour], DARK[band]) >= 3


def test_the_style_of_dark_pages_says_what_the_drawing_says() -> None:
    dark = CSS.partition("prefers-color-scheme: dark")[2]
    for light, after in DARK.items():
        found = re.findall(rf'\[(fill|stroke)="{light}"\][^{{]*{{ \1: (#[0-9a-f]{{6}})', dark)
        assert found, light
        if light != svg.SKY:
            assert {colour for _, colour in found} == {after}
