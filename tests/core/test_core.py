"""The native kernels against their NumPy twin, on every engine that this machine runs."""

import numpy as np
import pytest

from mixtura import _core
from mixtura._core import native, twin

FORMS = ("full", "tied", "diagonal", "spherical")


def spreads_of(form, m, k, d, rng):
    """Make spreads of the form for a stack of m mixtures, with condition numbers of a few hundred."""
    if form == "diagonal":
        return np.exp(rng.normal(size=(m, k, d)))
    if form == "spherical":
        return np.exp(rng.normal(size=(m, k)))
    roots = rng.normal(size=(m, d, d) if form == "tied" else (m, k, d, d)) / np.sqrt(d)
    return roots @ np.swapaxes(roots, -1, -2) + 0.1 * np.eye(d)


def problem(form, d, k, n, m=2, seed=0):
    """Make rows (n, d), row weights of which some are 0, and a stack of m overlapping mixtures."""
    rng = np.random.default_rng([seed, d, k, n])
    means = rng.normal(size=(m, k, d))
    x = means[0, rng.integers(k, size=n)] + rng.normal(size=(n, d))
    omega = rng.exponential(size=n) * (rng.random(n) > 0.2)
    omega[0] = 1.0
    return x, omega, (rng.dirichlet(np.ones(k), size=m), means, spreads_of(form, m, k, d, rng))


def assert_same_moments(found, wanted, x, omega, means, rtol=1e-12):
    """Compare passes; sums may cancel, so the absolute slack is rtol of the sum of their terms' sizes."""
    weights = np.ones(len(x)) if omega is None else omega
    reach = np.abs(x[:, None] - means.reshape(-1, x.shape[1])).max(axis=1, initial=0.0).astype(float)
    sizes = [weights.sum(), weights @ reach.max(axis=1), weights @ (reach**2).sum(axis=1)]
    for name, a, b, size in zip(("counts", "sums", "scatters"), found, wanted, sizes):
        np.testing.assert_allclose(a, b, rtol=rtol, atol=rtol * size, err_msg=name)
    np.testing.assert_allclose(found[3], wanted[3], rtol=rtol, atol=rtol * len(x), err_msg="loglik")


def assert_same_densities(x, weights, means, spreads, form, rtol=1e-12):
    one = (x, weights[0], means[0], spreads[0], form)
    for want, atol in (("log_joint", 0.0), ("log_density", 1e-13), ("responsibilities", 1e-13)):
        found, wanted = native.densities(*one, want), twin.densities(*one, want)
        np.testing.assert_allclose(found, wanted, rtol=rtol, atol=atol, err_msg=want)
    labels, joint = native.densities(*one, "labels"), twin.densities(*one, "log_joint")
    assert labels.dtype == np.int64
    chosen = np.take_along_axis(joint, labels[:, None], axis=1)[:, 0]
    np.testing.assert_allclose(chosen, joint.max(axis=1), rtol=rtol, atol=0)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize(
    ("d", "k"), [(1, 1), (1, 3), (2, 4), (3, 7), (5, 2), (8, 3), (9, 5), (16, 4), (33, 3), (2, 70), (9, 33)]
)
def test_a_pass_equals_the_twins(engine, form, d, k):
    x, omega, mixtures = problem(form, d, k, n=300)
    for weights in (None, omega):
        found = native.moments(x, weights, *mixtures, form)
        assert_same_moments(found, twin.moments(x, weights, *mixtures, form), x, weights, mixtures[1])
    assert_same_densities(x, *mixtures, form)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("n", [1, 2, 7, 8, 9, 63, 64, 65, 127, 128, 129, 1023, 1024, 1025, 5000])
def test_sizes_around_tiles_and_blocks(engine, form, n):
    for d in (1, 2, 25):
        x, omega, mixtures = problem(form, d, 3, n, m=1)
        for weights in (None, omega):
            found = native.moments(x, weights, *mixtures, form)
            assert_same_moments(found, twin.moments(x, weights, *mixtures, form), x, weights, mixtures[1])
    assert_same_densities(x, *mixtures, form)


