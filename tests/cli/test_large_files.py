"""Large files from the command line: read a part at a time; faults end in one line and leave nothing."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from mixtura import Mixture, fit_mixture
from mixtura.cli import main, streaming
from mixtura.cli.models import load
from mixtura.cli.predicting import answer, predicted
from mixtura.sources import stream
from mixtura.sources.paths import found

# The command, which leaves a sign when it begins to read.
COMMAND = """
import sys
from pathlib import Path
from mixtura.cli import main, streaming
from mixtura.sources.relation import Relation

def begun(self, batches=Relation.batches):
    Path("begun").touch()
    return batches(self)

streaming.LARGE, Relation.batches = 0, begun
sys.exit(main())
"""
N = 40_000


@pytest.fixture(autouse=True)
def all_files_are_large(monkeypatch):
    monkeypatch.setattr(streaming, "LARGE", 0)


@pytest.fixture
def rows():
    rng = np.random.default_rng(3)
    x = np.where(rng.random(N)[:, None] < 0.4, [0.0, 0.0], [4.0, 1.0]) + rng.normal(size=(N, 2))
    return pd.DataFrame(x, columns=["a", "b"]).assign(name=[f"row {i}" for i in range(N)])


@pytest.fixture
def parts(tmp_path, rows):
    """Return a folder with the rows in four Parquet files of several row groups."""
    folder = tmp_path / "in"
    folder.mkdir()
    for i, part in enumerate(np.array_split(np.arange(N), 4)):
        rows.iloc[part].to_parquet(folder / f"part-{i}.parquet", row_group_size=2_000)
    return folder


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.json"
    Mixture([0.4, 0.6], [[0.0, 0.0], [4.0, 1.0]], [np.eye(2)] * 2, {"columns": ["a", "b"]}).save(path)
    return str(path)


def complaint(capsys, status, *arguments):
    """Run a command that fails, and return its one line."""
    assert main([str(argument) for argument in arguments]) == status
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.count("\n") == 1
    return shown.err


@pytest.mark.parametrize("memory", ["0", "100kB", "1GiB"])
@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_a_fit_of_large_files_is_that_of_the_rows(memory, kind, rows, parts, tmp_path, capsys):
    rows.to_csv(tmp_path / "rows.csv", index=False)
    data = str(parts / "*.parquet") if kind == "parquet" else str(tmp_path / "rows.csv")
    out, picture = tmp_path / "fit.json", tmp_path / "fit.png"
    command = ["fit", data, "-k", "2", "-c", "a,b", "--memory", memory, "--json"]
    assert main([*command, "-o", str(out), "--plot", str(picture)]) == 0
    account = json.loads(capsys.readouterr().out)
    wanted = fit_mixture(rows[["a", "b"]], 2)
    assert account["loglik"] == pytest.approx(wanted.loglik, abs=1e-3)
    assert account["n_rows"] == N
    np.testing.assert_allclose(Mixture.load(out).means, wanted.mixture.means, rtol=0, atol=1e-4)
    assert picture.stat().st_size > 0


def test_a_fit_says_how_many_times_files_were_read(parts, capsys):
    command = ["fit", str(parts / "*"), "-k", "2", "-c", "a,b", "--json"]
    assert main([*command, "--memory", "0"]) == 0
    assert 4 <= json.loads(capsys.readouterr().out)["file_reads"] <= 12
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out)["file_reads"] is None


def test_a_query_over_large_files_is_fitted(parts, rows, capsys):
    query = "SELECT a, a + b AS c FROM data WHERE b > 0"
    assert main(["fit", str(parts / "*"), "--sql", query, "-k", "2", "--memory", "0", "--json"]) == 0
    account = json.loads(capsys.readouterr().out)
    assert account["n_rows"] == (rows.b > 0).sum()


def test_select_reads_large_files(parts, rows, capsys):
    command = ["select", str(parts / "*"), "-c", "a", "-k", "1:3", "-s", "V", "--memory", "0", "--json"]
    assert main(command) == 0
    assert json.loads(capsys.readouterr().out)["best"]["n_components"] == 2


@pytest.mark.parametrize("proba", [False, True])
def test_predictions_are_written_as_parquet(proba, parts, rows, model, tmp_path):
    out = tmp_path / "out.parquet"
    flags = ["--proba"] if proba else []
    assert main(["predict", model, str(parts / "*.parquet"), "-o", str(out), *flags]) == 0
    found, mixture = pd.read_parquet(out), Mixture.load(model)
    x = rows[["a", "b"]].to_numpy()
    if proba:
        assert list(found) == ["component_0", "component_1"]
        np.testing.assert_allclose(found.to_numpy(), mixture.responsibilities(x), rtol=1e-12, atol=1e-15)
    else:
        np.testing.assert_array_equal(found["component"], mixture.predict(x))


def test_predictions_of_large_files_are_the_same_lines_as_of_small_ones(parts, model, tmp_path, monkeypatch):
    written = []
    for large in (0, 10**9):
        monkeypatch.setattr(streaming, "LARGE", large)
        out = tmp_path / f"{large}.csv"
        assert main(["predict", model, str(parts / "*"), "-c", "a,b", "--proba", "-o", str(out)]) == 0
        written.append(out.read_bytes())
    assert written[0] == written[1]
    assert written[0].count(b"\n") == N + 1


def test_scores_of_large_files_are_those_of_small_ones(parts, model, tmp_path, capsys, monkeypatch):
    found = []
    for large in (0, 10**9):
        monkeypatch.setattr(streaming, "LARGE", large)
        assert main(["score", model, str(parts / "*"), "-c", "a,b", "--json"]) == 0
        found.append(json.loads(capsys.readouterr().out))
    assert found[0].pop("loglik") == pytest.approx(found[1].pop("loglik"), rel=1e-13)
    assert found[0].pop("mean") == pytest.approx(found[1].pop("mean"), rel=1e-13)
    assert found[0] == found[1]
    out = tmp_path / "rows.parquet"
    assert main(["score", model, str(parts / "*"), "--rows", "-o", str(out)]) == 0
    assert len(pd.read_parquet(out)) == N


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("kind", ["parquet", "csv"])
def test_columns_are_kept_beside_the_answer(kind, ending, rows, parts, model, tmp_path):
    rows["name"] = [f'"{i}", or {i}' for i in range(N)]
    data = tmp_path / f"rows.{kind}"
    rows.to_csv(data, index=False) if kind == "csv" else rows.to_parquet(data, row_group_size=3_000)
    out, known = tmp_path / f"out.{ending}", load(model)
    predicted(known, found([str(data)]), answer(known, proba=False), str(out), keep=["name", "b"])
    written = pd.read_csv(out, converters={"b": float}) if ending == "csv" else pd.read_parquet(out)
    assert list(written) == ["name", "b", "component"]
    assert written["name"].tolist() == rows["name"].tolist()
    np.testing.assert_array_equal(written["b"], rows["b"])
    x = rows[["a", "b"]].to_numpy()
    np.testing.assert_array_equal(written["component"], known.mixture.predict(x))


@pytest.mark.parametrize(
    ("keep", "words"), [(["z"], "no column z"), (["component"], "component is kept and made both")]
)
def test_columns_that_cannot_be_kept_are_refused_and_nothing_is_written(keep, words, rows, model, tmp_path):
    rows.assign(component=1).to_parquet(tmp_path / "rows.parquet")
    known, files = load(model), found([str(tmp_path / "rows.parquet")])
    with pytest.raises(ValueError, match=words):
        predicted(known, files, answer(known, proba=False), str(tmp_path / "out.parquet"), keep=keep)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model.json", "rows.parquet"]


def test_the_size_of_a_copy_is_said_at_a_terminal(rows, tmp_path, monkeypatch):
    rows.to_csv(tmp_path / "rows.csv", index=False)
    shown = io.StringIO()
    shown.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setenv("TERM", "xterm")
    assert main(["fit", str(tmp_path / "rows.csv"), "-k", "2", "-c", "a,b", "--memory", "0"]) == 0
    assert re.search(r"copying .*rows.csv to .*, about 6\d\d kB", shown.getvalue())


def test_a_damaged_row_group_is_named(parts, model, tmp_path, capsys):
    file = parts / "part-2.parquet"
    group = pq.ParquetFile(file).metadata.row_group(3).column(0)
    at = group.data_page_offset if group.dictionary_page_offset is None else group.dictionary_page_offset
    whole = bytearray(file.read_bytes())
    whole[at : at + 400] = bytes(255 for _ in range(400))
    file.write_bytes(whole)
    for command in (["fit", "-k", "2", "--memory", "0"], ["predict", model]):
        out = tmp_path / "out.json"
        said = complaint(capsys, 2, *command, parts / "*.parquet", "-c", "a,b", "-o", out)
        assert "part-2.parquet, row group 3," in said
        assert not out.exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in", "model.json"]


def test_a_file_that_is_cut_off_is_named(parts, capsys):
    file = parts / "part-1.parquet"
    file.write_bytes(file.read_bytes()[:-20])
    said = complaint(capsys, 2, "fit", parts / "*.parquet", "-k", "2", "-c", "a,b")
    assert "part-1.parquet cannot be read" in said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda frame: frame.astype({"b": str}), ["part-3.parquet has column b of type", "double"]),
        (lambda frame: frame.drop(columns="b"), ["part-3.parquet has no column b"]),
    ],
)
def test_a_file_of_other_columns_or_types_is_named(change, words, parts, capsys):
    file = parts / "part-3.parquet"
    change(pd.read_parquet(file)).to_parquet(file)
    said = complaint(capsys, 2, "fit", parts / "*.parquet", "-k", "2", "-c", "a,b")
    assert all(word in said for word in words)


@pytest.mark.parametrize("kind", ["parquet", "csv"])
@pytest.mark.parametrize(
    ("change", "words"), [(os.unlink, "has gone since"), (os.utime, "has been changed since")]
)
def test_a_file_that_goes_or_changes_between_reads_is_named(
    kind, change, words, rows, parts, tmp_path, capsys, monkeypatch
):
    file = parts / "part-1.parquet"
    if kind == "csv":
        shutil.rmtree(parts)
        parts.mkdir()
        file = parts / "rows.csv"
        rows.to_csv(file, index=False)
        # without a copy, as where the file is read again
        monkeypatch.setattr("mixtura.sources.relation.Relation.dear", False)
    summary = stream.StreamSource.summary

    def then_change(source):
        found = summary.__get__(source)
        if file.exists() and change is os.unlink:
            change(file)
        elif change is os.utime:
            os.utime(file, (1, 1))
        return found

    monkeypatch.setattr(stream.StreamSource, "summary", property(then_change))
    said = complaint(capsys, 2, "fit", f"{parts}/*", "-k", "2", "-c", "a,b", "--memory", "0")
    assert f"{file.name}" in said
    assert words in said


def test_a_full_scratch_folder_is_refused_before_and_told_while_it_fills(rows, tmp_path, capsys, monkeypatch):
    rows.to_csv(tmp_path / "rows.csv", index=False)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    command = ["fit", tmp_path / "rows.csv", "-k", "2", "-c", "a,b", "--memory", "0", "--scratch", scratch]
    usage = shutil.disk_usage(scratch)
    monkeypatch.setattr(shutil, "disk_usage", lambda folder: usage._replace(free=1000))
    said = complaint(capsys, 2, *command)
    assert "takes about" in said
    assert "has 1 kB left" in said
    assert list(scratch.iterdir()) == []


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals_end_in_one_line_and_leave_nothing(number, status, rows, model, tmp_path):
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    pd.concat([rows] * 50).to_csv(tmp_path / "rows.csv", index=False)
    for command in (
        ["fit", "rows.csv", "-k", "9", "-c", "a,b", "--memory", "0", "--scratch", "scratch", "-o", "f.json"],
        ["predict", "model.json", "rows.csv", "-o", "out.parquet"],
    ):
        running = subprocess.Popen(
            [sys.executable, "-c", COMMAND, *command],
            cwd=tmp_path,
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        while not (tmp_path / "begun").exists():
            assert running.poll() is None, running.communicate()
            time.sleep(0.05)
        time.sleep(0.3)
        (tmp_path / "begun").unlink()
        running.send_signal(number)
        shown, said = running.communicate(timeout=60)
        assert running.returncode == status
        assert shown == ""
        assert said.count("\n") == 1
        assert "no file was written" in said
        assert sorted(path.name for path in tmp_path.iterdir()) == ["model.json", "rows.csv", "scratch"]
        assert list(scratch.iterdir()) == []


def test_no_thread_is_left_behind(parts):
    assert main(["fit", str(parts / "*"), "-k", "2", "-c", "a,b", "--memory", "0"]) == 0
    assert [thread.name for thread in threading.enumerate() if "reading" in thread.name] == []
