"""What is no real number is refused, and a masked value is a missing one, wherever numbers are given."""

import numpy as np
import pandas
import polars
import pytest

from mixtura import GaussianMixture, Mixture, fit_mixture
from mixtura.model.numbers import real_numbers

LINE = Mixture([0.4, 0.6], [0.0, 5.0], [1.0, 2.0])
ROWS = np.random.default_rng(0).normal(size=(30, 2))
COMPLEX = ROWS + 1j
DATES = np.arange(60).astype("M8[D]").reshape(30, 2)
SPANS = np.arange(60).astype("m8[s]").reshape(30, 2)
MASKED = np.ma.masked_array(ROWS, np.arange(60).reshape(30, 2) == 7)
WEIGHTS = np.arange(1.0, 31.0)


def fitted():
    return GaussianMixture(1).fit(ROWS)


USES = {
    "fit_mixture": lambda x: fit_mixture(x, 1),
    "fit": lambda x: GaussianMixture(1).fit(x),
    "predict": lambda x: fitted().predict(x),
    "score": lambda x: fitted().score(x),
    "means": lambda x: Mixture(np.full(30, 1 / 30), x, np.tile(np.eye(2), (30, 1, 1))),
    "weights": lambda x: Mixture(x[:, 0], ROWS, np.tile(np.eye(2), (30, 1, 1))),
    "logpdf": lambda x: LINE.logpdf(x[:, 0]),
    "cdf": lambda x: LINE.cdf(x[:, 0]),
    "ppf": lambda x: LINE.ppf(x[:, 0]),
    "affine": lambda x: LINE.affine(1.0, x[0, 0]),
    "sample_weight": lambda x: fit_mixture(ROWS, 1, sample_weight=x[:, 0]),
    "weights of the estimator": lambda x: GaussianMixture(1).fit(ROWS, sample_weight=x[:, 0]),
    "weights of a score": lambda x: fitted().score(ROWS, sample_weight=x[:, 0]),
}


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("values", [COMPLEX, DATES, SPANS], ids=["complex", "dates", "durations"])
def test_what_is_no_real_number_is_refused(use, values):
    """NumPy drops imaginary parts with a warning, and counts days and seconds without one."""
    with pytest.raises(ValueError, match=r"real numbers, not|Complex data not supported") as caught:
        USES[use](values)
    assert "\n" not in str(caught.value).partition("\n[[")[0]


@pytest.mark.parametrize("use", ["fit_mixture", "fit", "predict", "score"])
def test_a_masked_cell_of_rows_is_a_missing_one(use):
    with pytest.raises(ValueError, match="NaN"):
        USES[use](MASKED)


@pytest.mark.parametrize("use", ["sample_weight", "weights of the estimator", "weights of a score"])
def test_a_masked_weight_is_refused_with_its_row(use):
    weights = np.ma.masked_array(WEIGHTS, WEIGHTS == 4.0)[:, None]
    with pytest.raises(ValueError, match="row 3 has nan"):
        USES[use](weights)


def test_masked_parameters_are_refused():
    with pytest.raises(ValueError, match="means must be finite, but component 1 has nan"):
        Mixture([0.5, 0.5], np.ma.masked_array([0.0, 1.0], [False, True]), [1.0, 1.0])


@pytest.mark.parametrize("method", ["logpdf", "pdf", "cdf", "sf", "logsf", "ppf"])
def test_a_masked_value_has_no_density(method):
    x = np.ma.masked_array([0.1, 0.2, 0.3], [False, True, False])
    found = getattr(LINE, method)(x)
    assert np.isnan(found).tolist() == [False, True, False]
    np.testing.assert_array_equal(found[::2], getattr(LINE, method)(x.data[::2]))


@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int32, np.uint8, bool, object])
def test_a_mask_that_hides_nothing_changes_nothing(dtype):
    values = np.array([[0, 1], [1, 0], [1, 1]], dtype)
    found = real_numbers(np.ma.masked_array(values, np.zeros((3, 2), bool)), "x")
    assert found.dtype == (np.float32 if dtype is np.float32 else np.float64)
    np.testing.assert_array_equal(found, values.astype(np.float64))
    rows = np.ma.masked_array(ROWS, np.zeros(ROWS.shape, bool))
    np.testing.assert_array_equal(GaussianMixture(1).fit(rows).means_, fitted().means_)


@pytest.mark.parametrize("library", [pandas, polars])
def test_a_frame_of_dates_is_refused_by_its_columns(library):
    frame = library.DataFrame({"day": DATES[:, 0].astype("M8[ns]"), "end": DATES[:, 1].astype("M8[ns]")})
    for use in ("fit_mixture", "fit"):
        with pytest.raises(ValueError, match=r"real numbers, not .* as in column day, end; drop"):
            USES[use](frame)


def test_a_whole_number_beyond_floats_is_refused_and_not_an_overflow():
    with pytest.raises(ValueError, match=r"weights must be an array of numbers: .* too large"):
        Mixture([10**400, 0.5], [0.0, 1.0], [1.0, 1.0])


def test_numbers_that_lie_askew_in_memory_are_used_as_any_others():
    """Of a packed record's field NumPy knows the way; the core asks for multiples of a number's size."""
    x = np.random.default_rng(0).normal(size=(200, 2))
    x[100:] += 4.0
    packed = np.zeros(200, dtype=[("a", "f4"), ("b", "f8", 2)])
    packed["b"] = x
    askew = packed["b"]
    assert not askew.flags.aligned
    fit = fit_mixture(x, 2)
    assert fit_mixture(askew, 2).loglik == fit.loglik
    np.testing.assert_array_equal(fit.mixture.logpdf(askew), fit.mixture.logpdf(x))
    model = GaussianMixture(2, random_state=0).fit(askew)
    np.testing.assert_array_equal(model.predict(askew), model.predict(x))


@pytest.mark.parametrize(
    "x", [MASKED, np.where(MASKED.mask, np.nan, ROWS), np.where(MASKED.mask, np.nan, ROWS).tolist()]
)
def test_a_row_with_a_missing_number_has_no_label(x):
    """It used to get that of some component."""
    mixture = Mixture([0.5, 0.5], ROWS[:2], [np.eye(2)] * 2)
    with pytest.raises(ValueError, match=r"missing numbers in 1 of 30 rows \(row 3, counting from 0\)"):
        mixture.predict(x)
    assert np.isnan(mixture.logpdf(x)[3])
    assert np.isnan(mixture.responsibilities(x)[3]).all()


def test_a_masked_value_in_a_list_is_a_missing_one():
    mixture = Mixture([0.5, 0.5], ROWS[:2], [np.eye(2)] * 2)
    with pytest.raises(ValueError, match="one finite value for each of 1 features"):
        mixture.conditional({0: np.ma.masked})


def test_weights_beyond_what_can_be_summed_are_named():
    """They used to be told as numbers of a column so small that their squares are lost."""
    with pytest.raises(ValueError, match=r"the weights are so large \(1.7e\+308, ...\).*divide all of them"):
        fit_mixture(ROWS, 1, sample_weight=np.full(30, 1.7e308))
