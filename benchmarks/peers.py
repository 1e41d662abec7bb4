"""One EM iteration of every peer: the same data, the same start, the same number of iterations, in turns."""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from mixtura.model.parameters import Array

from .blobs import Apart, Blobs
from .environments import found
from .peer_process import Peer, PeerError

PROBLEMS = (
    Blobs(25_500, 1, 2),
    Blobs(1_000_000, 1, 3),
    Blobs(100_000, 2, 10),
    Blobs(200_000, 8, 8),
    Blobs(100_000, 16, 16),
    Blobs(20_000, 64, 16),
    Blobs(200_000, 32, 32, "VVI"),
    Apart(1_000_000, 1, 3),
    Apart(100_000, 2, 10),
    Apart(200_000, 8, 8),
    Apart(100_000, 16, 16),
    Apart(20_000, 64, 16),
    Apart(200_000, 32, 32, "VVI"),
)
SLOW = {"spark": 1e5, "mclust": 3e7}  # numbers of x times components, beyond which a peer is not asked
LEAST_ROUNDS, MOST_ROUNDS = 5, 15
FEW, MANY, MOST = 1, 4, 40  # iterations: the difference of two runs is free of what stands around the loop
ENOUGH = 0.12  # seconds that the difference should take, for the clock's and the scheduler's sake
LIMIT = 30.0  # seconds for an answer
REST = 0.05  # seconds until the next one's turn: some libraries' threads go on spinning for 20 milliseconds
Result = dict[str, Any]


def measure(peers: list[Peer], path: Path, blobs: Blobs, seconds: float = 2.0) -> dict[str, Result]:
    """Return what an iteration takes, by peer: seconds by the wall and of the processors, a number a round.

    In each round every peer runs once with few iterations and once with many. A peer that has used up
    ``seconds`` sits out, but one that needs no more than four times that has five rounds. Peers that fail
    tell why under "error".
    """
    results = {peer.name: settle(peer, path, blobs) for peer in peers}
    for done in range(MOST_ROUNDS):
        for peer in peers:
            result = results[peer.name]
            if "error" not in result and result["spent"] < (seconds if done >= LEAST_ROUNDS else 4 * seconds):
                take_turn(peer, result)
    return results


def settle(peer: Peer, path: Path, blobs: Blobs) -> Result:
    """Hand over the problem, warm up and find how many iterations the clock needs."""
    if blobs.n * blobs.d * blobs.k > SLOW.get(peer.name, np.inf):
        return {"error": "not asked: it would take minutes"}
    try:
        peer.ask("load", path=str(path), structure=blobs.structure)
        once = difference(peer, MANY)[0]
        answer = path.with_name(f"{peer.name}-{path.name}")
        peer.ask("answer", path=str(answer))
        n = min(MOST, max(MANY, FEW + int(ENOUGH / max(once, 1e-6))))
        if n > MANY:
            peer.ask("iterate", n=n)
        return {"iterations": n, "seconds": [], "cpu": [], "spent": 0.0, "answer": answer}
    except PeerError as error:
        return {"error": str(error)}


def take_turn(peer: Peer, result: Result) -> None:
    """Add one measurement to the result, or the reason why there is none."""
    try:
        begin = time.perf_counter()
        wall, cpu = difference(peer, result["iterations"])
        result["spent"] += time.perf_counter() - begin
        result["seconds"].append(wall)
        result["cpu"].append(cpu)
        time.sleep(REST)
    except PeerError as error:
        result["error"] = str(error)


def difference(peer: Peer, n: int) -> tuple[float, float]:
    """Return seconds by the wall and of the processors for one iteration.

    A run before the timed ones brings memory and caches back, which others have used meanwhile: the first
    timed run would pay for that, and an iteration seem cheaper by as much.
    """
    _, few, many = (peer.ask("iterate", n=times) for times in (FEW, FEW, n))
    return (many["seconds"] - few["seconds"]) / (n - FEW), (many["cpu"] - few["cpu"]) / (n - FEW)


def ratios(results: dict[str, Result], ours: str = "mixtura", of: str = "seconds") -> dict[str, float]:
    """Return the medians over rounds of each peer's time over ours in the same round."""
    return {
        name: statistics.median(theirs / mine for theirs, mine in zip(result[of], results[ours][of]))
        for name, result in results.items()
        if "error" not in result
    }


def agreement(results: dict[str, Result], ours: str = "mixtura") -> dict[str, float]:
    """Return the largest difference from our parameters after `MANY` iterations, relative to the largest.

    It is rounding for those who do the same arithmetic in double precision; mlpack and Spark take no start.
    """
    answers = {}
    for name, result in results.items():
        if "answer" in result:
            with np.load(result["answer"]) as file:
                answers[name] = [file[part] for part in ("weights", "means", "covariances")]
    return {
        name: max(
            float(np.abs(like(a, b) - b).max() / np.abs(b).max()) for a, b in zip(theirs, answers[ours])
        )
        for name, theirs in answers.items()
    }


def like(a: Array, b: Array) -> Array:
    """Return a in the shape of b: the diagonals of matrices where b holds variances alone."""
    if a.size == b.size * b.shape[-1] and a.ndim == b.ndim + 1:
        a = np.diagonal(a, axis1=-2, axis2=-1)
    return np.reshape(a, b.shape)


def run(names: list[str] | None = None, n_threads: int = 2) -> dict[str, Any]:
    """Measure every problem with every peer there is, and tell what could not take part and why."""
    interpreters, absent = found(names)
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        peers = [Peer(name, interpreter, n_threads, LIMIT) for name, interpreter in interpreters.items()]
        for blobs in PROBLEMS:
            begin = time.perf_counter()
            results = measure(peers, blobs.write(Path(folder)), blobs)
            if "error" in results.get("mixtura", {}):
                raise RuntimeError(f"{blobs.name}: {results['mixtura']['error']}")
            factors, differences = ratios(results), agreement(results)
            for name, result in results.items():
                result.pop("answer", None)
                if "error" not in result:
                    result |= {"ratio": factors[name], "difference": differences[name]}
            rows.append({"problem": blobs.name, "n": blobs.n, "d": blobs.d, "k": blobs.k, "peers": results})
            print(f"  {blobs.name}: {time.perf_counter() - begin:.0f} s", file=sys.stderr, flush=True)
        for peer in peers:
            peer.close()
    return {
        "threads": n_threads,
        "problems": rows,
        "versions": {peer.name: peer.versions for peer in peers},
        "absent": absent,
    }
