"""Spark's ml.clustering.GaussianMixture, on this machine's cores; it takes no start, and draws its own."""

from __future__ import annotations

import numpy as np
from pyspark.ml.clustering import GaussianMixture
from pyspark.ml.linalg import Vectors
from pyspark.sql import SparkSession

from peer_worker import serve, threads


def prepare(x, weights, means, covariances, structure):
    """Make a cached table of the rows."""
    if structure == "VVI":
        raise ValueError("Spark has no diagonal mixtures")
    session = (
        SparkSession.builder.master(f"local[{threads()}]")
        .config("spark.driver.memory", "4g")
        .config("spark.ui.enabled", "false")
        .config("spark.rpc.message.maxSize", "512")
        .getOrCreate()
    )
    rows = session.createDataFrame([(Vectors.dense(row),) for row in x], ["features"])
    rows = rows.repartition(threads()).cache()
    rows.count()

    def iterate(n):
        model = GaussianMixture(k=len(weights), maxIter=n, tol=0.0, seed=1).fit(rows)
        parts = model.gaussians
        return (
            np.array(model.weights),
            np.array([part.mean.toArray() for part in parts]),
            np.array([part.cov.toArray() for part in parts]),
        )

    return iterate


if __name__ == "__main__":
    serve(prepare, ["pyspark", "numpy"])
