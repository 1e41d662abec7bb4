"""How close a pass comes to what this machine can do at all.

The machine: fused multiply-adds a second, and values of exp a second, of one thread, both measured with
the kernels' own vectors on data that never leave the registers or the first-level cache.

The work: what one row and one component need at least, however it is arranged. A multiplication, an addition
and a fused multiply-add count one each, since each takes one slot of the same unit. With a covariance matrix

    centring d, triangular product d (d + 1) / 2, squared length d, weighting d, first moments d,
    scatter d (d + 1) / 2                                               in all d (d + 1) + 4 d,

with a diagonal one

    centring d, squares d, times precisions d, weighting d, first moments d, second moments d
                                                                        in all 6 d,

and one exp either way. The least time is the multiply-adds at their peak and then the exps at theirs.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from mixtura.model.parameters import Array, Parameters
from mixtura.sources import ArraySource
from mixtura.structures import structure

from .blobs import Blobs

PROBLEMS = (
    Blobs(1_000_000, 1, 3),
    Blobs(200_000, 2, 10),
    Blobs(200_000, 4, 8),
    Blobs(100_000, 8, 8),
    Blobs(50_000, 16, 16),
    Blobs(25_000, 32, 16),
    Blobs(10_000, 64, 16),
    Blobs(50_000, 32, 32, "VVI"),
)
REPEATS = 9


def multiply_adds(d: int, name: str) -> int:
    """Return the least number of multiply-adds that a row and a component need in a pass."""
    return 6 * d if name == "VVI" else d * (d + 1) + 4 * d


def best(act: Callable[[], Any], repeats: int = REPEATS) -> float:
    """Return the shortest of some repetitions, in seconds: what the machine can do, undisturbed."""
    times = []
    for _ in range(repeats):
        begin = time.perf_counter()
        act()
        times.append(time.perf_counter() - begin)
    return min(times)


def aligned(n: int) -> Array:
    """Return n zeros in memory that is aligned to 64 bytes."""
    buffer = np.zeros(n + 8)
    return buffer[(-buffer.ctypes.data // 8) % 8 :][:n]


def peaks() -> dict[str, float]:
    """Measure what one thread can do: fused multiply-adds and exps a second."""
    from mixtura._core.native import _native

    x, out = aligned(2048), aligned(2048)
    x[:] = np.linspace(-20.0, 0.0, len(x))

    def exps() -> None:
        for _ in range(200):
            _native.exp(x, out)

    done = _native.multiply_add(1_000_000, 1)
    return {
        "multiply_adds": done / best(lambda: _native.multiply_add(1_000_000, 1)),
        "exps": 200 * len(x) / best(exps),
    }


def run() -> dict[str, Any]:
    """Measure peaks and passes on one thread; a row a problem, with the fractions of the peak reached.

    "arithmetic" is the least time for the multiply-adds over the time taken, "roofline" the least time for
    multiply-adds and exps over it, "exps" the time taken over the bare exps' alone.
    """
    from mixtura._core import native

    limit, rows = peaks(), []
    for blobs in PROBLEMS:
        x, weights, means, covariances = blobs.draw()
        source, family = ArraySource(x, n_threads=1), structure(blobs.structure, blobs.d)
        now = Parameters(weights, means, covariances)
        seconds = best(lambda source=source, now=now, form=family.form: source.moments(now, form))
        pairs = blobs.n * blobs.k
        arithmetic = pairs * multiply_adds(blobs.d, blobs.structure) / limit["multiply_adds"]
        exps = pairs / limit["exps"]
        rows.append(
            {
                "problem": blobs.name,
                "d": blobs.d,
                "seconds": seconds,
                "multiply_adds": multiply_adds(blobs.d, blobs.structure),
                "arithmetic": arithmetic / seconds,
                "roofline": (arithmetic + exps) / seconds,
                "exps": seconds / exps,
            }
        )
    return {"engine": native.engine(), "peaks": limit, "passes": rows}
