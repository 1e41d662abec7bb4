"""The small functions of the core: describe, exp, log, and the choice of an engine."""

import os
import subprocess
import sys

import mpmath as mp
import numpy as np
import pytest

from mixtura import _core
from mixtura._core import _native, native, twin


@pytest.mark.parametrize("d", [1, 2, 17])
def test_describe_equals_the_twins(d):
    rng = np.random.default_rng(d)
    x = rng.normal(size=(2500, d)) * 10.0 ** rng.integers(-6, 6, size=d) + 1e3
    omega = rng.exponential(size=2500) * (rng.random(2500) > 0.3)
    x[omega == 0] *= 50
    for weights in (None, omega):
        for rows in (x, x.astype(np.float32)):
            found, wanted = native.describe(rows, weights), twin.describe(rows, weights)
            for a, b in zip(found, wanted):
                np.testing.assert_allclose(a, b, rtol=1e-10, atol=0)
            assert found[4] is True


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("row", [0, 1023, 1024, 2499])
def test_describe_sees_what_is_not_finite_even_at_weight_zero(value, row):
    for dtype in (np.float64, np.float32):
        x = np.ones((2500, 2), dtype)
        x[row, 1] = value
        omega = np.ones(2500)
        omega[row] = 0.0
        for kernels in (native, twin):
            assert kernels.describe(x, None)[4] is False
            assert kernels.describe(x, omega)[4] is False


def aligned(values):
    """Copy values to memory aligned to 64 bytes, their number rounded up to a multiple of 8 by repeating."""
    size = -(-len(values) // 8) * 8
    raw = np.empty(size + 8)
    start = -(raw.ctypes.data // 8) % 8
    out = raw[start : start + size]
    out[:] = np.resize(values, size)
    return out


def units_apart(found, exact):
    """Return by how many units in the last place of the exact result the found one misses it."""
    return [
        abs(mp.mpf(float(f)) - e) / mp.mpf(float(np.spacing(abs(float(e))))) for f, e in zip(found, exact)
    ]


def test_exp_is_exact_to_about_a_unit_in_the_last_place(engine):
    rng = np.random.default_rng(0)
    x = aligned(
        np.concatenate([-np.logspace(-17, np.log10(706.9), 1000), -rng.uniform(0, 700, 1000), [0.0, -0.0]])
    )
    out = aligned(np.zeros(len(x)))
    _native.exp(x, out)
    with mp.workdps(40):
        assert max(units_apart(out, [mp.exp(mp.mpf(float(v))) for v in x])) < 2.0
    special = aligned(np.array([0.0, -709.5, -1e6, -1e300, -np.inf, np.nan]))
    _native.exp(special, out[: len(special)])
    np.testing.assert_array_equal(out[:6], [1.0, 0.0, 0.0, 0.0, 0.0, np.nan])


def test_log_is_exact_to_about_a_unit_in_the_last_place(engine):
    rng = np.random.default_rng(0)
    x = aligned(
        np.concatenate(
            [np.logspace(-307, 308, 1000), rng.uniform(0.5, 2.0, 1000), 1 + np.logspace(-16, 0, 100)]
        )
    )
    out = aligned(np.zeros(len(x)))
    _native.log(x, out)
    with mp.workdps(40):
        assert max(units_apart(out, [mp.log(mp.mpf(float(v))) for v in x])) < 2.0
    special = aligned(np.array([0.0, 1.0, np.nan]))
    _native.log(special, out[: len(special)])
    np.testing.assert_array_equal(out[:3], [-np.inf, 0.0, np.nan])


def test_the_environment_selects_the_engine(engine):
    code = "from mixtura._core import native; print(native.engine())"
    environment = {**os.environ, "MIXTURA_ENGINE": engine}
    printed = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    assert printed.stdout.strip() == engine


def test_an_unknown_engine_or_backend_is_refused():
    with pytest.raises(ValueError, match="engine 'abacus' is unknown"):
        native.use_engine("abacus")
    with pytest.raises(ValueError, match="backend 'abacus' is not one of"):
        _core.use("abacus")
