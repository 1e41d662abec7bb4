"""Pictures of how sure a fit is: estimates, densities and means, hollow or bare where nothing can be told."""

import numpy as np
import pytest
from scipy.stats import chi2, norm

from mixtura import datasets, fit_mixture, plot


def test_intervals_are_drawn_where_the_inference_has_them():
    inference = fit_mixture(datasets.faithful().data, 2).inference()
    figure = plot.uncertainty(inference, 0.9)
    panel = next(axes for axes in figure.axes if axes.get_xlabel() == "mean, 1")
    bars = [line.get_xdata() for line in panel.lines if len(line.get_xdata()) == 2]
    np.testing.assert_allclose(bars, inference.interval(0.9).means[:, 1], rtol=1e-12, atol=0.0)
    marks = [line.get_xdata()[0] for line in panel.lines if len(line.get_xdata()) == 1]
    np.testing.assert_allclose(marks, inference.mixture.means[:, 1], rtol=1e-12, atol=0.0)
    assert len(figure.axes) == 5


def test_what_cannot_be_told_has_a_hollow_mark_and_no_interval():
    figure = plot.uncertainty(fit_mixture(datasets.alphas().data.ravel(), 2).inference())
    for axes in figure.axes:
        assert [len(line.get_xdata()) for line in axes.lines] == [1, 1]
        assert all(line.get_markerfacecolor() == "none" for line in axes.lines)


@pytest.mark.parametrize(("d", "panels"), [(1, 3), (3, 7), (9, 13)])
def test_there_are_panels_for_weights_means_and_deviations(d, panels):
    x = np.random.default_rng(0).normal(size=(300, d))
    assert len(plot.uncertainty(fit_mixture(x, 1).inference()).axes) == panels


def test_the_band_is_that_of_the_density_at_each_point():
    inference = fit_mixture(datasets.galaxies().data, 3).inference("sandwich")
    (axes,) = plot.uncertainty(inference, 0.9, show="density").axes
    points, density = axes.lines[0].get_data()
    np.testing.assert_allclose(density, inference.mixture.pdf(points[:, None]), rtol=1e-12, atol=0.0)
    at = len(points) // 3
    plain = inference.of(lambda mixture: mixture.pdf(points[at : at + 1, None]))
    # (root + z e)^2 - (root - z e)^2 = 4 root z e, and e is the density's error over twice its root
    edges = axes.collections[0].get_paths()[0].vertices
    low, high = np.sort(np.unique(edges[edges[:, 0] == points[at], 1]))[[0, -1]]
    np.testing.assert_allclose(high - low, 2 * norm.ppf(0.95) * plain.error[0], rtol=1e-5, atol=0.0)
    assert low < density[at] < high


def test_there_is_a_panel_for_the_density_of_each_feature():
    inference = fit_mixture(datasets.iris().data, 2).inference(features=list("abcd"))
    figure = plot.uncertainty(inference, show="density")
    assert [axes.get_xlabel() for axes in figure.axes] == list("abcd")
    axes = figure.axes[2]
    points, density = axes.lines[0].get_data()
    margin = inference.mixture.marginal([2])
    np.testing.assert_allclose(density, margin.pdf(points[:, None]), rtol=1e-12, atol=0.0)


def test_the_density_of_the_alphas_has_a_band_though_their_components_cannot_be_told():
    inference = fit_mixture(datasets.alphas().data.ravel(), 2).inference()
    (axes,) = plot.uncertainty(inference, show="density").axes
    assert np.isfinite(axes.collections[0].get_paths()[0].vertices).all()


def test_regions_hold_as_much_of_the_means_as_is_asked():
    inference = fit_mixture(datasets.iris().data, 2).inference()
    figure = plot.uncertainty(inference, 0.9, show="means")
    assert len(figure.axes) == 6
    axes = figure.axes[4]  # the last row's second: features 1 and 3
    at = [inference.names.index(f"mean[1, {feature}]") for feature in (1, 3)]
    shape = np.linalg.inv(inference.covariance_matrix[np.ix_(at, at)])
    edge = axes.patches[1].get_xy() - inference.mixture.means[1, [1, 3]]
    np.testing.assert_allclose(
        np.einsum("ni,ij,nj->n", edge, shape, edge), chi2.ppf(0.9, 2), rtol=1e-6, atol=0.0
    )


def test_means_that_cannot_be_told_have_no_region():
    rng = np.random.default_rng(2)
    x = np.concatenate([rng.normal(size=(2_000, 2)), rng.normal(size=(500, 2)) + 20.0])
    inference = fit_mixture(x, 3, structure="EII").inference()  # two for the first normal, one for the other
    untold = [f"mean[{c}, 0]" in inference.untold for c in range(3)]
    assert sum(untold) == 2
    (axes,) = plot.uncertainty(inference, show="means").axes
    assert len(axes.patches) == 1
    marks = [line for line in axes.lines if len(line.get_xdata()) == 1]
    assert [mark.get_markerfacecolor() == "none" for mark in marks] == untold


@pytest.mark.parametrize(
    ("d", "options", "said"),
    [
        (1, {"show": "means"}, "one feature have intervals"),
        (2, {"show": "forest"}, "'estimates', 'density', 'means'"),
        (2, {"show": "means", "level": 1.5}, "level"),
        (2, {"show": "density", "level": 1.5}, "level"),
    ],
)
def test_what_cannot_be_drawn_is_refused(d, options, said):
    x = np.random.default_rng(0).normal(size=(300, d))
    with pytest.raises(ValueError, match=said):
        plot.uncertainty(fit_mixture(x, 1).inference(), **options)
