"""mixtura: a pass and an M-step, as its loop makes them."""

from __future__ import annotations

import time
from itertools import islice
from types import SimpleNamespace

import numpy as np

from mixtura import GaussianMixture, fit_mixture
from mixtura._core import native
from mixtura.em import Problem, Settings, em_passes, maximise
from mixtura.model.parameters import Parameters
from mixtura.sources import ArraySource
from mixtura.structures import structure as structure_named
from peer_worker import default_fits, evaluation, serve, threads

FEW = 2000  # rows that a model is fitted to before its evaluation: few, so that no memory is left over


def problem_of(x, structure):
    """Return the problem of these rows with this structure, on the threads that are asked for."""
    return Problem.of(ArraySource(x, n_threads=threads()), structure_named(structure, x.shape[1]))


def prepare(x, weights, means, covariances, structure):
    """Make the source once: the iterations, not the checks of the data, are timed."""
    problem, start = problem_of(x, structure), Parameters(weights, means, covariances)

    def iterate(n):
        *_, last = islice(em_passes(problem, start.at(None)), n)
        now = last.steps.at(0)
        spread = now.covariances
        return now.weights, now.means, np.diagonal(spread, axis1=1, axis2=2) if structure == "VVI" else spread

    return iterate


def one_pass(problem, request):
    """Time the pass alone, without the M-step."""
    asked = problem_of(problem["x"], problem["structure"])
    now, times = Parameters(problem["weights"], problem["means"], problem["covariances"]), []
    for _ in range(request["times"]):
        begin = time.perf_counter()
        asked.source.moments(now, asked.structure.form)
        times.append(time.perf_counter() - begin)
    return {"seconds": times}


def between(problem, request):
    """Tell what Python takes from the end of one native pass to the next one's beginning, in a climb.

    With ``accelerate`` that is a climb as by default, most of its passes Newton steps; without, plain EM, the
    iteration of the other programs.
    """
    asked = problem_of(problem["x"], problem["structure"])
    start = Parameters(problem["weights"], problem["means"], problem["covariances"])
    begun, ended, original = [], [], native._native

    def timed(*arguments):
        begun.append(time.perf_counter())
        failed = original.moments(*arguments)
        ended.append(time.perf_counter())
        return failed

    native._native = SimpleNamespace(moments=timed)
    try:
        maximise(asked, start, Settings(accelerate=request["accelerate"]))
    finally:
        native._native = original
    return {"seconds": [after - before for before, after in zip(ended, begun[1:])]}


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
    """Time a method of a model fitted to a few rows."""
    model = GaussianMixture(
        len(problem["weights"]),
        means_init=problem["means"],
        weights_init=problem["weights"],
        precisions_init=np.linalg.inv(problem["covariances"]),
        max_iter=1,
    )
    return evaluation(getattr(model.fit(problem["x"][:FEW]), request["method"]), problem["x"])


def default(problem, request):
    """Time a default fit, all its starts included, seeds in turn."""
    return default_fits(GaussianMixture, problem, request["times"])


if __name__ == "__main__":
    serve(
        prepare,
        ["mixtura", "numpy", "scikit-learn"],
        {"pass": one_pass, "between": between, "maximum": maximum, "evaluate": evaluate, "default": default},
    )
