"""`mixtura predict` and `mixtura score`: a model and rows in, components or log-likelihoods out."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Annotated

import numpy as np
import typer

from . import checking, console, digits, models, options, report, writing
from .choosing import Choice
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
    found, table = model_and_rows(model, files, choice, sql, pool, drop_missing, no_sql_access)
    logpdf = np.concatenate(
        [found.mixture.logpdf(table.x[start : start + BLOCK]) for start in range(0, len(table.x), BLOCK)]
    )
    with writing.output(output) as file:
        if rows:
            writing.csv_header(file, [*table.kept, "log_density"])
            writing.csv_rows(file, logpdf[:, None], table.kept)
            return
        weight = len(logpdf) if table.weights is None else float(table.weights.sum())
        total = float(logpdf.sum() if table.weights is None else logpdf @ table.weights)
        if as_json:
            account = {
                "loglik": report.finite(total),
                "mean": report.finite(total / weight),
                "n_rows": len(logpdf),
                "total_weight": weight,
            }
            json.dump(account, file, indent=2)
            file.write("\n")
            return
        lines = [
            ("log-likelihood", digits.fixed(total, 3), "nats, total over all rows"),
            ("per row", digits.fixed(total / weight, 5), "nats, mean"),
            ("rows", f"{len(logpdf):,}", "" if table.weights is None else f"weighing {weight:,.6g}"),
        ]
        report.print_to(console.to(file), report.summary(lines))


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
    for note in (*table.notes, *found.taken_by_position(table)):
        console.note(note)
    checking.check_finite(table)
    checking.check_weights(table, choice.weights or "")
    return found, table
