"""Data sets to learn and test on: seven real ones and the simulated alphas."""

from .alphas import ALPHAS_START, ALPHAS_THRESHOLD, ALPHAS_TRUTH, alphas
from .dataset import Dataset
from .real import acidity, diabetes, faithful, galaxies, gvhd_control, iris, thyroid

__all__ = [
    "ALPHAS_START",
    "ALPHAS_THRESHOLD",
    "ALPHAS_TRUTH",
    "Dataset",
    "acidity",
    "alphas",
    "diabetes",
    "faithful",
    "galaxies",
    "gvhd_control",
    "iris",
    "thyroid",
]
