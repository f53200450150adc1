"""The panel of data quality in words, one small picture and one table."""

from collections.abc import Sequence
from typing import Any

from pipelines.quality.kahn import Category, Owner
from pipelines.reporting.figures import NARROW, Figure, one_size
from pipelines.reporting.quality import CheckLine, DataQuality, QualityArea, Trend
from pipelines.reporting.svg import BAND, INK, MUTED, NAVY, ORANGE, Drawing, Scale
from pipelines.reporting.words import count_words, share_words

AREA_NAMES: dict[Category, str] = {
    "conformance": "Written as agreed",
    "completeness": "Filled in",
    "plausibility": "Can be true",
}
OWNER_NAMES: dict[Owner, str] = {
    "clinic": "the clinic",
    "clinical_lead": "the clinical lead",
    "analyst": "the analyst",
    "stepcare": "Stepcare's maker",
}
TREND_WORDS: dict[Trend, str] = {
    "new": "first nights",
    "steady": "→ as usual",
    "worse": "▲ suddenly more",
    "better": "▼ suddenly fewer",
}
COLUMNS = ("What is wrong", "Rows", "Allowed", "Against its past", "Who mends it", "What to do")


def quality_view(quality: DataQuality) -> dict[str, Any]:
    """What the panel shows: a sentence, the picture of the three categories, and the checks that are not met."""
    n_further = quality.n_not_met - len(quality.unmet)
    return {
        "sentence": _sentence(quality),
        "figure": quality_plot("quality", quality.areas),
        "columns": COLUMNS,
        "rows": [_row(one) for one in quality.unmet],
        "further": f"{n_further} further {'check is' if n_further == 1 else 'checks are'} not met."
        if n_further
        else "",
    }


def quality_plot(key: str, areas: Sequence[QualityArea]) -> Figure:
    """One bar a category: the share of its checks that are met, with both numbers beside it."""
    caption = "Checks met and not met, by what they look at"

    def draw(width: int) -> Drawing:
        drawing = Drawing(width, 44 * len(areas) + 4)
        for number, area in enumerate(areas):
            y, n_checks = 44 * number + 14, area.n_met + area.n_not_met
            drawing.text(8, y, AREA_NAMES[area.category], bold=True)
            drawing.text(width - 8, y, _met_words(area), anchor="end", colour=INK if n_checks else MUTED)
            x = Scale(0, max(1, n_checks), 8, width - 8)
            drawing.rect(8, y + 8, width - 16, 12, BAND, radius=3)
            if n_checks:
                end = min(x.at(area.n_met), width - 16) if area.n_not_met else width - 8
                drawing.rect(8, y + 8, end - 8, 12, NAVY, radius=3)
                if area.n_not_met:
                    drawing.rect(end + 2, y + 6, width - 8 - end - 2, 16, ORANGE)
        return drawing

    table = [(AREA_NAMES[area.category], f"{area.n_met:,}", f"{area.n_not_met:,}") for area in areas]
    described = "; ".join(f"{AREA_NAMES[area.category]}: {_met_words(area)}" for area in areas)
    return one_size(key, caption, described, draw(NARROW), columns=("Checks", "Met", "Not met"), rows=table)


def _met_words(area: QualityArea) -> str:
    if area.n_met + area.n_not_met == 0:
        return "nothing to look at"
    return f"✓ {area.n_met:,} met" if area.n_not_met == 0 else f"✓ {area.n_met:,} met  ✗ {area.n_not_met:,} not met"


def _sentence(quality: DataQuality) -> str:
    n_checks = quality.n_met + quality.n_not_met
    if n_checks == 0:
        return "There was nothing to look at."
    met = (
        f"All {n_checks:,} checks are met."
        if not quality.n_not_met
        else f"{quality.n_met:,} of {n_checks:,} checks are met."
    )
    if not quality.sudden:
        return met
    changed = f"{len(quality.sudden)} changed" if len(quality.sudden) > 1 else "One changed"
    return f"{met} {changed} suddenly since the nights before: ask what is new in the export."


def _row(one: CheckLine) -> tuple[str, ...]:
    rows = f"{count_words(one.n_broken)} of {count_words(one.share.whole)}"
    if one.share.words is not None:
        rows += f" ({share_words(one.share)})"
    allowed = "none" if one.allowed_percent == 0 else f"{one.allowed_percent:g} %"
    return one.description, rows, allowed, TREND_WORDS[one.trend], OWNER_NAMES[one.owner], one.remedy
