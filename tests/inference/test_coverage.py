"""Intervals cover the truth as often as they say, and where the model is wrong only the sandwich's do."""

import numpy as np
import pytest
from benchmarks import coverage
from scipy.stats import binom

SAMPLES = 120
RARE = 1e-4  # of chance; the tests are of a fixed seed, so that they fail for a reason or never


def counts(name):
    """Return how many intervals covered each quantity, by kind."""
    draw, n, mixture = coverage.SETTINGS[name]
    truth = mixture or coverage.best(lambda _, rng: draw(400_000, rng))
    streams = np.random.SeedSequence(7).spawn(SAMPLES)
    each = [coverage.covered(draw(n, np.random.default_rng(stream)), truth) for stream in streams]
    return {kind: np.sum([one[kind] for one in each], axis=0) for kind in coverage.KINDS}


def within(found, low=RARE / 2, high=1 - RARE / 2):
    """Say which counts chance allows at the level that the intervals claim."""
    least, most = binom.ppf([low, high], SAMPLES, coverage.LEVEL)
    return (least <= found) & (found <= most)


@pytest.mark.parametrize("name", ["two normals on a line", "two normals in a plane"])
def test_intervals_cover_the_truth_as_often_as_they_say(name):
    for found in counts(name).values():
        assert within(found).all()


def test_where_the_model_is_wrong_only_the_sandwich_does():
    found = counts("two gammas, fitted as normals")
    assert within(found["sandwich"]).all()
    assert not within(found["observed"]).all()
