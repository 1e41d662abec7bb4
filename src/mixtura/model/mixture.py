"""Mixture: what a Gaussian mixture is, a distribution."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from . import alignment, density, serialisation, transforms, univariate
from .alignment import Alignment, canonical_order
from .decomposition import Decomposition, decomposition
from .forms import Form, cheapest_form
from .html import html
from .numbers import real_numbers
from .parameters import Array, Parameters
from .validation import validated

__all__ = ["Mixture", "canonical_order"]


@dataclass(frozen=True, init=False, repr=False, eq=False)
class Mixture:
    """A Gaussian mixture distribution of k components in d dimensions.

    It is frozen, its arrays are read-only, and its components stand in canonical order: by mean, first
    feature first, then by weight. Methods take rows ``x`` (..., d) and return one value a row, (...). In one
    dimension numbers of any shape do as well, one value each; only, a last axis of length 1 makes them rows.
    Of a Dask array or frame and of a Spark data frame, `logpdf`, `responsibilities` and `predict` are made
    where the rows lie, and not before they are asked for.

    Parameters
    ----------
    weights : array_like of shape (k,)
        Not negative; they sum to 1 within 1e-6 and are then divided by their sum.
    means : array_like of shape (k, d), or (k,) in one dimension
    covariances : array_like of shape (k, d, d), or (k,) variances in one dimension
        Symmetric and positive definite.
    metadata : mapping, optional
        What else is known, such as names of features; it goes with the model into JSON and takes no part in
        equality.

    Raises
    ------
    ValueError
        If shapes do not fit together or the numbers make no distribution; the message names the component.

    Examples
    --------
    >>> mixture = Mixture([0.75, 0.25], [3.0, -1.0], [1.0, 4.0])
    >>> mixture
    Mixture of 2 components in 1 dimension
      weight  mean  sd
      0.2500    -1   2
      0.7500     3   1
    >>> float(mixture.mean[0]), float(mixture.cdf(3.0).round(6))
    (2.0, 0.619312)
    """

    weights: Array
    means: Array
    covariances: Array
    metadata: dict[str, Any] = field(compare=False)

    def __init__(
        self,
        weights: ArrayLike,
        means: ArrayLike,
        covariances: ArrayLike,
        metadata: Mapping[str, Any] | None = None,
    ) -> None:
        checked = validated(weights, means, covariances)
        checked = checked.at(canonical_order(checked.weights, checked.means))
        for name in ("weights", "means", "covariances"):
            value = getattr(checked, name)
            value.setflags(write=False)
            object.__setattr__(self, name, value)
        object.__setattr__(self, "metadata", dict(metadata or {}))

    @classmethod
    def _of(cls, parameters: Parameters) -> Mixture:
        return cls(parameters.weights, parameters.means, parameters.covariances)

    @classmethod
    def in_order(cls, parameters: Parameters) -> Mixture:
        """Return a mixture whose components stand as they are given, unchecked.

        A fit's neighbours, and fits to other rows, keep the labels of the fit so, wherever their means lie.
        """
        mixture = object.__new__(cls)
        for name in ("weights", "means", "covariances"):
            value = np.array(getattr(parameters, name))
            value.setflags(write=False)
            object.__setattr__(mixture, name, value)
        object.__setattr__(mixture, "metadata", {})
        return mixture

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (self.weights, self.means, self.covariances, self.metadata)

    @property
    def parameters(self) -> Parameters:
        """Return the three arrays as the loop uses them."""
        return Parameters(self.weights, self.means, self.covariances)

    @property
    def n_components(self) -> int:
        """Return k."""
        return self.means.shape[0]

    @property
    def n_features(self) -> int:
        """Return d."""
        return self.means.shape[1]

    @cached_property
    def _spreads(self) -> tuple[Form, Array]:
        return cheapest_form(self.parameters)

    @cached_property
    def _line(self) -> univariate.Components:
        if self.n_features > 1:
            raise ValueError(f"this needs one dimension, the mixture has {self.n_features}; take a marginal")
        alive = self.weights > 0
        return univariate.Components(
            self.weights[alive], self.means[alive, 0], np.sqrt(self.covariances[alive, 0, 0])
        )

    def _values(self, x: ArrayLike) -> Array:
        rows, shape = density.as_rows(x, 1)
        return rows.reshape(shape).astype(np.float64, copy=False)

    @property
    def mean(self) -> Array:
        """Return the mean of the whole distribution, (d,)."""
        return self.weights @ self.means

    @property
    def decomposition(self) -> Decomposition:
        """Return volumes (k,), shapes (k, d) and orientations (k, d, d) of the components' covariances."""
        return decomposition(self.covariances)

    @property
    def cov(self) -> Array:
        """Return the covariance of the whole distribution, (d, d): within components and between them."""
        centred = self.means - self.mean
        return np.tensordot(self.weights, self.covariances, axes=1) + (self.weights * centred.T) @ centred

    def _evaluated(self, x: ArrayLike, want: str, n_threads: int | None) -> Any:
        features = self.metadata.get("columns")
        return density.evaluate(self.parameters, self._spreads, x, want, n_threads, features)

    def logpdf(self, x: ArrayLike, *, n_threads: int | None = None) -> Array:
        """Return the log-density in nats.

        It is finite however far out x is, as long as it is a floating-point number: beyond some 1.9e154
        standard deviations from every component half a squared distance is none, and what comes back is the
        nearest, minus infinity. Responsibilities sum to 1 there too: the nearest component takes the row.
        """
        return self._evaluated(x, "log_density", n_threads)

    def pdf(self, x: ArrayLike, *, n_threads: int | None = None) -> Array:
        """Return the density."""
        return np.exp(self.logpdf(x, n_threads=n_threads))

    def responsibilities(self, x: ArrayLike, *, n_threads: int | None = None) -> Array:
        """Return the probability that each component drew x, (..., k)."""
        return self._evaluated(x, "responsibilities", n_threads)

    def predict(self, x: ArrayLike, *, n_threads: int | None = None) -> np.ndarray[Any, Any]:
        """Return the index of the component that most probably drew x.

        Raises
        ------
        ValueError
            If a number of x is missing (NaN, or masked).
        """
        return self._evaluated(x, "labels", n_threads)

    def cdf(self, x: ArrayLike) -> Array:
        """Return P(X <= x), in d dimensions P(X_1 <= x_1, ..., X_d <= x_d).

        One dimension is exact to rounding, also in the lower tail, two to about 1e-9. From three on it is
        integrated on a fixed lattice, to about 1e-5: the same bits in every call.
        """
        if self.n_features == 1:
            return univariate.cdf(self._values(x), self._line)[()]
        return density.cumulative(self.parameters, x)

    def sf(self, x: ArrayLike) -> Array:
        """Return P(X > x) in one dimension, exact to rounding also in the upper tail."""
        return univariate.cdf(self._values(x), self._line, upper=True)[()]

    def logcdf(self, x: ArrayLike) -> Array:
        """Return log P(X <= x) in one dimension, in nats."""
        return univariate.log_cdf(self._values(x), self._line)[()]

    def logsf(self, x: ArrayLike) -> Array:
        """Return log P(X > x) in one dimension, in nats."""
        return univariate.log_cdf(self._values(x), self._line, upper=True)[()]

    def ppf(self, p: ArrayLike) -> Array:
        """Return the x with P(X <= x) = p in one dimension: infinite at 0 and 1, NaN outside [0, 1].

        Examples
        --------
        >>> Mixture([0.5, 0.5], [-3, 3], [1, 1]).ppf([0.0, 0.1, 0.5]).round(4) + 0.0
        array([   -inf, -3.8416,  0.    ])
        """
        return univariate.quantile(real_numbers(p, "probabilities"), self._line)[()]

    def isf(self, p: ArrayLike) -> Array:
        """Return the x with P(X > x) = p in one dimension."""
        return univariate.quantile(real_numbers(p, "probabilities"), self._line, upper=True)[()]

    def rvs(
        self, size: int | tuple[int, ...], rng: Generator | int, *, return_components: bool = False
    ) -> Any:
        """Draw rows: for each its component first, by weight, then its value.

        Parameters
        ----------
        size : int or tuple of int
            How many.
        rng : numpy.random.Generator or int
            A generator, which moves on, or the seed of one.
        return_components : bool
            Whether to return the indices of the components (*size,) as well.

        Returns
        -------
        ndarray
            Of shape (*size, d), or ``size`` in one dimension; with ``return_components`` a pair of arrays.
        """
        rng = np.random.default_rng(rng)
        components = rng.choice(self.n_components, size=size, p=self.weights)
        normal = rng.standard_normal((*components.shape, self.n_features))
        x = np.empty_like(normal)
        for c, factor in enumerate(np.linalg.cholesky(self.covariances)):
            chosen = components == c
            x[chosen] = normal[chosen] @ factor.T + self.means[c]
        x = x[..., 0] if self.n_features == 1 else x
        return (x, components) if return_components else x

    def marginal(self, features: int | Sequence[int]) -> Mixture:
        """Return the distribution of these features, in the order given."""
        return self._of(
            transforms.marginal(self.parameters, transforms.check_features(features, self.n_features))
        )

    def conditional(
        self, features: int | Sequence[int] | Mapping[int, float], values: ArrayLike | None = None
    ) -> Mixture:
        """Return the distribution of the other features, given the values of these.

        Examples
        --------
        >>> mixture = Mixture([1.0], [[0.0, 0.0]], [[[1.0, 0.5], [0.5, 1.0]]])
        >>> mixture.conditional({0: 2.0})
        Mixture of 1 component in 1 dimension
          weight  mean     sd
          1.0000     1  0.866
        """
        known = transforms.check_given(features, values, self.n_features)
        return self._of(transforms.conditional(self.parameters, *known))

    def affine(self, matrix: ArrayLike, shift: ArrayLike = 0.0) -> Mixture:
        """Return the distribution of ``matrix @ x + shift``; matrix is (r, d), r <= d, or a number."""
        return self._of(transforms.affine(self.parameters, matrix, shift))

    def align(self, other: Mixture) -> Alignment:
        """Match the components of ``other``, of the same k and d, with these: `mixtura.model.alignment`."""
        return alignment.align(self.parameters, other.parameters)

    def isclose(self, other: Mixture, tol: float = 1e-9) -> bool:
        """Say whether, components aligned, both have the same parameters to within ``tol``.

        Weights are compared as they are, means and covariances in units of these components' deviations.
        """
        return alignment.close(self.parameters, other.parameters, tol)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Mixture):
            return NotImplemented
        names = ("weights", "means", "covariances")
        return all(np.array_equal(getattr(self, name), getattr(other, name)) for name in names)

    def __hash__(self) -> int:
        return hash(
            (self.means.shape, self.weights.tobytes(), self.means.tobytes(), self.covariances.tobytes())
        )

    def to_json(self) -> str:
        """Return the model as JSON text, at full precision; see `mixtura.model.serialisation`."""
        return serialisation.to_json(self.parameters, self.metadata)

    @classmethod
    def from_json(cls, text: str) -> Mixture:
        """Read `to_json`'s text back, to the same bits; raise ValueError if it is not a whole model."""
        arrays, metadata = serialisation.from_json(text)
        return cls(**arrays, metadata=metadata)

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to a JSON file, which appears whole or not at all."""
        serialisation.write_whole(path, self.to_json())

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Mixture:
        """Read a model file; raise ValueError if it is damaged or of an unknown schema version."""
        try:
            arrays, metadata = serialisation.read(path)
            return cls(**arrays, metadata=metadata)
        except ValueError as error:
            raise ValueError(f"{os.fspath(path)}: {error}") from None

    def __repr__(self) -> str:
        return density.describe(self.parameters)

    def _repr_html_(self) -> str:
        return html(self.parameters)
