"""Reading: the same bits from every kind of file, from standard input and from queries."""

from __future__ import annotations

import io
import json
import re
import sys
from contextlib import suppress

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.feather
import pytest

from mixtura.cli import main
from mixtura.cli.choosing import Choice
from mixtura.cli.reading import read
from mixtura.datasets import faithful


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder that holds Old Faithful in every format."""
    folder = tmp_path_factory.mktemp("data")
    data = faithful()
    lines = [",".join(data.feature_names), *(f"{a!r},{b!r}" for a, b in data.data.tolist())]
    (folder / "faithful.csv").write_text("\n".join(lines) + "\n")
    (folder / "faithful.tsv").write_text("\n".join(lines).replace(",", "\t") + "\n")
    np.save(folder / "faithful.npy", data.data)
    np.save(folder / "columns.npy", np.asfortranarray(data.data))
    with duckdb.connect() as connection:
        for ending in ("parquet", "jsonl"):
            connection.execute(
                f"COPY (FROM read_csv('{folder / 'faithful.csv'}')) TO '{folder / 'faithful'}.{ending}'"
            )
    table = pa.table(dict(zip(data.feature_names, data.data.T)))
    pyarrow.feather.write_feather(table, folder / "faithful.feather")
    for part, rows in (("a", lines[1:100]), ("b", lines[100:])):
        (folder / f"part-{part}.csv").write_text("\n".join([lines[0], *rows]) + "\n")
    (folder / "labelled.csv").write_text(
        "\n".join([f"label,{lines[0]}", *(f"x{i},{r}" for i, r in enumerate(lines[1:]))])
    )
    return folder


def account(capsys, *arguments):
    """Run a command with --json and return what it printed."""
    assert main([*map(str, arguments), "--json"]) == 0
    return json.loads(capsys.readouterr().out)


def bits(found):
    """Return what must not differ between two ways to read the same data."""
    return {key: value for key, value in found.items() if key not in ("seconds", "columns")}


WAYS = {
    "tsv": ["{}/faithful.tsv"],
    "parquet": ["{}/faithful.parquet"],
    "json lines": ["{}/faithful.jsonl"],
    "arrow": ["{}/faithful.feather"],
    "npy": ["{}/faithful.npy"],
    "npy by columns": ["{}/columns.npy"],
    "two files": ["{}/part-a.csv", "{}/part-b.csv"],
    "glob": ["{}/part-*.csv"],
    "sql alone": ["--sql", "FROM read_csv('{}/faithful.csv')"],
    "sql over a file": ["{}/faithful.csv", "--sql", "SELECT eruptions, waiting FROM data"],
    "sql over npy": ["{}/faithful.npy", "--sql", "FROM data"],
    "sql over arrow": ["{}/faithful.feather", "--sql", "FROM data"],
    "columns": ["{}/labelled.csv", "--columns", "eruptions,waiting"],
    "columns one by one": ["{}/labelled.csv", "-c", "eruptions", "-c", "waiting"],
    "weights of one": ["--sql", "SELECT *, 1 AS w FROM read_csv('{}/faithful.csv')", "--weights", "w"],
    "one thread": ["{}/faithful.csv", "--threads", "1"],
}


@pytest.mark.parametrize("way", WAYS)
def test_every_way_to_the_data_gives_the_same_bits(capsys, folder, way):
    expected = account(capsys, "fit", folder / "faithful.csv", "-k", 2)
    found = account(capsys, "fit", *[part.format(folder) for part in WAYS[way]], "-k", 2)
    if way == "weights of one":  # the sums run in the same order, but through another multiplication
        np.testing.assert_allclose(found["loglik"], expected["loglik"], rtol=1e-12, atol=0)
    else:
        assert bits(found) == bits(expected)


@pytest.mark.parametrize(
    "name", ["faithful.csv", "faithful.parquet", "faithful.npy", "faithful.feather", "faithful.jsonl"]
)
def test_standard_input_gives_the_same_bits(capsys, monkeypatch, folder, name):
    expected = account(capsys, "fit", folder / "faithful.csv", "-k", 2)
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO((folder / name).read_bytes())))
    assert bits(account(capsys, "fit", "-", "-k", 2)) == bits(expected)


def test_the_log_likelihood_is_mclusts(capsys, folder):
    found = account(capsys, "fit", folder / "faithful.csv", "-k", 2)
    assert found["loglik"] == pytest.approx(-1130.26396, abs=1e-3)  # mclust 6, VVV with two components
    assert found["columns"] == ["eruptions", "waiting"]
    assert found["n_parameters"] == 11
    assert found["status"] == "converged"


def test_float32_is_read_in_place_and_gives_the_same_bits(capsys, folder, tmp_path):
    np.save(tmp_path / "single.npy", faithful().data.astype(np.float32))
    sql = f"SELECT eruptions::FLOAT, waiting::FLOAT FROM read_csv('{folder / 'faithful.csv'}')"
    one = account(capsys, "fit", tmp_path / "single.npy", "-k", 2)
    other = account(capsys, "fit", "--sql", sql, "-k", 2)
    assert bits(one) == bits(other)
    assert one["loglik"] == pytest.approx(-1130.26396, abs=1e-3)


def test_weights_stand_for_repeated_rows(capsys, folder):
    twice = f"FROM read_csv('{folder / 'faithful.csv'}') t, range(2)"
    weighted = f"SELECT *, 2 AS w FROM read_csv('{folder / 'faithful.csv'}')"
    repeated = account(capsys, "fit", "--sql", f"SELECT t.* {twice}", "-k", 2)
    once = account(capsys, "fit", "--sql", weighted, "--weights", "w", "-k", 2)
    assert once["columns"] == ["eruptions", "waiting"]
    assert once["total_weight"] == repeated["n_rows"]
    np.testing.assert_allclose(once["loglik"], repeated["loglik"], rtol=1e-7, atol=0)


def test_pool_takes_every_cell_as_one_variable(capsys, tmp_path):
    wide = np.random.default_rng(3).normal([[0.0], [5.0]] * 20, 1.0, (40, 6))
    np.savetxt(tmp_path / "wide.csv", wide, delimiter=",", fmt="%.17g")
    np.save(tmp_path / "long.npy", wide.ravel())
    pooled = account(capsys, "fit", tmp_path / "wide.csv", "--pool", "-k", 2)
    assert bits(pooled) == bits(account(capsys, "fit", tmp_path / "long.npy", "-k", 2))
    assert pooled["n_rows"] == 240


def test_text_that_is_numbers_is_read_as_numbers(capsys, folder, tmp_path):
    quoted = f"SELECT eruptions::VARCHAR AS eruptions, waiting FROM read_csv('{folder / 'faithful.csv'}')"
    expected = account(capsys, "fit", folder / "faithful.csv", "-k", 2)
    assert bits(account(capsys, "fit", "--sql", quoted, "-k", 2)) == bits(expected)


def test_rows_above_a_ragged_line_are_not_dropped(capsys, tmp_path):
    (tmp_path / "ragged.csv").write_text("a,b\n1,2\n2,3\n3\n4,5,6\n5,6,7\n")
    assert main(["fit", str(tmp_path / "ragged.csv"), "-k", "1"]) == 2
    assert "line 4 (3) has 1 cell and most lines have 2" in capsys.readouterr().err


SHAPES = {
    "rows": lambda a: np.ascontiguousarray(a),
    "columns": lambda a: np.asfortranarray(a),
    "read as columns": lambda a: np.ascontiguousarray(a.T).T,  # as older versions of NumPy read such a file
    "every second": lambda a: np.repeat(a, 2, axis=0)[::2],
    "backwards": lambda a: a[::-1].copy()[::-1],
    "big endian": lambda a: a.astype(">f8"),
    "single": lambda a: np.asfortranarray(a.astype(np.float32)),
    "records": lambda a: np.array([tuple(row) for row in a], dtype=[("x1", "<f8"), ("x2", ">f4")]),
}


@pytest.mark.parametrize("stored", SHAPES)
@pytest.mark.parametrize("mapped", [False, True])
def test_an_array_is_rows_by_columns_however_it_lies_in_memory(monkeypatch, tmp_path, stored, mapped):
    """A file of columns used to be fitted transposed, where NumPy's array has the transposed one as base."""
    rows = np.arange(40.0).reshape(20, 2) ** 2
    array = SHAPES[stored](rows)
    np.save(tmp_path / "rows.npy", array)
    load = np.load
    if mapped:
        monkeypatch.setattr(np, "load", lambda path, **options: load(path, mmap_mode="r", **options))
    else:
        monkeypatch.setattr(np, "load", lambda path, **options: array)
    table = read([str(tmp_path / "rows.npy")])
    assert table.columns == ("x1", "x2")
    assert table.x.dtype == (np.float32 if stored == "single" else np.float64)
    np.testing.assert_array_equal(table.x, rows)
    np.testing.assert_array_equal(read([str(tmp_path / "rows.npy")], Choice(columns=["x2"])).x, rows[:, 1:])


