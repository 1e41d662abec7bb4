"""R's mclust, from its em() on: an R process that this one feeds with files and lines."""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import numpy as np

from peer_worker import serve

PROGRAM = r"""
suppressMessages(library(mclust))
folder <- commandArgs(TRUE)[1]
get <- function(name, n) readBin(file.path(folder, name), "double", n)
size <- get("size", 3); n <- size[1]; d <- size[2]; k <- size[3]
model <- readLines(file.path(folder, "model"))
x <- matrix(get("x", n * d), n, d)
covariances <- array(get("covariances", k * d * d), c(d, d, k))
variance <- mclustVariance(model, d = d, G = k)
if (model == "V") { variance$sigmasq <- covariances[1, 1, ]; x <- drop(x) }
if (model == "VVV") {
  variance$sigma <- covariances
  variance$cholsigma <- array(apply(covariances, 3, chol), c(d, d, k))
}
if (model == "VVI") {
  variance$scale <- apply(covariances, 3, function(s) prod(diag(s))^(1 / d))
  variance$shape <- apply(covariances, 3, function(s) diag(s) / prod(diag(s))^(1 / d))
}
mean <- matrix(get("means", d * k), d, k)
start <- list(pro = get("weights", k), mean = if (model == "V") drop(mean) else mean, variance = variance)
cat("ready\n"); flush(stdout())
input <- file("stdin", "r")
while (length(line <- readLines(input, 1)) == 1) {
  fit <- em(x, modelName = model, parameters = start,
            control = emControl(eps = 0, tol = c(0, 0), itmax = c(as.integer(line), as.integer(line))))
  sigma <- if (model == "V") fit$parameters$variance$sigmasq else fit$parameters$variance$sigma
  found <- c(fit$parameters$pro, as.double(fit$parameters$mean), as.double(sigma))
  writeBin(found, file.path(folder, "answer"))
  cat("done\n"); flush(stdout())
}
"""


def prepare(x, weights, means, covariances, structure):
    """Start R and hand everything over in its own column-major order."""
    (n, d), k = x.shape, len(weights)
    model = "V" if d == 1 else structure
    folder = tempfile.TemporaryDirectory()
    at = Path(folder.name)
    for name, array in {
        "size": np.array([n, d, k]),
        "x": x.T,
        "weights": weights,
        "means": means,
        "covariances": covariances,
    }.items():
        (at / name).write_bytes(np.ascontiguousarray(array, dtype=np.float64).tobytes())
    (at / "model").write_text(model + "\n")
    (at / "program.R").write_text(PROGRAM)
    process = subprocess.Popen(
        ["Rscript", str(at / "program.R"), str(at)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    if process.stdout.readline() != "ready\n":
        raise RuntimeError("R did not start, or has no package mclust")

    def iterate(count, folder=folder):
        process.stdin.write(f"{count}\n")
        process.stdin.flush()
        if process.stdout.readline() != "done\n":
            raise RuntimeError("mclust failed")
        values = np.frombuffer((at / "answer").read_bytes())
        matrices = values[k + k * d :]
        matrices = matrices.reshape((k, 1, 1) if model == "V" else (k, d, d))
        if structure == "VVI":
            matrices = np.diagonal(matrices, axis1=1, axis2=2)
        return values[:k], values[k : k + k * d].reshape(k, d), matrices

    return iterate


if __name__ == "__main__":
    serve(prepare, ["numpy"])
