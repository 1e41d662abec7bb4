"""The distributed source: parts that a map of the caller's own runs functions on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from .parted import PartedSource, in_tree
from .parts import Answer, Join, Task

Map = Callable[[Callable[[Any], Any], list[Any]], Iterable[Any]]


class DistributedSource(PartedSource):
    """Rows in parts on a system of the caller's own, of which nothing is asked but a ``map``.

    All that works on rows in memory works on them: fits, selection, standard errors. Answers are joined in
    the order of the parts, so that the bits do not depend on who answered when.

    Parameters
    ----------
    parts : sequence
        What says where each part is, such as a path. It is pickled.
    load : callable
        ``load(part)`` returns a part's rows (n, d), or a pair of rows and weights (n,), where the part is
        read. All parts have weights, or none has. It is pickled as well, so a function of a module.
    map : callable, optional
        ``map(function, items)`` returns the values of a function of a module, in order: a
        ``multiprocessing.Pool``'s ``map``, the one of an executor, or of whatever else runs functions.
    weighted : bool
        Whether parts have weights.
    names : sequence of str, optional
        Of the columns, for messages.

    Examples
    --------
    >>> import mixtura
    >>> from mixtura.datasets import faithful
    >>> x = faithful().data
    >>> source = DistributedSource([0, 1, 2], lambda part: x[part::3])
    >>> round(mixtura.fit_mixture(source, 2).loglik, 2)
    -1130.26
    """

    def __init__(
        self,
        parts: Sequence[Any],
        load: Callable[[Any], Any],
        map: Map = map,
        *,
        weighted: bool = False,
        names: Sequence[str] | None = None,
    ) -> None:
        super().__init__(names)
        if len(parts) == 0:
            raise ValueError("there are no parts; give at least one")
        self.parts, self.load, self.map, self._weighted = list(parts), load, map, weighted

    @property
    def _is_weighted(self) -> bool:
        return self._weighted

    def _answers(self, task: Task, own: Mapping[int, Any] | None, indices: Iterable[int]) -> Iterable[Answer]:
        items = [(i, self.parts[i], None if own is None else own.get(i)) for i in indices]
        return self.map(partial(_answer, task, self.load), items)

    def _ask(self, task: Task, own: Mapping[int, Any] | None, join: Join) -> Answer:
        return in_tree(list(self._answers(task, own, range(len(self.parts)))), join)

    def _each(self, task: Task) -> Iterator[Answer]:
        for index in range(len(self.parts)):
            yield from self._answers(task, None, [index])


def _answer(task: Task, load: Callable[[Any], Any], item: tuple[int, Any, Any]) -> Answer:
    """Return what a part makes of a task."""
    index, part, own = item
    loaded = load(part)
    piece = loaded if isinstance(loaded, tuple) else (loaded, None)
    return task(index, [piece], own)
