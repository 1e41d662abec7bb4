"""Curvature: the shape of the log-likelihood around a maximum, and where it tells nothing."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..em import Problem
from ..em.information import observed_information
from ..model.parameters import Array, Parameters
from ..structures import Parametrisation
from .quantities import Layout, layout_of

LOOK = 0.1  # of a component's own unit, that a standard error has to be for a closer look to be worth a pass
LONGEST = 2.0  # of that unit: no straight line means anything further away
CONTRAST = 2.5  # times steeper or flatter than its parabola a log-likelihood may be, a standard error away
NOISE = 1e-9  # of the information of complete data: eigenvalues below are rounding
SADDLE = -1e-5  # and one below this is that of a saddle
CHANGE = 1e-4  # in the chart's unit, of differences that give derivatives of quantities
INVOLVED = 0.1  # of the furthest that a direction moves a component, from which on it moves another too
AT_ONCE = 256  # mixtures whose quantities are computed together


@dataclass(frozen=True, eq=False)
class Curvature:
    """The observed information at a mixture, direction by direction, in a chart around it.

    A row whose component is known would tell 1 along each direction; an eigenvalue is the share of that which
    the data tell. A direction is open where the log-likelihood is no parabola within a standard error, so
    that the curvature does not say what the data would bear, and where it moves components that the data do
    not tell apart.
    """

    chart: Parametrisation
    rows: float  # that the data stand for, n
    vectors: Array  # (q, b) the directions
    shares: Array  # (b,) eigenvalues, rising, none below rounding
    falls: Array  # (b, 2) nats that it falls by on either side, where its parabola falls by half a nat
    bent: np.ndarray  # (b,) bool, directions that are open by that
    open: np.ndarray  # (b,) bool
    on_saddle: bool

    @property
    def errors(self) -> Array:
        """Return the standard errors (b,) along the directions, in the chart's unit."""
        return np.asarray(1.0 / np.sqrt(self.rows * self.shares))

    def opened(self, components: tuple[int, ...]) -> Curvature:
        """Return the same with the directions open that move these components."""
        moves = np.array([self.chart.strides(way) for way in self.vectors.T])
        involved = moves[:, list(components)].max(axis=1) > INVOLVED * moves.max(axis=1)
        return replace(self, open=self.open | involved)


def curvature_at(problem: Problem, anchor: Parameters, held: np.ndarray, rows: float) -> Curvature:
    """Look at the curvature at a mixture (k,), with some of its components (k,) held where they are.

    The data stand for so many ``rows``, whatever their weights sum to.
    """
    chart = problem.parametrisation(anchor)
    ways = _free(problem, anchor, held)
    found, turn = np.linalg.eigh(observed_information(problem, chart, ways.T))
    vectors, shares = ways @ turn, np.maximum(found, NOISE)
    errors = 1.0 / np.sqrt(rows * shares)
    strides = errors * np.array([chart.strides(way)[~held].max(initial=0.0) for way in vectors.T])
    falls = np.full((len(shares), 2), 0.5)
    close = np.flatnonzero(strides > LOOK)
    if len(close):
        lengths = errors[close] * np.minimum(1.0, LONGEST / strides[close])
        falls[close] = _falls(problem, chart, anchor, (vectors[:, close] * lengths).T)
        falls[close] *= rows / problem.source.total_weight * ((errors[close] / lengths) ** 2)[:, None]
    parabolic = (falls > 0.5 / CONTRAST) & (falls < 0.5 * CONTRAST)
    bent = (strides > LONGEST) | ~parabolic.all(axis=1)
    return Curvature(chart, rows, vectors, shares, falls, bent, bent, bool(found.min(initial=0.0) < SADDLE))


def _falls(problem: Problem, chart: Parametrisation, anchor: Parameters, ways: Array) -> Array:
    """Return the nats (b, 2) that the log-likelihood falls by on either side along ways (b, q)."""
    here = problem.evaluate(anchor.at(None))
    around = problem.evaluate(chart.mixtures(np.concatenate([ways, -ways])))
    falls = problem.objective(here, here.at(0)) - problem.objective(around, here.at(0))
    return np.asarray(falls.reshape(2, -1).T)


def _free(problem: Problem, anchor: Parameters, held: np.ndarray) -> Array:
    """Return orthonormal directions (q, b) along which no mean or covariance of a held component moves."""
    size = problem.parametrisation(anchor).size
    if not held.any():
        return np.eye(size)
    layout = layout_of(anchor)
    own = held[layout.component]
    own[: layout.k] = False  # weights of others are what a held component leaves
    moves = jacobian(problem, anchor, layout)[own]
    moves /= np.maximum(np.abs(moves).max(axis=1, keepdims=True), np.finfo(np.float64).tiny)
    _, sizes, across = np.linalg.svd(moves)
    rank = int((sizes > 1e-9 * sizes.max(initial=0.0)).sum())
    return np.asarray(across[rank:].T)


def jacobian(problem: Problem, anchor: Parameters, layout: Layout) -> Array:
    """Return the derivatives (p, q) of the quantities of mixtures by their coordinates, at a mixture (k,).

    They do not depend on where the mixture lies, so that they are taken at the origin: far from it means have
    no digits left for differences.
    """
    there = Parameters(anchor.weights, np.zeros_like(anchor.means), anchor.covariances)
    chart = problem.parametrisation(there)
    slopes = [
        (layout.flat(chart.mixtures(steps)) - layout.flat(chart.mixtures(-steps))) / (2.0 * CHANGE)
        for steps in np.split(CHANGE * np.eye(chart.size), range(AT_ONCE, chart.size, AT_ONCE))
    ]
    return np.concatenate(slopes).T
