"""The packaged data sets are what their sources say."""

import numpy as np
import pytest

from mixtura import datasets

SHAPES = {
    **{"faithful": (272, 2), "galaxies": (82, 1), "acidity": (155, 1), "iris": (150, 4)},
    **{"diabetes": (145, 3), "thyroid": (215, 5), "gvhd_control": (6809, 4)},
}


@pytest.mark.parametrize("name", SHAPES)
def test_real_data_have_their_shape_and_names(name):
    dataset = getattr(datasets, name)()
    assert dataset.data.shape == SHAPES[name]
    assert len(dataset.feature_names) == SHAPES[name][1]
    assert dataset.data.dtype == np.float64
    assert np.isfinite(dataset.data).all()
    assert "rows" in repr(dataset)


def test_published_summaries():
    # R: colMeans(faithful), median(galaxies) after division by 1000, colMeans(iris[, -5]); each to R's print.
    np.testing.assert_allclose(
        datasets.faithful().data.mean(axis=0), [3.487783, 70.897059], rtol=0, atol=5e-7
    )
    np.testing.assert_allclose(np.median(datasets.galaxies().data), 20.8335, rtol=0, atol=1e-9)
    np.testing.assert_allclose(
        datasets.iris().data.mean(axis=0), [5.843333, 3.057333, 3.758, 1.199333], rtol=0, atol=5e-7
    )
    assert datasets.galaxies().data[77, 0] == 26.690


def test_labels_are_apart_from_the_measurements():
    iris = datasets.iris()
    names, counts = np.unique(iris.labels, return_counts=True)
    assert names.tolist() == ["setosa", "versicolor", "virginica"]
    assert counts.tolist() == [50, 50, 50]
    assert "label" not in iris.feature_names
    assert datasets.faithful().labels is None


def test_data_cannot_be_overwritten():
    with pytest.raises(ValueError, match="read-only"):
        datasets.faithful().data[0] = 0.0


def test_alphas_repeat_with_their_seed_and_follow_their_law():
    sample = datasets.alphas(seed=7)
    assert sample.data.shape == sample.labels.shape == (255, 100)
    assert len(sample.feature_names) == 100
    np.testing.assert_array_equal(sample.data, datasets.alphas(seed=np.random.default_rng(7)).data)
    assert not np.array_equal(sample.data, datasets.alphas(seed=8).data)
    truth, n = datasets.ALPHAS_TRUTH, sample.data.size
    for component in (0, 1):
        values = sample.data[sample.labels == component]
        # Four standard errors of a proportion, a mean and a variance.
        share = truth.weights[component]
        assert abs(len(values) / n - share) < 4 * np.sqrt(share * (1 - share) / n)
        deviation = np.sqrt(truth.variances[component])
        assert abs(values.mean() - truth.means[component]) < 4 * deviation / np.sqrt(len(values))
        assert abs(values.var() - deviation**2) < 4 * deviation**2 * np.sqrt(2 / len(values))
