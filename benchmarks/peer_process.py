"""A peer as its measurer sees it: a process of some interpreter that answers over pipes."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import tempfile
import threading
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
LIMIT = 300.0  # seconds


class PeerError(RuntimeError):
    """A peer could not do what was asked of it; the message is its own."""


class Peer:
    """One running adapter; a context manager that ends the process.

    A peer that does not answer in ``limit`` seconds is ended, and begun again when it is asked to load.
    """

    def __init__(self, name: str, interpreter: Path | str, n_threads: int, limit: float = LIMIT) -> None:
        self.name, self.interpreter, self.n_threads, self.limit = name, interpreter, n_threads, limit
        # a file: a pipe that nobody reads would stop a peer that talks
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self.versions: dict[str, str] = {}
        self._begin()

    def _begin(self) -> None:
        counts = {
            f"{library}_NUM_THREADS": str(self.n_threads) for library in ("OMP", "OPENBLAS", "MKL", "MIXTURA")
        }
        self._process = subprocess.Popen(
            [str(self.interpreter), str(HERE / f"peer_{self.name}.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            env={**os.environ, **counts},
        )
        self._silent = False  # whether it was ended for not answering
        self._failure = ""  # why the process ended before it answered anything
        try:
            self.versions = self._answer()["versions"]
        except PeerError as error:
            self._failure = str(error)

    def ask(self, do: str, **request: Any) -> dict[str, Any]:
        """Send one request and return the answer."""
        if self._failure:
            raise PeerError(self._failure)
        if self._silent and do == "load":
            self._release()
            self._begin()
        if self._process.poll() is not None:
            raise PeerError(f"{self.name} has ended")
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **request}) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        clock = threading.Timer(self.limit, self._end)
        clock.start()
        line = self._process.stdout.readline()
        clock.cancel()
        if not line:
            self._process.wait()
            self._said.seek(0)
            last = self._said.read().strip().splitlines()
            said = last[-1] if last else "no word of why"
            raise PeerError(
                f"{self.name} ended: {f'no answer in {self.limit:g} s' if self._silent else said}"
            )
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise PeerError(f"{self.name}: {answer['error']}")
        return answer

    def _end(self) -> None:
        self._silent = True
        self._process.kill()

    def _release(self) -> None:
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(BrokenPipeError):
                    pipe.close()

    def close(self) -> None:
        """End the process."""
        if self._process.stdin is not None:
            with contextlib.suppress(BrokenPipeError):
                self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._release()
        self._said.close()

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
