"""Partial passes: only the components of an exchange move, on the rows that are theirs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..em.stopping import extrapolated
from ..model.parameters import Parameters
from .exchanges import Exchange, put
from .ground import Ground
from .sample import Look

SHARE = 0.01  # of a row that the components must hold for the row to take part
LEAST = 1e-12  # of a row that the others hold
SLOWEST = 0.97  # the rate of convergence that is believed in an extrapolation


@dataclass(frozen=True, eq=False)
class Moved:
    """An exchange after its components have moved."""

    exchange: Exchange
    instead: Parameters
    net: float  # nats of the whole data
    ahead: float  # nats that seem to be ahead

    def made(self, mixture: Parameters) -> Parameters:
        """Return the mixture (k,) after the exchange."""
        return put(mixture, self.exchange.components, self.instead)


def moved(ground: Ground, seen: Look, exchange: Exchange, passes: int) -> Moved:
    """Let the components of an exchange move for a few passes, all others held.

    It is EM for some of the parameters: of a row's density the part of the others is known, and only rows of
    which the moving ones have a share are looked at. A pass costs as many components as move, on their rows.
    """
    sample = seen.sample
    components = list(exchange.components)
    held = seen.shares[:, components].sum(1)
    rows = np.flatnonzero(held > SHARE)
    part = sample.at(rows)
    others = seen.density[rows] + np.log(np.maximum(1.0 - held[rows], LEAST))
    before = float(part.sum(seen.density[rows]))
    problem = ground.on_rows(part.values, part.weights)
    if problem is None:
        return Moved(exchange, exchange.instead, exchange.net, 0.0)
    elsewhere = float(sample.sum(held)) - float(part.sum(held[rows]))
    first = weight = float(exchange.instead.weights.sum())
    moving = Parameters(
        exchange.instead.weights / weight, exchange.instead.means, exchange.instead.covariances
    )
    nets: list[float] = []
    while True:
        ours = problem.source.evaluate(moving, "log_density") + np.log(weight)
        theirs = others + np.log(max(1.0 - weight, LEAST) / max(1.0 - first, LEAST))
        total = np.logaddexp(ours, theirs)
        nets.append(float(part.sum(total)) - before)
        if len(nets) == passes:
            break
        shares = np.exp(ours - total)
        shares = shares if part.weights is None else shares * part.weights
        weighted = ground.on_rows(part.values, shares)
        if weighted is None:
            break
        if not ground.structure.equal_weights:
            weight = min((float(shares.sum()) + elsewhere) / sample.total, 1.0 - LEAST)
        moving = weighted.maximise_apart(weighted.evaluate(moving.at(None)).moments, seen.mixture).at(0)
    instead = Parameters(moving.weights * weight, moving.means, moving.covariances)
    ahead = extrapolated(np.diff(nets).tolist(), 0.0, SLOWEST)[0] if len(nets) == passes else 0.0
    return Moved(exchange, instead, sample.scale * nets[-1], sample.scale * ahead)
