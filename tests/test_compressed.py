"""The compressed source: what its nodes reproduce, and that its fits are those of the rows."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from mixtura import _core, em, fit_mixture
from mixtura.certificate import complete_information, information, price, score
from mixtura.parameters import Parameters
from mixtura.sources import ArraySource, CompressedSource
from mixtura.sources.cells import Cells, cut, cut_finer
from mixtura.structures import Floor, structure

N = 60_000


def mixture(weights, means, deviations):
    """Return parameters in one dimension."""
    return Parameters(
        np.array(weights, float),
        np.array(means, float)[:, None],
        np.array(deviations, float)[:, None, None] ** 2,
    )


def overlapping(n=N, seed=0):
    """Return n values of three components that overlap, shuffled."""
    rng = np.random.default_rng(seed)
    parts = [rng.normal(0, 1, n * 4 // 10), rng.normal(2, 1, n * 3 // 10), rng.normal(4, 1.5, n * 3 // 10)]
    return rng.permutation(np.concatenate(parts))


def far_apart(n=N):
    """Return n values of two components a million standard deviations apart."""
    rng = np.random.default_rng(1)
    return rng.permutation(np.concatenate([rng.normal(0, 1, n // 2), rng.normal(1e6, 1, n - n // 2)]))


THREE = mixture([0.4, 0.3, 0.3], [0, 2, 4], [1, 1, 1.5])
CASES = {
    "overlapping": (overlapping(), None, THREE),
    "weights": (overlapping(), np.random.default_rng(2).exponential(size=N), THREE),
    "float32": (overlapping().astype(np.float32), None, THREE),
    "strided": (np.repeat(overlapping(), 3)[::3], None, THREE),
    "offset": (overlapping() + 1e6, None, mixture([0.4, 0.3, 0.3], [1e6, 1e6 + 2, 1e6 + 4], [1, 1, 1.5])),
    "small": (overlapping() * 1e-7, None, mixture([0.4, 0.3, 0.3], [0, 2e-7, 4e-7], [1e-7, 1e-7, 1.5e-7])),
    "cauchy": (
        np.random.default_rng(3).standard_cauchy(N),
        None,
        mixture([0.7, 0.25, 0.05], [0, 0, 0], [1, 10, 1000]),
    ),
    "far apart": (far_apart(), None, mixture([0.5, 0.5], [0, 1e6], [2, 2])),
    "integers": (np.round(3 * overlapping()), None, mixture([0.4, 0.3, 0.3], [0, 6, 12], [3, 3, 4.5])),
    "two values": (np.array([0.0, 1.0]), None, mixture([1], [0.2], [1])),
}


@pytest.fixture(params=["native", "numpy"])
def backend(request):
    """Run the test on the compiled kernels and on their twin."""
    before = _core.use(request.param)
    yield request.param
    _core.use(before)


def in_standard_errors(one, other, x, sample_weight=None):
    """Return the largest difference of two mixtures' parameters in standard errors."""
    source = ArraySource(x, sample_weight)
    errors = np.sqrt(np.diag(np.linalg.inv(information(source, other, tied=False))))
    deviations = np.sqrt(other.covariances[:, 0, 0])
    difference = [
        np.log(one.weights / other.weights),
        (one.means - other.means)[:, 0] / deviations,
        0.5 * np.log(one.covariances[:, 0, 0] / other.covariances[:, 0, 0]),
    ]
    return np.abs(np.concatenate(difference) / errors).max()


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
            # 1e-12 is where the kernel takes a pivot for rounding, and with it all that a further node would
            # add
            np.testing.assert_allclose(
                (weights[j] * places[j] ** q).sum(), (w * t**q).sum(), rtol=0, atol=1e-11 * (w.sum() + 1e-300)
            )


def test_four_distinct_values_of_a_cell_come_back_as_they_are(backend):
    x = np.repeat([0.1, 0.25, 0.6, 0.9], [5, 1, 3, 2])[:, None]
    values, weights = Cells.of(x, None, np.array([0.0, 1.0])).nodes()
    order = np.argsort(values)
    np.testing.assert_allclose(values[order], [0.1, 0.25, 0.6, 0.9], rtol=1e-12)
    np.testing.assert_allclose(weights[order], [5, 1, 3, 2], rtol=1e-10)


@pytest.mark.parametrize("name", CASES)
def test_kernels_equal_their_twins(name):
    x, omega, _ = CASES[name]
    source = ArraySource(x, omega)
    edges = cut(np.asarray(x[::7], float), float(source.minimum[0]), float(source.maximum[0]))
    native, twin = _core._backends["native"], _core._backends["numpy"]
    table, outside = native.sum_cells(source.x, omega, edges, 2)
    expected, expected_outside = twin.sum_cells(source.x, omega, edges)
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
        _ = whole + Cells.of(x, None, cut_finer(edges, mixture([1], [0], [1e-3])))


