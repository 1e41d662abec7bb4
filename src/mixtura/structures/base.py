"""What a covariance structure is: moments in, parameters out, free parameters, and coordinates of its own."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from ..model.forms import Form
from ..model.moments import Moments, divisors
from ..model.parameters import Array, Parameters
from .floor import Floor
from .parametrisation import FormChart, Parametrisation


class Structure(ABC):
    """One of mclust's families of covariance matrices (Scrucca et al. 2016, The R Journal 8, table 3).

    A family that asks of its covariances no more than their form does has all it needs here but the M-step's
    division and a count. One that constrains them further says in `raised` how the floor keeps a component in
    the family, and gives `parametrisation` a `ConstrainedChart` with flat coordinates of its own.
    """

    name: ClassVar[str]  # mclust's identifier
    description: ClassVar[str]
    form: ClassVar[Form]  # the scatters that its M-step needs, and the shape of its covariances in a pass

    @abstractmethod
    def covariances(self, counts: Array, scatters: Array, floor: Floor) -> Array:
        """Return the maximising covariances (..., k, d, d), given scatters about the components' means."""

    @abstractmethod
    def n_covariance_parameters(self, k: int, d: int) -> int:
        """Return the number of free parameters in k covariance matrices of d dimensions."""

    @abstractmethod
    def raised(self, spreads: Array, floor: Floor) -> Array:
        """Return spreads of the family, in the shape of its form, none of them under the floor."""

    def maximise(self, moments: Moments, floor: Floor) -> Parameters:
        """Make the M-step: return the parameters that maximise the expected complete log-likelihood.

        A component without any rows gets weight 0, keeps its mean and gets a covariance at the floor.
        """
        proportions, means, scatters = moments.centred()
        return Parameters(proportions, means, self.covariances(moments.covariance_counts, scatters, floor))

    def parametrisation(self, anchor: Parameters, floor: Floor) -> Parametrisation:
        """Return flat coordinates of the family's mixtures near an anchor (k,)."""
        return FormChart(self.form, self.raised, floor, anchor)

    def restricted(self, parameters: Parameters) -> Parameters:
        """Return mixtures (..., k) with covariances of the family: of given ones, what it has of them."""
        return self.form.restricted(parameters)

    def admitted(self, parameters: Parameters, floor: Floor) -> Parameters:
        """Return mixtures (..., k) with covariances of the family, raised to the floor."""
        k, d = parameters.means.shape[-2:]
        restricted = self.restricted(parameters)
        raised = self.raised(self.form.spreads(restricted.covariances), floor)
        return Parameters(parameters.weights, parameters.means, self.form.covariances(raised, k, d))

    def n_parameters(self, k: int, d: int) -> int:
        """Return the number of free parameters: k - 1 weights, k d means and the covariances'."""
        return k - 1 + k * d + self.n_covariance_parameters(k, d)

    def __repr__(self) -> str:
        return f"<{self.name}: {self.description}>"


def per_count(scatters: Array, counts: Array) -> Array:
    """Divide scatters (..., k, *) by counts (..., k); a component without rows gets zeros."""
    return scatters / divisors(counts).reshape(counts.shape + (1,) * (scatters.ndim - counts.ndim))
