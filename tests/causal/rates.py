"""Limits of measured rates: what is asked of the true rate, and the Monte Carlo errors that a number of seeds leaves."""

from math import sqrt

LEAST_COVERAGE, MOST_COVERAGE = 0.93, 0.97
MONTE_CARLO_ERRORS = 2


def coverage_allowed(seeds):
    """The limits of a share of intervals that hold the truth: 93 to 97 %, two Monte Carlo errors beyond (200: 89.4 to 99.4 %)."""
    low, high = (MONTE_CARLO_ERRORS * sqrt(rate * (1 - rate) / seeds) for rate in (LEAST_COVERAGE, MOST_COVERAGE))
    return LEAST_COVERAGE - low, MOST_COVERAGE + high


def most_allowed(seeds, rate=0.05):
    """The largest share of runs with a finding where at most `rate` may have one: two Monte Carlo errors beyond (200: 8.1 %)."""
    return rate + MONTE_CARLO_ERRORS * sqrt(rate * (1 - rate) / seeds)
