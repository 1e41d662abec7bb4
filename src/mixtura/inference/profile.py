"""Profile: how far the log-likelihood is flat, whatever shape it has."""

from __future__ import annotations

import math
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize
from scipy.special import chdtri

from ..em import Problem
from ..em.degenerate import degenerate
from ..model.mixture import Mixture
from ..model.parameters import Array, Parameters
from ..search.reduction import merged_pairs
from ..structures import Parametrisation
from .curvature import CHANGE
from .estimates import Function, checked_value
from .scales import half_width

MOST_PARAMETERS = 60  # beyond which a climb on a level takes too long
STEPS = 50  # on either side, after which the likelihood is taken to be flat for ever
GROWTH = 1.25  # of one step after another
FIRST = 0.25  # of a standard error, the first step
LARGEST = 0.25  # and no more than this in the unit of the component that the function moves furthest
SHORTEST = 1e-3  # of the first step: what cannot be reached by it cannot be reached
JUMP = 1.0  # nats that one step may lose, before it is made shorter
FALL = 3.5  # nats, after which a walk ends: enough for an interval of 99%
ROUNDS = 8  # of climbs on a level, each in a chart of its own
REACH = 1.0  # of a climb, in the unit of the component that has the least weight
ENOUGH = 1e-3  # nats that a round may still have gained
NARROWEST = 0.5  # of a deviation that one climb may leave: spikes on a few rows are no part of a profile
SHARES = (0.5, 0.1, 0.9)  # of two components that were made one, from which to climb
MISSED = 1e-3  # of a step, that a climb may miss its level by


@dataclass(frozen=True, eq=False)
class Profile:
    """The greatest log-likelihood at every value of a function of the mixture."""

    estimate: float  # of the function at the fit
    values: Array  # (g,) of the function, rising
    logliks: Array  # (g,) nats, the greatest for each of them
    highest: float  # nats
    ends: tuple[
        str, str
    ]  # of either side: the log-likelihood has "fallen", is "flat", or no mixture is "further"

    def interval(self, level: float = 0.95) -> tuple[float, float]:
        """Return the values between which the log-likelihood falls by no more than half a chi-squared.

        An end is infinite where it has fallen by less as far as anybody has looked, many times what would be
        a standard error.

        Raises
        ------
        ValueError
            If the level is no probability, or higher than the profile was followed.
        """
        half_width(level)  # which refuses what is no level
        fall = 0.5 * float(chdtri(1, 1.0 - level))
        if fall > FALL:
            raise ValueError(f"level is {level}; the profile was followed for intervals of up to 99%")
        inside = self.highest - self.logliks <= fall
        low, high = np.flatnonzero(inside)[[0, -1]].tolist()
        return self._end(low, low - 1, fall), self._end(high, high + 1, fall)

    def _end(self, inner: int, outer: int, fall: float) -> float:
        """Return where the log-likelihood crosses the level between a point inside and the next outside."""
        if not 0 <= outer < len(self.values):
            side = int(outer > 0)
            return (-math.inf, math.inf)[side] if self.ends[side] == "flat" else float(self.values[inner])
        # a parabola's root is straight
        roots = np.sqrt(np.maximum(self.highest - self.logliks[[inner, outer]], 0.0))
        share = (math.sqrt(fall) - roots[0]) / (roots[1] - roots[0])
        return float(self.values[inner] + share * (self.values[outer] - self.values[inner]))

    def __str__(self) -> str:
        low, high = self.interval()
        text = f"{self.estimate:.6g}, 95% profile interval from {low:.6g} to {high:.6g}"
        flat = [
            f"{self.highest - loglik:.2g} nats at {value:.4g}"
            for end, value, loglik in zip((low, high), self.values[[0, -1]], self.logliks[[0, -1]])
            if math.isinf(end)
        ]
        if flat:
            text += f": the log-likelihood is flat, it has fallen by no more than {' and '.join(flat)}"
        return text


