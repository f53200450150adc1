"""Sequential trials pooled: known effects, and intervals that hold when patients and practitioners both repeat."""

import numpy as np
import pandas as pd
import pytest

from pipelines.causal.inference import clustered_mean
from pipelines.causal.multiway import two_way_mean
from pipelines.causal.pooled_trials import pooled_estimates
from tests.causal.sequential_world import TRIAL, draw, true_effect
from tests.causal.worlds import ADD, CONTINUE


def test_pooled_decisions_have_their_average_effect_where_the_naive_difference_has_the_wrong_sign():
    truth = true_effect(1.0)
    found = [pooled_estimates(*draw(2000, seed, 1.0), TRIAL).iloc[0] for seed in range(6)]
    errors = np.array([one["estimate"] for one in found]) - truth
    assert abs(errors.mean()) < 3 * errors.std(ddof=1) / np.sqrt(len(errors)) + 0.02
    frame, decisions = draw(2000, 1, 0.0)
    rows = decisions.merge(frame, on="episode_key")
    assert rows.loc[rows["arm"] == ADD, "score"].mean() - rows.loc[rows["arm"] == CONTINUE, "score"].mean() < -0.3
    none = pooled_estimates(frame, decisions, TRIAL).iloc[0]
    assert none["lower"] < 0 < none["upper"]


@pytest.mark.long
def test_the_pooled_effect_is_covered_at_its_rate(record_property):
    truth = true_effect(1.0)
    rows = [pooled_estimates(*draw(2000, seed, 1.0), TRIAL).iloc[0] for seed in range(200)]
    covered = np.mean([row["lower"] <= truth <= row["upper"] for row in rows])
    bias = np.mean([row["estimate"] for row in rows]) - truth
    record_property("coverage and bias", (covered, bias))
    assert abs(bias) <= 0.02
    assert covered >= 0.93 - 0.03


def test_every_decision_is_a_row_and_the_order_changes_nothing():
    frame, decisions = draw(800, 3, 1.0)
    one = pooled_estimates(frame, decisions, TRIAL)
    other = pooled_estimates(frame.sample(frac=1, random_state=1), decisions.sample(frac=1, random_state=2), TRIAL)
    assert one.loc[0, "n"] == len(decisions) > 800
    assert one.to_csv() == other.to_csv()
    assert one.loc[0, "analysis"] == "pooled sequential trials"


def test_what_cannot_be_compared_is_refused():
    frame, decisions = draw(800, 3, 1.0)
    for changed, reason in (
        (decisions.assign(arm=CONTINUE), "One arm only"),
        (decisions.assign(practitioner_key="t"), "One practitioner treated everybody"),
        (decisions.assign(is_eligible=False), "No episode is eligible"),
        (decisions[decisions["arm"].eq(CONTINUE) | (decisions.index < 30)], "Fewer than 50 episodes had"),
    ):
        row = pooled_estimates(frame, changed, TRIAL).iloc[0]
        assert row["status"] == "refused"
        assert row["reason"].startswith(reason)
    with pytest.raises(ValueError, match="an episode occurs twice"):
        pooled_estimates(frame, pd.concat([decisions, decisions]), TRIAL)


def crossed(seed, patients=300, practitioners=30, rows=1200):
    """Scores with luck of the patient and of the practitioner; patients see several practitioners."""
    rng = np.random.default_rng(seed)
    patient, practitioner = rng.integers(0, patients, rows), rng.integers(0, practitioners, rows)
    scores = rng.normal(size=patients)[patient] + 0.2 * rng.normal(size=practitioners)[practitioner]
    return scores + rng.normal(size=rows), practitioner.astype(str).astype(object), patient.astype(str).astype(object)


def test_an_interval_clustered_both_ways_covers_where_one_way_is_too_narrow():
    covered = {"both": [], "practitioner": []}
    for seed in range(200):
        scores, practitioner, patient = crossed(seed)
        for name, estimate in (
            ("both", two_way_mean(scores, practitioner, patient)),
            ("practitioner", clustered_mean(scores, practitioner)),
        ):
            lower, upper = estimate.interval()
            covered[name].append(lower <= 0 <= upper)
    assert 0.92 <= np.mean(covered["both"]) <= 0.99
    assert np.mean(covered["practitioner"]) < np.mean(covered["both"])


def test_with_patients_nested_in_practitioners_the_variance_is_the_practitioners():
    rng = np.random.default_rng(1)
    patient = np.repeat(np.arange(200), 3)
    practitioner = (patient % 20).astype(str).astype(object)
    scores = rng.normal(size=20)[patient % 20] + rng.normal(size=600)
    one = two_way_mean(scores, practitioner, patient.astype(str).astype(object))
    assert one.standard_error == pytest.approx(clustered_mean(scores, practitioner).standard_error)
    assert one.estimate == pytest.approx(scores.mean())


def test_a_single_practitioner_gives_no_standard_error():
    alone = two_way_mean(np.arange(3.0), np.array(["a"] * 3, dtype=object), np.array(list("xyz"), dtype=object))
    assert np.isnan(alone.standard_error)
