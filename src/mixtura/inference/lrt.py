"""How many components, as a test: the likelihood ratio against its distribution under the smaller number."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .. import _core
from ..em.degenerate import rows_in
from ..model.mixture import Mixture
from ..model.parameters import Array
from ..search.effort import Effort
from ..search.fitting import fit_mixture
from ..search.result import Fit
from ..sources import open_source
from ..structures import Structure

ENOUGH = 10  # replicates at or above the statistic, after which the p-value is settled
BATCH = 8  # replicates a process has in hand before one looks whether it is settled
# Of sixty fits of three components to the geyser's rows all reach the maximum that "default" does, in a
# quarter of the time; samples from two have hardly a maximum that every search agrees on.
LIGHT = Effort((3.0,), 1, 6, 24, 1, 4, 3.0, 1e8, 2e8)


@dataclass(frozen=True, eq=False)
class LikelihoodRatioTest:
    """A test of k components against k + 1 by the parametric bootstrap."""

    n_components: int  # under the null hypothesis, k
    structure: str
    statistic: float  # twice the difference of log-likelihoods, in nats
    p_value: float
    replicates: Array  # (b,) of the statistic under the null hypothesis, in the order of their draws
    asked: int  # replicates; fewer have been made where they had settled the p-value
    null: Fit
    alternative: Fit

    def __str__(self) -> str:
        k, made = self.n_components, len(self.replicates)
        above = int((self.replicates >= self.statistic).sum())
        early = "" if made == self.asked else f", which settles it before all {self.asked} were made"
        return (
            f"{k} against {k + 1} components ({self.structure}): 2 log ratio {self.statistic:.4g}, "
            f"p = {self.p_value:.3g} ({above} of {made} samples from {k} are as far{early})"
        )


def bootstrap_lrt(
    x: Any,
    k: int,
    *,
    structure: str | Structure = "VVV",
    replicates: int = 199,
    search: str | None = None,
    sample_weight: ArrayLike | None = None,
    seed: int = 0,
    n_jobs: int | None = None,
    callback: Callable[[int, int], None] | None = None,
    **options: Any,
) -> LikelihoodRatioTest:
    """Test k components against k + 1 (McLachlan 1987, Journal of the Royal Statistical Society C 36).

    The likelihood ratio of mixtures has no chi-squared distribution. So samples are drawn from the fit of k,
    and both numbers of components are fitted to each, by the same search as in the data. The statistic is
    what that search finds: a longer one for the data alone would find more there than in the samples, and
    call chance significant. Where ten samples are as far as the data, the
    p-value is settled, and no more are drawn (Besag and Clifford 1991, Biometrika 78): it is ten over their
    number then, and else that of samples at least as far and one, over that of all and one.

    Parameters
    ----------
    x : array_like of shape (n, d) or (n,), a path, or whatever `mixtura.open_source` takes
        The rows.
    k : int
        Components under the null hypothesis.
    structure : str or Structure
        Of the covariances, under both.
    replicates : int
        Samples, at most.
    search : {"fast", "default", "thorough"}, optional
        How long to look for better maxima, in the data as in every sample. By default less long than a single
        fit does: samples with a component too many have maxima without end, on ever fewer rows.
    sample_weight : array_like of shape (n,), optional
        How often rows were met.
    seed : int
        What samples and starts are drawn with.
    n_jobs : int, optional
        Processes; every core by default. The answer is the same for any number.
    callback : callable, optional
        Called with how many samples are done, and of how many.
    **options
        Of `mixtura.fit_mixture`, such as ``equal_weights`` or ``tol``: for the data and for every sample.

    Returns
    -------
    LikelihoodRatioTest

    Raises
    ------
    ValueError
        If an option is none, or either number of components cannot be fitted.
    """
    if isinstance(replicates, bool) or not isinstance(replicates, Integral) or replicates < 1:
        raise ValueError(f"replicates is {replicates!r}; use a whole number from 1, such as 199")
    source = open_source(x, sample_weight)
    options = {**options, "search": LIGHT if search is None else search}
    fits = [fit_mixture(source, m, structure=structure, seed=seed, **options) for m in (k, k + 1)]
    statistic = _statistic(*fits)
    n = round(rows_in(source))
    options = {**options, "structure": structure, "n_threads": 1}
    seeds = np.random.SeedSequence(seed).spawn(int(replicates))
    made: list[float] = []
    above = 0
    for found in _made(fits[0].mixture, n, k, seeds, options, n_jobs):
        made.append(found)
        above += found >= statistic
        if callback is not None:
            callback(len(made), int(replicates))
        if above == ENOUGH:
            break
    settled = above == ENOUGH
    p_value = above / len(made) if settled else (above + 1) / (len(made) + 1)
    name = fits[0].structure.name
    return LikelihoodRatioTest(k, name, statistic, p_value, np.array(made), int(replicates), fits[0], fits[1])


def _statistic(null: Fit, alternative: Fit) -> float:
    """Return twice the log-likelihood ratio; more components are never worse than fewer."""
    return 2.0 * max(alternative.loglik - null.loglik, 0.0)


def replicate(
    mixture: Mixture, n: int, k: int, seed: np.random.SeedSequence, options: dict[str, Any]
) -> float:
    """Return the statistic of a sample of n rows drawn from a mixture of k components."""
    rng = np.random.default_rng(seed)
    rows = mixture.rvs(n, rng)
    own = int(rng.integers(2**31))
    null, alternative = (fit_mixture(rows, m, seed=own, **options) for m in (k, k + 1))
    return _statistic(null, alternative)


def _made(
    mixture: Mixture,
    n: int,
    k: int,
    seeds: list[np.random.SeedSequence],
    options: dict[str, Any],
    n_jobs: int | None,
) -> Iterator[float]:
    """Yield the statistics of samples in the order of their seeds, made by several processes."""
    from joblib import Parallel, delayed  # slow to import, and comes with scikit-learn

    jobs = _core.n_threads(n_jobs)
    size = BATCH * jobs
    with Parallel(n_jobs=jobs) as parallel:
        for first in range(0, len(seeds), size):
            batch = (delayed(replicate)(mixture, n, k, seed, options) for seed in seeds[first : first + size])
            yield from parallel(batch)
