"""The finish: the leaders of a race climbed to the end on the whole data, and the best honest one taken."""

from __future__ import annotations

from dataclasses import replace

from ..em import Problem, Run, Settings, maximise_all
from ..em.degenerate import degenerate
from ..model.parameters import Parameters
from .candidates import SAME
from .multistart import Result, Search

ATTEMPTS = 4  # climbs, at most, in search of an end that is not degenerate


def finish(found: Result, problem: Problem, settings: Settings) -> tuple[Run, Search]:
    """Climb the leaders of a race; return the best run, an honest one if there is any, and the account."""

    def climb(starts: Parameters) -> list[Run]:
        return maximise_all(problem, starts, settings)

    def is_honest(run: Run) -> bool:
        return not degenerate(problem, run.parameters).any()

    first = found.leaders.at(slice(0, found.n_contenders))
    runs = climb(first)
    for i in range(found.n_contenders, min(found.n_contenders + ATTEMPTS - 1, len(found.leaders.weights))):
        if any(is_honest(run) for run in runs):
            break
        runs += climb(found.leaders.at(slice(i, i + 1)))
    run = max(runs, key=lambda run: (is_honest(run), run.loglik))
    search = found.search
    if not found.sampled:
        search = replace(search, gap=search.gap + run.loglik - found.loglik)
    if run.loglik > runs[0].loglik + SAME:  # a straggler overtook the leader
        search = replace(search, n_best=1)
    return run, search
