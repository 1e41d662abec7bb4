"""The portfolio: starts of different kinds, for no single kind finds the best optimum of every data set."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.random import Generator

from ...model.parameters import Parameters, concatenated
from .centres import kmeans_plusplus, lloyd, random_rows
from .quantiles import quantile_slices, widest_gaps
from .rows import Metric, Rows
from .ward import ward_centres

ROUNDS = 2  # of Lloyd's algorithm: EM takes over soon
SMALLEST, LARGEST = 0.01, 3.0  # of the data's variance: components of very different scale


def clustered(rows: Rows, k: int, m: int, rng: Generator, metric: Metric = "standard") -> Parameters:
    """Draw m starts (m, k) by k-means++ and two rounds of Lloyd in a metric."""
    z = rows.seen(metric)
    return rows.mixtures(*lloyd(z, kmeans_plusplus(z, k, m, rng), ROUNDS), metric)


def scattered(rows: Rows, k: int, m: int, rng: Generator, metric: Metric = "standard") -> Parameters:
    """Draw m starts (m, k): random rows, some components of a few neighbours and some of everything.

    From there EM finds a compact cluster within a wide one, which no clustering suggests.
    """
    wide = rows.mixtures(random_rows(rows.seen(metric), k, m, rng), np.ones(m), metric)
    scales = np.exp(rng.uniform(np.log(SMALLEST), np.log(LARGEST), (m, k)))
    return replace(wide, covariances=wide.covariances * scales[..., None, None])


def widespread(rows: Rows, k: int, m: int, rng: Generator, metric: Metric = "standard") -> Parameters:
    """Draw m starts (m, k): random rows under the covariance of all."""
    return rows.mixtures(random_rows(rows.seen(metric), k, m, rng), np.ones(m), metric)


def agglomerated(rows: Rows, k: int, rng: Generator, metric: Metric = "standard") -> Parameters:
    """Make one start (1, k) of Ward's clusters in a metric."""
    return rows.mixtures(*ward_centres(rows.seen(metric), k, rng), metric)


def sliced(rows: Rows, k: int) -> Parameters:
    """Make the starts (2, k) of one dimension that need no draw: equal slices, cuts at the widest gaps."""
    z = rows.standard
    return concatenated([rows.mixtures(*quantile_slices(z, k)), rows.mixtures(*widest_gaps(z, k))])
