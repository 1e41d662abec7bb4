"""The measurements as pictures; every function takes what a measurement returned."""

from __future__ import annotations

import math
import statistics
from typing import Any

import numpy as np

from mixtura.plot.style import COLOURS, DARK, MARKERS, PALE

from .report import NAMES, measured


def growth(results: dict[str, Any]) -> Any:
    """Draw time against n, d and k, and memory against n, all on logarithmic axes."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 2.9), layout="constrained")
    axes = figure.subplots(1, 4)
    labels = {"n": "rows", "d": "dimensions", "k": "components"}
    fixed = {"n": "d = 4, k = 4", "d": "20,000 rows, k = 4", "k": "50,000 rows, d = 4"}
    names = measured(results)
    for axis, (what, points) in zip(axes, results["curves"].items()):
        for i, name in enumerate(names):
            there = [(p[what], 1e3 * p["seconds"][name]) for p in points if name in p["seconds"]]
            axis.plot(*zip(*there), color=COLOURS[i], marker=MARKERS[i], ms=3, label=NAMES[name])
        axis.set(title=fixed[what], xlabel=labels[what])
    axes[0].set(ylabel="ms an iteration")
    axes[0].legend(frameon=False, fontsize=7)
    for i, name in enumerate(names):
        points = [p for p in results["curves"]["n"] if p["memory"].get(name) is not None]
        held = [max(p["memory"][name], 2**12) / 2**20 for p in points]
        axes[3].plot([p["n"] for p in points], held, color=COLOURS[i], marker=MARKERS[i], ms=3)
    axes[3].set(title="memory beside the data", xlabel="rows", ylabel="MB")
    for axis in axes:
        axis.set(xscale="log", yscale="log")
        axis.title.set_fontsize(8)
    for axis, (what, points) in zip(axes, results["curves"].items()):
        if what != "n":  # powers of ten are too far apart to label the few numbers that there are
            axis.set_xticks([p[what] for p in points], [str(p[what]) for p in points])
            axis.minorticks_off()
    return finished(figure)


def peers(results: dict[str, Any]) -> Any:
    """Draw nanoseconds for a row and a component, for each peer a line while dimensions rise."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 3.6), layout="constrained")
    axis = figure.subplots()
    rows = results["problems"]
    breaks = [j for j in range(1, len(rows)) if rows[j]["d"] < rows[j - 1]["d"]]
    places = np.insert(np.arange(len(rows), dtype=float), breaks, math.nan)
    for i, name in enumerate(NAMES):
        times = [
            1e9 * statistics.median(row["peers"][name]["seconds"]) / (row["n"] * row["k"])
            if "ratio" in row["peers"].get(name, {})
            else math.nan
            for row in rows
        ]
        if not np.isnan(times).all():
            colour = DARK if name == "mixtura" else COLOURS[i - 1]
            style = {"color": colour, "marker": MARKERS[i], "ms": 4, "lw": 0.8, "label": NAMES[name]}
            axis.plot(places, np.insert(times, breaks, math.nan), **style)
    axis.set(yscale="log", ylabel="ns for a row and a component")
    names = [row["problem"].replace(", ", "\n").replace(" x ", "\nx ") for row in rows]
    axis.set_xticks(range(len(rows)), names, fontsize=6)
    figure.legend(loc="outside right upper", frameon=False, fontsize=7)
    return finished(figure)


def finished(figure: Any) -> Any:
    """Return the figure with quiet axes."""
    for axis in figure.axes:
        axis.grid(which="major", color=PALE, lw=0.5)
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=7)
        axis.xaxis.label.set_fontsize(8)
        axis.yaxis.label.set_fontsize(8)
    return figure
