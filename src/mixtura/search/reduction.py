"""Simpler: what the data lose with fewer components, cheaply."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

import numpy as np

from ..em import Problem, Settings, em_passes, maximise
from ..model.parameters import Array, Parameters

CHEAP = 2e5  # nanoseconds of a pass: up to here pairs are tried whatever their bound
MOST_PAIRS = (
    6  # pairs that are tried then, each for so many plain passes, and the best for so many accelerated
)
SHORT, LONG = 3, 15
HOPE = 3.0  # above that a pair is tried only if its bound is at most this many times the loss that BIC allows


@dataclass(frozen=True)
class Simpler:
    """A mixture of fewer components beside the one that was fitted."""

    n_components: int
    loglik: float  # nats, total; a lower bound on the maximum unless n_components is 1
    merged: tuple[int, int] | None  # the two components that became one, in the order of the parameters


def one_component(problem: Problem) -> Simpler:
    r"""Return the fit of a single Gaussian, in closed form.

    At its maximum the quadratic form averages to d in every family, so that the log-likelihood is
    :math:`-\tfrac{W}{2}(d \log 2\pi + \log|\Sigma| + d)` for a total weight W.
    """
    source, d = problem.source, problem.source.n_features
    start = Parameters(np.ones(1), source.mean[None], np.diag(source.variance)[None])
    covariance = start.covariances[0]
    if d > 1 or problem.penalty is not None:
        covariance = problem.evaluate(start.at(None)).steps.covariances[0, 0]
    if problem.penalty is not None:
        end = Parameters(start.weights, start.means, covariance[None])
        return Simpler(1, float(problem.evaluate(end.at(None)).loglik[0]), None)
    log_det = float(np.linalg.slogdet(covariance)[1])
    return Simpler(1, -0.5 * source.total_weight * (d * np.log(2 * np.pi) + log_det + d), None)


def one_less(problem: Problem, parameters: Parameters, loglik: float) -> Simpler | None:
    """Return a mixture in which two components became one, or None where every pair is plainly needed.

    Given is a fit and its log-likelihood in nats. Where passes are dear, none is made if the bound alone says
    that BIC would do with one component less.
    """
    source, k = problem.source, parameters.n_components
    first, second = np.triu_indices(k, 1)
    bounds = 0.5 * source.total_weight * merging_bounds(parameters, first, second)
    penalty = problem.n_parameters(k) - problem.n_parameters(k - 1)
    allowed = 0.5 * penalty * np.log(max(source.total_weight, 2.0))
    cheap = source.cost.evaluation(k) <= CHEAP and not source.cost.dear
    order = np.argsort(bounds, kind="stable")[: MOST_PAIRS if cheap else 1]
    if not cheap and bounds[order[0]] > HOPE * allowed:
        return None
    merged = merge(parameters, first[order], second[order])
    starts = problem.structure.admitted(merged, problem.floor)
    pair = (int(first[order[0]]), int(second[order[0]]))
    # elsewhere nothing short of a pass tells what a merge loses
    bounded = problem.structure.adds_scatters and not problem.structure.equal_weights
    loss = merging_loss(parameters, starts.at(0), source.total_weight)
    if bounded and not cheap and loss <= allowed:
        return Simpler(k - 1, loglik - loss, pair)
    *_, last = islice(em_passes(problem, starts), SHORT)
    leader = int(last.loglik.argmax())
    reached = float(last.loglik[leader])
    if cheap:
        run = maximise(problem, last.steps.at(leader), Settings(tol=0.05, max_iter=LONG))
        reached = max(reached, run.loglik)
    return Simpler(k - 1, reached, (int(first[order[leader]]), int(second[order[leader]])))


def merged_pairs(parameters: Parameters, first: np.ndarray, second: np.ndarray) -> Parameters:
    """Return the components (m,) that have the moments of components first[i] and second[i] together."""
    both = np.stack([first, second], axis=1)
    w = parameters.weights[both]  # (m, 2)
    total = w.sum(1)
    share = np.where(total[:, None] > 0, w / np.where(total > 0, total, 1.0)[:, None], 0.5)
    mu, sigma = parameters.means[both], parameters.covariances[both]
    mean = (share[..., None] * mu).sum(1)
    apart = mu - mean[:, None]
    covariance = (share[..., None, None] * (sigma + apart[..., :, None] * apart[..., None, :])).sum(1)
    return Parameters(total, mean, covariance)


def merge(parameters: Parameters, first: np.ndarray, second: np.ndarray) -> Parameters:
    """Return mixtures (m, k - 1) in which components first[i] and second[i] became one, which comes last."""
    k = parameters.n_components
    one = merged_pairs(parameters, first, second)
    rest = np.array([[c for c in range(k) if c not in (i, j)] for i, j in zip(first, second)], dtype=np.intp)
    rest = rest.reshape(len(first), k - 2)
    return Parameters(
        np.concatenate([parameters.weights[rest], one.weights[:, None]], axis=1),
        np.concatenate([parameters.means[rest], one.means[:, None]], axis=1),
        np.concatenate([parameters.covariances[rest], one.covariances[:, None]], axis=1),
    )


def merging_bounds(parameters: Parameters, first: np.ndarray, second: np.ndarray) -> Array:
    """Return twice a bound (m,), per row, on the divergence that merging pairs costs.

    Runnalls 2007, IEEE Transactions on Aerospace and Electronic Systems 43, equation 16.
    """
    w = parameters.weights
    log_det = np.linalg.slogdet(parameters.covariances)[1]
    joint = np.linalg.slogdet(merged_pairs(parameters, first, second).covariances)[1]
    return np.asarray(
        (w[first] + w[second]) * joint - w[first] * log_det[first] - w[second] * log_det[second]
    )


def merging_loss(parameters: Parameters, merged: Parameters, total_weight: float) -> float:
    """Return the nats, at most, that a fit loses when two components become one, given the `merge` of a fit.

    The merged mixture is the M-step of the fit with the two components' responsibilities added, and the
    log-likelihood falls by no more than the expected complete log-likelihood does (Jensen's inequality).
    """
    before, after = (float(p.weights @ np.linalg.slogdet(p.covariances)[1]) for p in (parameters, merged))
    return 0.5 * total_weight * (after - before)


def separation(parameters: Parameters, i: int, j: int) -> float:
    """Return the distance of two means in standard deviations of their pooled covariance."""
    w = parameters.weights[[i, j]]
    pooled = np.tensordot(w / w.sum() if w.sum() > 0 else [0.5, 0.5], parameters.covariances[[i, j]], 1)
    apart = parameters.means[i] - parameters.means[j]
    return float(np.sqrt(max(apart @ np.linalg.solve(pooled, apart), 0.0)))
