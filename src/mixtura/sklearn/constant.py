"""Constant columns: out before a fit, for they tell components apart by nothing, and back in after it.

Under full, tied and diagonal covariances a constant column is independent of the others within every
component, with the constant for its mean and scikit-learn's `reg_covar` for its variance: the fit is that of
the other columns, and each row's density gets the same factor. Spherical covariances have one variance for
all columns, averaged over the constant ones too. There the first other column takes their places, divided by
the root of how many columns it fills: no distance changes, no column is constant any more, and the fit is the
very same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..em import Status
from ..model.forms import Form
from ..model.parameters import Array, Parameters
from ..search.result import Fit
from ..structures import Structure
from .starts import Given

VARIANCE = 1e-6  # scikit-learn's default for reg_covar
HEAD = 256  # rows that mostly tell that no column is constant


@dataclass(frozen=True, eq=False)
class Columns:
    """Which columns are constant, and how parameters of all columns and of a fit's go into each other."""

    constant: NDArray[np.bool_]  # (d,)
    values: Array  # (d,), of the constant columns
    variance: float  # of a constant column, unless the covariances are spherical
    form: Form

    @classmethod
    def of(
        cls, x: NDArray[np.floating[Any]], weights: Array | None, reg_covar: float | None, form: Form
    ) -> Columns:
        """Look for columns of x (n, d) that do not vary over the rows of positive weight.

        Raises
        ------
        ValueError
            If one is, and a `reg_covar` of zero leaves it no variance.
        """
        used = np.flatnonzero(weights)[:HEAD] if weights is not None else slice(HEAD)
        head = x[used]
        constant = np.asarray((head == head[0]).all(axis=0) & np.isfinite(head[0]))
        values = head[0].astype(np.float64)
        for j in np.flatnonzero(constant):
            same = x[:, j] == head[0, j]
            constant[j] = (same if weights is None else same[weights > 0]).all()
        if constant.any() and reg_covar == 0.0 and (not form.one_variance or constant.all()):
            j = np.flatnonzero(constant)[0]
            raise ValueError(
                f"column {j} is constant ({values[j]:g}) and reg_covar is 0, so that it has no density; "
                f"give a larger one, None for {VARIANCE:g}, or drop the column"
            )
        return cls(constant, values, VARIANCE if reg_covar is None else reg_covar, form)

    @property
    def kept(self) -> NDArray[np.intp]:
        """Return the columns that vary."""
        return np.flatnonzero(~self.constant)

    def rows(self, x: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
        """Return the rows that are fitted, of rows x (n, d): themselves, too, where all of them are equal."""
        if not self.constant.any() or self.constant.all():
            return x
        if not self.form.one_variance:
            return x[:, self.kept]
        filled = x.astype(np.float64)
        filled[:, self._places] = x[:, self.kept[:1]] * self._share
        return filled

    def varied(self, x: NDArray[np.floating[Any]]) -> NDArray[np.floating[Any]]:
        """Return rows x (n, d) with numbers that vary in the constant columns' place."""
        changed = x.copy()
        changed[:, self.constant] = np.arange(len(x))[:, None]
        return changed

    def inner(self, parameters: Parameters) -> Parameters:
        """Return the parameters of the rows that are fitted, of ones of all columns."""
        means, covariances = self._inner(parameters.means, parameters.covariances)
        return Parameters(parameters.weights, means, covariances)

    def given(self, given: Given) -> Given:
        """Return what the caller gave of a start, for the rows that are fitted."""
        means = None if given.means is None else self._inner(given.means, None)[0]
        covariances = None if given.covariances is None else self._inner(None, given.covariances)[1]
        return Given(given.weights, means, covariances)

    def outer(self, parameters: Parameters) -> Parameters:
        """Return the parameters of all columns, of a mixture of the rows that were fitted."""
        k, d = len(parameters.weights), len(self.constant)
        means = np.tile(self.values, (k, 1))
        if self.form.one_variance and not self.constant.all():
            kept = ~self._places
            means[:, kept] = parameters.means[:, kept]
            means[:, self.kept[0]] = parameters.means[:, self._places].sum(axis=1) * self._share
            return Parameters(parameters.weights, means, parameters.covariances)
        means[:, self.kept] = parameters.means
        covariances = np.zeros((k, d, d))
        covariances[:, self.constant, self.constant] = self.variance
        covariances[:, self.kept[:, None], self.kept] = parameters.covariances
        return Parameters(parameters.weights, means, covariances)

    def outer_fit(self, fit: Fit, structure: Structure, names: Sequence[str] | None) -> Fit:
        """Return the fit of all columns: the log-likelihood with their densities, and a note on them."""
        count = int(self.constant.sum())
        if count == 0:
            return fit
        spherical = self.form.one_variance and not self.constant.all()
        a_row = 0.0 if spherical else -0.5 * count * float(np.log(2 * np.pi * self.variance))
        return replace(
            fit,
            _parameters=self.outer(fit._parameters),
            structure=structure,
            loglik=fit.loglik + a_row * fit.total_weight,
            history=fit.history + a_row * fit.total_weight,
            notes=(*fit.notes, self._note(names, spherical)),
            n_constant=count,
            problem=None,
        )

    def _note(self, names: Sequence[str] | None, spherical: bool) -> str:
        told = [str(j) if names is None else str(names[int(j)]) for j in np.flatnonzero(self.constant)]
        which = f"column {told[0]} is" if len(told) == 1 else f"columns {', '.join(told)} are"
        what = "count in each component's one variance"
        if not spherical:
            what = f"get the variance {self.variance:g} (reg_covar) and no parameters in AIC and BIC"
        return f"{which} constant: such columns tell components apart by nothing, and {what}"

    @property
    def _places(self) -> NDArray[np.bool_]:
        """Return the columns (d,) that the first other column fills, its own too, under spherical ones."""
        places = self.constant.copy()
        places[self.kept[0]] = True
        return places

    @property
    def _share(self) -> float:
        return float(1.0 / np.sqrt(self._places.sum()))

    def _inner(self, means: Any, covariances: Any) -> tuple[Any, Any]:
        if not self.constant.any():
            return means, covariances
        if not self.form.one_variance:
            block = np.ix_(self.kept, self.kept)
            return (
                None if means is None else means[:, self.kept],
                None if covariances is None else covariances[:, block[0], block[1]],
            )
        if means is not None:
            means, first = means.copy(), means[:, self.kept[:1]]
            means[:, self._places] = first * self._share
        return means, covariances


def equal_rows_fit(n_rows: int, total_weight: float, structure: Structure) -> Fit:
    """Return the fit of one component to no column at all, which is what is left where all rows are equal."""
    nothing = Parameters(np.ones(1), np.zeros((1, 0)), np.zeros((1, 0, 0)))
    return Fit(nothing, structure, 0.0, Status.CONVERGED, 1, 0.0, np.zeros(1), n_rows, total_weight)
