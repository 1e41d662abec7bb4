"""Unchanged: files stand as they stood when they were first looked at, or it is said that they do not."""

from __future__ import annotations

import os
from collections.abc import Iterable


class Unchanged:
    """The sizes and dates of files, to hold them to.

    Raises
    ------
    ValueError
        If a file is not there.
    """

    def __init__(self, paths: Iterable[str]) -> None:
        self._stood = {path: self._stamp(path) for path in paths}

    def check(self, path: str | None = None) -> None:
        """Refuse a file, or all, that has been changed or has gone since.

        Raises
        ------
        ValueError
            If it is so, with the file's name.
        """
        for one in self._stood if path is None else [path]:
            try:
                now = self._stamp(one)
            except ValueError:
                raise ValueError(
                    f"{one} was there when the fit began and has gone since; fit files that stay"
                ) from None
            if now != self._stood[one]:
                raise ValueError(
                    f"{one} has been changed since the fit began; fit again when nothing writes to it"
                )

    @staticmethod
    def _stamp(path: str) -> tuple[int, int]:
        try:
            found = os.stat(path)
        except FileNotFoundError:
            raise ValueError(f"{path} does not exist; check the path") from None
        return found.st_size, found.st_mtime_ns
