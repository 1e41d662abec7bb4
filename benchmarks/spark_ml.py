"""Beside Spark MLlib's GaussianMixture: the same cached data frame, two threads, one start each.

1,000,000 x 8 rows, eight components, clusters that overlap. MLlib draws its start and stops by its own
defaults, 100 iterations or a gain below 0.01; mixtura draws one k-means++ start. The rows are cached as
columns and as the vectors that MLlib wants, before either begins.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
import warnings
from typing import Any

import mixtura

from .blobs import Blobs
from .written import write

PROBLEM = Blobs(1_000_000, 8, 8, apart=6.0)
ROUNDS = 3
ITERATIONS = 100  # MLlib's default
PARTITIONS = 8


def spark_session(block: int, rows: int = 2_000_000) -> Any:
    """Return a session on two threads whose frames have partitions of so many rows."""
    from pyspark.sql import SparkSession

    warnings.simplefilter("ignore")
    os.environ["PYSPARK_PYTHON"] = sys.executable
    session = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        .config("spark.driver.memory", "6g")
        .config("spark.default.parallelism", str(rows // block))
        .getOrCreate()
    )
    session.sparkContext.setLogLevel("OFF")
    return session


def run(rounds: int = ROUNDS, iterations: int = ITERATIONS) -> list[dict[str, Any]]:
    """Return a row a round: seconds and log-likelihoods of both; MLlib may make so many iterations."""
    import pandas as pd
    from pyspark.ml.clustering import GaussianMixture
    from pyspark.ml.feature import VectorAssembler

    session = spark_session(PROBLEM.n // PARTITIONS, PROBLEM.n)
    x = PROBLEM.draw()[0]
    names = [f"x{j}" for j in range(PROBLEM.d)]
    frame = session.createDataFrame(pd.DataFrame(x, columns=names))
    frame = VectorAssembler(inputCols=names, outputCol="features").transform(frame).cache()
    frame.count()
    found = []
    for seed in range(rounds):
        began = time.perf_counter()
        ours = mixtura.fit_mixture(frame.select(*names), PROBLEM.k, n_init=1, seed=seed)
        between = time.perf_counter()
        print(f"mixtura: {between - began:.1f} s, {ours.loglik:.1f}", file=sys.stderr, flush=True)
        theirs = GaussianMixture(k=PROBLEM.k, maxIter=iterations, seed=seed).fit(frame)
        ended = time.perf_counter()
        found.append(
            {
                "mixtura": {"seconds": between - began, "loglik": ours.loglik, "status": str(ours.status)},
                "mllib": {
                    "seconds": ended - between,
                    "loglik": theirs.summary.logLikelihood,
                    "iterations": theirs.summary.numIter,
                },
            }
        )
        print(found[-1], file=sys.stderr, flush=True)
    session.stop()
    return found


def main(rounds: int = ROUNDS, iterations: int = ITERATIONS) -> None:
    """Write results/spark_ml.

    Where MLlib ends lower after fewer iterations than its default, the factor is less than the default's.
    """
    found = run(rounds, iterations)
    lines = [
        "| seed | mixtura, s | MLlib, s | times faster | log-likelihood above MLlib's, nats |",
        "|---|---|---|---|---|",
    ]
    ratios = []
    for seed, one in enumerate(found):
        ours, theirs = one["mixtura"], one["mllib"]
        ratios.append(theirs["seconds"] / ours["seconds"])
        lines.append(
            f"| {seed} | {ours['seconds']:.1f} | {theirs['seconds']:.1f} ({theirs['iterations']} iterations) "
            f"| {ratios[-1]:.1f} | {ours['loglik'] - theirs['loglik']:,.1f} |"
        )
    lines.append(f"\n{PROBLEM.name}; median: {statistics.median(ratios):.1f} times faster.")
    write("spark_ml", found, "\n".join(lines) + "\n")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
