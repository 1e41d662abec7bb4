"""The loop: pass, M-step, accelerate, stop; many starts in lock-step through the same passes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import cache
from typing import Any

from ..model.parameters import Array, Parameters, concatenated
from ..sources import Source
from ..structures import Floor, Structure
from .climber import Climber, Run
from .stopping import DEFAULT_MAX_ITER, DEFAULT_TOL

__all__ = ["Climber", "Progress", "Run", "climb", "fit", "short"]


@dataclass(frozen=True, slots=True, eq=False)
class Progress:
    """What a callback sees after each pass."""

    passes: int  # passes over the data so far
    loglik: float  # nats, total, of the best start so far
    remaining: float  # nats estimated to be still ahead of that start
    alive: int  # starts still climbing
    racing: bool = False  # starts are still compared, by passes and log-likelihoods that may be a sample's


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
    with _calm_blas(source.n_features):
        _loop(source, structure, climbers, floor, tol, max_iter, callback)
        return [climber.run() for climber in climbers]


def _loop(
    source: Source,
    structure: Structure,
    climbers: list[Climber],
    floor: Floor,
    tol: float,
    max_iter: int,
    callback: Callable[[Progress], None] | None,
) -> None:
    """Make passes until every climber has stopped."""
    alive = climbers
    for _ in range(max(1, max_iter)):
        requests = [climber.request() for climber in alive]
        stack = concatenated(requests)
        moments = source.moments(stack, structure.form)
        plain = len(stack.weights) == len(alive)  # one mixture each: their M-steps in one call
        steps = structure.maximise(moments, floor) if plain else None
        if len(alive) == 1:
            alive[0].receive(moments, steps, tol)
        else:
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


def _calm_blas(d: int) -> AbstractContextManager[Any]:
    """Keep BLAS to one thread in many small products, which lose more to a second thread than they win."""
    return _blas().limit(limits=1, user_api="blas") if d >= 16 else nullcontext()


@cache
def _blas() -> Any:
    """Return the control of BLAS's threads; to find the libraries takes as long as a pass."""
    from threadpoolctl import ThreadpoolController  # comes with scikit-learn

    return ThreadpoolController()


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
