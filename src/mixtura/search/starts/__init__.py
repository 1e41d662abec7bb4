"""Starts: where the climbs begin."""

from .given import given
from .portfolio import agglomerated, clustered, scattered, sliced, widespread
from .rows import Metric, Rows

__all__ = ["Metric", "Rows", "agglomerated", "clustered", "given", "scattered", "sliced", "widespread"]
