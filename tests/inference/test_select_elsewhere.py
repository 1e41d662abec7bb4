"""Choosing where rows are dear to read: a sample is searched, and all cells go home in the same reads."""

import numpy as np
import pyarrow as pa
import pytest

import mixtura


@pytest.fixture(scope="module")
def rows():
    rng = np.random.default_rng(4)
    means = np.array([[0.0, 0.0], [4.0, 1.0], [1.0, 4.0]])
    return means[rng.integers(3, size=60_000)] + rng.normal(size=(60_000, 2)) @ np.diag([1.0, 0.6])


@pytest.fixture
def source(rows):
    """Return a source that keeps a tenth of the rows."""
    table = pa.table({"a": rows[:, 0], "b": rows[:, 1]})
    return mixtura.open_source(table, memory=400_000)


@pytest.mark.parametrize("criterion", ["bic", "icl", "aic"])
def test_it_chooses_what_the_rows_in_memory_do_in_a_few_reads(criterion, rows, source):
    options = {"structures": ["EII", "EEI", "VVV"], "criterion": criterion}
    before = source.n_reads
    found = mixtura.select(source, [2, 3], **options)
    assert source.n_reads - before <= 20
    wanted = mixtura.select(rows, [2, 3], **options)
    assert (found.best.structure.name, found.best.mixture.n_components) == (
        wanted.best.structure.name,
        wanted.best.mixture.n_components,
    )
    for cell, other in zip(found.table, wanted.table, strict=True):
        if cell.status == "converged":
            # icl's doubt is estimated from the sample
            assert cell.loglik == pytest.approx(other.loglik, abs=1e-3)
    assert sum(cell.status == "converged" for cell in found.table) >= 5
    assert found.best.n_rows == len(rows)
    assert found.best.status.name == "CONVERGED"


def test_held_out_rows_are_those_of_the_sample(source):
    found = mixtura.select(source, [2, 3], structures=["EEI"], cv=3)
    assert found.best.mixture.n_components == 3


def test_one_component_is_a_cell_as_any(source):
    found = mixtura.select(source, [1, 2], structures=["VVV"])
    assert found.best.mixture.n_components == 2
