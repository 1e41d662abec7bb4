"""`mixtura predict` and `mixtura score`: a model and rows in, components or log-likelihoods out."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Annotated

import numpy as np
import typer

from . import checking, console, digits, models, options, predicting, report, streaming, writing
from .appending import is_parquet
from .choosing import Choice
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
    exclude: options.Exclude = None,
    numeric_only: options.NumericOnly = False,
    drop_missing: options.DropMissing = False,
    sql: options.Sql = None,
    no_sql_access: options.Locked = False,
    pool: options.Pool = False,
    keep: options.Keep = None,
    output: options.Output = None,
) -> None:
    """Say from which component each row comes, as CSV: its number in `mixtura show`.

    For example: mixtura predict model.json faithful.csv --proba -o probabilities.csv
    """
    writing.check_target(output, "-o")
    choice = options.choice(columns, exclude, numeric_only, keep=keep)
    if in_parts(files, pool, output, streaming.whole(choice, drop_missing, no_sql_access)):
        known = models.load(model)
        stream(known, files, predicting.answer(known, proba=proba), output, choice, sql)
        return
    found, table = model_and_rows(model, files, choice, sql, pool, drop_missing, no_sql_access)
    names = [f"component_{c}" for c in range(len(found.mixture.weights))] if proba else ["component"]
    with writing.output(output) as file:
        writing.csv_header(file, [*table.kept, *names])
        for start in range(0, len(table.x), BLOCK):
            rows = table.x[start : start + BLOCK]
            answer = found.mixture.responsibilities(rows) if proba else found.mixture.predict(rows)[:, None]
            writing.csv_rows(file, answer, table.kept, start)


def score(
    model: options.Model,
    files: options.Files = None,
    rows: Annotated[
        bool, typer.Option("--rows", help="Write the log-density of each row instead, as CSV.")
    ] = False,
    columns: options.Columns = None,
    exclude: options.Exclude = None,
    numeric_only: options.NumericOnly = False,
    drop_missing: options.DropMissing = False,
    sql: options.Sql = None,
    no_sql_access: options.Locked = False,
    weights: options.Weights = None,
    pool: options.Pool = False,
    keep: options.Keep = None,
    output: options.Output = None,
    as_json: options.Json = False,
) -> None:
    """Say how well a model fits rows: their log-likelihood in nats, total and per row.

    For example: mixtura score model.json new.csv
    """
    writing.check_target(output, "-o")
    if keep and not rows:
        raise ValueError("--keep hands on what stands beside each row's answer; give --rows too")
    choice = options.choice(columns, exclude, numeric_only, weights, keep=keep)
    whole = streaming.whole(choice, drop_missing, no_sql_access)
    if rows and in_parts(files, pool, output, whole):
        known = models.load(model)
        stream(known, files, predicting.log_density(known), output, choice, sql)
        return
    if in_parts(files, pool, None, whole):
        n_rows, weight, total = streamed_total(model, files, choice, sql)
    else:
        found, table = model_and_rows(model, files, choice, sql, pool, drop_missing, no_sql_access)
        logpdf = np.concatenate(
            [found.mixture.logpdf(table.x[start : start + BLOCK]) for start in range(0, len(table.x), BLOCK)]
        )
        n_rows, weight, total = len(logpdf), float(len(logpdf)), float(logpdf.sum())
        if table.weights is not None:
            weight, total = float(table.weights.sum()), float(logpdf @ table.weights)
    with writing.output(output) as file:
        if rows:
            writing.csv_header(file, [*table.kept, "log_density"])
            writing.csv_rows(file, logpdf[:, None], table.kept)
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


def in_parts(files: list[str] | None, pool: bool, output: str | None, whole: list[str]) -> bool:
    """Say whether rows are answered a part at a time: those of large files, and for Parquet.

    Options that look at the ``whole`` table want it read as one.
    """
    if pool or not files:
        return False
    if whole and is_parquet(output):
        raise ValueError(f"Parquet is written a part at a time, and {whole[0]} looks at the whole; write CSV")
    return is_parquet(output) or (not whole and bool(streaming.large(files)))


def stream(
    known: models.Model,
    files: list[str] | None,
    make: predicting.Make,
    output: str | None,
    choice: Choice,
    sql: str | None,
) -> None:
    """Write what is made of the rows of each part, and the columns to keep before it."""
    with ProgressLine("reading") as line, find(files or []) as (found, _):
        predicting.predicted(
            known,
            found,
            make,
            output,
            columns=choice.columns,
            sql=sql,
            keep=choice.keep,
            told=lambda state: line.say(streaming.sentence(state)),
        )


def streamed_total(
    model: str, files: list[str] | None, choice: Choice, sql: str | None
) -> tuple[int, float, float]:
    """Return the rows of large files, their weight, and their log-likelihood, nats, under a model."""
    known = models.load(model)
    n_rows, weight, total = 0, 0.0, 0.0
    with ProgressLine("reading") as line, find(files or []) as (found, _):
        parts = predicting.parts(
            known,
            found,
            columns=choice.columns,
            sql=sql,
            weights=choice.weights,
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
    choice: Choice,
    sql: str | None,
    pool: bool,
    drop_missing: bool,
    locked: bool,
) -> tuple[models.Model, Table]:
    """Read a model, and rows that fit it: by its variables' names where the data have them."""
    found = models.load(model)
    with ProgressLine("reading"):
        table = read(
            files or [],
            replace(choice, prefer=found.columns),
            sql=sql,
            pool=pool or found.pooled,
            drop_missing=drop_missing,
            locked=locked,
        )
    found.check_fits(table, named=bool(choice.columns))
    for note in (*table.notes, *found.taken_by_position(table.columns)):
        console.note(note)
    checking.check_finite(table)
    checking.check_weights(table, choice.weights or "")
    return found, table
