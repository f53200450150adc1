"""Means of scores whose rows repeat within patients and within practitioners, neither of which need nest in the other."""

from __future__ import annotations

from math import sqrt

import numpy as np
from numpy.typing import NDArray

from pipelines.causal.features import FloatArray
from pipelines.causal.inference import Estimate, clustered_mean


def two_way_mean(scores: FloatArray, practitioner: NDArray[np.object_], patient: NDArray[np.object_]) -> Estimate:
    """Return the mean of `scores` (n,) with its standard error clustered by practitioner and by patient.

    Cameron, Gelbach and Miller (Journal of Business and Economic Statistics 2011): the variance clustered by one, plus by
    the other, less by both together; never below either alone, which in small samples the difference can be. With patients
    nested in practitioners it is the practitioners'. Degrees of freedom are the smaller of the two.
    """
    both = np.char.add(np.char.add(practitioner.astype(str), "\x1f"), patient.astype(str)).astype(object)
    one, other, joint = (clustered_mean(scores, key) for key in (practitioner, patient, both))
    if not np.isfinite(one.standard_error):
        return one
    variance = one.standard_error**2 + other.standard_error**2 - joint.standard_error**2
    least = max(one.standard_error**2, other.standard_error**2)
    degrees = min(one.degrees_of_freedom, other.degrees_of_freedom)
    return Estimate(one.estimate, sqrt(max(variance, least)), degrees, one.n, one.n_practitioners)
