"""The whole fit: data in, starts, the search, the best optimum out."""

from __future__ import annotations

from collections.abc import Callable
from numbers import Integral, Real
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from ..em import DEFAULT_MAX_ITER, DEFAULT_TOL, Problem, Progress, Settings, maximise
from ..sources import Source, open_source
from ..structures import Structure
from ..structures import structure as find_structure
from .diagnostics import notes
from .effort import Effort, effort_of
from .ground import Ground
from .refinement import refined
from .result import Fit
from .sampled import from_sample
from .searching import search as search_from
from .searching import start_rows
from .starts import clustered, given
from .verification import verify


def check_components(n_components: int, source: Source) -> int:
    """Return the number of components as an int that the rows can carry.

    Raises
    ------
    ValueError
        If it is no integer, below 1, or above the number of rows that count or of distinct ones.
    """
    if isinstance(n_components, bool) or not isinstance(n_components, Integral):
        raise ValueError(f"n_components must be an integer, not {n_components!r}; give 1 or more")
    k = int(n_components)
    if k < 1:
        raise ValueError(f"n_components is {k}; a mixture has at least 1 component")
    n = source.n_rows
    if n < k:
        of = "rows" if source.n_given == n else "rows of positive weight"
        raise ValueError(f"there are {n} {of} for {k} components; use at most {n} components")
    if (distinct := source.n_distinct(k)) < k:
        raise ValueError(
            f"there are only {distinct} distinct rows for {k} components; use at most {distinct}"
        )
    return k


def check_options(tol: float, max_iter: int, n_init: int | None, reg_covar: float | None) -> None:
    """Refuse options that no fit can be asked for.

    Raises
    ------
    ValueError
        If a number is of the wrong kind or size; the message names it.
    """
    for name, value in (("tol", tol), ("reg_covar", 0.0 if reg_covar is None else reg_covar)):
        if isinstance(value, bool) or not isinstance(value, Real) or not 0.0 <= value < np.inf:
            raise ValueError(f"{name} is {value!r}; use a finite number from 0")
    if isinstance(max_iter, bool) or not isinstance(max_iter, Integral) or max_iter < 1:
        raise ValueError(f"max_iter is {max_iter!r}; use a whole number of passes from 1")
    if n_init is not None and (isinstance(n_init, bool) or not isinstance(n_init, Integral) or n_init < 1):
        raise ValueError(
            f"n_init is {n_init!r}; use a number of starts from 1, or None to let the search decide"
        )


def fit_mixture(
    x: Any,
    n_components: int,
    *,
    structure: str | Structure = "VVV",
    equal_weights: bool = False,
    sample_weight: ArrayLike | None = None,
    start: Any = None,
    n_init: int | None = None,
    search: str | Effort = "default",
    tol: float = DEFAULT_TOL,
    max_iter: int = DEFAULT_MAX_ITER,
    reg_covar: float | None = None,
    seed: int | Generator | None = 0,
    n_threads: int | None = None,
    compress: bool | str = "auto",
    callback: Callable[[Progress], None] | None = None,
) -> Fit:
    """Fit a Gaussian mixture to rows by maximum likelihood, looking for the best maximum.

    Parameters
    ----------
    x : array_like of shape (n, d) or (n,), a path, or whatever `mixtura.open_source` takes
        The rows.
    n_components : int
        How many components, k.
    structure : str or Structure
        The covariances' structure, by one of mclust's fourteen names or by scikit-learn's.
    equal_weights : bool
        Whether every component has the weight 1 / k, which then is no parameter.
    sample_weight : array_like of shape (n,), optional
        Weight 2 is a row twice, weight 0 is no row.
    start : Parameters, Mixture, dict or array_like, optional
        The one start to climb from, and nothing else is tried: see `mixtura.search.starts.given`.
    n_init : int, optional
        How many starts are compared, and nothing else is tried; 1 climbs from a single k-means++ start. By
        default a few, and where they do not agree more of other kinds, and what can be made of these.
    search : {"default", "fast", "thorough"}
        How much may be spent on finding the best maximum where starts do not agree.
    tol : float
        Nats of log-likelihood, over the whole data, that may be left to gain.
    max_iter : int
        The most passes of a run.
    reg_covar : float, optional
        A number added to every variance, in squared units of the data; none by default.
    seed : int or Generator, optional
        What the starts are drawn with; the same seed gives the same fit. None draws afresh.
    n_threads : int, optional
        Threads for a pass; every core by default.
    compress : bool or "auto"
        Whether one dimension is fitted from a compressed copy; "auto" does so when it pays.
    callback : callable, optional
        Called with a `Progress` after each pass, those of the search included.

    Returns
    -------
    Fit

    Raises
    ------
    ValueError
        If the data, the start or an option cannot be; the message names the value and what to do.
    """
    check_options(tol, max_iter, n_init, reg_covar)
    effort = effort_of(search)
    source = open_source(x, sample_weight, n_threads=n_threads, compress=compress)
    k = check_components(n_components, source)
    family = find_structure(structure, source.n_features, equal_weights=equal_weights)
    problem = Problem.of(source, family, reg_covar)
    settings = Settings(tol, max_iter, callback=callback)
    rng = np.random.default_rng(seed)
    account = None
    if start is not None:
        run = maximise(problem, given(start, k, problem), settings)
    elif source.cost.dear:
        run, account = from_sample(problem, k, rng, effort, n_init, settings)
    elif n_init == 1 or k == 1:
        run = maximise(problem, clustered(start_rows(source, k, rng), k, 1, rng).at(0), settings)
    else:
        leaders, account, near = search_from(Ground(problem, max_iter, callback), k, rng, effort, n_init)
        run, account = refined(leaders, account, problem, settings, near)
    run, problem, said = verify(run, problem, settings)
    return Fit.of(run, problem, said + notes(problem, run, account), account)
