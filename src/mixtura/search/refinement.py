"""Refinement: the best optimum of a search climbed to its end, or the next where that collapses."""

from __future__ import annotations

from dataclasses import replace

from ..em import Problem, Run, Settings, Status, maximise
from ..em.degenerate import degenerate
from ..model.parameters import Parameters
from .account import Search

ATTEMPTS = 4  # climbs, at most, in search of an end that is not degenerate


def refined(
    leaders: Parameters, account: Search, problem: Problem, settings: Settings, near: Run | None = None
) -> tuple[Run, Search]:
    """Climb from the first of some leaders (m,), from the next where it collapses; return the best run.

    A search climbs loosely, and of a maximum that it has not quite reached nobody knows whether it is one: a
    component may still shrink on to a few rows. If all collapse, the highest of them is all there is. The
    run that has come ``near`` to the first of them goes on.
    """
    runs: list[Run] = []
    for i in range(min(ATTEMPTS, len(leaders.weights))):
        if i == 0 and near is not None:
            run = continued(near, problem, settings)
        else:
            run = maximise(problem, leaders.at(i), settings)
        if not degenerate(problem, run.parameters).any():
            return run, account if i == 0 else replace(account, n_best=1, kinds=(), gap=float("inf"))
        runs.append(run)
    return max(runs, key=lambda run: run.loglik), account


def continued(near: Run, problem: Problem, settings: Settings) -> Run:
    """Go on with a run that has stopped near an optimum, for what passes it has left."""
    left = settings.max_iter - near.n_iter
    if left < 1:
        return replace(near, status=Status.ITERATION_LIMIT)
    return maximise(problem, near.parameters, replace(settings, max_iter=left), state=near.state)
