"""Exchanges: a component on two clusters is cut, two on one are merged, and what that is worth."""

import numpy as np
import pytest
from tests.helpers import FAMILIES, climbed, problem_of

from mixtura.model.parameters import Parameters
from mixtura.search.exchanges import Exchange, exchanges, put
from mixtura.search.ground import Ground
from mixtura.search.partial import Moved, moved
from mixtura.search.repair import together
from mixtura.search.sample import Look, Sample
from mixtura.search.splitting import best_split

RNG = np.random.default_rng(3)
CENTRES = np.array([[0.0, 0.0], [9.0, 0.0], [0.0, 9.0], [9.0, 9.0]])
LABELS = RNG.integers(4, size=1200)
X = CENTRES[LABELS] + RNG.normal(size=(1200, 2))
WRONG = np.array([[0.0, 0.3], [0.3, 0.0], [0.0, 9.0], [9.0, 4.5]])  # two on the first cluster, one on two


def stuck(structure="VVV", weights=None):
    """Return the search on four clusters, and the local maximum with one component on two of them."""
    problem = problem_of(X, structure, weights)
    start = Parameters(np.full(4, 0.25), WRONG, np.broadcast_to(np.eye(2), (4, 2, 2)))
    wide = start.covariances.copy()
    wide[3] = np.diag([1.0, 20.0])
    run = climbed(problem, problem.structure.admitted(Parameters(start.weights, WRONG, wide), problem.floor))
    return Ground(problem), run


def look_at(ground, parameters, most=10_000):
    look = Look.of(ground, Sample.of(ground.source, most, np.random.default_rng(0)), parameters)
    assert look is not None
    return look


@pytest.mark.parametrize("structure", FAMILIES)
@pytest.mark.parametrize("most", [10_000, 300])
def test_the_first_exchange_leads_out_of_the_maximum_with_one_component_on_two_clusters(structure, most):
    ground, run = stuck(structure)
    look = look_at(ground, run.parameters, most)
    best = exchanges(ground, look, np.random.default_rng(0))[0]
    if not structure.startswith("EE"):  # whose components are all as wide as clusters lie apart
        assert best.components[0] == int(np.linalg.norm(run.parameters.means - [9.0, 4.5], axis=1).argmin())
    end = climbed(ground.problem, ground.admitted(best.made(run.parameters)))
    assert end.loglik > run.loglik + 100.0
    nearest = np.linalg.norm(end.parameters.means[None] - CENTRES[:, None], axis=-1).min(1)
    assert nearest.max() < 0.5


def test_what_an_exchange_promises_comes_when_its_components_have_moved():
    ground, run = stuck()
    look = look_at(ground, run.parameters)
    best = exchanges(ground, look, np.random.default_rng(0))[0]
    tried = moved(ground, look, best, 8)
    whole = ground.problem.evaluate(ground.admitted(tried.made(run.parameters)).at(None)).loglik[0]
    assert tried.net > 100.0
    assert whole == pytest.approx(run.loglik + tried.net, abs=1.0)


def test_a_weighted_row_counts_as_so_many_rows():
    """Promises on weights 2 are twice those on the rows once."""
    single, double = (
        exchanges(ground, look_at(ground, run.parameters), np.random.default_rng(0))[0]
        for ground, run in (stuck(), stuck(weights=np.full(len(X), 2.0)))
    )
    assert double.net == pytest.approx(2.0 * single.net, rel=0.05)


def test_no_exchange_promises_anything_at_the_best_maximum():
    problem = problem_of(X)
    run = climbed(problem, Parameters(np.full(4, 0.25), CENTRES, np.broadcast_to(np.eye(2), (4, 2, 2))))
    ground = Ground(problem)
    found = exchanges(ground, look_at(ground, run.parameters), np.random.default_rng(0))
    assert all(one.net < 10.0 for one in found)
    assert not [one for one in found if len(one.components) == 3 and one.hopeful]


def test_a_component_of_few_rows_is_not_cut():
    ground, run = stuck()
    look = look_at(ground, run.parameters)
    one = run.parameters.at(slice(0, 1))
    single = Parameters(np.ones(1), one.means, one.covariances)
    shares = np.zeros(len(X))
    shares[:5] = 1.0
    rng, mixture = np.random.default_rng(0), run.parameters
    assert best_split(ground, look.sample, single, shares, mixture, rng) is None


def test_what_stands_in_for_components_keeps_its_weights_and_the_rest_share_what_is_left(random_mixture):
    p, two = random_mixture(2, 4, seed=1).parameters, random_mixture(2, 2, seed=2).parameters
    instead = Parameters(two.weights * 0.3, two.means, two.covariances)
    made = put(p, (1, 3), instead)
    np.testing.assert_allclose(made.weights.sum(), 1.0, rtol=1e-14)
    np.testing.assert_allclose(made.weights[2:], instead.weights, rtol=1e-14)
    np.testing.assert_allclose(made.weights[0] / made.weights[1], p.weights[0] / p.weights[2], rtol=1e-12)
    np.testing.assert_array_equal(made.means[:2], p.means[[0, 2]])


def test_several_exchanges_are_made_at_once_where_they_share_no_component():
    run = stuck()[1]
    pairs = [((0, 1), 2.0), ((1, 2), 1.0), ((2, 3), 0.5), ((0, 3), -1.0)]
    tried = []
    for pair, net in pairs:
        two = run.parameters.at(list(pair))
        instead = Parameters(0.4 * two.weights / two.weights.sum(), two.means + net, two.covariances)
        tried.append(Moved(Exchange(pair, instead, net), instead, net, 0.0))
    both = together(run.parameters, tried)
    changed = np.concatenate([run.parameters.means[:2] + 2.0, run.parameters.means[2:] + 0.5])
    np.testing.assert_allclose(both.means, changed, rtol=1e-12)
    np.testing.assert_allclose(both.weights.sum(), 1.0, rtol=1e-14)
    assert together(run.parameters, tried[:2]) is None
