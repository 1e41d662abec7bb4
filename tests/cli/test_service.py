"""A service: what strangers may hand in reaches no file, no variable and no terminal."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest

from mixtura.cli import main

# Under AddressSanitizer, which reserves all there is, a limit on memory means nothing.
LIMITED = sys.platform == "linux" and "libasan" not in os.environ.get("LD_PRELOAD", "")
ROWS = "a,b\n1,5\n2,3\n4,4\n3,9\n"
QUERIES = {
    "another file": "FROM read_csv('other.csv')",
    "another file by name": "FROM 'other.csv'",
    "a text": "SELECT length(content)::DOUBLE AS a FROM read_text('other.csv')",
    "the folder": "SELECT length(file)::DOUBLE AS a FROM glob('*')",
    "writing": "COPY data TO 'stolen.csv'",
    "a database": "ATTACH 'stolen.db'",
    "an extension": "LOAD httpfs",
    "a setting": "SET enable_external_access = true",
    "a setting undone": "RESET lock_configuration",
    "memory": "SET memory_limit = '900GB'",
}


@pytest.fixture
def place(tmp_path, monkeypatch):
    """Return a working folder with two tables."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data.csv").write_text(ROWS)
    (tmp_path / "other.csv").write_text(ROWS)
    return tmp_path


@pytest.mark.parametrize("query", QUERIES)
def test_a_locked_query_reaches_nothing_but_the_data(capsys, place, query):
    command = ["fit", "data.csv", "-k", "1", "--sql", QUERIES[query]]
    assert main([*command, "--no-sql-access"]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("mixtura: --sql ")
    assert captured.err.count("\n") == 1
    assert sorted(os.listdir(place)) == ["data.csv", "other.csv"]


@pytest.mark.parametrize("query", ["another file", "another file by name"])
def test_the_same_query_is_answered_without_the_lock(capsys, place, query):
    assert main(["fit", "data.csv", "-k", "1", "--sql", QUERIES[query], "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["n_rows"] == 4


def test_a_locked_query_reads_data_of_every_kind(capsys, place):
    for name in ("data.csv", "spaces.txt"):
        (place / "spaces.txt").write_text(ROWS.replace(",", "  "))
        command = ["fit", name, "-k", "1", "--json", "--no-sql-access"]
        assert main([*command, "--sql", "SELECT a, b FROM data WHERE a < 4"]) == 0
        assert json.loads(capsys.readouterr().out)["n_rows"] == 3
        assert main(command) == 0
        assert json.loads(capsys.readouterr().out)["n_rows"] == 4


@pytest.mark.parametrize("name", ["files", "texts", "choice", "sys", "np"])
def test_a_query_does_not_reach_variables_of_the_program(capsys, place, name):
    """`FROM files` used to be looked up among Python's variables."""
    assert main(["fit", "-k", "1", "--sql", f"FROM {name}"]) == 2
    said = capsys.readouterr().err
    assert f"Table with name {name} does not exist" in said
    assert "DataFrame" not in said


ESCAPES = "\x1b[31mred\x1b]0;title\x07"


def test_names_in_a_model_do_not_reach_the_terminal_as_commands(capsys, place):
    """Escape sequences in a model's names of columns used to be printed as they were."""
    assert main(["fit", "data.csv", "-k", "1", "-o", "model.json"]) == 0
    model = json.loads((place / "model.json").read_text())
    model["metadata"] |= {"columns": [ESCAPES, "b"], "structure": ESCAPES, "status": ESCAPES}
    (place / "model.json").write_text(json.dumps(model))
    capsys.readouterr()
    assert main(["show", "model.json"]) == 0
    assert main(["predict", "model.json", "other.csv", "-o", "out.csv"]) == 2
    assert main(["predict", "model.json", "data.csv", "-c", "a,c"]) == 2
    captured = capsys.readouterr()
    assert "\x1b" not in captured.out + captured.err
    assert "\x07" not in captured.out + captured.err
    assert "red" in captured.out


def test_names_in_a_file_do_not_reach_the_terminal_as_commands(capsys, place):
    (place / "odd.csv").write_text(ROWS.replace("a,b", f"{ESCAPES},b"))
    assert main(["fit", "odd.csv", "-k", "1"]) == 0
    assert main(["fit", "odd.csv", "-k", "1", "-c", "x"]) == 2
    captured = capsys.readouterr()
    assert "\x1b" not in captured.out + captured.err
    assert "red" in captured.out


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_process_that_is_ended_leaves_no_draft(capsys, place, number):
    """SIGTERM used to leave the draft of `sample -o` behind."""
    assert main(["fit", "data.csv", "-k", "1", "-o", "model.json"]) == 0
    before = sorted(os.listdir(place))
    command = [sys.executable, "-m", "mixtura", "sample", "model.json", "-n", "100000000", "-o", "big.csv"]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        while sorted(os.listdir(place)) == before:
            assert process.poll() is None
            time.sleep(0.05)
        process.send_signal(number)
        said = process.communicate(timeout=20)[1]
    assert process.returncode == (130 if number == signal.SIGINT else 128 + number)
    assert said.count(b"\n") == 1
    assert sorted(os.listdir(place)) == before


def under_a_limit(megabytes, *arguments):
    """Run the command line with so much address space; return its exit status and what it said."""
    code = f"""
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, ({megabytes} << 20, {megabytes} << 20))
from mixtura.cli import main
sys.exit(main({list(map(str, arguments))}))
"""
    # OpenBLAS, which a small limit ends by itself, takes an arena for each thread
    environment = os.environ | {"OPENBLAS_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
    return done.returncode, done.stderr


if LIMITED:

    @pytest.mark.parametrize("megabytes", [300, 400, 500, 600, 700, 800, 1000, 1200, 2000, 4000])
    def test_under_a_limit_on_memory_a_table_is_read_or_one_line_says_why(place, megabytes):
        """From 400 to 1,000 MB DuckDB used to abort, or to crash."""
        (place / "large.csv").write_text("a,b\n" + "1.25,2.5\n2.25,0.5\n1.5,3.5\n" * 50_000)
        status, said = under_a_limit(megabytes, "fit", "large.csv", "-k", "1", "--json")
        assert status in (0, 2)
        if status == 2:
            assert re.fullmatch(r"mixtura: the (limit on memory|memory does not suffice)[^\n]+\n", said)
        assert (status == 0) == (megabytes >= 2000)


if sys.platform == "linux":

    @pytest.mark.parametrize(
        ("command", "name"),
        [
            ("sample model.json -n 20000 -o /dev/full", "/dev/full"),
            ("predict model.json data.csv -o /dev/full", "/dev/full"),
            ("fit data.csv -k 1 -o /dev/full", "/dev/full"),
        ],
    )
    def test_a_full_disk_is_named_with_its_file(capsys, place, command, name):
        """It used to be said that no space is left, and not where."""
        assert main(["fit", "data.csv", "-k", "1", "-o", "model.json"]) == 0
        capsys.readouterr()
        assert main(command.split()) == 2
        assert capsys.readouterr().err == f"mixtura: {name}: No space left on device\n"

    def test_standard_output_on_a_full_disk_is_named(place):
        assert main(["fit", "data.csv", "-k", "1", "-o", "model.json"]) == 0
        command = [sys.executable, "-m", "mixtura", "sample", "model.json", "-n", "20000"]
        with open("/dev/full", "w") as full:
            done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True)
        assert (done.returncode, done.stderr) == (2, "mixtura: standard output: No space left on device\n")
