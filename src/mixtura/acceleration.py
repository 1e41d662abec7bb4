"""Acceleration: look around with the same read of the data, and go where Newton's method points."""

from __future__ import annotations

import numpy as np

from .coordinates import Chart
from .moments import Moments
from .parameters import Array, Parameters
from .stopping import rounding
from .structures import Floor, Structure

MOST_PROBES = 16  # neighbours looked at in one pass; with as many parameters or fewer, all directions
LENGTHS = np.array([1.0, 2.0, 4.0, 0.5, 0.25])  # of the candidate steps, in trust radii; the first is probed
FIRST_RADIUS = 0.1  # in the chart's unit: a standard deviation of one row, its component known
LARGEST_RADIUS = 2.0
STEP = 1e-6  # from a mixture to its probes, where coordinates carry 16 digits
FLAT = 1e-7  # curvatures below this, of 1 for a known component, are rounding
SADDLE = -1e-5  # a curvature below this is one of a saddle, not of rounding
TINY = np.finfo(np.float64).tiny


class Newton:
    """Climb by Newton steps of bounded length from the scores of neighbouring mixtures.

    One pass evaluates a stack of mixtures for one read of the data: some candidates for the next step, from
    short to long, the plain EM step, and around the first candidate its neighbours along a basis. The best
    candidate is the next mixture, so the likelihood never falls, and the worst that can happen is an EM step.
    The neighbours' scores give the curvature there: eigenvalues of I - J, with J the Jacobian of the EM map,
    from 0, where EM crawls, to 1, where an EM step is a Newton step; below 0 the way leads off a saddle.

    With more parameters than probes, the basis follows the slow directions: applying J to it once a pass is a
    subspace iteration, and across the rest, where EM is fast, the step is the EM step.

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
        self.score_norm = float(np.linalg.norm(self.score)) * np.sqrt(self.total_weight)

    def proposals(self) -> Parameters:
        """Return a stack for the next pass: candidates, the last of them the EM step, and probes."""
        chart = self.chart
        candidates = chart.coordinates(one(self.structure.maximise(self.moments, self.floor)))
        if self.curvatures is not None:
            candidates = np.concatenate([self._steps(), candidates])
        # coordinates of means carry fewer digits where the data lie far from the origin
        deviations = np.sqrt(np.diagonal(self.at.covariances, axis1=-2, axis2=-1))
        noise = np.finfo(np.float64).eps * float((np.abs(self.at.means) / deviations).max())
        probes = candidates[0] + max(STEP, np.sqrt(noise)) * self.basis.T
        self.proposed = chart.mixtures(np.concatenate([candidates, probes]))
        return self.proposed

    def _steps(self) -> Array:
        """Return Newton steps (5, q), each within its length: (A + nu)^-1 score, nu found from the length."""
        assert self.curvatures is not None
        slopes = self.score @ self.vectors
        rest = self.score - self.vectors @ slopes
        lengths = self.radius * LENGTHS[:, None]
        bends = np.maximum(np.abs(self.curvatures), FLAT)
        shift = np.zeros_like(lengths)
        for _ in range(8):  # Newton's method on 1 / length, from below (More and Sorensen 1983, section 3)
            squares = (slopes / (bends + shift)) ** 2
            square = squares.sum(1, keepdims=True) + TINY
            excess = np.maximum(np.sqrt(square) / lengths - 1.0, 0.0)
            shift += excess * square / ((squares / (bends + shift)).sum(1, keepdims=True) + TINY)
        steps = slopes / (bends + shift)
        if self.curvatures[0] < SADDLE:
            # on a saddle the score may vanish along the way up: leave it nevertheless
            least = np.where(self.curvatures < SADDLE, lengths, 0.0)
            steps = np.where(np.abs(steps) < least, np.copysign(least, slopes), steps)
        return steps @ self.vectors.T + np.minimum(1.0, lengths / (np.linalg.norm(rest) + TINY)) * rest

    def learn(self, moments: Moments) -> None:
        """Move to the best candidate, given the proposals' moments; take the curvature from the probes."""
        assert self.proposed is not None
        b = self.basis.shape[1]
        c = len(moments.loglik) - b
        logliks = np.where(np.isnan(moments.loglik[:c]), -np.inf, moments.loglik[:c])
        best = int(np.argmax(logliks))
        rose = bool(logliks[best] >= self.loglik - rounding(self.loglik))
        if rose:
            self._move(self.proposed.at(best), moments.at(best))
        if c > 1:
            shorter = float(LENGTHS.min())
            self.radius *= shorter**2 if not rose else shorter if best == c - 1 else float(LENGTHS[best])
            # never shorter than an EM step, which needs no trust
            self.radius = min(max(self.radius, float(np.linalg.norm(self.score))), LARGEST_RADIUS)
        around = np.r_[0, c : c + b]
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
        if self.curvatures is not None:
            self.remaining = self._ahead(self.curvatures)

    def _ahead(self, curvatures: Array) -> float:
        """Return the nats to the maximum of the quadratic model."""
        slopes = self.score @ self.vectors
        rest = self.score - self.vectors @ slopes
        bends = np.maximum(np.abs(curvatures), FLAT)
        return 0.5 * self.total_weight * float((slopes**2 / bends).sum() + rest @ rest)


def probes_of(structure: Structure, mixture: Parameters) -> int:
    """Return how many neighbours a pass looks at."""
    return min(MOST_PROBES, structure.n_parameters(mixture.n_components, mixture.n_features))


def one(mixture: Parameters) -> Parameters:
    """Return a stack of this one mixture."""
    return mixture.at(None)
