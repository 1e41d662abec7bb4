"""The race: many starts walk side by side, more of them while they disagree."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from ..em import Problem, Progress
from ..em.degenerate import degenerate
from ..model.parameters import Parameters, concatenated
from ..sources import ArraySource, Source
from .candidates import ARRIVED, SAME, Field, walk
from .starts import Rows, draw, split_merge

FIRST = 8  # starts of the first round
FIRST_DEAR = 4  # where passes are dear
MOST = 64  # starts in all, where passes are cheap
WALK = 20  # plain passes of a round; by then an honest leader mostly leads to the best optimum of them all
ROUNDS = 3  # of walking on before more starts join
SHORT_WALK = 4  # passes of a round where they are dear
LONG_WALK = 60  # passes of the leader at last, on a sample
MOVES = 6  # tried in such a round
FIRST_STEPS = 2  # passes that choose among them
SURVIVORS = 1  # moves that walk on then
FAILURES = 4  # rounds of moves in vain after which the search ends
WORK = 4e6  # what a race may always spend: rows times components times starts times passes, in one dimension
SHARE = 6.0  # passes over the whole data that it may spend where that is more
SAMPLE = 1000  # rows, at least, of the sample that a race over many more rows runs on
CONTENDERS = 3  # starts that are climbed to the end side by side


@dataclass(frozen=True)
class Search:
    """The account of a search; log-likelihoods in nats, the total over the rows that the race ran on."""

    n_starts: int
    n_best: int  # starts that led to the optimum that was returned
    n_optima: int  # distinct honest optima that starts arrived at
    gap: float  # nats from the best of them to the second best; infinite when there is one
    n_degenerate: int  # starts that led to a degenerate optimum
    n_rows: int  # rows that the race ran on

    def __str__(self) -> str:
        found = f"{self.n_best} of {self.n_starts} starts reached the best optimum"
        if np.isfinite(self.gap):
            found += f"; the second best of {self.n_optima} lies {self.gap:.3g} nats below"
        return found


@dataclass(frozen=True, eq=False)
class Ground:
    """What a race runs on."""

    problem: Problem
    budget: float  # passes times starts that it may spend
    callback: Callable[[Progress], None] | None

    def on(self, source: Source) -> Ground:
        """Return the same on other data."""
        return replace(self, problem=self.problem.on(source))

    def walk(self, starts: Parameters, passes: int) -> tuple[Field, int]:
        """Let starts walk; return the field and the passes times starts that it took."""
        field, used = walk(self.problem, starts, passes, self.callback)
        return field, used * len(starts.weights)

    def moves(
        self, mixture: Parameters, m: int, rng: Generator, *, skip: int = 0, hopeful: bool = False
    ) -> Parameters:
        """Return mixtures one split and one merge away."""
        useless = degenerate(self.problem, mixture)
        moved = split_merge(mixture, m, rng, skip=skip, useless=useless, hopeful=hopeful)
        return replace(moved, covariances=self.problem.floor.raise_matrices(moved.covariances))


@dataclass(frozen=True, eq=False)
class Result:
    """What a race found."""

    leaders: Parameters  # (m,), where to climb from, the most promising first
    n_contenders: int  # the first so many deserve a climb; the others only where these end degenerate
    ground: Ground
    sampled: bool  # whether that was a sample of the rows
    search: Search
    loglik: float  # nats, of the first leader


def race(
    problem: Problem,
    k: int,
    rng: Generator,
    *,
    n_init: int | None = None,
    n_threads: int | None = None,
    callback: Callable[[Progress], None] | None = None,
) -> Result:
    """Search for the best optimum.

    With ``n_init`` exactly that many starts run. Without it eight do, and more while they disagree, half of
    them drawn afresh and half one move away from the best so far. Where passes are dear there are four, and
    moves alone follow, as long as they lead higher.
    """
    source = problem.source
    runs_on, rows = prepare(source, k, rng, n_threads)
    n, whole = runs_on.cost.rows, source.cost.rows
    budget = max(WORK / runs_on.cost.evaluation(k), SHARE * whole / n)  # in passes of one start
    ground = Ground(problem.on(runs_on), budget, callback)
    field, spent = gather(ground, rows, k, rng, n_init)
    if n_init is None and not is_settled(field):
        field = improve(ground, field, rng, spent)
    sampled = runs_on is not source
    if sampled:  # the leader comes nearer to the maximum for the price of one pass over the whole
        rest = np.arange(len(field)) != field.best
        walked, _ = ground.walk(field.parameters.at(~rest), min(LONG_WALK, whole // n))
        field = walked + field.at(rest)
    return result(field, ground, sampled=sampled)


def gather(ground: Ground, rows: Rows, k: int, rng: Generator, n_init: int | None) -> tuple[Field, int]:
    """Draw starts while they disagree and passes are cheap; return where they stand and what that took."""
    dear = ground.budget < 2 * WALK * FIRST
    walkers = draw(rows, k, n_init or (FIRST_DEAR if dear else FIRST), rng)
    rested: Field | None = None
    rounds = spent = 0
    while True:
        m = len(walkers.weights)
        cheap = not dear and ground.budget - spent >= 2 * WALK * m
        walked, work = ground.walk(walkers, WALK if cheap else SHORT_WALK)
        spent, rounds = spent + work, rounds + 1
        field = walked if rested is None else walked + rested
        if not cheap:
            return field, spent
        goes_on = field.ahead >= ARRIVED
        walkers, rested = field.parameters.at(goes_on), field.at(~goes_on)
        if rounds < ROUNDS and field.unsure().any():
            continue
        more = min(len(field), MOST - len(field))
        if n_init is not None or is_settled(field) or more == 0:
            return field, spent
        moves = ground.moves(field.parameters.at(field.best), more // 2, rng)
        fresh = draw(rows, k, more - len(moves.weights), rng, deep=True)
        walkers, rounds = concatenated([walkers, moves, fresh]), 0


def improve(ground: Ground, field: Field, rng: Generator, spent: int) -> Field:
    """Move from the best to a better one as long as moves lead higher; return where all stand."""
    failures = 0
    while failures < FAILURES and ground.budget - spent >= FIRST_STEPS * (MOVES + 1):
        best = field.best
        top = field.parameters.at(slice(best, best + 1))
        moves = ground.moves(top.at(0), MOVES, rng, skip=failures * (MOVES // 2), hopeful=True)
        if not len(moves.weights):
            break
        walked, first = ground.walk(concatenated([top, moves]), FIRST_STEPS)
        # the old best walks on with the most promising moves, so that they are compared after as many passes
        ahead = [0, *(i for i in walked.ranked() if i > 0)][: 1 + SURVIVORS]
        leading, second = ground.walk(walked.parameters.at(np.array(ahead)), SHORT_WALK)
        spent += first + second
        behind = np.isin(np.arange(len(walked)), ahead, invert=True)
        field = leading + walked.at(behind) + field.at(np.arange(len(field)) != best)
        failures = 0 if 0 < field.best < len(leading) else failures + 1
    return field


def is_settled(field: Field) -> bool:
    """Say whether the search may end: explored, or two starts more than half of them reached the best."""
    optima = field.optima()
    n, hits, w = len(field), len(optima[0]), len(optima)
    return 2 * hits >= n + 4 or explored(n, w)


def explored(n: int, w: int) -> bool:
    """Say whether w distinct optima in n starts leave little hope of another one.

    The posterior mean of the number of optima, w (n - 1) / (n - w - 2), is then less than half an optimum
    above w (Boender and Rinnooy Kan 1987, Mathematical Programming 37, equation 10).
    """
    return n > w + 2 and w * (n - 1) / (n - w - 2) <= w + 0.5


def prepare(source: Source, k: int, rng: Generator, n_threads: int | None) -> tuple[Source, Rows]:
    """Return what the race runs on, the source or a sample of its rows, and the rows to draw starts from."""
    n = source.cost.rows
    size = int(np.clip(max(6 * k * (source.n_features + 1), n // 50), SAMPLE, 20 * SAMPLE))
    values = source.sample(size, rng)
    step = max(1, len(values) // max(500, 32 * k))
    rows = Rows(values[::step], source.mean, np.sqrt(source.variance))
    if n <= 2 * size or n < source.n_rows or not (values.min(0) < values.max(0)).all():
        return source, rows
    return ArraySource(values, n_threads=n_threads), rows


def result(field: Field, ground: Ground, *, sampled: bool) -> Result:
    """Sum up where the starts of a race stand."""
    optima = field.optima()
    best = field.best
    # moves that were given up after their first steps are no contenders
    unsure = np.flatnonzero(field.unsure() & np.isfinite(field.ahead))
    unsure = unsure[np.argsort(-(field.logliks + field.ahead)[unsure], kind="stable")]
    contenders = [best, *(int(i) for i in unsure if i != best)][:CONTENDERS]
    others = [int(group[0]) for group in optima[1:] if group[0] not in contenders]
    arrived = [g[0] for g in optima[1:] if field.honest[g[0]] and field.ahead[g[0]] <= SAME]
    second = float(field.logliks[arrived[0]]) if arrived else -np.inf
    loglik = float(field.logliks[best])
    search = Search(
        n_starts=len(field),
        n_best=len(optima[0]),
        n_optima=1 + len(arrived),
        gap=loglik - second,
        n_degenerate=int((~field.honest).sum()),
        n_rows=ground.problem.source.n_rows,
    )
    leaders = field.parameters.at(np.array([*contenders, *others]))
    return Result(leaders, len(contenders), ground, sampled, search, loglik)
