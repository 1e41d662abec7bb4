"""Equal weights: fixed, so that they have no errors, whichever way errors are found; all else has."""

import numpy as np
import pytest

from mixtura import Mixture, bootstrap_lrt, datasets, fit_mixture

TWO = Mixture([0.5, 0.5], [[0.0, 0.0], [3.0, 1.0]], [np.eye(2), [[1.0, 0.4], [0.4, 2.0]]])
ROWS = TWO.rvs(400, np.random.default_rng(1))
KINDS = ("observed", "sandwich", "bootstrap", "jackknife")


@pytest.fixture(scope="module")
def fit():
    return fit_mixture(ROWS, 2, equal_weights=True)


@pytest.mark.parametrize("kind", KINDS)
def test_weights_have_no_errors_and_the_summary_says_so(fit, kind):
    found = fit.inference(kind)
    np.testing.assert_array_equal(found.standard_errors.weights, 0.0)
    np.testing.assert_allclose(found.interval().weights, 0.5, rtol=1e-14, atol=0.0)
    np.testing.assert_array_equal(found.covariance_matrix[:2], 0.0)
    assert (found.standard_errors.means > 0).all()
    assert found.notes[0].startswith("weights are fixed at 1/2 each, and have no errors")
    shown = found.summary()
    for words in (shown.text(), shown.markdown(), shown.latex(), shown.html()):
        assert words.count("fixed") >= 2
    assert [line.words for line in shown.lines if line.name == "weight"] == ["fixed", "fixed"]


def test_kinds_agree_where_the_model_is_right(fit):
    errors = np.array([fit.inference(kind).errors for kind in KINDS])[:, 2:]
    # the spread of a fourth moment in 200 rows, and of 999 replicates
    np.testing.assert_allclose(errors, np.broadcast_to(errors[0], errors.shape), rtol=0.3, atol=0.0)


def test_known_weights_leave_no_more_errors_than_unknown_ones(fit):
    free = fit_mixture(ROWS, 2).inference().errors[2:]
    assert np.median(fit.inference().errors[2:] / free) < 1.0


def test_functions_and_profiles_keep_the_weights(fit):
    inference = fit.inference()
    assert inference.of(lambda m: m.weights[0]).error == 0.0
    apart = inference.of(lambda m: m.means[1, 0] - m.means[0, 0])
    found = inference.profile(lambda m: m.means[1, 0] - m.means[0, 0])
    low, high = found.interval(0.95)
    assert low == pytest.approx(apart.value - 1.96 * apart.error, abs=0.3 * apart.error)
    assert high == pytest.approx(apart.value + 1.96 * apart.error, abs=0.3 * apart.error)


def test_what_cannot_be_told_does_not_take_fixed_weights_with_it():
    x = datasets.alphas().data.ravel()
    for kind in ("observed", "bootstrap"):
        found = fit_mixture(x, 2, equal_weights=True).inference(kind, n=20)
        np.testing.assert_array_equal(found.standard_errors.weights, 0.0)
        assert np.isnan(found.standard_errors.means).all()
        assert not any(name.startswith("weight") for name in found.untold)


def test_the_weight_of_a_single_component_is_fixed_too():
    found = fit_mixture(ROWS, 1).inference()
    assert found.summary().lines[0].words == "fixed"
    assert found.notes == ()


def test_a_test_of_one_component_more_takes_them():
    test = bootstrap_lrt(ROWS, 1, equal_weights=True, replicates=3, n_jobs=1)
    np.testing.assert_array_equal(test.alternative.mixture.weights, 0.5)
