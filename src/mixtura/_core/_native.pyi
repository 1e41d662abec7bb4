"""Types of the compiled module; native.py says what the functions do. All arguments are checked."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.floating[Any]]
Array = NDArray[np.float64]

def moments(
    x: Rows,
    sample_weight: Array | None,
    weights: Array,
    means: Array,
    spreads: Array,
    form: str,
    n_threads: int,
    counts: Array,
    sums: Array,
    scatters: Array,
    loglik: Array,
    /,
) -> tuple[int, int]: ...

class Pass:
    failure: tuple[int, int]
    def __init__(self, form: str, weights: Array, means: Array, spreads: Array, /) -> None: ...
    def feed(self, x: Rows, sample_weight: Array | None, n_threads: int, /) -> None: ...
    def finish(self, counts: Array, sums: Array, scatters: Array, loglik: Array, /) -> None: ...

def densities(
    x: Rows,
    weights: Array,
    means: Array,
    spreads: Array,
    form: str,
    want: str,
    n_threads: int,
    out: Array | NDArray[np.int64],
    /,
) -> int: ...

class Description:
    def __init__(self, d: int, /) -> None: ...
    def feed(self, x: Rows, sample_weight: Array | None, n_threads: int, /) -> None: ...
    def finish(
        self, mean: Array, variance: Array, minimum: Array, maximum: Array, /
    ) -> tuple[float, int, bool]: ...

def describe(
    x: Rows,
    sample_weight: Array | None,
    n_threads: int,
    mean: Array,
    variance: Array,
    minimum: Array,
    maximum: Array,
    /,
) -> tuple[float, int, bool]: ...

class Chart:
    component: int
    size: int
    def __init__(self, form: str, weights: Array, means: Array, spreads: Array, /) -> None: ...
    def coordinates(self, weights: Array, means: Array, spreads: Array, y: Array, /) -> int: ...
    def mixtures(self, y: Array, weights: Array, means: Array, spreads: Array, /) -> None: ...
    def growth(self, y: Array, logs: Array, /) -> None: ...
    def score(
        self,
        weights: Array,
        spreads: Array,
        counts: Array,
        covariance_counts: Array,
        sums: Array,
        scatters: Array,
        total: float,
        y: Array,
        /,
    ) -> int: ...

def sum_cells(x: Rows, sample_weight: Array | None, edges: Array, n_threads: int, table: Array) -> float: ...
def gauss_nodes(table: Array, n_threads: int, places: Array, weights: Array, /) -> None: ...
def engine() -> str: ...
def use_engine(name: str, /) -> bool: ...
def exp(x: Array, out: Array, /) -> None: ...
def log(x: Array, out: Array, /) -> None: ...
def multiply_add(rounds: int, n_threads: int, /) -> float: ...
def constrained(
    name: str,
    counts: Array,
    scatters: Array,
    least: Array,
    before: Array | None,
    close: float,
    covariances: Array,
    done: NDArray[np.uint8],
    /,
) -> None: ...
def touches(matrices: Array, least: Array, flags: NDArray[np.uint8], /) -> None: ...
def flat(matrices: Array, least: Array, part: float, flags: NDArray[np.uint8], /) -> None: ...
def thickness(weights: Array, covariances: Array, least: Array, /) -> None: ...
