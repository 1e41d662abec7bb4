"""The race: many starts walk side by side, more of them while they disagree, and the best is climbed."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from .degenerate import degenerate
from .parameters import Array, Parameters
from .sources import ArraySource, Source
from .starts import Rows, concatenated, draw, split_merge
from .structures import Floor, Structure

FIRST = 8  # starts of the first round
MOST = 64  # starts in all
ROUNDS = 3  # of walking on before more starts join
WALK = 20  # plain passes of a round; by then an honest leader mostly leads to the best optimum of them all
LEAST_WALK = 4  # where passes are dear
WORK = (
    4e6  # what a race may always spend, in rows times components times starts times passes of one dimension
)
SHARE = 3.0  # passes over the whole data that it may spend where that is more
SAMPLE = 2000  # rows, at least, of the sample that a race over many more rows runs on
CONTENDERS = 3  # starts that are climbed to the end side by side
SAME = 0.05  # nats: maxima closer than this are one
UNSURE = 0.5  # nats ahead of a start from which on nobody knows where it leads
ARRIVED = 0.005  # nats ahead of a start that need not walk on
SLOWEST = 0.99  # the rate of convergence that is believed in an extrapolation


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
class Field:
    """The starts of a race where they stand."""

    parameters: Parameters  # (m,)
    logliks: Array  # (m,), nats, of these parameters
    ahead: Array  # (m,), nats that plain EM seems to have before it
    honest: np.ndarray  # (m,), no component is degenerate

    def ranked(self) -> np.ndarray:
        """Return the starts (m,), honest ones first, then by log-likelihood."""
        return np.lexsort((-self.logliks, ~self.honest))

    def optima(self) -> list[np.ndarray]:
        """Group the starts by the optimum that they seem to lead to, best first."""
        groups: list[list[int]] = []
        for i in self.ranked():
            top = groups[-1][0] if groups else None
            near = top is not None and self.honest[top] == self.honest[i]
            # one that is still on its way may yet reach what stands above it
            if near and self.logliks[top] - self.logliks[i] <= SAME + min(self.ahead[i], UNSURE):
                groups[-1].append(i)
            else:
                groups.append([i])
        return [np.array(group) for group in groups]

    def unsure(self, best: int) -> np.ndarray:
        """Say which starts (m,) may overtake the best, or what they lead to."""
        return self.honest & (self.ahead > UNSURE) & (self.logliks + 2.0 * self.ahead > self.logliks[best])

    def at(self, index: np.ndarray) -> Field:
        """Return these starts."""
        return Field(self.parameters.at(index), self.logliks[index], self.ahead[index], self.honest[index])

    def __add__(self, other: Field) -> Field:
        return Field(
            concatenated([self.parameters, other.parameters]),
            np.concatenate([self.logliks, other.logliks]),
            np.concatenate([self.ahead, other.ahead]),
            np.concatenate([self.honest, other.honest]),
        )


def walk(
    source: Source, structure: Structure, starts: Parameters, floor: Floor, passes: int
) -> tuple[Field, int]:
    """Give every start (m,) plain EM passes until none has anything ahead; return the field and passes."""
    history: list[Array] = []
    while True:
        moments = source.moments(starts, structure.form)
        history.append(moments.loglik)
        ahead = extrapolated(history)
        if len(history) >= passes or (ahead < ARRIVED).all():
            break
        starts = structure.maximise(moments, floor)
    honest = np.asarray(~degenerate(starts, source, structure, floor).any(-1))
    return Field(starts, moments.loglik, ahead, honest), len(history)


def extrapolated(history: list[Array]) -> Array:
    """Return the nats (m,) ahead of each start if its gains go on to shrink at the slower last rate."""
    if len(history) < 4:
        return np.full_like(history[-1], np.inf)
    first, second, third = (b - a for a, b in zip(history[-4:-1], history[-3:]))
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = np.maximum(np.where(first > 0, second / first, 0.0), np.where(second > 0, third / second, 0.0))
    rate = np.clip(rate, 0.0, SLOWEST)
    return np.maximum(third, 0.0) * rate / (1.0 - rate)


def explored(n: int, w: int) -> bool:
    """Say whether w distinct optima in n starts leave little hope of another one.

    The posterior mean of the number of optima, w (n - 1) / (n - w - 2), is then less than half an optimum
    above w (Boender and Rinnooy Kan 1987, Mathematical Programming 37, equation 10).
    """
    return n > w + 2 and w * (n - 1) / (n - w - 2) <= w + 0.5


def settled(n: int, hits: int, w: int) -> bool:
    """Say whether the search may end: explored, or two starts more than half of them reached the best."""
    return 2 * hits >= n + 4 or explored(n, w)


def pass_rows(source: Source) -> int:
    """Return the rows that a pass reads, which a compressed source has fewer of than it stands for."""
    return int(getattr(source, "pass_rows", source.n_rows))


def prepare(source: Source, k: int, rng: Generator, n_threads: int | None) -> tuple[Source, Rows]:
    """Return what the race runs on, the source or a sample of its rows, and the rows to draw starts from."""
    d = source.n_features
    size = int(np.clip(5 * k * (d + 1), SAMPLE, 10 * SAMPLE))
    values = source.sample(size, rng)
    step = max(1, len(values) // max(500, 32 * k))
    rows = Rows(values[::step], source.mean, np.sqrt(source.variance))
    if pass_rows(source) <= 2 * size or not (values.min(0) < values.max(0)).all():
        return source, rows
    return ArraySource(values, n_threads=n_threads), rows


@dataclass(frozen=True, eq=False)
class Result:
    """What a race found."""

    leaders: Parameters  # (m,), where to climb from, the most promising first
    n_contenders: int  # the first so many deserve a climb; the others only where these end degenerate
    sampled: bool  # whether it ran on a sample of the rows
    search: Search
    loglik: float  # nats, of the first leader


def race(
    source: Source,
    structure: Structure,
    k: int,
    rng: Generator,
    *,
    floor: Floor,
    n_init: int | None = None,
    n_threads: int | None = None,
) -> Result:
    """Search for the best optimum.

    With ``n_init`` exactly that many starts run; without it, eight, and more while they disagree: half of
    them one move away from the best so far, half drawn afresh. Where passes are dear all are moves, and only
    the best and they walk on.
    """
    ground, rows = prepare(source, k, rng, n_threads)
    n, d = pass_rows(ground), source.n_features
    budget = (
        max(WORK / (k * (1.0 + d * (d + 3) / 20.0)), SHARE * pass_rows(source)) / n
    )  # starts times passes
    started = FIRST if n_init is None else n_init
    walkers = draw(rows, k, started, rng)
    rested: Field | None = None
    rounds = 0
    while True:
        m = len(walkers.weights)
        dear = budget < 2 * WALK * m
        passes = int(np.clip(0.5 * budget / m, LEAST_WALK, WALK))
        walked, used = walk(ground, structure, walkers, floor, passes)
        budget -= m * used
        field = walked if rested is None else walked + rested
        optima = field.optima()
        best = optima[0][0]
        goes_on = field.ahead >= ARRIVED
        rounds += 1
        if not dear and rounds < ROUNDS and field.unsure(best).any():
            walkers, rested = field.parameters.at(goes_on), field.at(~goes_on)
            continue
        rounds = 0
        if n_init is not None or settled(started, len(optima[0]), len(optima)):
            break
        more = min(started, MOST - started, int(budget / (2 * LEAST_WALK)) - 1 if dear else MOST)
        if more < 1:
            break
        top = field.parameters.at(best)
        moves = split_merge(top, more if dear else more // 2, rng, degenerate(top, ground, structure, floor))
        moves = replace(moves, covariances=floor.raise_matrices(moves.covariances))
        fresh = more - len(moves.weights)
        started += more
        if dear:
            goes_on &= np.arange(len(goes_on)) == best
        parts = [field.parameters.at(goes_on), moves]
        walkers = concatenated(parts if fresh < 1 else [*parts, draw(rows, k, fresh, rng, deep=not dear)])
        rested = field.at(~goes_on)
    contenders, others = order_of_climbs(field, optima)
    leaders = field.parameters.at(np.array([*contenders, *others]))
    arrived = [g[0] for g in optima[1:] if field.honest[g[0]] and field.ahead[g[0]] <= SAME]
    second = float(field.logliks[arrived[0]]) if arrived else -np.inf
    search = Search(
        started,
        len(optima[0]),
        1 + len(arrived),
        float(field.logliks[best]) - second,
        int((~field.honest).sum()),
        ground.n_rows,
    )
    return Result(leaders, len(contenders), ground is not source, search, float(field.logliks[best]))


def order_of_climbs(field: Field, optima: list[np.ndarray]) -> tuple[list[int], list[int]]:
    """Return the starts that may end best, and the best of every other optimum, as indices, best first."""
    best = int(optima[0][0])
    heads = [int(group[0]) for group in optima[1:]]
    rivals = np.flatnonzero(field.unsure(best))
    rivals = rivals[np.argsort(-(field.logliks + field.ahead)[rivals], kind="stable")]
    contenders = [best, *(int(i) for i in rivals if i != best)][:CONTENDERS]
    return contenders, [i for i in heads if i not in contenders]
