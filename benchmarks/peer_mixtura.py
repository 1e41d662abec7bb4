"""mixtura: a pass and an M-step, as its loop makes them."""

from __future__ import annotations

import time

import numpy as np
from peer_worker import evaluations, serve, threads

from mixtura import GaussianMixture, fit_mixture
from mixtura.parameters import Parameters
from mixtura.sources import ArraySource
from mixtura.structures import Floor
from mixtura.structures import structure as structure_named


def prepare(x, weights, means, covariances, structure):
    """Make the source once: the iterations, not the checks of the data, are timed."""
    source, family = ArraySource(x, n_threads=threads()), structure_named(structure, x.shape[1])
    magnitude = np.maximum(np.abs(source.minimum), np.abs(source.maximum))
    floor = Floor.relative_to(source.variance, magnitude, source.unit)
    start = Parameters(weights, means, covariances)

    def iterate(n):
        now = start
        for _ in range(n):
            now = family.maximise(source.moments(now, family.form), floor)
        spread = now.covariances
        return now.weights, now.means, np.diagonal(spread, axis1=1, axis2=2) if structure == "VVI" else spread

    return iterate


def one_pass(problem, request):
    """Time the pass alone, without the M-step."""
    source, family = (
        ArraySource(problem["x"], n_threads=threads()),
        structure_named(problem["structure"], problem["x"].shape[1]),
    )
    now, times = Parameters(problem["weights"], problem["means"], problem["covariances"]), []
    for _ in range(request["times"]):
        begin = time.perf_counter()
        source.moments(now, family.form)
        times.append(time.perf_counter() - begin)
    return {"seconds": times}


def maximum(problem, request):
    """Time a whole fit from the start, by the default path, the checks of the data included."""
    start = Parameters(problem["weights"], problem["means"], problem["covariances"])
    times = []
    for _ in range(request["times"]):
        begin = time.perf_counter()
        fit = fit_mixture(
            problem["x"],
            len(problem["weights"]),
            structure=problem["structure"],
            start=start,
            n_threads=threads(),
        )
        times.append(time.perf_counter() - begin)
    return {
        "seconds": times,
        "loglik": fit.loglik,
        "iterations": fit.n_iter,
        "status": str(fit.status),
        "remaining": fit.remaining,
    }


def evaluate(problem, request):
    """Time score_samples and predict_proba of a model that was fitted from the start."""
    model = GaussianMixture(
        len(problem["weights"]),
        means_init=problem["means"],
        weights_init=problem["weights"],
        precisions_init=np.linalg.inv(problem["covariances"]),
        max_iter=1,
    )
    return evaluations(model.fit(problem["x"]), problem["x"])


def default(problem, request):
    """Time a default fit, all its starts included, seeds in turn."""
    times = []
    for seed in range(request["times"]):
        begin = time.perf_counter()
        GaussianMixture(len(problem["weights"]), random_state=seed).fit(problem["x"])
        times.append(time.perf_counter() - begin)
    return {"seconds": times}


if __name__ == "__main__":
    serve(
        prepare,
        ["mixtura", "numpy", "scikit-learn"],
        {"pass": one_pass, "maximum": maximum, "evaluate": evaluate, "default": default},
    )
