"""The command line: the same bits from every kind of file, what is printed, and how it ends."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.feather
import pytest
import typer.main

from mixtura import Mixture, fit_mixture
from mixtura.cli import main
from mixtura.cli.app import app
from mixtura.cli.progress import ProgressLine
from mixtura.datasets import faithful
from mixtura.em import Progress

COMMAND = [sys.executable, "-c", "import sys; from mixtura.cli import main; sys.exit(main())"]
DOCS = Path(__file__).parent.parent / "docs" / "cli.md"


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


@pytest.fixture(scope="module")
def model(folder):
    path = folder / "model.json"
    assert main(["fit", str(folder / "faithful.csv"), "-k", "2", "-o", str(path)]) == 0
    return str(path)


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


def test_json_is_what_python_finds(capsys, folder):
    found = account(capsys, "fit", folder / "faithful.csv", "-k", 3, "-s", "tied", "--seed", 4, "--n-init", 5)
    fit = fit_mixture(faithful().data, 3, structure="tied", seed=4, n_init=5)
    assert found["loglik"] == fit.loglik
    assert found["bic"] == fit.bic
    assert [c["mean"] for c in found["components"]] == fit.mixture.means.tolist()
    assert found["search"]["n_starts"] == 5


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
    assert 'holds text ("1,2" in data row 1)' in capsys.readouterr().err


def test_the_tables_hold_names_and_sensible_digits(capsys, folder):
    assert main(["fit", str(folder / "faithful.csv"), "-k", "2"]) == 0
    out = capsys.readouterr().out
    for part in (
        "eruptions",
        "waiting",
        "0.3559",
        "2.036",
        "54.48",
        "-1,130.264",
        "BIC",
        "272",
        "starts",
        "converged",
    ):
        assert part in out


@pytest.mark.parametrize("scale", [1e-9, 1e-7, 1e-4, 1.0, 1e6, 1e12])
@pytest.mark.parametrize("width", [80, 120])
def test_tables_stay_within_the_screen_at_every_scale(capsys, monkeypatch, tmp_path, scale, width):
    monkeypatch.setenv("COLUMNS", str(width))
    x = np.random.default_rng(0).normal([0, 5, 9], 1, (60, 3)) * scale
    np.save(tmp_path / "x.npy", x)
    assert main(["fit", str(tmp_path / "x.npy"), "-k", "1"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= width
    assert not any("…" in line for line in lines)
    (row,) = (line.split() for line in lines if line.split()[:1] == ["x2"])
    shown = float(row[1].replace(",", ""))
    assert shown == pytest.approx(x[:, 1].mean(), rel=0.01)


def test_predict_gives_what_the_mixture_does(capsys, folder, model):
    mixture, x = Mixture.load(model), faithful().data
    assert main(["predict", model, str(folder / "faithful.csv")]) == 0
    header, *rows = capsys.readouterr().out.splitlines()
    assert header == "component"
    assert list(map(int, rows)) == mixture.predict(x).tolist()
    assert main(["predict", model, str(folder / "labelled.csv"), "--proba", "-o", str(folder / "p.csv")]) == 0
    header, *rows = (folder / "p.csv").read_text().splitlines()
    assert header == "component_0,component_1"
    found = [[float(cell) for cell in row.split(",")] for row in rows]
    assert found == mixture.responsibilities(x).tolist()


def test_score_gives_what_the_mixture_does(capsys, folder, model):
    logpdf = Mixture.load(model).logpdf(faithful().data)
    found = account(capsys, "score", model, folder / "faithful.npy")
    assert found["loglik"] == pytest.approx(logpdf.sum(), rel=1e-13)
    assert found["mean"] == pytest.approx(logpdf.mean(), rel=1e-13)
    assert main(["score", model, str(folder / "faithful.csv"), "--rows"]) == 0
    assert [float(row) for row in capsys.readouterr().out.splitlines()[1:]] == logpdf.tolist()
    assert main(["score", model, str(folder / "faithful.csv")]) == 0
    assert "-1,130.264" in capsys.readouterr().out
    sql = f"SELECT *, 2 AS w FROM read_csv('{folder / 'faithful.csv'}')"
    doubled = account(capsys, "score", model, "--sql", sql, "--weights", "w")
    assert doubled["loglik"] == pytest.approx(2 * logpdf.sum(), rel=1e-13)


def test_sample_is_reproducible_and_reads_back(capsys, folder, model):
    target = folder / "drawn.csv"
    assert main(["sample", model, "-n", "500", "--seed", "7", "-o", str(target)]) == 0
    assert main(["sample", model, "-n", "500", "--seed", "7"]) == 0
    assert capsys.readouterr().out == target.read_text()
    expected = Mixture.load(model).rvs(500, 7)
    found = np.loadtxt(target, delimiter=",", skiprows=1)
    np.testing.assert_array_equal(found, expected)


def test_show_tells_the_components_and_the_fit(capsys, folder, model):
    assert main(["show", model]) == 0
    out = capsys.readouterr().out
    for part in ("eruptions", "waiting", "0.6441", "-1,130.264", "converged", "VVV"):
        assert part in out
    found = account(capsys, "show", model)
    assert found["columns"] == ["eruptions", "waiting"]
    assert len(found["components"]) == 2


def test_a_model_keeps_every_bit_and_the_picture_is_drawn(capsys, folder, tmp_path):
    path, picture = tmp_path / "m.json", tmp_path / "fit.png"
    found = account(capsys, "fit", folder / "faithful.csv", "-k", 2, "-o", path, "--plot", picture)
    mixture = Mixture.load(path)
    assert mixture.means.tolist() == [c["mean"] for c in found["components"]]
    assert mixture.metadata["loglik"] == found["loglik"]
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert sorted(os.listdir(tmp_path)) == ["fit.png", "m.json"]


def test_a_pooled_model_pools_again(capsys, tmp_path):
    wide = np.random.default_rng(3).normal(size=(10, 4))
    np.save(tmp_path / "wide.npy", wide)
    assert main(["fit", str(tmp_path / "wide.npy"), "--pool", "-k", "1", "-o", str(tmp_path / "m.json")]) == 0
    capsys.readouterr()
    assert account(capsys, "score", tmp_path / "m.json", tmp_path / "wide.npy")["n_rows"] == 40


def test_demo_prints_both_fits_and_draws_them(capsys, tmp_path):
    assert main(["demo", "--out", str(tmp_path / "pictures")]) == 0
    out = capsys.readouterr().out
    assert "-1,130.264" in out
    assert "alphas" in out
    for name in ("alphas.png", "faithful.png"):
        assert (tmp_path / "pictures" / name).read_bytes().startswith(b"\x89PNG")


def test_without_a_terminal_there_is_no_progress_line(capsys):
    with ProgressLine() as callback:
        callback._started -= 10
        callback._shown -= 10
        callback(Progress(passes=3, loglik=-5.0, remaining=1.0, alive=2))
    assert capsys.readouterr().err == ""


def test_on_a_terminal_the_line_appears_after_a_second(monkeypatch):
    shown = io.StringIO()
    shown.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setenv("TERM", "xterm")
    with ProgressLine() as callback:
        callback(Progress(passes=3, loglik=-5.0, remaining=1.0, alive=2))
        assert shown.getvalue() == ""
        callback._started -= 10
        callback._shown -= 10
        callback(Progress(passes=41, loglik=-1130.25, remaining=0.25, alive=2))
    assert "pass 41: loglik -1,130.250, about 0.25 to gain, 2 starts climbing" in shown.getvalue()


def test_a_closed_pipe_ends_quietly(model):
    with subprocess.Popen(
        [*COMMAND, "sample", model, "-n", "1000000"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"eruptions,waiting\n"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


ENDLESS = {
    "query": [
        "fit",
        "--sql",
        "SELECT sum(sqrt(i)) AS a FROM range(90000000000) t(i)",
        "-k",
        "2",
        "-o",
        "out",
    ],
    "fit": ["fit", "noise.npy", "-k", "12", "--tol", "0", "--max-iter", "1000000", "-o", "out"],
    "sample": ["sample", "model.json", "-n", "1000000000", "-o", "out"],
}


@pytest.mark.parametrize("what", ENDLESS)
def test_control_c_ends_with_one_line_and_writes_nothing(model, tmp_path, what):
    Mixture.load(model).save(tmp_path / "model.json")
    np.save(tmp_path / "noise.npy", np.random.default_rng(0).random((200_000, 3)))
    ready = "import sys, duckdb; from mixtura.cli import main, app; print('ready', flush=True)"
    command = [sys.executable, "-c", f"{ready}; sys.exit(main())", *ENDLESS[what]]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, text=True, cwd=tmp_path) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == "mixtura: interrupted; no file was written\n"
    assert process.returncode == 130
    assert sorted(os.listdir(tmp_path)) == ["model.json", "noise.npy"]


def test_the_command_starts_by_itself():
    done = subprocess.run([*COMMAND, "--version"], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"mixtura \d+\.\d+.*\n", done.stdout)


def test_without_arguments_it_says_what_there_is(capsys):
    assert main([]) == 0
    assert "mixtura" in capsys.readouterr().out


def parameters():
    """Return each command with each of its options."""
    group = typer.main.get_command(app)
    return [
        (name, option)
        for name, command in group.commands.items()
        for p in command.params
        for option in p.opts[:1]
    ]


@pytest.mark.parametrize(("command", "option"), parameters())
def test_the_docs_mention_every_command_and_option(command, option):
    text = DOCS.read_text(encoding="utf-8")
    assert f"mixtura {command}" in text
    if option.startswith("-"):
        assert f"`{option}" in text
