"""Homing: from a maximum on a sample to that on all rows, in as few reads as can be.

A read of all rows under one mixture gives its score, exactly; where the maximum is, seen from there, the
curvature tells, and that a sample of the rows knows nearly as well, without a read. So each step is Newton's
with the sample's curvature. It leaves of the error what the sample's curvature has wrong, a few hundredths
with some hundred thousand rows, and the next read measures what that is. Along the step it shows, too, what
the curvature of all rows is: that corrects the sample's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from ..model.parameters import Array, Parameters
from ..sources import ArraySource
from ..structures import Parametrisation
from .degenerate import LEAST_ROWS as ALIVE
from .degenerate import rows_in
from .evaluation import Evaluation
from .information import observed_information
from .loop import maximise
from .problem import Problem, Settings, Work, evaluate_together
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
    way = Homing(problem, sample, start, settings)
    while not way.ended:
        way.learn(problem.evaluate(way.propose()))
    return way.run()


def home_all(ways: Sequence[Homing]) -> None:
    """Lead many home, of any structures and numbers of components on the same rows, in the same reads."""
    while alive := [way for way in ways if not way.ended]:
        stacks = [way.propose() for way in alive]
        for way, evaluation in zip(alive, evaluate_together([way.problem for way in alive], stacks)):
            way.learn(evaluation)


class Homing:
    """One mixture on its way from a sample's maximum to that of all rows; see `home`."""

    def __init__(self, problem: Problem, sample: Problem, start: Parameters, settings: Settings) -> None:
        self.problem, self.settings = problem, settings
        self.status: Status | None = None
        self.lost = False  # steps do not lead there
        self._tol, self._total = problem.tolerance(settings.tol), problem.source.total_weight
        k = start.n_components
        self._curvature = _weighing(sample, self._total, problem.n_parameters(k), k)
        self._here = start  # to be evaluated
        self._best: Evaluation | None = None
        self._model: _Model | None = None
        self._history: list[float] = []
        self._remaining, self._norm, self._vain = np.inf, float("nan"), 0

    @property
    def ended(self) -> bool:
        """Say whether it has arrived, is lost, or may make no more reads."""
        done = len(self._history) >= min(MOST, self.settings.max_iter)
        return self.lost or self.status is not None or done

    def propose(self) -> Parameters:
        """Return the mixture (1,) that the next read is to evaluate."""
        return self._here.at(None)

    def learn(self, evaluation: Evaluation) -> None:
        """Take the evaluation of what was proposed, and see where to go."""
        seen = evaluation.at(0)
        if self._best is not None and self._model is not None and _lower(self.problem, seen, self._best):
            self._retreat(self.problem.score(self._model.chart, evaluation)[0], self._model)
            return
        self._best, before = seen, self._remaining
        loglik = float(seen.loglik)
        self._history.append(loglik)
        if not _smooth(self.problem, self._here):
            self.lost = True
            return
        model = self._follow(evaluation)
        self._remaining = model.ahead(self._total)
        self._norm = float(np.sqrt(self._total * (model.score @ model.score)))
        if self.settings.callback is not None:
            self.settings.callback(Progress(len(self._history), loglik, self._remaining, 1))
        if self._remaining <= max(self._tol, rounding(loglik)) and model.certain:
            self.status = Status.CONVERGED if self._remaining <= self._tol else Status.ROUNDING
            return
        self._vain = self._vain + 1 if self._remaining > WORTH * before else 0
        self.lost = self._vain >= VAIN
        self._here = model.next()

    def _follow(self, evaluation: Evaluation) -> _Model:
        """Return the curvature here: that of the place before, corrected, or another after a long step."""
        model = self._model
        if model is None or model.far:
            chart = self.problem.parametrisation(self._here)
            model = _Model(self._curvature, chart, self.problem.score(chart, evaluation)[0])
        else:
            model.learn(self.problem.score(model.chart, evaluation)[0])
        self._model = model
        return model

    def _retreat(self, score: Array, model: _Model) -> None:
        """Go back from a step that has led down, and another way."""
        self._history.append(self._history[-1])
        self._vain += 1
        self.lost = self._vain >= VAIN or not np.isfinite(score).all()
        if not self.lost:
            model.retreat(score)
            self._here = model.next()

    def run(self) -> Run:
        """Return where it has ended; one that is lost goes on by the loop from its best."""
        assert self._best is not None
        if self.lost:
            return _by_the_loop(self.problem, self._best.mixtures, self.settings, self._history)
        return self.stand()

    def stand(self) -> Run:
        """Return where it stands, lost or not."""
        assert self._best is not None
        best, passes = self._best.mixtures, np.array(self._history)
        n, loglik = len(passes), float(self._best.loglik)
        status = self.status or Status.ITERATION_LIMIT
        state = State(self.problem, best, self.settings.accelerate)
        return Run(best, loglik, status, n, self._remaining, self._norm, passes, n, state)


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
        # where the sample sees no maximum, what is curved upwards is left the faster the more it is
        self._values = np.maximum(np.abs(values), FLATTEST)

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
            corrected = self.information + np.outer(wrong, wrong) / by
            if not self.certain or np.linalg.eigvalsh(corrected)[0] > FLATTEST:
                self.information = corrected
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


def _smooth(problem: Problem, mixture: Parameters) -> bool:
    """Say whether the maximum near a mixture is where the score vanishes."""
    alive = float(mixture.weights.min()) * rows_in(problem.source) > ALIVE
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
