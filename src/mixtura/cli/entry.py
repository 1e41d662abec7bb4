"""Where the command starts, and how it ends: one line and an exit status, whatever happened."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType

from .printing import printable

BAD_INPUT = 2
BUG = 70  # EX_SOFTWARE of sysexits.h
INTERRUPTED = 130  # 128 + SIGINT, as shells report it
ENDING = ("SIGTERM", "SIGHUP")  # end a process that does not ask for them, and leave its drafts
PIPE_CLOSED = 141  # 128 + SIGPIPE, as `cat` and `yes` end


class Ended(KeyboardInterrupt):
    """The process is asked to end, by a signal that is not Ctrl-C's."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Status 0 is success, 2 is bad input (one line on standard error says what to do), 70 a bug, 130 is Ctrl-C,
    143 SIGTERM and 141 is a reader that closed the pipe. What is wrong with the input is a ValueError or an
    OSError; anything else that goes wrong is a bug. MIXTURA_DEBUG in the environment shows tracebacks.
    """
    if sys.stderr is None:  # closed: there is nobody to complain to
        sys.stderr = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115
    if sys.stdout is None:
        return _complain("standard output is closed; send it to a file, or /dev/null")
    try:
        try:
            from .app import run
        except ModuleNotFoundError as missing:
            if (missing.name or "").partition(".")[0] not in ("typer", "rich"):
                raise
            return _complain(f'the command line needs {missing.name}: run pip install "mixtura[cli]"')
        with _signals_raise():
            status = run(list(sys.argv[1:] if arguments is None else arguments))
            sys.stdout.flush()
        return status
    except Ended as end:
        return _complain("ended by a signal; no file was written", 128 + end.number)
    except KeyboardInterrupt:
        return _complain("interrupted; no file was written", INTERRUPTED)
    except BrokenPipeError:
        # Python flushes standard output once more on its way out, and that must not complain either.
        _discard_output()
        return PIPE_CLOSED
    except Exception as problem:
        if _comes_of_an_interrupt(problem):
            return _complain("interrupted; no file was written", INTERRUPTED)
        if os.environ.get("MIXTURA_DEBUG"):
            raise
        if isinstance(problem, MemoryError) or _comes_of_no_memory(problem):
            return _complain("the memory does not suffice; give fewer rows or columns, or numbers in float32")
        if isinstance(problem, (ValueError, OSError)):
            return _complain(_one_line(problem))
        told = f"{type(problem).__name__}: {_one_line(problem)}"
        return _complain(
            f"this is a bug in mixtura ({told}); please report it, with what MIXTURA_DEBUG=1 shows", BUG
        )


@contextmanager
def _signals_raise() -> Iterator[None]:
    """Have signals that would end the process raise instead, so that drafts are removed on the way out."""

    def end(number: int, frame: FrameType | None) -> None:
        raise Ended(number)

    before = {}
    if threading.current_thread() is threading.main_thread():  # no other may set what a signal does
        for number in (getattr(signal, name) for name in ENDING if hasattr(signal, name)):
            if signal.getsignal(number) is signal.SIG_DFL:
                before[number] = signal.signal(number, end)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _complain(sentence: str, status: int = BAD_INPUT) -> int:
    print(f"mixtura: {printable(sentence)}", file=sys.stderr)
    return status


def _one_line(problem: BaseException) -> str:
    if isinstance(problem, OSError) and problem.strerror and problem.filename is not None:
        return f"{problem.filename}: {problem.strerror}"
    return " ".join(str(problem).split()) or type(problem).__name__


def _comes_of_an_interrupt(problem: BaseException | None) -> bool:
    """Say whether Ctrl-C stands behind a problem: a class that is being made wraps what breaks it off."""
    while problem is not None:
        if isinstance(problem, KeyboardInterrupt):
            return True
        problem = problem.__cause__ or problem.__context__
    return False


def _comes_of_no_memory(problem: BaseException) -> bool:
    """Say whether a library could not be loaded for want of memory."""
    return isinstance(problem, ImportError) and "failed to map" in str(problem)


def _discard_output() -> None:
    try:
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, sys.stdout.fileno())
    except (OSError, ValueError):  # standard output is no real file, as under a test
        pass
