from pathlib import Path

import pandas as pd
import pytest

from pipelines.errors import NotPublished, UsageError
from pipelines.results import open_results
from pipelines.results.answer import ONE_TABLE
from pipelines.results.questions import BY

from .conftest import published


def test_outcomes_are_counted_by_any_of_the_names_and_their_interval_holds_the_share(folder: Path) -> None:
    with open_results(folder) as results:
        answer = results.outcomes(by="sex")
        for name in BY:
            assert results.outcomes(by=name).df["n_due"].sum() == 20, name
    rows = answer.df.set_index("sex")
    assert rows["n_due"].to_dict() == {"female": 10, "male": 10}
    assert rows["n_answered"].to_dict() == {"female": 8, "male": 9}
    assert rows["n_improved"].to_dict() == {"female": 6, "male": 2}
    assert rows["n_improved_percent"].to_dict() == {"female": 75, "male": 22}
    assert (rows["n_improved_percent_lower"] < rows["n_improved_percent"]).all()
    assert "not what a treatment did" in answer.note


def test_what_may_be_shared_hides_few_and_all_that_is_of_them(folder: Path) -> None:
    with open_results(folder) as results:
        answer = results.outcomes(by="sex").safe()
        safe = answer.df.set_index("sex")
        table1 = results.table1().safe().df
        own = results.sql("select 3 as n_better, 40 as n", counts=["n"], parts=[("n_better", "n")]).safe().df
    assert safe["n_due"].to_dict() == {"female": 10, "male": 10}
    assert answer.note.endswith(ONE_TABLE)
    assert safe["n_improved"].isna().all()
    assert safe["n_improved_percent"].isna().all()
    assert (table1["n_recorded"].iloc[0], table1["mean"].iloc[0]) == (20, 27.0)
    assert own["n_better"].isna().all()
    assert own["n"].tolist() == [40]


def test_rows_of_patients_and_questions_that_name_no_counts_cannot_be_made_safe(folder: Path) -> None:
    with open_results(folder) as results:
        assert len(results.episodes()) == 20
        with pytest.raises(UsageError, match="a row a patient"):
            results.episodes().safe()
        with pytest.raises(UsageError, match="counts="):
            results.sql("select 3 as n").safe()
        assert results.indicators().safe().df.equals(results.indicators().df)


def test_an_effect_that_is_withheld_is_refused_and_a_doubt_stands_beside_its_estimate(folder: Path) -> None:
    with open_results(folder) as results:
        effects = results.effects().df.set_index("outcome")
        assert effects.loc["pain_12wk", ["status", "reason"]].tolist() == ["refused", "withheld: a leak."]
        assert pd.isna(effects.loc["pain_12wk", "estimate"])
        assert effects.loc["r30d_12wk", "doubt"] == "Another cause."
        assert results.effects(by="start_high").df["group_level"].tolist() == ["yes"]
        assert len(results.effects(by=None)) == 3
        with pytest.raises(UsageError, match="there are all, start_high"):
            results.effects(by="tall")


def test_two_nights_are_compared_effect_by_effect(tmp_path: Path, folder: Path) -> None:
    with open_results(folder) as here, open_results(published(tmp_path / "before", 0.30)) as before:
        moved = here.compare(before).df.set_index("outcome")
        assert here.provenance.name == "20261101T023000Z-abc"
    assert moved.loc["r30d_12wk", "moved"] == pytest.approx(-0.18)
    assert not moved.loc["r30d_12wk", "is_within_intervals"]
    assert pd.isna(moved.loc["pain_12wk", "is_within_intervals"])


def test_clinics_stand_by_code_and_quality_by_what_is_broken_most(folder: Path) -> None:
    with open_results(folder) as results:
        clinics = results.clinics().df
        assert results.quality().df["check_name"].tolist() == ["a_check"]
    assert clinics[["clinic", "n_episodes", "n_judged", "n_improved"]].to_numpy().tolist() == [
        ["C001", 12, 10, 8],
        ["C002", 8, 7, 0],
    ]


def test_every_table_and_column_is_described(folder: Path) -> None:
    with open_results(folder) as results:
        tables = results.tables().df.set_index("name")
        columns = results.tables("cohort.episodes").df
        with pytest.raises(UsageError, match=r"no table cohort\.nothing"):
            results.tables("cohort.nothing")
    assert tables.loc["cohort.outcomes", "one_row"].startswith("One scheduled time point of one episode")
    assert columns["column"].tolist() == ["episode_key", "clinic_code", "is_r30d_evaluable", "main_site"]
    assert (tables["one_row"] != "").all()


def test_a_wrong_name_or_query_says_what_can_be_asked(folder: Path, tmp_path: Path) -> None:
    with open_results(folder) as results:
        with pytest.raises(UsageError, match="they can by clinic, arm, sex"):
            results.outcomes(by=("sex", "shoe_size"))
        with pytest.raises(UsageError, match="the query did not run"):
            results.sql("select nothing")
        with pytest.raises(UsageError, match="no arms large enough"):
            results.table1("index")
    with pytest.raises(NotPublished, match="stepcare nightly"):
        open_results(tmp_path / "absent")
