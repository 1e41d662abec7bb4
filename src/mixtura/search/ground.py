"""The ground of a search: the problem, and the few calls that a search makes of the loop."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import islice

import numpy as np

from ..em import (
    DEFAULT_MAX_ITER,
    Evaluation,
    Problem,
    Progress,
    Run,
    Settings,
    Work,
    em_passes,
    maximise_all,
)
from ..em.degenerate import degenerate, rows_needed
from ..model.parameters import Array, Parameters
from ..sources import ArraySource, Source
from ..structures import Structure
from ..structures.inner import ONCE


@dataclass(frozen=True, eq=False)
class Ground:
    """What a search runs on, and whom it tells of its passes."""

    problem: Problem
    max_iter: int = DEFAULT_MAX_ITER
    callback: Callable[[Progress], None] | None = None

    @property
    def source(self) -> Source:
        """Return the data."""
        return self.problem.source

    @property
    def structure(self) -> Structure:
        """Return the shape of the covariances."""
        return self.problem.structure

    def on(self, source: Source) -> Ground:
        """Return the same on other data; what is spent there is counted with the rest."""
        return replace(self, problem=self.problem.on(source))

    def on_rows(self, values: Array, weights: Array | None) -> Problem | None:
        """Return the problem on rows that are held (n, d), or None where they vary too little to be fitted.

        Passes over them are counted with all others, but ask nothing of the data, and no budget counts them.
        """
        try:
            source = ArraySource(values, weights, n_threads=1)
        except ValueError:
            return None
        return replace(self.problem, source=source, work=Work(source.n_rows, whole=self.problem.work))

    def step(self, stack: Parameters) -> Parameters:
        """Return mixtures (m,) after one pass of plain EM."""
        evaluation = self.problem.evaluate(stack)
        return self.problem.maximise(evaluation.moments, evaluation.mixtures, ONCE)

    def walk(self, starts: Parameters, passes: int) -> tuple[Evaluation, list[Array]]:
        """Give every start (m,) so many passes of plain EM.

        Return the last evaluation, and the log-likelihoods (m,) of every pass, in nats of a row.
        """
        history: list[Array] = []
        unit = self.unit
        for evaluation in islice(em_passes(self.problem, starts, ONCE), passes):
            history.append(evaluation.loglik / unit)
            if self.callback is not None:
                best = float(evaluation.loglik.max())
                self.callback(Progress(len(history), best, np.inf, len(evaluation.loglik), True))
        return evaluation, history

    def climb(self, starts: Parameters, tol: float) -> list[Run]:
        """Climb from every start of a stack (m,) until at most ``tol`` nats seem to be ahead."""
        return maximise_all(
            self.problem, starts, Settings(tol, self.max_iter, confirm=False, callback=self._told)
        )

    def _told(self, progress: Progress) -> None:
        if self.callback is not None:
            self.callback(replace(progress, searching=True))

    def honest(self, stack: Parameters) -> np.ndarray:
        """Say which mixtures (m,) have no degenerate component."""
        return np.asarray(~degenerate(self.problem, stack).any(-1))

    def admitted(self, stack: Parameters) -> Parameters:
        """Return mixtures (..., k) as the structure has them, their covariances at the floor at least."""
        return self.structure.admitted(stack, self.problem.floor)

    def rows_needed(self, k: int) -> float:
        """Return the rows below which a component is degenerate."""
        return rows_needed(self.structure, k, self.source.n_features)

    def time(self, k: int) -> float:
        """Return the nanoseconds, about, that one evaluation of k components takes."""
        return self.problem.evaluation_time(k)

    @property
    def unit(self) -> float:
        """Return what a row weighs where weights are shares of rows, else 1: nats are compared in it."""
        return self.problem.tolerance(1.0)

    @property
    def spent(self) -> float:
        """Return the nanoseconds, about, of the evaluations so far."""
        return self.problem.work.time

    @property
    def n_rows(self) -> int:
        """Return the rows that a pass reads."""
        return self.source.cost.rows
