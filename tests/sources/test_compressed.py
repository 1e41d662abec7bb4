"""The compressed source: what its nodes reproduce, and that its fits are those of the rows."""

import numpy as np
import pytest

from mixtura import _core, em, fit_mixture
from mixtura.model.parameters import Parameters
from mixtura.search.verification import complete_information, information, price, score
from mixtura.sources import ArraySource, CompressedSource
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
    monkeypatch.setattr("mixtura.search.verification.price", lambda *args, **kwargs: 1.0)
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
