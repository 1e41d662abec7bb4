"""Doubts: what cannot be told of a fit, in sentences that name it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ..em import Status
from .curvature import Curvature

SHOWN = 12  # names in a sentence


def listed(names: Sequence[str]) -> str:
    """Join names as a sentence does, and say how many are left out.

    Examples
    --------
    >>> listed(["mean[0]", "mean[1]", "variance[0]"])
    'mean[0], mean[1] and variance[0]'
    """
    if len(names) > SHOWN:
        return f"{', '.join(names[:SHOWN])} and {len(names) - SHOWN} more"
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def doubts(curvature: Curvature, held: np.ndarray, untold: Sequence[str], status: Status) -> tuple[str, ...]:
    """Return sentences on what the curvature does not tell.

    Parameters
    ----------
    curvature : Curvature
    held : array of shape (k,)
        The components that are held where they are.
    untold : sequence of str
        The names of quantities of the others that get no error.
    status : Status
        How the fit ended.
    """
    found = []
    if status in (Status.ITERATION_LIMIT,):
        found.append(
            "the fit ended before its maximum, and errors are those of a maximum: raise max_iter and fit again"
        )
    if held.any():
        which = listed([str(c) for c in np.flatnonzero(held)])
        found.append(
            f"what belongs to component{'s' if held.sum() > 1 else ''} {which} cannot be told: it lies at the "
            "floor or rests on too few rows, where the likelihood has no maximum to be sure of; the errors of "
            "all others take it as it is"
        )
    if curvature.on_saddle:
        found.append("the log-likelihood rises on from here: the fit stands on a saddle and at no maximum")
    if untold:
        flattest = int(np.argmin(curvature.falls.min(axis=1)))
        fall = float(curvature.falls[flattest].min())
        found.append(
            f"{listed(untold)} cannot be told: where they move together by what would be a standard error, "
            f"the log-likelihood falls by {fall:.2g} nats and not by 0.5, so that no error and no interval "
            "means anything; functions of the mixture that do not hang on them still have errors"
        )
    return tuple(found)
