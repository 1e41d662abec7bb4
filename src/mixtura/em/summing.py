"""Summing up: the two halves of an EM step, for those whose own system runs the first on parts of data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..model.mixture import Mixture
from ..model.moments import Moments
from ..model.parameters import Parameters, stacked
from ..sources import Summary
from ..sources.opening import open_part
from ..structures import Floor, Structure
from ..structures import structure as find_structure


def summarize(
    x: Any,
    mixtures: Mixture | Parameters | Sequence[Mixture],
    *,
    structure: str | Structure = "VVV",
    sample_weight: ArrayLike | None = None,
    n_threads: int | None = None,
    **options: Any,
) -> Moments:
    """Sum rows up under a mixture, or several in one read: all that an EM step needs of these rows.

    The moments of parts of the data add (``+`` or `sum` over them, in a fixed order for the same bits), and
    travel as `Moments.to_bytes` or `Moments.to_json`. `finish` makes the next mixture of their sum, and
    ``loglik`` is the log-likelihood, in nats, of the rows under the one before.

    Parameters
    ----------
    x : array_like of shape (n, d) or (n,), or whatever `mixtura.fit_mixture` takes
        A part of the rows; of an array or a frame it may be any, even none.
    mixtures : Mixture, or a sequence of m mixtures of the same size
        One gives single moments, a sequence a stack (m,).
    structure : str or Structure
        What the M-step is to be for: it says how much of the scatters is kept.
    sample_weight : array_like of shape (n,), optional
        Weight 2 is a row twice, weight 0 is no row.
    n_threads : int, optional
        Threads for the read; every core by default.
    **options
        Of `mixtura.open_source`: columns, weights and so on.

    Returns
    -------
    Moments

    Raises
    ------
    ValueError
        If the rows cannot be used, or the mixtures have another number of features.

    Examples
    --------
    >>> import mixtura
    >>> x = mixtura.datasets.faithful().data
    >>> at = mixtura.Mixture([0.5, 0.5], [[2, 55], [4, 80]], [[[1, 0], [0, 50]]] * 2)
    >>> whole = mixtura.summarize(x[:100], at) + mixtura.summarize(x[100:], at)
    >>> round(float(whole.loglik), 2), mixtura.finish(whole).weights.round(3)
    (-1335.5, array([0.364, 0.636]))
    """
    parameters = _parameters(mixtures)
    d = parameters.n_features
    form = find_structure(structure, d).form
    part = open_part(x, d, sample_weight, n_threads=n_threads, **options)
    return part.moments(parameters, form)


def finish(
    moments: Moments,
    structure: str | Structure = "VVV",
    *,
    equal_weights: bool = False,
    summary: Summary | None = None,
    before: Mixture | Parameters | Sequence[Mixture] | None = None,
) -> Any:
    """Make the M-step of moments: the mixture that maximises the expected complete log-likelihood.

    Parameters
    ----------
    moments : Moments
        Of all rows: the sum of `summarize`'s over the parts, for the same structure.
    structure : str or Structure
        The covariances' structure.
    equal_weights : bool
        Whether every component has the weight 1 / k.
    summary : Summary, optional
        Of all rows: the sum of ``open_source(part).summary`` over the parts. With it a component that
        collapses on few rows stops at a variance far below the data's; without it at none.
    before : Mixture or sequence of mixtures, optional
        Those that the moments were made under: structures whose M-step is found by iteration start there.

    Returns
    -------
    Mixture, or list of Mixture
        A list of a stack of moments. Components stand in the order of the moments.

    Raises
    ------
    ValueError
        If the moments keep less of the scatters than the structure needs.
    """
    family = find_structure(structure, moments.means.shape[-1], equal_weights=equal_weights)
    if moments.form is not family.form:
        raise ValueError(
            f"the moments keep {moments.form.name} scatters and {family.name} needs {family.form.name} ones; "
            f"give summarize structure={family.name!r}"
        )
    d = moments.means.shape[-1]
    floor = Floor(np.full(d, np.finfo(np.float64).tiny))
    if summary is not None:
        magnitude = np.maximum(np.abs(summary.minimum), np.abs(summary.maximum))
        floor = Floor.relative_to(summary.variance, magnitude, summary.unit)
    last = None if before is None else _parameters(before)
    found = family.maximise(moments, floor, last)
    if not found.stack:
        return Mixture.in_order(found)
    return [Mixture.in_order(found.at(i)) for i in range(len(found.weights))]


def _parameters(mixtures: Mixture | Parameters | Sequence[Mixture]) -> Parameters:
    """Return one mixture's parameters, or those of several as a stack."""
    if isinstance(mixtures, Parameters):
        return mixtures
    if isinstance(mixtures, Mixture):
        return mixtures.parameters
    return stacked([mixture.parameters for mixture in mixtures])
