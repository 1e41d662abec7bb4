"""`mixtura sample` and `mixtura show`: what a model file holds, as rows and as a table."""

from __future__ import annotations

import json
import sys
from typing import Annotated

import numpy as np
import typer

from . import console, models, options, report, writing
from .components import components

BLOCK = 65_536  # rows drawn at a time


def sample(
    model: options.Model,
    size: Annotated[int, typer.Option("--size", "-n", metavar="N", help="How many rows.")] = 1000,
    seed: options.Seed = 0,
    output: options.Output = None,
) -> None:
    """Draw rows from a model, as CSV.

    For example: mixtura sample model.json -n 5000 --seed 1 -o drawn.csv
    """
    if size < 1:
        raise ValueError(f"-n is {size}; it must be at least 1")
    writing.check_target(output, "-o")
    found = models.load(model)
    rng = np.random.default_rng(seed)
    with writing.output(output) as file:
        writing.csv_header(file, found.columns)
        for start in range(0, size, BLOCK):
            rows = found.mixture.rvs(min(BLOCK, size - start), rng)
            writing.csv_rows(file, np.reshape(rows, (-1, len(found.columns))))


def show(model: options.Model, full: options.Full = False, as_json: options.Json = False) -> None:
    """Show a model: its components, and the account of its fit.

    For example: mixtura show model.json
    """
    found = models.load(model)
    if as_json:
        account = {"columns": list(found.columns), "components": report.plain_components(found.mixture)}
        # all of it or nothing: metadata that others wrote may hold NaN
        whole = json.dumps(found.mixture.metadata | account, indent=2, allow_nan=False, ensure_ascii=False)
        sys.stdout.write(whole + "\n")
        return
    screen = console.out()
    report.print_to(
        screen,
        report.heading(found.name, found.mixture),
        components(screen, found.mixture, found.columns, full),
        report.summary(report.told(found.mixture.metadata)),
    )
