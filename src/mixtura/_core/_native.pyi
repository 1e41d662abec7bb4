"""Types of the compiled module; native.py says what the functions do."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.floating[Any]]
Array = NDArray[np.float64]

def moments(
    x: Rows,
    omega: Array | None,
    weights: Array,
    means: Array,
    spreads: Array,
    form: str,
    n_threads: int,
    counts: Array,
    first: Array,
    scatters: Array,
    loglik: Array,
    /,
) -> tuple[int, int]: ...
def densities(
    x: Rows,
    weights: Array,
    means: Array,
    spreads: Array,
    form: str,
    want: str,
    n_threads: int,
    out: Array | None,
    labels: NDArray[np.int64] | None,
    /,
) -> int: ...
def describe(
    x: Rows,
    omega: Array | None,
    n_threads: int,
    mean: Array,
    variance: Array,
    minimum: Array,
    maximum: Array,
    /,
) -> bool: ...

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
        sums: Array,
        scatters: Array,
        total: float,
        y: Array,
        /,
    ) -> int: ...

def sum_cells(
    x: Rows, sample_weight: Array | None, edges: Array, n_threads: int = 1
) -> tuple[Array, float]: ...
def gauss_nodes(table: Array, n_threads: int = 1) -> tuple[Array, Array]: ...
def engine() -> str: ...
def use_engine(name: str, /) -> bool: ...
def exp(x: Array, out: Array, /) -> None: ...
def log(x: Array, out: Array, /) -> None: ...
def multiply_add(rounds: int, n_threads: int, /) -> float: ...
