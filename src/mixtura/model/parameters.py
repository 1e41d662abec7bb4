"""Parameters: the three arrays of a Gaussian mixture, or of a stack of mixtures."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Parameters:
    """Hold weights, means and covariances as the loop passes them around: unchecked and cheap.

    Leading axes, written ``...``, stack mixtures of the same size: ten starts are one ``Parameters`` with
    ``...`` equal to ``(10,)``, so that one read of the data and one call of NumPy serve all ten.
    """

    weights: Array  # (..., k), each row sums to 1
    means: Array  # (..., k, d)
    covariances: Array  # (..., k, d, d)

    @property
    def n_components(self) -> int:
        """Return k."""
        return self.means.shape[-2]

    @property
    def n_features(self) -> int:
        """Return d."""
        return self.means.shape[-1]

    @property
    def stack(self) -> tuple[int, ...]:
        """Return the leading axes; ``()`` for a single mixture."""
        return self.weights.shape[:-1]

    def at(self, index: Any) -> Parameters:
        """Return the mixture, or mixtures, at ``index`` of the stack; of one mixture, those components."""
        return Parameters(self.weights[index], self.means[index], self.covariances[index])


def stacked(parameters: Sequence[Parameters]) -> Parameters:
    """Stack mixtures of the same number of components and features along a new first axis."""
    return Parameters(
        np.stack([p.weights for p in parameters]),
        np.stack([p.means for p in parameters]),
        np.stack([p.covariances for p in parameters]),
    )


def concatenated(stacks: Sequence[Parameters]) -> Parameters:
    """Join stacks of mixtures along their first axis."""
    if len(stacks) == 1:
        return stacks[0]
    return Parameters(
        np.concatenate([p.weights for p in stacks]),
        np.concatenate([p.means for p in stacks]),
        np.concatenate([p.covariances for p in stacks]),
    )
