"""What a covariance structure is: moments in, parameters out, free parameters, and coordinates of its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from functools import cache
from typing import ClassVar

import numpy as np

from ..model.forms import Form
from ..model.moments import Moments, divisors
from ..model.parameters import Array, Parameters
from .floor import Floor
from .inner import SETTLED
from .parametrisation import EqualWeights, FormChart, Parametrisation


class Structure(ABC):
    """One of mclust's families of covariance matrices (Scrucca et al. 2016, The R Journal 8, table 3).

    The letters of its name say whether volume, shape and orientation are equal for all components (E), vary
    (V), or are those of the identity (I). A family that asks of its covariances no more than their form does
    has all it needs here but the M-step's division; the others are `mixtura.structures.constrained`.

    Parameters
    ----------
    equal_weights : bool
        Whether all components have the weight 1 / k, so that weights are no parameters.
    """

    name: ClassVar[str]  # mclust's identifier
    description: ClassVar[str]
    form: ClassVar[Form]  # the scatters that its M-step needs, and the shape of its covariances in a pass
    adds_scatters: ClassVar[bool] = True  # whether covariances are linear in the scatters

    def __init__(self, equal_weights: bool = False) -> None:
        self.equal_weights = equal_weights

    @abstractmethod
    def covariances(
        self,
        counts: Array,
        scatters: Array,
        floor: Floor,
        before: Array | None = None,
        close: float = SETTLED,
    ) -> Array:
        """Return the maximising covariances (..., k, d, d), given scatters about the components' means.

        Where they are found by iteration, that starts from those of the step ``before`` (..., k, d, d), and
        ends with a step shorter than ``close``.
        """

    @abstractmethod
    def raised(self, spreads: Array, floor: Floor) -> Array:
        """Return spreads of the family, in the shape of its form, none of them under the floor."""

    def touches(self, covariances: Array, floor: Floor) -> np.ndarray:
        """Say which covariances (..., k, d, d) lie at the floor, or under it: flags (..., k)."""
        return floor.touches(covariances)

    @property
    def letters(self) -> tuple[str, str, str]:
        """Return how volume, shape and orientation go over components: E (equal), V (varying) or I (none)."""
        name = self.name if len(self.name) == 3 else f"{self.name}II"
        return name[0], name[1], name[2]

    @property
    def shares_all(self) -> bool:
        """Say whether all components have one covariance."""
        return "V" not in self.letters

    @property
    def shares_some(self) -> bool:
        """Say whether components have a part of their covariances in common."""
        return "E" in self.letters

    def n_covariance_parameters(self, k: int, d: int) -> int:
        """Return the number of free parameters in k covariance matrices of d dimensions."""
        return _free_parameters(self.letters, k, d)

    def maximise(
        self, moments: Moments, floor: Floor, before: Parameters | None = None, close: float = SETTLED
    ) -> Parameters:
        """Make the M-step: return the parameters that maximise the expected complete log-likelihood.

        A component without any rows gets weight 0, keeps its mean and gets a covariance at the floor. The
        mixtures ``before``, under which the moments were made, are where iterations start; these end with a
        step shorter than ``close``, in radians or logarithms, and no worse than they started.
        """
        proportions, means, scatters = moments.centred()
        last = None if before is None else before.covariances
        covariances = self.covariances(moments.covariance_counts, scatters, floor, last, close)
        return Parameters(self.weights(proportions), means, covariances)

    def maximise_apart(self, moments: Moments, floor: Floor, mixture: Array) -> Parameters:
        """Make the M-step of what each component has to itself.

        What components share is held as it is in the covariances (..., k', d, d) of a mixture.
        """
        proportions, means, scatters = moments.centred()
        if self.shares_all:
            covariances = np.broadcast_to(mixture[..., :1, :, :], (*means.shape, means.shape[-1]))
        elif not self.shares_some:
            covariances = self.covariances(moments.covariance_counts, scatters, floor)
        else:
            k, d = means.shape[-2:]
            own = self.form.covariances(per_count(scatters, moments.covariance_counts), k, d)
            covariances = self.conformed(own + np.diag(floor.variances), mixture)
        return Parameters(self.weights(proportions), means, covariances)

    def conformed(self, covariances: Array, mixture: Array) -> Array:
        """Return what the family has of covariances (..., p, d, d), each alone.

        What components share is held as it is in the covariances (..., k, d, d) of a mixture.
        """
        if self.shares_all:
            return np.broadcast_to(mixture[..., :1, :, :], covariances.shape)
        p, d = covariances.shape[-3:-1]
        return self.form.covariances(self.form.spreads(covariances), p, d)

    def weights(self, proportions: Array) -> Array:
        """Return the weights (..., k) of components that have these shares of the rows."""
        if self.equal_weights:
            return np.full_like(proportions, 1.0 / proportions.shape[-1])
        return proportions

    def parametrisation(self, anchor: Parameters, floor: Floor) -> Parametrisation:
        """Return flat coordinates of the family's mixtures near an anchor (k,)."""
        chart = self.chart(anchor, floor)
        return EqualWeights(chart) if self.equal_weights else chart

    def chart(self, anchor: Parameters, floor: Floor) -> Parametrisation:
        """Return coordinates of them whose weights are free."""
        return FormChart(self.form, self.raised, floor, anchor)

    def restricted(self, parameters: Parameters) -> Parameters:
        """Return mixtures (..., k) with covariances of the family: of given ones, what it has of them."""
        restricted = self.form.restricted(parameters)
        return Parameters(self.weights(restricted.weights), restricted.means, restricted.covariances)

    def admitted(self, parameters: Parameters, floor: Floor) -> Parameters:
        """Return mixtures (..., k) with covariances of the family, raised to the floor."""
        k, d = parameters.means.shape[-2:]
        restricted = self.restricted(parameters)
        raised = self.raised(self.form.spreads(restricted.covariances), floor)
        return Parameters(restricted.weights, parameters.means, self.form.covariances(raised, k, d))

    def n_weight_parameters(self, k: int) -> int:
        """Return the number of free parameters in k weights."""
        return 0 if self.equal_weights else k - 1

    def n_parameters(self, k: int, d: int) -> int:
        """Return the number of free parameters: those of weights, k d of means, and the covariances'."""
        return self.n_weight_parameters(k) + k * d + self.n_covariance_parameters(k, d)

    def __repr__(self) -> str:
        return f"<{self.name}: {self.description}{', equal weights' if self.equal_weights else ''}>"


@cache
def _free_parameters(letters: tuple[str, str, str], k: int, d: int) -> int:
    """Return how many numbers say the volumes, shapes and orientations of k matrices of d dimensions."""
    sizes = (1, d - 1, d * (d - 1) // 2)
    times = {"E": 1, "V": k, "I": 0}
    return sum(times[letter] * size for letter, size in zip(letters, sizes))


def per_count(scatters: Array, counts: Array) -> Array:
    """Divide scatters (..., k, *) by counts (..., k); a component without rows gets zeros."""
    return scatters / divisors(counts).reshape(counts.shape + (1,) * (scatters.ndim - counts.ndim))
