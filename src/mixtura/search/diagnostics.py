"""Notes: what a fit cannot tell by itself, in plain sentences."""

from __future__ import annotations

import numpy as np
from scipy.special import chdtri

from ..em import Problem, Run, Status
from ..em.degenerate import LEAST_ROWS, degenerate, rows_of
from ..model.mixture import canonical_order
from .account import Search
from .reduction import Simpler, one_component, one_less, separation

NEAR = 1.0  # nats: a second optimum this near is worth a sentence
CLOSE = 2.0  # standard deviations: two normals of one spread and weight make a single peak up to here
LEVEL = 0.05  # of the test whose critical value says what chance alone would gain
WORDS = {1: "one component", 2: "two components", 3: "three components", 4: "four components"}


def notes(problem: Problem, run: Run, search: Search | None = None) -> tuple[str, ...]:
    """Return sentences on a run; components are numbered as in the mixture."""
    k = run.parameters.n_components
    if k == 1:
        return ()
    collapsed = _collapsed(problem, run)
    # a collapsed component makes the likelihood as high as one likes, so nothing can be compared with it
    fewer = [] if collapsed or run.status is Status.ITERATION_LIMIT else _fewer(problem, run, search)
    return (*collapsed, *fewer, *_rivals(search), *_doubt(search))


def _collapsed(problem: Problem, run: Run) -> list[str]:
    order = canonical_order(run.parameters.weights, run.parameters.means)
    parameters = run.parameters.at(order)
    rows = rows_of(problem, parameters)
    flags = degenerate(problem, parameters)
    dead, low = rows < LEAST_ROWS, problem.at_floor(parameters)
    sentences = (
        (dead, "hold no row any more"),
        (
            low & ~dead,
            "collapsed on rows without spread in some direction, where the likelihood has no maximum",
        ),
        (flags & ~low & ~dead, "rest on too few rows for a covariance of their own"),
    )
    found = []
    for chosen, what in sentences:
        names = [f"{c} ({rows[c]:.3g})" for c in np.flatnonzero(chosen & flags)]
        if names:
            listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
            found.append(f"these components (their rows) {what}: {listed}")
    return found


def _fewer(problem: Problem, run: Run, search: Search | None) -> list[str]:
    parameters = run.parameters
    k = parameters.n_components
    log_n = np.log(max(problem.source.total_weight, 2.0))

    def ahead(simpler: Simpler) -> float:
        """Return BIC of the simpler mixture less ours."""
        saved = problem.n_parameters(k) - problem.n_parameters(simpler.n_components)
        return float(2.0 * (simpler.loglik - run.loglik) + saved * log_n)

    single = one_component(problem)
    candidates = [single]
    if k > 2 and (less := one_less(problem, parameters, run.loglik)) is not None:
        candidates.append(less)
    found = []
    best = max(candidates, key=ahead)
    if ahead(best) > 0:
        by = f"{ahead(best):.3g}" if best.n_components == 1 else f"at least {ahead(best):.3g}"
        name = WORDS.get(best.n_components, f"{best.n_components} components")
        verdict = f"the data do not call for {k}"
        if (pair := _pair(best, k)) is not None:
            apart, loss, saved = _told(problem, run, best, pair)
            if loss <= saved and not _alike(apart, loss, saved):
                verdict = f"the rows are too few for the parameters of {k}"
        # one component too many may as well be one in the wrong place, where starts are too few to tell
        doubt = ", or a better optimum was missed" if search is not None and search.n_best == 1 else ""
        found.append(f"BIC prefers {name} by {by}: {verdict}{doubt}")
    for simpler in candidates:
        if (pair := _pair(simpler, k)) is None:
            continue
        apart, loss, saved = _told(problem, run, simpler, pair)
        if loss <= saved:  # AIC would do without
            rank = np.argsort(canonical_order(parameters.weights, parameters.means))
            i, j = sorted(int(rank[c]) for c in pair)
            told = pair_sentence(apart, loss, saved, bic=ahead(simpler) > 0)
            found.append(f"components {i} and {j} are {told}")
    return found


def pair_sentence(apart: float, loss: float, saved: int, *, bic: bool) -> str:
    """Say how far apart two components are that AIC would make one, and BIC perhaps, and what that costs.

    Examples
    --------
    >>> pair_sentence(0.02, 0.031, 3, bic=True)
    '0.02 standard deviations apart: one in their place loses 0.031 nats, so the data hardly tell them apart'
    >>> pair_sentence(23.0, 8.1e4, 125_751, bic=True).partition("; ")[2]
    'AIC and BIC prefer one in their place only since it saves 125,751 parameters: it loses 8.1e+04 nats'
    """
    lead = f"{apart:.2g} standard deviations apart"
    if _alike(apart, loss, saved):
        return f"{lead}: one in their place loses {loss:.2g} nats, so the data hardly tell them apart"
    prefer = "AIC and BIC prefer" if bic else "AIC prefers"
    return (
        f"{lead}; {prefer} one in their place only since it saves {saved:,} parameters: "
        f"it loses {loss:.2g} nats"
    )


def _pair(simpler: Simpler, k: int) -> tuple[int, int] | None:
    """Return the two components of k that became one, if it is two of them."""
    return (0, 1) if k == 2 else simpler.merged


def _told(problem: Problem, run: Run, simpler: Simpler, pair: tuple[int, int]) -> tuple[float, float, int]:
    """Return the deviations between two components, and the nats and the parameters that one would save."""
    saved = problem.n_parameters(run.parameters.n_components) - problem.n_parameters(simpler.n_components)
    return separation(run.parameters, *pair), max(run.loglik - simpler.loglik, 0.0), saved


def _alike(apart: float, loss: float, saved: int) -> bool:
    """Say whether the data hardly tell two components apart: they are close, or chance gives such a loss.

    Where the parameters that are saved mean nothing, twice the loss has about the chi-squared distribution.
    With up to seven of them, no loss that AIC accepts is beyond chance; with many, one may be far beyond.
    """
    return apart < CLOSE or loss <= 0.5 * float(chdtri(saved, LEVEL))


def _doubt(search: Search | None) -> list[str]:
    if search is None or not search.doubtful:
        return []
    tried = f"only {search.n_best} of {search.n_starts}" if search.n_best else f"none of {search.n_starts}"
    return [
        f"a better maximum may have been missed: {tried} starts and moves led to this one; "
        'search="thorough" looks longer'
    ]


def _rivals(search: Search | None) -> list[str]:
    if search is None or not search.gap < NEAR:
        return []
    return [
        f"another optimum lies only {search.gap:.2g} nats below this one: the data hardly choose between them"
    ]
