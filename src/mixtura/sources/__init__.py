"""Sources: the places where data live."""

from .array import ArraySource
from .base import Source
from .compressed import CompressedSource
from .cost import Cost
from .distributed import DistributedSource
from .opening import open_source
from .pieces import PieceSource
from .reading import Reading
from .stream import StreamSource
from .summary import Summary

__all__ = [
    "ArraySource",
    "CompressedSource",
    "Cost",
    "DistributedSource",
    "PieceSource",
    "Reading",
    "Source",
    "StreamSource",
    "Summary",
    "open_source",
]
