"""Quantities: the numbers of a mixture that errors are asked of, side by side, and back in their shapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..model.parameters import Array, Parameters


@dataclass(frozen=True, eq=False)
class Values:
    """One number for each quantity of a mixture, or several along a last axis: errors, or ends of intervals.

    They stand in the order of the fit's mixture: components, then features.
    """

    weights: Array  # (k, ...)
    means: Array  # (k, d, ...)
    covariances: Array  # (k, d, d, ...)
    standard_deviations: Array  # (k, d, ...)
    correlations: Array  # (k, d, d, ...)


@dataclass(frozen=True)
class Layout:
    """How the quantities of k components in d dimensions stand in a row.

    First come the parameters, which are weights, means and covariances (lower triangles, row by row), then
    standard deviations and correlations.
    """

    k: int
    d: int
    features: tuple[str, ...]  # (d,) names
    fixed_weights: bool = False  # weights are no parameters: equal by the structure, or that of one component

    @cached_property
    def _lower(self) -> tuple[np.ndarray, np.ndarray]:
        return np.tril_indices(self.d)

    @cached_property
    def _below(self) -> tuple[np.ndarray, np.ndarray]:
        return np.tril_indices(self.d, -1)

    @cached_property
    def _ends(self) -> np.ndarray:
        """Return where the five kinds end, (5,)."""
        k, d = self.k, self.d
        return np.cumsum([k, k * d, k * len(self._lower[0]), k * d, k * len(self._below[0])])

    @property
    def n_parameters(self) -> int:
        """Return how many of the quantities are weights, means and covariances."""
        return int(self._ends[2])

    @property
    def size(self) -> int:
        """Return the number of quantities, p."""
        return int(self._ends[-1])

    def flat(self, mixtures: Parameters) -> Array:
        """Return the quantities (m, p) of mixtures (m,)."""
        m = len(mixtures.weights)
        covariances = mixtures.covariances
        deviations = np.sqrt(np.diagonal(covariances, axis1=-2, axis2=-1))
        correlations = covariances / (deviations[..., :, None] * deviations[..., None, :])
        parts = (
            mixtures.weights,
            mixtures.means,
            covariances[..., self._lower[0], self._lower[1]],
            deviations,
            correlations[..., self._below[0], self._below[1]],
        )
        return np.concatenate([part.reshape(m, -1) for part in parts], axis=1)

    def shaped(self, flat: Array, diagonal: float) -> Values:
        """Return quantities (p, ...) in their shapes, with this on the diagonals of correlations."""
        k, d, rest = self.k, self.d, flat.shape[1:]
        weights, means, lower, deviations, below = np.split(flat, self._ends[:-1])
        covariances = self._symmetric(lower, self._lower, np.zeros((k, d, d, *rest)))
        unit = np.eye(d).reshape((d, d) + (1,) * len(rest)) * np.full((k, d, d, *rest), diagonal)
        return Values(
            weights,
            means.reshape(k, d, *rest),
            covariances,
            deviations.reshape(k, d, *rest),
            self._symmetric(below, self._below, unit),
        )

    def _symmetric(self, flat: Array, places: tuple[np.ndarray, np.ndarray], matrices: Array) -> Array:
        values = flat.reshape(self.k, len(places[0]), *flat.shape[1:])
        matrices[:, places[0], places[1]] = values
        matrices[:, places[1], places[0]] = values
        return matrices

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Return the quantities' names, such as "mean[0, waiting]": component first, then features."""
        line = self.d == 1
        own = [[str(c)] if line else [f"{c}, {name}" for name in self.features] for c in range(self.k)]

        def pairs(kind: str, places: tuple[np.ndarray, np.ndarray]) -> list[str]:
            names = self.features
            return [
                f"{kind}[{c}, {names[i]}, {names[j]}]" if i != j else f"variance[{own[c][i]}]"
                for c in range(self.k)
                for i, j in zip(*places)
            ]

        return (
            *(f"weight[{c}]" for c in range(self.k)),
            *(f"mean[{name}]" for names in own for name in names),
            *pairs("covariance", self._lower),
            *(f"sd[{name}]" for names in own for name in names),
            *pairs("correlation", self._below),
        )

    @cached_property
    def component(self) -> np.ndarray:
        """Return which component each quantity is of, (p,)."""
        each = (1, self.d, len(self._lower[0]), self.d, len(self._below[0]))
        return np.concatenate([np.repeat(np.arange(self.k), count) for count in each])

    @cached_property
    def shares(self) -> np.ndarray:
        """Say which quantities (p,) lie between 0 and 1."""
        return self._kind(0)

    @cached_property
    def positive(self) -> np.ndarray:
        """Say which quantities (p,) are positive: variances and standard deviations."""
        diagonal = np.tile(self._lower[0] == self._lower[1], self.k)
        found = self._kind(3)
        found[self._ends[1] : self._ends[2]] = diagonal
        return found

    @cached_property
    def between(self) -> np.ndarray:
        """Say which quantities (p,) lie between -1 and 1."""
        return self._kind(4)

    @cached_property
    def fixed(self) -> np.ndarray:
        """Say which quantities (p,) are fixed, so that they have no error."""
        return self._kind(0) & self.fixed_weights

    def _kind(self, kind: int) -> np.ndarray:
        found = np.zeros(self.size, dtype=bool)
        found[self._ends[kind - 1] if kind else 0 : self._ends[kind]] = True
        return found


def layout_of(
    mixture: Parameters, features: Sequence[str] | None = None, *, equal_weights: bool = False
) -> Layout:
    """Return the layout of the quantities of a mixture (k,), with names for its features.

    Raises
    ------
    ValueError
        If there are not as many names as features.
    """
    k, d = mixture.means.shape
    names = tuple(str(j) for j in range(d)) if features is None else tuple(str(name) for name in features)
    if len(names) != d:
        raise ValueError(f"there are {len(names)} names for {d} features; give one for each")
    return Layout(k, d, names, equal_weights or k == 1)
