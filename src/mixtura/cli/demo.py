"""`mixtura demo`: two fits worth seeing, with their pictures."""

from __future__ import annotations

import os
import time
from typing import Annotated

import numpy as np
import typer

from .. import datasets
from ..model.staging import staged
from ..search.fitting import fit_mixture
from . import console, extras, report
from .fitting import draw
from .progress import ProgressLine
from .reading import Table

ALPHAS = "255 x 100 simulated alphas of funds: two kinds, 0.02 standard deviations apart."
GEYSER = "272 eruptions of Old Faithful: duration, and wait before the next, in minutes."


def demo(
    out: Annotated[str, typer.Option("--out", metavar="FOLDER", help="Write the pictures here.")] = "demo",
) -> None:
    """Fit the alphas and Old Faithful, print both and draw them.

    For example: mixtura demo --out pictures
    """
    extras.matplotlib()
    if os.path.exists(out) and not os.path.isdir(out):
        raise ValueError(f"--out {out} is a file; name a folder")
    geyser = datasets.faithful()
    alphas = datasets.alphas().data.reshape(-1, 1)
    os.makedirs(out, exist_ok=True)
    show_one("alphas", ALPHAS, Table(alphas, ("alpha",), None, "alphas", pooled=True), out)
    show_one("faithful", GEYSER, Table(geyser.data, geyser.feature_names, None, "faithful"), out)


def show_one(name: str, title: str, table: Table, out: str) -> None:
    """Fit two components, print the account and draw the picture."""
    before = time.perf_counter()
    with ProgressLine(f"fitting {name}") as callback:
        found = fit_mixture(np.asarray(table.x), 2, callback=callback)
    seconds = time.perf_counter() - before
    path = os.path.join(out, f"{name}.png")
    with staged(path) as (draft,):
        draw(found, table, str(draft))
    screen = console.out()
    account = report.fit_report(screen, found, table.columns, table.name, seconds)
    report.print_to(screen, f" {title}\n", account, f"\n picture: {path}")
