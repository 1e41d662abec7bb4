"""Sources: the places where data live."""

from .array import ArraySource
from .base import Source
from .compressed import CompressedSource

__all__ = ["ArraySource", "CompressedSource", "Source"]
