"""Rows: a sample of the data in a metric that has no units, and the way back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from ...model.parameters import Array, Parameters

LEAST_EIGENVALUE = (
    1e-8  # of a correlation matrix: below it a direction is noise, and whitening would inflate it
)
Metric = Literal["standard", "white", "raw"]
LEAST_SPREAD = 1e-12  # where every row is a centre; components 1e6 of their deviations apart have as much


@dataclass(frozen=True, eq=False)
class Rows:
    """Rows (n, d) seen in standard units: shifted and scaled data give the same starts, shifted and scaled.

    Three metrics are at hand. In ``standard`` every feature has variance 1; ``white`` also removes
    correlations, so that it is blind to any linear map of the data; ``raw`` takes the features' units to be
    one and the same, as those of principal components are, where the first say most.
    """

    values: Array  # (n, d), in the data's units
    mean: Array  # (d,), of the whole data
    deviation: Array  # (d,)

    @cached_property
    def standard(self) -> Array:
        """Return the rows (n, d) with every feature at mean 0, variance 1."""
        return (self.values - self.mean) / self.deviation

    @cached_property
    def _whitening(self) -> tuple[Array, Array]:
        z = self.standard - self.standard.mean(0)
        values, vectors = np.linalg.eigh(z.T @ z / len(z))
        roots = np.sqrt(np.maximum(values, LEAST_EIGENVALUE * values[-1]))
        return vectors / roots, vectors * roots

    @cached_property
    def white(self) -> Array:
        """Return the rows (n, d) without correlations."""
        return self.standard @ self._whitening[0]

    @cached_property
    def raw(self) -> Array:
        """Return the rows (n, d) at mean 0, in one unit for all features."""
        return (self.values - self.mean) / self._unit

    @property
    def _unit(self) -> float:
        return float(np.sqrt((self.deviation * self.deviation).mean()))

    @property
    def metrics(self) -> tuple[Metric, ...]:
        """Return the metrics that differ: in one dimension there is one."""
        return ("standard",) if self.values.shape[1] == 1 else ("standard", "white", "raw")

    def seen(self, metric: Metric) -> Array:
        """Return the rows (n, d) in a metric."""
        return {"standard": lambda: self.standard, "white": lambda: self.white, "raw": lambda: self.raw}[
            metric
        ]()

    def mixtures(self, centres: Array, spreads: Array, metric: Metric = "standard") -> Parameters:
        """Return mixtures with these centres (m, k, d) in a metric, equal weights and one shared covariance.

        The covariance is round in that metric, with variance ``spreads`` (m,). The first pass from there is a
        soft assignment to the nearest centre, and the first M-step gives every structure what it needs of it.
        """
        m, k, d = centres.shape
        spreads = np.maximum(spreads, LEAST_SPREAD)
        scale = np.full(d, self._unit) if metric == "raw" else self.deviation
        shape = np.eye(d)
        if metric == "white":
            back = self._whitening[1].T
            centres = centres @ back
            shape = back.T @ back
        shape = shape * (scale[:, None] * scale)
        covariances = np.broadcast_to((spreads[:, None, None] * shape)[:, None], (m, k, d, d))
        return Parameters(np.full((m, k), 1.0 / k), self.mean + scale * centres, covariances)
