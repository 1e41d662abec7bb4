"""The loop: pass, M-step, accelerate, stop; many starts in lock-step through the same passes."""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from .acceleration import Newton, probes_of
from .moments import Moments
from .parameters import Array, Parameters
from .sources import Source
from .stopping import DEFAULT_MAX_ITER, DEFAULT_TOL, Status, outlook, rounding
from .structures import Floor, Structure

FIRST_PASSES = 4  # of plain EM, before anything is inferred from them
MOST_EXTRA = 20
STALLED = 4  # passes in a row without a gain above rounding
LEAST_ROWS = 0.5  # a component with fewer has all but died: its score is a whisper, and EM may revive it


@dataclass(frozen=True, slots=True, eq=False)
class Progress:
    """What a callback sees after each pass."""

    passes: int  # passes over the data so far
    loglik: float  # nats, total, of the best start so far
    remaining: float  # nats estimated to be still ahead of that start
    alive: int  # starts still climbing


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

    It walks by plain EM as long as that is fast, then by `Newton`. It stays with EM where the score says
    nothing about the maximum: at the floor, with a ridge on the variances, with a component about to die.
    """

    def __init__(
        self, source: Source, structure: Structure, floor: Floor, start: Parameters, accelerate: bool
    ) -> None:
        self.structure, self.floor, self.total_weight = structure, floor, source.total_weight
        self.least_weight = LEAST_ROWS / source.n_rows
        self.accelerate = accelerate
        self.next = start  # what plain EM evaluates in the next pass
        self.at = start  # the last mixture that a pass evaluated
        self.moments: Moments | None = None
        self.path: list[Parameters] = []
        self.newton: Newton | None = None
        self.history: list[float] = []
        self.evaluations = 0
        self.remaining = np.inf
        self.stalled = 0
        self.look_after = 0  # without acceleration: the pass after which to measure what is ahead
        self.status: Status | None = None

    def request(self) -> Parameters:
        """Return the stack (m,) that the next pass is to evaluate."""
        return self.next.at(None) if self.newton is None else self.newton.proposals()

    def receive(self, moments: Moments, steps: Parameters | None, tol: float) -> None:
        """Take the moments of the request, and its M-steps where they are known; see whether to stop."""
        self.evaluations += len(moments.loglik)
        if self.newton is None:
            self._walk(moments, steps, tol)
        else:
            self._leap(self.newton, moments, tol)
        if self.status is None and self.stalled >= STALLED:
            self.status = Status.ROUNDING

    def _walk(self, moments: Moments, steps: Parameters | None, tol: float) -> None:
        """Make a plain EM step, and change over to Newton's when that is worth its probes."""
        self.at, self.moments = self.next, (now := moments.at(0))
        self._record(float(now.loglik))
        passes = len(self.history)
        self.next = self.structure.maximise(now, self.floor) if steps is None else steps.at(0)
        self.path = [*self.path[-3:], self.at]
        self.remaining, more = outlook(self.history, tol, self.floor.ridge > 0.0)
        arrived = self.remaining <= max(tol, rounding(self.history[-1]))
        # where parameters are many, probes cost much and see little: plain EM gets more time to show its pace
        extra = min(self.structure.n_parameters(*self.at.means.shape) // 64, MOST_EXTRA)
        slow = self.accelerate and more > extra + probes_of(self.structure, self.at)
        if passes <= FIRST_PASSES or not ((slow and passes > FIRST_PASSES + extra) or arrived):
            return
        if not self.smooth():
            if arrived:
                self.status = Status.CONVERGED if self.remaining <= tol else Status.ROUNDING
        elif slow or passes > self.look_after:
            self.stalled = 0
            self.newton = Newton(self.structure, self.floor, self.total_weight, self.at, now, self.path)

    def _leap(self, newton: Newton, moments: Moments, tol: float) -> None:
        """Move to the best of the candidates."""
        newton.learn(moments)
        self.at, self.moments = newton.at, newton.moments
        self._record(newton.loglik)
        if newton.curvatures is not None and not newton.certain:
            self.stalled = 0  # on a saddle the first steps gain nothing that shows
        self.remaining = newton.remaining
        if newton.certain and newton.remaining <= tol:
            self.status = Status.CONVERGED
        elif not (self.accelerate and self.smooth()):
            # without acceleration the probes only measured: plain EM goes on, and measures again later
            self.newton, self.look_after = None, 2 * len(self.history)
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
        return other

    def run(self) -> Run:
        """Return where the climb stands."""
        newton = self.newton
        assert self.moments is not None
        if newton is None and self.smooth():
            newton = Newton(self.structure, self.floor, self.total_weight, self.at, self.moments, self.path)
        return Run(
            self.at,
            self.history[-1],
            self.status or Status.ITERATION_LIMIT,
            len(self.history),
            self.remaining,
            newton.score_norm if newton is not None else float("nan"),
            np.array(self.history),
            self.evaluations,
            self,
        )


def climb(
    source: Source,
    structure: Structure,
    starts: Parameters,
    *,
    floor: Floor,
    tol: float = DEFAULT_TOL,
    max_iter: int = DEFAULT_MAX_ITER,
    accelerate: bool = True,
    callback: Callable[[Progress], None] | None = None,
    states: Sequence[Climber] | None = None,
) -> list[Run]:
    """Climb from every start of a stack (m,) to its local maximum, all in the same passes over the data.

    Parameters
    ----------
    source, structure, floor
        The data, the shape of the covariances, the least variances.
    starts : Parameters of shape (m,)
        One mixture a start. Not looked at when ``states`` are given.
    tol : float
        Nats of log-likelihood over the whole data that may still be ahead when a run stops.
    max_iter : int
        Passes over the data, at least 1.
    accelerate : bool
        False makes every step a plain EM step.
    callback : callable, optional
        Called with `Progress` after each pass. What it raises, KeyboardInterrupt too, ends the climb.
    states : sequence of Run.state, optional
        Go on from where runs ended: 5 passes and then 5 more end in the bits of 10. They are not changed.
    """
    if states is None:
        climbers = [
            Climber(source, structure, floor, starts.at(i), accelerate) for i in range(len(starts.weights))
        ]
    else:
        climbers = [state.resumed() for state in states]
    alive = climbers
    for _ in range(max(1, max_iter)):
        requests = [climber.request() for climber in alive]
        stack = requests[0] if len(requests) == 1 else _concatenated(requests)
        moments = source.moments(stack, structure.form)
        plain = len(stack.weights) == len(alive)  # one mixture each: their M-steps in one call
        steps = structure.maximise(moments, floor) if plain else None
        end = 0
        for climber, request in zip(alive, requests):
            own = slice(end, end := end + len(request.weights))
            climber.receive(moments.at(own), None if steps is None else steps.at(own), tol)
        alive = [climber for climber in alive if climber.status is None]
        if callback is not None:
            best = max(climbers, key=lambda climber: climber.history[-1])
            passes = max(len(climber.history) for climber in climbers)
            callback(Progress(passes, best.history[-1], best.remaining, len(alive)))
        if not alive:
            break
    return [climber.run() for climber in climbers]


def _concatenated(stacks: list[Parameters]) -> Parameters:
    return Parameters(
        np.concatenate([p.weights for p in stacks]),
        np.concatenate([p.means for p in stacks]),
        np.concatenate([p.covariances for p in stacks]),
    )


def short(
    source: Source, structure: Structure, starts: Parameters, *, floor: Floor, passes: int
) -> tuple[Parameters, Array]:
    """Give each start of a stack (m,) a few plain EM passes; return the new stack and log-likelihoods (m,).

    The parameters are those after the last M-step, and the log-likelihoods those of the last pass.
    """
    for _ in range(passes):
        moments = source.moments(starts, structure.form)
        starts = structure.maximise(moments, floor)
    return starts, moments.loglik


def fit(
    source: Source,
    structure: Structure,
    start: Parameters,
    *,
    floor: Floor,
    tol: float = DEFAULT_TOL,
    max_iter: int = DEFAULT_MAX_ITER,
    accelerate: bool = True,
    callback: Callable[[Progress], None] | None = None,
    state: Climber | None = None,
) -> Run:
    """Climb from one start (k,) until at most ``tol`` nats of log-likelihood are ahead: see `climb`."""
    return climb(
        source,
        structure,
        start.at(None),
        floor=floor,
        tol=tol,
        max_iter=max_iter,
        accelerate=accelerate,
        callback=callback,
        states=None if state is None else [state],
    )[0]
