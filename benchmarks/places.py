"""One data set in many places: the same maximum, the same choice, the same standard errors.

2,000,000 x 4 rows of five components, as an array, a Dask array and a Dask data frame on two worker
processes, a Spark data frame on two threads, and summed up by hand; blocks of 250,000 rows everywhere but in
the array.
"""

from __future__ import annotations

import time
import warnings

import numpy as np

import mixtura
from mixtura.sources import DistributedSource

from .spark_ml import spark_session
from .written import write

ROWS, FEATURES, COMPONENTS, BLOCK = 2_000_000, 4, 5, 250_000
PARTS = ("weights", "means", "covariances")


def rows() -> tuple[np.ndarray, np.ndarray]:
    """Return rows (n, d) of overlapping components, and means near theirs."""
    means = 2.5 * np.random.default_rng(0).normal(size=(COMPONENTS, FEATURES))
    rng = np.random.default_rng(1)
    x = means[rng.integers(COMPONENTS, size=ROWS)] + rng.normal(size=(ROWS, FEATURES))
    return x, means + 0.1


def measured(x: object, start: np.ndarray) -> dict[str, object]:
    """Fit, choose and say how sure, in one place."""
    began = time.perf_counter()
    fit = mixtura.fit_mixture(x, COMPONENTS, start={"means": start})
    fitted = time.perf_counter() - began
    errors = fit.inference().standard_errors
    searched = mixtura.fit_mixture(x, COMPONENTS, tol=1e-6)
    chosen = mixtura.select(x, [4, 5], structures=["EEE", "VVV"], search="fast")
    return {
        "loglik": fit.loglik,
        "seconds": fitted,
        "passes": fit.n_iter,
        "parameters": [getattr(fit.mixture, name).tolist() for name in PARTS],
        "errors": [getattr(errors, name).tolist() for name in PARTS],
        "searched": searched.loglik,
        "chosen": [[cell.structure, cell.n_components, cell.bic] for cell in chosen.ranked()],
    }


def by_hand(x: np.ndarray, start: np.ndarray) -> dict[str, object]:
    """Sum up the blocks by hand in every pass of a fit, through a map of one's own."""
    blocks = np.split(x, range(BLOCK, ROWS, BLOCK))
    return measured(DistributedSource(range(len(blocks)), blocks.__getitem__), start)


def distance(one: dict[str, object], other: dict[str, object], what: str) -> float:
    """Return the largest difference of parameters, or of errors in shares of them."""
    pairs = list(zip(one[what], other[what], strict=True))
    if what == "errors":
        return max(float(np.nanmax(np.abs(np.array(a) / np.array(b) - 1.0))) for a, b in pairs)
    return max(float(np.abs(np.array(a) - np.array(b)).max()) for a, b in pairs)


def everywhere() -> dict[str, dict[str, object]]:
    """Measure every place."""
    import dask.array as da
    import dask.dataframe as dd
    import pandas as pd
    from dask.distributed import Client, LocalCluster

    warnings.simplefilter("ignore")
    x, start = rows()
    found = {"array": measured(x, start), "summed up by hand": by_hand(x, start)}
    table = pd.DataFrame(x, columns=list("abcd"))
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster),
    ):
        found["Dask array"] = measured(da.from_array(x, chunks=(BLOCK, FEATURES)).persist(), start)
        found["Dask data frame"] = measured(dd.from_pandas(table, chunksize=BLOCK).persist(), start)
    session = spark_session(BLOCK)
    frame = session.createDataFrame(table).cache()
    frame.count()
    found["Spark data frame"] = measured(frame, start)
    session.stop()
    return found


def main() -> None:
    """Write what every place has found."""
    found = everywhere()
    first, blocks = found["array"], found["Dask array"]
    lines = [
        "| place | a fit from given means, s | parameters, from the array's | from the Dask array's | "
        "standard errors, relative | a whole search, nats from the array's | chosen |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, one in found.items():
        structure, k, _ = one["chosen"][0]
        cells = [
            f"{one['seconds']:.1f} ({one['passes']} passes)",
            f"{distance(one, first, 'parameters'):.1e}",
            f"{distance(one, blocks, 'parameters'):.1e}",
            f"{distance(one, first, 'errors'):.1e}",
            f"{one['searched'] - first['searched']:.1e}",
            f"{structure}, {k}",
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    write("places", found, "\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