@pytest.mark.parametrize("shape", [(20,), (20, 1)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_one_column_may_be_flat_or_a_table(tmp_path, shape, order):
    np.save(tmp_path / "column.npy", np.arange(20.0).reshape(shape, order=order))
    table = read([str(tmp_path / "column.npy")])
    assert table.columns == ("x",)
    np.testing.assert_array_equal(table.x, np.arange(20.0)[:, None])


def header(text):
    """Return the bytes of a .npy file with this header and three numbers."""
    padded = text.ljust(117) + "\n"
    return b"\x93NUMPY\x01\x00" + len(padded).to_bytes(2, "little") + padded.encode("latin1") + bytes(24)


DAMAGED = {
    "a bracket": "{'descr': '<f8', 'fortran_order': False, 'shape': (3,, }",
    "no end": "{'descr': '<f8', 'fortran_order': False, 'shape': ((3,), ",
    "indented": "  \n   {'descr': '<f8', 'fortran_order': False, 'shape': (3,), }",
    "a huge shape": "{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }",
    "a huger shape": "{'descr': '<f8', 'fortran_order': False, 'shape': (" + "9" * 30 + ",), }",
    "a negative shape": "{'descr': '<f8', 'fortran_order': False, 'shape': (-3,), }",
    "no such type": "{'descr': '<q9', 'fortran_order': False, 'shape': (3,), }",
    "a type of no kind": "{'descr': {'a': 3}, 'fortran_order': False, 'shape': (3,), }",
    "text": "Dear reader",
    "tables in records": "{'descr': [('a', '<f8', (1,))], 'fortran_order': False, 'shape': (3,), }",
    "records in records": "{'descr': [('a', [('b', '<f8')])], 'fortran_order': False, 'shape': (3,), }",
    "no columns": "{'descr': '<f8', 'fortran_order': False, 'shape': (3, 0), }",
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_damaged_npy_is_one_line(capsys, tmp_path, kind):
    (tmp_path / "damaged.npy").write_bytes(header(DAMAGED[kind]))
    assert main(["fit", str(tmp_path / "damaged.npy"), "-k", "1"]) == 2
    assert re.fullmatch(r"mixtura: \S*damaged\.npy\b[^\n]+\n", capsys.readouterr().err)


def test_every_damaged_byte_of_a_header_is_read_or_complained_of(tmp_path):
    path = tmp_path / "damaged.npy"
    np.save(path, np.arange(6.0).reshape(3, 2))
    whole = path.read_bytes()
    for place in range(10, 80):
        for byte in b"({'\n\xff9":
            path.write_bytes(whole[:place] + bytes([byte]) + whole[place + 1 :])
            with suppress(ValueError):
                read([str(path)])
