"""Parametrisation: a flat space around a mixture, free of units, where every point is a mixture."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from functools import cached_property

import numpy as np

from .. import _core
from ..model.forms import Form
from ..model.moments import Moments
from ..model.parameters import Array, Parameters
from .floor import Floor

STEP = 1e-6  # from a mixture to its neighbours, where coordinates carry 16 digits
FAR = 1.0  # of a component's deviation, and of the logarithms of weights and deviations
LONGEST = 3.0  # a constrained family's own coordinates, logarithms mostly, move no further in one step
EPSILON = float(np.finfo(np.float64).eps)


class Parametrisation(ABC):
    """Coordinates y (q,) of a structure's mixtures near an anchor, which itself lies at the origin.

    At the anchor the Fisher information of a row with a known component is the identity here. So lengths are
    free of the data's units, an EM step is the score itself to first order, every y is a mixture, and shifted
    or scaled data give the same y. There is a coordinate for every free parameter, so that scores are exact.
    Methods take and give stacks of mixtures along one leading axis.
    """

    size: int  # q

    def __init__(self, form: Form, anchor: Parameters) -> None:
        self.form, self.anchor = form, anchor
        self.k, self.d = anchor.means.shape
        self.core = _core.kernels().Chart(
            form.name, anchor.weights, anchor.means, form.spreads(anchor.covariances)
        )
        self.unit = math.sqrt(anchor.weights.min())

    @cached_property
    def resolution(self) -> float:
        """Return the step that differences of scores need: means far from the origin carry fewer digits."""
        deviations = np.sqrt(np.diagonal(self.anchor.covariances, axis1=-2, axis2=-1))
        noise = EPSILON * float(np.abs(self.anchor.means / deviations).max())
        return max(STEP, math.sqrt(noise))

    def serves(self, y: Array) -> bool:
        """Say whether the coordinates are still good around y (q,): no component is another one by then."""
        return math.sqrt(y @ y) <= FAR * self.unit

    @abstractmethod
    def coordinates(self, mixtures: Parameters) -> Array:
        """Return y (m, q) of mixtures (m,)."""

    @abstractmethod
    def mixtures(self, y: Array) -> Parameters:
        """Return the mixtures (m,) at y (m, q), raised to the floor."""

    @abstractmethod
    def score(self, mixtures: Parameters, moments: Moments, total: float) -> Array:
        """Return the gradient (m, q) of the log-likelihood by y, over the total weight.

        By Fisher's identity it is a function of the moments alone; of penalised moments, it is that of the
        penalised log-likelihood.
        """

    def strides(self, y: Array) -> Array:
        """Return how far a step y (q,) takes each component (k,) in its own unit, however few rows it has."""
        k, d = self.k, self.d
        squares = (y[k - 1 : k - 1 + k * d].reshape(k, d) ** 2).sum(1)
        return np.asarray(
            np.sqrt(self._growth(y) ** 2 + squares / self.anchor.weights + self._shape_strides(y))
        )

    def _growth(self, y: Array) -> Array:
        """Return the logarithms (k,) of what weights grow by."""
        return np.asarray(self.core.growth(y))

    def _shape_strides(self, y: Array) -> Array:
        """Return the squares (k,) of what each component's own covariance moves by."""
        own = y[self.k - 1 + self.k * self.d :]
        return (
            np.zeros(self.k)
            if self.form.shared
            else (own.reshape(self.k, -1) ** 2).sum(1) / self.anchor.weights
        )

    def _score(self, mixtures: Parameters, moments: Moments, total: float) -> Array:
        """Return the gradient in the coordinates of the form, whatever its family."""
        return np.asarray(
            self.core.score(
                mixtures.weights,
                self.form.spreads(mixtures.covariances),
                moments.counts,
                moments.covariance_counts,
                moments.sums,
                moments.scatters,
                total,
            )
        )


class FormChart(Parametrisation):
    """Coordinates of a family that asks of covariances no more than its form does.

    They are logarithms of weights and deviations and whitened means and correlations, each times the root of
    its component's weight: `mixtura._core.twin_chart.Chart` has the formulas.
    """

    def __init__(
        self, form: Form, raised: Callable[[Array, Floor], Array], floor: Floor, anchor: Parameters
    ) -> None:
        super().__init__(form, anchor)
        self.raised, self.floor = raised, floor
        self.size = self.core.size

    def coordinates(self, mixtures: Parameters) -> Array:
        """Return y (m, q) of mixtures (m,)."""
        spreads = self.form.spreads(mixtures.covariances)
        return np.asarray(self.core.coordinates(mixtures.weights, mixtures.means, spreads))

    def mixtures(self, y: Array) -> Parameters:
        """Return the mixtures (m,) at y (m, q), raised to the floor."""
        weights, means, spreads = self.core.mixtures(y)
        covariances = self.form.covariances(self.raised(spreads, self.floor), self.k, self.d)
        return Parameters(weights, means, covariances)

    def score(self, mixtures: Parameters, moments: Moments, total: float) -> Array:
        """Return the gradient (m, q) of the log-likelihood by y, over the total weight."""
        return self._score(mixtures, moments, total)


