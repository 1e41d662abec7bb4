"""Options that several commands share, each worded once."""

from __future__ import annotations

from typing import Annotated

import typer

from ..search.effort import EFFORTS

Files = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="FILE...",
        help="CSV, TSV, Parquet, Arrow, JSON lines or .npy; globs; - for standard input.",
        show_default=False,
    ),
]
Model = Annotated[str, typer.Argument(metavar="MODEL", help="A model file that `mixtura fit -o` wrote.")]
Columns = Annotated[
    list[str] | None,
    typer.Option(
        "--columns", "-c", metavar="A,B", help="The columns to take, in this order; all by default."
    ),
]
Sql = Annotated[
    str | None,
    typer.Option("--sql", metavar="QUERY", help="Any DuckDB query; in it, data is all the files."),
]
Weights = Annotated[
    str | None,
    typer.Option("--weights", "-w", metavar="COLUMN", help="The column that weighs the rows."),
]
Pool = Annotated[
    bool, typer.Option("--pool", help="Take every cell of a wide table as a value of one variable.")
]
Output = Annotated[
    str | None, typer.Option("--output", "-o", metavar="FILE", help="Write here; standard output by default.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs instead of tables.")]
Threads = Annotated[
    int | None,
    typer.Option(
        "--threads", "-t", metavar="N", help="Threads; every core by default. The result is the same."
    ),
]
Memory = Annotated[
    str | None,
    typer.Option(
        "--memory", metavar="SIZE", help="Rows of large files kept in memory, as 500MB; 1GiB by default."
    ),
]
Scratch = Annotated[
    str | None,
    typer.Option("--scratch", metavar="FOLDER", help="Where to copy what is larger and dear to read again."),
]
Tol = Annotated[
    float,
    typer.Option("--tol", metavar="NATS", help="Stop when less log-likelihood than this is left to gain."),
]
MaxIter = Annotated[
    int, typer.Option("--max-iter", metavar="N", help="Stop after so many passes over the data.")
]
Search = Annotated[
    str,
    typer.Option(
        "--search",
        metavar="EFFORT",
        help=f"How long to look for the best maximum: {', '.join(EFFORTS)}.",
    ),
]
Compress = Annotated[
    bool,
    typer.Option(
        "--compress/--no-compress", help="In one dimension, sum the data up in cells where that pays."
    ),
]
ModelFile = Annotated[
    str | None, typer.Option("--output", "-o", metavar="FILE", help="Write the model here, as JSON.")
]
Picture = Annotated[
    str | None,
    typer.Option("--plot", "-p", metavar="FILE", help="Draw the result here: .png, .pdf or .svg."),
]
Seed = Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Where the random numbers start.")]


def names(columns: list[str] | None) -> list[str]:
    """Return the columns named by one or many --columns, each a list with commas."""
    return [name.strip() for part in columns or [] for name in part.split(",") if name.strip()]
