"""Asking: from a fit and its data to an inference."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from numbers import Integral
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from ..em import Problem, Settings, Work, home, maximise
from ..em.degenerate import degenerate, rows_in
from ..model.parameters import Parameters
from ..search.result import Fit, Status
from ..search.sampled import sampled
from ..sources import Source, open_source
from . import doubts
from .curvature import curvature_at, jacobian
from .local import LocalInference
from .products import score_products
from .quantities import layout_of
from .resampling import WAYS, Told, bootstrap, jackknife
from .result import Inference

KINDS = ("observed", "sandwich", "bootstrap", "jackknife")
WEIGHTS = ("frequency", "sampling")
POLISHED = 1e-9  # nats that may be ahead of where the curvature is looked at
DEAD = 1e-200  # a weight under it is none


def infer(
    fit: Fit,
    kind: str = "observed",
    *,
    x: Any = None,
    sample_weight: ArrayLike | None = None,
    weights: str = "frequency",
    features: Sequence[str] | None = None,
    n: int = 999,
    resampling: str = "rows",
    seed: int | Generator | None = 0,
    callback: Told | None = None,
) -> Inference:
    """Say how sure a fit is: standard errors, intervals, and what cannot be told.

    Parameters
    ----------
    fit : Fit
        From `mixtura.fit_mixture`.
    kind : {"observed", "sandwich", "bootstrap", "jackknife"}
        "observed" inverts the observed information, which is right where the model is; "sandwich" puts the
        products of the rows' scores between two of these inverses, which is right for the best mixture of
        its kind even where the rows come from no mixture of normals (White 1982, Econometrica 50).
        "bootstrap" fits ``n`` samples, each climbed from the fit; "jackknife" the
        data without each row in turn, or without each of a thousand groups where there are more rows.
    x : array_like, a path, or whatever `mixtura.open_source` takes, optional
        The rows that the fit was made from; needed where it has been stored and loaded again.
    sample_weight : array_like of shape (n,), optional
        Their weights, likewise.
    weights : {"frequency", "sampling"}
        What row weights mean: how often a row was met, or how many others it stands for. The second needs
        the sandwich.
    features : sequence of str, optional
        Names of the features; their numbers by default.
    n : int
        How many samples a bootstrap fits.
    resampling : {"rows", "weighted", "parametric"}
        What these are: rows drawn again with replacement; all rows under smooth random weights, which leaves
        none out and suits small components (Newton and Raftery 1994, J. R. Statist. Soc. B 56); or rows drawn
        from the fitted mixture.
    seed : int or Generator, optional
        What a bootstrap draws with.
    callback : callable, optional
        Called with how many replicates are done, and of how many.

    Returns
    -------
    Inference

    Raises
    ------
    ValueError
        If an option is none, or the data are not at hand; the message says what to do.

    Examples
    --------
    >>> import mixtura
    >>> waiting = mixtura.datasets.faithful().data[:, 1]
    >>> inference = mixtura.fit_mixture(waiting, 2).inference()
    >>> inference.standard_errors.means[:, 0].round(3)
    array([0.7  , 0.505])
    """
    if kind not in KINDS:
        raise ValueError(f"kind is {kind!r}; use one of {', '.join(KINDS)}")
    if resampling not in WAYS:
        raise ValueError(f"resampling is {resampling!r}; use one of {', '.join(WAYS)}")
    if isinstance(n, bool) or not isinstance(n, Integral) or n < 2:
        raise ValueError(f"n is {n!r}; use a whole number of samples from 2, such as 999")
    if weights not in WEIGHTS:
        raise ValueError(f"weights is {weights!r}; use one of {', '.join(WEIGHTS)}")
    if weights == "sampling" and kind == "observed":
        raise ValueError(
            'errors under sampling weights are not those of the information: use kind="sandwich"'
        )
    problem = problem_of(fit, x, sample_weight)
    anchor, held = maximum(fit, problem)
    sampling = weights == "sampling"
    rows = float(problem.source.n_rows) if sampling else rows_in(problem.source)
    equal = problem.structure.equal_weights
    layout = layout_of(fit.mixture.parameters, features, equal_weights=equal)
    alive = anchor.weights > DEAD
    living, own = anchor.at(alive), held[alive]
    curvature = curvature_at(problem, living, own, rows)
    slopes = np.zeros((layout.size, len(curvature.shares)))
    there = alive[layout.component]
    some = replace(layout, k=int(alive.sum()))
    slopes[there] = jacobian(problem, living, some) @ curvature.vectors
    spread = np.diag(curvature.errors**2)
    if kind == "sandwich":
        middle = score_products(problem, curvature.chart, sampling=sampling)
        between = curvature.vectors / curvature.shares
        spread = between.T @ middle @ between
    found = LocalInference(kind, fit.mixture, layout, (), curvature, slopes, spread, problem)
    found = _judged(found, fit, problem, held)
    if kind == "bootstrap":
        rng = np.random.default_rng(seed)
        return bootstrap(found, problem, resampling, int(n), rng, sampling=sampling, callback=callback)
    if kind == "jackknife":
        return jackknife(found, problem, sampling=sampling, callback=callback)
    return found


def _judged(found: LocalInference, fit: Fit, problem: Problem, held: np.ndarray) -> LocalInference:
    """Take back the errors of what cannot be told, and say so."""
    curvature, layout, k = found.curvature, found.layout, found.layout.k
    weights, errors = found.mixture.weights, found.all_errors[:k]
    faint = doubts.faint(weights, errors)
    pair = None if held.any() else doubts.twins(problem, found.mixture.parameters, fit.loglik, curvature.rows)
    gone = held | faint
    if pair is not None:
        gone[list(pair.pair)] = True
        curvature = curvature.opened(pair.pair)
    lost = gone[layout.component]
    found = replace(found, curvature=curvature, lost=lost, twins=None if pair is None else pair.pair)
    untold = [name for name, e, own in zip(layout.names, found.errors, lost) if np.isnan(e) and not own]
    notes = [
        *doubts.of_weights(problem.structure, k),
        *doubts.of_the_end(curvature, fit.status),
        *doubts.of_components(held, faint, weights, errors, pair, curvature.rows),
        *doubts.of_directions(curvature, untold),
    ]
    return replace(found, notes=tuple(notes))


def problem_of(fit: Fit, x: ArrayLike | Source | None, sample_weight: ArrayLike | None) -> Problem:
    """Return what a fit maximised, on its own data or on those given again; work on it is counted anew.

    Raises
    ------
    ValueError
        If the data are not at hand, or are others.
    """
    problem = fit.problem
    if problem is None:
        raise ValueError(
            "this fit has columns that do not vary, or was made by hand: nothing is known of its problem; "
            "fit the other columns alone"
        )
    source = problem.source if x is None else open_source(x, sample_weight)
    if source is None:
        raise ValueError("a fit that was stored has not kept its data: give them again, as x=")
    if source.n_features != fit.mixture.n_features or source.n_rows != fit.n_rows:
        raise ValueError(
            f"x has {source.n_rows} rows of {source.n_features} features and the fit was made from "
            f"{fit.n_rows} of {fit.mixture.n_features}; give the same data"
        )
    return replace(problem, source=source, work=Work(source.n_rows))


def maximum(fit: Fit, problem: Problem) -> tuple[Parameters, np.ndarray]:
    """Return the maximum next to a fit (k,), in the order of its mixture, and which components are held.

    A fit ends within its tolerance of a maximum; curvature is measured at the maximum itself, as far as
    floating-point numbers tell.
    """
    start = fit._parameters.at(fit._order)
    held = degenerate(problem, start)
    near = fit.remaining <= POLISHED or fit.status is Status.ITERATION_LIMIT
    if near or held.any():
        return start, held
    if problem.source.cost.dear:
        sample = problem.on(sampled(problem.source, np.random.default_rng(0)))
        run = home(problem, sample, start, Settings(POLISHED))
    else:
        run = maximise(problem, start, Settings(POLISHED))
    return run.parameters, held
