"""The population: what is climbed, what is counted, and who takes over where the best collapses."""

from dataclasses import replace

import numpy as np
import pytest
from tests.helpers import problem_of

from mixtura import datasets, fit_mixture
from mixtura.em import Settings
from mixtura.em.degenerate import degenerate
from mixtura.model.parameters import Parameters, stacked
from mixtura.search import searching
from mixtura.search.account import Search
from mixtura.search.candidates import walked
from mixtura.search.effort import EFFORTS, effort_of
from mixtura.search.ground import Ground
from mixtura.search.offspring import crossed, mutated, united
from mixtura.search.population import Population, rivals
from mixtura.search.refinement import refined
from mixtura.search.searching import start_rows
from mixtura.search.starts import clustered, scattered

GALAXIES = datasets.galaxies().data


def account(n_best, n_starts, gap=np.inf):
    """Return the account of a search."""
    return Search(n_starts, n_best, 2, gap, 0, 82)


def grown(seed=0):
    """Return a search of the galaxies with a few optima."""
    ground, rng = Ground(problem_of(GALAXIES, "V")), np.random.default_rng(seed)
    population = Population(ground)
    starts = scattered(start_rows(ground.source, 4, rng), 4, 12, rng)
    found = walked(ground, starts, tuple(f"start {i}" for i in range(12)), 40)
    population.add(found, 3)
    return ground, population, found


def test_the_best_that_was_climbed_leads_and_is_counted():
    ground, population, found = grown()
    assert population.leader.loglik == max(one.loglik for one in population.members if one.run is not None)
    assert population.tried == len(found)
    assert sum(population.reached().values()) >= 1
    again = walked(ground, population.leader.parameters.at(None), ("again",), 4)
    hits, since = sum(population.reached().values()), population.since
    assert not population.add(again, 2)
    assert sum(population.reached().values()) == hits + 1
    assert population.since == since + 1


def test_what_stands_higher_is_climbed_where_another_that_promised_more_ends_lower():
    ground, _, found = grown()
    low, high = int(found.logliks.argmin()), int(found.logliks.argmax())
    assert found.logliks[low] < found.logliks[high] - 1.0
    promising = np.where(np.arange(len(found)) == low, 1e5, found.ahead)
    population = Population(ground)
    assert population.add(replace(found, ahead=promising), 1)
    assert population.best > found.logliks.max() - 0.01


def test_another_is_climbed_where_the_first_collapses():
    x = np.append(GALAXIES[:, 0], GALAXIES[40, 0])
    ground, rng = Ground(problem_of(x, "V")), np.random.default_rng(0)
    spike = Parameters(
        np.array([0.1, 0.4, 0.46, 0.04]),
        np.array([9.7, 20.0, 23.0, x[40]])[:, None],
        np.array([0.2, 1.0, 4.0, 1e-6])[:, None, None],
    )
    sound = clustered(start_rows(ground.source, 4, rng), 4, 1, rng).at(0)
    found = walked(ground, stacked([spike, sound]), ("spike", "sound"), 4)
    found = replace(found, honest=np.array([True, True]), ahead=np.array([1e5, 1.0]))
    population = Population(ground)
    assert population.add(found, 1)
    assert population.leader.kind == "sound"
    assert (population.tried, population.degenerate, population.agreed) == (2, 1, 1)


def far_outliers():
    """Return rows of heavy tails, four of them so far away that they hold components of their own."""
    rng = np.random.default_rng(8)
    x = rng.normal(size=(120, 3)) * np.sqrt(2.0 / rng.chisquare(2, size=(120, 1)))
    x[:4] *= 30.0
    return x


def test_starts_of_other_kinds_are_tried_where_the_first_collapse_and_passes_are_dear(monkeypatch):
    monkeypatch.setattr(searching, "DEAR", 0.0)
    fit = fit_mixture(far_outliers(), 4, seed=8)
    assert not fit.degenerate
    assert fit.search.n_best >= 1


def test_a_search_that_leads_nowhere_counts_all_that_it_tried():
    fit = fit_mixture(far_outliers(), 4, seed=8, search="fast")
    assert fit.degenerate
    assert fit.search.n_starts > 8
    assert fit.search.n_degenerate == fit.search.n_starts
    assert (fit.search.n_best, fit.search.kinds) == (0, ())


def test_members_are_distinct_optima_the_best_first():
    population = grown()[1]
    logliks = [one.loglik + min(one.ahead, 5.0) for one in population.members]
    assert logliks == sorted(logliks, reverse=True)
    climbed = [one.loglik for one in population.members if one.run is not None]
    assert np.diff(climbed).max(initial=-1.0) < -0.05


