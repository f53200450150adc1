"""What every benchmark of the statistics shares: data with a known truth, a method's answer, its figures, the table.

A method gets covariates, arm, outcome and practitioner of the fitted people and the covariates of others, and answers with
average effects, intervals and individual gains. Everything in one table ran in one process on the same data, one thread.
"""

import argparse
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np
from threadpoolctl import threadpool_limits

Contrast = tuple[int, int]


@dataclass(frozen=True)
class Study:
    """What a method may see. `x` (n, p); `arm` (n,): 0, 1, ...; `y` (n,), NaN where unknown; `practitioner` (n,): codes
    or None; `contrasts`: (treated, comparator); `later` (n, q): known after time zero, may explain who answered, or None."""

    x: np.ndarray
    arm: np.ndarray
    y: np.ndarray
    contrasts: tuple[Contrast, ...]
    practitioner: np.ndarray | None = None
    later: np.ndarray | None = None

    def complete(self) -> "Study":
        """Return those whose outcome is known: all that most peers can take."""
        known = np.isfinite(self.y)
        if known.all():
            return self
        who = None if self.practitioner is None else self.practitioner[known]
        return replace(self, x=self.x[known], arm=self.arm[known], y=self.y[known], practitioner=who, later=None)


@dataclass(frozen=True)
class Answer:
    """`average`, `lower`, `upper` (contrasts,): NaN where the method gives none. `own` (n, contrasts): gains of the people
    fitted on (ours out of fold; peers' saw the outcomes); `new` (m, contrasts): of the others. None: gives none. `target` (n,):
    who of the people fitted on the averages are about, where the method says that it is not everybody."""

    average: np.ndarray
    lower: np.ndarray
    upper: np.ndarray
    own: np.ndarray | None = None
    new: np.ndarray | None = None
    target: np.ndarray | None = None


Method = Callable[[Study, np.ndarray], Answer]


@dataclass(frozen=True)
class World:
    """A study, other people `x_new` (m, p), the true mean outcome of each arm of both, and the true average effects."""

    study: Study
    mu: np.ndarray
    x_new: np.ndarray
    mu_new: np.ndarray
    average: np.ndarray


@dataclass(frozen=True)
class Figures:
    """Of one method in one world; all but `regret` and `seconds` (contrasts,). In units of the outcome; CPU seconds."""

    own_error: np.ndarray
    new_error: np.ndarray
    bias: np.ndarray
    is_covered: np.ndarray
    length: np.ndarray
    regret: float
    seconds: float


def figures_of(world: World, method: Method) -> Figures:
    """Fit the method once and compare with the truth."""
    study = world.study
    with threadpool_limits(1), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        start = time.process_time()
        answer = method(study, world.x_new)
        seconds = time.process_time() - start
    own = gains(world.mu, study.contrasts)
    average = world.average if answer.target is None else own[answer.target].mean(axis=0)
    bounds = np.isfinite(answer.lower)
    within = (answer.lower <= average) & (average <= answer.upper)
    return Figures(
        own_error=_root_error(answer.own, own),
        new_error=_root_error(answer.new, gains(world.mu_new, study.contrasts)),
        bias=answer.average - average,
        is_covered=np.where(bounds, within, np.nan),
        length=answer.upper - answer.lower,
        regret=_regret(answer.new, world.mu_new, study.contrasts),
        seconds=seconds,
    )


def gains(mu: np.ndarray, contrasts: Sequence[Contrast]) -> np.ndarray:
    """Return the true gains (n, contrasts) from the mean outcomes (n, arms)."""
    return np.column_stack([mu[:, treated] - mu[:, comparator] for treated, comparator in contrasts])


def _root_error(said: np.ndarray | None, truth: np.ndarray) -> np.ndarray:
    if said is None or len(said) != len(truth):
        return np.full(truth.shape[1], np.nan)
    return np.sqrt(np.mean((said - truth) ** 2, axis=0))


def _regret(said: np.ndarray | None, mu: np.ndarray, contrasts: Sequence[Contrast]) -> float:
    """Return how much is lost, on average, by giving each person the arm with the largest gain against arm 0."""
    if said is None:
        return float("nan")
    against_first = np.zeros((len(said), mu.shape[1]))
    for column, (treated, comparator) in enumerate(contrasts):
        if comparator == 0:
            against_first[:, treated] = said[:, column]
    return float(np.mean(mu.max(axis=1) - mu[np.arange(len(mu)), against_first.argmax(axis=1)]))


def compare(
    worlds: Sequence[World], methods: dict[str, Method], against: str, *, has_medians: bool = False
) -> dict[str, list[Figures]]:
    """Print a line a method as it ends: means over the worlds, then medians of the errors if asked for, then CPU as a share
    of `against`, when that ran. Return the figures."""
    labels = "/".join(f"{treated}-{comparator}" for treated, comparator in worlds[0].study.contrasts)
    print(f"\n{len(worlds)} data sets; contrasts {labels}; n = {len(worlds[0].study.y):,}", flush=True)
    print(
        "| method | root PEHE, own | new people | bias of the average | root error | covered | length | regret | CPU s |"
    )
    print("|---|---|---|---|---|---|---|---:|---:|")
    figures: dict[str, list[Figures]] = {}
    for name, method in methods.items():
        figures[name] = [figures_of(world, method) for world in worlds]
        print(_line(name, figures[name]), flush=True)
    if has_medians:
        print("\n| method | median root PEHE, own | new people | median error of the average |\n|---|---|---|---|")
    for name, found in figures.items() if has_medians else ():
        columns = ([one.own_error for one in found], [one.new_error for one in found], [abs(one.bias) for one in found])
        print(f"| {name} | {' | '.join(_cell(np.median(column, axis=0)) for column in columns)} |")
    seconds = {name: float(np.mean([one.seconds for one in found])) for name, found in figures.items()}
    if against in seconds:
        shares = ", ".join(f"{name} {value / seconds[against]:.2f}" for name, value in seconds.items())
        print(f"CPU as a share of {against}: {shares}")
    return figures


def _line(name: str, found: list[Figures]) -> str:
    bias = np.array([one.bias for one in found])
    cells = [
        _cell(np.mean([one.own_error for one in found], axis=0)),
        _cell(np.mean([one.new_error for one in found], axis=0)),
        _cell(bias.mean(axis=0), signed=True),
        _cell(np.sqrt(np.mean(bias**2, axis=0))),
        _cell(np.mean([one.is_covered for one in found], axis=0)),
        _cell(np.mean([one.length for one in found], axis=0)),
        _cell(np.array([np.mean([one.regret for one in found])])),
        f"{np.mean([one.seconds for one in found]):.2f}",
    ]
    return f"| {name} | {' | '.join(cells)} |"


def _cell(values: np.ndarray, *, signed: bool = False) -> str:
    shown = ["-" if not np.isfinite(value) else f"{value:+.2f}" if signed else f"{value:.2f}" for value in values]
    return "-" if set(shown) == {"-"} else " / ".join(shown)


def parser_of(description: str | None) -> argparse.ArgumentParser:
    """Return a parser with the options every benchmark has."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--methods", nargs="+", help="only methods whose name holds one of these words")
    parser.add_argument("--without", nargs="+", help="and none whose name holds one of these")
    parser.add_argument("--draws", type=int, nargs="+", default=[3, 1], help="fold draws of ours, a row each")
    return parser
