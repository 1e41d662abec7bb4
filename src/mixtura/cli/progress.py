"""Progress: one line on standard error for anything that takes more than a second."""

from __future__ import annotations

import time
from threading import Timer
from types import TracebackType

from rich.status import Status

from ..em import Progress as State
from . import digits
from .console import err

PATIENCE = 1.0  # seconds before the line appears
REFRESH = 0.1  # seconds between its changes


class ProgressLine:
    """What is being done, and a callback for fits; no line unless standard error is a terminal.

    Examples
    --------
    >>> with ProgressLine("reading") as line:
    ...     line(State(passes=12, loglik=-1130.3, remaining=0.5, alive=3))
    """

    def __init__(self, doing: str) -> None:
        self._console = err()
        self._line: Status | None = None
        self._doing = doing
        self._changed = 0.0
        self._timer = Timer(PATIENCE, self._appear)
        self._timer.daemon = True

    def __enter__(self) -> ProgressLine:
        """Start the clock."""
        if self._console.is_terminal:
            self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wipe the line."""
        self._timer.cancel()
        if self._timer.is_alive():
            self._timer.join()
        if self._line is not None:
            self._line.stop()

    def say(self, doing: str) -> None:
        """Change what the line says."""
        self._doing = doing
        if self._line is not None:
            self._line.update(doing)

    def __call__(self, state: State) -> None:
        """Show how far a fit has come."""
        now = time.monotonic()
        if now - self._changed >= REFRESH:
            self._changed = now
            self.say(sentence(state))

    def _appear(self) -> None:
        line = Status(self._doing, console=self._console)
        line.start()
        self._line = line


def sentence(state: State) -> str:
    """Word how far a fit has come.

    Examples
    --------
    >>> sentence(State(passes=12, loglik=-1130.26, remaining=0.5, alive=3))
    'pass 12: loglik -1,130.260, about 0.5 to gain, 3 starts climbing'
    >>> sentence(State(passes=3, loglik=-1140.0, remaining=float("inf"), alive=8, searching=True))
    'looking for starts, pass 3: loglik -1,140.000, 8 starts climbing'
    """
    lead = "looking for starts, " if state.searching else ""
    starts = f"{state.alive} start{'' if state.alive == 1 else 's'} climbing"
    gain = f"about {digits.general(state.remaining)} to gain, " if state.remaining < float("inf") else ""
    return f"{lead}pass {state.passes:,}: loglik {digits.fixed(state.loglik, 3)}, {gain}{starts}"