LAYOUTS = {
    "columns": np.asfortranarray,
    "every other row": lambda x: np.repeat(x, 2, axis=0)[::2],
    "every other column": lambda x: np.repeat(x, 2, axis=1)[:, ::2],
    "rows reversed": lambda x: x[::-1].copy()[::-1],
    "columns reversed": lambda x: x[:, ::-1].copy()[:, ::-1],
    "a corner of a larger one": lambda x: np.pad(x, 3, constant_values=np.nan)[3:-3, 3:-3],
    "read-only": lambda x: np.lib.stride_tricks.as_strided(x, writeable=False),
}


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("d", [1, 4, 12])
def test_any_layout_gives_the_same_bits(layout, d, dtype):
    for form in FORMS:
        x, omega, mixtures = problem(form, d, 3, n=1100)
        x = np.ascontiguousarray(x, dtype=dtype)
        view = LAYOUTS[layout](x)
        np.testing.assert_array_equal(view, x)
        for a, b in zip(
            native.moments(view, omega, *mixtures, form), native.moments(x, omega, *mixtures, form)
        ):
            np.testing.assert_array_equal(a, b)
        one = [part[0] for part in mixtures]
        for want in ("log_density", "labels"):
            a, b = (native.densities(rows, *one, form, want) for rows in (view, x))
            np.testing.assert_array_equal(a, b)
        for a, b in zip(native.describe(view, omega), native.describe(x, omega)):
            np.testing.assert_array_equal(a, b)


def test_one_row_repeated_without_memory_is_read_as_it_stands():
    x, _, mixtures = problem("full", 3, 2, n=1)
    many = np.broadcast_to(x, (500, 3))
    assert_same_moments(
        native.moments(many, None, *mixtures, "full"),
        native.moments(many.copy(), None, *mixtures, "full"),
        many,
        None,
        mixtures[1],
        rtol=0,
    )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("d", [1, 3, 20])
def test_single_precision_storage_is_read_exactly(engine, form, d):
    x, omega, mixtures = problem(form, d, 3, n=1500)
    single = x.astype(np.float32)
    for weights in (None, omega):
        found = native.moments(single, weights, *mixtures, form)
        for a, b in zip(found, native.moments(single.astype(np.float64), weights, *mixtures, form)):
            np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("d", [1, 2, 10])
def test_any_number_of_threads_gives_the_same_bits(engine, form, d):
    x, omega, mixtures = problem(form, d, 4, n=9000, m=3)
    for weights in (None, omega):
        one = native.moments(x, weights, *mixtures, form, 1)
        for threads in (2, 3, 4, 7):
            for a, b in zip(native.moments(x, weights, *mixtures, form, threads), one):
                np.testing.assert_array_equal(a, b)
        for a, b in zip(native.describe(x, weights, 3), native.describe(x, weights, 1)):
            np.testing.assert_array_equal(a, b)
    single = [part[0] for part in mixtures]
    for want in ("log_density", "log_joint", "responsibilities", "labels"):
        a, b = (native.densities(x, *single, form, want, threads) for threads in (1, 4))
        np.testing.assert_array_equal(a, b)


def test_runs_of_several_blocks_give_the_twins_sums_and_the_same_bits():
    n = 1024 * 64 * 3 + 5  # three blocks to a run, and a run of five rows
    x, omega, mixtures = problem("full", 2, 2, n)
    one = native.moments(x, omega, *mixtures, "full", 1)
    assert_same_moments(one, twin.moments(x, omega, *mixtures, "full"), x, omega, mixtures[1])
    for threads in (2, 3):
        for a, b in zip(native.moments(x, omega, *mixtures, "full", threads), one):
            assert np.array_equal(a, b)


