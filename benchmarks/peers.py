"""One EM iteration of every peer: the same data, the same start, the same number of iterations, in turns."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Any

import numpy as np

from .blobs import Blobs
from .peer_process import Peer, PeerError

LEAST_ROUNDS, MOST_ROUNDS = 5, 25
FEW, MANY, MOST = 1, 4, 40  # iterations: the difference of two runs is free of what stands around the loop
ENOUGH = 0.03  # seconds that the difference should take, for the clock's and the scheduler's sake


def measure(peers: list[Peer], path: Path, blobs: Blobs, seconds: float = 8.0) -> dict[str, dict[str, Any]]:
    """Return what an iteration takes, by peer: seconds by the wall and of the processors, a number a round.

    In each round every peer runs once with few iterations and once with many; there are at least five rounds,
    and more as long as ``seconds`` are not over. Peers that fail tell why under "error".
    """
    counts: dict[str, int] = {}
    results: dict[str, dict[str, Any]] = {}
    for peer in peers:
        try:
            peer.ask("load", path=str(path), structure=blobs.structure)
            peer.ask("iterate", n=FEW)
            once = difference(peer, MANY)[0]
            counts[peer.name] = min(MOST, max(MANY, FEW + int(ENOUGH / max(once, 1e-6))))
            if counts[peer.name] > MANY:
                peer.ask("iterate", n=counts[peer.name])
            results[peer.name] = {"seconds": [], "cpu": []}
        except PeerError as error:
            results[peer.name] = {"error": str(error)}
    begin, done = time.perf_counter(), 0
    while done < LEAST_ROUNDS or (done < MOST_ROUNDS and time.perf_counter() - begin < seconds):
        for peer in peers:
            if "error" in results[peer.name]:
                continue
            try:
                wall, cpu = difference(peer, counts[peer.name])
            except PeerError as error:
                results[peer.name] = {"error": str(error)}
                continue
            results[peer.name]["seconds"].append(wall)
            results[peer.name]["cpu"].append(cpu)
        done += 1
    return results


def difference(peer: Peer, n: int) -> tuple[float, float]:
    """Return seconds by the wall and of the processors for one iteration."""
    few, many = peer.ask("iterate", n=FEW), peer.ask("iterate", n=n)
    return (many["seconds"] - few["seconds"]) / (n - FEW), (many["cpu"] - few["cpu"]) / (n - FEW)


def ratios(
    results: dict[str, dict[str, Any]], ours: str = "mixtura", of: str = "seconds"
) -> dict[str, float]:
    """Return the medians over rounds of each peer's time over ours in the same round."""
    return {
        name: statistics.median(theirs / mine for theirs, mine in zip(result[of], results[ours][of]))
        for name, result in results.items()
        if "error" not in result
    }


def agreement(peers: list[Peer], folder: Path, n: int = MANY) -> dict[str, float]:
    """Return the largest difference from our parameters after n iterations, relative to the largest of each kind.

    It is rounding for those who do the same arithmetic in double precision; Spark takes no start.
    """
    found = {}
    for peer in peers:
        path = folder / f"answer-{peer.name}.npz"
        try:
            peer.ask("iterate", n=n)
            peer.ask("answer", path=str(path))
        except PeerError:
            continue
        with np.load(path) as file:
            found[peer.name] = (file["weights"], file["means"], file["covariances"])
    ours = found["mixtura"]
    return {
        name: max(
            float(np.abs(np.reshape(a, b.shape) - b).max() / np.abs(b).max()) for a, b in zip(theirs, ours)
        )
        for name, theirs in found.items()
    }
