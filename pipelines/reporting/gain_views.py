"""Who gains: the average first, then the groups fixed in advance, each with a small picture and what it means in words."""

from collections.abc import Sequence
from typing import Any

from markupsafe import Markup

from pipelines.causal.fixed_groups import FIXED_GROUPS
from pipelines.reporting.effect_words import MEASURES, amount, effect_reading, interval_of
from pipelines.reporting.effects import Effect
from pipelines.reporting.svg import AXIS, BAND, NAVY, Drawing, Scale
from pipelines.reporting.words import count_words

_OUTCOME = "r30d_12wk"
_WIDTH, _HEIGHT = 200, 22
_GROUP_WORDS = {group.name: group.words for group in FIXED_GROUPS}


def gain_view(effects: Sequence[Effect], trial: str) -> dict[str, Any] | None:
    """Rows of the table, its scale in words; None when the average was not estimated."""
    found = [one for one in effects if (one.trial, one.outcome) == (trial, _OUTCOME)]
    everyone = next((one for one in found if one.group_name == "all" and one.status == "estimated"), None)
    if everyone is None:
        return None
    groups = [one for name in _GROUP_WORDS for one in found if one.group_name == name]
    shown = [everyone, *(one for one in groups if one.status == "estimated")]
    margin = MEASURES[_OUTCOME].margin
    reach = max(
        [2 * margin, *(abs(100 * value) for one in shown for value in (one.lower, one.upper) if value is not None)]
    )
    rows = [
        _row(everyone, "Everyone compared", reach),
        *(_row(one, _capital(_GROUP_WORDS[one.group_name]), reach) for one in groups),
    ]
    return {"rows": rows, "scale": f"−{reach:.0f} to +{reach:.0f}", "margin": f"{margin:g}", "reach": f"{reach:.0f}"}


def _row(one: Effect, name: str, reach: float) -> dict[str, Any]:
    if one.estimate is None:
        return {
            "name": name,
            "n": count_words(one.n),
            "picture": Markup(""),
            "value": "not shown",
            "interval": "",
            "reading": "Too few to tell",
            "reason": one.reason or "",
            "is_average": False,
        }
    return {
        "name": name,
        "n": count_words(one.n),
        "picture": _picture(one, reach),
        "value": amount(one, one.estimate),
        "interval": interval_of(one),
        "reading": _capital(effect_reading(one)),
        "reason": "",
        "is_average": one.group_name == "all",
    }


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _picture(one: Effect, reach: float) -> Markup:
    margin = MEASURES[_OUTCOME].margin
    drawing = Drawing(_WIDTH, _HEIGHT)
    x = Scale(-reach * 1.04, reach * 1.04, 2, _WIDTH - 2)
    drawing.rect(x.at(-margin), 0, x.at(margin) - x.at(-margin), _HEIGHT, BAND)
    drawing.line(x.at(0), 0, x.at(0), _HEIGHT, AXIS, width=1.5)
    middle = _HEIGHT / 2
    drawing.line(x.at(100 * (one.lower or 0)), middle, x.at(100 * (one.upper or 0)), middle, NAVY, width=2.5)
    drawing.diamond(x.at(100 * (one.estimate or 0)), middle, 6 if one.group_name == "all" else 4.5, NAVY)
    return drawing.decoration()
