"""The benchmarks' own arithmetic and reports, without any timing."""

from __future__ import annotations

import itertools
import sys

import numpy as np
import pytest
from benchmarks import drawing, peer_process, peers, report, selection
from benchmarks.blobs import Apart, Blobs
from benchmarks.maximum import Cross
from benchmarks.roofline import multiply_adds

PEERS = {
    "threads": 2,
    "problems": [
        {
            "problem": "1,000 x 1, k = 2",
            "n": 1000,
            "d": 1,
            "k": 2,
            "peers": {
                "mixtura": {"seconds": [0.001, 0.002, 0.003], "ratio": 1.0},
                "onedal": {"seconds": [0.004, 0.006, 0.006], "ratio": 3.0},
                "gmmx": {"error": "gmmx: MemoryError: would hold arrays of 10 GiB"},
            },
        }
    ],
    "versions": {"mixtura": {"mixtura": "1.2"}, "onedal": {"daal4py": "2024.7.0"}},
    "absent": {"mclust": "there is no Rscript on this machine"},
}
POINT = {"seconds": {"mixtura": 1e-3, "sklearn": 5e-2}}
GROWTH = {
    "curves": {
        what: [
            {"n": 10, "d": 1, "k": 1, **POINT, "memory": {"mixtura": 0, "sklearn": 3 * 2**20}},
            {"n": 100, "d": 2, "k": 2, **POINT, "memory": {"mixtura": 0, "sklearn": None}},
        ]
        for what in ("n", "d", "k")
    }
}
MAXIMUM = [
    {
        "problem": "easy",
        "mixtura": {"seconds": 0.002, "iterations": 9},
        "scikit-learn": {"seconds": 2.0, "iterations": 700, "tol": 1e-7},
        "ratio": 1000.0,
    },
    {
        "problem": "hard",
        "mixtura": {"seconds": 0.002, "iterations": 9},
        "scikit-learn": {"seconds": 3.0, "iterations": 20_000, "missing": 1.25},
        "ratio": 1500.0,
    },
]


def counted(d: int, diagonal: bool) -> int:
    """Count the operations of a row and a component by doing them."""
    count = itertools.count()
    for _ in range(d):
        next(count)  # centring
    for i in range(d):
        for _ in range(1 if diagonal else i + 1):
            next(count)  # one product of the triangle, or one square
        next(count)  # that row's square, or the square times its precision, added to the distance
    for i in range(d):
        next(count)  # weighting
        next(count)  # first moment
        for _ in range(1 if diagonal else i + 1):
            next(count)  # second moments
    return next(count)


@pytest.mark.parametrize("d", [1, 2, 3, 8])
def test_operations_are_as_many_as_a_count_by_hand_finds(d):
    assert multiply_adds(d, "VVV") == counted(d, diagonal=False)
    assert multiply_adds(d, "VVI") == counted(d, diagonal=True)


def test_two_dimensions_take_fourteen_multiply_adds():
    assert multiply_adds(2, "VVV") == 2 + 3 + 2 + 2 + 2 + 3


def test_ratios_are_medians_of_rounds_and_not_of_times():
    results = {
        "mixtura": {"seconds": [1.0, 2.0, 10.0]},
        "onedal": {"seconds": [4.0, 4.0, 30.0]},
        "gmmx": {"error": "no"},
    }
    assert peers.ratios(results) == {"mixtura": 1.0, "onedal": 3.0}


def test_the_table_of_peers_has_times_factors_and_who_is_left_out():
    text = report.peers(PEERS)
    assert "| 1,000 x 1, k = 2 | 2 | 6 (3x) |" in text
    assert "Left out: R's mclust, there is no Rscript on this machine." in text
    assert "gmmx" not in text.splitlines()[0]


def test_the_table_of_maxima_says_which_tolerance_it_took_or_what_is_missing():
    text = report.maximum(MAXIMUM)
    assert "| easy | 2 | 9 | 2,000 | 700 | 1e-07 | 1,000 |" in text
    assert "| hard | 2 | 9 | 3,000 | 20,000 | 1.2 nats short | over 1,500 |" in text


def test_growth_is_written_and_drawn():
    assert "| n: 10 x 1, k = 1 | 1 | 50 | 0.0 | 3.0 |" in report.growth(GROWTH)
    figure = drawing.growth(GROWTH)
    assert all(axis.get_xscale() == axis.get_yscale() == "log" for axis in figure.axes)
    assert drawing.peers(PEERS).axes[0].get_yscale() == "log"


@pytest.mark.parametrize(
    "problem",
    [
        Blobs(200, 3, 4),
        Blobs(200, 3, 2, "VVI"),
        Cross(200, 1, 3),
        Apart(200, 1, 3),
        Apart(200, 3, 4),
        Apart(200, 3, 2, "VVI"),
    ],
)
def test_a_problem_is_the_same_every_time_and_its_start_is_a_mixture(problem, tmp_path):
    x, weights, means, covariances = problem.draw()
    assert x.shape == (problem.n, problem.d)
    assert means.shape == (problem.k, problem.d)
    assert weights.sum() == pytest.approx(1.0, rel=1e-15)
    assert np.linalg.eigvalsh(covariances).min() > 0
    with np.load(problem.write(tmp_path)) as file:
        np.testing.assert_array_equal(file["x"], x)


SLEEPY = """
import json, sys, time
print(json.dumps({"versions": {}}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    if request["do"] == "sleep":
        time.sleep(60)
    print(json.dumps({"did": request["do"]}), flush=True)
"""


def test_a_peer_that_does_not_answer_is_ended_and_begun_again(tmp_path, monkeypatch):
    (tmp_path / "peer_sleepy.py").write_text(SLEEPY)
    monkeypatch.setattr(peer_process, "HERE", tmp_path)
    with peer_process.Peer("sleepy", sys.executable, 1, limit=2.0) as peer:
        assert peer.ask("load") == {"did": "load"}
        with pytest.raises(peer_process.PeerError, match="no answer in 2 s"):
            peer.ask("sleep")
        with pytest.raises(peer_process.PeerError, match="has ended"):
            peer.ask("iterate")
        assert peer.ask("load") == {"did": "load"}


def test_the_table_of_selections_says_what_was_measured():
    found = {
        "rows": 150, "columns": 4, "cells": 126, "mixtura": [1.0, 1.5, 1.25], "mclust": [0.5, 0.75, 0.5],
        "ratio": 2.0, "sklearn": 12.34, "higher": 80, "lower": 0, "compared": 121,
        "chosen": ["VEV", 2, -561.7], "mclust_chosen": ["VEV", 2, -561.73],
    }  # fmt: skip
    line = selection.table({"iris": found}).splitlines()[2]
    for part in ("iris, 150 x 4", "| 126 | 1.25 | 0.50 | 2.00 | 12.3 |", "80 of 121", "VEV,2: -561.7"):
        assert part in line
