"""Starts: where the climbs begin."""

from .given import given
from .portfolio import concatenated, draw
from .rows import Rows
from .split import split_merge

__all__ = ["Rows", "concatenated", "draw", "given", "split_merge"]
