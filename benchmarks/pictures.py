"""Draw the pictures of README and docs from real runs: ``python -m benchmarks.pictures``."""

from __future__ import annotations

import numpy as np

from mixtura import Fit, datasets, em, fit_mixture, plot
from mixtura.parameters import Parameters
from mixtura.sources import ArraySource
from mixtura.structures import Floor, structure

from .stopping import draw
from .written import ROOT

IMAGES = ROOT / "docs" / "images"
TOL = 1e-4


def climbs(x: np.ndarray, start: Parameters) -> dict[str, Fit]:
    """Climb from one start twice: by plain EM, and as mixtura does."""
    source, family = ArraySource(x), structure("VVV", 1)
    magnitude = np.maximum(np.abs(source.minimum), np.abs(source.maximum))
    floor = Floor.relative_to(source.variance, magnitude, source.unit)
    return {
        name: Fit.of(
            em.fit(source, family, start, floor=floor, tol=TOL, accelerate=accelerate), source, family, floor
        )
        for name, accelerate in (("plain EM", False), ("mixtura", True))
    }


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
