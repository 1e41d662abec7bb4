"""Bad input: one sentence with the value and the cure, exit status 2, and nothing written."""

from __future__ import annotations

import json
import os
import re
import shlex
import sys

import numpy as np
import pytest

from mixtura.cli import main
from mixtura.cli.reading import Table
from mixtura.datasets import faithful

ROWS = "a,b\n1,5\n2,3\n4,4\n3,9\n"
FIT = "fit data.csv -k 2 -o model.json --plot fit.png"
SELECT = "select data.csv -o model.json --plot fit.png"

# What data.csv holds, the command, and what its one line must say: the value, the place, what to do.
DATA = {
    "empty file": ("", FIT, ["data.csv is empty", "0 bytes"]),
    "header only": ("a,b\n", FIT, ["data.csv has no rows", "a, b"]),
    "text column": ("a,name\n1,x\n2,y\n", FIT, ["column name", '"x"', "row 1", "--columns a"]),
    "late text": (
        "a,b\n" + "1,2\n" * 25_000 + "3,abc\n",
        FIT,
        ["column b", '"abc"', "row 25001", "--columns a"],
    ),
    "text column named": ("a,name\n1,x\n2,y\n", FIT + " -c name", ["column name", '"x"', "row 1"]),
    "dates": ("a,day\n1,2020-01-01\n2,2021-01-01\n", FIT, ["column day", "DATE", "--columns a"]),
    "prose": ("Dear reader,\nthis is no table.\n", FIT, ["holds text", "separator"]),
    "ragged": ("a,b\n1,2\n3\n4,5,6\n", FIT, ["data.csv, line 3 (3)", "1 cell", "separated by commas"]),
    "NaN": ("a,b\n1,5\n2,NaN\n4,4\n", FIT, ["column b", "NaN", "1 of 3 rows", "row 2", "isfinite(b)"]),
    "empty cells": (
        "a,b\n1,\n2,3\n,4\n",
        FIT,
        ["columns a, b", "missing", "2 of 3 rows", "row 1, 3", "--sql"],
    ),
    "R's NA": ("a,b\n1,NA\n2,3\n4,4\n", FIT, ["column b", "missing", "row 1"]),
    "infinity": ("a,b\n1,5\n2,3\ninf,4\n", FIT, ["column a", "infinite", "row 3", "isfinite(a)"]),
    "minus infinity": ("a,b\n1,5\n2,-Infinity\n3,4\n", FIT, ["column b", "infinite", "row 2"]),
    "pooled NaN": ("a,b\n1,5\n2,NaN\n", FIT + " --pool", ["1 of 4 cells", "cell 4"]),
    "too few rows": ("a,b\n1,5\n", FIT, ["has 1 rows", "2 components", "-k"]),
    "too few distinct": ("a\n1\n1\n2\n2\n", FIT.replace("2", "3"), ["2 distinct rows", "3 components"]),
    "equal rows": ("a,b\n1,5\n1,5\n1,5\n", FIT, ["all rows are equal", "1"]),
    "constant column": ("a,b\n1,5\n2,5\n3,5\n", FIT, ["column b is constant", "5", "--columns 'a'"]),
    "negative weight": ("a,w\n1,2\n2,-3\n4,4\n", FIT + " -w w", ["column w", "-3", "row 2", "not negative"]),
    "missing weight": ("a,w\n1,2\n2,\n4,4\n", FIT + " -w w", ["column w", "nan", "row 2"]),
    "infinite weight": ("a,w\n1,2\n2,inf\n4,4\n", FIT + " -w w", ["column w", "inf", "row 2"]),
    "zero weights": ("a,w\n1,0\n2,0\n4,0\n", FIT + " -w w", ["all weights", "w", "zero"]),
    "too few weighty rows": (
        "a,w\n1,1\n2,0\n4,0\n",
        FIT + " -w w",
        ["1 rows of positive weight", "2 components"],
    ),
    "only weights": ("w\n1\n2\n", FIT + " -w w", ["w is the weights", "no column is left"]),
    "select: k beyond the rows": (ROWS, SELECT + " -k 1:5", ["has 4 rows", "5 components", "-k"]),
    "select: k beyond distinct rows": ("a\n1\n1\n2\n2\n", SELECT + " -k 3", ["2 distinct rows"]),
    "select: an unknown structure": (ROWS, SELECT + " -k 1:2 -s VVV,XYZ", ["'XYZ'", "use one of", "EEE"]),
    "select: no structure": (ROWS, SELECT + " -k 1:2 -s ,", ["structures is empty"]),
    "select: a text column": ("a,name\n1,x\n2,y\n", SELECT, ["column name", '"x"', "--columns a"]),
    "select: NaN": ("a,b\n1,5\n2,NaN\n4,4\n", SELECT + " -k 1", ["column b", "NaN", "row 2"]),
    "select: an unknown criterion": (ROWS, SELECT + " -k 1 --criterion dic", ["'dic'", "bic, aic, icl"]),
    "select: folds beyond the rows": (ROWS, SELECT + " -k 1 --cv 9", ["cv is 9", "from 2 to the 4 rows"]),
    "select: two ways to choose": (ROWS, SELECT + " -k 1 --cv 2 --criterion icl", ["'icl'", "cv is given"]),
    "select: no range": (ROWS, SELECT + " -k 1-3", ["-k is '1-3'", "1:9"]),
    "select: an empty range": (ROWS, SELECT + " -k 3:1", ["-k is '3:1'", "1:9"]),
    "select: k of zero": (ROWS, SELECT + " -k 0:2", ["-k is 0", "at least 1"]),
    "k of zero": (ROWS, "fit data.csv -k 0 -o model.json", ["-k is 0", "at least 1"]),
    "negative k": (ROWS, "fit data.csv -k -1 -o model.json", ["-k is -1", "at least 1"]),
    "k in words": (ROWS, "fit data.csv -k two -o model.json", ["-k", "mixtura fit --help"]),
    "no k": (ROWS, "fit data.csv -o model.json", ["-k", "mixtura fit --help"]),
    "column not there": (ROWS, FIT + " -c a,c", ["no column c", "a, b"]),
    "column twice": (ROWS, FIT + " -c a,a", ["twice", "a, a"]),
    "weights not there": (ROWS, FIT + " -w w", ["no column w", "a, b"]),
    "unknown structure": (ROWS, FIT + " -s XXX", ["'XXX'", "VVV"]),
    "negative tol": (ROWS, FIT + " --tol -1", ["--tol is -1", "0 or more"]),
    "no passes": (ROWS, FIT + " --max-iter 0", ["--max-iter is 0", "at least 1"]),
    "no such search": (ROWS, FIT + " --search deep", ["--search is 'deep'", "thorough"]),
    "no starts": (ROWS, FIT + " --n-init 0", ["--n-init is 0", "at least 1"]),
    "no threads": (ROWS, FIT + " --threads 0", ["--threads is 0", "at least 1"]),
    "no folder for the model": (ROWS, "fit data.csv -k 2 -o no/model.json", ["folder no", "mkdir -p no"]),
    "no folder for the picture": (
        ROWS,
        "fit data.csv -k 2 -o m.json -p no/fit.png",
        ["folder no", "mkdir -p no"],
    ),
    "model and picture in one": (ROWS, "fit data.csv -k 2 -o a.png -p a.png", ["both name a.png"]),
    "model is a folder": (ROWS, "fit data.csv -k 2 -o folder", ["-o folder is a folder"]),
    "picture of no format": (ROWS, "fit data.csv -k 2 -o m.json -p fit.xyz", ["fit.xyz", ".png"]),
    "bad query": (ROWS, FIT + " --sql SELEC", ["--sql", "SELEC"]),
    "empty query": (ROWS, FIT + " --sql ''", ["--sql is empty"]),
    "query of no file": (ROWS, "fit -k 2 -o m.json --sql 'FROM data'", ["--sql", "data"]),
    "query without rows": (ROWS, FIT + " --sql 'FROM data WHERE a > 9'", ["the query has no rows"]),
    "no data": (ROWS, "fit -k 2 -o m.json", ["no data", "--sql"]),
    "missing file": (ROWS, "fit other.csv -k 2 -o m.json", ["other.csv does not exist", "path"]),
    "no match": (ROWS, "fit 'other*.csv' -k 2 -o m.json", ["no file matches other*.csv"]),
    "a folder": (ROWS, "fit folder -k 2 -o m.json", ["the folder folder holds no file", "it is empty"]),
    "files that differ": (ROWS, "fit data.csv more.csv -k 2 -o m.json", ["files differ in their columns"]),
    "formats that differ": (
        ROWS,
        "fit data.csv good.npy -k 2 -o m.json",
        ["files differ in their columns", "x1"],
    ),
    "unknown option": (ROWS, FIT + " --frobnicate", ["--frobnicate", "mixtura fit --help"]),
    "unknown command": (ROWS, "frobnicate data.csv", ["frobnicate", "mixtura --help"]),
    "random bytes": (ROWS, "fit random -k 2 -o m.json", ["random holds binary data", "CSV"]),
    "random Parquet": (ROWS, "fit random.parquet -k 2 -o m.json", ["random.parquet cannot be read"]),
    "random Arrow": (ROWS, "fit random.arrow -k 2 -o m.json", ["random.arrow cannot be read as Arrow"]),
    "random npy": (
        ROWS,
        "fit random.npy -k 2 -o m.json",
        ["random.npy cannot be read as .npy", "array of numbers"],
    ),
    "objects": (ROWS, "fit objects.npy -k 2 -o m.json", ["objects.npy cannot be read as .npy", "numbers"]),
    "three axes": (ROWS, "fit cube.npy -k 2 -o m.json", ["cube.npy has 3 dimensions", "(2, 2, 2)"]),
    "text array": (ROWS, "fit words.npy -k 2 -o m.json", ["words.npy", "<U", "not numbers"]),
    "half JSON": (ROWS, "fit half.jsonl -k 2 -o m.json", ["half.jsonl cannot be read", "JSON"]),
    "no model": (ROWS, "show other.json", ["other.json does not exist", "mixtura fit"]),
    "damaged model": (ROWS, "predict damaged.json data.csv -o p.csv", ["damaged.json", "damaged"]),
    "model of another version": (ROWS, "score newer.json data.csv -o s.txt", ["newer.json", "version 99"]),
    "model without weights": (ROWS, "show partial.json", ["partial.json", "weights"]),
    "no model at all": (ROWS, "sample data.csv -o s.csv", ["data.csv cannot be used as a model"]),
    "model of a huge weight": (ROWS, "show huge.json", ["huge.json", "weights", "too large"]),
    "binary model": (ROWS, "show random", ["random cannot be used as a model", "text"]),
    "model of another dimension": (
        "c\n1\n2\n",
        "predict good.json data.csv -o p.csv",
        ["2 variables (a, b)", "1 column (c)"],
    ),
    "more columns than the model": (
        "c,d,e\n1,2,3\n",
        "score good.json data.csv",
        ["2 variables", "3 columns", "--columns"],
    ),
    "NaN to predict": ("a,b\n1,2\n,2\n", "predict good.json data.csv -o p.csv", ["column a", "row 2"]),
    "no sample": (ROWS, "sample good.json -n 0 -o s.csv", ["-n is 0", "at least 1"]),
    "no folder for a sample": (ROWS, "sample good.json -o no/s.csv", ["folder no", "mkdir -p no"]),
    "no folder for predictions": (
        ROWS,
        "predict good.json data.csv -o no/p.csv",
        ["folder no", "mkdir -p no"],
    ),
    "demo into a file": (ROWS, "demo --out data.csv", ["data.csv is a file"]),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Return a folder with good and bad files beside data.csv."""
    folder = tmp_path_factory.mktemp("place")
    noise = np.random.default_rng(0).bytes(3000)
    for name in ("random", "random.parquet", "random.arrow", "random.npy"):
        (folder / name).write_bytes(b"\x00" + noise)
    np.save(folder / "good.npy", np.arange(8.0).reshape(4, 2))
    np.save(folder / "cube.npy", np.zeros((2, 2, 2)))
    np.save(folder / "words.npy", np.array(["a", "b"]))
    np.save(folder / "objects.npy", np.array([{}, {}], dtype=object), allow_pickle=True)
    (folder / "half.jsonl").write_text('{"a": 1, "b')
    (folder / "more.csv").write_text("a,c\n1,2\n")
    (folder / "rows.csv").write_text(ROWS)
    (folder / "folder").mkdir()
    assert main(["fit", str(folder / "rows.csv"), "-k", "1", "-o", str(folder / "good.json")]) == 0
    text = (folder / "good.json").read_text()
    content = json.loads(text)
    (folder / "damaged.json").write_text(text[: len(text) // 2])
    (folder / "newer.json").write_text(json.dumps(content | {"schema": 99}))
    huge = content | {"weights": [10**400], "metadata": {}}
    (folder / "huge.json").write_text(json.dumps(huge))
    (folder / "boast.json").write_text(json.dumps(content | {"metadata": {"loglik": 10**400, "n_rows": 4}}))
    del content["weights"]
    (folder / "partial.json").write_text(json.dumps(content))
    return folder


def listing(folder):
    """Return what stands in a folder and when each file was changed."""
    return {entry.name: entry.stat().st_mtime_ns for entry in os.scandir(folder)}


def complaint(capsys, folder, arguments):
    """Run a command that must fail, and return its one line."""
    before = listing(folder)
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert re.fullmatch(r"mixtura: [^\n]+\n", captured.err)
    assert listing(folder) == before
    return captured.err


@pytest.mark.parametrize("case", DATA)
def test_bad_input_ends_with_one_line_and_nothing_written(capsys, monkeypatch, place, case):
    data, command, parts = DATA[case]
    monkeypatch.chdir(place)
    (place / "data.csv").write_text(data)
    line = complaint(capsys, place, shlex.split(command))
    for part in parts:
        assert part in line


@pytest.mark.parametrize(
    ("module", "command", "install"),
    [
        ("duckdb", "fit rows.csv -k 2 -o m.json", '"mixtura[cli]"'),
        ("duckdb", "score good.json rows.csv", '"mixtura[cli]"'),
        ("matplotlib", "fit good.npy -k 2 -o m.json --plot fit.png", '"mixtura[plot]"'),
        ("matplotlib", "demo --out pictures", '"mixtura[plot]"'),
        ("pyarrow", "fit random.arrow -k 2 -o m.json", "pyarrow"),
    ],
)
def test_a_missing_extra_is_one_line(capsys, monkeypatch, place, module, command, install):
    monkeypatch.chdir(place)
    hide(monkeypatch, module)
    assert f"needs {module}: run pip install {install}\n" in complaint(capsys, place, shlex.split(command))


@pytest.mark.parametrize("module", ["typer", "rich"])
def test_a_command_line_without_its_packages_says_so(capsys, monkeypatch, place, module):
    for name in [name for name in sys.modules if name.startswith("mixtura.cli.")]:
        if name != "mixtura.cli.entry":
            monkeypatch.delitem(sys.modules, name)
    hide(monkeypatch, module)
    assert 'run pip install "mixtura[cli]"' in complaint(capsys, place, ["show", str(place / "good.json")])


def hide(monkeypatch, module):
    """Make a package impossible to import."""
    for name in [name for name in sys.modules if name.partition(".")[0] == module]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setattr(sys, "meta_path", [_Refuse(module), *sys.meta_path])


class _Refuse:
    def __init__(self, module):
        self.module = module

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == self.module:
            raise ModuleNotFoundError(f"No module named {name!r}", name=self.module)


def test_numpy_files_need_no_extra(capsys, monkeypatch, place):
    hide(monkeypatch, "duckdb")
    assert main(["fit", str(place / "good.npy"), "-k", "1", "--json"]) == 0


def test_a_failure_while_writing_leaves_the_old_model(capsys, monkeypatch, place):
    monkeypatch.chdir(place)
    (place / "data.csv").write_text(ROWS)
    before = (place / "good.json").read_bytes()

    def fail(*arguments):
        raise OSError(28, "No space left on device", "good.json")

    monkeypatch.setattr("mixtura.cli.fitting.draw", fail)
    line = complaint(capsys, place, ["fit", "data.csv", "-k", "1", "-o", "good.json", "--plot", "fit.png"])
    assert line == "mixtura: good.json: No space left on device\n"
    assert (place / "good.json").read_bytes() == before


@pytest.mark.parametrize("kind", [TypeError, AttributeError, KeyError, AssertionError, ZeroDivisionError])
def test_what_is_no_complaint_about_the_input_is_a_bug(capsys, monkeypatch, place, kind):
    """Every TypeError inside the program was called bad input, every other error was a traceback."""

    def fail(*arguments, **options):
        raise kind("f() got an unexpected keyword\nargument")

    monkeypatch.setattr("mixtura.cli.fitting.fit_mixture", fail)
    monkeypatch.chdir(place)
    before = listing(place)
    assert main(["fit", "rows.csv", "-k", "1", "-o", "m.json"]) == 70
    captured = capsys.readouterr()
    assert captured.out == ""
    assert re.fullmatch(
        rf"mixtura: this is a bug in mixtura \({kind.__name__}: .*f\(\) got [^\n]*\); please report it, with "
        r"what MIXTURA_DEBUG=1 shows\n",
        captured.err,
    )
    assert listing(place) == before
    monkeypatch.setenv("MIXTURA_DEBUG", "1")
    with pytest.raises(kind):
        main(["fit", "rows.csv", "-k", "1"])


def test_rows_that_are_no_numbers_are_bad_input_and_no_bug(capsys, monkeypatch, place):
    table = Table(np.array([["a"], ["b"]]), ("x",), None, "words")
    monkeypatch.setattr("mixtura.cli.fitting.read", lambda *_, **__: table)
    for check in ("check_finite", "check_enough"):
        monkeypatch.setattr(f"mixtura.cli.checking.{check}", lambda *_: None)
    assert "must be real numbers, not <U1" in complaint(capsys, place, ["fit", "words", "-k", "1"])


def test_too_little_memory_is_one_line(capsys, monkeypatch, place):
    def fail(*arguments, **options):
        raise MemoryError("Unable to allocate 7 TiB")

    monkeypatch.setattr("mixtura.cli.fitting.fit_mixture", fail)
    line = complaint(capsys, place, ["fit", str(place / "rows.csv"), "-k", "1"])
    assert line.startswith("mixtura: the memory does not suffice; give fewer rows")


def test_figures_that_others_wrote_into_a_model_are_shown_if_they_can_be(capsys, place):
    assert main(["show", str(place / "boast.json")]) == 0
    shown = capsys.readouterr().out
    assert "log-likelihood" not in shown
    assert re.search(r"rows +4\b", shown)


def test_good_input_is_still_good(capsys, place):
    np.save(place / "faithful.npy", faithful().data)
    assert main(["fit", str(place / "faithful.npy"), "-k", "2"]) == 0
