"""From the released tables of a night to its methods appendix. To add a section: its function, and one line here."""

from collections.abc import Callable, Mapping

import pandas as pd

from pipelines.reporting.appendix import (
    analyses,
    baseline,
    choices,
    doubt,
    effects,
    model_cards,
    people,
    prognosis,
    record,
    self_checks,
    trials,
    weighting,
)
from pipelines.reporting.appendix.document import Appendix, Block, Section, Text, table
from pipelines.reporting.appendix.released import Released
from pipelines.reporting.model import Stamp
from pipelines.reporting.standards import TO_BE_COMPLETED, Judged, Standard, judge, standards

SectionOf = Callable[[Released], Section]

SECTIONS: tuple[SectionOf, ...] = (
    trials.summary,
    trials.protocols,
    people.data,
    trials.flow,
    people.fairness,
    effects.effects,
    doubt.concerns,
    self_checks.self_checks,
    baseline.baseline,
    weighting.balance,
    weighting.overlap,
    weighting.missing_data,
    doubt.confounding,
    doubt.missing_outcomes,
    doubt.influence,
    choices.specifications,
    analyses.other_analyses,
    analyses.heterogeneity,
    prognosis.prognosis,
    record.stability,
    record.published,
    model_cards.model_card,
    record.code_lists,
    record.limits,
    record.provenance,
)
TABLES = (
    "arrivals",
    "data_quality",
    "responders",
    "decision_flow",
    "protocols",
    "effects",
    "arm_means",
    "improvement_effects",
    "sensitivity",
    "regimes",
    "dose_effects",
    "heterogeneity",
    "rule_values",
    "models",
    "model_notices",
    "prognosis_performance",
    "prognosis_calibration",
    "decision_curve",
    "prognosis_points",
    "prognosis_risks",
    "concerns",
    "self_checks",
    "known_effects",
    "negative_controls",
    "calibrated_effects",
    "balance",
    "overlap",
    "weights",
    "baseline",
    "missing_data",
    "confounding",
    "confounding_benchmarks",
    "confounding_contours",
    "missing_outcomes",
    "influence",
    "specifications",
    "fairness",
    "stability",
    "published_figures",
)
"""What the sections read, and what the standards ask for."""

_STATES = {
    "filled": "filled",
    "refused": "refused, with the reason there",
    "open": TO_BE_COMPLETED,
    "missing": "MISSING",
}


def build_appendix(tables: Mapping[str, pd.DataFrame], stamp: Stamp) -> tuple[Appendix, Released]:
    """The appendix from released tables, by name without their schema. Raises NightFailed when one is absent."""
    released = Released.of(tables, stamp)
    sections = [section_of(released) for section_of in SECTIONS]
    titles = {section.id: section.title for section in sections}
    sections.append(_standards(released, titles))
    return Appendix(stamp=stamp, title="Methods appendix", sections=tuple(sections)), released


def _standards(released: Released, titles: Mapping[str, str]) -> Section:
    blocks: list[Block] = [
        Text(
            text="What each reporting standard asks, in our own words, and where it stands. What only people can know (funding, "
            f"ethics, registration, interests) is never filled in: it reads '{TO_BE_COMPLETED}'."
        )
    ]
    for standard in standards():
        judged = judge(standard, released, titles)
        blocks.append(Text(text=_counted(standard, judged), tone="result"))
        blocks.append(
            table(
                f"{standard.title}: {standard.about}. {standard.source}",
                ("Item", "What it asks", "Where it stands"),
                [(one.item.no, one.item.asks, _where(one, titles)) for one in judged],
                (0.14, 0.46, 0.4),
            )
        )
    return Section(
        id="standards",
        title="Reporting standards, item by item",
        answers="Does this document hold what the standards ask, and what is left for people to write?",
        blocks=tuple(blocks),
    )


def _counted(standard: Standard, judged: tuple[Judged, ...]) -> str:
    states = [one.state for one in judged]
    recalled = "" if standard.mark == "V" else " Its items are recalled, not yet checked against the paper."
    open_words = f"{states.count('open')} left to the analyst"
    if "missing" in states:
        open_words += f", {states.count('missing')} missing"
    done = states.count("filled") + states.count("refused")
    return f"{standard.title}: {done} of {len(judged)} items are answered by this document, {open_words}.{recalled}"


def _where(one: Judged, titles: Mapping[str, str]) -> str:
    if one.state == "open":
        return f"{TO_BE_COMPLETED}."
    where = f"'{titles.get(one.item.place, one.item.place)}': {_STATES[one.state]}."
    return (
        f"{where} {TO_BE_COMPLETED}: {one.item.analyst[0].lower()}{one.item.analyst[1:]}."
        if one.item.analyst
        else where
    )
