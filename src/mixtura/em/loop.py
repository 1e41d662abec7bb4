"""The loop: propose, pass, learn; many starts in lock-step through the same reads of the data."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from typing import Any

from ..model.parameters import Parameters, concatenated
from .problem import Problem, Settings
from .progress import Progress
from .switching import Run, State

DEFAULT = Settings()


def maximise_all(
    problem: Problem,
    starts: Parameters,
    settings: Settings = DEFAULT,
    *,
    states: Sequence[State] | None = None,
) -> list[Run]:
    """Climb from every start of a stack (m,) to its local maximum, all in the same reads of the data.

    Parameters
    ----------
    problem : Problem
        The data, the shape of the covariances, the least variances, what is taken off the log-likelihood.
    starts : Parameters of shape (m,)
        One mixture a start. Not looked at when ``states`` are given.
    settings : Settings
        When to stop, and whom to call after each pass.
    states : sequence of Run.state, optional
        Go on from where runs ended: 5 passes and then 5 more end in the bits of 10. They are not changed.

    Raises
    ------
    mixtura._core.NotPositiveDefinite
        If a start has a covariance that is not positive definite.
    """
    if states is None:
        ways = [State(problem, starts.at(i), settings.accelerate) for i in range(len(starts.weights))]
    else:
        ways = [state.resumed(problem) for state in states]
    # many small products lose more to a second thread than they win
    with calm_blas() if problem.source.n_features >= 16 else nullcontext():
        _loop(problem, ways, settings)
        return [way.run() for way in ways]


def maximise(
    problem: Problem, start: Parameters, settings: Settings = DEFAULT, *, state: State | None = None
) -> Run:
    """Climb from one start (k,) until at most ``settings.tol`` nats are ahead: see `maximise_all`."""
    return maximise_all(problem, start.at(None), settings, states=None if state is None else [state])[0]


def _loop(problem: Problem, ways: list[State], settings: Settings) -> None:
    """Make passes until every start has ended its way."""
    alive = ways
    for _ in range(max(1, settings.max_iter)):
        requests = [way.propose() for way in alive]
        evaluation = problem.evaluate(concatenated(requests))
        if len(alive) == 1:
            alive[0].learn(evaluation, settings)
        else:
            if len(evaluation.loglik) == len(alive) and not evaluation.failed:
                _ = evaluation.steps  # one mixture each: their M-steps in one call
            end = 0
            for way, request in zip(alive, requests):
                own = slice(end, end := end + len(request.weights))
                way.learn(evaluation.at(own), settings)
        alive = [way for way in alive if way.status is None]
        if settings.callback is not None:
            best = max(ways, key=lambda way: way.history[-1])
            passes = max(len(way.history) for way in ways)
            settings.callback(Progress(passes, best.history[-1], best.remaining, len(alive)))
        if not alive:
            break


def calm_blas() -> AbstractContextManager[Any]:
    """Keep BLAS to one thread."""
    calm: AbstractContextManager[Any] = _blas().limit(limits=1, user_api="blas")
    return calm


@cache
def _blas() -> Any:
    """Return the control of BLAS's threads; to find the libraries takes as long as a pass."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
