import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import train_test_split

from pipelines.causal.gains import StackedDRLearner
from tests.causal.worlds import SHARED

CONTRASTS = (("1", "0"), ("2", "0"), ("2", "1"))


def error(gains, truth):
    return float(np.sqrt(np.mean((gains - truth) ** 2)))


@pytest.mark.ci
def test_root_error_on_held_out_infants_of_ihdp_is_at_most_the_prototype(record_property):
    paths = sorted((SHARED / "data" / "ihdp").glob("ihdp_npci_*.csv.gz"))
    if not paths:
        pytest.skip("the IHDP replications are absent (set STEPCARE_SHARED)")
    errors = []
    for path in paths:
        table = pd.read_csv(path, header=None).to_numpy(dtype=float)
        train, held = train_test_split(table, test_size=0.1, random_state=1)
        model = StackedDRLearner(repeats=1).fit(train[:, 5:], train[:, 0].astype(int), train[:, 1])
        errors.append(error(model.predict(held[:, 5:])[:, 0], held[:, 4] - held[:, 3]))
    record_property("root error out of sample, mean and median", [float(np.mean(errors)), float(np.median(errors))])
    assert np.mean(errors) <= 1.33
    assert np.median(errors) <= 0.56


@pytest.mark.ci
@pytest.mark.timeout(900)
def test_in_the_clinic_world_gains_are_nearer_the_truth_than_the_average_for_every_contrast(
    clinic_world, record_property
):
    ratios = []
    for seed in range(3):
        data = clinic_world.make(n=2000, seed=seed)
        model = StackedDRLearner(contrasts=CONTRASTS, repeats=1)
        model.fit(data["X"], data["a"], data["y"], practitioner=data["prov"])
        truth = np.column_stack([data["mu"][:, int(one)] - data["mu"][:, int(other)] for one, other in CONTRASTS])
        ratios.append([error(model.gains_[:, c], truth[:, c]) / truth[:, c].std() for c in range(len(CONTRASTS))])
    record_property("root error in spreads of the true gain", np.mean(ratios, axis=0).tolist())
    assert (np.mean(ratios, axis=0) < 1).all()
