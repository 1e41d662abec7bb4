"""Stepwise EM: rows that are seen once, a batch at a time."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..model.moments import Moments
from ..model.parameters import Parameters
from ..sources import Source, Summary
from ..structures import Floor, Penalty, Structure

POWER = 0.6  # by which steps shorten: above 1/2 they settle, below 1 bad mixtures' moments are forgotten
DELAY = 2  # steps that are as if already done


@dataclass
class Stepwise:
    """A mixture that moves with each batch of rows, and the average of where it has been.

    With t batches before it, a batch's moments, of a unit of weight, take the share (t + 2)^-0.6 in the
    running ones; their M-step is the mixture that the next batch is seen under (Cappe and Moulines 2009,
    J. R. Statist. Soc. B 71, algorithm 1). That mixture goes on trembling with the last few dozen batches. So
    what is reported is the M-step of the running moments' average over all batches, the t-th counted t times
    (Polyak and Juditsky 1992, SIAM Journal on Control and Optimization 30): it is nearly as good as the
    maximum of all rows seen.
    """

    structure: Structure
    penalty: Penalty | None
    mixture: Parameters  # (k,), under which the next batch is seen
    running: Moments  # of a unit of weight
    average: Moments  # likewise
    summary: Summary | None = None  # of all rows seen
    loglik: float = 0.0  # nats, of all rows, each batch under the mixture before it
    steps: int = 0

    @classmethod
    def at(cls, mixture: Parameters, structure: Structure, penalty: Penalty | None) -> Stepwise:
        """Begin at a mixture (k,), with the moments that it would leave as it is."""
        form = structure.form
        scatters = form.kept(mixture.weights[:, None, None] * mixture.covariances)
        means = mixture.means
        moments = Moments(means, mixture.weights, np.zeros_like(means), scatters, np.array(0.0), form)
        return cls(structure, penalty, mixture, moments, moments)

    def step(self, batch: Source, summary: Summary) -> Parameters:
        """Learn from a batch, which has this summary; return the mixture (k,) that is reported."""
        self.summary = summary if self.summary is None else self.summary + summary
        found = batch.moments(self.mixture, self.structure.form)
        self.loglik += float(found.loglik)
        share = float(self.steps + DELAY) ** -POWER
        running = _mixed(self.running, _scaled(found, 1.0 / summary.total_weight), share)
        self.mixture = self._maximised(running, self.mixture)
        self.running = running.about(self.mixture.means)
        self.steps += 1
        self.average = _mixed(self.average, running, 2.0 / (self.steps + 1))
        return self._maximised(self.average, self.mixture)

    def _maximised(self, moments: Moments, before: Parameters) -> Parameters:
        assert self.summary is not None
        magnitude = np.maximum(np.abs(self.summary.minimum), np.abs(self.summary.maximum))
        floor = Floor.relative_to(self.summary.variance, magnitude, self.summary.unit)
        added = moments if self.penalty is None else self.penalty.added(moments)
        return self.structure.maximise(added, floor, before)


def _scaled(moments: Moments, factor: float) -> Moments:
    """Return moments of so much of the weight."""
    return replace(
        moments,
        counts=factor * moments.counts,
        sums=factor * moments.sums,
        scatters=factor * moments.scatters,
        loglik=factor * moments.loglik,
    )


def _mixed(one: Moments, other: Moments, share: float) -> Moments:
    """Return moments in which others, about whatever means, have a share."""
    return _scaled(one, 1.0 - share) + _scaled(other.about(one.means), share)
