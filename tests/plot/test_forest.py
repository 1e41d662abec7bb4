"""The forest plot: a mark and an interval for each component, hollow where nothing can be told."""

import numpy as np
import pytest

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
