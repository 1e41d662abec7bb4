"""Confirmation: where a climb has arrived, look for the ways up that it has not met."""

from __future__ import annotations

import math

import numpy as np

from ..model.parameters import Array, Parameters
from .evaluation import Evaluation
from .newton import n_probes
from .problem import Problem
from .quadratic import LEFT, RESOLVED, Quadratic
from .solver import SecondOrder
from .stopping import rounding

LEAST = 24  # directions looked at, where there are so many
MOST = 128  # after which what has been seen has to do
RESIDUAL = 0.25  # of the least curvature, that may be unknown of it when it is believed
FLATTER = 0.25  # of the least curvature, that directions not seen may have
LENGTHS = (0.05, 0.2, 0.8)  # of steps off a saddle, in the chart's unit, both ways
PARTS = (1.0, 0.5, 0.25, 0.1)  # of the Newton step
FIRST_LIMIT = 1.0  # in the chart's unit
TRIES = 3  # Newton steps by the same curvature, each leaving less than the last
SLIGHT = 0.05  # of the part that one may leave, what several may


class Confirmation(SecondOrder):
    """Find the least curvatures at a mixture where little seems to be ahead, and what is ahead indeed.

    A climb knows the curvature along the few directions that it has met. On a saddle or a plateau the score
    vanishes as it does at a maximum, and what has not been looked at may be flat, or lead up. So neighbours
    along a block of directions are evaluated at the same mixture, pass after pass, each block the residuals
    of the last: the Krylov space of I - J, in which the least eigenvalues appear first, whatever the path was
    (block Lanczos; Golub and Underwood 1977, Mathematical Software III). Random directions are among the
    first, without which a symmetry of the start would never be seen.

    Where that is done, the quadratic model of the whole space says what is ahead, and a last pass puts it to
    the test: a Newton step in that space has to leave little of what was ahead, for on a plateau the
    curvature is that of a maximum, and a step further on it is not. Off a saddle, the pass tries steps both
    ways along the least curvature.
    """

    def __init__(self, problem: Problem, here: Evaluation, tol: float, known: Array | None = None) -> None:
        self.problem, self.here, self.tol = problem, here, tol
        self.remaining = math.inf
        self.model: Quadratic | None = None
        self.looked = False  # enough has been seen, and the model says what is ahead
        self.finished = False  # and a step has shown whether it is right
        self.agreed = False  # it was
        self.tries = 0  # of such steps
        self.at_first = math.inf  # nats ahead along the vectors, before them
        self.chart = problem.parametrisation(here.mixtures)
        self.score = problem.score(self.chart, here.stacked())[0]
        size = self.chart.size
        self.width = n_probes(size)
        self.ways = self.bends = np.empty((size, 0))  # (q, b), orthonormal, and A = I - J times them
        noise = np.random.default_rng(size).normal(size=(size, self.width))
        known = np.empty((size, 0)) if known is None else known[:, : self.width // 2]
        self.block = self._new(np.column_stack([self.score, known, noise])[:, : self.width])
        self.y_here = np.zeros(size)  # y of the mixture in the chart
        self.candidates = np.empty((0, size))

    def aim_for(self, tol: float) -> None:
        """Go on to another tolerance, in nats."""
        self.tol = tol

    @property
    def certain(self) -> bool:
        """Say whether the least curvature is known, and that of a maximum, where the model holds."""
        return self.agreed and self.model is not None and not self.model.on_saddle

    def propose(self) -> Parameters:
        """Return the neighbours along the next block, or, when all has been seen, steps that should gain."""
        if self.looked:
            y = self.candidates = self._candidates()
        else:
            y = self.chart.resolution * self.block.T
        return self.chart.mixtures(y)

    def learn(self, evaluation: Evaluation) -> None:
        """Add what a block of neighbours shows, or take the best of the steps."""
        if evaluation.all_failed:
            self.finished = True
            return
        if self.looked:
            self._move(evaluation)
            return
        # others stand in the places of neighbours that are no mixtures
        block = np.delete(self.block, evaluation.failed, axis=1)
        scores = self.problem.score(self.chart, evaluation)
        bends = np.delete((self.score[:, None] - scores.T) / self.chart.resolution, evaluation.failed, axis=1)
        self.ways = np.column_stack([self.ways, block])
        self.bends = np.column_stack([self.bends, bends])
        projected = self.ways.T @ self.bends
        curvatures, turn = np.linalg.eigh(0.5 * (projected + projected.T))
        vectors = self.ways @ turn
        residuals = self.bends @ turn - vectors * curvatures
        unknown = np.linalg.norm(residuals, axis=0)
        dims, size = self.ways.shape[1], self.chart.size
        least = float(curvatures[0])
        across = max(min(1.0, FLATTER * least), RESOLVED)
        turning = turn.T @ projected @ turn if self.problem.penalty is not None else None
        self.model = Quadratic(self.score, curvatures, vectors, across=across, turning=turning)
        self.remaining = self.problem.source.total_weight * self.model.ahead()
        self.at_first = self.problem.source.total_weight * self.model.ahead_along()
        settled = dims >= min(LEAST, size) and unknown[0] <= RESIDUAL * abs(least)
        self.block = self._new(residuals[:, : self.width]) if dims < size else self.block[:, :0]
        self.looked = bool(evaluation.failed) or settled or dims >= MOST or not self.block.shape[1]

    def _new(self, directions: Array) -> Array:
        """Return what is new in directions (q, b), orthonormal."""
        for _ in range(2):  # once is not enough in floating point
            directions = directions - self.ways @ (self.ways.T @ directions)
            lengths = np.linalg.norm(directions, axis=0)
            directions = directions[:, lengths > 0] / lengths[lengths > 0]
        q, r = np.linalg.qr(directions)
        room = self.chart.size - self.ways.shape[1]
        return np.asarray(q[:, np.abs(np.diagonal(r)) > 1e-8][:, :room])

    def _candidates(self) -> Array:
        """Return y (m, q) of steps that the model promises to gain by."""
        assert self.model is not None
        if self.model.on_saddle:
            way = self.model.vectors[:, 0]
            return np.array([side * length * way for length in LENGTHS for side in (1.0, -1.0)])
        whole = self.model.steps(np.array([FIRST_LIMIT]))[0]
        parts = PARTS if self.remaining > self.tol else PARTS[:1]
        return np.array([self.y_here + part * whole for part in parts])

    def _move(self, evaluation: Evaluation) -> None:
        """Go to the best of the steps if it gains, and see what is ahead there."""
        assert self.model is not None
        values = np.nan_to_num(self.problem.objective(evaluation, self.here), nan=-np.inf)
        before = float(self.problem.objective(self.here, self.here))
        best, noise = int(values.argmax()), rounding(before)
        self.tries += 1
        if values[best] < before - noise:
            self.finished = True
            return
        self.here, self.y_here = evaluation.at(best), self.candidates[best]
        self.score = self.problem.score(self.chart, self.here.stacked())[0]
        # the curvature is still that of a step ago, which a short step leaves as it was
        old = self.model
        self.model = old.moved(self.score)
        total = self.problem.source.total_weight
        self.remaining = total * self.model.ahead()
        left = total * self.model.ahead_along()
        few = max(LEFT * total * old.ahead_along(), LEFT * SLIGHT * self.at_first, noise)
        self.agreed = left <= few and not old.on_saddle
        self.finished = self.agreed or self.remaining > self.tol or old.on_saddle or self.tries == TRIES
