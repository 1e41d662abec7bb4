"""`mixtura bench`: the ladder as bars, on this machine."""

from __future__ import annotations

import json
import math
import platform
import sys
from contextlib import nullcontext
from typing import Annotated

import typer
from rich import box
from rich.table import Table as Grid

from .. import __version__, _core
from . import console, digits, ladder, options, report

WIDTH = 18  # characters of the longest bar


def bench(
    sklearn: Annotated[
        bool, typer.Option("--sklearn", help="Time scikit-learn's iteration as well.")
    ] = False,
    seed: options.Seed = 0,
    as_json: options.Json = False,
) -> None:
    """Time one EM iteration on 255 x 100 alphas, from double loops to the compressed sample.

    For example: mixtura bench --sklearn
    """
    screen = console.err()
    with screen.status("timing") if screen.is_terminal else nullcontext() as line:
        rungs = ladder.climb(
            sklearn=sklearn, seed=seed, told=lambda name: line.update(f"timing {name}") if line else None
        )
    if as_json:
        json.dump(account(rungs), sys.stdout, indent=2)
        sys.stdout.write("\n")
        return
    note = f"Every rung gives the same parameters, to {digits.general(worst(rungs), 1)} relative."
    report.print_to(
        console.out(),
        " One EM iteration on 255 x 100 alphas (25,500 values), two components",
        table(rungs, "━" if console.out().encoding.startswith("utf") else "#"),
        f" {note}",
        f" {ladder.STARTS} starts climb in the same passes; the time is that of one of them.",
        f" The bars are logarithmic: {WIDTH // decades(rungs)} marks are a factor of ten.\n",
        f" {machine()}",
    )


def table(rungs: list[ladder.Rung], mark: str) -> Grid:
    """Return the rungs with bars."""
    grid = Grid(box=box.SIMPLE_HEAD, header_style="bold", padding=(0, 1, 0, 0))
    grid.add_column("rung", no_wrap=True)
    grid.add_column("an iteration", justify="right", no_wrap=True)
    grid.add_column("", no_wrap=True, style="cyan")
    grid.add_column("x before", justify="right", no_wrap=True)
    grid.add_column("x first", justify="right", no_wrap=True)
    step = WIDTH // decades(rungs)
    low = min(rung.seconds for rung in rungs)
    for i, rung in enumerate(rungs):
        bar = mark * (1 + round(step * math.log10(rung.seconds / low)))
        before = times(rungs[i - 1].seconds / rung.seconds) if 0 < i < ladder_length(rungs) else ""
        first = times(rungs[0].seconds / rung.seconds) if i else ""
        grid.add_row(rung.name, digits.duration(rung.seconds), bar, before, first)
    return grid


def ladder_length(rungs: list[ladder.Rung]) -> int:
    """Return how many of the rungs form the ladder; scikit-learn stands beside it."""
    return sum(not rung.beside for rung in rungs)


def decades(rungs: list[ladder.Rung]) -> int:
    """Return how many factors of ten lie between the slowest and the fastest rung, rounded up."""
    seconds = [rung.seconds for rung in rungs]
    return max(1, math.ceil(math.log10(max(seconds) / min(seconds))))


def times(factor: float) -> str:
    """Return a factor for people."""
    return f"{digits.general(factor, 2) if factor < 10 else f'{factor:,.0f}'}x"


def worst(rungs: list[ladder.Rung]) -> float:
    """Return the largest difference between a rung's parameters and the first's."""
    return max(rung.difference for rung in rungs)


def machine() -> str:
    """Say what the figures were measured on."""
    return (
        f"mixtura {__version__} ({_core.backend()}), Python {platform.python_version()}, "
        f"{platform.machine()}, {_core.n_threads()} threads"
    )


def account(rungs: list[ladder.Rung]) -> dict[str, object]:
    """Return the rungs as plain values, times in seconds."""
    return {
        "machine": machine(),
        "rows": 25_500,
        "components": 2,
        "rungs": [
            {
                "name": rung.name,
                "seconds": rung.seconds,
                "factor_before": rungs[i - 1].seconds / rung.seconds
                if 0 < i < ladder_length(rungs)
                else None,
                "factor_first": rungs[0].seconds / rung.seconds,
                "difference": rung.difference,
            }
            for i, rung in enumerate(rungs)
        ],
    }
