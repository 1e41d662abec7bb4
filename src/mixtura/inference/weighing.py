"""Weighing: the weight vectors that stand for other samples than the one there is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from ..model.parameters import Array
from ..sources import Source

MOST_GROUPS = 1_000  # of rows that a jackknife leaves out in turn


def own_weights(source: Source) -> Array | None:
    """Return the weights (n,) of the rows that count, or None where all weigh 1."""
    weights = [w for _, w in source.blocks(1 << 16)]
    return None if weights[0] is None else np.concatenate([w for w in weights if w is not None])


def resampled(own: Array | None, n: int, rng: Generator, *, sampling: bool) -> Array:
    """Return the weights (n,) of as many rows drawn with replacement (Efron 1979, Ann. Statist. 7).

    Where weights are frequencies it is their units that are drawn, where they say how many others a row
    stands for it is the row. Weights sum to what those given sum to.
    """
    if own is None:
        return np.bincount(rng.integers(n, size=n), minlength=n).astype(np.float64)
    total = own.sum()
    if sampling:
        drawn = np.bincount(rng.integers(n, size=n), minlength=n) * own
        return np.asarray(drawn * (total / drawn.sum()))
    units = max(n, round(total))
    return np.asarray(rng.multinomial(units, own / total) * (total / units))


def reweighted(own: Array | None, n: int, rng: Generator, *, sampling: bool) -> Array:
    """Return smooth random weights (n,), none zero (Newton and Raftery 1994, J. R. Statist. Soc. B 56).

    They are those of the Bayesian bootstrap: exponential for a row, summed over the units of a frequency.
    """
    if own is None:
        drawn, total = rng.standard_exponential(n), float(n)
    elif sampling:
        drawn, total = own * rng.standard_exponential(n), own.sum()
    else:
        total = own.sum()
        drawn = rng.standard_gamma(own * (max(n, total) / total))
    return np.asarray(drawn * (total / drawn.sum()))


@dataclass(frozen=True, eq=False)
class LeftOut:
    """The weights of a jackknife: those of all rows but one, or but one unit of a frequency, or but a group.

    Rows or units beyond a thousand are left out in a thousand groups, every thousandth together.
    """

    weights: Array  # (n,)
    groups: int
    units: bool  # whether weights are frequencies, so that units are left out and not rows

    @classmethod
    def of(cls, own: Array | None, n: int, *, sampling: bool) -> LeftOut:
        """Return how rows with these weights (n,) are left out."""
        return cls(np.ones(n) if own is None else own, min(n, MOST_GROUPS), own is not None and not sampling)

    @property
    def _whole(self) -> bool:
        """Say whether every row has a unit that can be left out alone."""
        return self.units and self.groups == len(self.weights) and bool((self.weights >= 1.0).all())

    @property
    def shares(self) -> Array:
        """Return what each replicate (b,) counts for: a unit as often as it was met."""
        return self.weights if self._whole else np.ones(self.groups)

    def __iter__(self) -> Iterator[Array]:
        """Yield the weights (n,) of each replicate."""
        for j in range(self.groups):
            weights = self.weights.copy()
            if self._whole:
                weights[j] -= 1.0
            elif self.units:
                weights = self._without_units(j)
            else:
                weights[j :: self.groups] = 0.0
            yield weights

    def _without_units(self, group: int) -> Array:
        """Return the weights (n,) less every so many-th unit, where all stand in a row."""
        unit = min(1.0, self.weights.sum() / len(self.weights))  # weights that sum to less are shares of rows
        ends = np.rint(np.concatenate([[0.0], np.cumsum(self.weights / unit)]))
        gone = np.diff(np.floor((ends - 1.0 - group) / self.groups))
        return np.maximum(self.weights - gone * unit, 0.0)
