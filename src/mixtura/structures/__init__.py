"""Covariance structures: mclust's families, each a class, in a registry."""

from .base import Structure, restricted, spreads
from .floor import Floor
from .registry import STRUCTURES, structure

__all__ = ["STRUCTURES", "Floor", "Structure", "restricted", "spreads", "structure"]
