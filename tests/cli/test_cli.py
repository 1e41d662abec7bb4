"""The command line: what its commands print and write."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest
from tests.helpers import FAMILIES

from mixtura import Mixture, fit_mixture
from mixtura.cli import main
from mixtura.datasets import faithful


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder that holds Old Faithful, also with a column of labels."""
    folder = tmp_path_factory.mktemp("data")
    data = faithful()
    header = ",".join(data.feature_names)
    rows = [f"{a!r},{b!r}" for a, b in data.data.tolist()]
    (folder / "faithful.csv").write_text("\n".join([header, *rows]) + "\n")
    labelled = [f"label,{header}", *(f"x{i},{row}" for i, row in enumerate(rows))]
    (folder / "labelled.csv").write_text("\n".join(labelled) + "\n")
    np.save(folder / "faithful.npy", data.data)
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


def test_json_is_what_python_finds(capsys, folder):
    found = account(capsys, "fit", folder / "faithful.csv", "-k", 3, "-s", "tied", "--seed", 4, "--n-init", 5)
    fit = fit_mixture(faithful().data, 3, structure="tied", seed=4, n_init=5)
    assert found["loglik"] == fit.loglik
    assert found["bic"] == fit.bic
    assert [c["mean"] for c in found["components"]] == fit.mixture.means.tolist()
    assert found["search"]["n_starts"] == 5


@pytest.mark.parametrize("name", ["EII", "VEI", "VVE", "VEV", "spherical"])
def test_every_structure_is_fitted_with_weights_free_or_equal(capsys, folder, name):
    command = ["fit", folder / "faithful.csv", "-k", 2, "-s", name]
    free, equal = account(capsys, *command), account(capsys, *command, "--equal-weights")
    assert [c["weight"] for c in equal["components"]] == [0.5, 0.5]
    assert equal["n_parameters"] == free["n_parameters"] - 1
    assert (free["equal_weights"], equal["equal_weights"]) == (False, True)
    fit = fit_mixture(faithful().data, 2, structure=name, equal_weights=True)
    assert equal["loglik"] == fit.loglik
    assert equal["structure"] == fit.structure.name


def test_a_model_file_and_the_report_tell_of_equal_weights(capsys, folder):
    path = folder / "equal.json"
    arguments = [
        "fit",
        str(folder / "faithful.csv"),
        "-k",
        "2",
        "-s",
        "EEE",
        "--equal-weights",
        "-o",
        str(path),
    ]
    assert main(arguments) == 0
    assert "equal weights" in " ".join(capsys.readouterr().out.split())
    assert Mixture.load(path).metadata["equal_weights"] is True


def test_the_help_names_every_structure(capsys):
    assert main(["fit", "--help"]) == 0
    words = capsys.readouterr().out.replace(",", " ").split()
    assert set(FAMILIES) <= set(words)


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


def test_names_are_shown_as_they_are(capsys, tmp_path):
    (tmp_path / "x.csv").write_text('"[bold]a",:smile:\n1,2\n2,7\n3,1\n')
    assert main(["fit", str(tmp_path / "x.csv"), "-k", "1"]) == 0
    out = capsys.readouterr().out
    assert "[bold]a" in out
    assert ":smile:" in out


def test_many_variables_leave_the_covariances_to_json(capsys, tmp_path):
    np.save(tmp_path / "x.npy", np.random.default_rng(0).random((100, 20)))
    assert main(["fit", str(tmp_path / "x.npy"), "-k", "1"]) == 0
    out = capsys.readouterr().out
    assert "x20" in out
    assert "covariances: --json" in out


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
