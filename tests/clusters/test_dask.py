"""Dask: blocks stay where they are, on threads, processes or a cluster, and a killed worker changes no bit."""

import os
import signal

import dask
import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pytest

import mixtura
from mixtura.sources.pieces import PieceSource

from .conftest import BLOCK, COMPONENTS


def same_bits(one, other):
    assert one.loglik == other.loglik
    for name in ("weights", "means", "covariances"):
        np.testing.assert_array_equal(getattr(one.mixture, name), getattr(other.mixture, name))


def close(one, other):
    for name in ("weights", "means", "covariances"):
        np.testing.assert_allclose(getattr(one.mixture, name), getattr(other.mixture, name), rtol=0, atol=1e-10)


def as_array(x):
    return da.from_array(x, chunks=(BLOCK, x.shape[1]))


def as_frame(x):
    return dd.from_pandas(pd.DataFrame(x, columns=list("abcd")), chunksize=BLOCK)


def test_a_fit_on_a_cluster_is_that_of_the_array(x, start, client):
    wanted = mixtura.fit_mixture(x, COMPONENTS, start=start)
    fits = [mixtura.fit_mixture(form(x).persist(), COMPONENTS, start=start) for form in (as_array, as_frame)]
    same_bits(*fits)
    close(fits[0], wanted)
    errors = [fit.inference().standard_errors for fit in (*fits, wanted)]
    np.testing.assert_array_equal(errors[0].means, errors[1].means)
    np.testing.assert_allclose(errors[0].means, errors[2].means, rtol=1e-6, atol=0)


def test_a_whole_search_on_a_cluster_is_that_of_the_array(x, client):
    close(mixtura.fit_mixture(as_array(x).persist(), COMPONENTS), mixtura.fit_mixture(x, COMPONENTS))


def test_a_worker_killed_during_a_fit_changes_no_bit(x, start, client):
    held = as_array(x).persist()
    wanted = mixtura.fit_mixture(held, COMPONENTS, start=start)
    killed = []

    def kill(progress):
        if progress.passes == 3 and not killed:
            killed.extend(client.run(os.getpid).values())
            os.kill(killed[0], signal.SIGKILL)

    same_bits(mixtura.fit_mixture(held, COMPONENTS, start=start, callback=kill), wanted)
    assert killed
