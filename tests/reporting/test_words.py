from datetime import UTC, datetime
from typing import Any

import pytest

from pipelines.evidence.figures import evidence
from pipelines.reporting import effect_words, words
from pipelines.reporting.building import build_reports
from pipelines.reporting.effect_words import (
    effect_reading,
    effect_sentence,
    episodes_that_would_tell,
    left_out_sentence,
)
from pipelines.reporting.effects import Effect
from pipelines.reporting.indicators import DEFINITIONS, judge
from pipelines.reporting.model import Responders
from pipelines.reporting.published import PUBLISHED_COURSE, finding_words, population_words
from pipelines.reporting.shares import Share
from pipelines.reporting.words import NEVER_SAID, course_sentence, date_words, improved_sentence, not_answered_sentence

from .released import STAMP, effect_row, exact_tables, released

ESTIMATES = {
    "gains more": (0.18, 0.12, 0.24),
    "gains less": (-0.18, -0.24, -0.12),
    "no difference large enough to matter": (0.02, -0.05, 0.09),
    "gains more; whether enough to matter cannot be said": (0.1, 0.02, 0.18),
    "gains less; whether enough to matter cannot be said": (-0.1, -0.18, -0.02),
    "cannot tell": (0.03, -0.12, 0.18),
    "a difference too small to matter": (0.05, 0.004, 0.096),
}


def effect(**changed: Any) -> Effect:
    row = effect_row(**changed)
    return Effect(**{name: row[name] for name in Effect.model_fields})


def numbers(estimate: float, lower: float, upper: float) -> dict[str, float]:
    return {"estimate": estimate, "lower": lower, "upper": upper}


@pytest.mark.parametrize(("reading", "values"), ESTIMATES.items())
def test_an_effect_is_read_by_its_interval_and_the_margin_alone(
    reading: str, values: tuple[float, float, float]
) -> None:
    assert effect_reading(effect(**numbers(*values))) == reading


SENTENCES = {
    "gains more": (
        "Expected extra improvement from adding manipulation, given recorded factors: +18 in 100 "
        "(95 % interval +12 to +24). Patients with 30 % less disability at 12 weeks."
    ),
    "gains less": (
        "Expected extra improvement from adding manipulation, given recorded factors: −18 in 100 "
        "(95 % interval −24 to −12). Patients with 30 % less disability at 12 weeks."
    ),
    "no difference large enough to matter": (
        "No difference large enough to matter was found; published trials agree (PACBACK 2026). "
        "Patients with 30 % less disability at 12 weeks: +2 in 100 (95 % interval −5 to +9)."
    ),
    "gains more; whether enough to matter cannot be said": (
        "Expected extra improvement from adding manipulation, given recorded factors: +10 in 100 "
        "(95 % interval +2 to +18). Patients with 30 % less disability at 12 weeks. "
        "Whether this is enough to matter cannot be said yet."
    ),
    "a difference too small to matter": (
        "A difference too small to matter was found. "
        "Patients with 30 % less disability at 12 weeks: +5 in 100 (95 % interval +0.4 to +10)."
    ),
    "cannot tell": (
        "Not enough patients to say; about 2,700 comparable episodes would tell, 1,840 are there. "
        "Patients with 30 % less disability at 12 weeks: +3 in 100 (95 % interval −12 to +18)."
    ),
}


@pytest.mark.parametrize(("reading", "sentence"), SENTENCES.items())
def test_each_kind_of_result_has_its_sentence(reading: str, sentence: str) -> None:
    assert effect_sentence(effect(**numbers(*ESTIMATES[reading]))) == sentence


def test_a_refused_result_says_that_it_is_not_enough_and_why() -> None:
    refused = effect(status="refused", reason="Fewer than 50 episodes had 'add manipulation'.", **numbers_of_nothing())
    said = "Not enough patients to say. Fewer than 50 episodes had 'add manipulation'."
    assert effect_sentence(refused) == f"{said} At least about 2,700 comparable episodes would tell."
    assert effect_sentence(refused.model_copy(update={"episodes_needed": None})) == said


def numbers_of_nothing() -> dict[str, None]:
    return {"estimate": None, "lower": None, "upper": None}


def test_a_refusal_says_where_the_episodes_were_left_out() -> None:
    flow = build_reports(released(exact_tables()), STAMP).clinics[0].flow
    assert left_out_sentence(flow) == (
        "Of 1,180 episodes, most left the comparison at the step 'Visit in days 28 to 41' (365) and "
        "'Not yet manipulated' (285)."
    )
    assert left_out_sentence(flow[:1]) == ""


def test_published_trials_are_called_to_agree_only_for_the_decision_trial() -> None:
    one = effect(trial="index", contrast="exercise - rest_or_advice", **numbers(0.0, -0.05, 0.05))
    assert "PACBACK" not in effect_sentence(one)


def test_how_many_would_tell_is_said_to_two_figures_upward() -> None:
    said = [episodes_that_would_tell(effect(episodes_needed=wanted)) for wanted in (2610.0, 87.0, 10001.0, None)]
    assert said == [2700, 87, 11000, None]


