"""A peer as its measurer sees it: a process of some interpreter that answers over pipes."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


class PeerError(RuntimeError):
    """A peer could not do what was asked of it; the message is its own."""


class Peer:
    """One running adapter; a context manager that ends the process."""

    def __init__(self, name: str, interpreter: Path | str, n_threads: int) -> None:
        self.name, self.n_threads = name, n_threads
        counts = {
            f"{library}_NUM_THREADS": str(n_threads) for library in ("OMP", "OPENBLAS", "MKL", "MIXTURA")
        }
        # a file: a pipe that nobody reads would stop a peer that talks
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115
        self._process = subprocess.Popen(
            [str(interpreter), str(HERE / f"peer_{name}.py")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._said,
            text=True,
            env={**os.environ, **counts},
        )
        self.versions: dict[str, str] = {}
        self._failure = ""  # why the process ended before it answered anything
        try:
            self.versions = self._answer()["versions"]
        except PeerError as error:
            self._failure = str(error)

    def ask(self, do: str, **request: Any) -> dict[str, Any]:
        """Send one request and return the answer."""
        if self._failure:
            raise PeerError(self._failure)
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **request}) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._process.wait()
            self._said.seek(0)
            last = self._said.read().strip().splitlines()
            raise PeerError(f"{self.name} ended: {last[-1] if last else 'no word of why'}")
        answer: dict[str, Any] = json.loads(line)
        if "error" in answer:
            raise PeerError(f"{self.name}: {answer['error']}")
        return answer

    def close(self) -> None:
        """End the process."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._said.close()

    def __enter__(self) -> Peer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
