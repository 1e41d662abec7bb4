"""Penalty: what is taken off the log-likelihood, and how it enters an M-step and a score."""

from __future__ import annotations

from typing import Protocol

from ..model.moments import Moments
from ..model.parameters import Array, Parameters


class Penalty(Protocol):
    """A function of a mixture whose M-steps and scores are those of moments with pseudo-moments added.

    A conjugate prior is one, a ridge on variances another. No solver knows of it: `Problem` adds it.
    """

    def added(self, moments: Moments) -> Moments:
        """Return moments (...) with the penalty's pseudo-moments, about the same means, added."""
        ...

    def value(self, mixtures: Parameters, around: Moments) -> Array:
        """Return the nats (m,) that mixtures (m,) cost, as seen from the mixture that made ``around``.

        Only differences between mixtures matter. A penalty that is a function of the mixture alone looks at
        no moments; one whose weight is itself estimated, as a ridge's is, takes it from there.
        """
        ...
