"""The floor: covariances stay positive definite, honest ones stay as they are, units do not matter."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.helpers import problem_of

from mixtura.em.degenerate import degenerate, rows_needed
from mixtura.model.parameters import Parameters
from mixtura.structures import STRUCTURES, Floor
from mixtura.structures.floor import LEAST_CORRELATION

EPS = np.finfo(np.float64).eps


def floor_of(deviations, magnitude=0.0):
    deviations = np.asarray(deviations, dtype=float)
    return Floor.relative_to(deviations**2, np.full(len(deviations), magnitude), EPS)


@given(
    d=st.integers(2, 8),
    rows=st.integers(1, 9),
    decimals=st.integers(0, 3),
    seed=st.integers(0, 10_000),
)
@settings(max_examples=150, deadline=None)
def test_raised_covariances_have_a_cholesky_factor_in_any_order(d, rows, decimals, seed):
    """Rows of few digits, in features of any scale, often lie in a subspace exactly or to rounding."""
    rng = np.random.default_rng(seed)
    deviations = 10.0 ** rng.uniform(-6, 6, d)
    x = rng.normal(size=(rows, d)).round(decimals) * deviations * 10.0 ** rng.uniform(-9, 0)
    x = x - x.mean(0)
    floor = floor_of(deviations)
    covariance = x.T @ x / rows
    raised = floor.raise_matrices(covariance[None])[0]
    np.linalg.cholesky(raised)
    np.linalg.cholesky(raised[::-1, ::-1])
    if rows <= d:
        assert floor.touches(raised)
    if not floor.touches(covariance):
        np.testing.assert_array_equal(raised, covariance)


def test_raising_leaves_what_is_spread_and_lifts_what_is_flat():
    """By hand: variance 4 along (1, 1), none along (1, -1)."""
    floor = floor_of([1.0, 1.0])
    flat = np.array([[2.0, 2.0], [2.0, 2.0]])
    raised = floor.raise_matrices(np.stack([flat, np.eye(2)]))
    values = np.linalg.eigvalsh(raised[0])
    assert values[1] == pytest.approx(4.0, rel=1e-10)
    assert 0 < values[0] < 1e-12
    np.testing.assert_array_equal(raised[1], np.eye(2))
    assert floor.touches(raised).tolist() == [True, False]


@pytest.mark.parametrize("scale", [1e-7, 1e7])
def test_the_floor_scales_with_the_data(scale):
    deviations = np.array([1.0, 1e3])
    np.testing.assert_allclose(
        floor_of(scale * deviations, scale * 5.0).variances,
        scale**2 * floor_of(deviations, 5.0).variances,
        rtol=1e-14,
    )


def test_a_component_a_millionth_as_wide_as_the_data_is_not_touched():
    floor = floor_of([1.0, 1.0])
    narrow = 1e-12 * np.array([[1.0, 0.9], [0.9, 1.0]])
    assert not floor.touches(narrow)
    np.testing.assert_array_equal(floor.raise_matrices(narrow), narrow)
    assert floor_of([1.0]).touches(np.array([[[1e-12]], [[1e-16]]])).tolist() == [False, True]


def test_a_large_offset_raises_the_floor_to_the_rounding_of_the_data():
    assert floor_of([1.0], magnitude=1e8).variances[0] == pytest.approx((4 * EPS * 1e8) ** 2)


@pytest.mark.parametrize(
    ("name", "d", "rows"),
    [
        *[("VVV", 1, 2.5), ("VVV", 4, 5.5), ("V", 1, 2.5), ("VVI", 4, 2.5), ("VII", 4, 2.5), ("EEE", 4, 0.5)],
        *[
            ("VEV", 4, 5.5),
            ("VVE", 4, 5.5),
            ("VEE", 4, 2.5),
            ("VEI", 4, 2.5),
            ("EEI", 4, 0.5),
            ("EII", 4, 0.5),
        ],
        *[("EVV", 4, 2.5), ("EVE", 4, 2.5), ("EVI", 4, 2.5), ("EEV", 4, 2.5)],
    ],
)
def test_rows_that_a_covariance_of_its_own_needs_by_hand(name, d, rows):
    assert rows_needed(STRUCTURES[name], 3, d) == rows
    assert rows_needed(STRUCTURES[name], 1, d) == 0.5


def test_few_rows_flat_rows_and_no_rows_are_degenerate():
    x = np.random.default_rng(0).normal(size=(1000, 2))
    parameters = Parameters(
        np.array([0.5, 0.002, 0.497, 0.001 * 1e-3]),
        np.zeros((4, 2)),
        np.stack([np.eye(2), np.eye(2), np.ones((2, 2)), np.eye(2)]),
    )
    assert degenerate(problem_of(x), parameters).tolist() == [False, True, True, True]
    shared = Parameters(parameters.weights, parameters.means, np.stack([np.eye(2)] * 4))
    assert degenerate(problem_of(x, "EEE"), shared).tolist() == [False, False, False, True]


def test_in_two_dimensions_the_quick_look_finds_what_eigenvalues_do():
    rng = np.random.default_rng(4)
    for _ in range(300):
        deviations, floor = 10.0 ** rng.uniform(-6, 6, 2), Floor(10.0 ** rng.uniform(-20, 4, 2))
        correlation = rng.choice([-1, 1]) * (1 - 10.0 ** rng.uniform(-15, 0))
        unit = np.outer(deviations, deviations)
        covariance = np.array([[1.0, correlation], [correlation, 1.0]]) * unit
        scaled = np.linalg.eigvalsh(covariance / floor.deviations[:, None] / floor.deviations)[0]
        low = scaled <= 1 or 1 - abs(correlation) <= 2 * LEAST_CORRELATION
        assert floor.touches(covariance[None])[0] >= low
        if scaled >= 1e6 and 1 - abs(correlation) >= 1e-6:
            assert not floor.touches(covariance[None])[0]
