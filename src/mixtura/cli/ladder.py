"""The ladder: one EM iteration on the alphas, from double loops to no data at all, timed and checked."""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from ..datasets import ALPHAS_START, alphas
from ..em import Problem, em_passes
from ..em.reference import Univariate, step_broadcast, step_loops, step_rows
from ..model.parameters import Array, Parameters, stacked
from ..sources import ArraySource, Source
from ..sources.cells import DEVIATIONS_PER_CELL
from ..sources.compressed import CompressedSource
from ..structures import structure

AGREEMENT = 1e-9  # relative: what the rungs may differ by after CHECKED iterations
CHECKED = 3
STARTS = 32  # that climb in the same passes, as the starts of a fit do; the time is that of one of them
PATIENCE = 2.0  # seconds of timing a rung, or three repetitions if these take longer
GLANCE = 0.005  # seconds of a repetition: short enough to fall between the turns of other programs

Result = tuple[Array, Array, Array]  # weights, means, variances, each (k,)
Iterate = Callable[[int], Result]  # that many EM iterations from the original start


@dataclass(frozen=True, slots=True)
class Rung:
    """One way to make an iteration."""

    name: str
    seconds: float  # an iteration of one start, the fastest of several repetitions
    difference: float  # from the first rung's parameters, relative, the largest
    beside: bool = False  # no rung of the ladder, but someone else's iteration


def climb(
    *, sklearn: bool = False, seed: int = 0, told: Callable[[str], None] = lambda name: None
) -> list[Rung]:
    """Time every rung, slowest first; scikit-learn, if asked for, comes last.

    Parameters
    ----------
    sklearn : bool
        Whether to time scikit-learn's iteration as well.
    seed : int
        Of the alphas.
    told : callable
        Called with a rung's name before it is timed.

    Raises
    ------
    ArithmeticError
        If a rung's parameters differ from the first's by more than `AGREEMENT`.
    """
    table = alphas(seed).data
    x = table.ravel()
    rows = ArraySource(x)
    # Some hundred nodes are too few to share among threads.
    nodes = CompressedSource(ArraySource(x, n_threads=1), edges_for(rows))
    ways: dict[str, Iterate] = {
        "double loops": lambda n: repeated(step_loops, x, n),
        "a fund at a time": lambda n: repeated(step_rows, table, n),
        "broadcasting": lambda n: repeated(step_broadcast, x, n),
        "native pass": lambda n: passes(rows, n),
        f"native, {STARTS} starts": lambda n: passes(rows, n, STARTS),
        f"compressed, {STARTS} starts": lambda n: passes(nodes, n, STARTS),
    }
    if sklearn:
        ways["scikit-learn"] = lambda n: by_sklearn(x, n)
    rungs: list[Rung] = []
    expected: Result | None = None
    for name, iterate in ways.items():
        told(name)
        found = iterate(CHECKED)
        expected = expected or found
        difference = max(float(np.max(np.abs(a / b - 1))) for a, b in zip(found, expected))
        if not difference <= AGREEMENT:
            raise ArithmeticError(f"{name} differs from {rungs[0].name} by {difference:.1e}, relative")
        starts = STARTS if name.endswith("starts") else 1
        rungs.append(Rung(name, timed(iterate) / starts, difference, name == "scikit-learn"))
    return rungs


def repeated(step: Callable[[Array, Univariate], Univariate], x: Array, n: int) -> Result:
    """Iterate one of the reference programs."""
    now = ALPHAS_START
    for _ in range(n):
        now = step(x, now)
    return now.weights, now.means, now.variances


def passes(source: Source, n: int, starts: int = 1) -> Result:
    """Iterate passes over a source, each followed by the M-step, for some equal starts in lock-step."""
    problem = Problem.of(source, structure("V", 1))
    start = Parameters(
        ALPHAS_START.weights, ALPHAS_START.means[:, None], ALPHAS_START.variances[:, None, None]
    )
    *_, evaluation = islice(em_passes(problem, stacked([start] * starts)), n)
    last = evaluation.steps.at(-1)
    return last.weights, last.means[:, 0], last.covariances[:, 0, 0]


def edges_for(rows: ArraySource) -> Array:
    """Return equal cells as narrow as components need that are about as wide as the data."""
    low, high = float(rows.summary.minimum[0]), float(rows.summary.maximum[0])
    width = DEVIATIONS_PER_CELL * math.sqrt(float(rows.variance[0]))
    return np.linspace(low, high, 1 + math.ceil((high - low) / width))


def by_sklearn(x: Array, n: int) -> Result:
    """Iterate scikit-learn's EM, without what it adds to variances."""
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    model: Any = GaussianMixture(
        len(ALPHAS_START.weights),
        weights_init=ALPHAS_START.weights,
        means_init=ALPHAS_START.means[:, None],
        precisions_init=1 / ALPHAS_START.variances[:, None, None],
        init_params="random_from_data",
        reg_covar=0.0,
        tol=0.0,
        max_iter=n,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(x[:, None])
    return model.weights_, model.means_[:, 0], model.covariances_[:, 0, 0]


def timed(iterate: Iterate) -> float:
    """Return the time of an iteration: many less one, so that set-up does not count.

    Of several repetitions the fastest counts, which other programs on the machine have disturbed least; they
    go on until the many take longer than the one.
    """
    iterate(1)
    once = stopped(iterate, 1)
    more = max(1, min(200, round(GLANCE / once)))
    few, many = [once], [stopped(iterate, 1 + more)]
    begun = time.perf_counter()
    while len(many) < 3 or min(many) <= min(few) or time.perf_counter() - begun < PATIENCE:
        few.append(stopped(iterate, 1))
        many.append(stopped(iterate, 1 + more))
    return (min(many) - min(few)) / more


def stopped(iterate: Iterate, n: int) -> float:
    """Return the seconds that n iterations and their set-up take."""
    before = time.perf_counter()
    iterate(n)
    return time.perf_counter() - before
