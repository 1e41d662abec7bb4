"""Parts: what is asked of a part of the rows where it lies, and how answers are joined."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from ..model.density import at_rows
from ..model.forms import Form, cheapest_form
from ..model.moments import Moments
from ..model.parameters import Array, Parameters
from .base import Values, sum_of_blocks
from .cells import Cells
from .pieces import Piece, PieceSource
from .summary import Summary

DISTINCT_ROWS = 10_000  # that are compared at a time


@dataclass(frozen=True, slots=True)
class Answer:
    """What parts have made of a task; it travels."""

    rows: dict[int, tuple[int, int]]  # by part: how many were read, and how many of positive weight
    value: Any = None  # None of parts without a row that counts
    refused: tuple[int, str] | None = None  # the first part whose rows cannot be used, and why


@dataclass(frozen=True, slots=True)
class Join:
    """Joins answers, from the first part to the last."""

    values: Callable[[Any, Any], Any]

    def __call__(self, answers: list[Answer]) -> Answer:
        """Return the answer of all these parts together."""
        first, *rest = answers
        rows, value, refused = dict(first.rows), first.value, first.refused
        for one in rest:
            rows.update(one.rows)
            refused = refused or one.refused
            if one.value is not None:
                value = one.value if value is None else self.values(value, one.value)
        return Answer(rows, value, refused)


class OnePart(PieceSource):
    """The rows of one part, for a single read."""

    def __init__(self, pieces: Iterable[Any], *, n_threads: int | None = 1) -> None:
        super().__init__(n_threads=n_threads)  # one, where parts are read beside each other
        self._pieces = pieces
        self.given = self.counted = 0

    def pieces(self) -> Iterator[Piece]:
        """Yield the pieces, once."""
        for rows, weights in self._pieces:
            self.given += len(rows)
            yield rows, weights

    def _rows(self, *, look: bool = False) -> Iterator[Piece]:
        """Yield the pieces without rows of weight zero, and count what is left."""
        for rows, weights in super()._rows(look=look):
            self.counted += len(rows)
            yield rows, weights

    def used(self) -> Iterator[Piece]:
        """Yield the rows of positive weight."""
        return self._rows()


def described_part(
    x: np.ndarray[Any, Any], sample_weight: Any, n_threads: int | None
) -> tuple[OnePart, Summary | None]:
    """Return rows as a part whose columns need not vary, and their summary, None of none that counts.

    Raises
    ------
    ValueError
        If a number is not finite, or a weight cannot be.
    """
    part = OnePart([(x, sample_weight)], n_threads=n_threads)
    return part, part.described()


class Task(ABC):
    """Something to do with the rows of a part. Tasks are pickled, and so hold all that they need."""

    def __call__(self, index: int, pieces: Iterable[Piece], own: Any = None) -> Answer:
        """Return what the part of this number makes of it, with what it is given for itself."""
        part = OnePart(pieces)
        try:
            value = self.done(part, index, own)
        except ValueError as wrong:
            return Answer({}, None, (index, str(wrong)))
        return Answer({index: (part.given, part.counted)}, value if part.counted else None)

    @abstractmethod
    def done(self, part: OnePart, index: int, own: Any) -> Any:
        """Return what is made of the rows, all of which are read."""


@dataclass(frozen=True, slots=True)
class Describe(Task):
    """Sum the rows up."""

    names: list[str] | None  # of the columns, for people

    def done(self, part: OnePart, index: int, own: Any) -> Summary | None:
        """Return the summary of rows, the first of which has this number, 0 by default."""
        part.names, part.first = self.names, own or 0
        return part.described()


@dataclass(frozen=True, slots=True)
class Passes(Task):
    """Make a pass under each of several stacks of mixtures, or single ones, each of its own form."""

    asked: tuple[tuple[Parameters, Form], ...]

    def done(self, part: OnePart, index: int, own: Any) -> tuple[Moments, ...]:
        """Return the moments."""
        return tuple(part.several(self.asked))


@dataclass(frozen=True, slots=True)
class WeightedPass(Task):
    """Make one pass under each of a stack of mixtures (m,), each with row weights of its own."""

    parameters: Parameters
    form: Form

    def done(self, part: OnePart, index: int, own: Any) -> Moments:
        """Return the moments under weights (n,) for each mixture."""
        return part.weighted_moments(self.parameters, self.form, own)


@dataclass(frozen=True, slots=True)
class Added(Task):
    """Add up what a function makes of blocks of rows."""

    values: Values
    size: int

    def done(self, part: OnePart, index: int, own: Any) -> tuple[Any, ...] | None:
        """Return the sums, None of no rows."""
        blocks = part.blocks(self.size)
        first = next(blocks, None)
        return None if first is None else sum_of_blocks(self.values, chain([first], blocks))


@dataclass(frozen=True, slots=True)
class InCells(Task):
    """Sum the rows of one dimension up in cells."""

    edges: Array

    def done(self, part: OnePart, index: int, own: Any) -> Cells | None:
        """Return the sums."""
        found = None
        for rows, weights in part.used():
            one = Cells.of(rows, weights, self.edges)
            found = one if found is None else found + one
        return found


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows (n, d) and their weights (n,), which add by standing one after the other."""

    rows: np.ndarray[Any, Any]
    weights: Array | None

    def __add__(self, other: Rows) -> Rows:
        together = None
        if self.weights is not None and other.weights is not None:
            together = np.concatenate([self.weights, other.weights])
        return Rows(np.concatenate([self.rows, other.rows]), together)


