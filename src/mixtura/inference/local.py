"""Local: errors from the curvature at the maximum, and for functions by the delta method."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from ..em import Problem
from ..model.mixture import Mixture
from ..model.parameters import Array
from .curvature import CHANGE, Curvature
from .estimates import Estimate, Function, checked_value
from .profile import Profile, merged_starts, profile
from .result import Inference
from .scales import intervals

SHARE = 0.1  # of a variance, that may come from directions along which nothing can be told
KNOWN = 2.0  # times the variance if components were known: what is no larger is told whatever they are


@dataclass(frozen=True, eq=False)
class LocalInference(Inference):
    """Errors by the observed information, or by the sandwich of it and the scores' products.

    A function of the mixture moves along each direction of the curvature in proportion, and the estimate
    along each has the variance that the curvature, or the sandwich, says. Where an open direction contributes
    to a variance, and the variance is more than it would be if components were known, there is nothing to be
    sure of, and no number is given.
    """

    curvature: Curvature
    slopes: Array  # (p, b) of the quantities along the directions
    spread: Array  # (b, b) covariances of the estimates along the directions
    problem: Problem = field(repr=False)
    lost: np.ndarray | None = None  # (p,) quantities of components of which nothing can be told
    twins: tuple[int, int] | None = None  # components that are not told apart

    @property
    def all_errors(self) -> Array:
        """Return the standard errors (p,) as they come out, whether they mean anything or not."""
        return np.sqrt(self._variances(self.slopes, self.spread))

    @cached_property
    def errors(self) -> Array:
        """Return the standard errors (p,) of the quantities, NaN where they cannot be told."""
        errors = self._errors(self.slopes)
        if self.lost is not None:
            errors[self.lost & ~self.layout.fixed] = np.nan
        return errors

    def ends(self, level: float) -> Array:
        """Return the intervals (p, 2) of the quantities, normal on scales without bounds."""
        return intervals(self.layout, self.estimates, self.errors, level)

    @cached_property
    def covariance_matrix(self) -> Array:
        """Return the covariances of the estimates of weights, means and covariances."""
        slopes = self.slopes[: self.layout.n_parameters]
        matrix = slopes @ self.spread @ slopes.T
        untold = np.isnan(self.errors[: len(slopes)])
        matrix[untold], matrix[:, untold] = np.nan, np.nan
        return np.asarray(matrix)

    def of(self, function: Function) -> Estimate:
        """Return a function of the mixture at the fit, with its standard error by the delta method."""
        value = checked_value(function, self.mixture)
        slopes = self._slopes_of(function)
        errors = self._errors(slopes.reshape(len(slopes), -1).T)
        return Estimate(value[()], errors.reshape(value.shape)[()])

    def profile(self, function: Function) -> Profile:
        """Return how the log-likelihood falls on either side of the fit's value of a function."""
        if self.problem.source is None:
            raise ValueError("an inference that was stored has not kept its data: ask the fit anew, with x=")
        if checked_value(function, self.mixture).ndim:
            raise ValueError("a profile is of one number, and the function gives several; give one of them")
        slopes = self._slopes_of(function)
        error = float(np.sqrt(self._variances(slopes[None], self.spread)[0]))
        anchor = self.curvature.chart.anchor
        others = [] if self.twins is None else merged_starts(anchor, self.twins)
        return profile(self.problem, anchor, function, error, others)

    def _slopes_of(self, function: Function) -> Array:
        """Return the derivatives (b, ...) of a function of the mixture along the directions."""
        chart, steps = self.curvature.chart, CHANGE * self.curvature.vectors.T
        forth, back = (
            np.array(
                [
                    np.asarray(function(Mixture.in_order(near.at(i))), dtype=np.float64)
                    for i in range(len(steps))
                ]
            )
            for near in (chart.mixtures(steps), chart.mixtures(-steps))
        )
        return np.asarray((forth - back) / (2.0 * CHANGE))

    def _errors(self, slopes: Array) -> Array:
        """Return the standard errors (p,) of what has slopes (p, b) along the directions, or NaN."""
        opened = self.curvature.open
        variances = self._variances(slopes, self.spread)
        lacking = self._variances(slopes[:, opened], self.spread[np.ix_(opened, opened)])
        known = (slopes**2).sum(axis=1) / self.curvature.rows
        untold = lacking > np.maximum(SHARE * variances, KNOWN * known)
        return np.where(untold, np.nan, np.sqrt(variances))

    @staticmethod
    def _variances(slopes: Array, spread: Array) -> Array:
        return np.maximum(np.einsum("pb,pb->p", slopes @ spread, slopes), 0.0)
