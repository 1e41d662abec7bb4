"""`mixtura fit --errors` and `--summary`."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from mixtura import datasets, fit_mixture
from mixtura.cli.app import app

X = datasets.faithful().data


@pytest.fixture
def table(tmp_path):
    """Return a CSV file of the old faithful's geyser."""
    path = tmp_path / "faithful.csv"
    np.savetxt(path, X, delimiter=",", header="eruptions,waiting", comments="")
    return str(path)


@pytest.mark.parametrize("kind", ["observed", "sandwich"])
def test_errors_go_into_the_json(table, kind):
    ran = CliRunner().invoke(app, ["fit", table, "-k", "2", "--errors", kind, "--json"])
    assert ran.exit_code == 0, ran.output
    found = json.loads(ran.output)["errors"]
    wanted = fit_mixture(X, 2).inference(kind).standard_errors.means[1, 1]
    line = next(q for q in found["quantities"] if (q["component"], q["name"]) == (1, "mean[waiting]"))
    assert found["kind"] == kind
    assert line["error"] == pytest.approx(wanted, rel=1e-9)
    assert line["low"] < line["estimate"] < line["high"]


def test_a_summary_takes_the_place_of_the_report(table):
    ran = CliRunner().invoke(app, ["fit", table, "-k", "2", "--summary"], env={"COLUMNS": "60"})
    assert ran.exit_code == 0, ran.output
    assert "ICL" in ran.output
    assert "std. error" in ran.output
    assert "still to gain" not in ran.output
    assert max(len(line) for line in ran.output.splitlines()) <= 60


def test_errors_come_after_the_report(table):
    ran = CliRunner().invoke(app, ["fit", table, "-k", "2", "--errors", "observed"])
    assert ran.exit_code == 0, ran.output
    assert ran.output.index("still to gain") < ran.output.index("std. error")
    assert "ICL" not in ran.output
