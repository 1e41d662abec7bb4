"""Arrays that do not fit together are refused by every entry, in both backends, by name and shape."""

import numpy as np
import pytest

from mixtura._core import _native, native, twin

BOTH = pytest.mark.parametrize("kernels", [native, twin])
N, D, K, M = 20, 3, 2, 2
SPREADS = {
    "full": np.tile(np.eye(D), (K, 1, 1)),
    "tied": np.eye(D),
    "diagonal": np.ones((K, D)),
    "spherical": np.ones(K),
}
X, OMEGA = np.random.default_rng(0).normal(size=(N, D)), np.ones(N)
WEIGHTS, MEANS = np.full(K, 0.5), np.zeros((K, D))
MIXTURE = {"weights": WEIGHTS, "means": MEANS, "spreads": SPREADS["full"], "form": "full"}
ROWS = {"x": X, "sample_weight": OMEGA}
STACK = {name: np.stack([MIXTURE[name]] * M) for name in ("weights", "means", "spreads")}
CHART = native.Chart("full", WEIGHTS, MEANS, SPREADS["full"])
Q = CHART.size
COUNTS = {"counts": STACK["weights"], "covariance_counts": STACK["weights"]}
SCORE = {"weights": STACK["weights"], "spreads": STACK["spreads"], **COUNTS, "sums": STACK["means"]}
SCORE = {**SCORE, "scatters": STACK["spreads"], "total": 1.0}
CELLS = {"x": X[:, :1], "sample_weight": OMEGA, "edges": np.array([-9.0, 0.0, 9.0])}


def fed(kernels, x, sample_weight, **mixture):
    one = kernels.Pass(**mixture)
    one.feed(x, sample_weight)
    return one.finish()


def described(kernels, d, x, sample_weight):
    one = kernels.Description(d)
    one.feed(x, sample_weight)
    return one.finish()


def chart(kernels, method, **arguments):
    return getattr(kernels.Chart("full", WEIGHTS, MEANS, SPREADS["full"]), method)(**arguments)


ENTRIES = {
    "moments": (lambda kernels, **a: kernels.moments(**a), {**ROWS, **MIXTURE}),
    "moments of a stack": (lambda kernels, **a: kernels.moments(**a), {**ROWS, **STACK, "form": "full"}),
    "Pass": (fed, {**ROWS, **MIXTURE}),
    "densities": (lambda kernels, **a: kernels.densities(**a), {"x": X, **MIXTURE, "want": "labels"}),
    "describe": (lambda kernels, **a: kernels.describe(**a), ROWS),
    "Description": (described, {"d": D, **ROWS}),
    "Chart": (lambda kernels, **a: kernels.Chart(**a), MIXTURE),
    "coordinates": (lambda kernels, **a: chart(kernels, "coordinates", **a), STACK),
    "mixtures": (lambda kernels, **a: chart(kernels, "mixtures", **a), {"y": np.zeros((M, Q))}),
    "growth": (lambda kernels, **a: chart(kernels, "growth", **a), {"y": np.zeros(Q)}),
    "score": (lambda kernels, **a: chart(kernels, "score", **a), SCORE),
    "sum_cells": (lambda kernels, **a: kernels.sum_cells(**a), CELLS),
    "gauss_nodes": (lambda kernels, **a: kernels.gauss_nodes(**a), {"table": np.ones((4, 8))}),
}


def misfits(name, array):
    """Make arrays of other shapes and types in the place of one, and say how."""
    yield "one more axis", array[None, ..., None]
    yield "one axis less", array[..., 0]
    yield "complex", array.astype(complex)
    yield "text", array.astype(str)
    yield "objects", array.astype(object)
    for axis in range(array.ndim):
        longer = np.concatenate([array, array.take([0], axis)], axis)
        if not (axis == 0 and free(name, array.ndim)):
            yield f"axis {axis} longer", longer
            yield f"axis {axis} shorter", array.take(range(array.shape[axis] - 1), axis)
        if axis > 0 or name not in ("x", "table", "y"):
            yield f"axis {axis} empty", array.take([], axis)


