"""What a solver is: a way to propose mixtures, and to learn from what a pass finds under them."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod

import numpy as np

from ..model.parameters import Array, Parameters
from ..structures import Parametrisation
from .evaluation import Evaluation
from .problem import Problem
from .quadratic import Quadratic


class Solver(ABC):
    """Plain EM, Anderson acceleration, Newton's method, and the look around that confirms a maximum.

    `mixtura.em.switching` asks one after the other for `propose`, has that evaluated in one read of the data,
    and hands the evaluation to `learn`.
    """

    problem: Problem
    here: Evaluation  # the best mixture so far, a single one
    remaining: float  # nats that seem to be ahead of it

    def bind(self, problem: Problem) -> None:
        """Go on with this problem, which is the one it began with."""
        self.problem = problem
        self.here = self.here.bound(problem)

    def aim_for(self, tol: float) -> None:  # noqa: B027
        """Go on to another tolerance, in nats."""

    @property
    @abstractmethod
    def certain(self) -> bool:
        """Say whether all that is known of the curvature is that of a maximum."""

    @abstractmethod
    def propose(self) -> Parameters:
        """Return the stack (m,) that the next pass is to evaluate."""

    @abstractmethod
    def learn(self, evaluation: Evaluation) -> None:
        """Take the evaluation of what was proposed: move, and see what is ahead."""


class SecondOrder(Solver):
    """A solver that knows the score where it stands, and the curvature along some directions."""

    chart: Parametrisation
    score: Array  # (q,), over the total weight
    model: Quadratic | None

    @property
    def score_norm(self) -> float:
        """Return the length of the score, in standard errors that complete data would have."""
        return math.sqrt(self.problem.source.total_weight * (self.score @ self.score))

    @property
    def vectors(self) -> Array:
        """Return the directions (q, b) whose curvatures are known, flattest first."""
        return np.empty((self.chart.size, 0)) if self.model is None else self.model.vectors
