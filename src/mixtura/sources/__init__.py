"""Sources: the places where data live."""

from .array import ArraySource
from .base import Source, evaluation_time, pass_rows
from .compressed import CompressedSource

__all__ = ["ArraySource", "CompressedSource", "Source", "evaluation_time", "pass_rows"]
