"""Acceleration: look around with the same read of the data, and go where Newton's method points."""

from __future__ import annotations

import math

import numpy as np
from scipy.linalg.lapack import dgesv, dsyev  # without the checks, dearer than the algebra, of numpy.linalg

from ..model.moments import Moments
from ..model.parameters import Array, Parameters
from ..structures import Floor, Structure
from .coordinates import Chart
from .stopping import rounding

MOST_PROBES = 16  # neighbours looked at in one pass; with as many parameters or fewer, all directions
MANY = 256  # parameters, beyond which half the probes serve: a pass costs more than they save
LENGTHS = (1.0, 2.0, 4.0, 0.5, 0.25)  # of the candidate steps, in trust radii; the first is probed
FIRST_RADIUS = 0.1  # in the chart's unit: a standard deviation of one row, its component known
LARGEST_RADIUS = 2.0
FLAT = 1e-7  # curvatures below this, of 1 for a known component, are rounding
SADDLE = -1e-5  # a curvature below this is one of a saddle, not of rounding
RESOLVED = 1e-5  # a curvature below this may be none: along it the maximum may be anywhere within REACH
REACH = 0.1
COAST = 0.1  # the share of what was ahead that a step may leave for its curvature to serve again
TINY = float(np.finfo(np.float64).tiny)


