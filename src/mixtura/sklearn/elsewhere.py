"""``GaussianMixture`` on data that do not lie in memory: files, relations, Dask, Spark, sources."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike

from ..em import Problem
from ..model.forms import cheapest_form
from ..model.parameters import Parameters
from ..search.result import Fit
from ..search.starts import given as given_start
from ..sources import Source, open_source
from .constant import Columns
from .fitting import Reporter, family_of, fit_source
from .layouts import layout_of
from .starts import Given, check_given

if TYPE_CHECKING:
    from .estimator import GaussianMixture


def fit_elsewhere(model: GaussianMixture, x: Any, sample_weight: ArrayLike | None) -> tuple[Fit, int]:
    """Fit rows wherever they lie; say also how many passes earlier calls made.

    Raises
    ------
    ValueError
        If they cannot be fitted, or starts are asked for that need rows in memory.
    """
    source = open_source(x, sample_weight, n_threads=model.n_threads, compress=False)
    k, d = model.n_components, source.n_features
    form = layout_of(model.covariance_type)
    given = check_given(model.weights_init, model.means_init, model.precisions_init, form, k, d)
    model.n_features_in_ = d
    names = source.names
    model.__dict__.pop("feature_names_in_", None)
    if names is not None:
        model.feature_names_in_ = np.array(names, dtype=object)
    every = Columns(np.zeros(d, bool), np.zeros(d), 0.0, form)
    report = Reporter(model.verbose, model.verbose_interval)
    result, earlier = fit_source(model, source, every, _completed(model, source, given), report)
    report.finish(result)
    return result, earlier


def _completed(model: GaussianMixture, source: Source, given: Given) -> Given:
    """Return a start that needs no look at the rows: a whole one or none."""
    if given.is_whole or (given.is_empty and model.init_params == "auto" and model.max_iter > 0):
        return given
    if given.means is None or model.init_params != "auto":
        raise ValueError(
            f"init_params={model.init_params!r} needs rows in memory to start from; use 'auto', alone or "
            "with means_init"
        )
    problem = Problem.of(source, family_of(model, source.n_features))
    parts = {"weights": given.weights, "means": given.means, "covariances": given.covariances}
    start = {name: value for name, value in parts.items() if value is not None}
    found = given_start(start, model.n_components, problem)
    return Given(found.weights, found.means, found.covariances)


def total_elsewhere(mixture: Parameters, x: Any, sample_weight: ArrayLike | None) -> tuple[float, float]:
    """Return the total log-likelihood of rows wherever they lie, in nats, and their total weight."""
    source = open_source(x, sample_weight, compress=False)
    form, _ = cheapest_form(mixture)
    return float(source.moments(mixture, form).loglik), source.total_weight
