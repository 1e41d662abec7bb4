"""Fit: what a fit found, and how it ended."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from ..em import Problem, Run, Status, Work
from ..em.degenerate import degenerate
from ..model.decomposition import Decomposition
from ..model.mixture import Mixture, canonical_order
from ..model.parameters import Array, Parameters
from ..structures import Structure
from . import showing
from .account import Search

if TYPE_CHECKING:
    from .. import Inference, Summary

__all__ = ["Fit", "Status"]


@dataclass(frozen=True, eq=False, repr=False)
class Fit:
    """A fitted mixture with the account of how it was reached.

    Log-likelihoods are in nats, the total over all rows times their weights.
    """

    _parameters: Parameters  # in the order of the start, which `state` goes on in
    structure: Structure
    loglik: float
    status: Status
    n_iter: int  # passes over the data made by the winning run, the last one included
    remaining: float  # the log-likelihood, in nats, estimated to be still ahead at a local maximum
    history: Array  # (n_iter,) the log-likelihood at each pass
    n_rows: int
    total_weight: float
    degenerate: tuple[int, ...] = ()  # components at the floor or on too few rows, in the mixture's order
    notes: tuple[str, ...] = field(default=())  # sentences on what the data cannot tell, for people
    score_norm: float = float("nan")  # the length of the next EM step, in standard errors of complete data
    evaluations: int = 0  # mixtures evaluated in the passes: at least n_iter
    work: Work | None = None  # reads and evaluations of all that was done for this fit
    state: Any = None  # opaque: what `em.maximise` needs to continue bit for bit
    search: Search | None = None  # how many starts led where; None when a single start was asked for
    n_constant: int = 0  # columns that do not vary, so that nothing of theirs is a free parameter
    problem: Problem | None = None  # what was maximised; stored without its data

    @classmethod
    def of(
        cls,
        run: Run,
        problem: Problem,
        notes: tuple[str, ...] = (),
        search: Search | None = None,
    ) -> Fit:
        """Make the account of a run: see which components are degenerate, and say so in the status."""
        order = canonical_order(run.parameters.weights, run.parameters.means)
        flags = degenerate(problem, run.parameters.at(order))
        indices = tuple(int(c) for c in np.flatnonzero(flags))
        return cls(
            _parameters=run.parameters,
            structure=problem.structure,
            loglik=run.loglik,
            status=Status.DEGENERATE if indices else run.status,
            n_iter=run.n_iter,
            remaining=run.remaining,
            history=run.history,
            n_rows=problem.source.n_rows,
            total_weight=problem.source.total_weight,
            degenerate=indices,
            notes=notes,
            score_norm=run.score_norm,
            evaluations=run.evaluations,
            work=problem.work,
            state=run.state,
            search=search,
            problem=problem,
        )

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Read a pickle, also one that was written when the parameters in the start's order were public."""
        if "parameters" in state:
            state = {**state, "_parameters": state["parameters"]}
            del state["parameters"]
        self.__dict__.update(state)

    @property
    def mixture(self) -> Mixture:
        """Return the fitted distribution, components in canonical order."""
        return Mixture(self._parameters.weights, self._parameters.means, self._parameters.covariances)

    @property
    def decomposition(self) -> Decomposition:
        """Return volumes (k,), shapes (k, d) and orientations (k, d, d), components as in the mixture.

        The parts that the structure makes equal are equal to rounding; an orientation that all share is one
        but for the order of its columns, which follows each component's own shape.
        """
        return self.mixture.decomposition

    @property
    def _order(self) -> np.ndarray:
        """Return the order of the mixture's components as an index into the start's, (k,)."""
        return canonical_order(self._parameters.weights, self._parameters.means)

    @property
    def converged(self) -> bool:
        """Say whether the fit ended at a maximum to within its tolerance."""
        return self.status is Status.CONVERGED

    @property
    def n_parameters(self) -> int:
        """Return the number of free parameters."""
        features = self._parameters.n_features - self.n_constant
        return self.structure.n_parameters(self._parameters.n_components, features)

    def inference(self, kind: str = "observed", **options: Any) -> Inference:
        """Say how sure the fit is: see `mixtura.inference.infer`, whose options these are."""
        from .. import infer

        return infer(self, kind, **options)

    def summary(self, kind: str = "observed", **options: Any) -> Summary:
        """Sum the fit up in a table that prints: see `mixtura.inference.summarise`, for its options too."""
        from .. import summarise

        return summarise(self, kind, **options)

    def __repr__(self) -> str:
        return showing.text(self)

    def _repr_html_(self) -> str:
        return showing.html(self)

    @property
    def bic(self) -> float:
        """Return 2 loglik - n_parameters log(n): mclust's sign, bigger is better (Schwarz 1978)."""
        return 2 * self.loglik - self.n_parameters * float(np.log(self.total_weight))

    @property
    def aic(self) -> float:
        """Return 2 loglik - 2 n_parameters: bigger is better (Akaike 1974)."""
        return 2 * self.loglik - 2 * self.n_parameters
