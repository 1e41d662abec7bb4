"""Acceleration: look around with the same read of the data, and go where Newton's method points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .coordinates import Chart
from .moments import Moments
from .parameters import Array, Parameters
from .stopping import rounding
from .structures import Floor, Structure

MOST_PROBES = 16  # neighbours looked at in one pass; with as many parameters or fewer, all directions
MANY = 256  # parameters, beyond which half the probes serve: a pass costs more than they save
LENGTHS = np.array([1.0, 2.0, 4.0, 0.5, 0.25])  # of the candidate steps, in trust radii; the first is probed
FIRST_RADIUS = 0.1  # in the chart's unit: a standard deviation of one row, its component known
LARGEST_RADIUS = 2.0
STEP = 1e-6  # from a mixture to its probes, where coordinates carry 16 digits
FLAT = 1e-7  # curvatures below this, of 1 for a known component, are rounding
SADDLE = -1e-5  # a curvature below this is one of a saddle, not of rounding
RESOLVED = 1e-5  # a curvature below this may be none: along it the maximum may be anywhere within REACH
REACH = 0.1
COAST = 0.1  # the share of what was ahead that a step may leave for its curvature to serve again
TINY = np.finfo(np.float64).tiny


class Newton:
    """Climb by Newton steps of bounded length from the scores of neighbouring mixtures.

    One pass evaluates a stack of mixtures for one read of the data: some candidates for the next step, from
    short to long, the plain EM step, and around the first candidate its neighbours along a basis. The best
    candidate is the next mixture, so the likelihood never falls, and the worst that can happen is an EM step.
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
        self.radius = FIRST_RADIUS
        self.remaining = np.inf  # nats to the maximum of the quadratic model
        self.curvatures: Array | None = None  # (b,), rising
        self.proposed: Parameters | None = None
        self.lengths = LENGTHS[:0]  # of the candidates proposed, without the EM step
        self.coasting = False  # the last curvature serves once more, without probes
        self._move(at, moments)
        size = self.chart.size
        self.vectors = np.empty((size, 0))  # (q, b), the directions that the curvatures belong to
        probes = probes_of(structure, at)
        if probes == size:
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

    def _move(self, at: Parameters, moments: Moments) -> None:
        """Stand at a mixture (k,), given its moments."""
        self.at, self.moments, self.loglik = at, moments, float(moments.loglik)
        self.chart = Chart(self.structure, self.floor, self.total_weight, at)
        self.score = self.chart.score(one(at), moments.at(None))[0]
        self.score_norm = self.chart.norm(self.score)

    def proposals(self) -> Parameters:
        """Return a stack for the next pass: candidates, the last of them the EM step, and probes."""
        chart = self.chart
        candidates = chart.coordinates(one(self.structure.maximise(self.moments, self.floor)))
        if self.curvatures is not None:
            candidates = np.concatenate([self._steps(self.curvatures), candidates])
        if self.coasting:
            self.proposed = chart.mixtures(candidates)
            return self.proposed
        # coordinates of means carry fewer digits where the data lie far from the origin
        deviations = np.sqrt(np.diagonal(self.at.covariances, axis1=-2, axis2=-1))
        noise = np.finfo(np.float64).eps * float((np.abs(self.at.means) / deviations).max())
        probes = candidates[0] + max(STEP, np.sqrt(noise)) * self.basis.T
        self.proposed = chart.mixtures(np.concatenate([candidates, probes]))
        return self.proposed

    def _steps(self, curvatures: Array) -> Array:
        """Return Newton steps, each within its length: (A + nu)^-1 score, with nu found from the length."""
        slopes = self.score @ self.vectors
        rest = self.score - self.vectors @ slopes
        bends = np.maximum(np.abs(curvatures), FLAT)
        saddle = curvatures < SADDLE
        self.lengths = LENGTHS[:1] if self.coasting else LENGTHS
        if not saddle.any():  # lengths beyond the whole Newton step all give that one
            beyond = self.lengths * self.radius >= np.linalg.norm(slopes / bends)
            self.lengths = self.lengths[~beyond | (np.cumsum(beyond) == 1)]
        lengths = self.radius * self.lengths[:, None]
        shift = np.zeros_like(lengths)
        for _ in range(8):  # Newton's method on 1 / length, from below (More and Sorensen 1983, section 3)
            squares = (slopes / (bends + shift)) ** 2
            square = squares.sum(1, keepdims=True) + TINY
            excess = np.maximum(np.sqrt(square) / lengths - 1.0, 0.0)
            shift += excess * square / ((squares / (bends + shift)).sum(1, keepdims=True) + TINY)
        steps = slopes / (bends + shift)
        if saddle.any():
            # on a saddle the score may vanish along the way up: leave it nevertheless
            least = np.where(saddle, lengths, 0.0)
            steps = np.where(np.abs(steps) < least, np.copysign(least, slopes), steps)
        return steps @ self.vectors.T + np.minimum(1.0, lengths / (np.linalg.norm(rest) + TINY)) * rest

    def learn(self, moments: Moments) -> None:
        """Move to the best candidate, given the proposals' moments; take the curvature from the probes."""
        assert self.proposed is not None
        b = 0 if self.coasting else self.basis.shape[1]
        c = len(moments.loglik) - b
        before = self.remaining
        logliks = np.where(np.isnan(moments.loglik[:c]), -np.inf, moments.loglik[:c])
        best = int(np.argmax(logliks))
        rose = bool(logliks[best] >= self.loglik - rounding(self.loglik))
        if rose:
            self._move(self.proposed.at(best), moments.at(best))
        if c > 1:
            shorter = float(LENGTHS.min())
            self.radius *= shorter**2 if not rose else shorter if best == c - 1 else float(self.lengths[best])
            # never shorter than an EM step, which needs no trust
            self.radius = min(max(self.radius, float(np.linalg.norm(self.score))), LARGEST_RADIUS)
        if b:
            self._look(moments, np.r_[0, c : c + b])
        if self.curvatures is not None:
            self.remaining = self._ahead(self.curvatures)
            self.coasting = self.curvatures[0] > RESOLVED and best == 0 and self.remaining < COAST * before

    def _look(self, moments: Moments, around: NDArray[np.intp]) -> None:
        """Take the curvature from the scores of probes around a candidate, the first of ``around``."""
        assert self.proposed is not None
        b = len(around) - 1
        probes, seen = self.proposed.at(around), moments.at(around)
        y, scores = self.chart.coordinates(probes), self.chart.score(probes, seen)
        directions, r = np.linalg.qr((y[1:] - y[0]).T)
        lengths = np.abs(np.diagonal(r))
        if lengths.min() > 1e-3 * lengths.max():  # else the floor has bent probes back
            bent = np.linalg.solve(r.T, scores[0] - scores[1:]).T  # A times the directions, (q, b)
            projected = directions.T @ bent
            self.curvatures, turn = np.linalg.eigh(0.5 * (projected + projected.T))
            self.vectors = directions @ turn
            if b < len(self.score):
                slow = self.vectors - bent @ turn  # J times the vectors
                slow[:, -1] = self.score
                self.basis = np.linalg.qr(slow)[0]

    def _ahead(self, curvatures: Array) -> float:
        """Return the nats to the maximum of the quadratic model."""
        slopes = self.score @ self.vectors
        rest = self.score - self.vectors @ slopes
        bends = np.maximum(np.abs(curvatures), FLAT)
        ahead = 0.5 * slopes**2 / bends
        flat = np.maximum(ahead, REACH * np.abs(slopes))
        ahead = np.where(curvatures < RESOLVED, flat, ahead)
        return self.total_weight * float(ahead.sum() + 0.5 * rest @ rest)


def probes_of(structure: Structure, mixture: Parameters) -> int:
    """Return how many neighbours a pass looks at."""
    parameters = structure.n_parameters(mixture.n_components, mixture.n_features)
    return min(parameters, MOST_PROBES if parameters <= MANY else MOST_PROBES // 2)


def one(mixture: Parameters) -> Parameters:
    """Return a stack of this one mixture."""
    return mixture.at(None)
