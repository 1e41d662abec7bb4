"""Starts: where the climbs begin."""

from .given import given
from .portfolio import draw
from .rows import Rows
from .split import split_merge

__all__ = ["Rows", "draw", "given", "split_merge"]
