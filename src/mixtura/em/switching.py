"""Switching: which solver takes a start on, and when the way has ended."""

from __future__ import annotations

import copy
from dataclasses import dataclass

import numpy as np

from ..model.parameters import Array, Parameters
from .anderson import Anderson
from .confirmation import Confirmation
from .degenerate import LEAST_ROWS, rows_in
from .evaluation import Evaluation
from .newton import MANY, Newton, n_probes
from .plain import PlainEM
from .problem import Problem, Settings
from .solver import SecondOrder, Solver
from .stopping import FLOORED, STALLED, Status, converged, extrapolated, passes_left, rounding, stuck

FIRST_PASSES = 4  # of plain EM, before anything is inferred from them
PRICE = 3e5  # nanoseconds, about, from which on evaluations are counted and not only reads of the data
MOST_ACCELERATED = 300  # passes of Anderson, before so flat a way is left to Newton whatever its price
# Passes of Newton's method under a penalty, whose objective may turn with where one stands, before plain EM,
# which arrives whatever it does, goes on for as many passes as there have been.
TURNING = 40
VAIN = 4  # confirmations in a row that have neither confirmed nor gained
CLOSING = 3  # passes of Newton's method that may close the last gap, and measure it


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """Where one start ended; ``loglik`` is exactly that of ``parameters``, which a pass has evaluated."""

    parameters: Parameters  # (k,), in the order of the start
    loglik: float  # nats, total over rows times weights
    status: Status
    n_iter: int  # passes since the start; a resumed run counts those before it too
    remaining: float  # nats, estimated to be still ahead
    score_norm: float  # the score's length, in standard errors that complete data would have; NaN if unknown
    history: Array  # (n_iter,) log-likelihood reached by each pass
    evaluations: int  # mixtures evaluated in those passes
    state: State  # hand it to `maximise_all` in ``states`` to go on bit for bit


