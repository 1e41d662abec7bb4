"""Every block of Python and every console session of README and docs is run, and shows what it shows."""

from __future__ import annotations

import contextlib
import doctest
import gzip
import io
import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import duckdb
import matplotlib as mpl
import numpy as np
import pytest

from mixtura import datasets
from mixtura.cli import main

ROOT = Path(__file__).resolve().parent.parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```(\w*)[^\n]*\n(.*?)^```$", flags=re.DOTALL | re.MULTILINE)
SHOWN_ONLY = {"diff", "sh", ""}  # languages of blocks that are no program of ours
DOTS = " ..."  # a line of output that stands for any number of others


@dataclass(frozen=True)
class Block:
    """A fenced block of a page, with the text block right below it, if any."""

    language: str
    text: str
    line: int
    output: str | None


def blocks(page: Path) -> list[Block]:
    """Return the blocks of a page, each text block with what it is the output of."""
    text = page.read_text(encoding="utf-8")
    found: list[Block] = []
    end = 0
    for match in FENCE.finditer(text):
        language, body = match[1], match[2]
        if language == "text" and found and not text[end : match.start()].strip():
            last = found.pop()
            found.append(Block(last.language, last.text, last.line, body))
        else:
            found.append(Block(language, body, text[: match.start()].count("\n") + 1, None))
        end = match.end()
    return found


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


# Programs of the page on clusters are run by tests/clusters, which have some.
PROGRAMS = [
    page
    for page in PAGES
    if any(block.language == "python" for block in blocks(page)) and page.name != "clusters.md"
]
SESSIONS = [page for page in PAGES if any(block.language == "console" for block in blocks(page))]


def test_every_block_is_of_a_language_that_is_run_or_only_shown():
    languages = {block.language for page in PAGES for block in blocks(page)}
    assert languages <= {"python", "console", *SHOWN_ONLY}
    assert len(PROGRAMS) > 8
    assert len(SESSIONS) > 3


@pytest.mark.parametrize("page", PROGRAMS, ids=named)
def test_the_python_of_a_page_runs_and_prints_what_it_shows(page, place, tmp_path, monkeypatch):
    """The blocks of a page are one program, from the first to the last."""
    shutil.copytree(place, tmp_path / "program")
    monkeypatch.chdir(tmp_path / "program")
    mpl.use("agg")
    names: dict[str, object] = {}
    for block in blocks(page):
        if block.language != "python":
            continue
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            if block.text.startswith(">>>"):
                names = examples(block, names, page)
            else:
                exec(compile(block.text, f"{page.name}:{block.line}", "exec"), names)
        if block.output is not None:
            assert agrees(printed.getvalue(), block.output), printed.getvalue()


def examples(block: Block, names: dict[str, object], page: Path) -> dict[str, object]:
    """Run a block of prompts and answers, and return the names as it leaves them."""
    test = doctest.DocTestParser().get_doctest(block.text, names, page.name, str(page), block.line)
    account = io.StringIO()
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    runner.run(test, out=account.write, clear_globs=False)
    assert runner.summarize(verbose=False).failed == 0, account.getvalue()
    return test.globs


def agrees(printed: str, shown: str) -> bool:
    """Say whether an output is the one that is shown, dots standing for lines and digits of times for any."""
    lines = [re.escape(line.rstrip()) for line in shown.strip("\n").split("\n")]
    pattern = "\n".join("(?:.*\n)*?.*" if line == re.escape(DOTS) else line for line in lines)
    rows = "\n".join(line.rstrip() for line in printed.strip("\n").split("\n"))
    return re.fullmatch(pattern, rows) is not None


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """Return a folder with the files that the sessions name."""
    place = tmp_path_factory.mktemp("sessions")
    rng = np.random.default_rng(0)

    def write(name, columns, rows):
        lines = [",".join(columns), *(",".join(map(str, row)) for row in rows)]
        (place / name).write_text("\n".join(lines) + "\n")

    geyser, flowers = datasets.faithful(), datasets.iris()
    write("faithful.csv", geyser.feature_names, geyser.data.tolist())
    write("new.csv", geyser.feature_names, geyser.data[:20].tolist())
    write("data.csv", geyser.feature_names, geyser.data.tolist())
    write("iris.csv", flowers.feature_names, flowers.data.tolist())
    write("nan.csv", ["a", "b"], [[1, 5], [2, "NaN"], [4, 4]])
    dated = [[i + 1, f"2024-01-{i + 1:02d}", *row] for i, row in enumerate(geyser.data[:20].tolist())]
    write("dated.csv", ["id", "date", *geyser.feature_names], dated)
    write("trades.csv", ["price", "size"], np.exp(rng.normal(size=(200, 2))).tolist())
    for day in ("1", "2"):
        write(f"day-{day}.csv", ["price", "volume"], rng.normal(2, 1, (100, 2)).tolist())
    write("alphas.csv", [f"draw{j}" for j in range(10)], datasets.alphas().data[:, :10].tolist())
    (place / "log.csv.gz").write_bytes(gzip.compress((place / "faithful.csv").read_bytes()))
    (place / "returns").mkdir()
    with duckdb.connect() as connection:
        rows = "SELECT 'a' AS fund, (hash(i) % 1000) / 1000 AS alpha FROM range(500) t(i)"
        for year in (2023, 2024):
            connection.execute(f"COPY ({rows}) TO '{place}/returns/{year}.parquet'")
        flows = (
            "SELECT " + ", ".join(f"hash(i, {c}) % 997 AS CD{c}" for c in (3, 4, 8)) + " FROM range(300) t(i)"
        )
        connection.execute(f"COPY ({flows}) TO '{place}/flows.parquet'")
    return place


@pytest.mark.parametrize("page", SESSIONS, ids=named)
def test_the_sessions_of_a_page_run_and_show_what_they_show(page, place, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "session"
    shutil.copytree(place, folder)
    monkeypatch.chdir(folder)
    if page.name != "cli.md":  # where the first session writes it
        assert main(["fit", "faithful.csv", "-k", "2", "-o", "model.json"]) == 0
        capsys.readouterr()
    for block in blocks(page):
        if block.language == "console":
            for command, shown in commands(block):
                status, printed = run(command, capsys)
                assert status == (2 if shown is not None and shown.startswith("mixtura: ") else 0), printed
                if shown is not None:
                    assert agrees(printed, shown), printed


def commands(block: Block) -> list[tuple[str, str | None]]:
    """Return each command of a session with what it shows, None where it shows nothing."""
    parts = re.findall(r"^\$ (.*\n)((?:(?!\$ ).*\n)*)", block.text, flags=re.MULTILINE)
    found = [(command.strip(), shown or None) for command, shown in parts]
    if block.output is not None:
        assert len(found) == 1
        return [(found[0][0], block.output)]
    return found


def run(command: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    """Run a command; return its status, and what it printed or complained of."""
    words = shlex.split(command)
    if words[0] == "mixtura" and "|" not in words:
        status = main(words[1:])
        captured = capsys.readouterr()
        return status, captured.out if status == 0 else captured.err
    path = os.path.dirname(sys.executable) + os.pathsep + os.environ["PATH"]
    done = subprocess.run(
        ["sh", "-c", command], capture_output=True, text=True, env=os.environ | {"PATH": path}
    )
    return done.returncode, done.stdout or done.stderr
