"""What a source is: a place where data live, that sums itself up, says its price, and makes passes."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import reduce
from typing import Any, Protocol

import numpy as np
from numpy.random import Generator

from ..model.forms import Form
from ..model.moments import Moments
from ..model.parameters import Array, Parameters
from .assigned import Blocks
from .cells import Cells
from .cost import Cost
from .summary import Summary

Values = Callable[[Array, Array | None], tuple[Any, ...]]  # of rows (b, d) and their weights (b,)


def sum_of_blocks(values: Values, blocks: Iterable[tuple[Array, Array | None]]) -> tuple[Any, ...]:
    """Return the sums of what a function makes of blocks of rows, one after another."""
    return reduce(sum_of_tuples, (values(rows, weights) for rows, weights in blocks))


def sum_of_tuples(one: tuple[Any, ...], other: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return the sums of each two parts."""
    return tuple(a + b for a, b in zip(one, other, strict=True))


class Approximation(Protocol):
    """What a source that only stands for its rows lets be done, so that a fit can be held to the rows."""

    refinements: int  # times that it was made finer

    @property
    def exact(self) -> Source:
        """Return the source of the rows themselves."""
        ...

    @property
    def size(self) -> int:
        """Return how many nodes stand for the rows."""
        ...

    def resolves(self, parameters: Parameters) -> bool:
        """Say whether it is fine enough for each component of a mixture (k,)."""
        ...

    def refine(self, parameters: Parameters) -> bool:
        """Make it fine enough for each component; say whether it has become finer."""
        ...

    def halve(self) -> None:
        """Make it twice as fine everywhere."""
        ...


class Source(ABC):
    """All that the loop, the starts and the inference ever ask of data.

    A new place for data says its `summary` and its `cost` and makes `moments`; what it can hand out of its
    rows, it says in `sample`, `subsample`, `evaluate` and `assigned`.
    """

    n_threads: int = 1  # for a pass
    names: list[str] | None = None  # of the columns, for people
    n_reads: int | None = None  # of rows that lie elsewhere, begun so far

    @property
    @abstractmethod
    def summary(self) -> Summary:
        """Return what is known of the rows."""

    @property
    @abstractmethod
    def cost(self) -> Cost:
        """Return what passes cost."""

    @abstractmethod
    def moments(self, parameters: Parameters, form: Form) -> Moments:
        """Make one pass under a mixture, or under each of a stack of mixtures (m,), in one read.

        Raises
        ------
        mixtura._core.NotPositiveDefinite
            If a covariance has no Cholesky factor, before any row is read.
        """

    def several(self, asked: Sequence[tuple[Parameters, Form]]) -> list[Moments]:
        """Make a pass under each of several stacks of mixtures (m,), each of a form of its own.

        They are made in one read where rows are read anew for every pass.

        Raises
        ------
        mixtura._core.NotPositiveDefinite
            If a covariance has no Cholesky factor; which stack's is not said.
        """
        return [self.moments(parameters, form) for parameters, form in asked]

    def weighted_moments(self, parameters: Parameters, form: Form, weights: Sequence[Array]) -> Moments:
        """Make one pass under each of a stack of mixtures (m,), each with row weights (n,) of its own.

        They take the place of the rows' own weights, for the rows that count.

        Raises
        ------
        ValueError
            If the rows are not at hand.
        mixtura._core.NotPositiveDefinite
            If a covariance has no Cholesky factor.
        """
        raise ValueError("this source cannot weigh its rows anew, which replicates ask for")

    @abstractmethod
    def sample(self, size: int, rng: Generator) -> Array:
        """Return at most ``size`` distinct rows (size, d) drawn by weight without replacement."""

    @abstractmethod
    def subsample(self, size: int, rng: Generator) -> Source:
        """Return a source of about ``size`` rows, one from each of as many runs, with their weights.

        A source whose passes cost no more than those over so many rows returns itself.
        """

    def rows(self, most: int, rng: Generator) -> tuple[Array, Array | None]:
        """Return rows (n, d) as float64 and their weights (n,), if they have any, to look at closely.

        They are all that count where those are at most ``most``, else about as many of them. A source that
        can only draw rows by weight gives these, which have no weights any more.
        """
        return np.asarray(self.sample(most, rng), dtype=np.float64), None

    def blocks(self, size: int) -> Iterator[tuple[Array, Array | None]]:
        """Yield all rows that count, so many (size, d) at a time, as float64, with their weights (size,).

        Raises
        ------
        ValueError
            If the rows are not at hand.
        """
        raise ValueError("this source does not hand out its rows, which is needed here one by one")

    def in_cells(self, edges: Array) -> Cells:
        """Return the sums of one dimension's rows in cells with these edges (m + 1,), from one read.

        Raises
        ------
        ValueError
            If the rows are not at hand, or one lies outside the edges.
        """
        raise ValueError("this source does not sum its rows up in cells; fit it with compress=False")

    def added(self, values: Values, size: int) -> tuple[Any, ...]:
        """Return the sums of what a function makes of blocks (size, d) of all rows and their weights (size,).

        The function returns a tuple of arrays or numbers; where rows lie elsewhere it is sent there.
        """
        return sum_of_blocks(values, self.blocks(size))

    @abstractmethod
    def evaluate(self, parameters: Parameters, want: str) -> np.ndarray[Any, Any]:
        """Return "log_density" (n,), "responsibilities" (n, k) or "labels" (n,) of the rows that count."""

    @abstractmethod
    def n_distinct(self, most: int) -> int:
        """Return how many distinct rows there are, or ``most`` if there are so many or more."""

    @property
    def n_given(self) -> int:
        """Return the number of rows that were given, those of weight zero included."""
        return self.n_rows

    def assigned(self, responsibilities: Blocks, k: int, form: Form) -> Moments:
        """Return the moments that blocks of given responsibilities (b, k) make, about the means they give.

        Raises
        ------
        ValueError
            If the rows are not at hand.
        """
        raise ValueError(
            "labels and responsibilities need rows in memory; for this source give means instead"
        )

    @property
    def approximation(self) -> Approximation | None:
        """Return how the source stands for its rows where it does so only approximately, else None."""
        return None

    @property
    def n_rows(self) -> int:
        """Return the number of rows of positive weight."""
        return self.summary.n_rows

    @property
    def n_features(self) -> int:
        """Return d."""
        return self.summary.n_features

    @property
    def total_weight(self) -> float:
        """Return the sum of the row weights."""
        return self.summary.total_weight

    @property
    def mean(self) -> Array:
        """Return the weighted mean (d,)."""
        return self.summary.mean

    @property
    def variance(self) -> Array:
        """Return the weighted variance (d,)."""
        return self.summary.variance
