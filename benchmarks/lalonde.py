"""LaLonde (1986, Am Econ Rev 76:604): can a comparison with other people say what an experiment says?

python -m benchmarks.lalonde
python -m benchmarks.lalonde --methods ours linear

445 men as in Dehejia and Wahba (1999, J Am Stat Assoc 94:1053): job training raised earnings of 1978 by 1,794 dollars where lots
decided. Then the trained men against people of two surveys, whole, and those with a propensity of 0.1 to 0.9 (Crump and others
2009, Biometrika 96:187), a rule that looks at no outcome. 'Ours' goes through the protocol, so it may refuse; the last sort of
samples is about other people than the experiment, so its truth is near 1,794 at best.
Read from data/lalonde of the folder named by STEPCARE_SHARED, by default `shared` beside the project.
"""

import os
import time
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from benchmarks.methods import methods_for
from benchmarks.study import Method, Study, parser_of
from pipelines.causal.aipw import CrossFittedAIPW
from pipelines.causal.effects import estimate_trial
from pipelines.causal.protocol import Outcome, TargetTrial

DATA = (
    Path(os.environ.get("STEPCARE_SHARED", Path(__file__).resolve().parents[1].parent / "shared")) / "data" / "lalonde"
)
EXPERIMENT = 1794.34
COVARIATES = ("age", "education", "black", "hispanic", "married", "nodegree", "re74", "re75")
SURVEYS = ("cps_controls", "psid_controls")
TRIAL = TargetTrial(
    id="lalonde",
    question="does job training raise earnings?",
    time_zero="before training",
    eligibility=("men of the samples",),
    arms=("no_training", "training"),
    contrasts=(("training", "no_training"),),
    outcomes=(Outcome("earnings_1978", 1, "re78", False, "dollars", 500.0),),
    grace_period_days=0,
    covariates=COVARIATES,
)


def sample(name: str) -> pd.DataFrame:
    """Return `experiment`, or the trained men of it with everybody of a survey. Raises FileNotFoundError."""
    experiment = pd.read_csv(DATA / "nsw_dw.csv.gz")
    if name == "experiment":
        return experiment
    return pd.concat([experiment[experiment["treat"] == 1], pd.read_csv(DATA / f"{name}.csv.gz")], ignore_index=True)


def within_overlap(people: pd.DataFrame) -> pd.DataFrame:
    """Return those whose propensity, out of fold, lies in 0.1 to 0.9."""
    model = CrossFittedAIPW(repeats=3)
    e = model.fit_propensity(people[[*COVARIATES]], people["treat"].astype(int)).modelled
    return people[((e >= 0.1) & (e <= 0.9)).all(axis=1)].reset_index(drop=True)


def estimated(people: pd.DataFrame) -> pd.Series:
    """Return the row of estimates.effects of these men: an estimate or a refusal."""
    keys = [f"p{row:06d}" for row in range(len(people))]
    frame = people.reset_index(drop=True).assign(
        episode_key=keys,
        patient_key=keys,
        practitioner_key=keys,
        is_eligible=True,
        arm=np.where(people["treat"] == 1, "training", "no_training"),
    )
    return estimate_trial(frame, TRIAL).effects.iloc[0]


def difference(people: pd.DataFrame) -> float:
    """Return the difference in mean earnings, trained minus others."""
    earnings = people.groupby("treat")["re78"].mean()
    return float(earnings[1] - earnings[0])


def told(people: pd.DataFrame, method: Method) -> tuple[float, float, float]:
    """Return estimate, lower and upper of a peer."""
    x = people[[*COVARIATES]].to_numpy(dtype=float)
    study = Study(x, people["treat"].to_numpy(dtype=int), people["re78"].to_numpy(dtype=float), ((1, 0),))
    answer = method(study, x[:2])
    return float(answer.average[0]), float(answer.lower[0]), float(answer.upper[0])


def main() -> None:
    """Print a line a sample and method."""
    options = (parser := parser_of(__doc__)).parse_args()
    if not (DATA / "nsw_dw.csv.gz").exists():
        parser.exit(0, "skipped: no nsw_dw.csv.gz in data/lalonde: set STEPCARE_SHARED to the folder above data\n")
    words, peers = options.methods, methods_for(options.methods, options.draws, options.without)
    samples = {name: sample(name) for name in ("experiment", *SURVEYS)}
    samples |= {f"{name}, overlap": within_overlap(samples[name]) for name in SURVEYS}
    print("| sample | people (trained) | method | dollars | 95 % interval | holds 1,794 | CPU s |")
    print("|---|---:|---|---:|---|---|---:|")
    for name, people in samples.items():
        size = f"{len(people):,} ({int(people['treat'].sum())})"
        if not words or any(word in "ours" for word in words):
            start = time.process_time()
            row = estimated(people)
            seconds = time.process_time() - start
            if row["status"] == "refused":
                print(f"| {name} | {size} | ours | refused | {row['reason']} | - | {seconds:.2f} |", flush=True)
            else:
                _line(name, size, "ours", (row["estimate"], row["lower"], row["upper"]), seconds)
        for label, method in peers.items():
            if label.startswith("ours"):
                continue
            with threadpool_limits(1), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                start = time.process_time()
                said = told(people, method)
            _line(name, size, label, said, time.process_time() - start)


def _line(name: str, size: str, method: str, said: tuple[float, float, float], seconds: float) -> None:
    estimate, lower, upper = said
    has_interval = np.isfinite(lower)
    interval = f"{lower:,.0f} to {upper:,.0f}" if has_interval else "-"
    holds = ("yes" if lower <= EXPERIMENT <= upper else "no") if has_interval else "-"
    print(f"| {name} | {size} | {method} | {estimate:,.0f} | {interval} | {holds} | {seconds:.2f} |", flush=True)


if __name__ == "__main__":
    main()
