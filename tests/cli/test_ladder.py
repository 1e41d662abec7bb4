"""The ladder: every rung gives the same parameters, and the figures hang together."""

from __future__ import annotations

import json
from itertools import pairwise

import numpy as np
import pytest

from mixtura import datasets
from mixtura.cli import benching, ladder, main
from mixtura.datasets import ALPHAS_START
from mixtura.em.reference import Univariate, step_broadcast, step_rows


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """Climb on 20 x 50 alphas, and look at the clock no longer than needed."""
    monkeypatch.setattr(ladder, "alphas", lambda seed: datasets.alphas(seed, 20, 50))
    monkeypatch.setattr(ladder, "PATIENCE", 0.0)


def test_every_rung_is_climbed_and_agrees():
    told = []
    rungs = ladder.climb(sklearn=True, told=told.append)
    names = [rung.name for rung in rungs]
    assert names == told
    assert names == [
        "double loops",
        "a fund at a time",
        "broadcasting",
        "native pass",
        "native, 32 starts",
        "compressed, 32 starts",
        "scikit-learn",
    ]
    assert [rung.beside for rung in rungs] == [False] * 6 + [True]
    assert all(rung.difference <= ladder.AGREEMENT for rung in rungs)
    assert all(rung.seconds > 0 for rung in rungs)


def test_a_rung_that_disagrees_is_not_shown(monkeypatch):
    def off(x, now):
        found = step_broadcast(x, now)
        return Univariate(found.weights, found.means * (1 + 1e-8), found.variances)

    monkeypatch.setattr(ladder, "step_broadcast", off)
    with pytest.raises(ArithmeticError, match="broadcasting differs from double loops"):
        ladder.climb()


def test_a_row_of_a_table_is_a_fund():
    table = datasets.alphas(0, 20, 50).data
    by_funds, by_values = step_rows(table, ALPHAS_START), step_rows(table.ravel(), ALPHAS_START)
    for one, other in zip(by_funds, by_values):
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=0)


def test_timing_leaves_the_set_up_out(monkeypatch):
    clock = [0.0]

    def iterate(n):
        clock[0] += 100.0 + 0.25 * n  # seconds: a long set-up, then n iterations

    monkeypatch.setattr(ladder.time, "perf_counter", lambda: clock[0])
    assert ladder.timed(iterate) == pytest.approx(0.25, rel=1e-12)


def test_json_holds_every_rung_and_the_machine(capsys):
    assert main(["bench", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    rungs = found["rungs"]
    assert len(rungs) == 6
    assert "mixtura" in found["machine"]
    for before, rung in pairwise(rungs):
        assert rung["factor_before"] == pytest.approx(before["seconds"] / rung["seconds"])
        assert rung["factor_first"] == pytest.approx(rungs[0]["seconds"] / rung["seconds"])


def test_the_table_shows_bars_and_factors(capsys):
    assert main(["bench", "--sklearn"]) == 0
    out = capsys.readouterr().out
    lines = out.splitlines()
    assert max(map(len, lines)) <= 80
    assert "…" not in out
    first, last = (
        next(line for line in lines if name in line) for name in ("double loops", "compressed, 32")
    )
    assert first.count("━") > last.count("━") >= 1
    assert last.count("x") == 2
    assert next(line for line in lines if "scikit-learn" in line).count("x") == 1


def test_bars_are_logarithmic():
    rungs = [ladder.Rung(str(i), 10.0**-i, 0.0) for i in range(4)]
    column = list(benching.table(rungs, "#").columns[2].cells)
    assert [len(bar) for bar in column] == [19, 13, 7, 1]
