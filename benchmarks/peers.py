"""One EM iteration of every peer: the same data, the same start, the same number of iterations, in turns."""

from __future__ import annotations

import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np

from .blobs import Blobs
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
)
SLOW = {"spark": 5e6}  # numbers of x times components, beyond which a peer is not asked
LEAST_ROUNDS, MOST_ROUNDS = 5, 25
FEW, MANY, MOST = 1, 4, 40  # iterations: the difference of two runs is free of what stands around the loop
ENOUGH = 0.03  # seconds that the difference should take, for the clock's and the scheduler's sake
Result = dict[str, Any]


def measure(peers: list[Peer], path: Path, blobs: Blobs, seconds: float = 5.0) -> dict[str, Result]:
    """Return what an iteration takes, by peer: seconds by the wall and of the processors, a number a round.

    In each round every peer runs once with few iterations and once with many; there are at least five rounds,
    and more as long as ``seconds`` are not over. Peers that fail tell why under "error".
    """
    results = {peer.name: settle(peer, path, blobs) for peer in peers}
    begin, done = time.perf_counter(), 0
    while done < LEAST_ROUNDS or (done < MOST_ROUNDS and time.perf_counter() - begin < seconds):
        for peer in peers:
            if "error" not in results[peer.name]:
                take_turn(peer, results[peer.name])
        done += 1
    return results


def settle(peer: Peer, path: Path, blobs: Blobs) -> Result:
    """Hand over the problem, warm up and find how many iterations the clock needs."""
    if blobs.n * blobs.d * blobs.k > SLOW.get(peer.name, np.inf):
        return {"error": "not asked: it would take minutes"}
    try:
        peer.ask("load", path=str(path), structure=blobs.structure)
        peer.ask("iterate", n=FEW)
        once = difference(peer, MANY)[0]
        n = min(MOST, max(MANY, FEW + int(ENOUGH / max(once, 1e-6))))
        if n > MANY:
            peer.ask("iterate", n=n)
        return {"iterations": n, "seconds": [], "cpu": []}
    except PeerError as error:
        return {"error": str(error)}


def take_turn(peer: Peer, result: Result) -> None:
    """Add one measurement to the result, or the reason why there is none."""
    try:
        wall, cpu = difference(peer, result["iterations"])
        result["seconds"].append(wall)
        result["cpu"].append(cpu)
    except PeerError as error:
        result["error"] = str(error)


def difference(peer: Peer, n: int) -> tuple[float, float]:
    """Return seconds by the wall and of the processors for one iteration."""
    few, many = peer.ask("iterate", n=FEW), peer.ask("iterate", n=n)
    return (many["seconds"] - few["seconds"]) / (n - FEW), (many["cpu"] - few["cpu"]) / (n - FEW)


def ratios(results: dict[str, Result], ours: str = "mixtura", of: str = "seconds") -> dict[str, float]:
    """Return the medians over rounds of each peer's time over ours in the same round."""
    return {
        name: statistics.median(theirs / mine for theirs, mine in zip(result[of], results[ours][of]))
        for name, result in results.items()
        if "error" not in result
    }


def agreement(peers: list[Peer], folder: Path, n: int = MANY) -> dict[str, float]:
    """Return the largest difference from our parameters after n iterations, relative to the largest.

    It is rounding for those who do the same arithmetic in double precision; mlpack and Spark take no start.
    """
    answers = {peer.name: answer for peer in peers if (answer := answered(peer, folder, n)) is not None}
    ours = answers["mixtura"]
    return {
        name: max(
            float(np.abs(np.reshape(a, b.shape) - b).max() / np.abs(b).max()) for a, b in zip(theirs, ours)
        )
        for name, theirs in answers.items()
    }


def answered(peer: Peer, folder: Path, n: int) -> list[np.ndarray] | None:
    """Return weights, means and covariances after n iterations, or None from a peer that cannot tell."""
    path = folder / f"answer-{peer.name}.npz"
    try:
        peer.ask("iterate", n=n)
        peer.ask("answer", path=str(path))
    except PeerError:
        return None
    with np.load(path) as file:
        return [file[name] for name in ("weights", "means", "covariances")]


def run(names: list[str] | None = None, n_threads: int = 2) -> dict[str, Any]:
    """Measure every problem with every peer there is, and tell what could not take part and why."""
    interpreters, absent = found(names)
    with tempfile.TemporaryDirectory() as folder:
        peers = [Peer(name, interpreter, n_threads) for name, interpreter in interpreters.items()]
        rows = []
        for blobs in PROBLEMS:
            path = blobs.write(Path(folder))
            results = measure(peers, path, blobs)
            factors, differences = (
                ratios(results),
                agreement([peer for peer in peers if "error" not in results[peer.name]], Path(folder)),
            )
            for name, result in results.items():
                if "error" not in result:
                    result |= {"ratio": factors[name], "difference": differences.get(name)}
            rows.append({"problem": blobs.name, "n": blobs.n, "d": blobs.d, "k": blobs.k, "peers": results})
            path.unlink()
        versions = {peer.name: peer.versions for peer in peers}
        for peer in peers:
            peer.close()
    return {"threads": n_threads, "problems": rows, "versions": versions, "absent": absent}
