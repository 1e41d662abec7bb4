"""``GaussianMixture.partial_fit``: rows that are seen once, a batch a call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_random_state

from ..em import Status
from ..em.stepwise import Stepwise
from ..model.parameters import Parameters
from ..search.fitting import fit_mixture
from ..search.result import Fit
from ..sources.parts import described_part
from ..structures import Ridge, Structure
from .fitting import family_of

if TYPE_CHECKING:
    from .estimator import GaussianMixture


def learn(model: GaussianMixture, x: np.ndarray[Any, Any], sample_weight: ArrayLike | None) -> Fit | None:
    """Learn from a batch of rows x (n, d); return the fit so far, or None of rows that all weigh nothing.

    The first batch is fitted whole, unless the model has been fitted before; others are stepped on.

    Raises
    ------
    ValueError
        If a number is not finite or a weight cannot be; of the first batch also where it cannot be fitted.
    """
    family = family_of(model, x.shape[1])
    batch, summary = described_part(x, sample_weight, model.n_threads)
    if summary is None:
        return None
    stream: Stepwise | None = getattr(model, "_stream", None)
    if stream is not None:
        return _fit(stream, stream.step(batch, summary), family)
    ridge = Ridge(model.reg_covar) if model.reg_covar else None
    if hasattr(model, "fit_"):
        stream = Stepwise.at(model.fit_._parameters.at(model.fit_._order), family, ridge)
        found = stream.step(batch, summary)
    else:
        first = fit_mixture(
            x,
            model.n_components,
            structure=family,
            sample_weight=sample_weight,
            n_init=model.n_init,
            search=model.search,
            tol=model.tol,
            max_iter=max(model.max_iter, 1),
            reg_covar=model.reg_covar,
            seed=int(check_random_state(model.random_state).randint(2**31 - 1)),
            n_threads=model.n_threads,
            compress=model.compress,
        )
        found = first._parameters.at(first._order)
        stream = Stepwise.at(found, family, ridge)
        stream.summary, stream.loglik, stream.steps = summary, first.loglik, 1
    model._stream = stream
    return _fit(stream, found, family)


def _fit(stream: Stepwise, found: Parameters, family: Structure) -> Fit:
    """Return the account of a stream at the mixture that is reported (k,)."""
    assert stream.summary is not None
    return Fit(
        found,
        family,
        stream.loglik,
        Status.STREAMED,
        stream.steps,
        np.inf,
        np.empty(0),
        stream.summary.n_rows,
        stream.summary.total_weight,
    )
