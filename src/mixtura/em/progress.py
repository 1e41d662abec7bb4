"""Progress: what a callback sees after each pass."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, eq=False)
class Progress:
    """What a callback sees after each pass."""

    passes: int  # passes over the data so far
    loglik: float  # nats, total, of the best start so far
    remaining: float  # nats estimated to be still ahead of that start
    alive: int  # starts still climbing
    searching: bool = False  # starts are still compared, by passes and log-likelihoods that may be a sample's