def test_rows_outside_the_cells_are_an_error(backend):
    x = np.array([[0.5], [1.0], [3.0], [-2.0]])
    with pytest.raises(ValueError, match="rows of weight 2 lie outside"):
        Cells.of(x, None, np.array([0.0, 0.7, 1.0]))
    assert Cells.of(x, np.array([1.0, 1, 0, 0]), np.array([0.0, 0.7, 1.0])).table[:, 0].tolist() == [1, 1]


def test_weight_two_is_a_row_twice_and_weight_zero_is_none(backend):
    x = overlapping(1000)
    omega = np.random.default_rng(0).integers(0, 3, size=1000).astype(float)
    weighted = CompressedSource(ArraySource(x, omega))
    edges = weighted.cells.edges
    repeated = CompressedSource(ArraySource(np.repeat(x, omega.astype(int))), edges)
    ours, theirs = weighted.moments(THREE, "diagonal"), repeated.moments(THREE, "diagonal")
    for field in ("counts", "sums", "scatters", "loglik"):
        np.testing.assert_allclose(getattr(ours, field), getattr(theirs, field), rtol=1e-10, atol=1e-9)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("form", ["full", "diagonal", "tied"])
def test_moments_are_those_of_the_rows(name, form):
    x, omega, parameters = CASES[name]
    exact = ArraySource(x, omega)
    source = CompressedSource(exact)
    if not source.resolves(parameters):
        assert source.refine(parameters)
        assert source.resolves(parameters)
    ours, theirs = source.moments(parameters, form), exact.moments(parameters, form)
    np.testing.assert_allclose(ours.loglik, theirs.loglik, rtol=1e-10)
    np.testing.assert_allclose(ours.counts, theirs.counts, rtol=1e-8)
    deviations = np.sqrt(parameters.covariances[:, 0, 0])
    scale = theirs.counts * deviations
    np.testing.assert_allclose(ours.sums[:, 0] / scale, theirs.sums[:, 0] / scale, rtol=0, atol=1e-7)
    np.testing.assert_allclose(ours.scatters, theirs.scatters, rtol=1e-7)


def test_a_stack_of_mixtures_is_one_pass_of_each():
    source = CompressedSource(ArraySource(overlapping(2000)))
    shifted = Parameters(THREE.weights, THREE.means + 0.1, THREE.covariances)
    stack = Parameters(*(np.stack(pair) for pair in zip(_arrays(THREE), _arrays(shifted))))
    together = source.moments(stack, "full")
    for i, parameters in enumerate((THREE, shifted)):
        assert np.array_equal(together.at(i).sums, source.moments(parameters, "full").sums)


def _arrays(parameters):
    return parameters.weights, parameters.means, parameters.covariances


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


@pytest.mark.parametrize("name", CASES)
def test_the_compressed_fit_is_the_fit_of_the_rows(name):
    x, omega, start = CASES[name]
    k = start.n_components
    ours, theirs = (
        fit_mixture(x, k, sample_weight=omega, start=start, compress=compress, tol=1e-13)
        for compress in (True, False)
    )
    assert in_standard_errors(ours.parameters, theirs.parameters, x, omega) < 1e-6
    np.testing.assert_allclose(ours.loglik, theirs.loglik, rtol=1e-12)


def test_the_loglik_is_that_of_the_rows_to_the_last_bit():
    x = overlapping(5000)
    fit = fit_mixture(x, 3, start=THREE, compress=True)
    assert fit.loglik == float(ArraySource(x).moments(fit.parameters, "diagonal").loglik)
    assert fit.history[-1] == fit.loglik
    assert len(fit.history) == fit.n_iter


def test_cutting_finer_once_resolves_any_component():
    x = np.random.default_rng(3).standard_cauchy(N)
    for deviation in (1e-6, 1e-2, 1.0, 300.0):
        source = CompressedSource(ArraySource(x), np.array([x.min(), -100.0, -1.0, 5.0, 1000.0, x.max()]))
        broad = mixture([0.5, 0.5], [0.3, 0.0], [deviation, 2 * deviation])
        assert source.refine(broad)
        assert source.resolves(broad)


def test_one_variance_for_all_components():
    x = overlapping(20_000)
    ours, theirs = (
        fit_mixture(x, 3, structure="E", start=THREE, compress=c, tol=1e-10) for c in (True, False)
    )
    np.testing.assert_allclose(ours.parameters.means, theirs.parameters.means, rtol=1e-5)
    np.testing.assert_allclose(ours.loglik, theirs.loglik, rtol=1e-12)


