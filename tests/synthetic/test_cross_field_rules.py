"""The rules between fields, feeds and days that clean records obey."""

import numpy as np
import pandas as pd
import pytest

from pipelines.contracts import OUTCOME_WINDOW_DAYS

SCORES = ["nprs_back_avg", "nprs_leg_avg", "odi_pct", "rmdq24", "psfs_mean", "groc"]


def number(column: pd.Series) -> pd.Series:
    return pd.to_numeric(column, errors="coerce")


@pytest.fixture(scope="module")
def observed(feeds) -> pd.Series:
    return feeds["intake"].set_index("episode_key")["observed_through_day"].astype(int)


def test_the_chief_complaint_and_the_duration_band_are_derived_from_what_is_recorded(feeds):
    intake = feeds["intake"]
    regions = intake["complaint_region"].str.split(";").map(set)
    has_back = regions.map(lambda here: bool(here & {"low_back", "buttock", "groin"}))
    has_leg = regions.map(lambda here: bool(here & {"thigh", "knee", "calf", "ankle", "foot"}))
    is_foot = regions.map(lambda here: here <= {"ankle", "foot"})
    expected = np.select(
        [is_foot, has_leg & ~has_back, has_leg & has_back], ["foot_only", "leg_only", "lbp_with_leg"], "lbp_only"
    )
    said = intake["chief_complaint"].isin(["lbp_only", "lbp_with_leg", "leg_only", "foot_only"])
    assert (intake["chief_complaint"] == expected)[said].all()
    days = number(intake["episode_duration_days"])
    band = pd.cut(days, [-1, 15, 41, 83, 364, 20000], labels=["lt16d", "16-41d", "6-12wk", "3-12mo", "gt12mo"])
    assert (intake["duration_band"] == band.astype(str))[days.notna()].all()


def test_pain_below_the_knee_shows_in_the_regions(feeds):
    intake = feeds["intake"]
    below = intake["complaint_region"].str.contains("calf|ankle|foot")
    assert below[intake["pain_below_knee"] == "yes"].all()
    assert not below[intake["pain_below_knee"] == "no"].any()


def test_scores_of_one_questionnaire_agree(feeds):
    intake = feeds["intake"]
    assert (number(intake["start_psych"]) <= number(intake["start_total"])).sum() == number(
        intake["start_total"]
    ).count()
    worst, back = number(intake["nprs_worst_24h"]), number(intake["nprs_back_avg"])
    first = feeds["session"].query("session_no == '1'").set_index("episode_key")["nprs_pre"]
    assert not (worst < back).any()
    assert not (worst < number(intake["episode_key"].map(first))).any()
    items = number(intake["odi_items_answered"]) * 5 * number(intake["odi_pct"]) / 100
    assert ((items - items.round()).abs().dropna() < 0.03).all()
    assert number(intake["odi_pct"])[number(intake["odi_items_answered"]) < 8].isna().all()
    assert (intake["neuropathic_score"] == ".n")[intake["neuropathic_tool"] == "none"].all()


def test_saddle_numbness_implies_its_warning_sign_and_one_sign_makes_rf_any(feeds):
    intake = feeds["intake"]
    assert (intake["rf_saddle_anaesthesia"] == "yes")[intake["numbness"] == "saddle"].all()
    flags = [name for name in intake.columns if name.startswith("rf_") and name != "rf_any"]
    assert ((intake[flags] == "yes").any(axis=1) == (intake["rf_any"] == "yes")).all()


def test_a_complaint_of_the_leg_alone_has_a_leg_pain_that_applies(feeds):
    intake = feeds["intake"]
    assert not (intake["nprs_leg_avg"] == ".n")[intake["chief_complaint"].isin(["leg_only", "foot_only"])].any()


def test_sessions_are_numbered_and_the_first_attended_is_on_day_0(feeds, observed):
    session = feeds["session"]
    attended = session[session["attendance"] == "attended"]
    assert (attended.groupby("episode_key")["session_day"].first() == "0").all()
    order = attended.groupby("episode_key").cumcount() + 1
    assert (attended["session_no"].astype(int) == order).all()
    assert (session["session_no"] == "")[session["attendance"] != "attended"].all()
    day = session["session_day"].astype(int)
    assert (day <= session["episode_key"].map(observed)).all()
    assert (day.groupby(session["episode_key"]).diff().fillna(0) >= 0).all()


def test_only_attended_sessions_have_a_practitioner_pain_and_components(feeds):
    session = feeds["session"]
    is_attended = session["attendance"] == "attended"
    assert ((session["practitioner_key"] != "") == is_attended).all()
    assert (session.loc[~is_attended, ["nprs_pre", "nprs_post", "step_up_decision"]] == "").all().all()
    assert number(session["nprs_pre"]).notna()[number(session["nprs_post"]).notna()].all()
    with_components = session["session_key"].isin(feeds["session_component"]["session_key"])
    assert (with_components == is_attended).all()


def test_a_step_up_has_a_reason_and_none_has_not(feeds):
    session = feeds["session"]
    is_decided = ~session["step_up_decision"].isin(["", "none"])
    assert (session["step_up_reason"] == ".n")[session["step_up_decision"] == "none"].all()
    assert (~session["step_up_reason"].isin(["", ".n"]))[is_decided].all()


