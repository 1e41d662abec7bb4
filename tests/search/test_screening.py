"""The trial: what leads on a sample is compared on more rows, unless it stands out."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from tests.helpers import problem_of

from mixtura.model.forms import FULL
from mixtura.model.parameters import Parameters, concatenated
from mixtura.search.multistart import Result, race
from mixtura.search.screening import PART, part_of, stands_out, trial
from mixtura.sources import ArraySource

rng = np.random.default_rng(7)
CENTRES = np.array([[0.0, 0.0], [8.0, 0.0], [0.0, 8.0]])
X = CENTRES[rng.integers(3, size=9_000)] + rng.normal(size=(9_000, 2))
FEW = X[::30]


def mixture(means: np.ndarray, variance: float = 1.0) -> Parameters:
    k = len(means)
    return Parameters(np.full(k, 1.0 / k), means, np.broadcast_to(variance * np.eye(2), (k, 2, 2)))


@cache
def raced() -> Result:
    """Return what a race on a sample of the rows has found."""
    result = race(problem_of(X), 3, np.random.default_rng(0))
    assert result.sampled
    return result


def found(*leaders: Parameters, sample=FEW, walked: list[str] | None = None) -> Result:
    """Return what a race found, with these leaders on this sample in place of its own."""
    seen = None if walked is None else lambda progress: walked.append("pass")
    return replace(
        raced(),
        leaders=concatenated([p.at(None) for p in leaders]),
        n_contenders=len(leaders),
        ground=replace(raced().ground, problem=problem_of(sample), callback=seen),
    )


TRUTH = mixture(CENTRES)
BLIND = mixture(np.array([[0.0, 0.0], [0.5, 0.0], [4.0, 4.0]]), 9.0)  # a component for two clusters
NEAR = mixture(CENTRES + 0.01)


def test_a_leader_stands_out_when_the_other_misses_a_cluster_and_not_when_it_is_the_same():
    assert stands_out(found(TRUTH, BLIND))
    assert not stands_out(found(BLIND, TRUTH))
    assert not stands_out(found(TRUTH, NEAR))
    assert not stands_out(found(NEAR, TRUTH))
    assert not stands_out(found(TRUTH, TRUTH))


def test_standing_out_is_counted_in_standard_errors_by_hand():
    """Of unit normals about 0 and a, a row's lead is a^2 / 2 - a x: over n rows a sqrt(n) / 2 errors."""
    n, a = 400, 0.7
    x = np.random.default_rng(0).normal(size=n)
    x = ((x - x.mean()) / x.std())[:, None]

    def pair(a: float) -> Result:
        both = [Parameters(np.ones(1), np.array([[m]]), np.ones((1, 1, 1))) for m in (0.0, a)]
        return found(*both, sample=x)

    assert not stands_out(pair(a))  # 7 standard errors
    assert stands_out(pair(a * 9 / 7))


def test_a_mixture_that_fits_the_sample_alone_loses_the_trial():
    """A component on each of the sample's first rows beats the truth there, and nowhere else."""
    start = mixture(FEW[:: len(FEW) // 40][:40], 0.05)
    sample, x = ArraySource(FEW), ArraySource(X)
    field, _ = found(start).ground.walk(start.at(None), 30)
    flattered = field.parameters.at(0)
    near = np.random.default_rng(1).normal(size=(40, 2))
    steady = mixture(np.repeat(CENTRES, [14, 13, 13], axis=0) + 0.1 * near)
    on_few = [sample.moments(p, FULL).loglik for p in (flattered, steady)]
    on_all = [x.moments(p, FULL).loglik for p in (flattered, steady)]
    assert on_few[0] > on_few[1] + 20.0
    assert on_all[0] < on_all[1] - 100.0
    assert not stands_out(found(flattered, steady))
    result = trial(found(flattered, steady), x, np.random.default_rng(0))
    assert result.n_contenders == 1
    winner, loser = (x.moments(result.leaders.at(i), FULL).loglik for i in (0, 1))
    assert winner > loser + 100.0
    assert np.linalg.norm(result.leaders.at(0).means[:, None] - CENTRES, axis=-1).min(1).max() < 1.5


@pytest.mark.parametrize(("leaders", "passes"), [((TRUTH, BLIND), 0), ((TRUTH, NEAR), 3), ((TRUTH,), 0)])
def test_a_trial_takes_place_where_nobody_stands_out(leaders, passes):
    walked: list[str] = []
    source = ArraySource(X)
    result = trial(found(*leaders, walked=walked), source, np.random.default_rng(0))
    assert len(walked) == passes
    assert result.n_contenders == 1
    assert len(result.leaders.weights) == len(leaders)


def test_rows_with_a_rare_column_are_tried_whole():
    """One row in thousands differs in the last column: a quarter of the rows that misses it is no data."""
    x = np.c_[X, np.zeros(len(X))]
    x[-1, 2] = 1.0
    source = ArraySource(x)
    parts = [part_of(source, np.random.default_rng(seed)) for seed in range(40)]
    assert {part.n_rows for part in parts} == {len(x), len(x) // PART}
    assert all(part is source for part in parts if part.n_rows == len(x))


def test_a_part_keeps_the_rows_weights():
    """A few rows hold nearly all the weight: means of the part and of the whole agree to sampling error."""
    rng = np.random.default_rng(5)
    weights = np.where(np.arange(len(X)) % 20 == 3, 400.0, 1.0) * rng.uniform(0.5, 1.5, len(X))
    weights[rng.random(len(X)) < 0.3] = 0.0
    x = X + 5.0 * (np.arange(len(X)) % 20 == 3)[:, None]
    whole, part = ArraySource(x, weights), part_of(ArraySource(x, weights), np.random.default_rng(0))
    assert part.n_rows == whole.n_rows // PART
    assert part.total_weight == pytest.approx(whole.total_weight / PART, rel=0.2)
    np.testing.assert_allclose(part.mean, whole.mean, rtol=0, atol=0.8)
    assert np.abs(part.x.mean(0) - whole.mean).min() > 2.0  # without weights it would be another one


def test_the_winner_is_the_weighted_one():
    """Rows of the second leader's own cluster are few and heavy: without weights the first one would win."""
    heavy = np.arange(len(X)) % 10 == 0
    x = X + np.where(heavy, 6.0, 0.0)[:, None]
    source = ArraySource(x, np.where(heavy, 100.0, 1.0))
    light, weighty = mixture(CENTRES), mixture(CENTRES + 6.0)
    plain = [ArraySource(x).moments(p, FULL).loglik for p in (light, weighty)]
    counted = [source.moments(p, FULL).loglik for p in (light, weighty)]
    assert plain[0] > plain[1]
    assert counted[0] < counted[1]
    even = found(light, weighty, sample=(CENTRES + 3.0)[np.arange(30) % 3] + 0.1 * X[:30])
    even = replace(even, search=replace(even.search, n_best=2))
    assert not stands_out(even)
    result = trial(even, source, np.random.default_rng(0))
    assert result.search.n_best == 1
    far = np.linalg.norm(result.leaders.at(0).means - weighty.means)
    assert far < np.linalg.norm(result.leaders.at(0).means - light.means)
