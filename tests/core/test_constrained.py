"""Native M-steps of families that share parts against the structures' own in NumPy."""

import numpy as np
import pytest

from mixtura import _core
from mixtura._core import twin
from mixtura.structures import STRUCTURES, Floor
from mixtura.structures.inner import ONCE, SETTLED

native = pytest.importorskip("mixtura._core.native")
NAMES = ["VEI", "EVI", "VEE", "EVE", "VVE", "EEV", "VEV", "EVV"]
SIZES = [(2, 1), (2, 4), (3, 3), (4, 2), (4, 9), (6, 3)]  # d, k
every_family = pytest.mark.parametrize("name", NAMES)


@pytest.fixture
def numpy_version():
    """Return how a structure's M-step is made without the kernels."""

    def made(name, *arguments):
        before = _core.use("numpy")
        try:
            return STRUCTURES[name].covariances(*arguments)
        finally:
            _core.use(before)

    return made


def scatters_of(name, d, k, seed, m=3):
    """Return counts (m, k), scatters (m, k, by form) that are no family's, and a floor far below them."""
    rng = np.random.default_rng(seed)
    roots = rng.normal(size=(m, k, 3 * d, d)) * 1.7 ** np.arange(d)
    counts = rng.uniform(1.0, 40.0, size=(m, k))
    whole = counts[..., None, None] * (np.swapaxes(roots, -1, -2) @ roots) / (3 * d)
    return counts, np.ascontiguousarray(STRUCTURES[name].form.kept(whole)), Floor(np.full(d, 1e-14))


def objective(covariances, counts, scatters):
    """Return the expected complete log-likelihood (m,) of a row, without constants."""
    if scatters.ndim == 3:
        scatters = scatters[..., None] * np.eye(scatters.shape[-1])
    traces = np.trace(np.linalg.solve(covariances, scatters), axis1=-2, axis2=-1)
    return -0.5 * (traces + counts * np.linalg.slogdet(covariances)[1]).sum(-1) / counts.sum(-1)


@every_family
@pytest.mark.parametrize(("d", "k"), SIZES)
@pytest.mark.parametrize("close", [SETTLED, ONCE])
@pytest.mark.parametrize("known", [False, True])
def test_native_m_steps_are_those_of_numpy(name, d, k, close, known, numpy_version):
    counts, scatters, floor = scatters_of(name, d, k, seed=d + k)
    before = numpy_version(name, *scatters_of(name, d, k, seed=99)) if known else None
    found, done = native.constrained(name, counts, scatters, floor.variances, before, close)
    assert done.all()
    expected = numpy_version(name, counts, scatters, floor, before, close)
    heights = objective(found, counts, scatters), objective(expected, counts, scatters)
    np.testing.assert_allclose(*heights, rtol=0, atol=1e-12)
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-7 * np.abs(expected).max())


@every_family
@pytest.mark.parametrize("unit", [1e-90, 1e90])
def test_units_of_the_data_change_nothing_but_the_unit(name, unit):
    counts, scatters, floor = scatters_of(name, 3, 3, seed=5)
    here = native.constrained(name, counts, scatters, floor.variances, None, SETTLED)[0]
    there, done = native.constrained(name, counts, unit * scatters, unit * floor.variances, None, SETTLED)
    assert done.all()
    np.testing.assert_allclose(there / unit, here, rtol=1e-7, atol=1e-7 * here.max())


@every_family
def test_what_comes_near_the_floor_is_left_to_the_structure(name, numpy_version):
    counts, scatters, floor = scatters_of(name, 3, 2, seed=6)
    scatters[1, 0] = 0.0  # no rows lie apart: a component of one point
    scatters[2] = np.nan
    done = native.constrained(name, counts, scatters, floor.variances, None, SETTLED)[1]
    assert done[0]
    assert not done[2]
    found = STRUCTURES[name].covariances(counts[:2], scatters[:2], floor)
    expected = numpy_version(name, counts[:2], scatters[:2], floor)
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-7 * np.abs(expected).max())


@every_family
def test_features_that_are_too_many_are_left_to_the_structure(name):
    d = native.MOST_TURNED + 1 if name[1:] == "VE" else native.MOST_FEATURES + 1
    counts, scatters, floor = scatters_of(name, d, 2, seed=7)
    assert not native.constrained(name, counts, scatters, floor.variances, None, SETTLED)[1].any()


def test_the_twin_leaves_all_to_the_structures():
    counts, scatters, floor = scatters_of("VEE", 3, 2, seed=8)
    found, done = twin.constrained("VEE", counts, scatters, floor.variances, None, SETTLED)
    assert found.shape == (3, 2, 3, 3)
    assert not done.any()


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"name": "VVV"}, "name is 'VVV'"),
        ({"counts": np.ones(2)}, "counts has shape"),
        ({"scatters": np.ones((3, 2, 3))}, "scatters has shape"),
        ({"least": np.ones(40)}, "least has 40"),
        ({"before": np.ones((3, 2, 3))}, "before has shape"),
        ({"done": np.zeros(2, dtype=np.uint8)}, "done has shape"),
        ({"covariances": np.ones((3, 2, 3, 4))}, "covariances has shape"),
    ],
)
def test_arguments_that_do_not_fit_are_refused(changes, sentence):
    from mixtura._core import _native

    counts, scatters, floor = scatters_of("VEE", 3, 2, seed=9)
    given = {
        "name": "VEE", "counts": counts, "scatters": scatters, "least": floor.variances, "before": None,
        "close": SETTLED, "covariances": np.empty(scatters.shape), "done": np.zeros(3, dtype=np.uint8),
    }  # fmt: skip
    with pytest.raises(ValueError, match=sentence):
        _native.constrained(*{**given, **changes}.values())
