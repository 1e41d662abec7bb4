"""The page on clusters: its programs run as they stand, on parts that a test has written."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mixtura

PAGE = Path(__file__).parents[2] / "docs" / "clusters.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.S)
PROGRAMS = [code for code in BLOCKS if "spawn" in code]


def test_there_are_two_programs_of_few_lines():
    assert len(PROGRAMS) == 2
    assert all(len([line for line in code.splitlines() if line.strip()]) <= 20 for code in PROGRAMS)


def rows():
    """Return rows (n, 2) of three components."""
    rng = np.random.default_rng(0)
    means = np.array([[-6.0, 0.0], [0.0, 0.0], [6.0, 3.0]])
    return means[rng.integers(3, size=4000)] + rng.normal(size=(4000, 2))


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Work beside a folder of Parquet files, "rows"."""
    (tmp_path / "rows").mkdir()
    for i, part in enumerate(np.split(rows(), 4)):
        pd.DataFrame(part, columns=["a", "b"]).to_parquet(tmp_path / "rows" / f"{i}.parquet")
    monkeypatch.chdir(tmp_path)


def block(word, rows="rows"):
    """Return the block of the page that has a word, compiled; rows lie in this folder."""
    (code,) = (code for code in BLOCKS if word in code)
    return compile(code.replace('"rows"', repr(rows)), PAGE.name, "exec")


def test_the_block_on_dask_runs(folder, capsys):
    names = {}
    exec(block("dask"), names)
    assert names["fit"].loglik == pytest.approx(mixtura.fit_mixture(rows(), 3).loglik, abs=1e-3)
    assert "log-likelihood" in capsys.readouterr().out


@pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")
def test_the_block_on_spark_runs(folder, spark):
    spark.catalog.clearCache()
    names = {"spark": spark, "mixtura": mixtura}
    exec(block("spark", str(Path.cwd() / "rows")), names)  # Spark's own folder is that it began in
    assert names["fit"].loglik == pytest.approx(mixtura.fit_mixture(rows(), 3).loglik, abs=1e-3)
    assert names["named"].predict(names["rows"]).columns == ["a", "b", "label"]


def test_the_block_on_streams_runs():
    names = {"stream": np.split(rows(), 8), "mixtura": mixtura}
    exec(block("partial_fit"), names)
    assert names["model"].fit_.status is mixtura.Status.STREAMED


@pytest.mark.parametrize("code", PROGRAMS, ids=["a map", "by hand"])
def test_a_program_of_the_page_ends_at_the_maximum(code, tmp_path):
    x = rows()
    for i, part in enumerate(np.split(x, 8)):
        np.save(tmp_path / f"part-{i}.npy", part)
    (tmp_path / "program.py").write_text(code)
    ran = subprocess.run(
        [sys.executable, "program.py"], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert ran.returncode == 0, ran.stderr
    told = [float(number) for number in re.findall(r"-\d{4,}\.\d+", ran.stdout.replace(",", ""))]
    assert told[0] == pytest.approx(mixtura.fit_mixture(x, 3).loglik, abs=0.01)
