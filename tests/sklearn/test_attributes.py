"""Public attributes that do not fit together are refused by name, in every method that uses them."""

import numpy as np
import pytest

from mixtura import GaussianMixture

TYPES = ("full", "tied", "diag", "spherical")
K, D = 3, 2
ROWS = np.random.default_rng(0).normal(size=(60, D)) + 4.0 * np.arange(60)[:, None] % 12
EVALUATIONS = ("score_samples", "predict", "predict_proba", "score", "aic", "bic")


def fitted(covariance_type, k=K):
    """Return a fit of the three groups: the highest maximum has a component too thin for single precision."""
    model = GaussianMixture(k, covariance_type=covariance_type, init_params="kmeans", random_state=0)
    return model.fit(ROWS)


def assert_refused(model, attribute, *parts, methods=(*EVALUATIONS, "sample")):
    """Check that every method refuses the model in one sentence with these parts."""
    for method in methods:
        with pytest.raises(ValueError, match=f"^{attribute} ") as caught:
            getattr(model, method)(*([ROWS] if method != "sample" else []))
        for part in parts:
            assert part in str(caught.value), method


@pytest.mark.parametrize("used", TYPES)
@pytest.mark.parametrize("made", TYPES)
@pytest.mark.parametrize("k", [2, 3])  # with two components in two dimensions some shapes are the same
def test_a_fit_used_under_another_covariance_type(made, used, k):
    """A spherical fit used as diagonal read past the end of an array, a full one gave other numbers."""
    model = fitted(made, k).set_params(covariance_type=used)
    if made == used:
        assert np.isfinite(model.score(ROWS))
        return
    shapes = {"full": (k, D, D), "tied": (D, D), "diag": (k, D), "spherical": (k,)}
    if shapes[made] != shapes[used]:
        parts = [f"has shape {shapes[made]}", repr(used), f"must be {shapes[used]}"]
    else:
        parts = [f"of shape {shapes[made]} must be"]
    assert_refused(model, "precisions_cholesky_", *parts, methods=EVALUATIONS)
    with pytest.raises(ValueError, match=r"^(covariances_|precisions_cholesky_) "):
        model.sample()


WEIGHTS = {
    "longer": np.full(4, 0.25),
    "shorter": np.full(2, 0.5),
    "none": np.zeros(0),
    "a table": np.full((3, 1), 1 / 3),
    "a number": 1.0,
    "NaN": np.array([0.5, 0.5, np.nan]),
    "negative": np.array([1.5, -1.0, 0.5]),
    "too much": np.array([1.0, 1.0, 1.0]),
    "text": np.array(["a", "b", "c"]),
    "complex": np.full(3, 1 / 3 + 0j),
    "unset": None,
}
MEANS = {
    "more": np.zeros((4, D)),
    "fewer": np.zeros((2, D)),
    "none": np.zeros((0, D)),
    "flat": np.zeros(K),
    "a stack": np.zeros((1, K, D)),
    "infinity": np.full((K, D), np.inf),
    "text": np.full((K, D), "a"),
    "unset": None,
}


@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize("case", WEIGHTS)
def test_weights_that_do_not_fit(covariance_type, case):
    model = fitted(covariance_type)
    model.weights_ = WEIGHTS[case]
    parts = []
    if case in ("longer", "shorter", "none", "a table", "a number"):
        parts = [f"has shape {np.shape(WEIGHTS[case])}", "must be (3,)"]
    assert_refused(model, "weights_", *parts)


@pytest.mark.parametrize("covariance_type", TYPES)
@pytest.mark.parametrize("case", MEANS)
def test_means_that_do_not_fit(covariance_type, case):
    model = fitted(covariance_type)
    model.means_ = MEANS[case]
    named = "weights_" if case in ("more", "fewer") else "means_"  # the means say how many there are
    assert_refused(model, named)


def broken_factors(covariance_type):
    """Return factors that do not fit, by what is wrong with them."""
    good = fitted(covariance_type).precisions_cholesky_
    broken = {
        "NaN": np.full_like(good, np.nan),
        "text": good.astype(str),
        "a number": 1.0,
        "none": good[:0],
        "one too many axes": good[None],
        "negative": -good,
        "zero": 0 * good,
        "unset": None,
        "one component": np.ones((1, 1)),
    }
    if covariance_type != "tied":
        broken["more"] = np.concatenate([good, good[:1]])
    if covariance_type in ("full", "tied"):
        broken["transposed"] = np.swapaxes(good, -1, -2)
        broken["another dimension"] = good[..., :1, :1]
    broken["text"] = np.full(np.shape(good), "a")
    return broken


@pytest.mark.parametrize("covariance_type", TYPES)
def test_factors_that_do_not_fit(covariance_type):
    for case, factors in broken_factors(covariance_type).items():
        model = fitted(covariance_type)
        model.precisions_cholesky_ = factors
        shape = [str(np.shape(factors))] if case not in ("unset", "text") else []
        assert_refused(model, "precisions_cholesky_", *shape, methods=EVALUATIONS)


@pytest.mark.parametrize("covariance_type", TYPES)
def test_covariances_that_do_not_fit_a_sample(covariance_type):
    good = fitted(covariance_type).covariances_
    for broken in (good[:0], good[None], -good, np.full_like(good, np.nan), np.ones((1, 1)), None, "a"):
        model = fitted(covariance_type)
        model.covariances_ = broken
        assert_refused(model, "covariances_", methods=["sample"])


def test_a_covariance_type_that_is_none():
    assert_refused(fitted("full").set_params(covariance_type="round"), "covariance_type", "'round'", "tied")
    assert_refused(fitted("full").set_params(covariance_type=["full"]), "covariance_type", "tied")


@pytest.mark.parametrize("covariance_type", TYPES)
def test_lists_and_single_precision_set_by_hand_are_taken(covariance_type):
    # a narrow component would make the rounding of single precision count
    model = GaussianMixture(K, covariance_type=covariance_type, reg_covar=0.1, random_state=0).fit(ROWS)
    expected = model.score_samples(ROWS)
    for name in ("weights_", "means_", "precisions_cholesky_", "covariances_"):
        setattr(model, name, np.float32(getattr(model, name)).tolist())
    np.testing.assert_allclose(model.score_samples(ROWS), expected, rtol=1e-4, atol=1e-5)
    assert model.sample(4)[0].shape == (4, D)
