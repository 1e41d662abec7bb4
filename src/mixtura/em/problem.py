"""Problem: what is maximised. Settings: how the loop is to run."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from .._core import NotPositiveDefinite
from ..model.moments import Moments
from ..model.parameters import Array, Parameters
from ..sources import Source
from ..structures import Floor, Parametrisation, Penalty, Ridge, Structure
from ..structures.inner import SETTLED
from .evaluation import Evaluation
from .progress import Progress

# Nats still to be gained over the whole data. Twice the missing log-likelihood is the squared distance from
# the maximum in standard errors: 1e-4 leaves every parameter within sqrt(2e-4) = 0.014 of its standard error.
DEFAULT_TOL = 1e-4
DEFAULT_MAX_ITER = 10_000


@dataclass(frozen=True, slots=True)
class Settings:
    """How a run is to go on and when it is to end."""

    tol: float = DEFAULT_TOL  # nats, over the whole data, that may still be ahead
    max_iter: int = DEFAULT_MAX_ITER  # passes of a run, at least 1
    accelerate: bool = True  # False makes every step a plain EM step
    confirm: bool = True  # False ends a run where it seems to have arrived, in what directions it has met
    callback: Callable[[Progress], None] | None = None  # called after each pass; what it raises ends the run


@dataclass(slots=True)
class Work:
    """What has been done on a problem so far, in units of the whole data."""

    n_rows: int  # that the unit is
    reads: float = 0.0  # of the whole data; of a sample, the part that it is
    evaluations: float = 0.0  # mixtures evaluated on the whole data, likewise
    time: float = 0.0  # nanoseconds of one thread, about, that the evaluations cost
    whole: Work | None = None  # of what this is a part, whose time it is not

    def add(self, rows: int, mixtures: int, time: float = 0.0) -> None:
        """Count a pass over so many rows under so many mixtures, each of which takes so long."""
        share = rows / self.n_rows
        self.reads += share
        self.evaluations += mixtures * share
        self.time += mixtures * time
        if self.whole is not None:
            self.whole.add(rows, mixtures)


@dataclass(frozen=True, eq=False)
class Problem:
    """The data, the shape of the covariances, the least variances, and what is taken off the log-likelihood.

    Here alone are an objective, its M-steps and its scores made of moments. All passes of a fit go through
    `evaluate`, which counts them.
    """

    source: Source
    structure: Structure
    floor: Floor
    penalty: Penalty | None = None
    work: Work = None  # type: ignore[assignment]  # counted from zero if none is handed on

    def __post_init__(self) -> None:
        if self.work is None:
            object.__setattr__(self, "work", Work(self.source.n_rows))

    def __getstate__(self) -> dict[str, object]:
        """Pickle all but the data: a fit that is stored does not store them."""
        return {**self.__dict__, "source": None}

    @classmethod
    def of(cls, source: Source, structure: Structure, reg_covar: float | None = None) -> Problem:
        """Return the problem of these data, with a floor relative to them and a ridge if one is asked for."""
        summary = source.summary
        magnitude = np.maximum(np.abs(summary.minimum), np.abs(summary.maximum))
        floor = Floor.relative_to(summary.variance, magnitude, summary.unit)
        return cls(source, structure, floor, Ridge(reg_covar) if reg_covar else None)

    def on(self, source: Source) -> Problem:
        """Return the same problem on other data: a sample, or the rows that a source stands for."""
        return replace(self, source=source)

    def n_parameters(self, k: int) -> int:
        """Return the number of free parameters of k components."""
        return self.structure.n_parameters(k, self.source.n_features)

    def evaluation_time(self, k: int) -> float:
        """Return the nanoseconds of one thread, about, that one evaluation of k components takes."""
        cost, form = self.source.cost, self.structure.form
        if form.matrices and not form.shared:
            return cost.evaluation(k)
        return cost.rows * k * (1.0 + 0.1 * cost.n_features)

    def evaluate(self, stack: Parameters) -> Evaluation:
        """Make one pass under a stack of mixtures (m,).

        One whose covariance has no Cholesky factor comes back with a log-likelihood of minus infinity: it is
        a worse proposal, not the end of a fit.
        """
        mixtures, k = stack.weights.shape
        self.work.add(self.source.cost.rows, mixtures, self.evaluation_time(k))
        failed: list[int] = []
        try:
            moments = self.source.moments(stack, self.structure.form)
        except NotPositiveDefinite as failure:
            stack, moments, failed = self._valid(stack, failure)
        return Evaluation(self, stack, self.penalised(moments), failed)

    def _valid(
        self, stack: Parameters, failure: NotPositiveDefinite
    ) -> tuple[Parameters, Moments, list[int]]:
        """Evaluate a stack with another mixture in place of each that cannot be, its log-likelihood -inf."""
        failed: list[int] = []
        rest = list(range(len(stack.weights)))
        while True:
            # where a mixture that stands in for others fails, that is seen first in one of their places
            failed.append(rest.pop(0 if failure.mixture in failed else rest.index(failure.mixture)))
            if not rest:
                return stack, self._nothing(stack), failed
            chosen = np.arange(len(stack.weights))
            chosen[failed] = rest[0]
            others = stack.at(chosen)
            try:
                moments = self.source.moments(others, self.structure.form)
            except NotPositiveDefinite as another:
                failure = another
                continue
            logliks = moments.loglik.copy()
            logliks[failed] = -np.inf
            return others, replace(moments, loglik=logliks), failed

    def _nothing(self, stack: Parameters) -> Moments:
        """Return the moments of a stack of which no mixture could be evaluated."""
        form = self.structure.form
        m, k, d = stack.means.shape
        counts, sums, scatters = np.zeros((m, k)), np.zeros((m, k, d)), np.zeros((m, *form.shape(k, d)))
        return Moments(stack.means, counts, sums, scatters, np.full(m, -np.inf), form)

    def penalised(self, moments: Moments) -> Moments:
        """Return moments of the data with the penalty's pseudo-moments added."""
        return moments if self.penalty is None else self.penalty.added(moments)

    def at_floor(self, parameters: Parameters) -> np.ndarray:
        """Say which components (..., k) lie at the floor."""
        return self.structure.touches(parameters.covariances, self.floor)

    def maximise(
        self, moments: Moments, before: Parameters | None = None, close: float = SETTLED
    ) -> Parameters:
        """Make the M-steps (...) of moments that the penalty has been added to, made under those before.

        Where they are found by iteration, that ends with a step shorter than ``close``.
        """
        return self.structure.maximise(moments, self.floor, before, close)

    def maximise_apart(self, moments: Moments, mixture: Parameters) -> Parameters:
        """Make the M-steps (...) of what each component has to itself: what a mixture's share is held."""
        return self.structure.maximise_apart(moments, self.floor, mixture.covariances)

    def objective(self, evaluation: Evaluation, around: Evaluation) -> Array:
        """Return what is maximised, of each mixture (...), in nats, as seen from the mixture ``around``."""
        if self.penalty is None:
            return evaluation.loglik
        return np.asarray(evaluation.loglik - self.penalty.value(evaluation.mixtures, around.moments))

    def parametrisation(self, anchor: Parameters) -> Parametrisation:
        """Return flat coordinates of the mixtures near one (k,)."""
        return self.structure.parametrisation(anchor, self.floor)

    def score(self, chart: Parametrisation, evaluation: Evaluation) -> Array:
        """Return the objective's gradient (m, q) in a chart, over the total weight."""
        return chart.score(evaluation.mixtures, evaluation.moments, self.source.total_weight)

    def tolerance(self, tol: float) -> float:
        """Return the nats that a tolerance allows: weights below 1 are shares of rows."""
        return tol * min(1.0, self.source.total_weight / self.source.n_rows)


def evaluate_together(problems: Sequence[Problem], stacks: Sequence[Parameters]) -> list[Evaluation]:
    """Evaluate stacks of mixtures (m,), each under its own problem, in one read of the rows they share."""
    source = problems[0].source
    try:
        found = source.several([(stack, one.structure.form) for one, stack in zip(problems, stacks)])
    except NotPositiveDefinite:  # one by one, each finds out which of its mixtures are none
        return [one.evaluate(stack) for one, stack in zip(problems, stacks)]
    made = []
    for i, (one, stack, moments) in enumerate(zip(problems, stacks, found)):
        mixtures, k = stack.weights.shape
        rows = source.cost.rows
        one.work.add(rows, mixtures, one.evaluation_time(k))
        if i and one.work is problems[0].work:
            one.work.reads -= rows / one.work.n_rows  # it was the same read
        made.append(Evaluation(one, stack, one.penalised(moments)))
    return made
