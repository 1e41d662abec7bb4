"""How the command line ends, what it shows meanwhile, and that its docs are whole."""

from __future__ import annotations

import io
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import typer.main

from mixtura import Mixture
from mixtura.cli import main, progress
from mixtura.cli.app import app
from mixtura.em import Progress

COMMAND = [sys.executable, "-c", "import sys; from mixtura.cli import main; sys.exit(main())"]
DOCS = Path(__file__).parent.parent.parent / "docs" / "cli.md"


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    path = tmp_path_factory.mktemp("model") / "model.json"
    metadata = {"columns": ["eruptions", "waiting"]}
    Mixture([0.4, 0.6], [[2.0, 54.0], [4.0, 80.0]], [np.diag([0.1, 30.0])] * 2, metadata).save(path)
    return str(path)


@pytest.mark.parametrize("terminal", [True, False])
def test_on_a_terminal_a_line_appears_after_a_while(monkeypatch, terminal):
    shown = io.StringIO()
    shown.isatty = lambda: terminal  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stderr", shown)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(progress, "PATIENCE", 0.1)
    with progress.ProgressLine("reading") as line:
        assert shown.getvalue() == ""
        time.sleep(0.4)
        line(Progress(passes=41, loglik=-1130.25, remaining=0.25, alive=2))
        time.sleep(0.2)
    parts = ["reading", "pass 41: loglik -1,130.250, about 0.25 to gain, 2 starts climbing"]
    assert [part in shown.getvalue() for part in parts] == [terminal, terminal]


def test_what_ends_at_once_shows_no_line(monkeypatch):
    shown = io.StringIO()
    shown.isatty = lambda: True  # type: ignore[method-assign]
    monkeypatch.setattr(sys, "stderr", shown)
    with progress.ProgressLine("reading") as line:
        line(Progress(passes=41, loglik=-1130.25, remaining=0.25, alive=2))
    assert shown.getvalue() == ""


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


@pytest.mark.parametrize("delay", [0.02, 0.1, 0.2, 0.4])
def test_control_c_while_the_program_is_still_being_imported_is_one_line(model, delay):
    program = "import sys; from mixtura.cli import main; print('ready', flush=True); sys.exit(main())"
    command = [sys.executable, "-c", program, "sample", model, "-n", "1000000000", "-o", "/dev/null"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, text=True) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(delay)
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == "mixtura: interrupted; no file was written\n"
    assert process.returncode == 130


def test_the_command_starts_before_anything_slow_is_imported():
    """Ctrl-C ends in a line once `main` runs, so that little may come before it."""
    program = "import sys, mixtura.cli; print(sorted({'numpy', 'scipy', 'typer', 'rich'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("closed", "arguments", "status", "out", "err"),
    [
        (
            "1",
            ["--version"],
            2,
            "",
            "mixtura: standard output is closed; send it to a file, or /dev/null\n",
        ),
        ("2", ["--version"], 0, "mixtura ", ""),
        ("2", ["show", "no-model"], 2, "", ""),
        ("12", ["show", "no-model"], 2, "", ""),
    ],
)
def test_closed_streams_are_no_traceback(closed, arguments, status, out, err):
    redirections = "".join(f" {stream}>&-" for stream in closed)
    command = ["sh", "-c", f'"$@"{redirections}', "sh", *COMMAND, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert done.stdout.startswith(out)
    assert bool(done.stdout) == bool(out)
    assert done.stderr == err


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


def test_importing_mixtura_imports_no_extra():
    extras = {"typer", "rich", "duckdb", "matplotlib", "pyarrow", "pandas", "polars"}
    program = f"import sys, mixtura; print(sorted({extras} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_a_pipe_is_written_to_and_not_replaced(model, tmp_path):
    """Renaming a draft over /dev/null would take the device from the whole machine."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["cat", str(pipe)], stdout=subprocess.PIPE) as reader:
        assert main(["sample", model, "-n", "3", "-o", str(pipe)]) == 0
        assert reader.communicate(timeout=20)[0].count(b"\n") == 4
    assert pipe.is_fifo()


def test_a_link_stays_a_link(model, tmp_path):
    link = tmp_path / "link.csv"
    link.symlink_to("real.csv")
    assert main(["sample", model, "-n", "3", "-o", str(link)]) == 0
    assert link.is_symlink()
    assert (tmp_path / "real.csv").read_text().count("\n") == 4
    assert sorted(p.name for p in tmp_path.iterdir()) == ["link.csv", "real.csv"]


def test_a_negative_seed_is_refused_by_name(model, capsys):
    assert main(["sample", model, "--seed", "-1"]) == 2
    assert "--seed" in capsys.readouterr().err


def test_control_c_that_something_else_has_wrapped_is_control_c(monkeypatch, capsys):
    """Python 3.11 makes a RuntimeError of one that comes while a class is being made."""

    def wrapped(arguments):
        try:
            raise KeyboardInterrupt
        except KeyboardInterrupt as interrupt:
            raise RuntimeError("Error calling __set_name__") from interrupt

    monkeypatch.setattr("mixtura.cli.app.run", wrapped)
    assert main(["--version"]) == 130
    assert capsys.readouterr().err == "mixtura: interrupted; no file was written\n"
