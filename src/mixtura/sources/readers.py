"""Readers: a function that returns a new reader of record batches whenever it is called."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .arrow import RecordBatches
from .asked import Asked
from .base import Source
from .extras import need
from .keeping import kept


def opened(read: Callable[[], Any], asked: Asked) -> Source:
    """Return the source of a function that returns a RecordBatchReader, a new one each time."""
    asked.no_sample_weight("a function that returns readers")
    if asked.where is not None:
        raise ValueError("where goes with files and queries; filter what the function returns")
    need("pyarrow", "reading record batches", '"mixtura[files]"')
    first = read()
    schema = getattr(first, "schema", None)
    if schema is None:
        raise ValueError(
            f"the function returned {type(first).__name__}; let it return a new pyarrow.RecordBatchReader"
        )
    if hasattr(first, "close"):
        first.close()
    return kept(RecordBatches(read, schema, asked, "the readers"), asked)
