"""The measurements as tables in Markdown; every function takes what a measurement returned."""

from __future__ import annotations

import statistics
from typing import Any

NAMES = {
    "mixtura": "mixtura",
    "onedal": "oneDAL",
    "sklearn": "scikit-learn",
    "gmmx": "gmmx",
    "pomegranate": "pomegranate",
    "mlpack": "mlpack",
    "mclust": "R's mclust",
    "spark": "Spark",
}


def table(header: list[str], rows: list[list[str]]) -> str:
    """Return a Markdown table whose first column is words and whose others are numbers."""
    rule = ["---"] + ["---:"] * (len(header) - 1)
    return "".join(f"| {' | '.join(row)} |\n" for row in [header, rule, *rows])


def number(value: float) -> str:
    """Return three digits, thousands with commas."""
    if value == 0 or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 1e-3 else f"{value:.1e}"


def megabytes(size: int | None) -> str:
    """Return a size in megabytes, nothing where it was not measured."""
    return "" if size is None else f"{size / 2**20:.1f}"


def peers(results: dict[str, Any]) -> str:
    """Return milliseconds an iteration by problem and peer, with the factor over mixtura."""
    names = [
        name for name in NAMES if any("seconds" in row["peers"].get(name, {}) for row in results["problems"])
    ]
    rows = []
    for row in results["problems"]:
        cells = [row["problem"]]
        for name in names:
            result = row["peers"].get(name, {})
            if "ratio" not in result:
                cells.append("")
            elif name == "mixtura":
                cells.append(number(1e3 * statistics.median(result["seconds"])))
            else:
                milliseconds = number(1e3 * statistics.median(result["seconds"]))
                cells.append(f"{milliseconds} ({number(result['ratio'])}x)")
        rows.append(cells)
    said = [
        f"{NAMES[name]}: {', '.join(f'{package} {version}' for package, version in versions.items())}"
        for name, versions in results["versions"].items()
        if name in names
    ]
    notes = [
        f"Milliseconds for one EM iteration on {results['threads']} threads, medians of alternating rounds; "
        "in brackets the median factor over mixtura in the same round.",
        *[f"Left out: {NAMES[name]}, {reason}." for name, reason in results["absent"].items()],
        f"Environments: {'; '.join(said)}.",
    ]
    return (
        table(["rows x dimensions", *[NAMES[name] for name in names]], rows)
        + "\n"
        + "\n\n".join(notes)
        + "\n"
    )


def maximum(rows: list[dict[str, Any]]) -> str:
    """Return the time that both need to the same log-likelihood."""
    lines = []
    for row in rows:
        ours, theirs = row["mixtura"], row["scikit-learn"]
        reached = f"{theirs['tol']:.0e}" if "tol" in theirs else short_of(theirs["missing"])
        lines.append(
            [
                row["problem"],
                number(1e3 * ours["seconds"]),
                number(ours["iterations"]),
                number(1e3 * theirs["seconds"]),
                number(theirs["iterations"]),
                reached,
                f"{'' if 'tol' in theirs else 'over '}{number(row['ratio'])}",
            ]
        )
    return table(
        ["from one start", "mixtura, ms", "passes", "scikit-learn, ms", "passes", "its tol", "factor"], lines
    )


def short_of(missing: float) -> str:
    """Say what a run had not reached when it was stopped: the goal, or a gain that ends it."""
    return f"{missing:.2g} nats short" if missing > 0 else "stopped there"


def roofline(results: dict[str, Any]) -> str:
    """Return the fractions of the machine's peak that the passes reach."""
    lines = [
        [
            row["problem"],
            number(1e3 * row["seconds"]),
            number(row["multiply_adds"]),
            f"{100 * row['arithmetic']:.0f}%",
            f"{100 * row['roofline']:.0f}%",
            number(row["exps"]),
        ]
        for row in results["passes"]
    ]
    limit = results["peaks"]
    return (
        table(
            [
                "one thread",
                "pass, ms",
                "multiply-adds a row and component",
                "of peak, multiply-adds alone",
                "of peak, with the exps",
                "times the bare exps",
            ],
            lines,
        )
        + f"\nPeak of one thread ({results['engine']}): {limit['multiply_adds'] / 1e9:.1f} billion fused "
        f"multiply-adds and {limit['exps'] / 1e9:.2f} billion exps a second. `benchmarks/roofline.py` says "
        "how operations are counted.\n"
    )


def aspects(results: dict[str, Any]) -> str:
    """Return what else was measured, a line each."""
    lines = []
    for method, row in results["evaluation"]["methods"].items():
        lines.append(
            [
                f"{method}, {results['evaluation']['problem']}",
                f"{number(1e3 * row['mixtura'])} ms, {megabytes(row['mixtura memory'])} MB beside the answer",
                f"scikit-learn {number(1e3 * row['sklearn'])} ms, {megabytes(row['sklearn memory'])} MB",
                number(row["ratio"]),
            ]
        )
    seconds = results["threads"]["seconds"]
    lines.append(
        [
            f"a pass on 2 threads, {results['threads']['problem']}",
            f"{number(1e3 * seconds['2'])} ms",
            f"on 1 thread {number(1e3 * seconds['1'])} ms",
            number(results["threads"]["ratio"]),
        ]
    )
    for row in results["engines"]:
        best, *others = row["seconds"].items()
        for name, slower in others:
            lines.append(
                [
                    f"a pass by {best[0]}, {row['problem']}",
                    f"{number(1e3 * best[1])} ms",
                    f"by {name} {number(1e3 * slower)} ms",
                    number(slower / best[1]),
                ]
            )
    fit = results["default"]
    lines.append(
        [
            "default fit of Old Faithful, k = 2, all starts",
            f"{number(1e3 * fit['mixtura'])} ms",
            f"scikit-learn's one start {number(1e3 * fit['sklearn'])} ms",
            number(fit["ratio"]),
        ]
    )
    lines += [
        [
            f"the search for a start, {row['problem']}",
            f"{number(1e3 * row['start'])} ms",
            f"the whole fit {number(1e3 * row['fit'])} ms, {row['passes']} passes",
            f"{row['share']:.0%}, at most {row['most']:.0%}",
        ]
        for row in results["start"]
    ]
    small = results["small"]
    for name in ("plain", "accelerated"):
        gaps = small[name]
        lines.append(
            [
                f"Python between two passes, {name}, {small['problem']}",
                f"{number(1e6 * gaps['between'])} µs, at most {number(1e6 * gaps['most'])} µs",
                f"a pass alone {number(1e6 * small['pass'])} µs, {gaps['passes']} passes to the maximum",
                "",
            ]
        )
    return table(["", "mixtura", "beside it", "factor"], lines)


def measured(results: dict[str, Any]) -> list[str]:
    """Return the peers whose growth was measured."""
    points = [point for curve in results["curves"].values() for point in curve]
    return [name for name in NAMES if any(name in point["seconds"] for point in points)]


def growth(results: dict[str, Any]) -> str:
    """Return time and memory by n, d and k."""
    names, lines = measured(results), []
    for what, points in results["curves"].items():
        for point in points:
            times = [number(1e3 * point["seconds"][n]) if n in point["seconds"] else "" for n in names]
            memory = [megabytes(point["memory"].get(name)) for name in names]
            lines.append([f"{what}: {point['n']:,} x {point['d']}, k = {point['k']}", *times, *memory])
    header = ["", *[f"{NAMES[name]}, ms" for name in names], *[f"{NAMES[name]}, MB" for name in names]]
    return table(header, lines)
