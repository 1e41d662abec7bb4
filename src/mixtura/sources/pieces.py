"""The source of pieces: rows that come a part at a time, read anew for every pass."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from functools import cached_property, reduce
from typing import Any

import numpy as np
from numpy.random import Generator

from .. import _core
from ..model.density import at_rows
from ..model.forms import Form, cheapest_form
from ..model.moments import Moments
from ..model.parameters import Array, Parameters
from .array import READING, ArraySource
from .base import Source
from .cells import Cells
from .checks import check_rows, check_summary, check_weights, explain_not_finite
from .cost import Cost
from .sampling import one_of_each
from .summary import Summary

Piece = tuple[np.ndarray[Any, Any], Array | None]  # rows (b, d), any number of them, and their weights (b,)


class PieceSource(Source):
    """Rows that `pieces` yields, from the first to the last, as often as they are asked for.

    A place for data says its pieces and has all the rest. Sums go by blocks of rows wherever pieces begin and
    end, so that the same rows give the same bits as in an array, in one piece or in a thousand. All pieces
    hold numbers of one type, and all have weights or none has.

    Parameters
    ----------
    n_threads : int, optional
        Threads for a pass; every core by default.
    """

    def __init__(self, *, n_threads: int | None = None) -> None:
        self.n_threads = _core.n_threads(n_threads)
        self.first = 0  # the number of the first row, for people
        self._n_given: int | None = None  # rows of the first read

    @abstractmethod
    def pieces(self) -> Iterator[Piece]:
        """Yield rows and weights, piece by piece, the same in every read."""

    def _rows(self, *, look: bool = False) -> Iterator[Piece]:
        """Yield the pieces without rows of weight zero; ``look`` for numbers that are not finite."""
        given = 0
        for x, sample_weight in self.pieces():
            if len(x) == 0:
                continue
            rows = check_rows(x)
            if look and not np.isfinite(rows).all():
                raise ValueError(explain_not_finite(rows, self.names, self.first + given))
            given += len(rows)
            weights = check_weights(sample_weight, len(rows), any_positive=False)
            if weights is not None and not weights.all():
                rows, weights = rows[weights > 0], weights[weights > 0]
            if len(rows):
                yield rows, weights
        if self._n_given is None:
            self._n_given = given
        elif given != self._n_given:
            raise ValueError(
                f"the pieces hold {given} rows in this read and held {self._n_given} in the first; they must "
                "be the same whenever they are asked for, which a generator that is used up is not"
            )

    @property
    def n_given(self) -> int:
        """Return the number of rows that were given, those of weight zero included."""
        _ = self.summary
        assert self._n_given is not None
        return self._n_given

    @cached_property
    def summary(self) -> Summary:
        """Return what is known of the rows, from one read.

        Raises
        ------
        ValueError
            If there is no row, a number is not finite, or a column cannot be fitted.
        """
        summary = self.described()
        if summary is None:
            raise ValueError("the data are empty: no piece holds a row of positive weight")
        check_summary(summary, self.names)
        return summary

    def described(self) -> Summary | None:
        """Read the rows once and return what they are like, whether they can be fitted or not; None of none.

        Raises
        ------
        ValueError
            If a number is not finite.
        """
        description = dtype = None
        for rows, weights in self._rows(look=True):
            if description is None:
                description, dtype = _core.kernels().Description(rows.shape[1]), rows.dtype
            description.feed(rows, weights, self.n_threads)
        if description is None or dtype is None:
            return None
        return Summary.of(description.finish(), dtype)

    @cached_property
    def cost(self) -> Cost:
        """Return what passes cost."""
        n, d = self.summary.n_rows, self.summary.n_features
        return Cost(n, d, READING * n * d)

    def moments(self, parameters: Parameters, form: Form) -> Moments:
        """Make one pass under a mixture, or under each of a stack of mixtures (m,)."""
        means = parameters.means
        through = _core.kernels().Pass(
            form.name, parameters.weights, means, form.spreads(parameters.covariances)
        )
        for rows, weights in self._rows():
            through.feed(rows, weights, self.n_threads)
        counts, sums, scatters, loglik = through.finish()
        return Moments(means, counts, sums, scatters, loglik, form)

    def several(self, asked: Sequence[tuple[Parameters, Form]]) -> list[Moments]:
        """Make a pass under each of several stacks of mixtures (m,), each of its own form, in one read."""
        through = [
            _core.kernels().Pass(form.name, one.weights, one.means, form.spreads(one.covariances))
            for one, form in asked
        ]
        for rows, weights in self._rows():
            for each in through:
                each.feed(rows, weights, self.n_threads)
        made = []
        for (one, form), each in zip(asked, through):
            counts, sums, scatters, loglik = each.finish()
            made.append(Moments(one.means, counts, sums, scatters, loglik, form))
        return made

    def weighted_moments(self, parameters: Parameters, form: Form, weights: Sequence[Array]) -> Moments:
        """Make one pass under each of a stack of mixtures (m,), each with weights (n,), in one read."""
        spreads = form.spreads(parameters.covariances)
        through = [
            begun(form.name, parameters.weights[i], means, spreads[i], i)
            for i, means in enumerate(parameters.means)
        ]
        before = 0
        for rows, _ in self._rows():
            here = slice(before, before := before + len(rows))
            for one, own in zip(through, weights):
                one.feed(rows, np.ascontiguousarray(own[here]), self.n_threads)
        finished = [one.finish() for one in through]
        counts, sums, scatters, logliks = (np.stack(parts) for parts in zip(*finished))
        return Moments(parameters.means, counts, sums, scatters, logliks, form)

    def sample(self, size: int, rng: Generator) -> Array:
        """Return at most ``size`` distinct rows (size, d) drawn by weight without replacement, in one read.

        The rows with the largest keys u^(1/w) are such a draw (Efraimidis and Spirakis 2006, Information
        Processing Letters 97).
        """
        keys, kept = np.empty(0), np.empty((0, self.n_features))
        for rows, weights in self._rows():
            own = np.log(rng.random(len(rows))) / (1.0 if weights is None else weights)
            keys, kept = np.concatenate([keys, own]), np.concatenate([kept, rows])
            if len(keys) > size:
                best = np.sort(np.argpartition(-keys, size - 1)[:size])
                keys, kept = keys[best], kept[best]
        return kept

    def subsample(self, size: int, rng: Generator) -> ArraySource:
        """Return a source of one row from each of ``size`` equal runs, with its weight, from one read."""
        rows, weights = self._drawn(size, rng)
        return ArraySource(rows, weights, n_threads=self.n_threads)

    def rows(self, most: int, rng: Generator) -> tuple[Array, Array | None]:
        """Return all rows (n, d) as float64 with their weights, or one from each of ``most`` equal runs."""
        rows, weights = self._drawn(most, rng)
        return np.asarray(rows, dtype=np.float64), weights

    def _drawn(self, size: int, rng: Generator) -> tuple[np.ndarray[Any, Any], Array | None]:
        wanted = one_of_each(self.n_rows, min(size, self.n_rows), rng)
        rows, weights, before = [], [], 0
        for x, w in self._rows():
            here = wanted[(wanted >= before) & (wanted < before + len(x))] - before
            rows.append(x[here])
            weights.append(None if w is None else w[here])
            before += len(x)
        together = None if weights[0] is None else np.concatenate([w for w in weights if w is not None])
        return np.concatenate(rows), together

    def blocks(self, size: int) -> Iterator[tuple[Array, Array | None]]:
        """Yield all rows as float64, with their weights, at most so many (size, d) at a time."""
        for x, weights in self._rows():
            for start in range(0, len(x), size):
                rows = slice(start, start + size)
                own = None if weights is None else weights[rows]
                yield np.asarray(x[rows], dtype=np.float64), own

    def in_cells(self, edges: Array) -> Cells:
        """Return the sums of one dimension's rows in cells with these edges (m + 1,), from one read."""
        parts = (Cells.of(rows, weights, edges, self.n_threads) for rows, weights in self._rows())
        return reduce(Cells.__add__, parts)

    def evaluate(self, parameters: Parameters, want: str) -> np.ndarray[Any, Any]:
        """Return "log_density" (n,), "responsibilities" (n, k) or "labels" (n,) of the rows that count."""
        spreads = cheapest_form(parameters)
        return np.concatenate(
            [at_rows(parameters, spreads, rows, want, self.n_threads) for rows, _ in self._rows()]
        )

    def n_distinct(self, most: int) -> int:
        """Return how many distinct rows there are, or ``most`` if there are so many or more."""
        seen = np.empty((0, self.n_features))
        for rows, _ in self._rows():
            seen = np.unique(np.concatenate([seen, rows]), axis=0)
            if len(seen) >= most:
                return most
        return len(seen)


def begun(form: str, weights: Array, means: Array, spreads: Array, index: int | None = None) -> Any:
    """Return a pass under mixtures, or under the one at an index of a stack, which a failure then names."""
    try:
        return _core.kernels().Pass(form, weights, means, spreads)
    except _core.NotPositiveDefinite as failure:
        if index is None:
            raise
        raise _core.NotPositiveDefinite(index, failure.component) from None
