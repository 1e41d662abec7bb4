"""Sampled: where all rows are dear to read, a sample of them is searched, and its maximum followed home."""

from __future__ import annotations

from dataclasses import replace

from numpy.random import Generator

from ..em import Problem, Run, Settings, home, maximise
from ..sources import Source
from .account import Search
from .effort import Effort
from .ground import Ground
from .refinement import refined
from .searching import apart, start_rows
from .searching import search as search_from
from .starts import clustered

MOST_ROWS = 2**19  # of the sample: some hundred thousand leave of a step to the maximum a few hundredths
MOST_NUMBERS = 2**25  # in it


def sampled(source: Source, rng: Generator) -> Source:
    """Return the rows that are searched in the place of all."""
    size = min(MOST_ROWS, MOST_NUMBERS // source.n_features, source.n_rows)
    return source.subsample(size, apart(rng))


def from_sample(
    problem: Problem,
    k: int,
    rng: Generator,
    effort: Effort,
    n_init: int | None,
    settings: Settings,
) -> tuple[Run, Search | None]:
    """Search a sample of the rows as a fit searches rows that are at hand, and climb from there on all rows.

    Return the run on all rows, and the account of the search.

    Raises
    ------
    ValueError
        If a column does not vary in the sample.
    """
    sample = problem.on(sampled(problem.source, rng))
    own = replace(settings, callback=None)
    account = None
    if n_init == 1 or k == 1:
        start = clustered(start_rows(sample.source, k, rng), k, 1, rng).at(0)
        found = maximise(sample, start, own)
    else:
        leaders, account, near = search_from(
            Ground(sample, settings.max_iter, settings.callback), k, rng, effort, n_init
        )
        found, account = refined(leaders, account, sample, own, near)
    return home(problem, sample, found.parameters, settings), account
