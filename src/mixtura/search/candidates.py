"""The field: the starts of a race where they stand, and the passes by which they walk on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ..em import Problem, Progress, em_passes
from ..em.degenerate import degenerate
from ..em.stopping import extrapolated, rounding
from ..model.parameters import Array, Parameters, concatenated

SAME = 0.05  # nats: maxima closer than this are one
UNSURE = 0.5  # nats ahead of a start from which on nobody knows where it leads
ARRIVED = 0.005  # nats ahead of a start that need not walk on
LOOK = 4  # passes between looks at what is ahead
SLOWEST = 0.99  # the rate of convergence that is believed in an extrapolation


@dataclass(frozen=True, eq=False)
class Field:
    """The starts of a race where they stand."""

    parameters: Parameters  # (m,)
    logliks: Array  # (m,), nats, of these parameters
    ahead: Array  # (m,), nats that plain EM seems to have before it
    honest: np.ndarray  # (m,), no component is degenerate

    def ranked(self) -> np.ndarray:
        """Return the starts (m,), honest ones first, then by log-likelihood."""
        return np.lexsort((-self.logliks, ~self.honest))

    def optima(self) -> list[np.ndarray]:
        """Group the starts by the optimum that they seem to lead to, best first."""
        groups: list[list[int]] = []
        for i in self.ranked():
            top = groups[-1][0] if groups else None
            near = top is not None and self.honest[top] == self.honest[i]
            # one that is still on its way may yet reach what stands above it
            if near and self.logliks[top] - self.logliks[i] <= SAME + min(self.ahead[i], UNSURE):
                groups[-1].append(i)
            else:
                groups.append([i])
        return [np.array(group) for group in groups]

    @property
    def best(self) -> int:
        """Return the leader."""
        return int(self.ranked()[0])

    def unsure(self) -> np.ndarray:
        """Say which starts (m,) may lead to the best optimum or to another, for all that one can see."""
        reach = self.logliks + 2.0 * self.ahead
        return self.honest & (self.ahead > UNSURE) & (reach > self.logliks[self.best])

    def __len__(self) -> int:
        return len(self.logliks)

    def at(self, index: np.ndarray) -> Field:
        """Return these starts."""
        return Field(self.parameters.at(index), self.logliks[index], self.ahead[index], self.honest[index])

    def __add__(self, other: Field) -> Field:
        return Field(
            concatenated([self.parameters, other.parameters]),
            np.concatenate([self.logliks, other.logliks]),
            np.concatenate([self.ahead, other.ahead]),
            np.concatenate([self.honest, other.honest]),
        )


def walk(
    problem: Problem,
    starts: Parameters,
    passes: int,
    callback: Callable[[Progress], None] | None = None,
) -> tuple[Field, int]:
    """Give every start (m,) plain EM passes until none has anything ahead; return the field and passes."""
    history: list[Array] = []
    for evaluation in em_passes(problem, starts):
        history.append(evaluation.loglik)
        if callback is not None:
            best = int(evaluation.loglik.argmax())
            left = float(ahead_of(history)[best])
            callback(Progress(len(history), float(evaluation.loglik[best]), left, len(starts.weights), True))
        at_end = len(history) >= passes
        if at_end or len(history) % LOOK == 0:
            ahead = ahead_of(history)
            if at_end or (ahead < ARRIVED).all():
                break
    at = evaluation.mixtures
    honest = np.asarray(~degenerate(problem, at).any(-1))
    return Field(at, evaluation.loglik, ahead, honest), len(history)


def ahead_of(history: list[Array]) -> Array:
    """Return the nats (m,) ahead of each start if its gains go on to shrink at the slower last rate."""
    recent = np.array(history[-4:]).T
    gains = np.diff(recent, axis=1).tolist()
    return np.array([extrapolated(own, rounding(row[-1]), SLOWEST)[0] for own, row in zip(gains, recent)])
