"""Merging: pairs made one keep their moments, the cheapest go first, and over-fits come down to k."""

import numpy as np
import pytest
from tests.helpers import FAMILIES, problem_of

from mixtura import datasets
from mixtura.model.parameters import Parameters
from mixtura.search.ground import Ground
from mixtura.search.merging import (
    close_pairs,
    disjoint,
    merged_down,
    merged_once,
    merging_losses,
    pairs_merged,
)
from mixtura.search.searching import start_rows
from mixtura.search.starts import clustered

PAIR = (np.array([[0]]), np.array([[2]]))


def test_a_merged_pair_has_the_moments_of_the_two(random_mixture):
    p = random_mixture(3, 4, seed=2).parameters
    one = pairs_merged(p.at(None), *PAIR)
    w = p.weights[[0, 2]]
    mean = w @ p.means[[0, 2]] / w.sum()
    apart = p.means[[0, 2]] - mean
    covariance = np.einsum("c,cij->ij", w, p.covariances[[0, 2]] + apart[:, :, None] * apart[:, None, :])
    np.testing.assert_allclose(one.weights, [[w.sum()]], rtol=1e-14)
    np.testing.assert_allclose(one.means[0, 0], mean, rtol=1e-12)
    np.testing.assert_allclose(one.covariances[0, 0], covariance / w.sum(), rtol=1e-10, atol=1e-12)


def test_two_components_without_rows_merge_to_one_without_rows(random_mixture):
    p = random_mixture(2, 3).parameters
    empty = Parameters(np.array([0.0, 1.0, 0.0]), p.means, p.covariances)
    one = pairs_merged(empty.at(None), *PAIR)
    assert one.weights[0, 0] == 0.0
    assert np.isfinite(one.covariances).all()


@pytest.mark.parametrize("structure", ["VVV", "EEE", "VVI", "VII"])
def test_what_merging_two_halves_loses_by_hand(structure):
    """Unit normals about -1 and 1 along the first of two features make one of variance 2 there.

    That loses log 2 over two in nats a row, of a round covariance with variance 1.5 twice log 1.5 over two;
    of a shared one the determinant of what lies within and between, log 2 over two as well.
    """
    means = np.array([[-1.0, 0.0], [1.0, 0.0]])
    stack = Parameters(np.full(2, 0.5), means, np.broadcast_to(np.eye(2), (2, 2, 2))).at(None)
    problem = problem_of(np.random.default_rng(0).normal(size=(50, 2)), structure)
    losses = merging_losses(problem.structure, stack, np.array([[0]]), np.array([[1]]))
    expected = np.log(1.5) if structure == "VII" else 0.5 * np.log(2.0)
    np.testing.assert_allclose(losses, [[expected]], rtol=1e-12)


def test_the_closest_pairs_are_kept_where_they_are_many():
    line = np.array([0.0, 0.1, 5.0, 5.2, 20.0])[:, None]
    p = Parameters(np.full(5, 0.2), line, np.ones((5, 1, 1)))
    first, second = close_pairs(p.at(None), 2)
    assert {(int(i), int(j)) for i, j in zip(first[0], second[0])} == {(0, 1), (2, 3)}
    assert len(close_pairs(p.at(None), 99)[0][0]) == 10


def test_pairs_that_share_a_component_are_not_merged_together():
    first, second = np.array([0, 0, 2]), np.array([1, 2, 3])
    assert disjoint(first, second, np.array([0, 1, 2]), 2) == [0, 2]
    assert disjoint(first, second, np.array([1, 0, 2]), 2) == [1]


def test_copies_are_merged_first(random_mixture):
    p = random_mixture(2, 3, seed=1).parameters
    doubled = p.at([0, 0, 1, 1, 2])
    weights = doubled.weights / doubled.weights.sum()
    ground = Ground(problem_of(np.random.default_rng(0).normal(size=(50, 2))))
    once = merged_once(ground, Parameters(weights, doubled.means, doubled.covariances).at(None), 2)
    np.testing.assert_allclose(np.sort(once.means[0], axis=0), np.sort(p.means, axis=0), rtol=1e-12)


@pytest.mark.parametrize("structure", FAMILIES)
def test_an_over_fit_merged_down_finds_clusters_that_are_apart(structure):
    rng = np.random.default_rng(2)
    centres = 12.0 * np.array([[0, 0], [1, 0], [0, 1], [1, 1], [2, 2]])
    ground = Ground(problem_of(centres[rng.integers(5, size=600)] + rng.normal(size=(600, 2)), structure))
    start = clustered(start_rows(ground.source, 15, rng), 15, 1, rng)
    merged = merged_down(ground, start, 5, 4)
    assert merged.means.shape == (1, 5, 2)
    nearest = np.linalg.norm(merged.means[0][None] - centres[:, None], axis=-1).min(1)
    assert nearest.max() < 0.5


def test_passes_of_an_over_fit_are_counted():
    problem = problem_of(datasets.faithful().data)
    ground, rng = Ground(problem), np.random.default_rng(0)
    start = clustered(start_rows(problem.source, 6, rng), 6, 2, rng)
    merged_down(ground, start, 2, 3)
    assert problem.work.reads >= 5
    assert problem.work.evaluations == 2 * problem.work.reads
    assert ground.spent >= 2 * 3 * ground.time(6) + 2 * ground.time(2)
