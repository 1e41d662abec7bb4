"""Functions of the mixture, and intervals that stay inside their bounds."""

import numpy as np
import pytest

from mixtura import datasets, fit_mixture

X = datasets.faithful().data


@pytest.fixture(scope="module")
def inference():
    """Return what the old faithful's geyser's two components are known to."""
    return fit_mixture(X, 2, tol=1e-10).inference()


def test_the_mean_of_all_rows_has_the_error_of_a_mean(inference):
    found = inference.of(lambda mixture: mixture.mean)
    np.testing.assert_allclose(found.value, X.mean(axis=0), rtol=1e-4, atol=0.0)
    np.testing.assert_allclose(found.error, X.std(axis=0) / np.sqrt(len(X)), rtol=2e-2, atol=0.0)


def test_a_function_that_is_a_parameter_has_its_error(inference):
    found = inference.of(lambda mixture: mixture.means)
    np.testing.assert_allclose(found.error, inference.standard_errors.means, rtol=1e-6, atol=0.0)
    weight = inference.of(lambda mixture: mixture.weights[0])
    assert weight.error == pytest.approx(inference.standard_errors.weights[0], rel=1e-6)


def test_a_linear_function_has_the_error_of_the_covariance_matrix(inference):
    found = inference.of(lambda mixture: mixture.means[1, 1] - mixture.means[0, 1])
    way = np.zeros(len(inference.names))
    way[inference.names.index("mean[1, 1]")], way[inference.names.index("mean[0, 1]")] = 1.0, -1.0
    assert found.error == pytest.approx(np.sqrt(way @ inference.covariance_matrix @ way), rel=1e-6)
    low, high = found.interval(0.9)
    assert high - found.value == pytest.approx(1.6448536269514722 * found.error, rel=1e-12)
    assert found.value - low == pytest.approx(high - found.value, rel=1e-9)


def test_a_logarithm_follows_the_delta_method(inference):
    plain = inference.of(lambda mixture: mixture.covariances[0, 1, 1])
    log = inference.of(lambda mixture: np.log(mixture.covariances[0, 1, 1]))
    assert log.error == pytest.approx(plain.error / plain.value, rel=1e-6)


def test_what_the_methods_of_a_mixture_say_has_errors(inference):
    quantile = inference.of(lambda mixture: mixture.marginal(1).ppf([0.1, 0.9]))
    assert quantile.error.shape == (2,)
    assert (quantile.error > 0.0).all()
    expected = inference.of(lambda mixture: mixture.conditional({0: 3.0}).mean[0])
    assert 0.0 < expected.error < 5.0


def test_a_function_that_is_no_number_is_refused(inference):
    with pytest.raises(ValueError, match="must be a finite number"):
        inference.of(lambda mixture: np.nan)


def test_intervals_stay_inside_and_widen_with_the_level(inference):
    narrow, wide = inference.interval(0.5), inference.interval(1 - 1e-12)
    for values in (narrow, wide):
        assert (values.weights > 0.0).all()
        assert (values.weights < 1.0).all()
        assert (values.standard_deviations > 0.0).all()
        assert (np.abs(values.correlations) <= 1.0).all()
        variances = np.diagonal(values.covariances, axis1=1, axis2=2)
        assert (variances > 0.0).all()
    for name in ("weights", "means", "covariances", "standard_deviations"):
        inner, outer = getattr(narrow, name), getattr(wide, name)
        assert (outer[..., 0] < inner[..., 0]).all()
        assert (outer[..., 1] > inner[..., 1]).all()
    assert narrow.weights.shape == (2, 2)
    assert narrow.means.shape == (2, 2, 2)
    assert narrow.covariances.shape == narrow.correlations.shape == (2, 2, 2, 2)


def test_a_standard_deviation_and_its_variance_have_one_interval(inference):
    ends = inference.interval(0.95)
    variances = np.diagonal(ends.covariances, axis1=1, axis2=2).swapaxes(1, 2)
    np.testing.assert_allclose(ends.standard_deviations**2, variances, rtol=1e-7, atol=0.0)


@pytest.mark.parametrize("level", [0.0, 1.0, 95, -0.5])
def test_a_level_that_is_no_probability_is_refused(inference, level):
    with pytest.raises(ValueError, match="give a probability between 0 and 1"):
        inference.interval(level)
    with pytest.raises(ValueError, match="give a probability between 0 and 1"):
        inference.of(lambda mixture: mixture.weights[0]).interval(level)


def test_an_estimate_reads_as_a_sentence(inference):
    text = str(inference.of(lambda mixture: mixture.weights[0]))
    assert text.startswith("0.355873, standard error 0.0291, 95% from 0.298")
