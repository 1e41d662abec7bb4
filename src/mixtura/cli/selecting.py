"""`mixtura select`: a file in, a table of models out, and the best of them."""

from __future__ import annotations

import json
import sys
import time
from typing import Annotated, Any

import typer

from ..em import DEFAULT_MAX_ITER, DEFAULT_TOL
from ..inference import Selection, SelectionProgress
from ..inference import select as choose
from ..inference.selection.testing import LEVEL, REPLICATES, check_testing
from ..inference.selection.text import runner_up, text
from ..model.staging import staged
from . import checking, console, models, options, report, streaming
from .fitting import check_files, check_numbers, check_search, metadata
from .progress import ProgressLine
from .reading import read

WIDEST = 100  # columns of a table


def select(
    components: Annotated[
        str,
        typer.Option(
            "--components", "-k", metavar="K", help="Numbers of components: 1:9, a list 2,3,5, or one."
        ),
    ] = "1:9",
    files: options.Files = None,
    columns: options.Columns = None,
    sql: options.Sql = None,
    weights: options.Weights = None,
    pool: options.Pool = False,
    structures: Annotated[
        str,
        typer.Option(
            "--structures", "-s", metavar="A,B", help="Of the covariances, by mclust's names; or all."
        ),
    ] = "all",
    criterion: Annotated[
        str, typer.Option("--criterion", metavar="NAME", help="Choose by bic, aic, icl or held_out.")
    ] = "bic",
    cv: Annotated[
        int | None,
        typer.Option("--cv", metavar="N", help="Choose by rows held out in so many folds."),
    ] = None,
    test: Annotated[
        bool,
        typer.Option("--test", help="Test k against k + 1 components of the chosen structure, too."),
    ] = False,
    replicates: Annotated[
        int, typer.Option("--replicates", metavar="N", help="Samples of each test, at most.")
    ] = REPLICATES,
    level: Annotated[float, typer.Option("--level", metavar="P", help="Reject up to this p-value.")] = LEVEL,
    tol: options.Tol = DEFAULT_TOL,
    max_iter: options.MaxIter = DEFAULT_MAX_ITER,
    search: options.Search = "default",
    seed: options.Seed = 0,
    threads: options.Threads = None,
    memory: options.Memory = None,
    scratch: options.Scratch = None,
    compress: options.Compress = True,
    output: options.ModelFile = None,
    plot: options.Picture = None,
    as_json: options.Json = False,
) -> None:
    """Choose the covariance structure and the number of components.

    For example: mixtura select iris.csv -k 1:9 -o best.json --plot table.png
    """
    sizes = numbers(components)
    check_numbers(min(sizes), tol, max_iter, None, threads)
    check_search(search)
    if test:
        check_testing(sizes, replicates, level)
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
        checking.check_fittable(table, max(sizes), weights or "")
        before = time.perf_counter()
        found = choose(
            table.data,
            sizes,
            structures=structures if structures == "all" else options.names([structures]),
            criterion=criterion,
            cv=cv,
            test=test,
            replicates=replicates,
            level=level,
            sample_weight=table.sample_weight,
            search=search,
            tol=tol,
            max_iter=max_iter,
            seed=seed,
            n_threads=threads,
            compress="auto" if compress else False,
            callback=lambda state: line.say(sentence(state)),
        )
    seconds = time.perf_counter() - before

    if found.interrupted:
        tell(found, table.columns, table.name, seconds, as_json)
        raise KeyboardInterrupt
    account = report.fit_json(found.best, table.columns, seconds)
    with staged(output, plot) as (model_draft, plot_draft):
        if model_draft is not None:
            with open(model_draft, "w", encoding="utf-8") as file:
                file.write(models.text(found.best.mixture, metadata(account, table)))
        if plot_draft is not None:
            found.plot().savefig(plot_draft)
        tell(found, table.columns, table.name, seconds, as_json)
    for path in (output, plot):
        if path is not None and not as_json:
            console.err().print(f"written: {path}")


def tell(found: Selection, names: tuple[str, ...], source: str, seconds: float, as_json: bool) -> None:
    """Print a selection: the table, and the report of its best; or both as JSON."""
    if as_json:
        json.dump(selection_json(found, names, seconds), sys.stdout, indent=2, allow_nan=False)
        sys.stdout.write("\n")
    else:
        screen = console.out()
        parts: list[Any] = [indented(text(found, min(screen.width, WIDEST) - 2))]
        if found.chosen is not None:
            parts += ["", report.fit_report(screen, found.chosen, names, source, seconds)]
        report.print_to(screen, *parts)
    sys.stdout.flush()


def selection_json(found: Selection, names: tuple[str, ...], seconds: float) -> dict[str, Any]:
    """Return a selection as plain values: criteria with one sign, larger is better."""
    best, second = found.ranked(1), None
    if best:
        second = runner_up(found)
    chosen = None
    if found.chosen is not None:
        chosen = {"n_components": best[0].n_components} | report.fit_json(found.chosen, names, seconds)
    return {
        "criterion": found.criterion,
        "best": chosen,
        "runner_up": None if second is None else report.plain(second.as_dict()),
        "tests": None if found.tests is None else found.tests.as_dict(),
        "interrupted": found.interrupted,
        "table": [report.plain(cell.as_dict()) for cell in found.table],
    }


def numbers(given: str) -> list[int]:
    """Return the numbers that 1:9, 2,3,5 or 4 names.

    Examples
    --------
    >>> numbers("1:4"), numbers("2,5"), numbers("3")
    ([1, 2, 3, 4], [2, 5], [3])
    """
    found: set[int] = set()
    try:
        for part in given.split(","):
            first, colon, last = part.partition(":")
            low = int(first)
            found |= set(range(low, int(last) + 1)) if colon else {low}
    except ValueError:
        found = set()
    if not found:
        raise ValueError(f"-k is {given!r}; give numbers of components as 1:9, as 2,3,5 or as 4")
    return sorted(found)


def sentence(state: SelectionProgress) -> str:
    """Word how far a selection has come.

    Examples
    --------
    >>> sentence(SelectionProgress(12, 108, "looking for starts", "VVV", 3, -180.2))
    'looking for starts: step 12 of 108, VVV with 3'
    """
    return f"{state.doing}: step {state.done} of {state.total}, {state.structure} with {state.n_components}"


def indented(lines: str) -> str:
    """Return lines with a space before each, as all tables have."""
    return "\n".join(f" {line}".rstrip() for line in lines.split("\n"))
