"""Memory: what a limit on the address space leaves to DuckDB, which does not see it and would crash."""

from __future__ import annotations

import sys

# Bytes of address space that DuckDB takes before it reads a row: code, stacks of threads, its allocator.
NEEDED = 1_200_000_000
LEAST = 200_000_000  # and for the rows


def settings() -> dict[str, str]:
    """Return DuckDB's settings under the process's limit on its address space, none where there is no limit.

    Raises
    ------
    ValueError
        If the limit leaves too little.
    """
    left = _left()
    if left is None:
        return {}
    if left < NEEDED + LEAST:
        raise ValueError(
            f"the limit on memory (ulimit -v) leaves {max(left, 0) // 10**6:,} MB and reading this takes "
            f"{(NEEDED + LEAST) // 10**6:,} MB or more; raise it, or give numbers as .npy, which takes none"
        )
    return {"memory_limit": f"{(left - NEEDED) // 10**6}MB", "threads": "1"}


def _left() -> int | None:
    """Return the bytes of address space that may still be taken, None where nobody says."""
    if not sys.platform.startswith("linux"):
        return None
    import resource

    limit, _ = resource.getrlimit(resource.RLIMIT_AS)
    if limit == resource.RLIM_INFINITY:
        return None
    with open("/proc/self/statm", encoding="ascii") as file:
        return limit - int(file.read().split()[0]) * resource.getpagesize()
