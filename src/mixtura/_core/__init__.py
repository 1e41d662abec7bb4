"""The core: one pass over rows and what its steps are counted in, natively or by its NumPy twin."""

from __future__ import annotations

import os
from numbers import Integral
from types import ModuleType

from . import twin
from .twin import NotPositiveDefinite

__all__ = ["NotPositiveDefinite", "backend", "kernels", "n_threads", "use"]

MOST_THREADS = 1024
NONSENSE = 1_000_000  # threads that are a mistake, not a wish for many

_backends: dict[str, ModuleType] = {"numpy": twin}
try:
    from . import native

    _backends["native"] = native
except ImportError:  # pragma: no cover - a source tree that was never built
    pass

_current = "native" if "native" in _backends else "numpy"


def use(name: str) -> str:
    """Select the backend, "native" or "numpy", for the whole process; return the one before."""
    global _current
    if name not in _backends:
        raise ValueError(f"backend {name!r} is not one of {sorted(_backends)}")
    before, _current = _current, name
    return before


use(os.environ.get("MIXTURA_BACKEND", _current))


def backend() -> str:
    """Return the name of the selected backend."""
    return _current


def kernels() -> ModuleType:
    """Return the module that makes the passes: its moments, `Pass`, densities, describe and `Chart`."""
    return _backends[_current]


def n_threads(asked: int | None = None) -> int:
    """Return the number of threads to use: asked for, or MIXTURA_NUM_THREADS, or every core at hand.

    More than MOST_THREADS are as many; of those the native core uses at most a few for each core.

    Raises
    ------
    ValueError
        If no whole number from 1 is asked for, or one that no machine has threads for.
    """
    if asked is not None:
        if isinstance(asked, bool) or not isinstance(asked, Integral) or asked < 1:
            raise ValueError(f"n_threads is {asked!r}; use a whole number from 1, or None for every core")
        return _capped(int(asked), "n_threads")
    from_environment = os.environ.get("MIXTURA_NUM_THREADS", "")
    if from_environment.isdecimal() and int(from_environment) > 0:
        return _capped(int(from_environment), "MIXTURA_NUM_THREADS")
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _capped(threads: int, name: str) -> int:
    if threads > NONSENSE:
        raise ValueError(
            f"{name} is {threads}, more threads than any machine runs; use as many as it has cores"
        )
    return min(threads, MOST_THREADS)
