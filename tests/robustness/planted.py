"""Records with a planted flaw, estimated and diagnosed as a night does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import expit

from pipelines.causal.effects import TrialEstimates, estimate_trial
from pipelines.causal.protocol import TargetTrial
from pipelines.causal.tables import SENSITIVITY_COLUMNS, as_table
from pipelines.robustness.concerns import concern_rows
from pipelines.robustness.diagnose import Tables, confounding_diagnostics, weighting_diagnostics
from pipelines.robustness.specifications import refitted_rows
from pipelines.robustness.stored_specifications import stored_rows
from tests.causal.worlds import ADD, CONTINUE, TRIAL, linear_clinic

NO_REASONS = pd.DataFrame({"episode_key": [], "variable": [], "reason": []}, dtype=object)


@dataclass(frozen=True)
class Diagnosed:
    """A trial's estimates, every diagnostics table of them, and what is told."""

    estimates: TrialEstimates
    tables: Tables

    def severities(self) -> dict[str, str]:
        """Return the severity of every concern of the only contrast."""
        concerns = self.tables["concerns"]
        return {} if concerns.empty else dict(zip(concerns["concern"], concerns["severity"], strict=True))


def diagnosed(frame: pd.DataFrame, trial: TargetTrial = TRIAL, reasons: pd.DataFrame = NO_REASONS) -> Diagnosed:
    """Estimate a trial and diagnose it; there is no other analysis."""
    found = estimate_trial(frame, trial)
    tables = weighting_diagnostics(frame, trial, found.scores, found.effects, reasons)
    tables |= confounding_diagnostics(frame, trial, found.scores, found.effects, lambda _: None)
    stored = stored_rows(trial, found.effects, as_table([], SENSITIVITY_COLUMNS))
    tables["specifications"] = pd.concat([stored, refitted_rows(frame, trial)], ignore_index=True)
    needed = ("balance", "influence", "confounding", "missing_outcomes", "specifications")
    tables["concerns"] = concern_rows(trial, found.effects, **{name: tables[name] for name in needed})
    return Diagnosed(found, tables)


def hidden_factor(n: int, seed: int) -> pd.DataFrame:
    """No effect; beside the recorded severity a second factor, two thirds as strong on choice and outcome, is recorded nowhere."""
    frame = linear_clinic(n, seed, effect=0.0, habit_spread=0.3, skill_spread=0.2)
    generator = np.random.default_rng(1_000 + seed)
    severity, hidden = frame["severity"].to_numpy(), generator.normal(size=n)
    is_added = generator.random(n) < expit(0.9 * severity + 0.6 * hidden)
    frame["arm"] = np.where(is_added, ADD, CONTINUE)
    frame["pain_12wk"] = 2 - 1.5 * severity - 1.0 * hidden + generator.normal(0, 1.5, n)
    return frame


def hole(n: int, seed: int) -> pd.DataFrame:
    """Who does manual work gets manipulation always."""
    frame = linear_clinic(n, seed)
    frame.loc[(frame["work"] == "manual").fillna(False), "arm"] = ADD
    return frame
