"""How much work a night puts into its self-checks: little every night, much once a week. The code is the same."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effort:
    """`learners` of the refitted models (None: the protocol's); `draws` of folds (None: all that the night has).

    `outcomes`: how many of a trial's outcomes get known effects, its first. `replications` of the worlds none, uniform and
    subgroup; on the first `rules` of the world without any effect a rule is learned, and where `has_gains` the night's whole
    search for differences is made. `permutations` of treatment and of outcome. `most_episodes`: larger samples are thinned.
    """

    name: str
    learners: tuple[str, ...] | None
    draws: int | None
    outcomes: int
    replications: tuple[int, int, int]
    rules: int
    has_gains: bool
    permutations: int
    most_episodes: int


NIGHTLY = Effort(
    name="nightly",
    learners=("linear",),
    draws=1,
    outcomes=1,
    replications=(20, 12, 12),
    rules=4,
    has_gains=False,
    permutations=6,
    most_episodes=4_000,
)
FULL = Effort(
    name="full",
    learners=None,
    draws=1,
    outcomes=2,
    replications=(60, 40, 40),
    rules=20,
    has_gains=True,
    permutations=20,
    most_episodes=20_000,
)
EFFORTS = {effort.name: effort for effort in (NIGHTLY, FULL)}
