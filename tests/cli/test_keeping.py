"""Predicting and scoring: which columns are taken for which variable, and what stands beside the answer."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from mixtura import Mixture
from mixtura.cli import main
from mixtura.datasets import faithful

ROWS = faithful().data[:6]


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Return a folder with a model of Old Faithful and tables that hold its variables, in several ways."""
    place = tmp_path_factory.mktemp("keeping")
    np.save(place / "faithful.npy", faithful().data)
    named = "eruptions,waiting\n" + "".join(f"{a},{b}\n" for a, b in faithful().data.tolist())
    (place / "faithful.csv").write_text(named)
    assert main(["fit", str(place / "faithful.csv"), "-k", "2", "-o", str(place / "model.json")]) == 0
    dated = "date,id,waiting,remark,eruptions\n"
    for i, (a, b) in enumerate(ROWS.tolist()):
        dated += f'1980-08-{i + 1:02d},{i + 41},{b},"rain, ""some""",{a}\n'
    (place / "dated.csv").write_text(dated)
    (place / "renamed.csv").write_text("a,b\n" + "".join(f"{a},{b}\n" for a, b in ROWS.tolist()))
    (place / "half.csv").write_text("waiting,b\n" + "".join(f"{b},{a}\n" for a, b in ROWS.tolist()))
    np.save(place / "rows.npy", ROWS)
    return place


def run(capsys, *arguments):
    """Run a command and return the table it wrote, and what it said beside it."""
    assert main([str(argument) for argument in arguments]) == 0
    captured = capsys.readouterr()
    return list(csv.reader(io.StringIO(captured.out))), captured.err


def answers(place):
    """Return the labels and log-densities of the rows, by the mixture itself."""
    mixture = Mixture.load(place / "model.json")
    return [str(c) for c in mixture.predict(ROWS)], [repr(v) for v in mixture.logpdf(ROWS).tolist()]


def test_predict_keeps_columns_as_they_are(capsys, place):
    table, said = run(capsys, "predict", place / "model.json", place / "dated.csv", "--keep", "id,date")
    assert table[0] == ["id", "date", "component"]
    assert [row[:2] for row in table[1:]] == [[str(i + 41), f"1980-08-{i + 1:02d}"] for i in range(6)]
    assert [row[2] for row in table[1:]] == answers(place)[0]
    assert said == ""


def test_score_keeps_all_columns_text_with_commas_and_quotes_too(capsys, place):
    table, _ = run(capsys, "score", place / "model.json", place / "dated.csv", "--rows", "--keep", "all")
    assert table[0] == ["date", "id", "waiting", "remark", "eruptions", "log_density"]
    assert {row[3] for row in table[1:]} == {'rain, "some"'}
    assert [row[-1] for row in table[1:]] == answers(place)[1]


def test_probabilities_keep_columns_of_an_array(capsys, place):
    table, _ = run(capsys, "predict", place / "model.json", place / "rows.npy", "--proba", "--keep", "x2")
    assert table[0] == ["x2", "component_0", "component_1"]
    assert [float(row[0]) for row in table[1:]] == ROWS[:, 1].tolist()


def test_rows_that_are_left_out_take_their_kept_cells_with_them(capsys, place):
    (place / "gaps.csv").write_text("id,eruptions,waiting\n1,2.0,54\n2,?,60\n3,4.3,80\n")
    table, said = run(
        capsys, "predict", place / "model.json", place / "gaps.csv", "--keep", "id", "--drop-missing"
    )
    assert [row[0] for row in table[1:]] == ["1", "3"]
    assert "1 of 3 rows have a missing number" in said


def test_more_rows_than_are_written_at_a_time_keep_their_cells(capsys, place, monkeypatch):
    monkeypatch.setattr("mixtura.cli.applying.BLOCK", 4)
    table, _ = run(capsys, "predict", place / "model.json", place / "dated.csv", "--keep", "id")
    assert [row[0] for row in table[1:]] == [str(i + 41) for i in range(6)]


@pytest.mark.parametrize(
    ("command", "phrase"),
    [
        (["predict", "--keep", "day"], "there is no column day; the columns are date, id"),
        (["predict", "--keep", "id", "--pool"], "--keep hands on what stands in a row"),
        (["score", "--keep", "id"], "give --rows too"),
    ],
)
def test_what_cannot_be_kept_is_one_line(capsys, place, command, phrase):
    name, *options = command
    assert main([name, str(place / "model.json"), str(place / "dated.csv"), *options]) == 2
    assert phrase in capsys.readouterr().err


@pytest.mark.parametrize("name", ["renamed.csv", "rows.npy"])
@pytest.mark.parametrize("command", [["predict"], ["score", "--rows"]])
def test_columns_by_position_are_told(capsys, place, name, command):
    """Columns of other names used to be taken by their position without a word."""
    theirs = {"renamed.csv": "a, b", "rows.npy": "x1, x2"}[name]
    table, said = run(capsys, command[0], place / "model.json", place / name, *command[1:])
    assert said == f"mixtura: note: columns are taken by their position: {theirs} as eruptions, waiting\n"
    assert [row[0] for row in table[1:]] == answers(place)[0 if command[0] == "predict" else 1]


def test_columns_by_name_are_not_told(capsys, place):
    _, said = run(capsys, "predict", place / "model.json", place / "faithful.csv")
    assert said == ""


def test_columns_of_which_some_have_the_models_names_are_refused(capsys, place):
    """They used to be taken by position: waiting for eruptions."""
    assert main(["predict", str(place / "model.json"), str(place / "half.csv")]) == 2
    said = capsys.readouterr().err
    assert "half.csv has no column eruptions, but others of the variables" in said
    assert "--columns, in the order eruptions, waiting" in said
    table, _ = run(capsys, "predict", place / "model.json", place / "half.csv", "-c", "b,waiting")
    assert [row[0] for row in table[1:]] == answers(place)[0]


def test_the_models_own_names_are_taken_in_its_order_however_they_are_named(capsys, place):
    """The order of --columns used to be that of the variables, whatever they were called."""
    table, _ = run(capsys, "predict", place / "model.json", place / "dated.csv", "-c", "waiting,eruptions")
    assert [row[0] for row in table[1:]] == answers(place)[0]