class Family(ABC):
    """A constrained family's own flat coordinates: numbers (m, r) that say its spreads (m, by form).

    They belong to an anchor, at which each of them alone carries Fisher information: the root of that of a
    row with a known component is the coordinate's unit.
    """

    form: Form
    units: Array  # (r,)
    owners: np.ndarray  # (r,), the component that a coordinate belongs to; -1 where all share it

    @abstractmethod
    def flatten(self, spreads: Array) -> Array:
        """Return the coordinates (m, r) of spreads of the family (m, by form)."""

    @abstractmethod
    def spreads(self, flat: Array) -> Array:
        """Return the spreads (m, by form) that coordinates (m, r) say; any numbers say some."""

    @abstractmethod
    def pull_back(self, flat: Array, gradients: Array) -> Array:
        """Return the gradient (m, r) by the coordinates, given that by the spreads (m, by form)."""


class ConstrainedChart(Parametrisation):
    """Coordinates of a family that constrains its covariances further than its form does.

    Weights and means are the form's. A family's flat coordinates are stretched so that the Fisher information
    of a row with a known component is the identity at the anchor here too.
    """

    def __init__(
        self, family: Family, raised: Callable[[Array, Floor], Array], floor: Floor, anchor: Parameters
    ) -> None:
        super().__init__(family.form, anchor)
        self.family, self.raised, self.floor = family, raised, floor
        self.origin = family.flatten(self.form.spreads(anchor.covariances)[None])[0]
        self.loose = self.k - 1 + self.k * self.d  # weights and means
        self.size = self.loose + len(self.origin)

    def coordinates(self, mixtures: Parameters) -> Array:
        """Return y (m, q) of mixtures (m,) of the family."""
        spreads = self.form.spreads(mixtures.covariances)
        loose = self.core.coordinates(mixtures.weights, mixtures.means, spreads)[:, : self.loose]
        own = (self.family.flatten(spreads) - self.origin) * self.family.units
        return np.concatenate([loose, own], axis=1)

    def mixtures(self, y: Array) -> Parameters:
        """Return the mixtures (m,) at y (m, q), raised to the floor."""
        whole = np.zeros((len(y), self.core.size))
        whole[:, : self.loose] = y[:, : self.loose]
        weights, means, _ = self.core.mixtures(whole)
        steps = np.clip(y[:, self.loose :] / self.family.units, -LONGEST, LONGEST)
        spreads = self.raised(self.family.spreads(self.origin + steps), self.floor)
        return Parameters(weights, means, self.form.covariances(spreads, self.k, self.d))

    def score(self, mixtures: Parameters, moments: Moments, total: float) -> Array:
        """Return the gradient (m, q) of the log-likelihood by y, over the total weight."""
        spreads = self.form.spreads(mixtures.covariances)
        gradient = self.form.gradient(
            spreads, moments.scatters / total, moments.covariance_counts / total, self.d
        )
        own = self.family.pull_back(self.family.flatten(spreads), gradient) / self.family.units
        return np.concatenate([self._score(mixtures, moments, total)[:, : self.loose], own], axis=1)

    def _growth(self, y: Array) -> Array:
        whole = np.zeros(self.core.size)
        whole[: self.loose] = y[: self.loose]
        return np.asarray(self.core.growth(whole))

    def _shape_strides(self, y: Array) -> Array:
        squares, owners = y[self.loose :] ** 2, self.family.owners
        shared = owners < 0
        own = np.bincount(owners[~shared], squares[~shared], self.k)
        return np.asarray(squares[shared].sum() + own / self.anchor.weights)


class EqualWeights(Parametrisation):
    """Coordinates of mixtures whose components have equal weights: those of another chart but for weights."""

    def __init__(self, chart: Parametrisation) -> None:
        self.chart = chart
        self.form, self.anchor, self.k, self.d = chart.form, chart.anchor, chart.k, chart.d
        self.core, self.unit = chart.core, chart.unit
        self.size = chart.size - (chart.k - 1)

    def coordinates(self, mixtures: Parameters) -> Array:
        """Return y (m, q) of mixtures (m,)."""
        return self.chart.coordinates(mixtures)[:, self.k - 1 :]

    def mixtures(self, y: Array) -> Parameters:
        """Return the mixtures (m,) at y (m, q), raised to the floor."""
        mixtures = self.chart.mixtures(self._whole(y))
        weights = np.full_like(mixtures.weights, 1.0 / self.k)
        return Parameters(weights, mixtures.means, mixtures.covariances)

    def score(self, mixtures: Parameters, moments: Moments, total: float) -> Array:
        """Return the gradient (m, q) of the log-likelihood by y, over the total weight."""
        return self.chart.score(mixtures, moments, total)[:, self.k - 1 :]

    def strides(self, y: Array) -> Array:
        """Return how far a step y (q,) takes each component (k,) in its own unit, however few rows it has."""
        return self.chart.strides(self._whole(y[None])[0])

    def _whole(self, y: Array) -> Array:
        return np.concatenate([np.zeros((len(y), self.k - 1)), y], axis=1)
