"""Replicates: the fit made again on other samples: bootstrap and jackknife."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..model.mixture import Mixture
from ..model.parameters import Array, Parameters
from .estimates import Estimate, Function, checked_value, percentiles
from .local import LocalInference
from .profile import Profile
from .result import Inference
from .scales import intervals


@dataclass(frozen=True, eq=False)
class ReplicateInference(Inference):
    """Errors from fits to other samples, each climbed from the fit and its components matched with the fit's.

    A bootstrap's intervals are percentiles of the replicates; a jackknife's are normal on scales without
    bounds.
    """

    local: LocalInference  # what the curvature says
    replicates: Parameters  # (b,)
    shares: Array | None = None  # (b,) of the jackknife's replicates, what each counts for; None: a bootstrap

    @cached_property
    def _values(self) -> Array:
        return self.layout.flat(self.replicates)

    @cached_property
    def errors(self) -> Array:
        """Return the standard errors (p,) of the quantities, NaN where they cannot be told."""
        errors = np.sqrt(np.diagonal(self._covariances(self._values))).copy()
        if self.local.lost is not None:
            errors[self.local.lost & ~self.layout.fixed] = np.nan
        return errors

    def ends(self, level: float) -> Array:
        """Return the intervals (p, 2) of the quantities."""
        if self.shares is not None:
            return intervals(self.layout, self.estimates, self.errors, level)
        ends = percentiles(self._values, level).T
        return np.where(np.isnan(self.errors)[:, None], np.nan, ends)

    @cached_property
    def covariance_matrix(self) -> Array:
        """Return the covariances of the estimates of weights, means and covariances."""
        count = self.layout.n_parameters
        matrix = self._covariances(self._values[:, :count])
        untold = np.isnan(self.errors[:count])
        matrix[untold], matrix[:, untold] = np.nan, np.nan
        return matrix

    def of(self, function: Function) -> Estimate:
        """Return a function of the mixture at the fit, with the standard error that replicates give it."""
        value = checked_value(function, self.mixture)
        made = np.array(
            [
                np.asarray(function(Mixture.in_order(self.replicates.at(i))), dtype=np.float64)
                for i in range(len(self.replicates.weights))
            ]
        )
        flat = made.reshape(len(made), -1)
        errors = np.sqrt(np.diagonal(self._covariances(flat))).reshape(value.shape)
        if self.local.lost is not None and self.local.lost.any():
            errors = np.where(np.isnan(self.local.of(function).error), np.nan, errors)
        return Estimate(value[()], errors[()], None if self.shares is not None else made)

    def profile(self, function: Function) -> Profile:
        """Return how the log-likelihood falls on either side of the fit's value of a function."""
        return self.local.profile(function)

    def _covariances(self, values: Array) -> Array:
        """Return the covariance (p, p) that replicates (b, p) give."""
        if self.shares is None:
            return np.atleast_2d(np.cov(values.T))
        total = self.shares.sum()
        away = values - self.shares @ values / total
        return np.asarray((total - 1.0) / total * (away * self.shares[:, None]).T @ away)
