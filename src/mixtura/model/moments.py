"""Moments: what one pass over the data yields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from .forms import Form
from .parameters import Array

TINY = np.array(np.finfo(np.float64).tiny)  # an array, which NumPy takes faster than a number


@dataclass(frozen=True, slots=True, eq=False)
class Moments:
    r"""Expected sufficient statistics of the data under a mixture, taken about its own means.

    With responsibilities :math:`r_{ic}` and row weights :math:`\omega_i`, for component c

    - ``counts``   :math:`\sum_i \omega_i r_{ic}`
    - ``sums``     :math:`\sum_i \omega_i r_{ic} (x_i - \mu_c)`
    - ``scatters`` :math:`\sum_i \omega_i r_{ic} (x_i - \mu_c)(x_i - \mu_c)^T`, of which ``form`` keeps the
      whole ("full"), the diagonal ("diagonal"), the trace ("spherical") or the sum over c ("tied").

    Moments about the same means add: those of two halves of the data are the sum of the halves' moments. A
    conjugate prior is pseudo-moments added to them, by which weights, means and covariances may each be
    divided by a count of their own. Like `Parameters`, they may be stacked along leading axes.
    """

    means: Array  # (..., k, d), the means that the moments are about
    counts: Array  # (..., k), what weights are made of
    sums: Array  # (..., k, d)
    scatters: Array  # full (..., k, d, d), diagonal (..., k, d), spherical (..., k), tied (..., d, d)
    loglik: Array  # (...), nats, the total over rows times their weights
    form: Form
    own_mean_counts: Array | None = None  # (..., k), where they are not `counts`
    own_covariance_counts: Array | None = None  # (..., k), likewise

    @property
    def mean_counts(self) -> Array:
        """Return what sums are divided by for means (..., k)."""
        return self.counts if self.own_mean_counts is None else self.own_mean_counts

    @property
    def covariance_counts(self) -> Array:
        """Return what scatters are divided by for covariances (..., k)."""
        return self.counts if self.own_covariance_counts is None else self.own_covariance_counts

    def __add__(self, other: Moments) -> Moments:
        """Merge the moments of two parts of the data, which must be about the same means."""
        if self.form is not other.form or not np.array_equal(self.means, other.means):
            raise ValueError("moments add only when they have the same form and are about the same means")
        either = (self, other)
        own_means = any(one.own_mean_counts is not None for one in either)
        own_covariances = any(one.own_covariance_counts is not None for one in either)
        return Moments(
            self.means,
            self.counts + other.counts,
            self.sums + other.sums,
            self.scatters + other.scatters,
            self.loglik + other.loglik,
            self.form,
            self.mean_counts + other.mean_counts if own_means else None,
            self.covariance_counts + other.covariance_counts if own_covariances else None,
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
            None if self.own_mean_counts is None else self.own_mean_counts[index],
            None if self.own_covariance_counts is None else self.own_covariance_counts[index],
        )

    def about(self, means: Array) -> Moments:
        r"""Return the same moments about other means (..., k, d).

        With :math:`\delta = \mu - \mu'`, sums gain :math:`n \delta` and scatters
        :math:`s \delta^T + \delta s^T + n \delta \delta^T`: differences only, never raw second moments.
        """
        shift = self.means - means
        moved = self.mean_counts[..., None] * shift
        product = self.form.product
        # the form keeps symmetric parts only, and of a matrix both halves are wanted
        cross = product(self.sums, shift)
        both = cross + (np.swapaxes(cross, -1, -2) if self.form.matrices else cross)
        return Moments(
            np.broadcast_to(means, self.means.shape),
            self.counts,
            self.sums + moved,
            self.scatters + both + product(moved, shift),
            self.loglik,
            self.form,
            self.own_mean_counts,
            self.own_covariance_counts,
        )

    def __radd__(self, other: Any) -> Moments:
        """Let `sum` start from its 0."""
        if isinstance(other, int) and other == 0:
            return self
        return NotImplemented

    def to_bytes(self) -> bytes:
        """Return the moments as bytes, to send elsewhere: see `mixtura.model.travelling`."""
        from . import travelling

        return travelling.to_bytes(self)

    @staticmethod
    def from_bytes(data: bytes) -> Moments:
        """Read `to_bytes`' bytes back; raise ValueError if they are damaged or of another version."""
        from . import travelling

        return travelling.from_bytes(data)

    def to_json(self) -> str:
        """Return the moments as JSON text, at full precision: see `mixtura.model.travelling`."""
        from . import travelling

        return travelling.to_json(self)

    @staticmethod
    def from_json(text: str) -> Moments:
        """Read `to_json`'s text back; raise ValueError if it is damaged or of another version."""
        from . import travelling

        return travelling.from_json(text)

    def centred(self) -> tuple[Array, Array, Array]:
        """Return proportions (..., k), means (..., k, d) and scatters about those new means.

        The shift uses differences of means only, :math:`S - s s^T / n` with s small near the maximum, never
        raw second moments. A component without any rows keeps its old mean.
        """
        total = np.add.reduce(self.counts, -1, keepdims=True)
        shift = self.sums / divisors(self.mean_counts)[..., None]
        scatters = self.scatters - self.form.product(self.sums, shift)
        return self.counts / total, self.means + shift, scatters


def divisors(counts: Array) -> Array:
    """Return counts to divide sums by; of no rows, a number by which their sums, all zero, stay zero."""
    return np.asarray(np.maximum(counts, TINY))
