"""Newton's method: look around with the same read of the data, and go where the curvature points."""

from __future__ import annotations

import math
from collections.abc import Sequence
from contextlib import suppress

import numpy as np
from scipy.linalg.lapack import dgesv, dsyev  # without the checks, dearer than the algebra, of numpy.linalg

from ..model.parameters import Array, Parameters
from .evaluation import Evaluation
from .problem import Problem
from .quadratic import LEFT, RESOLVED, Quadratic
from .solver import SecondOrder
from .stopping import rounding

MOST_PROBES = 16  # neighbours looked at in one pass; with as many parameters or fewer, all directions
MANY = 256  # parameters, beyond which half the probes serve: a pass costs more than they save
LENGTHS = (1.0, 2.0, 4.0, 0.5, 0.25)  # of the candidate steps, in trust radii; the first is probed
FIRST_RADIUS = 0.1  # in the chart's unit: a standard deviation of one row, its component known
LARGEST_RADIUS = 2.0
COAST = 0.1  # the share of what was ahead that a step may leave for its curvature to serve again


class Newton(SecondOrder):
    """Climb by Newton steps of bounded length from the scores of neighbouring mixtures.

    One pass evaluates a stack of mixtures for one read of the data: some candidates for the next step, from
    short to long, the EM step, and around the first candidate its neighbours along a basis. The best
    candidate is the next mixture; where none is better, the exact EM step is among the next. So the
    likelihood never falls, and the worst that can happen is an EM step every other pass.
    A candidate's length is that of its longest part along an eigenvector: the quadratic model's best step
    that is nowhere longer is the Newton step cut off along each.
    The neighbours' scores give the curvature there: see `Quadratic`.

    A step that leaves little of what was ahead shows that the curvature is right: it serves again, and the
    next pass needs no probes. With more parameters than probes, the basis follows the slow directions: J
    times the basis, once a pass, is a subspace iteration. Across the rest, EM is taken to be fast, and its
    step is taken; that nothing else lies there is for `Confirmation` to see.

    What lost, in passes to 1e-6 nats on 12 problems (plain EM up to 20,000 and more, this up to 50): Anderson
    acceleration of depth 5 to 20 (12 to 550 on the easy ones, over 600 on four), BFGS and SR1 from secants of
    the path (13 to 160, over 300 on four), the Jacobian of EM's own steps in place of the score's (over 150
    on the two flattest), passes for the probes and for the candidates apart (twice as many), steps bent by
    the third derivative along the last one (no fewer).
    """

    def __init__(
        self,
        problem: Problem,
        here: Evaluation,
        path: Sequence[Parameters] = (),
        vectors: Array | None = None,
    ) -> None:
        self.problem = problem
        self.here = here
        self.chart = problem.parametrisation(here.mixtures)
        self.score = problem.score(self.chart, here.stacked())[0]
        self.y_here = np.zeros(self.chart.size)  # y of the mixture in the chart
        self.rose = True  # in the last pass
        self.radius = FIRST_RADIUS
        self.remaining = math.inf  # nats to the maximum of the quadratic model
        self.model: Quadratic | None = None
        self.agreed = False  # the last step left as little ahead as the model said
        self.lengths: list[float] = []  # of the Newton steps proposed
        self.coasting = False  # the last curvature serves once more, without probes
        self.y = np.empty((0, self.chart.size))  # of what was proposed
        size = self.chart.size
        probes = n_probes(size)
        self.everywhere = probes == size  # probes lie in all directions
        if self.everywhere:
            self.basis = np.eye(size)
        else:
            # the path of EM bends into the slow directions; noise finds those that it has not met
            known = [] if vectors is None else list(vectors.T[: probes // 2])
            steps = [self.chart.coordinates(one(p))[0] for p in path]
            noise = np.random.default_rng(size).normal(size=(probes, size))
            found = [*known, *(np.diff(steps, axis=0) if len(steps) > 1 else []), *noise]
            self.basis = np.linalg.qr(np.array(found).T)[0][:, :probes]

    @property
    def certain(self) -> bool:
        """Say whether the curvature is known, and that of a maximum."""
        return self.model is not None and not self.model.on_saddle

    def propose(self) -> Parameters:
        """Return a stack for the next pass: the EM step, Newton steps, the first choice last, probes."""
        rows = [self._em_step()]
        if self.model is not None:
            rows.append(self.y_here + self._steps(self.model))
        if not self.coasting:
            rows.append(rows[-1][-1] + self.chart.resolution * self.basis.T)
        self.y = np.concatenate(rows)
        return self.chart.mixtures(self.y)

    def _em_step(self) -> Array:
        """Return y (1, q) of the EM step, to first order the score: exactly where steps have failed."""
        if self.rose and self.model is not None:
            return (self.y_here + self.score)[None]
        return self.chart.coordinates(one(self.here.steps))

    def _steps(self, model: Quadratic) -> Array:
        """Return Newton steps, each within its length."""
        longest = model.longest()
        lengths, arrived = [], False
        for length in LENGTHS[:1] if self.coasting else LENGTHS:
            beyond = length * self.radius >= longest
            if not (beyond and arrived):  # lengths beyond the whole Newton step all give that one
                lengths.append(length)
            arrived = arrived or beyond
        self.lengths = lengths[::-1]
        return model.steps(self.radius * np.array(self.lengths))

    def learn(self, evaluation: Evaluation) -> None:
        """Move to the best candidate; take the curvature from the probes."""
        problem = self.problem
        if evaluation.all_failed:
            self.rose = self.coasting = self.agreed = False
            self.radius *= min(LENGTHS) ** 2
            return
        first = len(self.lengths) if self.model is not None else 0  # of the candidates the last
        values, before = self._merits(evaluation.at(slice(0, first + 1)))
        values = [-math.inf if math.isnan(value) else value for value in values]
        noise = rounding(float(self.here.loglik))
        best = max(range(first + 1), key=values.__getitem__)
        if values[first] >= values[best] - noise:  # a difference of rounding is no reason to change course
            best = first
        self.rose = values[best] >= before - noise
        y = self.y
        if self.rose:
            self.here = evaluation.at(best)
            self.y_here = self.y[best]
            if not self.chart.serves(self.y_here):
                self.chart = problem.parametrisation(self.here.mixtures)
                self.y_here, y = np.zeros(self.chart.size), self.chart.coordinates(evaluation.mixtures)
        scores = problem.score(self.chart, evaluation)
        if self.rose:
            self.score = scores[best]
        if first:
            shorter = min(LENGTHS)
            self.radius *= shorter**2 if not self.rose else self.lengths[best - 1] if best else shorter
            # never shorter than an EM step, which needs no trust
            self.radius = min(max(self.radius, math.sqrt(self.score @ self.score)), LARGEST_RADIUS)
        known = self.model
        model = None if known is None else known.moved(self.score)
        # at the floor probes have been bent back
        if not (self.coasting or evaluation.failed or self._at_floor(evaluation, first)):
            # neighbours that have been raised on to each other span too little to learn from
            with suppress(np.linalg.LinAlgError):
                model = self._look(y[first + 1 :] - y[first], scores[first] - scores[first + 1 :])
        if model is not None:
            ahead = self.remaining
            self.model = model
            self.remaining = problem.source.total_weight * self.model.ahead()
            self.agreed = self.rose and self.remaining <= LEFT * ahead
            resolved = bool(self.model.curvatures[0] > RESOLVED)
            self.coasting = resolved and best == first > 0 and self.remaining < COAST * ahead

    def _merits(self, candidates: Evaluation) -> tuple[list[float], float]:
        """Return what speaks for each candidate (m,), and for the mixture where one stands, in nats.

        That is the objective. One that is seen from where one stands is no guide where the way is flat: there
        it is what the Newton step from each would still have ahead (Deuflhard 2011, Newton Methods for
        Nonlinear Problems, section 3.1.4).
        """
        problem, model = self.problem, self.model
        if problem.penalty is None or model is None or model.curvatures[0] <= RESOLVED:
            own = float(problem.objective(self.here, self.here))
            values: list[float] = problem.objective(candidates, self.here).tolist()
            return values, own
        total = problem.source.total_weight
        scores = problem.score(self.chart, candidates)
        ahead = [-total * model.moved(score).ahead() for score in scores]
        for failed in candidates.failed:
            ahead[failed] = -math.inf
        return ahead, -total * model.moved(self.score).ahead()

    def _at_floor(self, evaluation: Evaluation, first: int) -> bool:
        return bool(self.problem.at_floor(evaluation.mixtures.at(first)).any())

    def _look(self, ways: Array, changes: Array) -> Quadratic:
        """Return the model of scores that change (b, q) on ways (b, q)."""
        if self.everywhere:
            projected = dgesv(ways, changes)[2]
            curvatures, vectors, _ = dsyev(0.5 * (projected + projected.T))
            turning = vectors.T @ projected.T @ vectors if self.problem.penalty is not None else None
            return Quadratic(self.score, curvatures, vectors, turning=turning)
        directions, r = np.linalg.qr(ways.T)
        bent = np.linalg.solve(r.T, changes).T  # A times the directions, (q, b)
        projected = directions.T @ bent
        curvatures, turn = np.linalg.eigh(0.5 * (projected + projected.T))
        vectors = directions @ turn
        slow = vectors - bent @ turn  # J times the vectors
        slow[:, -1] = self.score
        self.basis = np.linalg.qr(slow)[0]
        turning = turn.T @ projected @ turn if self.problem.penalty is not None else None
        return Quadratic(self.score, curvatures, vectors, turning=turning)


def n_probes(parameters: int) -> int:
    """Return how many neighbours a pass looks at."""
    return min(parameters, MOST_PROBES if parameters <= MANY else MOST_PROBES // 2)


def one(mixture: Parameters) -> Parameters:
    """Return a stack of this one mixture."""
    return mixture.at(None)