def profile(
    problem: Problem,
    start: Parameters,
    function: Function,
    error: float,
    others: Sequence[Parameters] = (),
) -> Profile:
    """Walk away from a maximum (k,) on either side, and climb as far as the function's value allows.

    Parameters
    ----------
    problem : Problem
    start : Parameters
        The maximum.
    function : callable
        Of a `Mixture`, to a number.
    error : float
        What the curvature says is its standard error, by which steps are measured.
    others : sequence of Parameters
        Where to climb from as well at every value, beside where the last climb has ended.

    Raises
    ------
    ValueError
        If the function gives no finite number, or does not move with the mixture, or parameters are too many.
    """
    if problem.n_parameters(start.n_components) > MOST_PARAMETERS:
        raise ValueError(
            f"a profile climbs anew at every value and this mixture has "
            f"{problem.n_parameters(start.n_components)} parameters; it is made for at most {MOST_PARAMETERS}"
        )
    value = checked_value(function, Mixture.in_order(start))
    if not error > 0.0:
        raise ValueError("the function does not move with the mixture, so that it has no profile")
    estimate, highest = float(value), _loglik(problem, start)
    step = FIRST * min(error, LARGEST * _slope(problem, start, function))
    (low, lower_end), (high, upper_end) = (
        _walk(problem, [start, *others], function, estimate, side * step, highest) for side in (-1.0, 1.0)
    )
    points = [*reversed(low), (estimate, highest), *high]
    values, logliks = np.array(points).T
    return Profile(estimate, values, logliks, float(logliks.max()), (lower_end, upper_end))


def _walk(
    problem: Problem, starts: list[Parameters], function: Function, value: float, step: float, highest: float
) -> tuple[list[tuple[float, float]], str]:
    """Return values and the log-likelihoods reached there, nearest first, until these have fallen.

    Comes with how the walk has ended: see `Profile.ends`.
    """
    found: list[tuple[float, float]] = []
    here = starts[0]
    least, last = abs(step) * SHORTEST, highest
    while len(found) < STEPS:
        reached = _climbed(problem, here, function, value + step, abs(step))
        if reached is None or highest - reached[1] > FALL:  # is that all there is on this level?
            climbs = [reached, *(_climbed(problem, one, function, value + step, abs(step)) for one in starts)]
            reached = max((climb for climb in climbs if climb), key=lambda climb: climb[1], default=None)
        lost = math.inf if reached is None else last - reached[1]
        if lost > JUMP and abs(step) > least:  # a climb has failed, or the way is steep
            step *= 0.25
            continue
        if reached is None:
            return found, "further"
        here, last = reached
        value += step
        found.append((value, last))
        if highest - last > FALL:
            return found, "fallen"
        step *= GROWTH
    return found, "flat"


def _climbed(
    problem: Problem, here: Parameters, function: Function, value: float, step: float
) -> tuple[Parameters, float] | None:
    """Climb on the level where the function has a value; None where no mixture in reach has it."""
    best, missed = -math.inf, MISSED * step
    narrowest = NARROWEST * _narrowest(here)
    for _ in range(ROUNDS):
        level = _Level(problem, here, function, value)
        with warnings.catch_warnings():
            # A step that rounding takes out of the bounds is cut, of which some versions of SciPy warn.
            warnings.filterwarnings("ignore", "Values in x were outside bounds", RuntimeWarning)
            ended = minimize(
                level.loss,
                np.zeros(level.chart.size),
                jac=level.slope,
                method="SLSQP",
                bounds=[(-level.reach, level.reach)] * level.chart.size,
                constraints={"type": "eq", "fun": level.miss, "jac": level.miss_slope},
                options={"maxiter": 40, "ftol": 1e-6},
            )
        here = level.chart.mixtures(level.y(ended.x)).at(0)
        loglik, off = _loglik(problem, here), abs(float(function(Mixture.in_order(here))) - value)
        if _narrowest(here) < narrowest or degenerate(problem, here).any():
            return None
        if off <= missed and loglik - best <= ENOUGH:
            return here, max(loglik, best)
        best = loglik if off <= missed else -math.inf
    return (here, best) if math.isfinite(best) else None


