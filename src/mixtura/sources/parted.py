"""The parted source: rows that lie elsewhere in parts, to which mixtures travel and moments come from."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import add
from typing import Any, TypeVar

import numpy as np
from numpy.random import Generator

from .. import _core
from ..model.forms import Form
from ..model.moments import Moments
from ..model.parameters import Array, Parameters
from . import parts
from .array import ArraySource
from .base import Source, Values, sum_of_tuples
from .cells import Cells
from .checks import check_summary
from .cost import Cost
from .parts import Answer, Task
from .pieces import begun
from .sampling import one_of_each
from .summary import Summary

READING = 2.0  # nanoseconds for a number, wherever it is: few reads are to be made
FAN = 8  # answers that are joined at a time
Leaf = TypeVar("Leaf")


def in_tree(leaves: Sequence[Leaf], join: Callable[[list[Leaf]], Leaf]) -> Leaf:
    """Join leaves, eight neighbours at a time, until one is left: an order that no scheduler has a say in."""
    level = list(leaves)
    while len(level) > 1:
        level = [join(level[i : i + FAN]) for i in range(0, len(level), FAN)]
    return level[0]


@dataclass(frozen=True, slots=True)
class Part:
    """What is known of a part before it is asked again."""

    index: int
    given: int  # rows, those of weight zero included
    counted: int  # rows of positive weight
    before: int  # rows of positive weight in the parts before it


class PartedSource(Source):
    """Rows in numbered parts, each of which answers a task where it lies.

    A system that runs functions on parts of data says how in `_ask` and `_each`, and has all the rest.
    Answers are joined in a fixed tree of the parts' numbers, so that the bits do not depend on who answered
    when. The parts must be the same whenever they are asked: their numbers of rows are compared with the
    first time's.

    Parameters
    ----------
    names : sequence of str, optional
        Of the columns, for messages.
    n_threads : int, optional
        Threads for what is done here, and not where the parts are; every core by default.
    """

    def __init__(self, names: Sequence[str] | None = None, *, n_threads: int | None = None) -> None:
        self.names = None if names is None else list(names)
        self.n_threads = _core.n_threads(n_threads)

    @abstractmethod
    def _ask(self, task: Task, own: Mapping[int, Any] | None, join: parts.Join) -> Answer:
        """Give every part a task, with an argument of its own by its number, and join what they answer."""

    @abstractmethod
    def _each(self, task: Task) -> Iterator[Answer]:
        """Give every part a task, and yield the answers in the order of the parts, one held at a time."""

    def _asked(
        self, task: Task, own: Mapping[int, Any] | None = None, join: Callable[[Any, Any], Any] = add
    ) -> Any:
        """Return what the parts that count make of a task, joined; what they refuse is raised."""
        known = {part.index: (part.given, part.counted) for part in self._parts}
        return self._checked(self._ask(task, own, parts.Join(join)), known)

    def _checked(self, answer: Answer, known: Mapping[int, tuple[int, int]]) -> Any:
        if answer.refused:
            index, why = answer.refused
            raise ValueError(f"partition {index}: {why}")
        for index, rows in answer.rows.items():
            if known.get(index, (0, 0)) != rows:
                before = known.get(index, (0, 0))[0]
                raise ValueError(
                    f"partition {index} holds {rows[0]} rows in this read and held {before} in the first; "
                    "the data must be the same whenever they are asked for: cache or persist them, or write "
                    "them to files, before the fit"
                )
        return answer.value

    @cached_property
    def _first(self) -> tuple[Summary, list[Part]]:
        answer = self._ask(parts.Describe(self.names), None, parts.Join(add))
        if answer.refused:
            # the parts before it have answered: once more, with the rows' numbers among all
            index = answer.refused[0]
            first = sum(given for before, (given, _) in answer.rows.items() if before < index)
            answer = self._ask(parts.Describe(self.names), {index: first}, parts.Join(add))
        summary: Summary | None = self._checked(answer, answer.rows)
        if summary is None:
            raise ValueError("the data are empty: no partition holds a row of positive weight")
        check_summary(summary, self.names)
        found, before = [], 0
        for index in sorted(answer.rows):
            given, counted = answer.rows[index]
            found.append(Part(index, given, counted, before))
            before += counted
        return summary, found

    @property
    def summary(self) -> Summary:
        """Return what is known of the rows, from one read."""
        return self._first[0]

    @property
    def _parts(self) -> list[Part]:
        return self._first[1]

    @property
    def n_given(self) -> int:
        """Return the number of rows that were given, those of weight zero included."""
        return sum(part.given for part in self._parts)

    @cached_property
    def cost(self) -> Cost:
        """Return what passes cost."""
        n, d = self.n_rows, self.n_features
        return Cost(n, d, READING * n * d)

    def moments(self, parameters: Parameters, form: Form) -> Moments:
        """Make one pass under a mixture, or under each of a stack of mixtures (m,)."""
        return self.several([(parameters, form)])[0]

    def several(self, asked: Sequence[tuple[Parameters, Form]]) -> list[Moments]:
        """Make a pass under each of several stacks of mixtures (m,), each of its own form, in one read."""
        for one, form in asked:  # what has no Cholesky factor is said here, before any part is asked
            begun(form.name, one.weights, one.means, form.spreads(one.covariances))
        return list(self._asked(parts.Passes(tuple(asked)), join=sum_of_tuples))

    def weighted_moments(self, parameters: Parameters, form: Form, weights: Sequence[Array]) -> Moments:
        """Make one pass under each of a stack of mixtures (m,), each with weights (n,), which travel out."""
        spreads = form.spreads(parameters.covariances)
        for i, means in enumerate(parameters.means):
            begun(form.name, parameters.weights[i], means, spreads[i], i)
        own = {
            part.index: [w[part.before : part.before + part.counted] for w in weights] for part in self._parts
        }
        found: Moments = self._asked(parts.WeightedPass(parameters, form), own)
        return found

    def sample(self, size: int, rng: Generator) -> Array:
        """Return at most ``size`` distinct rows (size, d) drawn by weight without replacement.

        Without weights they are the rows that the same draw takes of an array. By weight they are those with
        the largest keys u^(1/w) (Efraimidis and Spirakis 2006, Information Processing Letters 97).
        """
        size = min(size, self.n_rows)
        if self._is_weighted:
            keyed = self._asked(parts.Keyed(size, int(rng.integers(2**63))), join=parts.largest)
            return np.asarray(keyed.rows, dtype=np.float64)
        chosen = np.sort(rng.choice(self.n_rows, size=size, replace=False, shuffle=False))
        return np.asarray(self._picked(chosen)[0], dtype=np.float64)

    @property
    @abstractmethod
    def _is_weighted(self) -> bool:
        """Say whether rows have weights."""

    def subsample(self, size: int, rng: Generator) -> ArraySource:
        """Return a source of one row from each of ``size`` equal runs, with its weight."""
        rows, weights = self._picked(one_of_each(self.n_rows, min(size, self.n_rows), rng))
        return ArraySource(rows, weights, n_threads=self.n_threads, names=self.names)

    def rows(self, most: int, rng: Generator) -> tuple[Array, Array | None]:
        """Return all rows (n, d) as float64 with their weights, or one from each of ``most`` equal runs."""
        if most >= self.n_rows:
            rows, weights = self._picked(np.arange(self.n_rows))
        else:
            rows, weights = self._picked(one_of_each(self.n_rows, most, rng))
        return np.asarray(rows, dtype=np.float64), weights

    def _picked(self, chosen: np.ndarray) -> tuple[np.ndarray[Any, Any], Array | None]:
        """Return rows by their numbers among all, sorted, and their weights."""
        own = {}
        for part in self._parts:
            first, last = np.searchsorted(chosen, [part.before, part.before + part.counted])
            own[part.index] = chosen[first:last] - part.before
        picked: parts.Rows = self._asked(parts.Pick(), own)
        return picked.rows, picked.weights

    def blocks(self, size: int) -> Iterator[tuple[Array, Array | None]]:
        """Yield all rows as float64 with their weights, so many (size, d) at a time: parts in turn."""
        known = {part.index: (part.given, part.counted) for part in self._parts}
        for answer in self._each(parts.Pick()):
            held: parts.Rows | None = self._checked(answer, known)
            for start in range(0, 0 if held is None else len(held.rows), size):
                assert held is not None
                here = slice(start, start + size)
                weights = None if held.weights is None else held.weights[here]
                yield np.asarray(held.rows[here], dtype=np.float64), weights

    def added(self, values: Values, size: int) -> tuple[Any, ...]:
        """Return the sums of what a function, which is pickled, makes of blocks of all rows."""
        found: tuple[Any, ...] = self._asked(parts.Added(values, size), join=sum_of_tuples)
        return found

    def in_cells(self, edges: Array) -> Cells:
        """Return the sums of one dimension's rows in cells with these edges (m + 1,)."""
        found: Cells = self._asked(parts.InCells(edges))
        return found

    def evaluate(self, parameters: Parameters, want: str) -> np.ndarray[Any, Any]:
        """Return "log_density" (n,), "responsibilities" (n, k) or "labels" (n,) of the rows that count."""
        values: np.ndarray[Any, Any] = self._asked(parts.Evaluate(parameters, want), join=_together)
        return values

    def n_distinct(self, most: int) -> int:
        """Return how many distinct rows there are, or ``most`` if there are so many or more."""
        found = self._asked(parts.Distinct(most), join=parts.Distinct(most).merged)
        return min(most, len(found))


def _together(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.concatenate([one, other])
