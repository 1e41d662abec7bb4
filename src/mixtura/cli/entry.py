"""Where the command starts, and how it ends: one line and an exit status, whatever happened."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence

BAD_INPUT = 2
INTERRUPTED = 130  # 128 + SIGINT, as shells report it
PIPE_CLOSED = 141  # 128 + SIGPIPE, as `cat` and `yes` end


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Status 0 is success, 2 is bad input (one line on standard error says what to do), 130 is Ctrl-C and 141 is
    a reader that closed the pipe.
    """
    try:
        try:
            from .app import run
        except ModuleNotFoundError as missing:
            if (missing.name or "").partition(".")[0] not in ("typer", "rich"):
                raise
            return _complain(f'the command line needs {missing.name}: run pip install "mixtura[cli]"')
        status = run(list(sys.argv[1:] if arguments is None else arguments))
        sys.stdout.flush()
        return status
    except KeyboardInterrupt:
        return _complain("interrupted; no file was written", INTERRUPTED)
    except BrokenPipeError:
        # Python flushes standard output once more on its way out, and that must not complain either.
        _discard_output()
        return PIPE_CLOSED
    except (ValueError, TypeError, OSError) as problem:
        if os.environ.get("MIXTURA_DEBUG"):
            raise
        return _complain(_one_line(problem))


def _complain(sentence: str, status: int = BAD_INPUT) -> int:
    print(f"mixtura: {sentence}", file=sys.stderr)
    return status


def _one_line(problem: BaseException) -> str:
    if isinstance(problem, OSError) and problem.strerror and problem.filename is not None:
        return f"{problem.filename}: {problem.strerror}"
    return " ".join(str(problem).split()) or type(problem).__name__


def _discard_output() -> None:
    try:
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, sys.stdout.fileno())
    except (OSError, ValueError):  # standard output is no real file, as under a test
        pass
