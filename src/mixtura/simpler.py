"""Simpler: what the data lose with fewer components, cheaply."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from . import em
from .parameters import Array, Parameters
from .sources import Source
from .structures import Floor, Structure

MOST_PAIRS = 6  # pairs that are tried
CHEAP = 200_000  # rows times components: up to here every pair among the first is tried, whatever its bound
HOPE = 20.0  # a bound on the loss this many times what BIC allows leaves no hope for a pair
SHORT = 3  # plain passes for every pair
LONG = 15  # accelerated ones for the best


@dataclass(frozen=True)
class Simpler:
    """A mixture of fewer components beside the one that was fitted."""

    n_components: int
    loglik: float  # nats, total; a lower bound on the maximum unless n_components is 1
    merged: tuple[int, int] | None  # the two components that became one, in the order of the parameters


def one_component(source: Source, structure: Structure, floor: Floor) -> Simpler:
    r"""Return the fit of a single Gaussian, in closed form.

    At its maximum the quadratic form averages to d in every family, so that the log-likelihood is
    :math:`-\tfrac{W}{2}(d \log 2\pi + \log|\Sigma| + d)` for a total weight W.
    """
    d = source.n_features
    start = Parameters(np.ones(1), source.mean[None], np.diag(source.variance)[None])
    covariance = start.covariances[0]
    if d > 1:
        covariance = structure.maximise(source.moments(start, structure.form), floor).covariances[0]
    log_det = float(np.linalg.slogdet(covariance)[1])
    return Simpler(1, -0.5 * source.total_weight * (d * np.log(2 * np.pi) + log_det + d), None)


def one_less(parameters: Parameters, source: Source, structure: Structure, floor: Floor) -> Simpler | None:
    """Return a mixture in which two components became one, or None where every pair is plainly needed."""
    k, d = parameters.n_components, parameters.n_features
    first, second = np.triu_indices(k, 1)
    merged = merge(parameters, first, second)
    bounds = 0.5 * source.total_weight * merging_bound(parameters, merged, first, second)
    penalty = structure.n_parameters(k, d) - structure.n_parameters(k - 1, d)
    allowed = 0.5 * penalty * np.log(max(source.total_weight, 2.0))
    order = np.argsort(bounds, kind="stable")[:MOST_PAIRS]
    if getattr(source, "pass_rows", source.n_rows) * k > CHEAP:
        order = order[:2][bounds[order[:2]] < HOPE * allowed]
        if not len(order):
            return None
    starts = merged.at(order)
    if structure.form == "tied":
        shared = np.einsum("mk,mkij->mij", starts.weights, starts.covariances)
        starts = Parameters(
            starts.weights, starts.means, np.broadcast_to(shared[:, None], starts.covariances.shape)
        )
    ends, logliks = em.short(source, structure, starts, floor=floor, passes=SHORT)
    leader = int(logliks.argmax())
    run = em.fit(source, structure, ends.at(leader), floor=floor, tol=0.05, max_iter=LONG)
    pair = (int(first[order[leader]]), int(second[order[leader]]))
    return Simpler(k - 1, max(run.loglik, float(logliks[leader])), pair)


def merge(parameters: Parameters, first: np.ndarray, second: np.ndarray) -> Parameters:
    """Return mixtures (m, k - 1) in which components first[i] and second[i] became one with their moments.

    The merged component comes last.
    """
    k, pairs = parameters.n_components, len(first)
    rest = np.array([[c for c in range(k) if c not in (i, j)] for i, j in zip(first, second)], dtype=np.intp)
    rest = rest.reshape(pairs, k - 2)
    both = np.stack([first, second], axis=1)
    w = parameters.weights[both]  # (m, 2)
    total = w.sum(1)
    share = np.where(total[:, None] > 0, w / np.where(total > 0, total, 1.0)[:, None], 0.5)
    mu = parameters.means[both]
    mean = (share[..., None] * mu).sum(1)
    apart = mu - mean[:, None]
    within = (
        share[..., None, None] * (parameters.covariances[both] + apart[..., :, None] * apart[..., None, :])
    ).sum(1)
    return Parameters(
        np.concatenate([parameters.weights[rest], total[:, None]], axis=1),
        np.concatenate([parameters.means[rest], mean[:, None]], axis=1),
        np.concatenate([parameters.covariances[rest], within[:, None]], axis=1),
    )


def merging_bound(parameters: Parameters, merged: Parameters, first: np.ndarray, second: np.ndarray) -> Array:
    """Return twice a bound, per row, on the divergence that merging costs.

    Runnalls 2007, IEEE Transactions on Aerospace and Electronic Systems 43, equation 16.
    """
    log_det = np.linalg.slogdet(parameters.covariances)[1]
    joint = np.linalg.slogdet(merged.covariances[:, -1])[1]
    w = parameters.weights
    return np.asarray(
        (w[first] + w[second]) * joint - w[first] * log_det[first] - w[second] * log_det[second]
    )


def separation(parameters: Parameters, i: int, j: int) -> float:
    """Return the distance of two means in standard deviations of their pooled covariance."""
    w = parameters.weights[[i, j]]
    pooled = np.tensordot(w / w.sum() if w.sum() > 0 else [0.5, 0.5], parameters.covariances[[i, j]], 1)
    apart = parameters.means[i] - parameters.means[j]
    return float(np.sqrt(max(apart @ np.linalg.solve(pooled, apart), 0.0)))
