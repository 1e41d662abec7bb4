"""Scratch: a copy of the rows that are needed, on the disk, as fast to read again as a disk allows."""

from __future__ import annotations

import errno
import shutil
import tempfile
from collections.abc import Iterator
from threading import Lock
from weakref import finalize

import numpy as np

from .batches import Batches, piece_rows, size_text
from .tabular import Piece

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)  # no room on the disk, for the person, in a file
CURE = "name a folder on a larger disk with scratch (--scratch), or allow more memory"


class Scratch(Batches):
    """Rows kept in a file that has no name, so that it is gone with the program, however that ends.

    Rows lie in it one after the other, each with its weight behind it where there are weights.

    Parameters
    ----------
    batches : Batches
        The rows, of which the file becomes the copy.
    folder : str, optional
        Where; the system's folder for temporary files by default.
    """

    pace = 0.5

    def __init__(self, batches: Batches, folder: str | None) -> None:
        self.name, self.names, self.dtype = batches.name, batches.names, batches.dtype
        self.weighted = batches.weighted
        self.folder = folder or tempfile.gettempdir()
        self.n_rows = 0
        self._expected = batches.size
        self._check_room()
        columns = [("x", self.dtype, (len(self.names),)), *([("w", "f8")] if self.weighted else [])]
        self._turn = Lock()  # of those who read the file, which has one place to read from
        self._record = np.dtype(columns)
        try:
            self._file = tempfile.TemporaryFile(  # noqa: SIM115  # open as long as the copy is wanted
                prefix="mixtura-", dir=self.folder, buffering=0
            )
        except OSError as problem:
            raise ValueError(f"the scratch folder {self.folder}: {problem.strerror}; {CURE}") from None
        self.close = finalize(self, self._file.close)  # gives the room on the disk back

    def _check_room(self) -> None:
        """Refuse, before any work, a copy that the disk does not hold."""
        free = shutil.disk_usage(self.folder).free
        if self._expected is not None and self._expected > free:
            raise ValueError(
                f"the copy of {self.name} takes about {size_text(self._expected)} and the scratch folder "
                f"{self.folder} has {size_text(free)} left; {CURE}"
            )

    def add(self, piece: Piece) -> None:
        """Write rows (b, d) and their weights (b,) behind the others.

        Raises
        ------
        ValueError
            If the disk is full.
        """
        x, weights = piece
        records = np.empty(len(x), self._record)
        records["x"] = x
        if weights is not None:
            records["w"] = weights
        left = records.view(np.uint8).data
        try:
            while left:
                left = left[self._file.write(left) :]
        except OSError as problem:
            if problem.errno not in FULL:
                raise
            about = "" if self._expected is None else f" of about {size_text(self._expected)}"
            written = size_text((self.n_rows or 0) * self.row_bytes)
            raise ValueError(
                f"the scratch folder {self.folder} is full after {written}{about} of {self.name}; {CURE}"
            ) from None
        self.n_rows = (self.n_rows or 0) + len(x)

    def pieces(self) -> Iterator[Piece]:
        """Yield the rows as they were written."""
        size = piece_rows(self.row_bytes)
        assert self.n_rows is not None
        for start in range(0, self.n_rows, size):
            records = np.empty(min(size, self.n_rows - start), self._record)
            left = records.view(np.uint8).data
            place = start * self._record.itemsize
            while left:
                with self._turn:
                    self._file.seek(place)
                    some = self._file.readinto(left)
                if not some:
                    raise ValueError(f"the scratch copy in {self.folder} was cut off; fit again")
                left, place = left[some:], place + some
            yield records["x"], np.ascontiguousarray(records["w"]) if self.weighted else None
