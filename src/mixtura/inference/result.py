"""Inference: how sure a fit is, whichever way that was found."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from ..model.mixture import Mixture
from ..model.parameters import Array
from .estimates import Estimate, Function
from .profile import Profile
from .quantities import Layout, Values

if TYPE_CHECKING:
    from .summary import Summary


@dataclass(frozen=True, eq=False)
class Inference(ABC):
    """Standard errors and intervals of a fit.

    All stands in the order of the fit's mixture, its components and features. What the data cannot tell is
    NaN, and ``notes`` say in words which quantities these are, and why.
    """

    kind: str
    mixture: Mixture  # the fit's
    layout: Layout
    notes: tuple[str, ...]

    @cached_property
    def estimates(self) -> Array:
        """Return the quantities (p,) at the fit."""
        return self.layout.flat(self.mixture.parameters.at(None))[0]

    @property
    @abstractmethod
    def errors(self) -> Array:
        """Return the standard errors (p,) of the quantities, NaN where they cannot be told."""

    @abstractmethod
    def ends(self, level: float) -> Array:
        """Return the intervals (p, 2) of the quantities."""

    @property
    @abstractmethod
    def covariance_matrix(self) -> Array:
        """Return the covariances of the estimates of weights, means and covariances, in ``names``' order.

        Weights sum to 1, and a structure may share or constrain covariances, so that it is singular. Rows
        and columns of what cannot be told are NaN.
        """

    @abstractmethod
    def of(self, function: Function) -> Estimate:
        """Return what a function of the mixture is at the fit, with its standard error and interval.

        It takes a `Mixture` whose components stand in the order of the fit's, and gives a number or an array.
        """

    @abstractmethod
    def profile(self, function: Function) -> Profile:
        """Return how the log-likelihood falls on either side of the fit's value of a function.

        Where the curvature tells nothing, as of two components that overlap, this shows how far the
        log-likelihood is flat. It climbs anew at every value, and is made for few parameters.
        """

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of weights, means and covariances, such as "mean[0, waiting]"."""
        return self.layout.names[: self.layout.n_parameters]

    @property
    def standard_errors(self) -> Values:
        """Return the standard errors: weights (k,), means (k, d), covariances (k, d, d) and so on."""
        return self.layout.shaped(self.errors, 0.0)

    def interval(self, level: float = 0.95) -> Values:
        """Return intervals of this level: weights (k, 2), means (k, d, 2), covariances (k, d, d, 2), etc.

        They stay inside the quantities' bounds.
        """
        return self.layout.shaped(self.ends(level), 1.0)

    def summary(self, level: float = 0.95) -> Summary:
        """Return the table of estimates, errors and intervals, which prints."""
        from .summary import summary_of

        return summary_of(self, level)

    def __str__(self) -> str:
        return str(self.summary())

    def _repr_html_(self) -> str:
        return self.summary().html()

    @property
    def untold(self) -> tuple[str, ...]:
        """Return the names of all that the data cannot tell."""
        return tuple(name for name, error in zip(self.layout.names, self.errors) if np.isnan(error))