@pytest.mark.parametrize("form", FORMS)
def test_many_mixtures_in_one_pass_are_each_as_alone(form):
    x, omega, mixtures = problem(form, 3, 4, n=2500, m=5)
    together = native.moments(x, omega, *mixtures, form, 2)
    for i in range(5):
        alone = native.moments(x, omega, *(part[i : i + 1] for part in mixtures), form, 2)
        for a, b in zip(together, alone):
            np.testing.assert_array_equal(a[i : i + 1], b)
        single = native.moments(x, omega, *(part[i] for part in mixtures), form, 2)
        for a, b in zip(together, single):
            np.testing.assert_array_equal(a[i], b)
    assert_same_moments(
        single, twin.moments(x, omega, *(part[4] for part in mixtures), form), x, omega, mixtures[1]
    )


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("d", [1, 2, 11])
def test_rows_far_out_have_finite_densities_and_whole_responsibilities(engine, form, d):
    x, _, mixtures = problem(form, d, 3, n=200)
    x = np.concatenate([x, x * 1e4, x * 1e8])
    assert_same_moments(
        native.moments(x, None, *mixtures, form), twin.moments(x, None, *mixtures, form), x, None, mixtures[1]
    )
    one = [part[0] for part in mixtures]
    density = native.densities(x, *one, form, "log_density")
    assert np.isfinite(density).all()
    np.testing.assert_allclose(density, twin.densities(x, *one, form, "log_density"), rtol=1e-12, atol=0)
    total = native.densities(x, *one, form, "responsibilities").sum(axis=1)
    np.testing.assert_allclose(total, 1.0, rtol=1e-14, atol=0)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("d", [1, 3, 12])
def test_rows_infinitely_far_out_leave_the_others_alone(engine, form, d):
    # Their squared distances overflow, so that no component has a density there.
    x, omega, mixtures = problem(form, d, 2, n=40, m=1)
    far = x.copy()
    far[7], far[30], omega[7], omega[30] = 1e200, -1e300, 0.0, 0.0
    one = [part[0] for part in mixtures]
    density = native.densities(far, *one, form, "log_density")
    assert (density[[7, 30]] == -np.inf).all()
    assert (native.densities(far, *one, form, "responsibilities")[[7, 30]] == 0).all()
    kept = np.delete(np.arange(40), [7, 30])
    np.testing.assert_allclose(
        density[kept], twin.densities(x[kept], *one, form, "log_density"), rtol=1e-12, atol=0
    )
    counts = native.moments(far, omega, *mixtures, form)[0]
    np.testing.assert_allclose(counts, twin.moments(x, omega, *mixtures, form)[0], rtol=1e-12, atol=0)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("d", [1, 2, 11])