def free(name, ndim):
    """Say whether an argument alone decides the length of its first axis."""
    return name in ("edges", "table") or (name == "y" and ndim == 2)


CASES = [
    (entry, name, how, array)
    for entry, (_, arguments) in ENTRIES.items()
    for name, good in arguments.items()
    if isinstance(good, np.ndarray)
    for how, array in misfits(name, good)
    # alone, rows may be of any number; and described, of any number of columns
    if not (entry == "densities" and name == "x" and how.startswith("axis 0"))
    if not (entry == "describe" and name == "x" and how.startswith("axis 1") and array.size)
]


@BOTH
@pytest.mark.parametrize("entry", ENTRIES)
def test_what_fits_is_taken(kernels, entry):
    call, arguments = ENTRIES[entry]
    call(kernels, **arguments)


@BOTH
@pytest.mark.parametrize(
    ("entry", "name", "array"),
    [(e, n, a) for e, n, _, a in CASES],
    ids=[f"{e}: {n}, {h}" for e, n, h, _ in CASES],
)
def test_what_does_not_fit_is_named(kernels, entry, name, array):
    call, arguments = ENTRIES[entry]
    with pytest.raises(ValueError) as caught:
        call(kernels, **{**arguments, name: array})
    assert any(other in str(caught.value) for other in arguments), caught.value
    assert any(word in str(caught.value) for word in ("wanted", "no array", "not fit", "holds", "no row"))


@BOTH
@pytest.mark.parametrize("form", SPREADS)
@pytest.mark.parametrize("given", SPREADS)
def test_spreads_of_another_form_are_refused(kernels, form, given):
    for entry in (kernels.moments, kernels.densities):
        extra = {"sample_weight": None} if entry is kernels.moments else {"want": "log_density"}
        arguments = {"x": X, "weights": WEIGHTS, "means": MEANS, "spreads": SPREADS[given], "form": form}
        if form == given:
            entry(**arguments, **extra)
            continue
        with pytest.raises(ValueError, match=r"spreads has shape \(.*\); wanted is \("):
            entry(**arguments, **extra)


@BOTH
def test_unknown_words_are_refused(kernels):
    with pytest.raises(ValueError, match="form is 'diag'; wanted is full, tied, diagonal or spherical"):
        kernels.moments(X, None, WEIGHTS, MEANS, SPREADS["diagonal"], "diag")
    with pytest.raises(ValueError, match="want is 'odds'; wanted is log_density, log_joint"):
        kernels.densities(X, WEIGHTS, MEANS, SPREADS["full"], "full", "odds")


@BOTH
@pytest.mark.parametrize(
    "edges", [[0.0, 0.0], [1.0, 0.0], [0.0, np.nan, 2.0], [-np.inf, 0.0], [-1e308, 1e308]]
)
def test_edges_that_are_no_cells_are_refused(kernels, edges):
    with pytest.raises(ValueError, match="edges do not increase by finite steps at place 1"):
        kernels.sum_cells(X[:, :1], None, np.array(edges))


@BOTH
@pytest.mark.parametrize("bad", [np.nan, np.inf, 1e308])
def test_sums_that_are_not_finite_have_no_nodes(kernels, bad):
    # A rule of no nodes once wrote before the start of an array.
    table = np.ones((3, 8))
    table[1] = bad
    table[2, 3] = np.inf
    places, weights = kernels.gauss_nodes(table)
    assert weights[0].sum() == 1.0
    assert (weights[2] == 0.0).all()
    assert np.isfinite(places).all()


@BOTH
def test_numbers_of_other_types_are_read_as_they_are(kernels):
    exact = kernels.moments(X, OMEGA, WEIGHTS, MEANS, SPREADS["full"], "full")
    strided = np.repeat(MEANS, 2, axis=1)[:, ::2]
    ones = np.repeat(np.ones(N, np.float32), 3)[::3]
    found = kernels.moments(X, ones, WEIGHTS, strided, SPREADS["full"].astype(int), "full")
    for a, b in zip(found, exact):
        np.testing.assert_array_equal(a, b)


