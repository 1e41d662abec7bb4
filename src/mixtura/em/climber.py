"""The climber: one start on its way, by plain EM as long as that is fast, by accelerated steps after it."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass

import numpy as np

from ..model.moments import Moments
from ..model.parameters import Array, Parameters
from ..sources import Source, evaluation_time
from ..structures import Floor, Structure
from .anderson import Mixing
from .coordinates import Chart
from .newton import MANY, Newton, probes_of
from .stopping import Status, outlook, rounding

FIRST_PASSES = 4  # of plain EM, before anything is inferred from them
FLOORED = 50  # passes with a component at the floor, where the likelihood means little and polish less
STALLED = 4  # passes in a row without a gain above rounding
LEAVING = 20  # the same on a saddle, where the first steps gain nothing that shows
PRICE = 3e5  # nanoseconds, about, from which on evaluations are counted and not only reads of the data
MOST_MIXED = 300  # passes of mixing, before so flat a way is left to Newton's method whatever its price
CLOSING = 3  # passes of Newton's method that may close the last gap, and measure it
LEAST_ROWS = 0.5  # a component with fewer has all but died: its score is a whisper, and EM may revive it


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """Where one start ended; ``loglik`` is exactly that of ``parameters``, which a pass has evaluated."""

    parameters: Parameters  # (k,), in the order of the start
    loglik: float  # nats, total over rows times weights
    status: Status
    n_iter: int  # passes since the start; a resumed run counts those before it too
    remaining: float  # nats, estimated to be still ahead
    score_norm: float  # the score's length, in standard errors that complete data would have
    history: Array  # (n_iter,) log-likelihood reached by each pass
    evaluations: int  # mixtures evaluated in those passes
    state: Climber  # hand it to `climb` in ``states`` to go on bit for bit


class Climber:
    """One start on its way: what the next pass must evaluate for it, what follows from the answer.

    It walks by plain EM for a few passes, and as long as that is fast; then by `Newton`, or by `Mixing` where
    evaluations are dear or parameters many. With many, Newton's probes would see little: there `Mixing` says
    itself when it has arrived; else it has `Newton` measure that, and goes on if more is ahead. Plain EM is
    all there is where the score says nothing about the maximum: at the floor, with a ridge on the variances,
    with a component about to die.
    """

    def __init__(
        self, source: Source, structure: Structure, floor: Floor, start: Parameters, accelerate: bool
    ) -> None:
        self.structure, self.floor, self.total_weight = structure, floor, source.total_weight
        self.least_weight = LEAST_ROWS / source.n_rows
        parameters = structure.n_parameters(*start.means.shape)
        self.many = parameters > MANY
        self.mixes = self.many or evaluation_time(source, start.n_components) > PRICE
        self.probes = probes_of(structure, start)
        self.first_look = FIRST_PASSES + min(parameters // 64, 20)
        self.accelerate = accelerate
        self.mixing: Mixing | None = None
        self.mixed = 0  # passes of it
        self.most_mixed = math.inf if self.many else MOST_MIXED
        self.caution = 1.0  # what the tolerance is divided by after an estimate that was too small
        self.leaps = 0  # passes of Newton's method in a row
        self.next = start  # what plain EM evaluates in the next pass
        self.at = start  # the last mixture that a pass evaluated
        self.moments: Moments | None = None
        self.path: list[Parameters] = []
        self.newton: Newton | None = None
        self.history: list[float] = []
        self.evaluations = 0
        self.remaining = np.inf
        self.stalled = 0
        self.floored = 0
        self.look_after = 0  # without acceleration: the pass after which to measure what is ahead
        self.status: Status | None = None

    def request(self) -> Parameters:
        """Return the stack (m,) that the next pass is to evaluate."""
        if self.newton is not None:
            return self.newton.proposals()
        return (self.next if self.mixing is None else self.mixing.next).at(None)

    def receive(self, moments: Moments, steps: Parameters | None, tol: float) -> None:
        """Take the moments of the request, and its M-steps where they are known; see whether to stop."""
        self.evaluations += len(moments.loglik)
        if self.newton is not None:
            self._leap(self.newton, moments, tol)
        else:
            now = moments.at(0)
            step = self.structure.maximise(now, self.floor) if steps is None else steps.at(0)
            if self.mixing is not None:
                self._mix(self.mixing, now, step, tol)
            else:
                self._walk(now, step, tol)
        guide = self.newton or self.mixing
        on_saddle = guide is not None and not guide.certain
        if self.status is None and self.stalled >= (LEAVING if on_saddle else STALLED):
            self.status = Status.ROUNDING

    def _walk(self, now: Moments, step: Parameters, tol: float) -> None:
        """Make a plain EM step, and change over to the others when that is worth it."""
        self.at, self.moments, self.next = self.next, now, step
        self._record(float(now.loglik))
        passes = len(self.history)
        self.path = [*self.path[-3:], self.at]
        if self.accelerate and self.mixes and self.mixed < self.most_mixed and self.smooth():
            if passes >= FIRST_PASSES:
                self._change_to_mixing(now, step, tol)
            return
        self.remaining, more = outlook(self.history, tol, self.floor.ridge > 0.0)
        arrived = self.remaining <= max(tol, rounding(self.history[-1]))
        slow = self.accelerate and passes > self.first_look and more > self.probes
        if passes <= FIRST_PASSES or not (slow or arrived):
            return
        if not self.smooth():
            self.floored += 1
            if arrived:
                self.status = Status.CONVERGED if self.remaining <= tol else Status.ROUNDING
            elif self.floored >= FLOORED and bool(self.floor.touches(self.at.covariances).any()):
                self.status = Status.DEGENERATE
        elif slow or passes > self.look_after:
            self._change_to_newton()

    def _change_to_newton(self) -> None:
        assert self.moments is not None
        self.stalled = self.leaps = 0
        self.newton = Newton(self.structure, self.floor, self.total_weight, self.at, self.moments, self.path)

    def _change_to_mixing(self, moments: Moments, step: Parameters, tol: float) -> None:
        mixing = Mixing(self.structure, self.floor, self.total_weight, self.at, moments, step)
        self.newton, self.next = None, step
        self.mixing = mixing if mixing.aim(tol / self.caution) else None

    def _mix(self, mixing: Mixing, now: Moments, step: Parameters, tol: float) -> None:
        """Make a step mixed from the last ones."""
        self.mixed += 1
        moved = mixing.learn(now, step)
        self.at, self.moments = mixing.at, mixing.moments
        self._record(mixing.loglik)
        self.path = [*self.path[-3:], self.at]
        stuck = moved and not (self.smooth() and mixing.aim(tol / self.caution))
        self.remaining = mixing.remaining
        if stuck:
            self.mixing, self.next = None, step
        elif self.many:
            if mixing.arrived():
                self.status = Status.CONVERGED
        elif mixing.arrived() or self.stalled >= STALLED or self.mixed >= self.most_mixed:
            self._change_to_newton()

    def _leap(self, newton: Newton, moments: Moments, tol: float) -> None:
        """Move to the best of the candidates."""
        newton.learn(moments)
        self.leaps += 1
        self.at, self.moments = newton.at, newton.moments
        self._record(newton.loglik)
        self.remaining = newton.remaining
        if newton.certain and newton.remaining <= tol:
            self.status = Status.CONVERGED
        elif (
            self.mixing is not None
            and newton.certain
            and self.stalled == 0
            and self.mixed < self.most_mixed
            and self.leaps >= CLOSING
        ):
            self.caution *= max(2.0, newton.remaining / tol)
            step = self.structure.maximise(newton.moments, self.floor)
            self._change_to_mixing(newton.moments, step, tol)
        elif not (self.accelerate and self.smooth()):
            # without acceleration the probes only measured: plain EM goes on, and measures again later
            self.newton = self.mixing = None
            self.look_after = 2 * len(self.history)
            self.next = self.structure.maximise(newton.moments, self.floor)

    def _record(self, loglik: float) -> None:
        """Add a pass to the history, and count those in a row that gained nothing."""
        gained = not self.history or loglik - self.history[-1] > rounding(loglik)
        self.stalled = 0 if gained or self.floor.ridge > 0.0 else self.stalled + 1
        self.history.append(loglik)

    def smooth(self) -> bool:
        """Say whether the log-likelihood is smooth around here, and its maximum where the score vanishes."""
        return (
            self.floor.ridge == 0.0
            and float(self.at.weights.min()) > self.least_weight
            and not bool(self.floor.touches(self.at.covariances).any())
        )

    def resumed(self) -> Climber:
        """Return a copy that goes on from here."""
        other = copy.copy(self)
        other.newton, other.history, other.status = copy.copy(self.newton), self.history.copy(), None
        other.mixing = copy.copy(self.mixing)
        return other

    def run(self) -> Run:
        """Return where the climb stands."""
        assert self.moments is not None
        norm = float("nan")
        if self.newton is not None:
            norm = self.newton.score_norm
            self.newton.proposed = None  # made anew when the run is resumed: a state stays small
        elif self.smooth():
            chart = Chart(self.structure, self.floor, self.total_weight, self.at)
            norm = chart.norm(chart.score(self.at.at(None), self.moments.at(None))[0])
        return Run(
            self.at,
            self.history[-1],
            self.status or Status.ITERATION_LIMIT,
            len(self.history),
            self.remaining,
            norm,
            np.array(self.history),
            self.evaluations,
            self,
        )
