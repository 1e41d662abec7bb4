"""Doubts: what cannot be told of a fit, in sentences that name it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import chdtri

from ..em import Problem, Status
from ..model.parameters import Array, Parameters
from ..search.reduction import merging_bounds, one_component, one_less, separation
from ..structures import Structure
from .curvature import Curvature

SHOWN = 12  # names in a sentence
LEVEL = 0.05  # of the test whose critical value says what chance alone would gain
HOPE = 10.0  # times that, the nats that a pair may lose at most by being made one, for a closer look
SURE = 2.0  # standard errors, that a weight is above zero where its component is there


@dataclass(frozen=True)
class Twins:
    """Two components that the data do not tell apart: one in their place loses no more than chance gives."""

    pair: tuple[int, int]
    apart: float  # standard deviations
    loss: float  # nats
    chance: float  # nats

    @property
    def sentence(self) -> str:
        """Say so."""
        i, j = self.pair
        return (
            f"what belongs to components {i} and {j} alone cannot be told: they are {self.apart:.2g} "
            f"standard deviations apart, and one in their place loses {self.loss:.2g} nats where chance "
            f"gives {self.chance:.2g}, so that the data may as well come from one; what both make "
            "together still has errors"
        )


def twins(problem: Problem, parameters: Parameters, loglik: float, rows: float) -> Twins | None:
    """Return the two components of a fit (k,) that the data do not tell apart, if there are such.

    The data stand for so many ``rows``, whatever their weights sum to.
    """
    k = parameters.n_components
    if k == 1:
        return None
    saved = problem.n_parameters(k) - problem.n_parameters(k - 1)
    # twice the loss has a heavier tail than chi-squared where a weight may be 0: less is less than chance
    chance = 0.5 * float(chdtri(saved, LEVEL))
    bounds = 0.5 * rows * merging_bounds(parameters, *np.triu_indices(k, 1))
    if k > 2 and bounds.min() > HOPE * chance:
        return None
    simpler = one_component(problem) if k == 2 else one_less(problem, parameters, loglik)
    if simpler is None:
        return None
    first, second = sorted(simpler.merged or (0, 1))
    loss = max(loglik - simpler.loglik, 0.0) * rows / problem.source.total_weight
    if loss > chance:
        return None
    return Twins((first, second), separation(parameters, first, second), loss, chance)


def listed(names: Sequence[str]) -> str:
    """Join names as a sentence does, and say how many are left out.

    Examples
    --------
    >>> listed(["mean[0]", "mean[1]", "variance[0]"])
    'mean[0], mean[1] and variance[0]'
    """
    if len(names) > SHOWN:
        return f"{', '.join(names[:SHOWN])} and {len(names) - SHOWN} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def faint(weights: Array, errors: Array) -> np.ndarray:
    """Say which components (k,) may not be there at all, by their weights and the errors of these."""
    return np.asarray((weights < SURE * errors) & (weights < 1.0))


def of_components(
    held: np.ndarray, faint: np.ndarray, weights: Array, errors: Array, pair: Twins | None, rows: float
) -> list[str]:
    """Return sentences on components (k,) of which nothing can be told."""
    twin = () if pair is None else pair.pair
    return [
        *(
            f"what belongs to component {c} cannot be told: it lies at the floor or rests on too few rows, "
            "where the likelihood has no maximum to be sure of; the errors of all others take it as it is"
            for c in np.flatnonzero(held)
        ),
        *(
            f"what belongs to component {c} cannot be told: it rests on {rows * weights[c]:.2g} rows, give "
            f"or take {rows * errors[c]:.2g}, which is less than two standard errors from none"
            for c in np.flatnonzero(faint & ~held)
            if c not in twin
        ),
        *([] if pair is None else [pair.sentence]),
    ]


def of_directions(curvature: Curvature, untold: Sequence[str]) -> list[str]:
    """Return a sentence on quantities for which the log-likelihood is no parabola."""
    if not untold:
        return []
    if not curvature.bent.any():
        return [
            f"{listed(untold)} cannot be told either: they hang on how components that cannot be told apart "
            "share their rows"
        ]
    sides = curvature.falls[curvature.bent]
    least, most = float(sides.min()), float(sides.max())
    fall = least if least < 0.5 else most
    shape = "flat" if fall < 0.5 else "far from a parabola"
    return [
        f"{listed(untold)} cannot be told: the log-likelihood is {shape} where they move together; by what "
        f"would be one standard error of theirs it falls by {fall:.2g} nats and not by 0.5, so that no error "
        "and no interval means anything"
    ]


def of_weights(structure: Structure, k: int) -> list[str]:
    """Return a sentence on weights that are no parameters."""
    if k == 1 or not structure.equal_weights:
        return []
    return [
        f"weights are fixed at 1/{k} each, and have no errors: components were asked to have equal weights"
    ]


def of_the_end(curvature: Curvature, status: Status) -> list[str]:
    """Return sentences on a fit that has not ended at a maximum."""
    found = []
    if status is Status.ITERATION_LIMIT:
        found.append(
            "the fit ended before its maximum, and errors are those of a maximum: raise max_iter, fit again"
        )
    if curvature.on_saddle:
        found.append("the log-likelihood rises on from here: the fit stands on a saddle and at no maximum")
    return found
