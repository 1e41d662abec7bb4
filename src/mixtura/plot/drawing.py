"""What a picture is made from: checked rows with names and weights, and which of them to show as points."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ..model.mixture import Mixture
from ..model.parameters import Array, Parameters
from ..sources.checks import check_rows, check_weights, explain_not_finite

POINTS = 20_000  # a picture shows no more points than this; histograms use every value


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """A mixture beside its data, for the pictures."""

    mixture: Mixture
    rows: Array  # (n, d)
    names: list[str]  # d
    sample_weight: Array | None  # (n,)

    @classmethod
    def of(cls, fit: Any, x: Any, names: Sequence[str] | None, sample_weight: ArrayLike | None) -> Drawing:
        """Check that a Fit, Mixture or GaussianMixture, data, names and weights belong together."""
        mixture = getattr(fit, "mixture", getattr(fit, "mixture_", fit))
        if not isinstance(mixture, Mixture):
            raise TypeError(f"a picture needs a Fit, a Mixture or a fitted GaussianMixture, not {fit!r}")
        rows, d = check_rows(x), mixture.n_features
        if rows.shape[1] != d:
            raise ValueError(
                f"the data have {rows.shape[1]} columns and the mixture {d} features; "
                "give the columns it was fitted to"
            )
        if not np.isfinite(rows).all():
            raise ValueError(explain_not_finite(rows))
        if names is None:
            names = getattr(x, "columns", ["x"] if d == 1 else [f"x{j + 1}" for j in range(d)])
        if len(names) != d:
            raise ValueError(f"there are {len(names)} names for {d} features; give one name to each")
        return cls(mixture, rows, [str(name) for name in names], check_weights(sample_weight, len(rows)))

    @property
    def parameters(self) -> Parameters:
        """Return the mixture's arrays, components in canonical order."""
        return self.mixture.parameters

    def points(self) -> tuple[Array, np.ndarray, Array | None]:
        """Return rows to show (m, d), their most likely components (m,) and weights (m,) or None.

        They are all rows of positive weight or, of many, a random sample by weight: the same each time, and
        its points weigh the same.
        """
        rows, weight = self.rows, self.sample_weight
        if weight is not None and not weight.all():
            rows, weight = rows[weight > 0], weight[weight > 0]
        if len(rows) > POINTS:
            chance = None if weight is None else weight / weight.sum()
            chosen = np.random.default_rng(0).choice(len(rows), POINTS, replace=weight is not None, p=chance)
            rows, weight = rows[chosen], None
        return rows, self.mixture.predict(rows), weight
