"""Drawing rows by weight."""

from itertools import combinations

import numpy as np
import pytest

from mixtura.sources import ArraySource
from mixtura.sources.sampling import draw_rows


def test_pairs_come_as_often_as_successive_draws_say():
    weights = np.array([1.0, 2.0, 0.0, 3.0, 4.0])
    p, rng, n = weights / weights.sum(), np.random.default_rng(0), 4000
    drawn = [tuple(draw_rows(weights, 2, rng)) for _ in range(n)]
    for i, j in combinations(range(5), 2):
        expected = p[i] * p[j] / (1 - p[i]) + p[i] * p[j] / (1 - p[j])
        deviation = np.sqrt(expected * (1 - expected) / n)
        assert abs(drawn.count((i, j)) / n - expected) <= 4 * deviation


@pytest.mark.parametrize("size", [1, 100, 2000])
def test_rows_are_distinct_sorted_and_of_positive_weight(size):
    rng = np.random.default_rng(1)
    weights = rng.exponential(size=10_000) * (rng.random(10_000) < 0.3)
    weights[2048:3072] = 0.0  # a whole block
    rows = draw_rows(weights, size, rng)
    assert len(rows) == size
    assert (np.diff(rows) > 0).all()
    assert (weights[rows] > 0).all()


def test_all_rows_of_very_unequal_weights_are_drawn():
    weights = np.array([1e20, 1.0, 0.0, 2.0])
    assert draw_rows(weights, 3, np.random.default_rng(0)).tolist() == [0, 1, 3]


def test_a_source_hands_out_no_more_rows_than_count():
    x = np.arange(10.0)
    source = ArraySource(x, (x % 2 == 0).astype(float))
    assert source.sample(100, np.random.default_rng(0)).ravel().tolist() == [0, 2, 4, 6, 8]
    assert len(ArraySource(x).sample(100, np.random.default_rng(0))) == 10