def test_components_a_million_deviations_apart(engine, form, d):
    x, omega, (weights, means, spreads) = problem(form, d, 3, n=900)
    shift = 1e6 * np.arange(3)[:, None]
    x = x + shift[np.arange(900) % 3]
    mixtures = (weights, means + shift, spreads)
    found, wanted = (f.moments(x, omega, *mixtures, form) for f in (native, twin))
    counts = np.array([omega[c::3].sum() for c in range(3)])
    np.testing.assert_allclose(found[0], [counts, counts], rtol=1e-13, atol=0)
    # Coordinates of 1e6 are themselves rounded by 1e-10 of a deviation.
    np.testing.assert_allclose(found[1], wanted[1], rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(found[2], wanted[2], rtol=1e-9, atol=1e-9 * wanted[2].max())
    np.testing.assert_allclose(found[3], wanted[3], rtol=1e-9, atol=0)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("d", [1, 3, 12])
def test_a_component_of_weight_zero_has_no_rows(engine, form, d):
    x, omega, (weights, means, spreads) = problem(form, d, 3, n=700)
    weights = weights * [1.0, 0.0, 1.0]
    found = native.moments(x, omega, weights, means, spreads, form)
    assert (found[0][:, 1] == 0).all()
    assert (found[1][:, 1] == 0).all()
    wanted = twin.moments(x, omega, weights, means, spreads, form)
    assert_same_moments(found, wanted, x, omega, means)
    joint = native.densities(x, weights[0], means[0], spreads[0], form, "log_joint")
    assert (joint[:, 1] == -np.inf).all()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("d", [1, 4, 10])
def test_equal_components_share_every_row_equally(engine, form, d):
    x, _, (weights, means, spreads) = problem(form, d, 1, n=300, m=1)
    k = 150
    many = spreads if form == "tied" else spreads.repeat(k, axis=1)
    found = native.moments(x, None, np.full((1, k), 1 / k), means.repeat(k, axis=1), many, form)
    wanted = native.moments(x, None, weights, means, spreads, form)
    np.testing.assert_allclose(found[0], 300 / k, rtol=1e-13, atol=0)
    np.testing.assert_allclose(found[1], wanted[1].repeat(k, axis=1) / k, rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(found[3], wanted[3], rtol=1e-13, atol=0)


@pytest.mark.parametrize("form", FORMS)
def test_a_row_of_weight_zero_leaves_no_trace(engine, form):
    x, omega, mixtures = problem(form, 4, 3, n=1000)
    x[1::3], omega[1::3] = 1e9, 0.0
    kept = np.arange(1000) % 3 != 1
    found = native.moments(x, omega, *mixtures, form)
    wanted = twin.moments(x[kept], omega[kept], *mixtures, form)
    assert_same_moments(found, wanted, x[kept], omega[kept], mixtures[1])


@pytest.mark.parametrize("scale", [1e-140, 1e-40, 1e-9, 1e9, 1e40])
def test_row_weights_may_have_any_scale(engine, scale):
    for form in FORMS:
        for d in (1, 2, 10):
            x, omega, mixtures = problem(form, d, 3, n=400)
            found = native.moments(x, omega * scale, *mixtures, form)
            wanted = native.moments(x, omega, *mixtures, form)
            for name, a, b in zip(("counts", "sums", "scatters", "loglik"), found, wanted):
                np.testing.assert_allclose(
                    a / scale, b, rtol=1e-11, atol=1e-11 * len(x), err_msg=f"{name} {form} {d}"
                )


@pytest.mark.parametrize("scale", [1e-150, 1e-7, 1e7, 1e100])
def test_units_of_the_data_do_not_matter(engine, scale):
    for form in FORMS:
        for d in (1, 2, 10):
            x, omega, (weights, means, spreads) = problem(form, d, 3, n=400)
            wanted = native.moments(x, omega, weights, means, spreads, form)
            found = native.moments(x * scale, omega, weights, means * scale, spreads * scale**2, form)
            for name, a, b, power in zip(("counts", "sums", "scatters"), found, wanted, (0, 1, 2)):
                np.testing.assert_allclose(a / scale**power, b, rtol=1e-10, atol=1e-10 * len(x), err_msg=name)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("d", [1, 2, 12])
@pytest.mark.parametrize("bad", [0.0, -1.0, np.nan])
def test_a_bad_covariance_is_named_by_mixture_and_component(engine, form, d, bad):
    x, _, (weights, means, spreads) = problem(form, d, 3, n=50, m=2)
    spreads = spreads.copy()
    spreads[(1, 2) if form != "tied" else 1] = bad
    # NumPy's Cholesky factor of NaN is NaN, without complaint.
    for kernels in (native,) if np.isnan(bad) else (native, twin):
        with pytest.raises(_core.NotPositiveDefinite) as caught:
            kernels.moments(x, None, weights, means, spreads, form)
        assert caught.value.mixture == 1
        assert form == "tied" or caught.value.component == 2


def test_a_row_may_lie_equally_near_to_hundreds_of_components(engine):
    # The logs of many rows are taken as one log of a product, which must not overflow.
    k, x = 1_000, np.random.default_rng(0).normal(size=(1_024, 1))
    mixture = np.full((1, k), 1 / k), np.zeros((1, k, 1)), np.ones((1, k, 1, 1))
    loglik = native.moments(x, None, *mixture, "full")[3]
    expected = -0.5 * np.sum(x**2) - 0.5 * len(x) * np.log(2 * np.pi)
    np.testing.assert_allclose(loglik, expected, rtol=1e-12)
