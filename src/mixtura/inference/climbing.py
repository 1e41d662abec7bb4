"""Climbing: many replicates of a fit, each on data of its own, from the fit to maxima of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .._core import NotPositiveDefinite
from ..em import Problem
from ..em.stopping import rounding
from ..model.moments import Moments
from ..model.parameters import Array, Parameters
from ..structures import Parametrisation
from .curvature import Curvature

MOST_PASSES = 300  # of a replicate
LONGEST = 1.0  # a step, in the unit of the component that has the least weight
LEAST_SHARE = 1e-3  # of the complete data's information, that a first step believes in
CURVED = 1e-10  # of the lengths' product, that a secant has to show of curvature to be learnt from

Passes = Callable[[Parameters, np.ndarray], Moments]  # of mixtures (m,), each on the data of a replicate (m,)


@dataclass(frozen=True, eq=False)
class Ends:
    """Where replicates ended."""

    mixtures: Parameters  # (m,)
    remaining: Array  # (m,) nats, estimated to be still ahead


@dataclass(frozen=True, eq=False)
class Ground:
    """What replicates climb on: the fit's problem, its chart, its information, and where they begin."""

    problem: Problem
    chart: Parametrisation
    inverse: Array  # (q, q) of the observed information at the fit, over the total weight
    total: float  # of the weights of a replicate

    @classmethod
    def of(cls, problem: Problem, curvature: Curvature, total: float) -> Ground:
        """Return the ground around a fit of this curvature, for replicates whose weights have this total."""
        vectors = curvature.vectors
        inverse = (vectors / np.maximum(curvature.shares, LEAST_SHARE)) @ vectors.T
        return cls(problem, curvature.chart, inverse, total)


