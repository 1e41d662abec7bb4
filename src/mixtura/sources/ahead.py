"""Ahead: a thread that reads on while what it has read is worked on."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")

DEPTH = 2  # pieces that wait
PATIENCE = 0.1  # seconds after which the thread looks whether anybody still waits


class _End:
    """What comes after the last piece: the problem that ended the reading, if one did."""

    def __init__(self, problem: BaseException | None = None) -> None:
        self.problem = problem


def ahead(
    read: Callable[[], Iterator[T]], *, depth: int = DEPTH, cancel: Callable[[], None] | None = None
) -> Generator[T, None, None]:
    """Yield what ``read()`` yields, in its order, read by a thread that is a few pieces ahead.

    What the reading raises is raised here. Leaving the loop, also by an exception such as Ctrl-C, ends the
    thread before anything else goes on, for which ``cancel`` breaks off what it waits for.
    """
    waiting: Queue[T | _End] = Queue(depth)
    given_up = Event()

    def hand_over(piece: T | _End) -> None:
        while not given_up.is_set():
            with suppress(Full):
                waiting.put(piece, timeout=PATIENCE)
                return

    def run() -> None:
        end = _End()
        pieces = None
        try:
            pieces = read()
            for piece in pieces:
                hand_over(piece)
                if given_up.is_set():
                    break
        except BaseException as problem:  # it is raised where the pieces are waited for
            end = _End(problem)
        finally:
            if isinstance(pieces, Generator):
                pieces.close()
        hand_over(end)

    thread = Thread(target=run, name="mixtura reading", daemon=True)
    thread.start()
    try:
        while True:
            try:
                piece = waiting.get(timeout=PATIENCE)
            except Empty:
                continue
            if isinstance(piece, _End):
                if piece.problem is not None:
                    raise piece.problem
                return
            yield piece
    finally:
        given_up.set()
        thread.join(PATIENCE)
        while thread.is_alive():
            if cancel is not None:
                cancel()
            thread.join(PATIENCE)
