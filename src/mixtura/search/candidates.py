"""Candidates: mixtures on their way, and the passes by which they walk on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..em.stopping import extrapolated
from ..model.parameters import Array, Parameters, concatenated
from .ground import Ground

SAME = 0.05  # nats: maxima closer than this are one
UNSURE = 0.5  # nats ahead of a candidate from which on nobody knows where it leads
FAR = 1e6  # nats ahead, beyond which an extrapolation says no more
SLOWEST = 0.99  # the rate of convergence that is believed in an extrapolation


@dataclass(frozen=True, eq=False)
class Candidates:
    """Mixtures side by side, where they stand."""

    parameters: Parameters  # (m,)
    kinds: tuple[str, ...]  # of starts that they came from
    logliks: Array  # (m,), in nats of a row, of these parameters
    ahead: Array  # (m,), nats that plain EM seems to have before it
    honest: np.ndarray  # (m,), no component is degenerate

    def __len__(self) -> int:
        return len(self.logliks)

    def at(self, index: np.ndarray) -> Candidates:
        """Return these candidates."""
        return Candidates(
            self.parameters.at(index),
            tuple(self.kinds[i] for i in index),
            self.logliks[index],
            self.ahead[index],
            self.honest[index],
        )

    def __add__(self, other: Candidates) -> Candidates:
        return Candidates(
            concatenated([self.parameters, other.parameters]),
            self.kinds + other.kinds,
            np.concatenate([self.logliks, other.logliks]),
            np.concatenate([self.ahead, other.ahead]),
            np.concatenate([self.honest, other.honest]),
        )

    @property
    def top(self) -> float:
        """Return the log-likelihood of the highest honest one."""
        return float(self.logliks[self.honest].max(initial=-np.inf))

    def ranked(self) -> np.ndarray:
        """Return the candidates (m,), honest ones first, then by where they seem to lead."""
        return np.lexsort((-(self.logliks + np.minimum(self.ahead, FAR)), ~self.honest))

    def at_height(self, height: float) -> np.ndarray:
        """Say which honest candidates (m,) stand at a height, or seem to lead there."""
        return self.honest & (np.abs(height - self.logliks) <= SAME + np.minimum(self.ahead, UNSURE))

    def unsure(self) -> np.ndarray:
        """Say which candidates (m,) may lead higher than any of them stands, for all that one can see."""
        return self.honest & (self.ahead > UNSURE) & (self.logliks + 2.0 * self.ahead > self.top)

    def distinct(self, most: int) -> Candidates:
        """Return the most promising that do not stand at one maximum with another, at most so many."""
        return self.parted(most)[0]

    def parted(self, most: int) -> tuple[Candidates, Candidates]:
        """Return the most promising that do not stand at one maximum, at most so many, and all others."""
        heights, ahead = self.logliks.tolist(), self.ahead.tolist()
        kept: list[int] = []
        for i in self.ranked().tolist():
            if not any(
                max(ahead[i], ahead[j]) <= SAME and abs(heights[i] - heights[j]) <= SAME for j in kept
            ):
                kept.append(i)
            if len(kept) == most:
                break
        rest = [i for i in range(len(self)) if i not in kept]
        return self.at(np.array(kept, dtype=np.intp)), self.at(np.array(rest, dtype=np.intp))


def walked(ground: Ground, starts: Parameters, kinds: tuple[str, ...], passes: int) -> Candidates:
    """Give every start (m,) so many passes of plain EM, the last of which shows where it stands."""
    last, history = ground.walk(starts, passes)
    honest = ground.honest(last.mixtures) & np.isfinite(last.loglik)
    return Candidates(last.mixtures, kinds, history[-1], ahead(history), honest)


def ahead(history: list[Array]) -> Array:
    """Return the nats (m,) that plain EM seems to have ahead of it, given the heights of its passes."""
    with np.errstate(invalid="ignore"):  # of what could not be evaluated
        gains = np.diff(history[-4:], axis=0).T.tolist()
    found = np.array([extrapolated(one, 0.0, SLOWEST)[0] for one in gains])
    return np.where(np.isfinite(history[-1]), found, 0.0)
