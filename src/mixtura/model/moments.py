"""Moments: what one pass over the data yields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from .parameters import Array

TINY = np.array(np.finfo(np.float64).tiny)  # an array, which NumPy takes faster than a number
Form = Literal["full", "tied", "diagonal", "spherical"]


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    r"""Expected sufficient statistics of the data under a mixture, taken about its own means.

    With responsibilities :math:`r_{ic}` and row weights :math:`\omega_i`, for component c

    - ``counts``   :math:`\sum_i \omega_i r_{ic}`
    - ``sums``     :math:`\sum_i \omega_i r_{ic} (x_i - \mu_c)`
    - ``scatters`` :math:`\sum_i \omega_i r_{ic} (x_i - \mu_c)(x_i - \mu_c)^T`, of which ``form`` keeps the
      whole ("full"), the diagonal ("diagonal"), the trace ("spherical") or the sum over c ("tied").

    Moments about the same means add: those of two halves of the data are the sum of the halves' moments.
    Like `Parameters`, they may be stacked along leading axes.
    """

    means: Array  # (..., k, d), the means that the moments are about
    counts: Array  # (..., k)
    sums: Array  # (..., k, d)
    scatters: Array  # full (..., k, d, d), diagonal (..., k, d), spherical (..., k), tied (..., d, d)
    loglik: Array  # (...), nats, the total over rows times their weights
    form: Form

    def __add__(self, other: Moments) -> Moments:
        """Merge the moments of two parts of the data, which must be about the same means."""
        if self.form != other.form or not np.array_equal(self.means, other.means):
            raise ValueError("moments add only when they have the same form and are about the same means")
        return Moments(
            self.means,
            self.counts + other.counts,
            self.sums + other.sums,
            self.scatters + other.scatters,
            self.loglik + other.loglik,
            self.form,
        )

    def at(self, index: Any) -> Moments:
        """Return the moments of the mixture, or mixtures, at ``index`` of the stack."""
        return Moments(
            self.means[index],
            self.counts[index],
            self.sums[index],
            self.scatters[index],
            self.loglik[index],
            self.form,
        )

    def centred(self) -> tuple[Array, Array, Array]:
        """Return proportions (..., k), means (..., k, d) and scatters about those new means.

        The shift uses differences of means only, :math:`S - s s^T / n` with s small near the maximum, never
        raw second moments. A component without any rows keeps its old mean.
        """
        total = np.add.reduce(self.counts, -1, keepdims=True)
        shift = self.sums / divisors(self.counts)[..., None]
        if self.form == "full":
            scatters = self.scatters - self.sums[..., :, None] * shift[..., None, :]
        elif self.form == "diagonal":
            scatters = self.scatters - self.sums * shift
        elif self.form == "spherical":
            scatters = self.scatters - (self.sums * shift).sum(-1)
        else:
            scatters = self.scatters - np.swapaxes(self.sums, -1, -2) @ shift
        return self.counts / total, self.means + shift, scatters


def divisors(counts: Array) -> Array:
    """Return counts to divide sums by; of no rows, a number by which their sums, all zero, stay zero."""
    return np.asarray(np.maximum(counts, TINY))
