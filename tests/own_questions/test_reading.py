"""A file of an own question is read strictly, and a wrong one keeps nobody else from asking."""

from pathlib import Path

import pytest

from pipelines.causal.trials import DECISION, INDEX
from pipelines.errors import UsageError
from pipelines.own_questions.question import Question
from pipelines.own_questions.reading import Unreadable, parse, questions_hash, read_questions

WHY = 'starts_from = "decision"\nwhy = "because"\n'
COVARIATE = '[[covariate]]\nname = "health"\nsql = "select episode_key, 1 as health from cohort.covariates"\n'
GROUP = '[[group]]\nname = "old"\nwords = "old"\ncolumn = "age_midpoint_years"\nlow = 70\nreason = "r"\nsource = "s"\n'


def _home(tmp_path: Path, **files: str) -> Path:
    (tmp_path / "questions").mkdir(exist_ok=True)
    for name, text in files.items():
        (tmp_path / "questions" / f"{name}.toml").write_text(text, encoding="utf-8")
    return tmp_path


def test_a_covariate_is_added_to_those_fixed_in_advance_and_asked_of_the_first_outcome() -> None:
    trial = parse("health", WHY + COVARIATE).target_trial()
    assert trial.covariates == (*DECISION.covariates, "health")
    assert trial.outcomes == DECISION.outcomes[:1]
    assert trial.protocol_hash() != DECISION.protocol_hash()


def test_a_group_gets_an_effect_of_the_question_s_outcomes() -> None:
    trial = parse("old", 'outcomes = ["pain_12wk"]\n' + WHY + GROUP).target_trial()
    assert [group.name for group in trial.groups] == ["old"]
    assert trial.groups[0].low == 70
    assert trial.difference_outcomes == ("pain_12wk",)


def test_a_trial_has_its_own_arms_and_the_rest_of_the_one_that_it_starts_from() -> None:
    own = '[trial]\nquestion = "q"\narms = ["a", "b"]\nstrategies = ["do a", "do b"]\ncontrasts = ["a - b"]\nsql = "select 1"\n'
    trial = parse("mine", 'starts_from = "index"\nwhy = "w"\n' + own).target_trial()
    assert (trial.id, trial.arms, trial.contrasts) == ("mine", ("a", "b"), (("a", "b"),))
    assert (trial.covariates, trial.eligibility) == (INDEX.covariates, INDEX.eligibility)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("Bad-Name", WHY, "small letters"),
        ("q", 'why = "w"\n', "starts_from must be one of decision, index"),
        ("q", 'starts_from = "decision"\n', "why must say"),
        ("q", WHY + "color = 1\n", "there is no color"),
        ("q", WHY + '[[covariate]]\nname = "x"\n', "lacks sql"),
        ("q", WHY + '[[covariate]]\nname = "X y"\nsql = "s"\n', "name must be small letters"),
        ("q", WHY + 'covariate = "x"\n', "must be tables, each written [[covariate]]"),
        ("q", WHY + "outcomes = 3\n", "outcomes must be a list of names"),
        ("q", WHY + 'trial = "x"\n', "trial must be a table"),
    ],
)
def test_a_file_that_is_wrong_says_what_is_wrong(name: str, text: str, said: str) -> None:
    with pytest.raises(UsageError) as error:
        parse(name, text)
    assert said in str(error.value).replace("\\", "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('outcomes = ["nothing"]\n' + WHY, "are not among the outcomes of decision"),
        (WHY + COVARIATE.replace("health", "bmi"), "a covariate is named twice"),
        (WHY + GROUP.replace("age_midpoint_years", "shoe_size"), "are not among its covariates"),
        ("not toml", "Expected"),
    ],
)
def test_a_question_that_contradicts_itself_is_unreadable_with_its_reason(tmp_path: Path, text: str, said: str) -> None:
    wrong, right = read_questions(_home(tmp_path, a_wrong=text, right=WHY + COVARIATE))
    assert isinstance(wrong, Unreadable)
    assert said in wrong.reason
    assert isinstance(right, Question)


def test_what_is_asked_changes_with_each_file_and_is_nothing_without_any(tmp_path: Path) -> None:
    assert questions_hash(tmp_path) == ""
    first = questions_hash(_home(tmp_path, one=WHY))
    assert questions_hash(_home(tmp_path, one=WHY + "# more\n")) != first
    assert questions_hash(_home(tmp_path, one=WHY, two=WHY)) != first
