"""Cells: where they are cut, what they sum, and that the kernels equal their twins."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mixtura import _core
from mixtura.model.parameters import Parameters
from mixtura.sources.cells import Cells, cut, cut_finer

N = 60_000


def overlapping(n=N, seed=0):
    """Return n values of three components that overlap."""
    rng = np.random.default_rng(seed)
    return 2.0 * rng.integers(3, size=n) + rng.normal(size=n)


CASES = {
    "overlapping": (overlapping(), None),
    "weights": (overlapping(), np.random.default_rng(2).exponential(size=N)),
    "float32": (overlapping().astype(np.float32), None),
    "strided": (np.repeat(overlapping(), 3)[::3], None),
    "backwards": (overlapping()[::-1], None),
    "offset": (overlapping() + 1e8, None),
    "cauchy": (np.random.default_rng(3).standard_cauchy(N), None),
    "far apart": (overlapping() + 1e6 * (np.arange(N) % 2), None),
    "integers": (np.round(3 * overlapping()), None),
    "two values": (np.array([0.0, 1.0]), None),
}


@pytest.fixture(params=["native", "numpy"])
def backend(request):
    """Run the test on the compiled kernels and on their twin."""
    before = _core.use(request.param)
    yield request.param
    _core.use(before)


VALUES = st.floats(-1e6, 1e6).filter(lambda v: v == 0 or abs(v) > 1e-6)


@given(arrays(np.float64, st.integers(2, 60), elements=VALUES), st.data())
def test_nodes_reproduce_the_first_eight_moments_of_each_cell(x, data):
    omega = data.draw(arrays(np.float64, len(x), elements=st.floats(0, 10).map(lambda w: round(w, 3))))
    edges = np.linspace(x.min() - 1.0, x.max() + 1.0, 4)
    cells = Cells.of(x[:, None], omega, edges)
    places, weights = _core.kernels().gauss_nodes(cells.table)
    assert (weights >= 0).all()
    cell = np.searchsorted(edges, x, side="right") - 1
    centres, half = 0.5 * (edges[:-1] + edges[1:]), 0.5 * np.diff(edges)
    for j in range(3):
        t = (x[cell == j] - centres[j]) / half[j]
        w = omega[cell == j]
        for q in range(8):
            # The kernel takes a pivot of 1e-12 for rounding. What it leaves out is a spread of that variance,
            # which moves the mean of t^q by q (q - 1) / 2 times as much, 21 times for q = 7.
            np.testing.assert_allclose(
                (weights[j] * places[j] ** q).sum(),
                (w * t**q).sum(),
                rtol=0,
                atol=2.2e-11 * (w.sum() + 1e-300),
            )


def test_four_distinct_values_of_a_cell_come_back_as_they_are(backend):
    x = np.repeat([0.1, 0.25, 0.6, 0.9], [5, 1, 3, 2])[:, None]
    values, weights = Cells.of(x, None, np.array([0.0, 1.0])).nodes()
    order = np.argsort(values)
    np.testing.assert_allclose(values[order], [0.1, 0.25, 0.6, 0.9], rtol=1e-12)
    np.testing.assert_allclose(weights[order], [5, 1, 3, 2], rtol=1e-10)


@pytest.mark.parametrize("name", CASES)
def test_kernels_equal_their_twins(name):
    x, omega = CASES[name]
    edges = cut(np.asarray(x[::7], float), float(x.min()), float(x.max()))
    native, twin = _core._backends["native"], _core._backends["numpy"]
    table, outside = native.sum_cells(x[:, None], omega, edges, 2)
    expected, expected_outside = twin.sum_cells(x[:, None], omega, edges)
    assert outside == expected_outside == 0
    weight = np.maximum(expected[:, :1], 1e-300)
    np.testing.assert_allclose(table / weight, expected / weight, rtol=0, atol=1e-11)
    few = slice(0, len(table), 1 + len(table) // 200)
    places, weights = native.gauss_nodes(table[few])
    twin_places, twin_weights = twin.gauss_nodes(table[few])
    powers = np.arange(8)[:, None, None]
    np.testing.assert_allclose(
        (weights * places**powers).sum(-1) / weight[few, 0],
        (twin_weights * twin_places**powers).sum(-1) / weight[few, 0],
        rtol=0,
        atol=1e-11,
    )


def test_any_number_of_threads_gives_the_same_bits():
    x = overlapping(300_000)
    edges = cut(x[::100], x.min(), x.max())
    one = Cells.of(x[:, None], None, edges, 1)
    for n_threads in (2, 3, 7):
        assert np.array_equal(Cells.of(x[:, None], None, edges, n_threads).table, one.table)
        for mine, theirs in zip(one.nodes(0.0, n_threads), one.nodes(0.0, 1)):
            assert np.array_equal(mine, theirs)


def test_cells_of_two_parts_add_up(backend):
    x = overlapping(5000)[:, None]
    edges = cut(x[::10, 0], x.min(), x.max())
    whole = Cells.of(x, None, edges)
    merged = Cells.of(x[:1234], None, edges) + Cells.of(x[1234:], None, edges)
    np.testing.assert_allclose(merged.table, whole.table, rtol=0, atol=1e-12 * whole.table[:, 0].max())
    with pytest.raises(ValueError, match="same edges"):
        _ = whole + Cells.of(
            x, None, cut_finer(edges, Parameters(np.ones(1), np.zeros((1, 1)), np.full((1, 1, 1), 1e-6)))
        )


def test_rows_outside_the_cells_are_an_error(backend):
    x = np.array([[0.5], [1.0], [3.0], [-2.0]])
    with pytest.raises(ValueError, match="rows of weight 2 lie outside"):
        Cells.of(x, None, np.array([0.0, 0.7, 1.0]))
    assert Cells.of(x, np.array([1.0, 1, 0, 0]), np.array([0.0, 0.7, 1.0])).table[:, 0].tolist() == [1, 1]


@pytest.mark.parametrize(("a", "b"), [(1e-7, 0.0), (1e7, 0.0), (1.0, 1e6), (-3.0, 5.0)])
def test_cutting_is_equivariant(a, b):
    x = overlapping(4000)
    edges = cut(x, x.min(), x.max())
    y = a * x + b
    moved = cut(y, y.min(), y.max())
    expected = a * edges + b if a > 0 else (a * edges + b)[::-1]
    assert len(moved) == len(edges)
    np.testing.assert_allclose((moved - b) / a, (expected - b) / a, rtol=0, atol=1e-6)


def test_cells_reach_across_any_gap_and_tail():
    rng = np.random.default_rng(0)
    heavy = np.sort(rng.standard_cauchy(10_000) ** 5)
    edges = cut(heavy, heavy[0], heavy[-1])
    assert len(edges) < 6000
    assert (np.diff(edges) > 0).all()
    assert edges[0] == heavy[0]
    assert edges[-1] == heavy[-1]