class Newton:
    """Climb by Newton steps of bounded length from the scores of neighbouring mixtures.

    One pass evaluates a stack of mixtures for one read of the data: some candidates for the next step, from
    short to long, the EM step, and around the first candidate its neighbours along a basis. The best
    candidate is the next mixture; where none is better, the exact EM step is among the next. So the
    likelihood never falls, and the worst that can happen is an EM step every other pass.
    A candidate's length is that of its longest part along an eigenvector: the quadratic model's best step
    that is nowhere longer is the Newton step cut off along each.
    The neighbours' scores give the curvature there: eigenvalues of I - J, with J the Jacobian of the EM map,
    from 0, where EM crawls, to 1, where an EM step is a Newton step; below 0 the way leads off a saddle.

    A step that leaves little of what was ahead shows that the curvature is right: it serves again, and the
    next pass needs no probes. With more parameters than probes, the basis follows the slow directions: J
    times the basis, once a pass, is a subspace iteration. Across the rest, EM is fast, and its step is taken.

    What lost, in passes to 1e-6 nats on 12 problems (plain EM up to 20,000 and more, this up to 50): Anderson
    acceleration of depth 5 to 20 (12 to 550 on the easy ones, over 600 on four), BFGS and SR1 from secants of
    the path (13 to 160, over 300 on four), the Jacobian of EM's own steps in place of the score's (over 150
    on the two flattest), passes for the probes and for the candidates apart (twice as many), steps bent by
    the third derivative along the last one (no fewer).
    """

    def __init__(
        self,
        structure: Structure,
        floor: Floor,
        total_weight: float,
        at: Parameters,
        moments: Moments,
        path: list[Parameters],
    ) -> None:
        self.structure, self.floor, self.total_weight = structure, floor, total_weight
        self.at, self.moments, self.loglik = at, moments, float(moments.loglik)
        self.chart = Chart(structure, floor, total_weight, at)
        self.score = self.chart.score(one(at), moments.at(None))[0]
        self.here = np.zeros(self.chart.size)  # y of the mixture in the chart
        self.rose = True  # in the last pass
        self.radius = FIRST_RADIUS
        self.remaining = math.inf  # nats to the maximum of the quadratic model
        self.curvatures: Array | None = None  # (b,), rising
        self.proposed: Parameters | None = None
        self.lengths: list[float] = []  # of the Newton steps proposed
        self.coasting = False  # the last curvature serves once more, without probes
        size = self.chart.size
        self.vectors = np.empty((size, 0))  # (q, b), the directions that the curvatures belong to
        probes = probes_of(structure, at)
        self.everywhere = probes == size  # probes lie in all directions
        if self.everywhere:
            self.basis = np.eye(size)
        else:
            # the path of EM bends into the slow directions; noise finds those that it has not met
            steps = [self.chart.coordinates(one(p))[0] for p in path]
            noise = np.random.default_rng(size).normal(size=(probes, size))
            self.basis = np.linalg.qr(np.vstack([*np.diff(steps, axis=0), noise]).T)[0][:, :probes]

    @property
    def certain(self) -> bool:
        """Say whether the curvature is known, and that of a maximum."""
        return self.curvatures is not None and bool(self.curvatures[0] >= SADDLE)

    @property
    def score_norm(self) -> float:
        """Return the length of the score, in standard errors that complete data would have."""
        return self.chart.norm(self.score)

    def proposals(self) -> Parameters:
        """Return a stack for the next pass: the EM step, Newton steps, the first choice last, probes."""
        rows = [self._em_step()]
        if self.curvatures is not None:
            rows.append(self.here + self._steps())
        if not self.coasting:
            rows.append(rows[-1][-1] + self.chart.resolution * self.basis.T)
        self.y = np.concatenate(rows)
        self.proposed = self.chart.mixtures(self.y)
        return self.proposed

    def _em_step(self) -> Array:
        """Return y (1, q) of the EM step, to first order the score: exactly where steps have failed."""
        if self.rose and self.curvatures is not None:
            return (self.here + self.score)[None]
        return self.chart.coordinates(one(self.structure.maximise(self.moments, self.floor)))

    def _steps(self) -> Array:
        """Return Newton steps, each within its length: (A + nu)^-1 score, with nu found from the length."""
        assert self.curvatures is not None
        on_saddle = bool(self.curvatures[0] < SADDLE)
        longest = math.inf if on_saddle else float(np.abs(self.whole).max())
        lengths, arrived = [], False
        for length in LENGTHS[:1] if self.coasting else LENGTHS:
            beyond = length * self.radius >= longest
            if not (beyond and arrived):  # lengths beyond the whole Newton step all give that one
                lengths.append(length)
            arrived = arrived or beyond
        self.lengths = lengths[::-1]
        limits = self.radius * np.array(self.lengths)[:, None]
        steps = np.minimum(np.maximum(self.whole, -limits), limits)
        if on_saddle:
            # the score may vanish along the way up: leave it nevertheless
            steps = np.where(self.curvatures < SADDLE, np.copysign(limits, self.slopes), steps)
        steps = steps @ self.vectors.T
        if not self.everywhere:
            steps += np.minimum(1.0, limits / (np.linalg.norm(self.rest) + TINY)) * self.rest
        return np.asarray(steps)

    def learn(self, moments: Moments) -> None:
        """Move to the best candidate, given the proposals' moments; take the curvature from the probes."""
        assert self.proposed is not None
        first = len(self.lengths) if self.curvatures is not None else 0  # of the candidates the last
        logliks = [
            -math.inf if math.isnan(value) else value for value in moments.loglik[: first + 1].tolist()
        ]
        best, noise = max(range(first + 1), key=logliks.__getitem__), rounding(self.loglik)
        if logliks[first] >= logliks[best] - noise:  # a difference of rounding is no reason to change course
            best = first
        before, self.rose = self.remaining, logliks[best] >= self.loglik - noise
        y = self.y
        if self.rose:
            self.at, self.moments, self.loglik = self.proposed.at(best), moments.at(best), logliks[best]
            self.here = self.y[best]
            if not (self.chart.exact and self.chart.serves(self.here)):
                self.chart = Chart(self.structure, self.floor, self.total_weight, self.at)
                self.here, y = np.zeros(self.chart.size), self.chart.coordinates(self.proposed)
        scores = self.chart.score(self.proposed, moments)
        if self.rose:
            self.score = scores[best]
        if first:
            shorter = min(LENGTHS)
            self.radius *= shorter**2 if not self.rose else self.lengths[best - 1] if best else shorter
            # never shorter than an EM step, which needs no trust
            self.radius = min(max(self.radius, math.sqrt(self.score @ self.score)), LARGEST_RADIUS)
        curvatures = self.curvatures
        # at the floor probes have been bent back
        if not (self.coasting or self.floor.touches(self.proposed.covariances[first]).any()):
            curvatures = self._look(y[first + 1 :] - y[first], scores[first] - scores[first + 1 :])
        if curvatures is not None:
            self.aim(curvatures)
            resolved = bool(curvatures[0] > RESOLVED)
            self.coasting = resolved and best == first > 0 and self.remaining < COAST * before

    def _look(self, ways: Array, changes: Array) -> Array:
        """Return the curvatures (b,) along which scores change (b, q) on ways (b, q); turn the vectors."""
        if self.everywhere:
            projected = dgesv(ways, changes)[2]
            curvatures, self.vectors, _ = dsyev(0.5 * (projected + projected.T))
            return np.asarray(curvatures)
        directions, r = np.linalg.qr(ways.T)
        bent = np.linalg.solve(r.T, changes).T  # A times the directions, (q, b)
        projected = directions.T @ bent
        curvatures, turn = np.linalg.eigh(0.5 * (projected + projected.T))
        self.vectors = directions @ turn
        slow = self.vectors - bent @ turn  # J times the vectors
        slow[:, -1] = self.score
        self.basis = np.linalg.qr(slow)[0]
        return np.asarray(curvatures)

    def aim(self, curvatures: Array) -> None:
        """Take a quadratic model with these curvatures (b,) along the vectors; see what is ahead in it."""
        self.curvatures = curvatures
        self.slopes = self.score @ self.vectors
        bends = np.maximum(np.abs(curvatures), FLAT)
        self.whole = self.slopes / bends  # the Newton step along the vectors, of any length
        if curvatures[0] < RESOLVED:
            ahead = 0.5 * self.slopes * self.whole
            flat = np.maximum(ahead, REACH * np.abs(self.slopes))
            total = float(np.where(curvatures < RESOLVED, flat, ahead).sum())
        else:
            total = 0.5 * float(self.slopes @ self.whole)
        if not self.everywhere:
            self.rest = self.score - self.vectors @ self.slopes  # across the vectors, where EM is fast
            total += 0.5 * float(self.rest @ self.rest)
        self.remaining = self.total_weight * total


def probes_of(structure: Structure, mixture: Parameters) -> int:
    """Return how many neighbours a pass looks at."""
    parameters = structure.n_parameters(mixture.n_components, mixture.n_features)
    return min(parameters, MOST_PROBES if parameters <= MANY else MOST_PROBES // 2)


def one(mixture: Parameters) -> Parameters:
    """Return a stack of this one mixture."""
    return mixture.at(None)
