"""The test of one component more: its statistic, its p-value at the null and away from it."""

import numpy as np
import pytest

from mixtura import bootstrap_lrt, datasets, fit_mixture
from mixtura.inference.lrt import ENOUGH, LIGHT, replicate

FAITHFUL = datasets.faithful().data
FAST = {"search": "fast", "n_jobs": 1}


def test_the_geyser_has_more_than_one_component():
    test = bootstrap_lrt(FAITHFUL, 1, replicates=19, **FAST)
    assert test.p_value == 1 / 20
    assert test.statistic == pytest.approx(2 * (test.alternative.loglik - test.null.loglik), rel=1e-12)
    assert (test.replicates < test.statistic / 5).all()
    assert len(test.replicates) == test.asked == 19


def test_three_components_against_two_start_from_the_best_maxima():
    """R's mclust says 6.13, from a maximum of three components that is not the best."""
    test = bootstrap_lrt(FAITHFUL, 2, replicates=1)
    assert test.statistic == pytest.approx(31.6, abs=0.1)


def test_data_and_samples_are_searched_alike(monkeypatch):
    """A longer search of the data alone would find more there, and call chance significant."""
    seen = []

    def recorded(x, k, **options):
        seen.append((k, options["search"]))
        return fit_mixture(x, k, **options)

    monkeypatch.setattr("mixtura.inference.lrt.fit_mixture", recorded)
    for asked in (None, "fast"):
        seen.clear()
        test = bootstrap_lrt(FAITHFUL[:60, 0], 1, search=asked, replicates=2, n_jobs=1)
        replicate(test.null.mixture, 60, 1, np.random.SeedSequence(0), {"search": seen[0][1]})
        assert [k for k, _ in seen] == [1, 2] * (len(seen) // 2)
        assert {search for _, search in seen} == {LIGHT if asked is None else "fast"}


def test_light_searches_find_the_best_maximum_of_the_geyser():
    """Where chance decides, statistics depend on the seed: so did 3 of 12 searches without offspring."""
    wanted = fit_mixture(FAITHFUL, 3).loglik
    for seed in range(20):
        assert fit_mixture(FAITHFUL, 3, search=LIGHT, seed=seed).loglik == pytest.approx(wanted, abs=1e-3)


def test_a_p_value_that_is_settled_ends_the_test():
    x = np.random.default_rng(0).normal(size=100)
    test = bootstrap_lrt(x, 1, replicates=199, **FAST)
    made = len(test.replicates)
    assert made < 199
    assert (test.replicates >= test.statistic).sum() == ENOUGH
    assert test.replicates[-1] >= test.statistic
    assert test.p_value == ENOUGH / made
    assert "which settles it before all 199 were made" in str(test)


def p_value_of(x, seed):
    """Return the p-value of one normal against two of the same variance."""
    return bootstrap_lrt(x, 1, replicates=19, structure="E", seed=seed, **FAST).p_value


def test_p_values_are_uniform_at_the_null_and_small_away_from_it():
    """Of 40 samples from one normal few are rejected at 20%, of 10 from two all."""
    rejected = [p_value_of(np.random.default_rng(i).normal(size=60), i) <= 0.2 for i in range(40)]
    # binomial with 40 and 0.2: outside 2 to 16 once in 1,300 times
    assert 2 <= sum(rejected) <= 16
    for i in range(10):
        rng = np.random.default_rng(i)
        x = np.concatenate([rng.normal(size=40), rng.normal(6.0, size=40)])
        assert p_value_of(x, i) == 0.05


def test_processes_do_not_change_the_answer():
    x = FAITHFUL[:60, 1]
    one, two = (bootstrap_lrt(x, 2, replicates=6, search="fast", n_jobs=jobs) for jobs in (1, 2))
    np.testing.assert_array_equal(one.replicates, two.replicates)
    assert one.p_value == two.p_value


def test_a_callback_hears_every_sample():
    heard = []
    bootstrap_lrt(FAITHFUL[:, 0], 1, replicates=3, callback=lambda *done: heard.append(done), **FAST)
    assert heard == [(1, 3), (2, 3), (3, 3)]


def test_options_are_checked():
    with pytest.raises(ValueError, match="use a whole number from 1"):
        bootstrap_lrt(FAITHFUL, 1, replicates=0)
    with pytest.raises(ValueError, match="a mixture has at least 1 component"):
        bootstrap_lrt(FAITHFUL, 0)