def test_a_component_too_narrow_for_the_cells_makes_them_finer_and_says_so():
    rng = np.random.default_rng(4)
    x = np.concatenate([overlapping(30_000), rng.normal(1.0, 1e-5, 300)])
    start = mixture([0.4, 0.3, 0.29, 0.01], [0, 2, 4, 1], [1, 1, 1.5, 1e-4])
    ours, theirs = (fit_mixture(x, 4, start=start, compress=c, tol=1e-12) for c in (True, False))
    assert any("became narrow: the compressed sample was cut finer" in note for note in ours.notes)
    assert ours.n_iter < 3 * theirs.n_iter
    assert in_standard_errors(ours.parameters, theirs.parameters, x) < 1e-6


def test_a_certificate_that_fails_cuts_finer_and_says_so(monkeypatch):
    x = overlapping(20_000)
    coarse = np.linspace(x.min(), x.max(), 6)
    monkeypatch.setattr("mixtura.sources.compressed.cut", lambda sample, minimum, maximum: coarse)
    monkeypatch.setattr("mixtura.sources.compressed.MOST_REFINEMENTS", 0)
    monkeypatch.setattr(CompressedSource, "resolves", lambda self, parameters: True)
    start = mixture([0.5, 0.5], [0, 3], [1, 2])
    fit = fit_mixture(x, 2, start=start, compress=True)
    assert any("nats off: it was cut finer" in note for note in fit.notes)
    monkeypatch.undo()
    assert (
        in_standard_errors(fit.parameters, fit_mixture(x, 2, start=start, compress=False).parameters, x)
        < 0.02
    )


def test_a_tolerance_that_no_nodes_can_meet_ends_on_the_rows(monkeypatch):
    x = overlapping(3000)
    monkeypatch.setattr("mixtura.certificate.price", lambda *args, **kwargs: 1.0)
    fit = fit_mixture(x, 3, start=THREE, compress=True)
    assert any("on the rows themselves" in note for note in fit.notes)
    assert fit.loglik == float(ArraySource(x).moments(fit.parameters, "full").loglik)


def test_the_iteration_limit_ends_a_compressed_fit_too():
    fit = fit_mixture(overlapping(5000), 3, start=THREE, compress=True, max_iter=2)
    assert not fit.converged
    assert fit.n_iter <= 3


@pytest.mark.parametrize("tied", [False, True])
def test_score_and_information_are_derivatives_of_the_loglik(tied):
    source = ArraySource(overlapping(2000))
    k, step = 3, 1e-4
    deviations = np.sqrt(THREE.covariances[:, 0, 0])

    def moved(change):
        spread = np.broadcast_to(change[2 * k :], (k,))
        return Parameters(
            THREE.weights * np.exp(change[:k]),
            THREE.means + (deviations * change[k : 2 * k])[:, None],
            THREE.covariances * np.exp(2 * spread)[:, None, None],
        )

    def loglik(change):
        at = moved(change)
        return float(source.moments(at, "diagonal").loglik) - source.total_weight * at.weights.sum()

    p = 2 * k + (1 if tied else k)
    unit = step * np.eye(p)
    slope = np.array([(loglik(e) - loglik(-e)) / (2 * step) for e in unit])
    ours = score(source.moments(THREE, "diagonal"), THREE, deviations, tied)
    np.testing.assert_allclose(ours, slope, rtol=1e-5, atol=1e-4)
    matrix = np.array(
        [
            [(loglik(e + f) - loglik(e - f) - loglik(f - e) + loglik(-e - f)) / (4 * step**2) for f in unit]
            for e in unit
        ]
    )
    found = information(source, THREE, tied)
    np.testing.assert_allclose(found, -matrix, rtol=1e-3, atol=0.1)
    complete = complete_information(source.moments(THREE, "diagonal"), THREE, tied)
    assert (np.diag(complete) - found + 1e-6 * np.eye(p) * source.total_weight).diagonal().min() > 0


def test_the_price_is_the_loglik_lost_by_compression(monkeypatch):
    monkeypatch.setattr("mixtura.sources.compressed.MOST_REFINEMENTS", 0)
    x = overlapping(20_000)
    coarse = CompressedSource(ArraySource(x), np.linspace(x.min(), x.max(), 5))
    floor = Floor.relative_to(coarse.variance, np.abs(coarse.maximum), coarse.unit)
    start = mixture([0.5, 0.5], [0, 3], [1, 2])
    run = em.fit(coarse, structure("V", 1), start, floor=floor, tol=1e-9)
    best = em.fit(coarse.exact, structure("V", 1), run.parameters, floor=floor, tol=1e-9)
    exact = coarse.exact.moments(run.parameters, "diagonal")
    lost = best.loglik - float(exact.loglik)
    assert lost > 1e-4
    assert 0.5 * lost < price(exact, coarse, run.parameters, tied=False) < 2 * lost


def test_options_are_checked():
    with pytest.raises(ValueError, match="compress is 'maybe'"):
        fit_mixture(overlapping(100), 2, compress="maybe")
    with pytest.raises(ValueError, match="only one dimension"):
        fit_mixture(np.zeros((10, 2)) + np.arange(10)[:, None], 2, compress=True)
