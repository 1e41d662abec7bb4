"""`mixtura predict` and `mixtura score`: a model and rows in, components or log-likelihoods out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated

import numpy as np
import typer

from . import checking, console, digits, models, options, predicting, report, streaming, writing
from .appending import is_parquet
from .files import find
from .progress import ProgressLine
from .reading import Table, read

BLOCK = 65_536  # rows written at a time


def predict(
    model: options.Model,
    files: options.Files = None,
    proba: Annotated[
        bool, typer.Option("--proba", help="Write the probability of every component instead.")
    ] = False,
    columns: options.Columns = None,
    sql: options.Sql = None,
    pool: options.Pool = False,
    output: options.Output = None,
) -> None:
    """Say from which component each row comes, as CSV: its number in `mixtura show`.

    For example: mixtura predict model.json faithful.csv --proba -o probabilities.csv
    """
    writing.check_target(output, "-o")
    if in_parts(files, pool, output):
        known = models.load(model)
        stream(known, files, predicting.answer(known, proba=proba), output, columns, sql)
        return
    found, table = model_and_rows(model, files, columns, sql, pool)
    with writing.output(output) as file:
        if proba:
            k = len(found.mixture.weights)
            writing.csv_header(file, [f"component_{c}" for c in range(k)])
        else:
            writing.csv_header(file, ["component"])
        for start in range(0, len(table.x), BLOCK):
            rows = table.x[start : start + BLOCK]
            if proba:
                writing.csv_rows(file, found.mixture.responsibilities(rows))
            else:
                writing.csv_rows(file, found.mixture.predict(rows)[:, None])


def score(
    model: options.Model,
    files: options.Files = None,
    rows: Annotated[
        bool, typer.Option("--rows", help="Write the log-density of each row instead, as CSV.")
    ] = False,
    columns: options.Columns = None,
    sql: options.Sql = None,
    weights: options.Weights = None,
    pool: options.Pool = False,
    output: options.Output = None,
    as_json: options.Json = False,
) -> None:
    """Say how well a model fits rows: their log-likelihood in nats, total and per row.

    For example: mixtura score model.json new.csv
    """
    writing.check_target(output, "-o")
    if in_parts(files, pool, output) and rows:
        known = models.load(model)
        stream(known, files, predicting.log_density(known), output, columns, sql)
        return
    if in_parts(files, pool, None):
        n_rows, weight, total = streamed_total(model, files, columns, sql, weights)
    else:
        found, table = model_and_rows(model, files, columns, sql, pool, weights)
        logpdf = np.concatenate(
            [found.mixture.logpdf(table.x[start : start + BLOCK]) for start in range(0, len(table.x), BLOCK)]
        )
        n_rows, weight, total = len(logpdf), float(len(logpdf)), float(logpdf.sum())
        if table.weights is not None:
            weight, total = float(table.weights.sum()), float(logpdf @ table.weights)
    with writing.output(output) as file:
        if rows:
            writing.csv_header(file, ["log_density"])
            writing.csv_rows(file, logpdf[:, None])
            return
        if as_json:
            account = {
                "loglik": report.finite(total),
                "mean": report.finite(total / weight),
                "n_rows": n_rows,
                "total_weight": weight if weights else n_rows,
            }
            json.dump(account, file, indent=2)
            file.write("\n")
            return
        lines = [
            ("log-likelihood", digits.fixed(total, 3), "nats, total over all rows"),
            ("per row", digits.fixed(total / weight, 5), "nats, mean"),
            ("rows", f"{n_rows:,}", f"weighing {weight:,.6g}" if weights else ""),
        ]
        report.print_to(console.to(file), report.summary(lines))


def in_parts(files: list[str] | None, pool: bool, output: str | None) -> bool:
    """Say whether rows are answered a part at a time: those of large files, and for Parquet."""
    return not pool and bool(files) and (is_parquet(output) or bool(streaming.large(files or [])))


def stream(
    known: models.Model,
    files: list[str] | None,
    make: predicting.Make,
    output: str | None,
    columns: list[str] | None,
    sql: str | None,
    keep: Sequence[str] = (),
) -> None:
    """Write what is made of the rows of each part, and the columns to keep before it."""
    with ProgressLine("reading") as line, find(files or []) as found:
        predicting.predicted(
            known,
            found,
            make,
            output,
            columns=options.names(columns),
            sql=sql,
            keep=keep,
            told=lambda state: line.say(streaming.sentence(state)),
        )


def streamed_total(
    model: str, files: list[str] | None, columns: list[str] | None, sql: str | None, weights: str | None
) -> tuple[int, float, float]:
    """Return the rows of large files, their weight, and their log-likelihood, nats, under a model."""
    known = models.load(model)
    n_rows, weight, total = 0, 0.0, 0.0
    with ProgressLine("reading") as line, find(files or []) as found:
        parts = predicting.parts(
            known,
            found,
            columns=options.names(columns),
            sql=sql,
            weights=weights,
            told=lambda state: line.say(streaming.sentence(state)),
        )
        for _, (x, own) in parts:
            logpdf = known.mixture.logpdf(x)
            n_rows += len(x)
            weight += len(x) if own is None else float(own.sum())
            total += float(logpdf.sum() if own is None else logpdf @ own)
    return n_rows, weight, total


def model_and_rows(
    model: str,
    files: list[str] | None,
    columns: list[str] | None,
    sql: str | None,
    pool: bool,
    weights: str | None = None,
) -> tuple[models.Model, Table]:
    """Read a model, and rows that fit it: by its variables' names where the data have them."""
    found = models.load(model)
    with ProgressLine("reading"):
        table = read(
            files or [],
            columns=options.names(columns),
            sql=sql,
            weights=weights,
            pool=pool or found.pooled,
            prefer=found.columns,
        )
    found.check_fits(table)
    checking.check_finite(table)
    checking.check_weights(table, weights or "")
    return found, table
