"""Evaluation of a mixture at rows, through the core, and its description for people."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .. import _core
from . import distant, orthant
from .elsewhere import is_lazy, lazily
from .forms import Form
from .numbers import real_numbers
from .parameters import Array, Parameters

SHOWN_COMPONENTS = 20
SHOWN_FEATURES = 5


def as_rows(x: ArrayLike, n_features: int) -> tuple[np.ndarray[Any, Any], tuple[int, ...]]:
    """Return x as rows (n, d), float64 or float32, without a copy where there need be none, and (...).

    In d > 1 dimensions x has shape (..., d). In one it may have any shape, of which a last axis of length 1
    is dropped when others stand before it.
    """
    rows = real_numbers(x, "x")
    if n_features == 1:
        shape = rows.shape[:-1] if rows.ndim > 1 and rows.shape[-1] == 1 else rows.shape
    elif rows.ndim == 0 or rows.shape[-1] != n_features:
        raise ValueError(f"x has shape {rows.shape} but the mixture has {n_features} features; they go last")
    else:
        shape = rows.shape[:-1]
    return rows.reshape(-1, n_features), shape


def evaluate(
    p: Parameters,
    spreads: tuple[Form, Array],
    x: ArrayLike,
    want: str,
    n_threads: int | None,
    features: Sequence[str] | None = None,
) -> Any:
    """Return densities at x, (...), with an axis (k,) added for "responsibilities".

    Of Dask's and Spark's data they are made where these lie, later; features are the columns by name.
    """
    if is_lazy(x):
        there = partial(_values, p, spreads, want)
        return lazily(x, there, want, p.n_components, p.n_features, features)
    rows, shape = as_rows(x, p.n_features)
    if want == "labels" and (missing := np.isnan(rows).any(axis=1)).any():
        raise ValueError(
            f"x has missing numbers in {missing.sum():,} of {len(rows):,} rows (row {missing.argmax()}, "
            "counting from 0), which no component can be told to have drawn; drop these rows or fill them in"
        )
    if len(rows) == 0:
        values = np.empty(0, np.int64 if want == "labels" else np.float64)
        values = np.empty((0, p.n_components)) if want == "responsibilities" else values
    else:
        values = at_rows(p, spreads, rows, want, _core.n_threads(n_threads))
    return values.reshape(shape + values.shape[1:])[()]


def _values(p: Parameters, spreads: tuple[Form, Array], want: str, x: ArrayLike) -> np.ndarray[Any, Any]:
    """Return densities at the rows of a part, which are evaluated beside other parts."""
    return np.asarray(evaluate(p, spreads, x, want, 1))


def at_rows(
    p: Parameters, spreads: tuple[Form, Array], rows: np.ndarray[Any, Any], want: str, n_threads: int
) -> np.ndarray[Any, Any]:
    """Return the core's densities at rows (n, d), and right ones where its squared distances overflow."""
    form, spread = spreads

    def from_core(what: str) -> np.ndarray[Any, Any]:
        return np.asarray(
            _core.kernels().densities(rows, p.weights, p.means, spread, form.name, what, n_threads)
        )

    values = from_core(want)
    if not distant.may_be_distant(p, rows):
        return values
    log_density = values if want == "log_density" else from_core("log_density")
    lost = ~np.isfinite(log_density) & np.isfinite(rows).all(axis=1)
    if lost.any():
        values[lost] = distant.evaluate(p, rows[lost], want)
    return values


def cumulative(p: Parameters, x: ArrayLike) -> Array:
    """Return P(X_1 <= x_1, ..., X_d <= x_d) at x (..., d), d at least 2, by numerical integration."""
    rows, shape = as_rows(x, p.n_features)
    known = ~np.isnan(rows).any(axis=1)
    total = np.where(known, 0.0, np.nan)
    for weight, mean, covariance in zip(p.weights, p.means, p.covariances):
        total[known] += weight * orthant.probabilities(mean, covariance, rows[known])
    return total.reshape(shape)[()]


def describe(p: Parameters) -> str:
    """Return a table of the components: weight, mean, standard deviations."""
    k, d = p.means.shape
    deviations = np.sqrt(np.diagonal(p.covariances, axis1=1, axis2=2))
    table = [("weight", "mean", "sd")]
    table += [
        (f"{p.weights[c]:.4f}", _numbers(p.means[c]), _numbers(deviations[c]))
        for c in range(k)[:SHOWN_COMPONENTS]
    ]
    widths = [max(len(row[j]) for row in table) for j in range(3)]
    lines = [f"Mixture of {_plural(k, 'component')} in {_plural(d, 'dimension')}"]
    lines += ["  ".join(["", *(cell.rjust(width) for cell, width in zip(row, widths))]) for row in table]
    if k > SHOWN_COMPONENTS:
        lines.append(f"  ... and {k - SHOWN_COMPONENTS} more")
    return "\n".join(lines)


def _numbers(values: Array) -> str:
    shown = [f"{value:.4g}" for value in values[:SHOWN_FEATURES]]
    return ", ".join(shown + ["..."] * (len(values) > SHOWN_FEATURES))


def _plural(number: int, word: str) -> str:
    return f"{number} {word}" + "s" * (number != 1)
