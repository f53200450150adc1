"""How far one clinic or practitioner carries an effect: rows of diagnostics.influence.

A unit is left out of the mean of scores, with its interval; the models behind the scores are kept as they are, so this is the
influence of the unit's own episodes and not of what the models learned from them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from pipelines.causal.features import FloatArray, IntArray
from pipelines.causal.inference import Estimate, mean_of_clusters, median_of_repeats
from pipelines.causal.keys import numbered
from pipelines.causal.protocol import Pair, contrast_name
from pipelines.robustness.codes import NONE_SHOWN, verdict
from pipelines.robustness.scored import ScoredOutcome


def leave_one_out(scores: FloatArray, practitioner: IntArray, unit: IntArray) -> list[Estimate]:
    """Return the estimate without each unit's episodes, in the order of the codes of `unit` (n,).

    scores (repeats, n); practitioner (n,) codes the clusters. Each is what `mean_over_repeats` says of the episodes left.
    """
    n_practitioners, n_units = int(practitioner.max()) + 1, int(unit.max()) + 1
    cells, cell = np.unique(practitioner * n_units + unit, return_inverse=True)
    owner, of_unit = cells // n_units, cells % n_units
    middle = float(scores.mean())
    centred = scores - middle
    count = np.bincount(cell).astype(float)
    totals = [np.bincount(cell, weights=one) for one in centred]
    squares = [np.bincount(cell, weights=one**2) for one in centred]
    found = []
    for code in range(n_units):
        kept = of_unit != code
        by_practitioner = [
            mean_of_clusters(
                *(
                    np.bincount(owner[kept], weights=part[kept], minlength=n_practitioners).astype(float)
                    for part in parts
                )
            )
            for parts in ((count, total, square) for total, square in zip(totals, squares, strict=True))
        ]
        without = median_of_repeats(by_practitioner)
        found.append(
            Estimate(
                without.estimate + middle,
                without.standard_error,
                without.degrees_of_freedom,
                without.n,
                without.n_practitioners,
            )
        )
    return found


def influence_row(scored: ScoredOutcome, pair: Pair, kind: str, units: NDArray[np.object_]) -> dict[str, object] | None:
    """Return the row of one contrast and kind of unit ('clinic', 'practitioner'); None with fewer than two units.

    units (n,): who an episode belongs to. The names of units are for the warehouse only.
    """
    names, code = numbered(units)
    if len(names) < 2:
        return None
    whole = scored.mean(scored.contrast(pair))
    without = leave_one_out(scored.contrast(pair), scored.practitioner, code.astype(np.int64))
    estimates = np.array([one.estimate for one in without])
    usual = verdict(*whole.interval())
    verdicts = [verdict(*one.interval()) if np.isfinite(one.standard_error) else NONE_SHOWN for one in without]
    turned = [k for k, said in enumerate(verdicts) if said != usual]
    shift = np.abs(estimates - whole.estimate)
    # Of those that turn the verdict the one whose absence moves the estimate most is named.
    turning = max(turned, key=lambda k: (shift[k], -k)) if turned else None
    farthest = int(np.argmax(shift))
    return {
        "trial": scored.trial.id,
        "outcome": scored.outcome.name,
        "contrast": contrast_name(*pair),
        "unit": kind,
        "n_units": len(names),
        "estimate": whole.estimate,
        "lowest": float(estimates.min()),
        "highest": float(estimates.max()),
        "without_lowest": names[int(np.argmin(estimates))],
        "without_highest": names[int(np.argmax(estimates))],
        "largest_shift_se": float(shift.max() / whole.standard_error),
        "share_of_most_influential": float((code == farthest).mean()),
        "verdict": usual,
        "n_turning": len(turned),
        "is_verdict_changed": bool(turned),
        "is_sign_changed": bool(usual != NONE_SHOWN and (np.sign(estimates) != np.sign(whole.estimate)).any()),
        "verdict_without": None if turning is None else verdicts[turning],
        "turning_unit": None if turning is None else names[turning],
        "protocol_hash": scored.protocol_hash,
    }


def influence_rows(scored: ScoredOutcome, pairs: list[Pair], units: dict[str, NDArray[np.object_]]) -> pd.DataFrame:
    """Return the rows of these contrasts for every kind of unit: kind -> who each episode belongs to (n,)."""
    rows = [influence_row(scored, pair, kind, names) for pair in pairs for kind, names in units.items()]
    return pd.DataFrame([row for row in rows if row is not None])
