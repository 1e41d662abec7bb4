"""The pool: mixtures that all structures with k components start from, in one read of the data."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.random import Generator

from ...model.forms import FULL
from ...model.moments import Moments
from ...model.parameters import Parameters, concatenated
from ...search.ground import Ground
from ...search.starts import Rows, agglomerated, clustered, scattered, sliced
from ...structures import structure as find_structure
from ...structures.inner import ONCE


@dataclass(frozen=True, eq=False)
class Pool:
    """What rows make of mixtures (m,) of any structure: a structure's M-step of it is a start of its own.

    A mixture travels from one structure to another by the rows' responsibilities, not by its covariances,
    of which the other family may hold little.
    """

    moments: Moments  # (m,), with whole scatters

    @classmethod
    def of(cls, ground: Ground, mixtures: Parameters) -> Pool:
        """Make one pass under mixtures (m,) with any covariances."""
        free = find_structure("VVV", ground.source.n_features)
        problem = replace(ground.problem, structure=free, penalty=None)
        return cls(problem.evaluate(free.admitted(mixtures, problem.floor)).moments)

    def starts(self, ground: Ground) -> Parameters:
        """Return the M-steps (m,) of a structure."""
        form, whole = ground.structure.form, self.moments
        scatters = whole.scatters if form is FULL else np.ascontiguousarray(form.kept(whole.scatters))
        own = Moments(whole.means, whole.counts, whole.sums, scatters, whole.loglik, form)
        return ground.problem.maximise(ground.problem.penalised(own), close=ONCE)


def drawn(rows: Rows, k: int, rng: Generator) -> Parameters:
    """Return starts (m, k) of different kinds for a pool."""
    if len(rows.metrics) == 1:
        return concatenated([clustered(rows, k, 3, rng), scattered(rows, k, 3, rng), sliced(rows, k)])
    return concatenated(
        [
            clustered(rows, k, 2, rng),
            clustered(rows, k, 2, rng, "white"),
            clustered(rows, k, 1, rng, "raw"),
            scattered(rows, k, 3, rng),
            agglomerated(rows, k, rng),
            agglomerated(rows, k, rng, "white"),
        ]
    )
