"""What else the project promises of its speed: evaluation, threads, instruction sets, small problems."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from mixtura import datasets, fit_mixture
from mixtura.em import Progress
from mixtura.model.forms import FULL
from mixtura.model.parameters import Array, Parameters
from mixtura.sources import ArraySource

from .blobs import Apart, Blobs
from .peer_process import Peer

EVALUATED = Blobs(100_000, 8, 8)
SHARED = Blobs(1_000_000, 4, 8)
ENGINES = (Blobs(200_000, 1, 3), Blobs(100_000, 2, 10), Blobs(50_000, 8, 8), Blobs(20_000, 16, 16))
SMALL = Blobs(25_500, 1, 2)
STARTED = (50_000, 20, 16)
ROUNDS = 7
SEEDS = 5


def run(n_threads: int = 2) -> dict[str, Any]:
    """Measure them all."""
    return {
        "evaluation": evaluation(n_threads),
        "threads": threads(),
        "engines": engines(),
        "small": small(n_threads),
        "default": default(n_threads),
        "start": [start(name, x, n_threads) for name, x in started()],
    }


def evaluation(n_threads: int) -> dict[str, Any]:
    """Time score_samples and predict_proba beside scikit-learn's, with the memory beside the answer."""
    methods: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        path = str(EVALUATED.write(Path(folder)))
        for method in ("score_samples", "predict_proba"):
            row = methods[method] = {}
            for name in ("mixtura", "sklearn"):
                with Peer(name, sys.executable, n_threads) as peer:
                    peer.ask("load", path=path, structure=EVALUATED.structure)
                    answer = peer.ask("evaluate", method=method)
                row[name], row[f"{name} memory"] = statistics.median(answer["seconds"]), answer["memory"]
            row["ratio"] = row["sklearn"] / row["mixtura"]
    return {"problem": EVALUATED.name, "methods": methods}


def passes(blobs: Blobs, ways: dict[str, Any]) -> dict[str, float]:
    """Time a pass in each of several ways, in turns: the medians, in seconds."""
    x, weights, means, covariances = blobs.draw()
    now = Parameters(weights, means, covariances)
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, prepare in ways.items():
            source = prepare(x)
            source.moments(now, FULL)
            begin = time.perf_counter()
            source.moments(now, FULL)
            times[name].append(time.perf_counter() - begin)
    return {name: statistics.median(seconds) for name, seconds in times.items()}


def threads() -> dict[str, Any]:
    """Time a pass on one thread and on two."""
    ways = {str(n): lambda x, n=n: ArraySource(x, n_threads=n) for n in (1, 2)}
    seconds = passes(SHARED, ways)
    return {"problem": SHARED.name, "seconds": seconds, "ratio": seconds["1"] / seconds["2"]}


def engines() -> list[dict[str, Any]]:
    """Time a pass on one thread with the builds for each instruction set that this machine runs."""
    from mixtura._core import native

    first = native.engine()
    names = [name for name in ("avx512", "avx2", "baseline") if native._native.use_engine(name)]

    def prepare(x: np.ndarray, name: str) -> ArraySource:
        native.use_engine(name)
        return ArraySource(x, n_threads=1)

    ways = {name: lambda x, name=name: prepare(x, name) for name in names}
    rows = [{"problem": blobs.name, "seconds": passes(blobs, ways)} for blobs in ENGINES]
    native.use_engine(first)
    return rows


def small(n_threads: int) -> dict[str, Any]:
    """Time the pass alone on 25,500 values, and Python between two passes of plain EM and of a climb."""
    with tempfile.TemporaryDirectory() as folder, Peer("mixtura", sys.executable, n_threads) as peer:
        peer.ask("load", path=str(SMALL.write(Path(folder))), structure=SMALL.structure)
        alone = statistics.median(peer.ask("pass", times=200)["seconds"])
        row: dict[str, Any] = {"problem": SMALL.name, "pass": alone}
        for name, accelerate in (("plain", False), ("accelerated", True)):
            asked = [peer.ask("between", accelerate=accelerate)["seconds"] for _ in range(ROUNDS)]
            gaps = [gap for seconds in asked for gap in seconds]
            row[name] = {"between": statistics.median(gaps), "most": max(gaps), "passes": len(asked[0]) + 1}
    return row


def default(n_threads: int) -> dict[str, Any]:
    """Time a default fit of Old Faithful, two components, beside scikit-learn's default of one start."""
    x, answers = datasets.faithful().data, {}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "faithful.npz"
        np.savez(path, x=x, weights=[0.5, 0.5], means=x[[0, 1]], covariances=[np.cov(x.T)] * 2)
        for name in ("mixtura", "sklearn"):
            with Peer(name, sys.executable, n_threads) as peer:
                peer.ask("load", path=str(path), structure="VVV")
                peer.ask("default", times=3)
                answers[name] = statistics.median(peer.ask("default", times=20)["seconds"])
    return {**answers, "ratio": answers["sklearn"] / answers["mixtura"]}


def started() -> list[tuple[str, Array]]:
    """Return what there is to say of some rows, and the rows: clear clusters leave EM little to do."""
    from sklearn.datasets import make_blobs

    n, d, k = STARTED
    return [
        ("", Blobs(n, d, k).draw()[0]),
        (Apart.remark, Apart(n, d, k).draw()[0]),
        (", 6 deviations apart", Blobs(n, d, k, apart=6.0).draw()[0]),
        (", apart, a component a blob", make_blobs(n, d, centers=k, random_state=0)[0]),
    ]


def start(remark: str, x: Array, n_threads: int) -> dict[str, Any]:
    """Time default fits, and the search for a start that each begins with."""
    k = STARTED[-1]
    seconds, wholes, passes = [], [], []
    fit_mixture(x, k, n_threads=n_threads)
    for seed in range(SEEDS):
        last = begin = time.perf_counter()

        def tell(progress: Progress) -> None:
            nonlocal last
            if progress.searching:
                last = time.perf_counter()

        fit = fit_mixture(x, k, seed=seed, n_threads=n_threads, callback=tell)
        wholes.append(time.perf_counter() - begin)
        seconds.append(last - begin)
        passes.append(fit.n_iter)
    shares = [a / b for a, b in zip(seconds, wholes)]
    return {
        "problem": Blobs(*STARTED).name + remark,
        "start": statistics.median(seconds),
        "fit": statistics.median(wholes),
        "passes": int(statistics.median(passes)),
        "share": statistics.median(shares),
        "most": max(shares),
    }
