"""Homing: from a maximum on a sample to that on all rows, in as few reads as can be.

A read of all rows under one mixture gives its score, exactly; where the maximum is, seen from there, the
curvature tells, and that a sample of the rows knows nearly as well, without a read. So each step is Newton's
with the sample's curvature. It leaves of the error what the sample's curvature has wrong, a few hundredths
with some hundred thousand rows, and the next read measures what that is. Along the step it shows, too, what
the curvature of all rows is: that corrects the sample's.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..model.parameters import Array, Parameters
from ..sources import ArraySource
from ..structures import Parametrisation
from .evaluation import Evaluation
from .information import observed_information
from .loop import maximise
from .problem import Problem, Settings, Work
from .progress import Progress
from .stopping import Status, rounding
from .switching import Run, State

FLATTEST = 1e-6  # of the complete data's information; no direction is believed to hold less
NEAR = 0.05  # steps as short as this, in the chart's unit, leave the curvature as it is
WORTH = 0.5  # the share of what is ahead that a step may leave, to be worth a read
VAIN = 3  # reads in a row that were not
UNTOLD = 1e-8  # of the lengths: two vectors this close to a right angle tell nothing
LONGEST = 1.0  # of a step, in the chart's unit: a standard deviation of one row, its component known
MOST = 30  # reads
WORK = 2e9  # nanoseconds, about, that one look at the sample's curvature may take
LEAST_ROWS = 50  # of the sample for each parameter


def home(problem: Problem, sample: Problem, start: Parameters, settings: Settings) -> Run:
    """Climb to the maximum on all rows near that on a sample of them (k,).

    Parameters
    ----------
    problem : Problem
        With all rows, which are dear to read.
    sample : Problem
        The same with some of them, in memory.
    start : Parameters of shape (k,)
        The maximum on the sample.
    settings : Settings
        When to stop, and whom to call after each read.

    Returns
    -------
    Run
        It has converged where the sample's curvature is that of a maximum and the score of all rows says that
        no more is ahead than the tolerance. Where steps do not lead there, the loop goes on from the best.
    """
    tol, total = problem.tolerance(settings.tol), problem.source.total_weight
    curvature = _weighing(sample, total, problem.n_parameters(start.n_components), start.n_components)
    state = State(problem, start, settings.accelerate)
    here, history, norm = start, list[float](), float("nan")
    best: Evaluation | None = None
    status, remaining, vain = Status.ITERATION_LIMIT, np.inf, 0
    model: _Model | None = None
    while len(history) < min(MOST, settings.max_iter):
        evaluation = problem.evaluate(here.at(None))
        if best is not None and model is not None and _lower(problem, evaluation.at(0), best):
            vain += 1
            score = problem.score(model.chart, evaluation)[0]
            if vain >= VAIN or not np.isfinite(score).all():
                return _by_the_loop(problem, best.mixtures, settings, history)
            history.append(history[-1])
            model.retreat(score)
            here = model.next()
            continue
        best, before = evaluation.at(0), remaining
        loglik = float(best.loglik)
        history.append(loglik)
        if not _smooth(problem, state, here):
            return _by_the_loop(problem, here, settings, history)
        if model is None or model.far:
            chart = problem.parametrisation(here)
            model = _Model(curvature, chart, problem.score(chart, evaluation)[0])
        else:
            model.learn(problem.score(model.chart, evaluation)[0])
        remaining = model.ahead(total)
        norm = float(np.sqrt(total * (model.score @ model.score)))
        if settings.callback is not None:
            settings.callback(Progress(len(history), loglik, remaining, 1))
        if remaining <= max(tol, rounding(loglik)) and model.certain:
            status = Status.CONVERGED if remaining <= tol else Status.ROUNDING
            break
        vain = vain + 1 if remaining > WORTH * before else 0
        if not model.certain or vain >= VAIN:
            return _by_the_loop(problem, here, settings, history)
        here = model.next()
    assert best is not None
    passes, loglik = np.array(history), float(best.loglik)
    state = State(problem, best.mixtures, settings.accelerate)
    return Run(best.mixtures, loglik, status, len(passes), remaining, norm, passes, len(passes), state)


class _Model:
    """The curvature around a chart's anchor: the sample's, corrected by what reads of all rows have shown."""

    def __init__(self, sample: Problem, chart: Parametrisation, score: Array) -> None:
        self.chart = chart
        self.score = score  # of all rows, here
        self.information = observed_information(sample, chart)
        self.here = np.zeros(chart.size)
        self.step = np.zeros(chart.size)  # that led here
        self._decompose()

    def _decompose(self) -> None:
        values, self._vectors = np.linalg.eigh(self.information)
        self.certain = bool(values[0] > FLATTEST)
        self._values = np.maximum(values, FLATTEST)

    @property
    def far(self) -> bool:
        """Say whether the last step was so long that the curvature is another here."""
        return float(np.abs(self.step).max()) > NEAR

    def learn(self, score: Array) -> None:
        """Take the score of all rows here."""
        self._correct(score)
        self.score = score

    def retreat(self, score: Array) -> None:
        """Go back from a step that has led down, by the score there wiser."""
        self._correct(score)
        self.here = self.here - self.step

    def _correct(self, score: Array) -> None:
        """Correct the curvature by the score of all rows at the end of the last step.

        What it has changed by along the step is what the information should have said: it is made to, by a
        matrix of rank one (Conn, Gould and Toint 1991, Mathematical Programming 50).
        """
        wrong = self.score - score - self.information @ self.step
        by = float(wrong @ self.step)
        if abs(by) > UNTOLD * np.linalg.norm(wrong) * np.linalg.norm(self.step):
            self.information += np.outer(wrong, wrong) / by
            self._decompose()

    def ahead(self, total: float) -> float:
        """Return the nats that the score says are ahead."""
        along = self._vectors.T @ self.score
        return float(0.5 * total * (along**2 / self._values).sum())

    def next(self) -> Parameters:
        """Go Newton's step, or as much of it as the model can be right for, and return the mixture there."""
        found = self._vectors @ ((self._vectors.T @ self.score) / self._values)
        self.step = found * min(1.0, LONGEST / max(float(np.abs(found).max()), 1e-300))
        self.here = self.here + self.step
        return self.chart.mixtures(self.here[None]).at(0)


