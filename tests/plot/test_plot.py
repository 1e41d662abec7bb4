"""Pictures: they show what they claim to, with the data's names, and leave nothing behind."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from scipy.integrate import trapezoid

import mixtura
from mixtura import Mixture, datasets, plot
from mixtura.plot.drawing import POINTS
from mixtura.plot.normal import RADIUS_95, highest_density_levels, outline, weighted_densities
from mixtura.plot.style import COLOURS, share, with_spread


@pytest.fixture
def line() -> Mixture:
    return Mixture([0.3, 0.7], [-2.0, 3.0], [0.25, 1.0])


@pytest.fixture
def plane() -> Mixture:
    return Mixture(
        [0.2, 0.3, 0.5], [[-3, 0], [0, 2], [4, -1]], [np.eye(2), [[2, 1], [1, 1]], [[1, -0.5], [-0.5, 2]]]
    )


def space(d: int, k: int = 2) -> Mixture:
    means = np.arange(k)[:, None] * np.linspace(0.1, 5, d)
    return Mixture(np.full(k, 1 / k), means, np.broadcast_to(np.eye(d), (k, d, d)))


def curves(axes):
    return {line.get_label(): line.get_data() for line in axes.lines}


def ellipses(axes):
    """Return the closed curves among the lines."""
    return [line.get_xydata() for line in axes.lines if len(line.get_xdata()) == 200]


def points(axes):
    return [c.get_offsets() for c in axes.collections if hasattr(c, "get_sizes") and len(c.get_offsets()) > 1]


@pytest.mark.parametrize("weighted", [False, True])
def test_a_line_shows_densities_of_mass_one(line, weighted):
    x = line.rvs(3_000, np.random.default_rng(1))
    weights = np.random.default_rng(2).random(3_000) if weighted else None
    (axes,) = plot.fit(line, x, ["width, mm"], weights).axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("width, mm", "density")
    heights, edges, _ = axes.patches[0].get_data()
    assert np.sum(heights * np.diff(edges)) == pytest.approx(1, rel=1e-12)
    shown = curves(axes)
    assert trapezoid(*shown["mixture"][::-1]) == pytest.approx(1, rel=1e-3)
    for c, weight in enumerate(line.weights):
        assert trapezoid(*shown[f"component {c}"][::-1]) == pytest.approx(weight, rel=2e-3)
    np.testing.assert_allclose(shown["mixture"][1], line.pdf(shown["mixture"][0]), rtol=1e-9)


def test_bars_of_weighted_data_are_those_of_repeated_rows(line):
    x = line.rvs(400, np.random.default_rng(3))
    times = np.random.default_rng(4).integers(0, 4, 400)
    heights, edges, _ = plot.fit(line, x, weights=times).axes[0].patches[0].get_data()
    np.testing.assert_allclose(heights, np.histogram(np.repeat(x, times), edges, density=True)[0], rtol=1e-12)


def test_bars_of_whole_minutes_are_whole_minutes_wide():
    waiting = datasets.faithful().data[:, 1]
    (axes,) = plot.fit(mixtura.fit_mixture(waiting, 2), waiting).axes
    widths = np.diff(axes.patches[0].get_data().edges)
    np.testing.assert_allclose(widths, np.rint(widths[0]), rtol=1e-12)


def test_a_plane_has_an_ellipse_and_points_for_each_component(plane):
    x = plane.rvs(500, np.random.default_rng(1))
    (axes,) = plot.fit(plane, x, ["length", "width"]).axes
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("length", "width")
    drawn = ellipses(axes)
    assert len(drawn) == 3
    for curve, mean, covariance in zip(drawn, plane.means, plane.covariances):
        distances = np.einsum("ni,ij,nj->n", curve - mean, np.linalg.inv(covariance), curve - mean)
        np.testing.assert_allclose(distances, RADIUS_95**2, rtol=1e-9)
    shown = points(axes)
    assert [len(p) for p in shown] == np.bincount(plane.predict(x)).tolist()
    texts = [t.get_text() for t in axes.get_legend().get_texts()]
    assert texts == ["component 0: 20.0%", "component 1: 30.0%", "component 2: 50.0%"]


def test_contours_hold_the_mass_they_name():
    grid = np.linspace(-6, 6, 401)
    x = np.stack(np.meshgrid(grid, grid), -1).reshape(-1, 2)
    normal = Mixture([1.0], [[0.0, 0.0]], [np.eye(2)])
    density = weighted_densities(normal.parameters, x)[0]
    levels = highest_density_levels(density, (0.5, 0.95))
    # a disc of radius r holds 1 - exp(-r^2 / 2) of the normal; at its edge the density is (1 - mass) / 2 pi
    np.testing.assert_allclose(levels, [0.05 / (2 * np.pi), 0.5 / (2 * np.pi)], rtol=0.01)
    assert np.mean(np.hypot(*normal.rvs(100_000, np.random.default_rng(0)).T) < RADIUS_95) == pytest.approx(
        0.95, abs=0.004
    )
    assert np.hypot(*outline(np.zeros(2), np.eye(2), 2.0).T) == pytest.approx(2, rel=1e-12)


def test_three_features_make_a_grid_of_pairs_below_the_diagonal():
    mixture = space(3)
    x = mixture.rvs(200, np.random.default_rng(1))
    figure = plot.fit(mixture, x, ["a", "b", "c"])
    assert len(figure.axes) == 6
    assert [axes.get_xlabel() for axes in figure.axes] == ["", "", "", "a", "b", "c"]
    assert [axes.get_ylabel() for axes in figure.axes] == ["", "b", "", "c", "", ""]
    assert [len(ellipses(axes)) for axes in figure.axes] == [0, 2, 0, 2, 2, 0]
    assert len(figure.legends) == 1


def test_the_grid_keeps_colours_when_a_margin_would_reorder_components():
    mixture = Mixture([0.5, 0.5], [[0, 9, 0], [1, 0, 0]], [np.eye(3)] * 2)
    figure = plot.fit(mixture, mixture.rvs(50, np.random.default_rng(0)))
    second = figure.axes[2]
    highest = {line.get_color(): line.get_xdata()[line.get_ydata().argmax()] for line in second.lines}
    assert highest[COLOURS[0]] == pytest.approx(9, abs=0.1)
    assert highest[COLOURS[1]] == pytest.approx(0, abs=0.1)


def test_of_many_features_those_that_tell_components_apart_are_shown():
    mixture = space(10)
    x = mixture.rvs(60, np.random.default_rng(1))
    figure = plot.fit(mixture, x)
    shown = [axes.get_xlabel() for axes in figure.axes if axes.get_xlabel()]
    assert shown == [f"x{j}" for j in range(3, 11)]
    assert figure.legends[0].get_title().get_text() == "8 of 10 features"


def test_of_many_rows_a_sample_is_drawn_as_pixels(plane):
    x = plane.rvs(POINTS + 5_000, np.random.default_rng(1))
    (axes,) = plot.fit(plane, x).axes
    assert sum(len(p) for p in points(axes)) == POINTS
    assert all(
        c.get_rasterized() for c in axes.collections if hasattr(c, "get_sizes") and len(c.get_offsets()) > 1
    )


def test_rows_of_weight_zero_are_not_drawn(plane):
    x = plane.rvs(100, np.random.default_rng(1))
    (axes,) = plot.fit(plane, x, weights=np.arange(100) % 2).axes
    assert sum(len(p) for p in points(axes)) == 50


def test_components_far_apart_or_tails_too_long_for_a_histogram_still_make_a_picture(tmp_path):
    rng = np.random.default_rng(0)
    far = Mixture([0.5, 0.5], [0, 1e6], [1, 1])
    plot.fit(far, far.rvs(200, rng)).savefig(tmp_path / "far.png")
    plane = Mixture([0.5, 0.5], [[0, 0], [1e6, 1e6]], [np.eye(2)] * 2)
    plot.fit(plane, plane.rvs(200, rng)).savefig(tmp_path / "plane.png")
    tails = Mixture([0.8, 0.2], [0, 0], [1, 30])
    (axes,) = plot.fit(tails, rng.standard_cauchy(2_000)).axes
    assert np.ptp(axes.get_xlim()) < 100


@pytest.mark.parametrize("suffix", ["png", "pdf", "svg"])
def test_a_picture_is_saved_without_a_window(tmp_path, plane, suffix):
    file = tmp_path / f"fit.{suffix}"
    plot.fit(plane, plane.rvs(100, np.random.default_rng(0))).savefig(file)
    assert file.stat().st_size > 5_000


def test_a_fit_its_mixture_and_a_data_frame_give_the_same_picture():
    import pandas as pd

    data = datasets.faithful()
    found = mixtura.fit_mixture(data.data, 2)
    (first,) = plot.fit(found, data.data, data.feature_names).axes
    (second,) = plot.fit(found.mixture, pd.DataFrame(data.data, columns=data.feature_names)).axes
    assert second.get_xlabel() == "eruptions"
    np.testing.assert_array_equal(ellipses(first), ellipses(second))


def test_convergence_shows_the_way_up_and_what_is_left():
    found = mixtura.fit_mixture(datasets.galaxies().data, 3)
    climb, gap = plot.convergence(found, tol=1e-4).axes
    np.testing.assert_array_equal(climb.lines[0].get_ydata(), found.history)
    assert gap.get_yscale() == "log"
    left = gap.lines[0].get_ydata()
    top = found.loglik + max(found.remaining, 0)
    np.testing.assert_allclose(left[np.isfinite(left)], (top - found.history)[np.isfinite(left)], rtol=1e-12)
    assert (climb.get_xlabel(), climb.get_ylabel()) == ("passes over the data", "log-likelihood, nats")


def test_convergence_compares_several_fits():
    x = datasets.galaxies().data
    fits = {f"k = {k}": mixtura.fit_mixture(x, k) for k in (2, 3)}
    _, gap = plot.convergence(fits).axes
    assert [t.get_text() for t in gap.get_legend().get_texts()] == ["k = 2", "k = 3"]


@pytest.mark.parametrize(
    ("mean", "deviation", "text"),
    [
        (9.7101, 0.4225, "9.71 ± 0.42"),
        (-21.92, 2.27, "\N{MINUS SIGN}21.9 ± 2.3"),
        (54.6, 590.0, "55 ± 590"),
        (5.7e-4, 9.7e-4, r"(5.7 ± 9.7) $\times 10^{-4}$"),
        (1e6, 1.0, "1000000 ± 1"),
    ],
)
def test_a_mean_is_written_as_far_as_its_deviation_goes(mean, deviation, text):
    assert with_spread(mean, deviation) == text


@pytest.mark.parametrize(
    ("weight", "text"),
    [(0.64412, "64.4%"), (0.0002, "0.02%"), (0.9998, "99.98%"), (1.0, "100.0%"), (0.0, "0.0%")],
)
def test_a_weight_is_a_percentage_that_shows_small_components(weight, text):
    assert share(weight) == text


@pytest.mark.parametrize(
    ("x", "options", "message"),
    [
        (np.zeros((5, 3)), {}, "3 columns and the mixture 2 features"),
        (np.zeros((5, 2)), {"names": ["a"]}, "1 names for 2 features"),
        (np.zeros((5, 2)), {"weights": [1.0]}, "5 rows but weights of shape"),
    ],
)
def test_what_does_not_belong_together_is_refused(plane, x, options, message):
    with pytest.raises(ValueError, match=message):
        plot.fit(plane, x, **options)


def test_what_is_no_fit_is_refused():
    with pytest.raises(TypeError, match="a picture needs a Fit"):
        plot.fit("fit", np.zeros(3))


def test_without_matplotlib_one_line_says_what_to_install():
    program = (
        "import sys; sys.modules['matplotlib'] = None\n"
        "from mixtura import Mixture, plot\n"
        "plot.fit(Mixture([1.0], [0.0], [1.0]), [0.0, 1.0, 2.0])\n"
    )
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert run.returncode == 1
    assert run.stderr.splitlines()[-1] == (
        'ModuleNotFoundError: a picture needs matplotlib: run pip install "mixtura[plot]"'
    )


def test_importing_the_pictures_does_not_import_matplotlib():
    program = "import sys, mixtura.plot; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0


def test_a_fit_that_was_cut_short_has_a_picture_of_its_way():
    short = mixtura.fit_mixture(datasets.faithful().data, 2, max_iter=3)
    assert not np.isfinite(short.remaining)
    assert len(plot.convergence(short).axes) == 2
    with pytest.raises(ValueError, match="no fit"):
        plot.convergence({})


@pytest.mark.parametrize("x", [[1.0, 1.0], [5.0], [1e3, 2e3]])
def test_equal_values_and_values_far_from_the_mixture_make_a_picture(x):
    assert len(plot.fit(Mixture([1.0], [0.0], [1.0]), x).axes) == 1


def test_missing_values_are_refused_by_their_place():
    with pytest.raises(ValueError, match=r"NaN in 1 of 2 rows \(row 1"):
        plot.fit(Mixture([1.0], [0.0], [1.0]), [1.0, np.nan])
