"""The certificate: what a maximum found on a compressed sample is worth on the rows themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from .. import em
from ..em.loop import Progress, Run
from ..model.moments import Moments
from ..model.parameters import Array, Parameters
from ..sources import Source
from ..sources.compressed import CompressedSource
from ..structures import Floor, Structure

SHARE = 0.1  # of the tolerance that compression may cost; past the maximum the rest is left to the loop
ROUNDS = 6  # of finer cells, before the rows themselves are fitted
STEP = 1e-4  # of a component's standard deviation, and of the logarithms of weights and deviations
FLATTEST = 1e-6  # of the complete data's information; no direction is believed to hold less


def certify(
    run: Run,
    source: CompressedSource,
    structure: Structure,
    *,
    floor: Floor,
    tol: float,
    max_iter: int,
    callback: Callable[[Progress], None] | None = None,
) -> tuple[Run, Source, tuple[str, ...]]:
    """Pass once over the rows where a run on their compressed sample ended, and refine until the two agree.

    They agree when the cells are narrow enough for every component, and the difference of the two scores is
    worth less than a tenth of ``tol`` nats. Otherwise the cells are cut finer and the run goes on. Returns
    the run, its log-likelihood and the last entry of its history taken from the rows; the source that it
    ended on; and sentences that say what was refined.
    """
    said: list[str] = []
    if source.refinements:
        said.append(
            f"a component became narrow: the compressed sample was cut finer, into {len(source.nodes)} nodes"
        )
    climbing: dict[str, Any] = {"floor": floor, "tol": tol, "max_iter": max_iter, "callback": callback}
    for _ in range(ROUNDS):
        at_limit = run.n_iter >= max_iter
        if at_limit or source.resolves(run.parameters):
            exact = source.exact.moments(run.parameters, "diagonal")
            cost = price(exact, source, run.parameters, tied=structure.form == "tied")
            if at_limit or cost <= SHARE * tol:
                return _on_rows(run, float(exact.loglik), cost), source, tuple(said)
            source.halve()
            why = f"the compressed sample was {cost:.2g} nats off"
        elif source.refine(run.parameters):
            why = "a component had become too narrow for the compressed sample"
        else:
            break  # the component is as narrow as floating-point numbers lie apart
        said.append(f"{why}: it was cut finer, into {len(source.nodes)} nodes, and the fit went on")
        run = _continued(run, source, structure, **climbing)
    said.append("the fit ended on the rows themselves: no compressed sample was fine enough")
    return _continued(run, source.exact, structure, **climbing), source.exact, tuple(said)


def price(exact: Moments, source: Source, parameters: Parameters, *, tied: bool) -> float:
    """Return the nats between the maximum on the source and that on the rows, to second order.

    That is g' I^-1 g / 2 for the difference g of the two scores and the information I, for one dimension.
    """
    deviations = np.sqrt(parameters.covariances[:, 0, 0])
    ours = source.moments(parameters, "diagonal")
    difference = score(exact, parameters, deviations, tied) - score(ours, parameters, deviations, tied)
    complete = complete_information(exact, parameters, tied)
    scale = 1.0 / np.sqrt(complete)
    values, vectors = np.linalg.eigh(scale[:, None] * information(source, parameters, tied) * scale)
    along = vectors.T @ (scale * difference)
    return float(0.5 * (along**2 / np.maximum(values, FLATTEST)).sum())


def score(moments: Moments, parameters: Parameters, units: Array, tied: bool) -> Array:
    r"""Return the score (..., p) in one dimension, by Fisher's identity a function of moments.

    The coordinates are the logarithms of the weights, taken as free and the total number of rows as Poisson,
    which changes no maximum; the means in the given units (k,); and the logarithms of the standard
    deviations, one for all components if ``tied``. ``moments`` are "diagonal", about the means of
    ``parameters``.
    """
    total = moments.counts.sum(-1, keepdims=True)
    variances = parameters.covariances[..., 0, 0]
    spread = moments.scatters[..., 0] / variances - moments.counts
    if tied:
        spread = spread.sum(-1, keepdims=True)
    weights = moments.counts - total * parameters.weights
    return np.concatenate([weights, moments.sums[..., 0] * units / variances, spread], axis=-1)


def complete_information(moments: Moments, parameters: Parameters, tied: bool) -> Array:
    """Return the diagonal (p,) of the information that rows with known components would hold."""
    counts = np.maximum(moments.counts.sum() * parameters.weights, np.finfo(np.float64).tiny)
    spread = 2.0 * counts
    return np.concatenate([counts, counts, [spread.sum()] if tied else spread])


def information(source: Source, parameters: Parameters, tied: bool) -> Array:
    """Return the observed information (p, p), the means' units being standard deviations, in one pass.

    It is made of differences of the scores of 2 p mixtures nearby.
    """
    k = parameters.n_components
    p = 2 * k + (1 if tied else k)
    steps = STEP * np.concatenate([np.eye(p), -np.eye(p)])
    deviations = np.sqrt(parameters.covariances[:, 0, 0])
    log_weights, shifts, log_spreads = steps[:, :k], steps[:, k : 2 * k], steps[:, 2 * k :]
    nearby = Parameters(
        parameters.weights * np.exp(log_weights),
        (parameters.means[:, 0] + deviations * shifts)[..., None],
        ((deviations * np.exp(np.broadcast_to(log_spreads, (2 * p, k)))) ** 2)[..., None, None],
    )
    scores = score(source.moments(nearby, "diagonal"), nearby, deviations, tied)
    matrix = (scores[p:] - scores[:p]) / (2 * STEP)
    return 0.5 * (matrix + matrix.T)


def _on_rows(run: Run, loglik: float, cost: float) -> Run:
    return replace(
        run,
        loglik=loglik,
        remaining=run.remaining + cost,
        n_iter=run.n_iter + 1,
        history=np.append(run.history, loglik),
        evaluations=run.evaluations + 1,
    )


def _continued(
    run: Run,
    source: Source,
    structure: Structure,
    *,
    floor: Floor,
    tol: float,
    max_iter: int,
    callback: Callable[[Progress], None] | None,
) -> Run:
    """Climb on from where a run ended, on another source, and keep account of both."""
    left = max(1, max_iter - run.n_iter)
    more = em.fit(source, structure, run.parameters, floor=floor, tol=tol, max_iter=left, callback=callback)
    return replace(
        more,
        n_iter=run.n_iter + more.n_iter,
        history=np.concatenate([run.history, more.history]),
        evaluations=run.evaluations + more.evaluations,
    )
