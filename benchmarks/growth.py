"""How an iteration's time and the memory grow with rows, dimensions and components."""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from typing import Any

from .blobs import Blobs
from .environments import found
from .peer_process import Peer, PeerError
from .peers import measure

PEERS = ["mixtura", "onedal", "sklearn"]
GROWTH = {
    "n": [Blobs(n, 4, 4) for n in (1_000, 10_000, 100_000, 1_000_000)],
    "d": [Blobs(20_000, d, 4) for d in (1, 4, 16, 64)],
    "k": [Blobs(50_000, 4, k) for k in (2, 8, 32)],
}


def run(n_threads: int = 2) -> dict[str, Any]:
    """Return for n, d and k the sizes and, by peer, seconds an iteration and bytes beside the data."""
    interpreters, absent = found(PEERS)
    curves: dict[str, list[dict[str, Any]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for what, sizes in GROWTH.items():
            peers = [Peer(name, interpreter, n_threads) for name, interpreter in interpreters.items()]
            curves[what] = []
            for blobs in sizes:
                path = blobs.write(Path(folder))
                results = measure(peers, path, blobs, seconds=0.5)
                seconds = {
                    name: statistics.median(result["seconds"])
                    for name, result in results.items()
                    if "error" not in result
                }
                memory = {
                    name: memory_of(name, interpreter, path, n_threads)
                    for name, interpreter in interpreters.items()
                    if what == "n"
                }
                curves[what].append(
                    {"n": blobs.n, "d": blobs.d, "k": blobs.k, "seconds": seconds, "memory": memory}
                )
                path.unlink()
            for peer in peers:
                peer.close()
    return {"threads": n_threads, "curves": curves, "absent": absent}


def memory_of(name: str, interpreter: str, path: Path, n_threads: int) -> int | None:
    """Return what two iterations add to the largest size of a fresh process that holds the data, in bytes."""
    with Peer(name, interpreter, n_threads) as peer:
        try:
            before = peer.ask("load", path=str(path), structure="VVV")["before"]
            peer.ask("iterate", n=2)
        except PeerError:
            return None
        return max(0, peer.ask("peak")["peak"] - before)
