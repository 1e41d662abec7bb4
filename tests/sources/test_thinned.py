"""Thinned: an even sample, the same however rows are cut."""

import numpy as np
import pytest

from mixtura.sources.thinned import Thinned


def kept(n, most, cuts=(), seed=0):
    thinned = Thinned(most, seed)
    for part in np.split(np.arange(n, dtype=float)[:, None], cuts):
        thinned.feed(part, 2.0 * part[:, 0])
    rows, weights = thinned.rows()
    np.testing.assert_array_equal(weights, 2.0 * rows[:, 0])
    assert thinned.n_rows == n
    return rows[:, 0].astype(int), thinned.run


@pytest.mark.parametrize("n", [1, 99, 100])
def test_few_rows_are_all_kept(n):
    rows, run = kept(n, 100)
    np.testing.assert_array_equal(rows, np.arange(n))
    assert run == 1


@pytest.mark.parametrize("n", [101, 150, 199, 200, 201, 1000, 12_345])
def test_of_many_one_of_each_run_is_kept(n):
    rows, run = kept(n, 100)
    assert 50 <= len(rows) <= 100
    np.testing.assert_array_equal(rows // run, np.arange(len(rows)))
    assert rows[-1] < n


@pytest.mark.parametrize("cuts", [[1], [99, 100, 101], [0, 0, 5_000], range(1, 9_999)])
def test_the_sample_does_not_depend_on_the_cuts(cuts):
    rows, _ = kept(10_000, 64, cuts)
    np.testing.assert_array_equal(rows, kept(10_000, 64)[0])


def test_every_row_has_the_same_chance():
    n, draws = 1_037, 4_000
    counts = np.zeros(n)
    for seed in range(draws):
        rows, run = kept(n, 64, seed=seed)
        counts[rows] += 1
    # of a run of 32, each row is drawn with a chance of 1 / 32: five standard errors over all rows
    chance = 1 / run
    assert np.abs(counts / draws - chance).max() < 5 * np.sqrt(chance * (1 - chance) / draws)
