"""Data sets to learn and test on: four small real ones and the simulated alphas."""

from .alphas import ALPHAS_START, ALPHAS_THRESHOLD, ALPHAS_TRUTH, alphas
from .dataset import Dataset
from .real import acidity, faithful, galaxies, iris

__all__ = [
    "ALPHAS_START",
    "ALPHAS_THRESHOLD",
    "ALPHAS_TRUTH",
    "Dataset",
    "acidity",
    "alphas",
    "faithful",
    "galaxies",
    "iris",
]
