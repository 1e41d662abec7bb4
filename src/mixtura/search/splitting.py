"""Splitting: which component is really two, as fits of two to its own rows tell."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from ..em import Problem
from ..model.parameters import Array, Parameters
from ..structures import Structure
from .ground import Ground
from .sample import Sample

SHARE = 0.02  # of a row that a component must hold for the row to count as its own
ROWS = 30  # for each parameter of a component, above which a part of its own rows is looked at
CORE, SHELL = 0.25, 1.75  # variances of a compact core and of what lies around it
PASSES = 6  # of plain EM over a component's own rows
FIRST, SURVIVORS = 2, 3  # passes after which the best cuts alone walk on


@dataclass(frozen=True, eq=False)
class Split:
    """Two components for the rows of one."""

    halves: Parameters  # (2,), weights that sum to 1
    gain: float  # nats of the whole data, over what the rows have now


def best_split(
    ground: Ground,
    sample: Sample,
    now: Parameters,
    shares: Array,
    mixture: Parameters,
    rng: Generator,
) -> Split | None:
    """Return the best fit of two components to rows of a sample weighted by ``shares`` (n,).

    ``now`` is the one component (1,) that has these rows at present: gains are over its log-likelihood. It is
    cut in several ways: the halves of its longest axis, those across the most bimodal and the least, a
    compact core within it, a random pair of its rows. What all components of the ``mixture`` (k,) share
    stays what it is.
    """
    own = own_parameters(ground.structure, ground.source.n_features)
    part = sample.part(shares, SHARE, int(max(1000, ROWS * own)), rng)
    rows = part.total * part.scale
    least = ground.rows_needed(2)
    if rows < 2.0 * least or len(part.values) < 4:
        return None
    problem = ground.on_rows(part.values, part.weights)
    if problem is None:
        return None
    ends, logliks = short_fit(problem, cuts(ground, part, now.at(0), mixture, rng), mixture)
    gains = part.scale * (logliks - problem.evaluate(now.at(None)).loglik)
    # what the fit has learnt of the rows drawn and not of the whole: half a nat a parameter, each way
    surplus = part.scale * sample.scale
    gains = sample.scale * gains - max(0.0, surplus - 1.0) * 0.5 * own
    low = ends.weights * rows * sample.scale < least  # (m, 2)
    if not ground.structure.shares_all:
        low |= ground.problem.at_floor(ends)
    gains = np.where(np.isfinite(gains) & ~low.any(axis=1), gains, -np.inf)
    best = int(gains.argmax())
    return Split(ends.at(best), float(gains[best])) if np.isfinite(gains[best]) else None


def own_parameters(structure: Structure, d: int) -> int:
    """Return the parameters that one more component adds."""
    return structure.n_parameters(3, d) - structure.n_parameters(2, d)


def cuts(ground: Ground, part: Sample, one: Parameters, mixture: Parameters, rng: Generator) -> Parameters:
    """Return mixtures (m, 2) that stand for one component () of a mixture (k,), cut in several ways."""
    x, weights = part.values, part.weights
    mean, covariance = one.means, one.covariances
    d = len(mean)
    deviation = np.sqrt(ground.source.variance)
    factor = np.linalg.cholesky(covariance)
    values, vectors = np.linalg.eigh(covariance / (deviation[:, None] * deviation))
    axes = [np.sqrt(values[-1]) * vectors[:, -1] * deviation]
    if d > 1:
        z = np.linalg.solve(factor, (x - mean).T).T
        # fourth moments tell directions of two clumps from those of a core in a halo (Cardoso 1989, ICASSP)
        squares = (z * z).sum(1)
        weighted = squares if weights is None else squares * weights
        _, turn = np.linalg.eigh((z * weighted[:, None]).T @ z)
        axes += [factor @ turn[:, 0]] + ([factor @ turn[:, -1]] if d > 2 else [])
    shifts = np.sqrt(2.0 / np.pi) * np.array(axes)
    left = covariance - shifts[:, :, None] * shifts[:, None, :]
    share = None if weights is None else weights / weights.sum()
    drawn = x[rng.choice(len(x), 2, replace=False, p=share)]
    means = np.concatenate(
        [np.stack([mean + shifts, mean - shifts], axis=1), [[mean, mean]], drawn[None]], axis=0
    )
    covariances = np.concatenate(
        [
            np.stack([left, left], axis=1),
            [[CORE * covariance, SHELL * covariance]],
            [[0.5 * covariance, 0.5 * covariance]],
        ],
        axis=0,
    )
    stack = Parameters(np.full((len(means), 2), 0.5), means, covariances)
    if ground.structure.shares_some:
        held = ground.structure.conformed(covariances, mixture.covariances[None])
        return replace(stack, covariances=held)
    return ground.admitted(stack)


def short_fit(problem: Problem, stack: Parameters, mixture: Parameters) -> tuple[Parameters, Array]:
    """Give mixtures (m, 2) a few passes over their rows; return the best of them and log-likelihoods.

    What all components of the mixture (k,) share stays what it is: it is not for two of them to change.
    """
    for done in range(1, PASSES + 1):
        evaluation = problem.evaluate(stack)
        if done == PASSES:
            break
        stack = problem.maximise_apart(evaluation.moments, mixture)
        if done == FIRST and len(stack.weights) > SURVIVORS:
            stack = stack.at(np.argsort(-evaluation.loglik, kind="stable")[:SURVIVORS])
    return evaluation.mixtures, evaluation.loglik
