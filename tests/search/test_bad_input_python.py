"""Bad input in Python: ValueError or TypeError, one sentence with the value, the place and the cure."""

from __future__ import annotations

import numpy as np
import pandas
import polars
import pytest

from mixtura import fit_mixture
from mixtura.sources import ArraySource


@pytest.mark.parametrize(
    ("x", "k", "options", "error", "parts"),
    [
        ([["a", "b"]], 1, {}, TypeError, ["numbers"]),
        (np.empty((0, 2)), 1, {}, ValueError, ["empty", "0 rows"]),
        (np.zeros((2, 2, 2)), 1, {}, ValueError, ["2 dimensions"]),
        ([1.0, np.nan, 3.0], 1, {}, ValueError, ["NaN", "row 1"]),
        ([1.0, np.inf, 3.0], 1, {}, ValueError, ["infinity", "row 1"]),
        ([1.0, 2.0], 3, {}, ValueError, ["2 rows", "3 components"]),
        ([1.0, 1.0, 2.0], 3, {}, ValueError, ["2 distinct", "3 components"]),
        ([2.0, 2.0, 2.0], 1, {}, ValueError, ["all rows are equal", "2"]),
        ([[1.0, 5.0], [2.0, 5.0]], 1, {}, ValueError, ["column 1", "constant", "5"]),
        ([1e-160, 2e-160, 3e-160], 1, {}, ValueError, ["column 0", "small", "unit"]),
        ([[1.0, 1e200], [2.0, 2e200], [3.0, 5e200]], 1, {}, ValueError, ["column 1", "large", "unit"]),
        ([1.0, 2.0, 3.0], 0, {}, ValueError, ["0", "at least 1"]),
        ([1.0, 2.0, 3.0], 1.5, {}, ValueError, ["1.5", "integer"]),
        ([1.0, 2.0, 3.0], 1, {"sample_weight": [1, -2, 1]}, ValueError, ["row 1", "-2", "negative"]),
        ([1.0, 2.0, 3.0], 1, {"sample_weight": [0, 0, 0]}, ValueError, ["all weights are zero"]),
        ([1.0, 2.0, 3.0], 1, {"sample_weight": [1, 1]}, ValueError, ["3 rows", "(2,)"]),
        ([1.0, 2.0, 3.0], 1, {"structure": "XXX"}, ValueError, ["'XXX'", "VVV"]),
        ([1.0, 2.0, 3.0], 2, {"n_init": 0}, ValueError, ["n_init", "0"]),
        ([1.0, 2.0, 3.0], 2, {"tol": np.nan}, ValueError, ["tol", "nan"]),
        ([1.0, 2.0, 3.0], 2, {"tol": -1.0}, ValueError, ["tol", "-1.0"]),
        ([1.0, 2.0, 3.0], 2, {"reg_covar": -1.0}, ValueError, ["reg_covar", "-1.0"]),
        ([1.0, 2.0, 3.0], 2, {"max_iter": 0}, ValueError, ["max_iter", "0"]),
        ([1.0, 2.0, 3.0], 2, {"n_threads": 0}, ValueError, ["n_threads", "0"]),
        ([1.0 + 2.0j, 2.0, 3.0], 1, {}, TypeError, ["complex128", "real"]),
        (np.array(["2020-01-01", "2020-01-02"], "M8[D]"), 1, {}, TypeError, ["datetime64"]),
        (np.ma.masked_less([1.0, -9.0, 3.0], 0.0), 1, {}, ValueError, ["NaN", "row 1"]),
    ],
)
def test_bad_input_in_python_is_one_sentence(x, k, options, error, parts):
    with pytest.raises(error) as caught:
        fit_mixture(x, k, **options)
    for part in parts:
        assert part in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("library", [pandas, polars])
def test_a_frame_is_refused_by_the_names_of_its_columns(library):
    with pytest.raises(TypeError, match=r"numbers.* column name; "):
        fit_mixture(library.DataFrame({"a": [1.0, 2.0], "name": ["x", "y"]}), 1)
    with pytest.raises(ValueError, match=r"NaN in 1 of 2 rows \(row 1; column b; counting from 0\)"):
        fit_mixture(library.DataFrame({"a": [1.0, 2.0], "b": [1.0, np.nan]}), 1)
    with pytest.raises(ValueError, match=r"column b is constant \(7\)"):
        fit_mixture(library.DataFrame({"a": [1.0, 2.0], "b": [7.0, 7.0]}), 1)


def test_weights_beside_a_source_are_refused():
    """They used to be passed over in silence."""
    with pytest.raises(ValueError, match="sample_weight"):
        fit_mixture(ArraySource([1.0, 2.0, 4.0]), 1, sample_weight=[1.0, 2.0, 1.0])
