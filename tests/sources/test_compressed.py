"""The compressed source: what its nodes reproduce, and that its fits are those of the rows."""

import numpy as np
import pytest
from tests.helpers import climbed, problem_of

from mixtura import Status, _core, fit_mixture
from mixtura.em.information import observed_information, score_at
from mixtura.model.forms import DIAGONAL, FULL, TIED
from mixtura.model.parameters import Parameters
from mixtura.search.verification import price
from mixtura.sources import ArraySource, CompressedSource

N = 60_000
SIDES = (1.0, -1.0)


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
    """Return the largest difference of two mixtures in standard errors, of any function of the parameters."""
    problem = problem_of(x, "V", sample_weight)
    chart = problem.parametrisation(other)
    y = chart.coordinates(one.at(None))[0]
    return np.sqrt(problem.source.total_weight * (y @ observed_information(problem, chart) @ y))


def test_weight_two_is_a_row_twice_and_weight_zero_is_none(backend):
    x = overlapping(1000)
    omega = np.random.default_rng(0).integers(0, 3, size=1000).astype(float)
    weighted = CompressedSource(ArraySource(x, omega))
    edges = weighted.cells.edges
    repeated = CompressedSource(ArraySource(np.repeat(x, omega.astype(int))), edges)
    ours, theirs = weighted.moments(THREE, DIAGONAL), repeated.moments(THREE, DIAGONAL)
    for field in ("counts", "sums", "scatters", "loglik"):
        np.testing.assert_allclose(getattr(ours, field), getattr(theirs, field), rtol=1e-10, atol=1e-9)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("form", [FULL, DIAGONAL, TIED], ids=lambda form: form.name)
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
    together = source.moments(stack, FULL)
    for i, parameters in enumerate((THREE, shifted)):
        assert np.array_equal(together.at(i).sums, source.moments(parameters, FULL).sums)


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
    assert in_standard_errors(ours._parameters, theirs._parameters, x, omega) < 1e-6
    np.testing.assert_allclose(ours.loglik, theirs.loglik, rtol=1e-12)


def test_the_loglik_is_that_of_the_rows_to_the_last_bit():
    x = overlapping(5000)
    fit = fit_mixture(x, 3, start=THREE, compress=True)
    assert fit.loglik == float(ArraySource(x).moments(fit._parameters, DIAGONAL).loglik)
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
    np.testing.assert_allclose(ours._parameters.means, theirs._parameters.means, rtol=1e-5)
    np.testing.assert_allclose(ours.loglik, theirs.loglik, rtol=1e-12)


def test_a_component_too_narrow_for_the_cells_makes_them_finer_and_says_so():
    rng = np.random.default_rng(4)
    x = np.concatenate([overlapping(30_000), rng.normal(1.0, 1e-5, 300)])
    start = mixture([0.4, 0.3, 0.29, 0.01], [0, 2, 4, 1], [1, 1, 1.5, 1e-4])
    ours, theirs = (fit_mixture(x, 4, start=start, compress=c, tol=1e-12) for c in (True, False))
    assert any("became narrow: the compressed sample was cut finer" in note for note in ours.notes)
    assert ours.n_iter < 3 * theirs.n_iter
    assert in_standard_errors(ours._parameters, theirs._parameters, x) < 1e-6


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
        in_standard_errors(fit._parameters, fit_mixture(x, 2, start=start, compress=False)._parameters, x)
        < 0.02
    )


def test_a_tolerance_that_no_nodes_can_meet_ends_on_the_rows(monkeypatch):
    x = overlapping(3000)
    monkeypatch.setattr("mixtura.search.verification.price", lambda problem, sample, run: (1.0, run.loglik))
    fit = fit_mixture(x, 3, start=THREE, compress=True)
    assert any("on the rows themselves" in note for note in fit.notes)
    assert fit.loglik == float(ArraySource(x).moments(fit._parameters, FULL).loglik)


def test_the_iteration_limit_ends_a_compressed_fit_too():
    fit = fit_mixture(overlapping(5000), 3, start=THREE, compress=True, max_iter=2)
    assert not fit.converged
    assert fit.n_iter <= 3


@pytest.mark.parametrize("name", ["V", "E"])
def test_score_and_information_are_derivatives_of_the_loglik(name):
    problem = problem_of(overlapping(2000), name)
    at = problem.structure.admitted(THREE, problem.floor)
    chart = problem.parametrisation(at)
    total, step = problem.source.total_weight, 1e-4
    unit = step * np.eye(chart.size)

    def loglik(y):
        return problem.evaluate(chart.mixtures(y)).loglik

    slope = (loglik(unit) - loglik(-unit)) / (2 * step)
    score, value = score_at(problem, chart, at)
    np.testing.assert_allclose(total * score, slope, rtol=1e-5, atol=1e-4)
    assert value == loglik(np.zeros((1, chart.size)))[0]
    matrix = np.array([sum(a * b * loglik(a * unit + b * e) for a in SIDES for b in SIDES) for e in unit]) / (
        4 * step**2
    )
    found = total * observed_information(problem, chart)
    np.testing.assert_allclose(found, -matrix, rtol=1e-3, atol=0.1)
    # at a maximum no row tells more than one whose component is known: the identity
    chart = problem.parametrisation(climbed(problem, at, tol=1e-9).parameters)
    values = np.linalg.eigvalsh(observed_information(problem, chart))
    assert values.min() > 0
    assert values.max() < 1 + 1e-6


@pytest.mark.parametrize("name", ["V", "E"])
def test_the_price_is_the_loglik_lost_by_compression(monkeypatch, name):
    monkeypatch.setattr("mixtura.sources.compressed.MOST_REFINEMENTS", 0)
    x = overlapping(20_000)
    coarse = CompressedSource(ArraySource(x), np.linspace(x.min(), x.max(), 5))
    problem = problem_of(coarse, name)
    on_rows = problem.on(coarse.exact)
    start = problem.structure.admitted(mixture([0.5, 0.5], [0, 3], [1, 2]), problem.floor)
    run = climbed(problem, start, tol=1e-9)
    best = climbed(on_rows, run.parameters, tol=1e-9)
    cost, loglik = price(problem, coarse, run)
    assert loglik == on_rows.evaluate(run.parameters.at(None)).loglik[0]
    lost = best.loglik - loglik
    assert lost > 1e-4
    assert 0.5 * lost < cost < 2 * lost


def test_options_are_checked():
    with pytest.raises(ValueError, match="compress is 'maybe'"):
        fit_mixture(overlapping(100), 2, compress="maybe")
    with pytest.raises(ValueError, match="only one dimension"):
        fit_mixture(np.zeros((10, 2)) + np.arange(10)[:, None], 2, compress=True)


@pytest.mark.parametrize("name", ["V", "E"])
def test_a_component_that_dies_on_the_compressed_sample_is_told_and_not_the_end(name):
    """It has no coordinates, and the price of the sample was asked in them."""
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(size=40_000), rng.normal(size=40_000) + 3.0])
    fit = fit_mixture(x, 3, structure=name, start={"means": [[0.0], [3.0], [1e6]]})
    two = fit_mixture(x, 2, structure=name)
    assert fit.status is Status.DEGENERATE
    assert "hold no row any more" in fit.notes[0]
    assert fit.loglik == pytest.approx(two.loglik, abs=1e-3)