def test_points_are_said_in_points_and_shares_in_100() -> None:
    assert "+0.6 points (95 % interval −0.3 to +1.5)" in effect_sentence(
        effect(outcome="rmdq24_12wk", **numbers(0.6, -0.3, 1.5))
    )


def test_nothing_that_may_never_be_said_is_said_anywhere() -> None:
    reports = build_reports(released(exact_tables()), STAMP)
    said = [
        reports.model_dump_json(),
        PUBLISHED_COURSE,
        *(f"{finding_words(one)} {population_words(one)}" for one in evidence().figures),
    ]
    said += [value for value in (*vars(words).values(), *vars(effect_words).values()) if isinstance(value, str)]
    said += [f"{one.name} {one.meaning} {one.next_step}" for one in DEFINITIONS.values()]
    said += [effect_sentence(effect(**numbers(*values))) for values in ESTIMATES.values()]
    text = " ".join(said).lower()
    assert [phrase for phrase in NEVER_SAID if phrase in text] == []


def test_the_natural_course_is_never_called_an_effect_of_treatment() -> None:
    course = build_reports(released(exact_tables()), STAMP).network.courses[0]
    said = course_sentence(course)
    assert said == (
        "Improved over time (most do; published course beside): 24 % by week 4, 49 % by week 12, 61 % by week 26, "
        "66 % by week 52. Half had at least 30 % less pain after about 13 weeks. "
        "21 % were stepped up to manipulation, an injection or surgery first, by week 52."
    )
    assert "because" not in said


def test_who_did_not_answer_is_said_with_the_share_that_improved() -> None:
    answered = Share(whole=200, percent=70, lower=63, upper=76, words="70 %")
    improved = Share(whole=140, percent=50, lower=42, upper=58, words="50 %")
    said = improved_sentence(Responders(n_due=200, answered=answered, improved=improved))
    assert said == (
        "50 % had at least 30 % less disability (plausible range 42 to 58 %). "
        "Of 200 due, 30 % gave no usable answer; they may have done better or worse."
    )


@pytest.mark.parametrize(
    ("n_due", "words_of_share", "said"),
    [
        (None, None, "How many were due an answer is not shown."),
        (0, None, "Nobody is due a 12-week answer yet."),
        (200, ">95 %", "Of 200 due, less than 5 % gave no usable answer; they may have done better or worse."),
        (200, "<5 %", "Of 200 due, over 95 % gave no usable answer; they may have done better or worse."),
        (15, None, "Of 15 due, how many did not answer is too few to show."),
    ],
)
def test_silence_is_said_as_far_as_it_may_be(n_due: int | None, words_of_share: str | None, said: str) -> None:
    share = Share(whole=n_due, words=words_of_share)
    assert not_answered_sentence(Responders(n_due=n_due, answered=share, improved=Share(whole=None))) == said


def test_dates_are_written_as_people_write_them() -> None:
    assert date_words(datetime(2026, 11, 3, tzinfo=UTC)) == "3 November 2026"


@pytest.mark.parametrize(
    ("share", "target", "verdict"),
    [
        (Share(whole=400, percent=93, lower=90, upper=95, words="93 %"), 90, "met"),
        (Share(whole=400, percent=80, lower=76, upper=84, words="80 %"), 90, "missed"),
        (Share(whole=40, percent=85, lower=71, upper=93, words="85 %"), 90, "missed, may be chance"),
        (Share(whole=400, words=">95 %"), 100, "met or nearly"),
        (Share(whole=40, words=">80 %"), 100, "cannot tell"),
        (Share(whole=40, words="<20 %"), 90, "missed"),
        (Share(whole=40, words=">80 %"), 60, "met"),
        (Share(whole=None), 90, "cannot tell"),
        (Share(whole=0), 90, "not recorded"),
        (Share(whole=400, percent=64, lower=59, upper=69, words="64 %"), None, "no target"),
    ],
)
def test_a_target_is_judged_by_released_numbers_only(share: Share, target: int | None, verdict: str) -> None:
    assert judge(share, target) == verdict


def test_a_withheld_result_says_that_it_is_withheld_and_why_and_how_many_would_tell_is_not_said() -> None:
    one = effect(
        status="refused", reason="withheld: something unrecorded decides.", estimate=None, lower=None, upper=None
    )
    assert effect_reading(one) == "withheld"
    assert effect_sentence(one) == "No result is shown. Withheld: something unrecorded decides."


def test_a_difference_in_doubt_is_never_read_as_a_gain() -> None:
    one = effect(**numbers(0.18, 0.12, 0.24), doubt="It could have come from something else.")
    assert effect_reading(one) == "a difference that may have another cause"
    assert effect_sentence(one) == (
        "The groups differ, but this must not be taken as shown. Patients with 30 % less disability at 12 weeks: "
        "+18 in 100 (95 % interval +12 to +24). It could have come from something else."
    )
    assert effect_reading(effect(**numbers(0.02, -0.05, 0.09), doubt="Anything.")).startswith("no difference")
