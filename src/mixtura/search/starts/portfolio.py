"""The portfolio: starts of different kinds, for no single kind finds the best optimum of every data set."""

from __future__ import annotations

import numpy as np
from numpy.random import Generator

from ...model.parameters import Parameters, concatenated
from .centres import kmeans_plusplus, lloyd, random_rows
from .quantiles import quantile_slices, widest_gaps
from .rows import Rows
from .ward import ward_centres

ROUNDS = 2  # of Lloyd's algorithm: EM takes over soon


def draw(rows: Rows, k: int, m: int, rng: Generator, *, deep: bool = False) -> Parameters:
    """Draw m starts (m, k) of a mixture of k components.

    They are k-means++ with two rounds of Lloyd, in standard units and without correlations; random rows under
    a wide covariance, from where EM finds optima that no clustering suggests; in one dimension slices by
    quantiles. ``deep`` adds what costs more or is rarely needed: Ward's clusters, and slices at the widest
    gaps. One start alone is k-means++ in standard units.
    """
    one_dimension = rows.values.shape[1] == 1
    parts: list[Parameters] = []
    if deep and m > 1:
        z = rows.standard if one_dimension else rows.white
        parts.append(rows.mixtures(*ward_centres(z, k, rng), white=not one_dimension))
    if one_dimension and m > 2:
        parts.append(rows.mixtures(*(widest_gaps if deep else quantile_slices)(rows.standard, k)))
    left = m - sum(len(p.weights) for p in parts)
    wide = left // 2 if one_dimension else left // 3
    white = 0 if one_dimension else (left - wide) // 3
    standard = left - wide - white
    parts.append(
        rows.mixtures(*lloyd(rows.standard, kmeans_plusplus(rows.standard, k, standard, rng), ROUNDS))
    )
    if white:
        seeds = kmeans_plusplus(rows.white, k, white, rng)
        parts.append(rows.mixtures(*lloyd(rows.white, seeds, ROUNDS), white=True))
    if wide:
        parts.append(rows.mixtures(random_rows(rows.standard, k, wide, rng), np.ones(wide)))
    return concatenated(parts)
