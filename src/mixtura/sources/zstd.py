"""Zstandard: whether a packed file is whole, told without unpacking it.

DuckDB reads one that is cut off as far as it goes, and says nothing: a download that broke off would be half
the rows. The frames are walked as RFC 8878, section 3.1, lays them out.
"""

from __future__ import annotations

import os

MAGIC = b"\x28\xb5\x2f\xfd"
SKIPPABLE = range(0x184D2A50, 0x184D2A60)
REPEATED, RESERVED = 1, 3  # kinds of blocks: one byte many times, and none that there is


def is_whole(path: str) -> bool:
    """Say whether a file ends where its last frame does."""
    size = os.path.getsize(path)
    with open(path, "rb") as file:

        def number(n_bytes: int) -> int:
            read = file.read(n_bytes)
            if len(read) < n_bytes:
                raise EOFError
            return int.from_bytes(read, "little")

        try:
            while file.tell() < size:
                if number(4) in SKIPPABLE:
                    file.seek(number(4), os.SEEK_CUR)
                    continue
                descriptor = number(1)
                file.seek(_header(descriptor), os.SEEK_CUR)
                last = False
                while not last:
                    block = number(3)
                    last, kind = bool(block & 1), block >> 1 & 3
                    if kind == RESERVED:
                        return False
                    file.seek(1 if kind == REPEATED else block >> 3, os.SEEK_CUR)
                if descriptor >> 2 & 1:
                    number(4)  # the checksum
        except EOFError:
            return False
        return file.tell() == size


def _header(descriptor: int) -> int:
    """Return how many bytes of a frame's header follow the one that describes it."""
    single = descriptor >> 5 & 1
    window, dictionary = 1 - single, (0, 1, 2, 4)[descriptor & 3]
    return window + dictionary + (single, 2, 4, 8)[descriptor >> 6]
