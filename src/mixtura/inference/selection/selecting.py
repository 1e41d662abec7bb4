"""Selecting: data in, a table of structures by numbers of components out, and the fit of the best."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import ArrayLike

from ...em import DEFAULT_MAX_ITER, DEFAULT_TOL, Problem, Run, Settings, calm_blas
from ...search.diagnostics import notes
from ...search.effort import EFFORTS, effort_of
from ...search.fitting import check_options
from ...search.result import Fit
from ...search.sampled import sampled
from ...search.verification import verify
from ...sources import open_source
from ...sources.opening import lies_elsewhere
from ...structures import Structure
from .cell import Cell
from .contenders import Closer, look_closer
from .criteria import criterion_of, uncertainty
from .following import follow_home
from .held_out import HeldOut
from .nesting import chosen_structures
from .result import Selection
from .seat import Seat
from .sweeps import Table, Told, chosen_components
from .testing import LEVEL, REPLICATES, SequentialTest, check_testing, tested

CLOSER = {
    "fast": Closer(None, None),
    "default": Closer(None, EFFORTS["default"]),
    "thorough": Closer(EFFORTS["default"], EFFORTS["thorough"]),
}
FOLDS = 5
COLLAPSED = "a component rests on too few rows, or collapsed on them: such a likelihood means nothing"
INTERRUPTED = "interrupted before it was fitted"


def select(
    x: Any,
    n_components: int | Iterable[int] = range(1, 10),
    *,
    structures: str | Sequence[str | Structure] = "all",
    criterion: str = "bic",
    cv: Any = None,
    test: bool = False,
    replicates: int = REPLICATES,
    level: float = LEVEL,
    sample_weight: ArrayLike | None = None,
    search: str = "default",
    tol: float = DEFAULT_TOL,
    max_iter: int = DEFAULT_MAX_ITER,
    reg_covar: float | None = None,
    seed: int | Generator | None = 0,
    n_threads: int | None = None,
    compress: bool | str = "auto",
    callback: Told | None = None,
) -> Selection:
    """Fit every structure with every number of components, and choose the best by a criterion.

    The cells of the table help each other: starts are drawn once for each number of components, what one
    structure finds is offered to all others, and mixtures come from those beside them by cutting a component
    in two or making two one. A model never ends below one that it contains.

    Parameters
    ----------
    x : array_like of shape (n, d) or (n,), a path, or whatever `mixtura.open_source` takes
        The rows.
    n_components : int or iterable of int
        The numbers of components.
    structures : "all", str or sequence of str
        Covariance structures, by mclust's names or scikit-learn's.
    criterion : {"bic", "aic", "icl", "held_out"}
        What the best cell is the best by: all have one sign, larger is better. The table holds the first
        three whatever is chosen.
    cv : int or splitter, optional
        Choose by the log-likelihood of held-out rows: so many folds, or any splitter of scikit-learn's;
        5 where ``criterion="held_out"`` alone is given. Every fold is searched anew.
    test : bool
        Whether numbers of components are tested as well, within the structure that was chosen: k against
        k + 1 by `bootstrap_lrt`, from the smallest until one is not rejected. What is chosen stays.
    replicates : int
        Samples of each test, at most.
    level : float
        P-values up to which k components are rejected.
    sample_weight : array_like of shape (n,), optional
        Weight 2 is a row twice, weight 0 is no row.
    search : {"fast", "default", "thorough"}
        How long to look for better maxima: through the table alone; at the cells near the top also as
        `fit_mixture` does; at every cell so, and longer near the top.
    tol, max_iter, reg_covar, n_threads, compress
        As in `fit_mixture`.
    seed : int or Generator, optional
        What starts and folds are drawn with; the same seed gives the same table.
    callback : callable, optional
        Called with a `SelectionProgress` each time that a cell has been looked at.

    Returns
    -------
    Selection
        Ctrl-C ends the search, and what is there comes back with ``interrupted`` set; if nothing is there
        yet, it is raised.

    Raises
    ------
    ValueError
        If the data or an option cannot be, or no number of components can be fitted; the message names the
        value and what to do.

    References
    ----------
    Fraley and Raftery 2002, Journal of the American Statistical Association 97: model-based clustering.

    Examples
    --------
    >>> import mixtura
    >>> from mixtura import datasets
    >>> found = mixtura.select(datasets.faithful().data, range(1, 5), structures=["EEE", "VVV"])
    >>> found.best.structure.name, found.best.mixture.n_components, round(found.best.bic, 1)
    ('EEE', 3, -2314.3)
    """
    check_options(tol, max_iter, None, reg_covar)
    effort_of(search)
    if cv is not None and criterion not in ("bic", "held_out"):
        raise ValueError(
            f"criterion is {criterion!r} and cv is given, which chooses by held-out rows; drop one"
        )
    by = criterion_of("held_out" if cv is not None else criterion)
    source = open_source(x, sample_weight, n_threads=n_threads, compress=compress)
    families = chosen_structures(structures, source.n_features)
    components = chosen_components(n_components)
    if test:
        check_testing(components, replicates, level)
    rng = np.random.default_rng(seed)
    outside = None
    whole = source
    if source.cost.dear:  # a sample is searched, and what it finds followed to all rows
        source = sampled(source, rng)
    if by.name == "held_out":
        rows = x if source is whole and not lies_elsewhere(x) else source
        outside = HeldOut.of(rows, sample_weight, FOLDS if cv is None else cv, rng)
    table = Table(
        Problem.of(source, families[0], reg_covar),
        families,
        components,
        Settings(tol, max_iter),
        rng,
        callback,
    )
    if not table.seats:
        raise ValueError(next(iter(table.reasons.values())))

    ending = Ending(table)
    try:
        with calm_blas():  # many small products lose more to a second thread than they win
            table.search()
        value = ending.icl if by.name == "icl" else ending.aic if by.name == "aic" else ending.bic
        look_closer(table, CLOSER[search], value, rng)
        if source.approximation is not None:
            for seat in table.seats.values():
                ending.verify(seat)
        if whole is not source:
            follow_home(list(table.seats.values()), whole, reg_covar)
        if outside is not None:
            ending.held_out = outside.scores(table, reg_covar, rng)
        if test:
            ending.test(
                by.name,
                level,
                replicates=replicates,
                tol=tol,
                max_iter=max_iter,
                reg_covar=reg_covar,
                n_jobs=n_threads,
                seed=int(rng.integers(2**31)),
            )
    except KeyboardInterrupt:
        if not any(seat.known for seat in table.seats.values()):
            raise
        ending.interrupted = True
        for seat in table.seats.values():
            seat.stop()
    return ending.selection(by.name)


@dataclass(eq=False)
class Ending:
    """From a table that was searched to what people see of it."""

    table: Table
    interrupted: bool = False

    def __post_init__(self) -> None:
        self.held_out: dict[tuple[str, int], tuple[float, float]] = {}
        self.verified: dict[tuple[str, int], tuple[Problem, tuple[str, ...]]] = {}
        self.rows: dict[tuple[str, int], tuple[Run | None, Cell]] = {}  # of the runs that they are of
        self.tests: SequentialTest | None = None

    def bic(self, seat: Seat) -> float:
        """Return a cell's BIC."""
        return self.row(seat, doubt=False).bic

    def aic(self, seat: Seat) -> float:
        """Return a cell's AIC."""
        return self.row(seat, doubt=False).aic

    def icl(self, seat: Seat) -> float:
        """Return a cell's ICL."""
        return self.row(seat).icl

    def verify(self, seat: Seat) -> None:
        """Hold a cell that was fitted to a compressed copy to the rows themselves."""
        if seat.run is not None:
            seat.run, problem, said = verify(seat.run, seat.problem, seat.settings)
            self.verified[seat.name, seat.n_components] = (problem, said)

    def test(self, criterion: str, level: float, **options: Any) -> None:
        """Test the numbers of components of the best cell's structure, one after another."""
        best = self.ranking(criterion).ranked(1)
        if not best:
            return
        table, name = self.table, best[0].structure

        def keep(tests: SequentialTest) -> None:
            self.tests = tests

        def tell(k: int, done: int, of: int) -> None:
            table.doing = f"testing against {k + 1} components"
            table.total = table.done + 1 + of - done
            table.tell(table.seats[name, k])

        tested(table.source, name, table.sizes, level, keep, tell, **options)

    def row(self, seat: Seat, *, doubt: bool = True) -> Cell:
        """Return the row of a cell."""
        source, k = seat.problem.source, seat.n_components
        size = seat.problem.n_parameters(k)
        if seat.run is None:
            return Cell(seat.name, k, size, source.total_weight, reason=INTERRUPTED)
        entropy, unsure = uncertainty(seat.parameters, source) if doubt else (np.nan, np.nan)
        outside, error = self.held_out.get((seat.name, k), (np.nan, np.nan))
        return Cell(
            structure=seat.name,
            n_components=k,
            n_parameters=size,
            total_weight=source.total_weight,
            loglik=seat.loglik,
            entropy=entropy,
            doubt=unsure,
            held_out=outside,
            held_out_error=error,
            n_starts=seat.n_starts,
            n_agreed=seat.n_agreed,
            status=str(seat.run.status) if seat.sound else "degenerate",
            reason="" if seat.sound else COLLAPSED,
            parameters=seat.parameters,
        )

    def selection(self, criterion: str) -> Selection:
        """Return the table, and the fit of the best cell, which alone is looked at in all directions."""
        while best := (found := self.ranking(criterion)).ranked(1):
            seat = self.table.seats[best[0].structure, best[0].n_components]
            if self.interrupted or seat.confirmed:
                return replace(found, chosen=self.fit(best[0]))
            seat.confirm()
            self.table.mend()
        return found

    def ranking(self, criterion: str) -> Selection:
        """Return the table as it is, without the fit of the best cell."""
        table, d = self.table, self.table.source.n_features
        rows = []
        for family in table.structures:
            for k in table.components:
                if k in table.reasons:
                    size, weight = family.n_parameters(k, d), table.source.total_weight
                    rows.append(Cell(family.name, k, size, weight, reason=table.reasons[k]))
                else:
                    seat = table.seats[family.name, k]
                    run, row = self.rows.get((family.name, k), (None, None))
                    if row is None or run is not seat.run:
                        row = self.row(seat)
                        self.rows[family.name, k] = (seat.run, row)
                    rows.append(row)
        return Selection(tuple(rows), criterion, None, self.interrupted, self.tests)

    def fit(self, cell: Cell) -> Fit:
        """Return the fit of a cell."""
        key = (cell.structure, cell.n_components)
        seat = self.table.seats[key]
        assert seat.run is not None
        account = seat.account() if seat.n_components > 1 else None
        problem, said = self.verified.get(key, (seat.problem, ()))
        return Fit.of(seat.run, problem, said + notes(problem, seat.run, account), account)