@dataclass(frozen=True, slots=True)
class Pick(Task):
    """Hand out rows."""

    def done(self, part: OnePart, index: int, own: Any) -> Rows | None:
        """Return the rows of these numbers (n,), sorted, or all."""
        before, found = 0, []
        for rows, weights in part.used():
            here = slice(None)
            if own is not None:
                here = own[np.searchsorted(own, before) : np.searchsorted(own, before + len(rows))] - before
            before += len(rows)
            found.append(Rows(rows[here], None if weights is None else weights[here]))
        if not found:
            return None
        whole = found[0].weights is not None
        return Rows(
            np.concatenate([one.rows for one in found]),
            np.concatenate([one.weights for one in found if one.weights is not None]) if whole else None,
        )


@dataclass(frozen=True, slots=True)
class KeyedRows:
    """Rows (n, d) in their order, and the keys (n,) by which some stay."""

    keys: Array
    rows: np.ndarray[Any, Any]
    size: int

    def cut(self) -> KeyedRows:
        """Return the rows with the largest keys."""
        if len(self.keys) <= self.size:
            return self
        best = np.sort(np.argpartition(-self.keys, self.size - 1)[: self.size])
        return KeyedRows(self.keys[best], self.rows[best], self.size)


def largest(one: KeyedRows, other: KeyedRows) -> KeyedRows:
    """Join the draws of two parts."""
    keys, rows = np.concatenate([one.keys, other.keys]), np.concatenate([one.rows, other.rows])
    return KeyedRows(keys, rows, one.size).cut()


@dataclass(frozen=True, slots=True)
class Keyed(Task):
    """Draw rows by weight: those with the largest keys."""

    size: int
    seed: int

    def done(self, part: OnePart, index: int, own: Any) -> KeyedRows | None:
        """Return at most ``size`` rows with their keys."""
        rng, kept = np.random.default_rng([self.seed, index]), None
        for rows, weights in part.used():
            keys = np.log(rng.random(len(rows))) / (1.0 if weights is None else weights)
            drawn = KeyedRows(keys, rows, self.size).cut()
            kept = drawn if kept is None else largest(kept, drawn)
        return kept


@dataclass(frozen=True, slots=True)
class Evaluate(Task):
    """Evaluate a mixture at every row."""

    parameters: Parameters
    want: str

    def done(self, part: OnePart, index: int, own: Any) -> np.ndarray[Any, Any] | None:
        """Return "log_density" (n,), "responsibilities" (n, k) or "labels" (n,)."""
        spreads = cheapest_form(self.parameters)
        found = [at_rows(self.parameters, spreads, rows, self.want, 1) for rows, _ in part.used()]
        return np.concatenate(found) if found else None


@dataclass(frozen=True, slots=True)
class Distinct(Task):
    """Find different rows, up to so many."""

    most: int

    def done(self, part: OnePart, index: int, own: Any) -> np.ndarray[Any, Any] | None:
        """Return at most ``most`` rows, no two the same."""
        seen = None
        for rows, _ in part.used():
            for start in range(0, len(rows), DISTINCT_ROWS):
                if seen is not None and len(seen) >= self.most:
                    break
                new = rows[start : start + DISTINCT_ROWS]
                seen = self.merged(new[:0] if seen is None else seen, new)
        return seen

    def merged(self, one: np.ndarray[Any, Any], other: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        """Return at most ``most`` different rows of both."""
        return np.unique(np.concatenate([one, other]), axis=0)[: self.most]
