"""Draw the pictures of README and docs from real runs: ``python -m benchmarks.pictures``."""

from __future__ import annotations

import statistics
import time

import numpy as np

from mixtura import Fit, datasets, fit_mixture, plot
from mixtura.em import Problem, Settings, maximise
from mixtura.model.parameters import Parameters
from mixtura.sources import ArraySource
from mixtura.structures import structure

from .stopping import draw
from .written import ROOT, write

IMAGES = ROOT / "docs" / "images"
TOL = 1e-4


def climbs(x: np.ndarray, start: Parameters) -> dict[str, Fit]:
    """Climb from one start twice: by plain EM, and as mixtura does."""
    problem = Problem.of(ArraySource(x), structure("VVV", 1))
    fits, account = {}, {}
    for name, accelerate in (("plain EM", False), ("mixtura", True)):
        seconds = []
        for _ in range(5):
            before = time.perf_counter()
            run = maximise(problem, start, Settings(tol=TOL, accelerate=accelerate))
            seconds.append(time.perf_counter() - before)
        fits[name] = Fit.of(run, problem)
        account[name] = {
            "passes": run.n_iter,
            "mixtures": run.evaluations,
            "seconds": statistics.median(seconds),
            "loglik": run.loglik,
        }
    write("climb", account, table(account))
    return fits


def table(account: dict[str, dict[str, float]]) -> str:
    """Return the Markdown table of two climbs."""
    lines = ["| | reads of the data | mixtures evaluated | time, ms |", "|---|---:|---:|---:|"]
    for name, climb in account.items():
        lines.append(f"| {name} | {climb['passes']} | {climb['mixtures']} | {1e3 * climb['seconds']:.3g} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Draw them all."""
    geyser, velocity, flowers = datasets.faithful(), datasets.galaxies(), datasets.iris()
    figures = {
        "faithful": plot.fit(fit_mixture(geyser.data, 2), geyser.data, geyser.feature_names),
        "galaxies": plot.fit(fit_mixture(velocity.data, 4), velocity.data, ["velocity, 1000 km/s"]),
        "iris": plot.fit(fit_mixture(flowers.data, 3), flowers.data, flowers.feature_names),
    }
    start = Parameters(np.array([0.5, 0.5]), np.array([[-0.5], [2.5]]), np.ones((2, 1, 1)))
    figures["convergence"] = plot.convergence(climbs(draw((0.0, 2.0), 25_500), start), tol=TOL)
    for name, figure in figures.items():
        figure.savefig(IMAGES / f"{name}.png")


if __name__ == "__main__":
    main()