def outputs():
    """Make the arrays that the moments of one full mixture go to."""
    return [np.empty(K), np.empty((K, D)), np.empty((K, D, D)), np.empty(())]


def test_the_modules_own_functions_write_to_nothing_that_does_not_fit():
    good = outputs()
    arguments = (X, OMEGA, WEIGHTS, MEANS, SPREADS["full"], "full", 1)
    _native.moments(*arguments, *good)
    for i, name in enumerate(("counts", "sums", "scatters", "loglik")):
        read_only = good[i].copy()
        read_only.flags.writeable = False
        bad = [np.empty((*good[i].shape, 2)), np.empty(good[i].shape, np.float32), read_only]
        if good[i].ndim:
            bad += [good[i][:-1], np.empty((*good[i].shape[:-1], 2 * good[i].shape[-1]))[..., ::2]]
        for array in bad:
            with pytest.raises(ValueError, match=f"^{name} "):
                _native.moments(*arguments, *good[:i], array, *good[i + 1 :])
    mixture = WEIGHTS, MEANS, SPREADS["full"], "full"
    for want, out in (
        ("labels", np.empty(N)),
        ("labels", np.empty(N - 1, np.int64)),
        ("log_density", np.empty(N, np.int64)),
        ("log_joint", np.empty((N, K + 1))),
        ("responsibilities", np.empty((K, N)).T),
    ):
        with pytest.raises(ValueError, match=r"^out "):
            _native.densities(X, *mixture, want, 1, out)
    described = [np.empty(D) for _ in range(4)]
    for i, name in enumerate(("mean", "variance", "minimum", "maximum")):
        with pytest.raises(ValueError, match=f"^{name} has shape"):
            _native.describe(X, None, 1, *described[:i], np.empty(D - 1), *described[i + 1 :])
    with pytest.raises(ValueError, match=r"table has shape \(2, 7\); wanted is \(2, 8\)"):
        _native.sum_cells(X[:, :1], None, CELLS["edges"], 1, np.empty((2, 7)))
    with pytest.raises(ValueError, match="places has shape"):
        _native.gauss_nodes(np.ones((4, 8)), 1, np.empty((3, 4)), np.empty((4, 4)))


@pytest.mark.parametrize("name", ["exp", "log"])
def test_the_kernels_functions_take_whole_aligned_lines(name):
    raw = np.ones(40)
    start = -(raw.ctypes.data // 8) % 8
    line = raw[start : start + 16]
    function, out = getattr(_native, name), line.copy()
    with pytest.raises(ValueError, match="x has 7 numbers; wanted are eights"):
        function(line[:7], line[:7])
    with pytest.raises(ValueError, match=r"out has shape \(8,\); wanted is \(16,\)"):
        function(line, raw[start : start + 8])
    with pytest.raises(ValueError, match="x does not start at a multiple of 64 bytes"):
        function(raw[start + 1 : start + 9], raw[start : start + 8])
    with pytest.raises(ValueError, match="out does not start at a multiple of 64 bytes"):
        function(raw[start : start + 8], raw[start + 1 : start + 9])
    with pytest.raises(ValueError, match="out is not of the type wanted"):
        function(line, out.astype(np.float32))


def test_a_pass_that_failed_is_not_fed():
    one = _native.Pass("full", WEIGHTS, MEANS, -SPREADS["full"])
    assert one.failure == (0, 0)
    for use in (lambda: one.feed(X, None, 1), lambda: one.finish(*(part[None] for part in outputs()))):
        with pytest.raises(ValueError, match="a covariance is not positive definite"):
            use()


def test_rows_that_begin_between_two_numbers_are_refused():
    raw = np.zeros(8 * N * D + 4, np.uint8)
    x = raw[4:].view(np.float64).reshape(N, D)
    assert x.ctypes.data % 8 == 4
    with pytest.raises(ValueError, match=r"x (is no array of rows|does not start at a multiple of 8 bytes)"):
        native.moments(x, None, WEIGHTS, MEANS, SPREADS["full"], "full")
