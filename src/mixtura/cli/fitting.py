"""`mixtura fit`: a file in, a mixture out."""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Annotated

import typer
from rich.text import Text

from ..em import DEFAULT_MAX_ITER, DEFAULT_TOL
from ..inference.asking import KINDS
from ..model.staging import staged
from ..search.effort import EFFORTS
from ..search.fitting import fit_mixture
from ..search.result import Fit
from ..structures import STRUCTURES
from ..structures.registry import SKLEARN_NAMES
from . import checking, console, extras, models, options, report, streaming
from .progress import ProgressLine
from .reading import Table, read
from .writing import check_target

NAMES = f"{', '.join(STRUCTURES)} (mclust's names), {', '.join(SKLEARN_NAMES)} (scikit-learn's)"
PICTURES = (".png", ".pdf", ".svg")


def fit(
    components: Annotated[int, typer.Option("--components", "-k", metavar="K", help="How many components.")],
    files: options.Files = None,
    columns: options.Columns = None,
    sql: options.Sql = None,
    weights: options.Weights = None,
    pool: options.Pool = False,
    structure: Annotated[
        str,
        typer.Option("--structure", "-s", metavar="NAME", help=f"Of the covariances: {NAMES}."),
    ] = "VVV",
    equal_weights: Annotated[
        bool, typer.Option("--equal-weights", help="Give every component the weight 1 / k.")
    ] = False,
    tol: options.Tol = DEFAULT_TOL,
    max_iter: options.MaxIter = DEFAULT_MAX_ITER,
    n_init: Annotated[
        int | None, typer.Option("--n-init", metavar="N", help="How many starts; a portfolio by default.")
    ] = None,
    search: options.Search = "default",
    seed: options.Seed = 0,
    threads: options.Threads = None,
    memory: options.Memory = None,
    scratch: options.Scratch = None,
    compress: options.Compress = True,
    output: options.ModelFile = None,
    plot: options.Picture = None,
    errors: Annotated[
        str | None,
        typer.Option(
            "--errors",
            metavar="KIND",
            help="Standard errors and intervals: observed, sandwich, bootstrap or jackknife.",
        ),
    ] = None,
    summary: Annotated[
        bool, typer.Option("--summary", help="Print estimates with errors and intervals, and all criteria.")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """Fit a Gaussian mixture to the rows of a table.

    For example: mixtura fit faithful.csv -k 2 -o model.json --plot fit.png
    """
    check_numbers(components, tol, max_iter, n_init, threads)
    check_search(search)
    check_errors(errors)
    check_files(output, plot)
    with ProgressLine("reading") as line:
        table = read(
            files or [],
            columns=options.names(columns),
            sql=sql,
            weights=weights,
            pool=pool,
            keeping=streaming.Keeping(memory, scratch, threads, compress, line.say),
        )
        checking.check_fittable(table, components, weights or "")
        line.say("looking for starts")
        before = time.perf_counter()
        found = fit_mixture(
            table.data,
            components,
            structure=structure,
            equal_weights=equal_weights,
            sample_weight=table.sample_weight,
            n_init=n_init,
            search=search,
            tol=tol,
            max_iter=max_iter,
            seed=seed,
            n_threads=threads,
            compress="auto" if compress else False,
            callback=line,
        )
    seconds = time.perf_counter() - before

    account = report.fit_json(found, table.columns, seconds)
    account["file_reads"] = None if table.source is None else table.source.n_reads
    sure = None
    if summary or errors is not None:
        sure = found.summary(errors or "observed", features=table.columns, seed=seed)
        account["errors"] = report.errors_json(sure, errors or "observed")
    with staged(output, plot) as (model_draft, plot_draft):
        if model_draft is not None:
            with open(model_draft, "w", encoding="utf-8") as file:
                file.write(models.text(found.mixture, metadata(account, table)))
        if plot_draft is not None:
            draw(found, table, plot_draft)
        if as_json:
            json.dump(account, sys.stdout, indent=2, allow_nan=False, ensure_ascii=False)
            sys.stdout.write("\n")
        else:
            screen = console.out()
            if sure is None or not summary:
                report.print_to(screen, report.fit_report(screen, found, table.columns, table.name, seconds))
            if sure is not None:
                report.print_to(
                    screen, Text(sure.text(screen.width) if summary else sure.table(screen.width))
                )
        sys.stdout.flush()
    for path in (output, plot):
        if path is not None and not as_json:
            console.err().print(f"written: {path}")


def check_numbers(k: int, tol: float, max_iter: int, n_init: int | None, threads: int | None) -> None:
    """Refuse numbers that no fit can be asked for."""
    if k < 1:
        raise ValueError(f"-k is {k}; a mixture has at least 1 component")
    if not 0 <= tol < float("inf"):
        raise ValueError(f"--tol is {tol:g}; give the nats of log-likelihood that may be left, 0 or more")
    for option, value in (("--max-iter", max_iter), ("--n-init", n_init), ("--threads", threads)):
        if value is not None and value < 1:
            raise ValueError(f"{option} is {value}; it must be at least 1")


def check_files(output: str | None, plot: str | None) -> None:
    """Refuse, before any work, a model file or a picture that could not be written."""
    check_target(output, "-o")
    check_target(plot, "--plot")
    if output is not None and output == plot:
        raise ValueError(f"-o and --plot both name {output}; give the model and the picture a file each")
    if plot is not None:
        if os.path.splitext(plot)[1].lower() not in PICTURES:
            raise ValueError(f"--plot {plot} must end in one of {', '.join(PICTURES)}")
        extras.matplotlib()


def check_search(search: str) -> None:
    """Refuse an effort that there is not."""
    if search not in EFFORTS:
        raise ValueError(f"--search is {search!r}; use one of {', '.join(EFFORTS)}")


def check_errors(kind: str | None) -> None:
    """Refuse a kind of errors that there is not."""
    if kind is not None and kind not in KINDS:
        raise ValueError(f"--errors is {kind!r}; use one of {', '.join(KINDS)}")


def metadata(account: dict[str, object], table: Table) -> dict[str, object]:
    """Return what a model file tells beside the mixture."""
    kept = (
        "structure",
        "equal_weights",
        "loglik",
        "n_parameters",
        "bic",
        "n_rows",
        "total_weight",
        "status",
        "n_iter",
        "remaining",
    )
    return {"columns": list(table.columns), "pooled": table.pooled} | {key: account[key] for key in kept}


def draw(found: Fit, table: Table, path: str) -> None:
    """Draw the fit into a file."""
    from .. import plot

    plot.fit(found, table.x, table.columns, table.weights).savefig(path)
