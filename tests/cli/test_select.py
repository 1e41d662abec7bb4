"""`mixtura select`: the table, the winner's report, JSON, files, and the end by Ctrl-C."""

from __future__ import annotations

import json
import os

import numpy as np
import pytest

from mixtura import Mixture, select
from mixtura.cli import main
from mixtura.datasets import faithful


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    path = tmp_path_factory.mktemp("select") / "faithful.csv"
    np.savetxt(path, faithful().data, delimiter=",", header="eruptions,waiting", comments="", fmt="%.17g")
    return str(path)


def test_json_is_what_python_finds(capsys, data):
    assert main(["select", data, "-k", "1:3", "-s", "EEE,VVV", "--seed", "4", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    ours = select(faithful().data, range(1, 4), structures=["EEE", "VVV"], seed=4)
    assert found["criterion"] == "bic"
    assert (found["best"]["structure"], found["best"]["n_components"]) == ("EEE", 3)
    assert found["best"]["bic"] == ours.best.bic
    assert found["runner_up"]["structure"] == ours.ranked(2)[1].structure
    assert not found["interrupted"]
    assert len(found["table"]) == 6
    for row, cell in zip(found["table"], ours.table):
        assert (row["structure"], row["n_components"]) == (cell.structure, cell.n_components)
        assert (row["loglik"], row["bic"], row["icl"]) == (cell.loglik, cell.bic, cell.icl)
        assert row["held_out"] is None


@pytest.mark.parametrize("width", [60, 80])
def test_a_person_reads_the_table_the_winner_and_the_runner_up(capsys, data, monkeypatch, width):
    monkeypatch.setenv("COLUMNS", str(width))
    assert main(["select", data, "-k", "1:9", "--search", "fast"]) == 0
    lines = capsys.readouterr().out.split("\n")
    assert max(len(line.rstrip()) for line in lines) <= width
    shown = " ".join(" ".join(lines).split())
    for part in ("BIC chooses EEE with 3 components", "the runner-up,", "Kass and Raftery 1995", "component",
                 "¹", "mclust's sign, larger is better", "converged:"):  # fmt: skip
        assert part in shown


def test_the_best_model_and_the_picture_are_written(data, tmp_path):
    model, picture = tmp_path / "best.json", tmp_path / "table.png"
    arguments = ["select", data, "-k", "2", "-s", "EEE", "-o", str(model), "--plot", str(picture)]
    assert main(arguments) == 0
    found = Mixture.load(model)
    assert found.n_components == 2
    assert found.metadata["structure"] == "EEE"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert main(["show", str(model)]) == 0


def test_rows_can_be_held_out(capsys, data):
    assert main(["select", data, "-k", "1:2", "-s", "EEE", "--cv", "3", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["criterion"] == "held_out"
    assert all(np.isfinite(row["held_out"]) for row in found["table"])


def test_ctrl_c_prints_what_is_there_and_writes_nothing(capsys, data, tmp_path, monkeypatch):
    from mixtura.inference.selection.sweeps import Table

    def stop(self, *_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Table, "mend", stop)
    target = tmp_path / "best.json"
    assert main(["select", data, "-k", "1:2", "-s", "EEE", "-o", str(target)]) == 130
    out, err = capsys.readouterr()
    assert "EEE" in out
    assert "the search was interrupted" in out
    assert err == "mixtura: interrupted; no file was written\n"
    assert os.listdir(tmp_path) == []


def test_progress_is_told_in_a_sentence(data, monkeypatch):
    from mixtura.cli.progress import ProgressLine

    said = []
    monkeypatch.setattr(ProgressLine, "say", lambda self, doing: said.append(doing))
    assert main(["select", data, "-k", "1:2", "-s", "EEE", "--json"]) == 0
    assert "looking for starts: step 1 of 6, EEE with 1" in said
