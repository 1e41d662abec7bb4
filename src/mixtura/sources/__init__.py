"""Sources: the places where data live."""

from .array import ArraySource
from .base import Source

__all__ = ["ArraySource", "Source"]
