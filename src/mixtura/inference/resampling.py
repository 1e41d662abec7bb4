"""Resampling: bootstrap and jackknife, from the curvature of a fit to its replicates."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np
from numpy.random import Generator

from ..em import Problem, calm_blas
from ..em.degenerate import degenerate, rows_in
from ..model.alignment import align
from ..model.mixture import Mixture
from ..model.moments import Moments
from ..model.parameters import Parameters, concatenated, stacked
from ..sources import ArraySource
from .climbing import Ends, Ground, Passes, climbed
from .local import LocalInference
from .replicates import ReplicateInference
from .weighing import LeftOut, own_weights, resampled, reweighted

WAYS = ("rows", "weighted", "parametric")
HELD = 3e7  # numbers of samples and of inverses that are held at a time
MOST = 250  # replicates that climb side by side, so that a person sees how far they are
LOOSE = 1e-4  # nats that may be ahead of a replicate of a bootstrap: 0.014 standard errors
TIGHT = 1e-10  # and of a jackknife, whose replicates lie as near to each other as one row moves a fit
OFTEN = 0.01  # of the replicates, that is worth a sentence

Told = Callable[[int, int], None]  # called with how many replicates are done, and of how many


def bootstrap(
    local: LocalInference,
    problem: Problem,
    way: str,
    count: int,
    rng: Generator,
    *,
    sampling: bool = False,
    callback: Told | None = None,
) -> ReplicateInference:
    """Fit so many samples like the data: rows drawn again, weighed anew, or drawn from the fit itself."""
    problem = _exact(problem, local)
    tol = problem.tolerance(LOOSE)
    n = problem.source.n_rows
    if way == "parametric":
        n = round(rows_in(problem.source))
        ground = Ground.of(problem, local.curvature, float(n))
        draws: Iterable[Any] = (_drawn(local.mixture, n, rng) for _ in range(count))
        found = _all(ground, draws, count, n * problem.source.n_features, tol, _of_samples, callback)
    else:
        ground = Ground.of(problem, local.curvature, problem.source.total_weight)
        own, weigh = own_weights(problem.source), resampled if way == "rows" else reweighted
        draws = (weigh(own, n, rng, sampling=sampling) for _ in range(count))
        found = _all(ground, draws, count, n, tol, _of_weights, callback)
    return _judged(local, problem, found, tol)


def jackknife(
    local: LocalInference, problem: Problem, *, sampling: bool = False, callback: Told | None = None
) -> ReplicateInference:
    """Fit the data without each row in turn, or without each of a thousand groups of rows."""
    problem = _exact(problem, local)
    tol, n = problem.tolerance(TIGHT), problem.source.n_rows
    out = LeftOut.of(own_weights(problem.source), n, sampling=sampling)
    ground = Ground.of(problem, local.curvature, problem.source.total_weight)
    found = _all(ground, out, out.groups, n, tol, _of_weights, callback)
    return replace(_judged(local, problem, found, tol), shares=out.shares)


def _exact(problem: Problem, local: LocalInference) -> Problem:
    """Return the problem on the rows themselves: nodes of a compressed sample have no weights of rows.

    Raises
    ------
    ValueError
        If a component has died, which no replicate could begin with.
    """
    if local.curvature.chart.k < local.layout.k:
        raise ValueError("a component of this fit has no weight left; fit fewer components")
    sample = problem.source.approximation
    return problem if sample is None else problem.on(sample.exact)


def _drawn(mixture: Mixture, n: int, rng: Generator) -> ArraySource:
    return ArraySource(mixture.rvs(n, rng))


def _of_weights(ground: Ground, weights: list[Any]) -> Passes:
    """Return passes over the rows there are, under weights (n,) of each replicate."""
    source, form = ground.problem.source, ground.problem.structure.form
    return lambda mixtures, these: source.weighted_moments(mixtures, form, [weights[i] for i in these])


def _of_samples(ground: Ground, samples: list[Any]) -> Passes:
    """Return passes over samples of their own."""
    form = ground.problem.structure.form

    def passes(mixtures: Parameters, these: np.ndarray) -> Moments:
        made = [samples[i].moments(mixtures.at(slice(m, m + 1)), form) for m, i in enumerate(these)]
        counts, sums, scatters, logliks = (
            np.concatenate([getattr(one, name) for one in made])
            for name in ("counts", "sums", "scatters", "loglik")
        )
        return Moments(mixtures.means, counts, sums, scatters, logliks, form)

    return passes


def _all(
    ground: Ground,
    draws: Iterable[Any],
    count: int,
    numbers: int,
    tol: float,
    passes_of: Callable[[Ground, list[Any]], Passes],
    callback: Told | None,
) -> Ends:
    """Draw samples of so many numbers, some at a time, and climb on all of them."""
    together = min(MOST, max(1, int(HELD / (numbers + 2 * ground.chart.size**2))))
    stream, done, ends = iter(draws), 0, []
    with calm_blas():
        while batch := list(islice(stream, together)):
            ends.append(climbed(ground, passes_of(ground, batch), len(batch), tol))
            done += len(batch)
            if callback is not None:
                callback(done, count)
    return Ends(
        concatenated([end.mixtures for end in ends]),
        np.concatenate([end.remaining for end in ends]),
    )


def _judged(local: LocalInference, problem: Problem, found: Ends, tol: float) -> ReplicateInference:
    """Match the components of replicates with the fit's, leave out those that collapsed, and say so."""
    fit = local.mixture.parameters
    before = degenerate(problem, fit)  # a component of the fit that has collapsed already is no news
    collapsed = np.asarray((degenerate(problem, found.mixtures) & ~before).any(axis=1))
    kept = np.flatnonzero(~collapsed)
    if len(kept) < 2:
        raise ValueError(
            f"in {collapsed.sum()} of {len(collapsed)} replicates a component collapsed, so that they say "
            "nothing; fit fewer components"
        )
    matched = stacked([align(fit, found.mixtures.at(i)).parameters for i in kept])
    notes = list(local.notes)
    count, short = len(collapsed), int((found.remaining[kept] > 10.0 * tol).sum())
    if collapsed.sum() > OFTEN * count:
        notes.append(f"in {collapsed.sum()} of {count} replicates a component collapsed; they are left out")
    if short > OFTEN * count:
        notes.append(f"{short} of {count} replicates have not reached their maxima")
    return ReplicateInference(local.kind, local.mixture, local.layout, tuple(notes), local, matched)
