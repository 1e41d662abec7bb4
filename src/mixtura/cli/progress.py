"""Progress: one line on standard error for a fit that takes more than a second."""

from __future__ import annotations

import time
from types import TracebackType

from rich.status import Status

from ..em import Progress as State
from . import digits
from .console import err

PATIENCE = 1.0  # seconds before the line appears
REFRESH = 0.1  # seconds between its changes


class ProgressLine:
    """A callback for a fit, and the line that it shows; none unless standard error is a terminal.

    Examples
    --------
    >>> with ProgressLine() as callback:
    ...     callback(State(passes=12, loglik=-1130.3, remaining=0.5, alive=3))
    """

    def __init__(self) -> None:
        self._console = err()
        self._line: Status | None = None
        self._started = self._shown = time.monotonic()

    def __enter__(self) -> ProgressLine:
        """Start the clock."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Wipe the line."""
        if self._line is not None:
            self._line.stop()

    def __call__(self, state: State) -> None:
        """Show how far the fit has come."""
        now = time.monotonic()
        if not self._console.is_terminal or now - self._started < PATIENCE or now - self._shown < REFRESH:
            return
        self._shown = now
        if self._line is None:
            self._line = Status(self.sentence(state), console=self._console, spinner="dots")
            self._line.start()
        self._line.update(self.sentence(state))

    @staticmethod
    def sentence(state: State) -> str:
        """Word a state.

        Examples
        --------
        >>> ProgressLine.sentence(State(passes=12, loglik=-1130.26, remaining=0.5, alive=3))
        'pass 12: loglik -1,130.260, about 0.5 to gain, 3 starts climbing'
        """
        starts = f"{state.alive} start{'' if state.alive == 1 else 's'} climbing"
        gain = f"about {digits.general(state.remaining)} to gain, " if state.remaining < float("inf") else ""
        return f"pass {state.passes:,}: loglik {digits.fixed(state.loglik, 3)}, {gain}{starts}"
