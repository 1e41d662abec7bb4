"""Predicting: many rows evaluated and written a part at a time, with columns of theirs kept beside."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from typing import Any

import numpy as np

from ..sources.ahead import ahead
from ..sources.asked import Asked
from ..sources.batches import Batches, Tabled
from ..sources.checks import check_weights, explain_not_finite
from ..sources.files import batches_of
from ..sources.paths import File
from ..sources.reading import Reading
from ..sources.tabular import Piece
from .appending import Made, appending
from .models import Model

Make = Callable[[np.ndarray[Any, Any]], Made]  # of rows (b, d)
Part = tuple[dict[str, Any], Piece]  # columns that are kept, and the rows with their weights


def predicted(
    model: Model,
    files: Sequence[File],
    make: Make,
    output: str | None,
    *,
    columns: Sequence[str] = (),
    sql: str | None = None,
    keep: Sequence[str] = (),
    told: Callable[[Reading], None] | None = None,
) -> None:
    """Write what ``make`` makes of the rows (b, d) of each part, behind the columns to ``keep``.

    It is a Parquet file if the output's name ends so, else CSV, and appears when all is written.

    Raises
    ------
    ValueError
        If the data cannot be read or do not fit the model, or a row has a number that is not finite.
    """
    with appending(output, keep) as append:
        for held, (x, _) in parts(model, files, columns=columns, sql=sql, keep=keep, told=told):
            append(held, make(x))


def parts(
    model: Model,
    files: Sequence[File],
    *,
    columns: Sequence[str] = (),
    sql: str | None = None,
    keep: Sequence[str] = (),
    weights: str | None = None,
    told: Callable[[Reading], None] | None = None,
) -> Iterator[Part]:
    """Yield the rows of files, or of a query over them, in the variables of a model, a part at a time.

    These are found by their names where the data have them all.
    """
    if model.pooled and (keep or weights):
        raise ValueError("pooled cells have no columns beside them; drop --keep and --weights")
    asked = Asked(tuple(columns), weights, prefer=() if model.pooled else model.columns, kept=tuple(keep))
    batches = batches_of(files, asked, sql)
    if not model.pooled:
        model.check_columns(batches.names, batches.name)
    began, done = time.monotonic(), 0
    with closing(ahead(lambda: _read(batches, keep), cancel=batches.cancel)) as read:
        for held, (x, own) in read:
            if not np.isfinite(x).all():
                raise ValueError(f"{batches.name}: {explain_not_finite(x, list(batches.names), done)}")
            own = check_weights(own, len(x), any_positive=False)
            done += len(x)
            yield held, (x.reshape(-1, 1) if model.pooled else x, own)
            if told is not None:
                told(Reading(1, done, batches.expected, time.monotonic() - began))
    if not done:
        raise ValueError(f"{batches.name} has no rows, only the names {', '.join(batches.names[:20])}")


def _read(batches: Batches, keep: Sequence[str]) -> Iterator[Part]:
    """Yield the columns to keep and the rows of each part."""
    if not isinstance(batches, Tabled):
        for piece in batches.pieces():
            yield {}, piece
        return
    for batch in batches.batches():
        if batch.num_rows:
            yield {name: batch.column(name) for name in keep}, batches.rows.of(batch)


def answer(model: Model, *, proba: bool) -> Make:
    """Return what makes the component of each row (b, d), or the probability of every component."""
    k = len(model.mixture.weights)

    def make(x: np.ndarray[Any, Any]) -> Made:
        if not proba:
            return {"component": model.mixture.predict(x)}
        found = model.mixture.responsibilities(x)
        return {f"component_{c}": found[:, c] for c in range(k)}

    return make


def log_density(model: Model) -> Make:
    """Return what makes the log-density of each row (b, d)."""
    return lambda x: {"log_density": model.mixture.logpdf(x)}
