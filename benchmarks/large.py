"""Data that do not fit: Parquet files fitted from the command line, beside DuckDB summing their columns.

Run ``python -m benchmarks.large``; it makes files in a temporary folder, of 100,000,000 x 1 and 50,000,000
x 4 numbers (``--scale 0.1`` for a tenth of the rows and of the memory, ``--folder`` for another place), and
writes results/large.json and results/large.md.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from .written import write

MEMORY = 2**29  # bytes of rows that may be kept, under a limit of 1.5 GiB for all
GROUP = 1_000_000  # rows of a row group
ROUNDS = 7  # of a read and a sum, in turn
SAMPLE = 10_000  # rows, what people take today of data that do not fit


@dataclass(frozen=True)
class Rows:
    """Rows of three components, in one file."""

    name: str
    n: int
    d: int
    apart: float  # the deviations of a coordinate of the means

    def make(self, path: Path) -> None:
        """Draw the rows into a Parquet file."""
        rng = np.random.default_rng(0)
        means = self.apart * rng.standard_normal((3, self.d))
        deviations = np.array([1.0, 0.7, 1.4])
        schema = pa.schema([(f"x{j + 1}", pa.float64()) for j in range(self.d)])
        with pq.ParquetWriter(path, schema) as file:
            for start in range(0, self.n, GROUP):
                size = min(GROUP, self.n - start)
                own = rng.choice(3, size=size, p=[0.5, 0.3, 0.2])
                x = means[own] + deviations[own, None] * rng.standard_normal((size, self.d))
                file.write_table(pa.table(list(x.T), schema=schema))


def rows(scale: float) -> list[Rows]:
    """Return what is measured."""
    return [
        Rows("one dimension", round(100_000_000 * scale), 1, 1.5),
        Rows("well apart", round(50_000_000 * scale), 4, 2.5),
        Rows("overlapping", round(50_000_000 * scale), 4, 0.6),
    ]


SUM = """
import duckdb, sys, time
columns = [row[0] for row in duckdb.sql(f"DESCRIBE FROM '{sys.argv[1]}'").fetchall()]
query = "SELECT " + ", ".join(f"sum({name})" for name in columns) + f" FROM '{sys.argv[1]}'"
duckdb.sql("SET enable_progress_bar = false")
before = time.perf_counter()
duckdb.sql(query).fetchall()
print(time.perf_counter() - before)
"""
READ = """
import sys, time
import numpy as np
from mixtura import Mixture, open_source
from mixtura.em import Problem
from mixtura.structures import structure
mixture = Mixture.load(sys.argv[2]).parameters
source = open_source(sys.argv[1], memory=0, compress=False)
problem = Problem.of(source, structure("VVV", source.n_features))
before = time.perf_counter()
problem.evaluate(mixture.at(None))
print(time.perf_counter() - before)
"""
# what people do today, and the same from many rows for the standard errors
SAMPLED = """
import json, sys
import numpy as np
from mixtura import fit_mixture, open_source
source = open_source(sys.argv[1], memory=2**29, compress=False)
many = source.subsample(2**19, np.random.default_rng(0))
few = fit_mixture(source.subsample(int(sys.argv[2]), np.random.default_rng(1)), 3)
fit = fit_mixture(many, 3)
errors = fit.inference().standard_errors.means * np.sqrt(many.n_rows / source.n_rows)
print(json.dumps({"means": few.mixture.means.tolist(), "errors": errors.tolist()}))
"""


def run(*command: str) -> tuple[str, float, float]:
    """Return what a process printed, its seconds, and its peak resident bytes."""
    before = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        shown = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{' '.join(command[:6])} ended with {process.returncode}")
    unit = 1 if sys.platform == "darwin" else 1024
    return shown, time.perf_counter() - before, usage.ru_maxrss * unit


def measure(given: Rows, path: Path, memory: int) -> dict[str, Any]:
    """Fit a file from the command line, and read and sum it in turn."""
    model = path.with_suffix(".json")
    entry = "import sys; from mixtura.cli import main; sys.exit(main())"
    options = ["-k", "3", "--memory", str(memory), "--json", "-o", str(model)]
    shown, seconds, peak = run(sys.executable, "-c", entry, "fit", str(path), *options)
    account = json.loads(shown)
    reading, summing = [], []
    for _ in range(ROUNDS):
        reading.append(float(run(sys.executable, "-c", READ, str(path), str(model))[0]))
        summing.append(float(run(sys.executable, "-c", SUM, str(path))[0]))
    sampled = json.loads(run(sys.executable, "-c", SAMPLED, str(path), str(SAMPLE))[0])
    means = np.array([component["mean"] for component in account["components"]]).reshape(3, given.d)
    off = np.abs(np.array(sampled["means"]) - means) / np.array(sampled["errors"])
    return {
        "n": given.n,
        "d": given.d,
        "k": 3,
        "bytes": path.stat().st_size,
        "seconds": seconds,
        "peak": peak,
        "reads": account["file_reads"],
        "status": account["status"],
        "remaining": account["remaining"],
        "read_seconds": reading,
        "sum_seconds": summing,
        "ratio": float(np.median(np.array(reading) / np.array(summing))),
        "sample": SAMPLE,
        "sample_off": float(off.max()),
    }


def table(results: dict[str, dict[str, Any]]) -> str:
    """Return the Markdown table."""
    lines = [
        "| file | rows x columns, k | the fit, s | reads | peak memory, GiB | one read, s | DuckDB's sum, s "
        f"| one read over the sum | a sample of {SAMPLE:,} rows is off by, standard errors |",
        "|---|---|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for name, row in results.items():
        lines.append(
            f"| {name} ({row['bytes'] / 1e9:.2f} GB) | {row['n']:,} x {row['d']}, {row['k']} "
            f"| {row['seconds']:.1f} | {row['reads'] or 'kept'} | {row['peak'] / 2**30:.2f} "
            f"| {min(row['read_seconds']):.2f} | {min(row['sum_seconds']):.2f} | {row['ratio']:.2f} "
            f"| {row['sample_off']:.0f} |"
        )
    return "\n".join(lines) + "\n"


def main(arguments: list[str] | None = None) -> None:
    """Make the files, measure and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.large", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="times the rows")
    parser.add_argument("--folder", help="where to make the files")
    asked = parser.parse_args(arguments or [])
    results = {}
    for given in rows(asked.scale):
        with tempfile.TemporaryDirectory(prefix="mixtura-large-", dir=asked.folder) as folder:
            path = Path(folder) / "rows.parquet"
            given.make(path)
            results[given.name] = measure(given, path, int(MEMORY * asked.scale))
            print(given.name, results[given.name], file=sys.stderr)
    write("large", results, table(results))


if __name__ == "__main__":
    main(sys.argv[1:])