def test_components_carry_their_own_kind_only_and_are_numbered(feeds):
    component = feeds["session_component"]
    assert ((component["manip_type"] != "") == (component["component"] == "manipulation")).all()
    assert ((component["exercise_type"] != "") == (component["component"] == "exercise")).all()
    order = component.groupby("session_key").cumcount() + 1
    assert (component["component_no"].astype(int) == order).all()


def test_manipulation_begins_in_14_days_or_after_a_recorded_step_up(feeds):
    component, session = feeds["session_component"], feeds["session"].set_index("session_key")
    first = component[component["component"] == "manipulation"].drop_duplicates("session_key")
    day = first["session_key"].map(session["session_day"]).astype(int)
    by_episode = day.groupby(first["session_key"].map(session["episode_key"])).min()
    added = session[session["step_up_decision"] == "add_manipulation"]
    decided = added.groupby("episode_key")["session_day"].first().astype(int)
    late = by_episode[by_episode > 14]
    waited = late - decided.reindex(late.index)
    assert waited.between(0, 14).all()
    assert (waited == 0).mean() > 0.8


def test_events_belong_to_sessions_that_said_yes(feeds):
    session = feeds["session"].set_index("session_key")["ae_since_last"]
    told = set(session.index[session == "yes"])
    assert set(feeds["adverse_event"]["session_key"]) == told


def test_an_answer_comes_when_it_is_due_or_says_why_it_is_missing(feeds, observed):
    outcome = feeds["outcome"]
    due, completed = outcome["due_day"].astype(int), number(outcome["completed_day"])
    last = outcome["episode_key"].map(observed)
    assert (due == outcome["timepoint_wk"].astype(int) * 7).all()
    assert not (completed > last).any()
    assert ((outcome[SCORES] == "").all(axis=1) == (outcome["reason_missing"] != "")).all()
    assert (completed.isna() == (outcome["reason_missing"] != "")).all()
    window = outcome["timepoint_wk"].astype(int).map(OUTCOME_WINDOW_DAYS)
    is_open = completed.isna() & (due + window >= last)
    assert ((outcome["reason_missing"] == "not_due") == is_open).all()
    off = ((completed - due).abs() > window)[completed.notna()]
    assert 0.01 < off.mean() < 0.08


def test_the_outcome_of_day_0_repeats_the_intake_scores(feeds):
    at_0 = feeds["outcome"][feeds["outcome"]["timepoint_wk"] == "0"].set_index("episode_key")
    answered = at_0[at_0["reason_missing"] == ""]
    intake = feeds["intake"].set_index("episode_key").loc[answered.index]
    for name in ("nprs_back_avg", "nprs_leg_avg", "odi_pct", "rmdq24"):
        pd.testing.assert_series_equal(number(answered[name]), number(intake[name]))


def test_an_unmentioned_level_has_no_finding_and_a_radiograph_no_disc_contour(feeds):
    level = feeds["imaging_level"]
    findings = [name for name in level.columns if name not in {"imaging_key", "reader_no", "level", "side", "assessed"}]
    assert (level.loc[level["assessed"] == "no", findings] == "").all().all()
    modality = level["imaging_key"].map(feeds["imaging"].set_index("imaging_key")["modality"])
    plain = level[(modality == "XR") & (level["assessed"] == "yes")]
    assert (plain[["disc_contour", "pfirrmann", "modic"]] == ".n").all().all()


def test_blood_tests_lie_in_the_range_of_their_test_and_unit(feeds):
    lab = feeds["lab"]
    units = lab.groupby("test")["unit"].unique().map(list).to_dict()
    assert units["crp"] == ["mg/L"]
    assert units["hba1c"] == ["mmol/mol"]
    for test, low, high in (("crp", 0, 500), ("esr", 0, 150), ("hba1c", 15, 200), ("b12", 30, 2000)):
        values = number(lab.loc[lab["test"] == test, "value"]).dropna()
        assert values.between(low, high).all()


def test_some_patients_have_two_episodes_in_one_clinic_with_time_between(feeds):
    intake = feeds["intake"]
    twice = intake[intake.duplicated("patient_key", keep=False)]
    assert 0.03 < len(twice) / len(intake) < 0.20
    assert (twice.groupby("patient_key")["clinic_code"].nunique() == 1).all()
    days = twice["observed_through_day"].astype(int).groupby(twice["patient_key"])
    assert (days.max() - days.min() >= 200).all()


def test_some_clinics_have_one_practitioner_key_and_some_first_bookings_are_missed(feeds):
    session = feeds["session"]
    attended = session[session["attendance"] == "attended"]
    clinic = attended["episode_key"].map(feeds["intake"].set_index("episode_key")["clinic_code"])
    keys = attended["practitioner_key"].groupby(clinic).nunique()
    assert (keys == 1).sum() == 2
    assert keys.max() >= 4
    first = session.drop_duplicates("episode_key")
    assert 0.01 < (first["attendance"] == "dna").mean() < 0.06


def test_a_clinic_without_the_examination_feed_fills_the_fields_that_stand_in(feeds):
    intake, exam = feeds["intake"], feeds["exam"]
    without = intake[intake["clinic_code"] == "C010"]
    assert not exam["episode_key"].isin(without["episode_key"]).any()
    assert without["lumbar_exam_done"].isin(["yes", "no"]).all()