class State:
    """One start on its way: the solver that has it in hand, and what is known of the way so far.

    It walks by plain EM for a few passes, and as long as that is fast; then by `Newton`, or by `Anderson`
    where evaluations are dear or parameters many. Where one of them seems to have arrived without having
    looked in all directions, `Confirmation` looks, and sends it on if it finds a way. Plain EM is all there
    is where the score says nothing about the maximum: at the floor, with a component about to die.
    """

    def __init__(self, problem: Problem, start: Parameters, accelerate: bool) -> None:
        self.problem, self.accelerate = problem, accelerate
        k = start.n_components
        parameters = problem.n_parameters(k)
        self.many = parameters > MANY
        self.priced = self.many or problem.source.cost.evaluation(k) > PRICE
        self.n_probes = n_probes(parameters)
        self.least_weight = LEAST_ROWS / rows_in(problem.source)
        self.first_look = FIRST_PASSES + min(parameters // 64, 20)
        self.solver: Solver = PlainEM(problem, start)
        self.accelerated = 0  # passes of Anderson
        self.caution = 1.0  # what the tolerance is divided by after an estimate that was too small
        self.leaps = 0  # passes of Newton in a row
        self.closing = False  # Newton measures what Anderson has left
        self.path: list[Parameters] = []
        self.history: list[float] = []  # log-likelihoods
        self.gains: list[float] = []  # of the objective, each as seen from the mixture before
        self.evaluations = 0
        self.remaining = np.inf
        self.stalled = 0
        self.floored = 0
        self.confirmed_at = -np.inf  # the log-likelihood where a maximum was last to be confirmed
        self.vain = 0  # times in a row that there was no more of it
        self.resting = 0  # the pass up to which plain EM goes on whatever its speed
        self.look_after = 0  # without acceleration: the pass after which to measure what is ahead
        self.status: Status | None = None
        self.tol: float | None = None  # nats, that the run was last to leave
        self.confirm = True
        self.highest: Evaluation | None = (
            None  # on the way, without a penalty: rounding may lead down from it
        )

    @property
    def here(self) -> Evaluation:
        """Return the mixture where the way stands."""
        return self.solver.here

    def propose(self) -> Parameters:
        """Return the stack (m,) that the next pass is to evaluate."""
        return self.solver.propose()

    def learn(self, evaluation: Evaluation, settings: Settings) -> None:
        """Take the evaluation of what was proposed; see which solver goes on, and whether to stop."""
        tol = self.problem.tolerance(settings.tol)
        if self.tol is not None and tol != self.tol:
            self.solver.aim_for(tol / self.caution)
        self.tol, self.confirm = tol, settings.confirm
        before = self.here if self.history else None
        self.evaluations += len(evaluation.loglik)
        solver = self.solver
        solver.learn(evaluation)
        self._record(before)
        if isinstance(solver, PlainEM):
            self._after_plain(tol, 1 if settings.walked else FIRST_PASSES)
        elif isinstance(solver, Anderson):
            self._after_anderson(solver, tol)
        elif isinstance(solver, Newton):
            self._after_newton(solver, tol)
        else:
            assert isinstance(solver, Confirmation)
            self._after_confirmation(solver, tol)
        leaving = not isinstance(self.solver, PlainEM) and not self.solver.certain
        if self.status is None and stuck(self.stalled, leaving=leaving):
            self.status = Status.ROUNDING

    def _record(self, before: Evaluation | None) -> None:
        """Add a pass to the history, and count those in a row that gained nothing."""
        here, problem = self.here, self.problem
        loglik = float(here.loglik)
        if before is None:
            gain = np.inf
        elif problem.penalty is None:
            gain = loglik - self.history[-1]
        elif here is before:
            gain = 0.0
        else:
            gain = float(problem.objective(here, before)) - float(problem.objective(before, before))
        gained = gain > rounding(loglik)
        looking = isinstance(self.solver, Confirmation) and not self.solver.finished
        self.stalled = 0 if gained else self.stalled + (0 if looking else 1)
        if problem.penalty is None and (self.highest is None or loglik > float(self.highest.loglik)):
            self.highest = here
        self.history.append(loglik)
        self.gains.append(gain)

    def _after_plain(self, tol: float, first_passes: int) -> None:
        """Go on by plain EM, and change over to the others when that is worth it."""
        passes = len(self.history)
        self.path = [*self.path[-3:], self.here.mixtures]
        dear = (
            (self.priced or not self.confirm)
            and self.accelerated < self._most_accelerated
            and passes > self.resting
        )
        if self.accelerate and dear and self.smooth():
            if passes >= first_passes:
                self._to_anderson(tol)
            return
        noise = rounding(self.history[-1])
        self.remaining, rate = extrapolated(self.gains, noise)
        arrived = self.remaining <= max(tol, noise)
        more = passes_left(self.remaining, rate, max(tol, noise))
        slow = self.accelerate and passes > max(self.first_look, self.resting) and more > self.n_probes
        if passes <= FIRST_PASSES or not (slow or arrived):
            return
        if not self.smooth():
            self.floored += 1
            if arrived:
                self.status = Status.CONVERGED if self.remaining <= tol else Status.ROUNDING
            elif self.floored >= FLOORED and self._at_floor():
                self.status = Status.DEGENERATE
        elif slow or passes > self.look_after:
            self._to_newton(self.path)

    def _after_anderson(self, solver: Anderson, tol: float) -> None:
        """See whether it has arrived, or got stuck."""
        self.accelerated += 1
        self.path = [*self.path[-3:], self.here.mixtures]
        self.remaining = solver.remaining
        if solver.stuck or not self.smooth():
            self._to_plain()
        elif solver.arrived() or (self.stalled >= STALLED and not self.many):
            if self.many or not self.confirm:
                self._to_confirmation(tol)
            else:
                self._to_newton(self.path, closing=True)
        elif self.accelerated >= self._most_accelerated:
            self._to_newton(self.path)

    def _after_newton(self, solver: Newton, tol: float) -> None:
        """See whether the maximum is near enough, and whether Newton's method still serves."""
        self.leaps += 1
        self.remaining = solver.remaining
        certain = solver.everywhere and solver.certain
        if converged(solver.remaining, tol, certain=certain, agreed=solver.agreed):
            self.status = Status.CONVERGED
        elif not solver.everywhere and solver.certain and solver.remaining <= tol / self.caution:
            self._to_confirmation(tol, solver.vectors)
        elif not (self.accelerate and self.smooth()):
            # without acceleration the probes only measured: plain EM goes on, and measures again later
            self._to_plain()
        elif self.problem.penalty is not None and self.leaps >= TURNING:
            self.resting = 2 * len(self.history)
            self._to_plain()
        elif (
            self.closing
            and solver.certain
            and self.stalled == 0
            and self.accelerated < self._most_accelerated
            and self.leaps >= CLOSING
        ):
            self._be_careful(solver.remaining, tol)
            self._to_anderson(tol)

    def _after_confirmation(self, solver: Confirmation, tol: float) -> None:
        """See whether it confirms that the way has ended, or where it goes on."""
        self.remaining = solver.remaining
        if not solver.finished:
            return
        if converged(solver.remaining, tol, certain=solver.certain, agreed=solver.agreed):
            self.status = Status.CONVERGED
        elif not (self.accelerate and self.smooth()):
            self._to_plain()
        else:
            self._be_careful(solver.remaining, tol)
            if self.many:
                self._to_anderson(tol)
            else:
                self._to_newton([], vectors=solver.vectors)

    def _be_careful(self, remaining: float, tol: float) -> None:
        """Ask more of the next estimate than of the last, which was too small."""
        self.caution *= max(2.0, remaining / tol if tol > 0.0 and np.isfinite(remaining) else 2.0)

    def _to_plain(self) -> None:
        self.look_after = 2 * len(self.history)
        self.solver = PlainEM(self.problem, self.here.steps, self.here)

    def _to_anderson(self, tol: float) -> None:
        try:
            solver = Anderson(self.problem, self.here, tol / self.caution)
        except np.linalg.LinAlgError:
            return
        if not solver.stuck:
            self.solver = solver

    def _to_newton(
        self, path: list[Parameters], *, closing: bool = False, vectors: Array | None = None
    ) -> None:
        self.stalled = self.leaps = 0
        self.closing = closing
        self.solver = Newton(self.problem, self.here, path, vectors)

    def _to_confirmation(self, tol: float, known: Array | None = None) -> None:
        if not self.confirm:
            self.status = Status.CONVERGED
            return
        self.stalled = 0
        gained = self.history[-1] - self.confirmed_at > rounding(self.history[-1])
        self.vain = 0 if gained else self.vain + 1
        self.confirmed_at = self.history[-1]
        if self.vain >= VAIN:
            self.status = Status.ROUNDING
            return
        self.solver = Confirmation(self.problem, self.here, tol, known)

    @property
    def _most_accelerated(self) -> float:
        return np.inf if self.many and self.problem.penalty is None else MOST_ACCELERATED

    def smooth(self) -> bool:
        """Say whether the log-likelihood is smooth around here, and its maximum where the score vanishes."""
        return float(self.here.mixtures.weights.min()) > self.least_weight and not self._at_floor()

    def _at_floor(self) -> bool:
        return bool(self.problem.at_floor(self.here.mixtures).any())

    def resumed(self, problem: Problem) -> State:
        """Return a copy that goes on from here, on the same problem, which a stored state has not kept."""
        other = copy.copy(self)
        other.problem, other.solver, other.status = problem, copy.copy(self.solver), None
        if self.history:
            other.solver.bind(problem)
        other.history, other.gains = self.history.copy(), self.gains.copy()
        return other

    def run(self) -> Run:
        """Return where the way stands, or has stood highest where rounding ended it."""
        solver, here = self.solver, self.here
        if self.status is Status.ROUNDING and self.highest is not None:
            here = self.highest
        norm = float("nan")
        if isinstance(solver, SecondOrder):
            norm = solver.score_norm
        elif self.confirm and self.smooth():  # of the many climbs of a search nobody asks
            chart = self.problem.parametrisation(here.mixtures)
            score = self.problem.score(chart, here.stacked())[0]
            norm = float(np.sqrt(self.problem.source.total_weight * (score @ score)))
        return Run(
            here.mixtures,
            float(here.loglik),
            self.status or Status.ITERATION_LIMIT,
            len(self.history),
            self.remaining,
            norm,
            np.array(self.history),
            self.evaluations,
            self,
        )
