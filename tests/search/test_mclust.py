"""Cells of R's mclust's tables: the same parameters, one component exactly, and never a lower maximum.

All 614 cells at default settings take minutes: the benchmark fits them, and what it recorded is held here;
every thirteenth is fitted anew.
"""

import json

import pytest
from benchmarks.mclust import NEAR, cells, measured
from benchmarks.written import RESULTS

from mixtura import datasets, fit_mixture
from mixtura.structures import structure

CELLS = cells()
EVERY = 13  # prime to the number of structures, so that all of them come
MOST_FLAGGED = 1 / 20  # of the cells


def key(cell):
    return cell["data"], cell["structure"], cell["n_components"]


def name_of(cell):
    return "-".join(map(str, key(cell)))


def test_parameters_are_counted_as_mclust_counts_them():
    features = {name: getattr(datasets, name)().data.shape[1] for name in {cell["data"] for cell in CELLS}}
    for cell in CELLS:
        d = features[cell["data"]]
        found = structure(cell["structure"], d).n_parameters(cell["n_components"], d)
        assert found == cell["n_parameters"], name_of(cell)


@pytest.mark.parametrize("data", sorted({cell["data"] for cell in CELLS}))
def test_one_component_is_exact(data):
    """The reference is printed to six places."""
    x = getattr(datasets, data)().data
    for cell in CELLS:
        if cell["data"] == data and cell["n_components"] == 1:
            fit = fit_mixture(x, 1, structure=cell["structure"])
            assert fit.loglik == pytest.approx(cell["loglik"], rel=1e-8, abs=1e-6), name_of(cell)


@pytest.mark.parametrize("cell", [c for c in CELLS if c["n_components"] > 1][::EVERY], ids=name_of)
def test_a_default_fit_ends_no_lower(cell):
    found = measured(cell)["mixtura"]
    assert found["status"] == "DEGENERATE" or found["loglik"] >= cell["loglik"] - NEAR
    assert found["n_parameters"] == cell["n_parameters"]


def test_no_recorded_cell_is_lower_and_few_are_degenerate():
    rows = json.loads((RESULTS / "mclust.json").read_text())["results"]
    assert [key(row) for row in rows] == [key(cell) for cell in CELLS]
    flagged = [row for row in rows if row["mixtura"]["status"] == "DEGENERATE"]
    assert len(flagged) <= MOST_FLAGGED * len(rows)
    for row in rows:
        assert row["mixtura"]["n_parameters"] == row["n_parameters"]
        assert row in flagged or row["mixtura"]["loglik"] >= row["loglik"] - NEAR, name_of(row)