def merged_starts(parameters: Parameters, pair: tuple[int, int]) -> list[Parameters]:
    """Return mixtures (k,) in which two components are one, each with some share of what they weigh."""
    both = list(pair)
    one = merged_pairs(parameters, *(np.array([c]) for c in pair))
    found = []
    for share in SHARES:
        weights, means, covariances = (
            np.array(getattr(parameters, name)) for name in ("weights", "means", "covariances")
        )
        weights[both] = one.weights[0] * np.array([share, 1.0 - share])
        means[both], covariances[both] = one.means[0], one.covariances[0]
        found.append(Parameters(weights, means, covariances))
    return found


class _Level:
    """The climb on one level in a chart of its own, its coordinates stretched to standard errors."""

    def __init__(self, problem: Problem, here: Parameters, function: Function, value: float) -> None:
        self.problem, self.function, self.value = problem, function, value
        self.chart = problem.parametrisation(here)
        self.stretch = math.sqrt(problem.source.total_weight)
        self.reach = REACH * self.chart.unit * self.stretch
        self.before = _loglik(problem, here)
        # of the function by a step of one: misses are counted in it
        self.unit = float(np.abs(self._change(np.zeros((1, self.chart.size)))).max()) or 1.0

    def y(self, z: Array) -> Array:
        """Return the chart's coordinates (1, q) of stretched ones (q,)."""
        return z[None] / self.stretch

    def loss(self, z: Array) -> float:
        """Return the nats lost since the beginning."""
        evaluation = self.problem.evaluate(self.chart.mixtures(self.y(z)))
        return self.before - float(evaluation.loglik[0])

    def slope(self, z: Array) -> Array:
        """Return the gradient (q,) of the loss."""
        evaluation = self.problem.evaluate(self.chart.mixtures(self.y(z)))
        return -self.stretch * self.problem.score(self.chart, evaluation)[0]

    def miss(self, z: Array) -> float:
        """Return how far the function is from its value."""
        mixture = Mixture.in_order(self.chart.mixtures(self.y(z)).at(0))
        return (float(self.function(mixture)) - self.value) / self.unit

    def miss_slope(self, z: Array) -> Array:
        """Return its gradient (q,)."""
        return self._change(self.y(z)) / self.unit

    def _change(self, y: Array) -> Array:
        return _gradient(self.chart, self.function, y) / self.stretch


def _gradient(chart: Parametrisation, function: Function, y: Array) -> Array:
    """Return the gradient (q,) of a function by a chart's coordinates, at some of them (1, q)."""
    steps = CHANGE * chart.unit * np.eye(chart.size)
    near = chart.mixtures(np.concatenate([y + steps, y - steps]))
    values = np.array([float(function(Mixture.in_order(near.at(i)))) for i in range(2 * chart.size)])
    return np.asarray((values[: chart.size] - values[chart.size :]) / (2.0 * CHANGE * chart.unit))


def _slope(problem: Problem, start: Parameters, function: Function) -> float:
    """Return what the function changes by where a mixture moves by the unit of its lightest component."""
    chart = problem.parametrisation(start)
    gradient = _gradient(chart, function, np.zeros((1, chart.size)))
    return float(np.sqrt(gradient @ gradient)) * chart.unit


def _narrowest(mixture: Parameters) -> float:
    """Return the least standard deviation of a component along any feature's axis."""
    return float(np.sqrt(np.diagonal(mixture.covariances, axis1=-2, axis2=-1)).min())


def _loglik(problem: Problem, mixture: Parameters) -> float:
    return float(problem.evaluate(mixture.at(None)).loglik[0])
