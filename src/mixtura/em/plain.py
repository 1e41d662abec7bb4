"""Plain EM: the M-step of the last pass is the next mixture."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .._core import NotPositiveDefinite
from ..model.parameters import Parameters
from ..structures.inner import SETTLED
from .evaluation import Evaluation
from .problem import Problem
from .solver import Solver


class PlainEM(Solver):
    """Make EM steps, one a pass (Dempster, Laird and Rubin 1977, J. R. Statist. Soc. B 39)."""

    remaining = np.inf  # its gains tell: see `mixtura.em.stopping.extrapolated`

    def __init__(self, problem: Problem, start: Parameters, here: Evaluation | None = None) -> None:
        self.problem, self.next = problem, start
        if here is not None:
            self.here = here

    @property
    def certain(self) -> bool:
        """Say no: it never looks at the curvature."""
        return False

    def propose(self) -> Parameters:
        """Return the next mixture, as a stack of one."""
        return self.next.at(None)

    def learn(self, evaluation: Evaluation) -> None:
        """Move to the mixture evaluated.

        Raises
        ------
        mixtura._core.NotPositiveDefinite
            If it has a covariance without a Cholesky factor: no other one is known.
        """
        if evaluation.failed:
            raise NotPositiveDefinite(0, _indefinite(self.next))
        self.here = evaluation.at(0)
        self.next = self.here.steps


def em_passes(problem: Problem, starts: Parameters, close: float = SETTLED) -> Iterator[Evaluation]:
    """Give every start of a stack (m,) plain EM passes, without end; yield the evaluation of each.

    M-steps that are found by iteration end with a step shorter than ``close``: without that they climb all
    the same, if less far (generalised EM: Dempster, Laird and Rubin 1977).
    """
    while True:
        evaluation = problem.evaluate(starts)
        yield evaluation
        starts = problem.maximise(evaluation.moments, evaluation.mixtures, close)


def _indefinite(mixture: Parameters) -> int:
    """Return the component (of k) whose covariance is the least positive definite."""
    deviations = np.sqrt(np.abs(np.diagonal(mixture.covariances, axis1=-2, axis2=-1)))
    correlations = mixture.covariances / (deviations[..., :, None] * deviations[..., None, :])
    return int(np.linalg.eigvalsh(np.nan_to_num(correlations))[:, 0].argmin())