class _Climb:
    """Quasi-Newton steps of many replicates side by side, with the EM step where one has lost likelihood."""

    def __init__(self, ground: Ground, passes: Passes, count: int) -> None:
        self.ground, self.passes = ground, passes
        q = ground.chart.size
        self.y = np.zeros((count, q))
        self.mixtures = _writable(ground.chart.mixtures(self.y))
        self.inverses = np.repeat(ground.inverse[None], count, axis=0)  # (m, q, q)
        self.moments, _ = self._evaluated(self.mixtures, np.arange(count))
        self.scores = self._scores(self.mixtures, self.moments)
        self.values = self._values(self.scores, self.moments)
        self.lost = np.zeros(count, dtype=bool)  # in the last pass

    def remaining(self) -> Array:
        """Return the nats (m,) that seem to be ahead."""
        return np.asarray(
            0.5 * self.ground.total * np.einsum("mi,mij,mj->m", self.scores, self.inverses, self.scores)
        )

    def step(self, alive: np.ndarray) -> None:
        """Make one pass for these replicates."""
        chart = self.ground.chart
        way = np.einsum("mij,mj->mi", self.inverses[alive], self.scores[alive])
        lengths = np.sqrt((way * way).sum(axis=1))
        limit = LONGEST * chart.unit
        way *= np.minimum(1.0, limit / np.maximum(lengths, np.finfo(np.float64).tiny))[:, None]
        y = self.y[alive] + way
        mixtures = _writable(chart.mixtures(y))
        plain = np.flatnonzero(self.lost[alive])
        if len(plain):
            steps = self.ground.problem.maximise(self.moments.at(alive[plain]))
            y[plain] = chart.coordinates(steps)
            _put(mixtures, plain, steps)
        moments, failed = self._evaluated(mixtures, alive)
        scores = self._scores(mixtures, moments)
        values = self._values(scores, moments)
        values[failed] = -np.inf
        before = self.values[alive]
        noise = np.array([rounding(value) for value in before])
        better = values >= before - noise
        if self.ground.problem.penalty is not None:
            better[plain] = True  # an EM step gains by its own measure
        self._learn(alive[better], y[better] - self.y[alive[better]], scores[better])
        self.inverses[alive[~better]] = self.ground.inverse
        self.lost[alive] = ~better
        gone = alive[better]
        self.y[gone], self.scores[gone], self.values[gone] = y[better], scores[better], values[better]
        _put(self.mixtures, gone, mixtures.at(better))
        _put_moments(self.moments, gone, moments.at(better))

    def _learn(self, chosen: np.ndarray, ways: Array, scores: Array) -> None:
        """Update the inverses by what the scores fell by along the ways, (m, q) each (BFGS)."""
        falls = self.scores[chosen] - scores
        along = np.einsum("mi,mi->m", ways, falls)
        clear = along > CURVED * np.sqrt((ways**2).sum(1) * (falls**2).sum(1))
        chosen, ways, falls, along = chosen[clear], ways[clear], falls[clear], along[clear]
        inverses = self.inverses[chosen]
        turned = np.einsum("mij,mj->mi", inverses, falls)
        cross = ways[:, :, None] * turned[:, None, :]
        factor = (1.0 + np.einsum("mi,mi->m", falls, turned) / along) / along
        inverses -= (cross + cross.swapaxes(1, 2)) / along[:, None, None]
        inverses += factor[:, None, None] * (ways[:, :, None] * ways[:, None, :])
        self.inverses[chosen] = inverses

    def _evaluated(self, mixtures: Parameters, replicates: np.ndarray) -> tuple[Moments, list[int]]:
        """Make a pass; in the place of mixtures that are none, which come second, where replicates stand."""
        failed: list[int] = []
        while (moments := self._tried(mixtures, replicates, failed)) is None:
            place = np.array(failed[-1:])
            _put(mixtures, place, self.mixtures.at(replicates[place]))
        return self.ground.problem.penalised(moments), failed

    def _tried(self, mixtures: Parameters, replicates: np.ndarray, failed: list[int]) -> Moments | None:
        try:
            return self.passes(mixtures, replicates)
        except NotPositiveDefinite as failure:
            if failure.mixture in failed:
                raise
            failed.append(failure.mixture)
            return None

    def _scores(self, mixtures: Parameters, moments: Moments) -> Array:
        return self.ground.chart.score(mixtures, moments, self.ground.total)

    def _values(self, scores: Array, moments: Moments) -> Array:
        """Return what speaks for mixtures (m,), in nats: the log-likelihood.

        Under a penalty, which is seen from where one stands, it is what a Newton step would still gain.
        """
        if self.ground.problem.penalty is None:
            return moments.loglik.copy()
        return -0.5 * self.ground.total * np.einsum("mi,ij,mj->m", scores, self.ground.inverse, scores)


def climbed(ground: Ground, passes: Passes, count: int, tol: float) -> Ends:
    """Climb from the fit, for so many replicates, until at most ``tol`` nats seem to be ahead of each.

    In the fit's chart a replicate begins at the origin, near its maximum, and the fit's information is about
    its own: a quasi-Newton step (BFGS) from there gets close, and secants do the rest. Where one loses
    likelihood the EM step is next. All that is not passes is done for all replicates in one call.
    """
    climb = _Climb(ground, passes, count)
    for _ in range(MOST_PASSES):
        alive = np.flatnonzero((climb.remaining() > tol) | climb.lost)
        if not len(alive):
            break
        climb.step(alive)
    return Ends(climb.mixtures, climb.remaining())


def _writable(mixtures: Parameters) -> Parameters:
    """Return a copy, of covariances that are shared too."""
    return Parameters(mixtures.weights.copy(), mixtures.means.copy(), mixtures.covariances.copy())


def _put(into: Parameters, places: np.ndarray, these: Parameters) -> None:
    into.weights[places], into.means[places] = these.weights, these.means
    into.covariances[places] = these.covariances


def _put_moments(into: Moments, places: np.ndarray, these: Moments) -> None:
    into.means[places], into.counts[places] = these.means, these.counts
    into.sums[places], into.scatters[places] = these.sums, these.scatters
    into.loglik[places] = these.loglik
