"""The race: many starts in lock-step, more of them while they disagree, and the account of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.random import Generator

from . import em
from .degenerate import degenerate
from .em import Progress, Run
from .parameters import stacked
from .sources import ArraySource, Source
from .starts import Rows, concatenated, draw, split_merge
from .structures import Floor, Structure

FIRST = 8  # starts of the first round; seven that agree are enough by the rule in `explored`
MOST = 64  # starts in all
ROW_VISITS = 2_000_000  # rows times starts times passes that a race may always spend
SHARE = 3.0  # passes over the whole data that it may spend where that is more
LONGEST = 300  # passes of one round
LOOSE = 1e-4  # nats that a racing start may leave: enough to tell optima apart
SAME = 0.05  # nats: maxima closer than this are one
CANDIDATES = 3  # optima that are climbed to the end


@dataclass(frozen=True)
class Search:
    """The account of a search; log-likelihoods in nats, the total over the rows that the race ran on."""

    n_starts: int
    n_best: int  # starts whose climb led to the optimum that was returned
    n_optima: int  # distinct optima met
    gap: float  # nats from the best to the second best optimum; infinite when all starts agree
    n_degenerate: int  # starts that led to a degenerate optimum
    n_rows: int  # rows that the race ran on

    def __str__(self) -> str:
        found = f"{self.n_best} of {self.n_starts} starts reached the best optimum"
        if np.isfinite(self.gap):
            found += f"; the second best of {self.n_optima} lies {self.gap:.3g} nats below"
        return found


@dataclass(frozen=True, eq=False)
class Optimum:
    """A distinct maximum: its best run, and how many starts led there."""

    run: Run
    hits: int
    honest: bool  # no component is degenerate


def explored(n: int, w: int) -> bool:
    """Say whether w distinct optima in n starts leave little hope of another one.

    The posterior mean of the number of optima, w (n - 1) / (n - w - 2), is then less than half an optimum
    above w (Boender and Rinnooy Kan 1987, Mathematical Programming 37, equation 10).
    """
    return n > w + 2 and w * (n - 1) / (n - w - 2) <= w + 0.5


def settled(n: int, hits: int, w: int) -> bool:
    """Say whether the search may end: explored, or two starts more than half of them reached the best."""
    return 2 * hits >= n + 4 or explored(n, w)


def distinct(runs: list[Run], honest: np.ndarray) -> list[Optimum]:
    """Group runs by where they ended, honest ones first, then by log-likelihood, best first."""
    order = sorted(range(len(runs)), key=lambda i: (not honest[i], -runs[i].loglik))
    found: list[Optimum] = []
    for i in order:
        run, top = runs[i], found[-1] if found else None
        # an unfinished climb may still reach what stands above it
        within = SAME + (run.remaining if np.isfinite(run.remaining) else 0.0)
        if top is not None and top.honest == honest[i] and top.run.loglik - run.loglik <= within:
            found[-1] = Optimum(top.run, top.hits + 1, top.honest)
        else:
            found.append(Optimum(run, 1, bool(honest[i])))
    return found


def race_source(source: Source, k: int, rng: Generator, *, n_threads: int | None) -> tuple[Source, Rows]:
    """Return what the race runs on, the source or a sample of its rows, and the rows to draw starts from."""
    d = source.n_features
    size = int(np.clip(8 * k * (d + 1), 1000, 50_000))
    values = source.sample(size, rng)
    rows = Rows(values, source.mean, np.sqrt(source.variance))
    passing = getattr(source, "pass_rows", source.n_rows)  # a compressed source reads less than it holds
    if passing <= 2 * size or not (values.min(0) < values.max(0)).all():
        return source, rows
    return ArraySource(values, n_threads=n_threads), rows


def race(
    source: Source,
    structure: Structure,
    k: int,
    rng: Generator,
    *,
    floor: Floor,
    tol: float,
    max_iter: int,
    n_init: int | None = None,
    n_threads: int | None = None,
    callback: Callable[[Progress], None] | None = None,
) -> tuple[list[Optimum], Search, bool]:
    """Search for the best optimum.

    With ``n_init`` exactly that many starts run; without it, eight, and more while they disagree.

    Returns
    -------
    optima : list of Optimum
        The distinct ones, best first.
    search : Search
        The account.
    sampled : bool
        Whether it ran on a sample of the rows.
    """
    ground, rows = race_source(source, k, rng, n_threads=n_threads)
    n = getattr(ground, "pass_rows", ground.n_rows)
    budget = max(ROW_VISITS, SHARE * getattr(source, "pass_rows", source.n_rows))
    runs: list[Run] = []
    honest = np.zeros(0, dtype=bool)
    m = FIRST if n_init is None else n_init
    while True:
        if runs and n_init is None:
            moves = split_merge(distinct(runs, honest)[0].run.parameters, m // 2, rng)
            fresh = draw(rows, k, m - len(moves.weights), rng, deep=True)
            starts = concatenated([moves, fresh])
        else:
            starts = draw(rows, k, m, rng)
        passes = min(int(np.clip(budget / (n * m), 5, LONGEST)), max_iter)
        batch = em.climb(
            ground, structure, starts, floor=floor, tol=max(LOOSE, tol), max_iter=passes, callback=callback
        )
        budget -= n * sum(run.evaluations for run in batch)
        runs += batch
        ends = stacked([run.parameters for run in batch])
        honest = np.append(honest, ~degenerate(ends, ground, structure, floor).any(-1))
        optima = distinct(runs, honest)
        if n_init is not None or settled(len(runs), optima[0].hits, len(optima)):
            break
        m = min(len(runs), MOST - len(runs))
        if m <= 0 or budget < 10 * n * m:
            break
    best = optima[0]
    gap = best.run.loglik - optima[1].run.loglik if len(optima) > 1 and optima[1].honest else np.inf
    search = Search(len(runs), best.hits, len(optima), float(gap), int((~honest).sum()), ground.n_rows)
    return optima, search, ground is not source


def finish(
    optima: list[Optimum],
    source: Source,
    structure: Structure,
    *,
    floor: Floor,
    tol: float,
    max_iter: int,
    sampled: bool,
    callback: Callable[[Progress], None] | None = None,
) -> Run:
    """Climb the best optima of a race to the end on the whole data and return the best honest run."""
    near = [o for o in optima if o.honest][:CANDIDATES] or optima[:1]
    best = near[0].run.loglik
    margin = max(1.0, 2.0 * near[0].run.remaining if np.isfinite(near[0].run.remaining) else 0.0)
    near = [o for o in near if best - o.run.loglik <= margin + o.run.remaining]
    if sampled and len(near) > 1:
        starts = stacked([o.run.parameters for o in near[:2]])
        runs = em.climb(source, structure, starts, floor=floor, tol=tol, max_iter=4, callback=callback)
        leader = max(runs, key=lambda run: run.loglik)
        return em.fit(
            source,
            structure,
            leader.parameters,
            floor=floor,
            tol=tol,
            max_iter=max_iter,
            callback=callback,
            state=leader.state,
        )
    starts = stacked([o.run.parameters for o in near])
    states = None if sampled or any(o.run.state is None for o in near) else [o.run.state for o in near]
    runs = em.climb(
        source, structure, starts, floor=floor, tol=tol, max_iter=max_iter, callback=callback, states=states
    )
    ends = stacked([run.parameters for run in runs])
    bad = np.asarray(degenerate(ends, source, structure, floor).any(-1))
    return runs[min(range(len(runs)), key=lambda i: (bad[i], -runs[i].loglik))]
