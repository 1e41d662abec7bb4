"""The sample: rows in memory on which a search looks at single components."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from ..em import Problem
from ..model.parameters import Array, Parameters
from ..sources import Source
from .ground import Ground


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows with weights, all of the data's or drawn from them."""

    values: Array  # (n, d), in the data's units
    weights: Array | None  # (n,)
    scale: float  # nats of the whole data for one nat of these rows

    @classmethod
    def of(cls, source: Source, most: int, rng: Generator, unit: float = 1.0) -> Sample:
        """Take all rows where they are no more than ``most``, else about as many of them.

        Weights that are shares of rows are counted in a ``unit``, what a row weighs.
        """
        values, weights = source.rows(most, rng)
        if weights is not None:
            weights = weights / unit
        held = float(len(values)) if weights is None else float(weights.sum())
        return cls(np.ascontiguousarray(values), weights, source.total_weight / unit / held)

    @property
    def total(self) -> float:
        """Return the sum of the rows' weights."""
        return float(len(self.values)) if self.weights is None else float(self.weights.sum())

    def sum(self, values: Array) -> Array:
        """Return the weighted sums of values (n, ...) over the rows."""
        return values.sum(0) if self.weights is None else np.tensordot(self.weights, values, 1)

    def at(self, rows: np.ndarray) -> Sample:
        """Return these of the rows."""
        weights = None if self.weights is None else self.weights[rows]
        return Sample(np.ascontiguousarray(self.values[rows]), weights, self.scale)

    def part(self, shares: Array, least: float, most: int, rng: Generator) -> Sample:
        """Return the rows with at least these shares (n,), weighted by them: at most ``most``, drawn evenly.

        Its ``scale`` says what a nat of the part is in nats of this sample.
        """
        chosen = np.flatnonzero(shares >= least)
        weights = shares[chosen] if self.weights is None else shares[chosen] * self.weights[chosen]
        scale = 1.0
        if len(chosen) > most:
            whole = weights.sum()
            picked = np.sort(rng.choice(len(chosen), most, replace=False))
            chosen, weights = chosen[picked], weights[picked]
            scale = float(whole / weights.sum())
        return Sample(np.ascontiguousarray(self.values[chosen]), weights, scale)


@dataclass(frozen=True, eq=False)
class Look:
    """A mixture seen from the rows of a sample."""

    sample: Sample
    problem: Problem  # on the sample's rows
    mixture: Parameters  # (k,)
    shares: Array  # (n, k), responsibilities
    density: Array  # (n,), log-density

    @classmethod
    def of(cls, ground: Ground, sample: Sample, mixture: Parameters) -> Look | None:
        """Evaluate a mixture (k,) at the rows of a sample; None where these vary too little."""
        problem = ground.on_rows(sample.values, sample.weights)
        if problem is None:
            return None
        shares, density = (
            problem.source.evaluate(mixture, what) for what in ("responsibilities", "log_density")
        )
        return cls(sample, problem, mixture, shares, density)
