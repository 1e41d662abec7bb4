"""Candidates: where mixtures on their way stand, which of them are one, and which may lead higher."""

from itertools import islice

import numpy as np
import pytest
from tests.helpers import problem_of

from mixtura import datasets
from mixtura.em import em_passes
from mixtura.model.parameters import Parameters
from mixtura.search.candidates import SAME, Candidates, ahead, walked
from mixtura.search.ground import Ground
from mixtura.search.multistart import is_settled
from mixtura.search.searching import start_rows
from mixtura.search.starts import scattered


def standing(logliks, ahead, honest=None):
    """Return candidates that stand at these log-likelihoods."""
    m = len(logliks)
    none = Parameters(np.ones((m, 1)), np.zeros((m, 1, 1)), np.ones((m, 1, 1, 1)))
    honest = np.ones(m, bool) if honest is None else np.array(honest)
    return Candidates(none, tuple("abcdefghij"[:m]), np.array(logliks), np.array(ahead), honest)


def test_a_geometric_climb_is_extrapolated_to_its_end():
    history = [np.array([-(0.5**i), -(0.9**i)]) for i in range(6)]
    np.testing.assert_allclose(ahead(history), [0.5**5, 0.9**5], rtol=1e-12)
    assert np.isinf(ahead(history[:3])).all()


def test_nothing_is_ahead_of_what_has_arrived_or_could_not_be_evaluated():
    np.testing.assert_array_equal(ahead([np.array([-7.0, -np.inf])] * 4), [0.0, 0.0])


def test_candidates_are_ranked_by_where_they_lead_and_degenerate_ones_come_last():
    found = standing(
        [-10.0, -10.0 - SAME / 2, -12.0, -5.0, -30.0],
        [0.0, 0.0, 0.4, 0.0, 50.0],
        [True, True, True, False, True],
    )
    assert found.top == -10.0
    assert found.ranked().tolist() == [4, 0, 1, 2, 3]
    assert found.at_height(-10.0).tolist() == [True, True, False, False, False]
    assert found.unsure().tolist() == [False] * 4 + [True]
    assert found.distinct(3).kinds == ("e", "a", "c")
    assert (found.at(np.array([0, 3])) + found.at(np.array([4]))).honest.tolist() == [True, False, True]


@pytest.mark.parametrize(
    ("logliks", "ahead", "settled"),
    [
        ([-1.0] * 6 + [-9.0], [0.0] * 7, True),
        ([-1.0] * 5 + [-9.0] * 2, [0.0] * 7, False),
        ([-1.0] * 6 + [-9.0], [0.0] * 6 + [7.0], False),
        ([-1.0] * 6 + [-0.5], [0.0] * 7, False),
    ],
)
def test_a_first_look_settles_it_where_six_agree_and_no_other_may_lead_higher(logliks, ahead, settled):
    assert is_settled(standing(logliks, ahead)) == settled


def test_nothing_is_settled_where_all_are_degenerate():
    assert not is_settled(standing([-1.0] * 7, [0.0] * 7, [False] * 7))


def test_a_walk_is_plain_em_and_says_where_it_stands():
    x = datasets.faithful().data
    problem = problem_of(x)
    start = Parameters(
        np.full(2, 0.5), x[[0, 1]], np.broadcast_to(np.diag(problem.source.variance), (2, 2, 2))
    )
    seen = []
    found = walked(Ground(problem, callback=seen.append), start.at(None), ("given",), 9)
    *_, last = islice(em_passes(problem, start.at(None)), 9)
    assert found.logliks[0] == last.loglik[0]
    assert [progress.searching for progress in seen] == [True] * 9
    np.testing.assert_array_equal(found.parameters.means[0], last.mixtures.means[0])
    assert found.honest.tolist() == [True]


@pytest.mark.parametrize("name", ["VEI", "VEE", "EVE", "VVE", "VEV"])
def test_a_walk_whose_steps_are_found_by_iteration_never_falls(name):
    x = datasets.iris().data
    problem = problem_of(x, name)
    rng = np.random.default_rng(0)
    starts = problem.structure.admitted(
        scattered(start_rows(problem.source, 4, rng), 4, 6, rng), problem.floor
    )
    history = np.array(Ground(problem).walk(starts, 30)[1])
    assert (np.diff(history, axis=0) >= -1e-10 * np.abs(history[:-1])).all()
