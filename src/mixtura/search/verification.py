"""Verification: what a maximum found on a compressed sample is worth on the rows themselves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from ..em import Problem, Run, Settings, maximise
from ..em.information import observed_information, score_at
from ..sources.base import Approximation

SHARE = 0.1  # of the tolerance that compression may cost; past the maximum the rest is left to the loop
ROUNDS = 6  # of finer cells, before the rows themselves are fitted
DEAD = 1e-200  # a weight under it is none
FLATTEST = 1e-6  # of the complete data's information; no direction is believed to hold less


def verify(run: Run, problem: Problem, settings: Settings) -> tuple[Run, Problem, tuple[str, ...]]:
    """Pass once over the rows where a run on a compressed sample ended, and refine until the two agree.

    They agree when the cells are narrow enough for every component, and the difference of the two scores is
    worth less than a tenth of the tolerance. Otherwise the cells are cut finer and the run goes on. Returns
    the run, its log-likelihood and the last entry of its history taken from the rows; the problem on the
    source that it ended on; and sentences that say what was refined. A source that holds the rows themselves
    has nothing to verify.
    """
    sample = problem.source.approximation
    if sample is None:
        return run, problem, ()
    tol = problem.tolerance(settings.tol)
    said: list[str] = []
    if sample.refinements:
        problem.work.add(sample.refinements * sample.exact.cost.rows, 0)
        said.append(
            f"a component became narrow: the compressed sample was cut finer, into {sample.size} nodes"
        )
    for _ in range(ROUNDS):
        at_limit = run.n_iter >= settings.max_iter
        if at_limit or sample.resolves(run.parameters):
            cost, loglik = price(problem, sample, run)
            if at_limit or cost <= SHARE * tol:
                return _on_rows(run, loglik, cost), problem, tuple(said)
            sample.halve()
            problem.work.add(sample.exact.cost.rows, 0)
            why = f"the compressed sample was {cost:.2g} nats off"
        elif sample.refine(run.parameters):
            problem.work.add(sample.exact.cost.rows, 0)
            why = "a component had become too narrow for the compressed sample"
        else:
            break  # the component is as narrow as floating-point numbers lie apart
        said.append(f"{why}: it was cut finer, into {sample.size} nodes, and the fit went on")
        run = _continued(run, problem, settings)
    said.append("the fit ended on the rows themselves: no compressed sample was fine enough")
    exact = problem.on(sample.exact)
    return _continued(run, exact, settings), exact, tuple(said)


def price(problem: Problem, sample: Approximation, run: Run) -> tuple[float, float]:
    """Return the nats between the maximum on the sample and that on the rows, and the rows' log-likelihood.

    That is g' I^-1 g / 2, to second order, for the difference g of the two scores and the information I.
    """
    # a component that has died has no coordinates, and no part in the log-likelihood
    alive = run.parameters.at(run.parameters.weights > DEAD)
    chart = problem.parametrisation(alive)
    exact, loglik = score_at(problem.on(sample.exact), chart, alive)
    ours, _ = score_at(problem, chart, alive)
    values, vectors = np.linalg.eigh(observed_information(problem, chart))
    along = vectors.T @ (exact - ours)
    nats = 0.5 * problem.source.total_weight * (along**2 / np.maximum(values, FLATTEST)).sum()
    return float(nats), loglik


def _on_rows(run: Run, loglik: float, cost: float) -> Run:
    return replace(
        run,
        loglik=loglik,
        remaining=run.remaining + cost,
        n_iter=run.n_iter + 1,
        history=np.append(run.history, loglik),
        evaluations=run.evaluations + 1,
    )


def _continued(run: Run, problem: Problem, settings: Settings) -> Run:
    """Climb on from where a run ended, on another source, and keep account of both."""
    left = replace(settings, max_iter=max(1, settings.max_iter - run.n_iter))
    more = maximise(problem, run.parameters, left)
    return replace(
        more,
        n_iter=run.n_iter + more.n_iter,
        history=np.concatenate([run.history, more.history]),
        evaluations=run.evaluations + more.evaluations,
    )
