"""Dask on processes of its own: blocks stay where they are, and a killed worker changes no bit."""

import os
import signal

import numpy as np
import pytest

import mixtura
from mixtura.sources.dask import DaskSource

from .conftest import COMPONENTS
from .places import as_array, as_frame, close, same_bits


@pytest.fixture(scope="module")
def client():
    """Return the client of two worker processes on this machine."""
    from dask.distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        yield client


def test_a_fit_on_a_cluster_is_that_of_the_array(x, start, client):
    wanted = mixtura.fit_mixture(x, COMPONENTS, start=start)
    fits = [mixtura.fit_mixture(form(x).persist(), COMPONENTS, start=start) for form in (as_array, as_frame)]
    same_bits(*fits)
    close(fits[0], wanted)
    errors = [fit.inference().standard_errors for fit in (*fits, wanted)]
    np.testing.assert_array_equal(errors[0].means, errors[1].means)
    np.testing.assert_allclose(errors[0].means, errors[2].means, rtol=1e-6, atol=0)


def test_a_whole_search_on_a_cluster_reads_the_rows_a_few_times(x, client, monkeypatch):
    asked, ask = [], DaskSource._ask

    def counted(self, *task):
        asked.append(task)
        return ask(self, *task)

    monkeypatch.setattr(DaskSource, "_ask", counted)
    found, wanted = (mixtura.fit_mixture(rows, COMPONENTS, tol=1e-6) for rows in (as_array(x).persist(), x))
    assert len(asked) < 10
    assert found.loglik == pytest.approx(wanted.loglik, abs=1e-6)
    np.testing.assert_allclose(found.mixture.means, wanted.mixture.means, rtol=0, atol=1e-5)


def test_a_selection_on_a_cluster_is_that_of_the_array(x, client):
    found, wanted = (
        mixtura.select(rows, [2, 3], structures=["EEE", "VVV"], search="fast")
        for rows in (as_array(x).persist(), x)
    )
    assert [cell.structure for cell in found.ranked()] == [cell.structure for cell in wanted.ranked()]
    for one, other in zip(found.ranked(), wanted.ranked(), strict=True):
        assert (one.structure, one.n_components) == (other.structure, other.n_components)
        assert one.bic == pytest.approx(other.bic, abs=1e-3)


def test_one_dimension_is_compressed_where_it_lies(x, client):
    line = as_array(x)[:, 0].persist()
    found, wanted = mixtura.fit_mixture(line, 2), mixtura.fit_mixture(x[:, 0], 2)
    assert mixtura.open_source(line).approximation is not None
    assert found.loglik == pytest.approx(wanted.loglik, abs=1e-3)


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
