"""Evaluation: mixtures, and what a pass has found under them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..model.moments import Moments
from ..model.parameters import Array, Parameters

if TYPE_CHECKING:
    from .problem import Problem


class Evaluation:
    """A mixture (k,) or a stack of them (m,) with its moments, the penalty's included, and its M-steps."""

    __slots__ = ("_steps", "failed", "mixtures", "moments", "problem")

    def __init__(
        self,
        problem: Problem,
        mixtures: Parameters,
        moments: Moments,
        failed: list[int] | None = None,
        steps: Parameters | None = None,
    ) -> None:
        self.problem, self.mixtures, self.moments = problem, mixtures, moments
        self.failed = failed or []  # mixtures of the stack that were none: others stand in their places
        self._steps = steps

    @property
    def loglik(self) -> Array:
        """Return the log-likelihoods (...), nats, total."""
        return self.moments.loglik

    @property
    def all_failed(self) -> bool:
        """Say whether no mixture of the stack could be evaluated, so that its moments mean nothing."""
        return len(self.failed) == len(self.moments.loglik)

    @property
    def steps(self) -> Parameters:
        """Return the M-steps (...), made when first asked for, of all mixtures in one call."""
        if self._steps is None:
            self._steps = self.problem.maximise(self.moments, self.mixtures)
        return self._steps

    def at(self, index: int | slice) -> Evaluation:
        """Return the evaluation of the mixture, or mixtures, at ``index`` of the stack."""
        steps = None if self._steps is None else self._steps.at(index)
        failed = self.failed
        if failed:
            places = range(len(self.moments.loglik))[index]
            failed = [
                i
                for i, place in enumerate([places] if isinstance(places, int) else places)
                if place in failed
            ]
        return Evaluation(self.problem, self.mixtures.at(index), self.moments.at(index), failed, steps)

    def bound(self, problem: Problem) -> Evaluation:
        """Return the same evaluation as one of this problem."""
        return Evaluation(problem, self.mixtures, self.moments, self.failed, self._steps)

    def stacked(self) -> Evaluation:
        """Return the evaluation of a single mixture as that of a stack (1,)."""
        return Evaluation(self.problem, self.mixtures.at(None), self.moments.at(None))