def test_rivals_are_distinct_maxima_below_the_best():
    np.testing.assert_array_equal(rivals([-3.0, -1.0, -3.01, -7.0], -1.0), [-3.0, -7.0])


def test_the_next_takes_over_where_the_leader_collapses():
    """Two equal galaxies under a component so narrow that its climb ends at the floor."""
    x = np.append(GALAXIES[:, 0], GALAXIES[40, 0])
    problem = problem_of(x, "V")
    spike = Parameters(
        np.array([0.1, 0.4, 0.48, 0.02]),
        np.array([9.7, 20.0, 23.0, x[40]])[:, None],
        np.array([0.2, 1.0, 4.0, 1e-9])[:, None, None],
    )
    rng = np.random.default_rng(0)
    sound = clustered(start_rows(problem.source, 4, rng), 4, 1, rng).at(0)
    run, told = refined(stacked([spike, sound]), account(5, 9), problem, Settings())
    assert not degenerate(problem, run.parameters).any()
    assert told.n_best == 1
    alone, _ = refined(spike.at(None), account(5, 9), problem, Settings())
    assert degenerate(problem, alone.parameters).any()


def test_offspring_are_mixtures_of_their_parents(random_mixture):
    one, other = (random_mixture(2, 3, seed=s).parameters for s in (1, 2))
    x = np.random.default_rng(0).normal(size=(60, 2))
    ground = Ground(problem_of(x))
    both = united(one, other)
    np.testing.assert_allclose(both.weights.sum(), 1.0, rtol=1e-14)
    assert both.n_components == 6
    child = crossed(one, other, np.random.default_rng(3))
    np.testing.assert_allclose(child.weights.sum(), 1.0, rtol=1e-14)
    parents = np.concatenate([one.means, other.means])
    assert (np.linalg.norm(child.means[:, None] - parents, axis=-1).min(1) == 0.0).all()
    moved = mutated(ground, one, x, np.random.default_rng(3))
    assert (moved.means != one.means).any(-1).sum() == 1
    np.testing.assert_allclose(moved.weights.sum(), 1.0, rtol=1e-14)


def test_crossing_a_mixture_with_itself_in_another_order_changes_nothing(random_mixture):
    one = random_mixture(2, 4, seed=1).parameters
    child = crossed(one, one.at([2, 0, 3, 1]), np.random.default_rng(0))
    np.testing.assert_allclose(child.means, one.means, rtol=1e-12)


def test_efforts_differ_and_what_is_none_says_so():
    fast, default, thorough = (EFFORTS[name] for name in ("fast", "default", "thorough"))
    assert fast.time_to_search(1e6) <= default.time_to_search(1e6) < thorough.time_to_search(1e6)
    with pytest.raises(ValueError, match="search is 'deep'; use one of fast, default, thorough"):
        effort_of("deep")
    with pytest.raises(ValueError, match="search is 3"):
        fit_mixture(GALAXIES, 2, search=3)


def test_more_effort_asks_more_of_the_rows_and_ends_no_lower():
    fits = [fit_mixture(GALAXIES, 4, search=name) for name in ("fast", "default")]
    assert fits[0].work.reads < fits[1].work.reads
    assert fits[0].loglik <= fits[1].loglik + 1e-3


@pytest.mark.parametrize(
    ("n_best", "n_starts", "gap", "doubt"),
    [
        (7, 7, np.inf, False),
        (9, 50, np.inf, True),
        (25, 50, 1.0, True),
        (15, 50, 9.0, False),
        (35, 50, 1.0, False),
        (0, 3, 9.0, True),
    ],
)
def test_doubt_by_hand(n_best, n_starts, gap, doubt):
    assert account(n_best, n_starts, gap).doubtful == doubt


def test_a_fit_that_few_ways_led_to_says_that_a_better_maximum_may_have_been_missed():
    x = np.random.default_rng(0).normal(size=(300, 2))
    said = [
        note for note in fit_mixture(x, 5).notes if note.startswith("a better maximum may have been missed")
    ]
    assert len(said) == 1
    clear = fit_mixture(datasets.faithful().data, 2)
    assert not any("missed" in note for note in clear.notes)


@pytest.mark.parametrize("n_threads", [2, 5])
def test_the_search_ends_in_the_same_bits_with_any_number_of_threads(n_threads):
    rng = np.random.default_rng(5)
    x = 4.0 * rng.normal(size=(9, 3))[rng.integers(9, size=9000)] + rng.normal(size=(9000, 3))
    one, many = (fit_mixture(x, 9, n_threads=n, seed=2) for n in (1, n_threads))
    np.testing.assert_array_equal(one._parameters.means, many._parameters.means)
    np.testing.assert_array_equal(one.history, many.history)
    assert one.search == many.search
