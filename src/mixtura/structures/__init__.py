"""Covariance structures: mclust's families, each a class, in a registry; what holds them above the floor."""

from .base import Structure
from .floor import Floor
from .parametrisation import ConstrainedChart, FormChart, Parametrisation
from .penalty import Penalty
from .registry import STRUCTURES, structure
from .ridge import Ridge

__all__ = [
    "STRUCTURES",
    "ConstrainedChart",
    "Floor",
    "FormChart",
    "Parametrisation",
    "Penalty",
    "Ridge",
    "Structure",
    "structure",
]