def _weighing(sample: Problem, total: float, parameters: int, k: int) -> Problem:
    """Return the problem on the sample's rows, or some of them, that weigh as much as all rows do.

    So a penalty has the same share in it.
    """
    cost = sample.source.cost
    most = int(WORK / (2 * parameters * sample.evaluation_time(k) / cost.rows))
    most = max(most, LEAST_ROWS * parameters)
    values, weights = sample.source.rows(most, np.random.default_rng(0))
    if weights is None:
        weights = np.ones(len(values))
    heavy = ArraySource(values, weights * (total / weights.sum()), n_threads=sample.source.n_threads)
    return replace(sample, source=heavy, work=Work(heavy.n_rows))


def _smooth(problem: Problem, state: State, mixture: Parameters) -> bool:
    """Say whether the maximum near a mixture is where the score vanishes."""
    alive = float(mixture.weights.min()) > state.least_weight
    return alive and not problem.at_floor(mixture).any()


def _lower(problem: Problem, here: Evaluation, before: Evaluation) -> bool:
    """Say whether a step has led down."""
    gain = float(problem.objective(here, before)) - float(problem.objective(before, before))
    return gain < -rounding(float(before.loglik))


def _by_the_loop(problem: Problem, best: Parameters, settings: Settings, history: list[float]) -> Run:
    """Go on from the best mixture, with the whole loop."""
    left = replace(settings, max_iter=max(1, settings.max_iter - len(history)))
    told, passes = settings.callback, len(history)
    if told is not None:
        left = replace(left, callback=lambda state: told(replace(state, passes=state.passes + passes)))
    run = maximise(problem, best, left)
    return replace(
        run,
        n_iter=run.n_iter + len(history),
        history=np.concatenate([history, run.history]),
        evaluations=run.evaluations + len(history),
    )
