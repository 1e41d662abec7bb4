"""The trial: what leads on a sample is compared on more rows, unless it stands out."""

import numpy as np
import pytest

from mixtura.parameters import Parameters, concatenated
from mixtura.race import Ground, Result, Search
from mixtura.sources import ArraySource
from mixtura.structures import Floor, structure
from mixtura.trial import PART, stands_out, trial

rng = np.random.default_rng(7)
CENTRES = np.array([[0.0, 0.0], [8.0, 0.0], [0.0, 8.0]])
X = CENTRES[rng.integers(3, size=9_000)] + rng.normal(size=(9_000, 2))
FEW = X[::30]


def mixture(means: np.ndarray, variance: float = 1.0) -> Parameters:
    k = len(means)
    return Parameters(np.full(k, 1.0 / k), means, np.broadcast_to(variance * np.eye(2), (k, 2, 2)))


def found(*leaders: Parameters, walked: list[str] | None = None) -> Result:
    """Return a race's result on few of the rows, with these leaders."""
    sample, family = ArraySource(FEW), structure("VVV", 2)
    magnitude = np.maximum(np.abs(sample.minimum), np.abs(sample.maximum))
    floor = Floor.relative_to(sample.variance, magnitude, sample.unit)
    seen = None if walked is None else lambda progress: walked.append("pass")
    return Result(
        leaders=concatenated([p.at(None) for p in leaders]),
        n_contenders=len(leaders),
        ground=Ground(sample, family, floor, 100.0, seen),
        sampled=True,
        search=Search(len(leaders), 1, 1, np.inf, 0, len(FEW)),
        loglik=0.0,
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
    source, family = ArraySource(x), structure("V", 1)
    floor = Floor.relative_to(source.variance, np.ones(1), source.unit)

    def pair(a: float) -> Result:
        one = np.ones(1)
        both = [Parameters(one, np.array([[m]]), np.ones((1, 1, 1))).at(None) for m in (0.0, a)]
        search = Search(2, 1, 1, np.inf, 0, n)
        return Result(concatenated(both), 2, Ground(source, family, floor, 1.0, None), True, search, 0.0)

    assert not stands_out(pair(a))  # 7 standard errors
    assert stands_out(pair(a * 9 / 7))


def test_a_mixture_that_fits_the_sample_alone_loses_the_trial():
    """A component on each of the sample's first rows beats the truth there, and nowhere else."""
    start = mixture(FEW[:: len(FEW) // 40][:40], 0.05)
    sample, x = ArraySource(FEW), ArraySource(X)
    field, _ = found(start).ground.walk(start.at(None), 30)
    flattered = field.parameters.at(0)
    steady = mixture(np.repeat(CENTRES, [14, 13, 13], axis=0) + 0.1 * rng.normal(size=(40, 2)))
    on_few = [sample.moments(p, "full").loglik for p in (flattered, steady)]
    on_all = [x.moments(p, "full").loglik for p in (flattered, steady)]
    assert on_few[0] > on_few[1] + 20.0
    assert on_all[0] < on_all[1] - 100.0
    assert not stands_out(found(flattered, steady))
    result = trial(found(flattered, steady), x, np.random.default_rng(0), None)
    assert result.n_contenders == 1
    winner, loser = (x.moments(result.leaders.at(i), "full").loglik for i in (0, 1))
    assert winner > loser + 100.0
    assert np.linalg.norm(result.leaders.at(0).means[:, None] - CENTRES, axis=-1).min(1).max() < 1.5


@pytest.mark.parametrize(("leaders", "passes"), [((TRUTH, BLIND), 0), ((TRUTH, NEAR), 3), ((TRUTH,), 0)])
def test_a_trial_takes_place_where_nobody_stands_out(leaders, passes):
    walked: list[str] = []
    source = ArraySource(X)
    result = trial(found(*leaders, walked=walked), source, np.random.default_rng(0), None)
    assert len(walked) == passes
    assert result.n_contenders == 1
    assert len(result.leaders.weights) == len(leaders)


def test_rows_with_a_rare_column_are_tried_whole():
    """One row in thousands differs in the last column: a quarter of the rows that misses it is no data."""
    x = np.c_[X, np.zeros(len(X))]
    x[-1, 2] = 1.0
    source, family = ArraySource(x), structure("VVI", 3)
    floor = Floor.relative_to(source.variance, np.ones(3), source.unit)
    rows: list[int] = []

    class Counting(ArraySource):
        def moments(self, parameters, form):
            rows.append(len(self.x))
            return super().moments(parameters, form)

    whole = Counting(x)
    means = np.c_[CENTRES, np.zeros(3)]
    p = Parameters(np.full(3, 1 / 3), means, np.broadcast_to(np.eye(3), (3, 3, 3))).at(None)
    ground = Ground(ArraySource(x), family, floor, 100.0, None)
    given = Result(concatenated([p, p]), 2, ground, True, Search(2, 1, 1, np.inf, 0, len(x)), 0.0)
    missed = next(
        s for s in range(50) if source.sample(len(x) // PART, np.random.default_rng(s))[:, 2].max() == 0
    )
    trial(given, whole, np.random.default_rng(missed), None)
    assert set(rows) == {len(x)}
