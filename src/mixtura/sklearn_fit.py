"""One call of ``GaussianMixture.fit``: which starts its parameters ask for, and the run that follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_random_state

from . import em
from .em import Progress, Run
from .fit import Fit
from .layouts import layout_of
from .parameters import Parameters
from .search import fit_mixture
from .sklearn_starts import check_given, make_start
from .sources import ArraySource
from .stopping import Status
from .structures import Floor, Structure
from .structures import structure as find_structure

if TYPE_CHECKING:
    from .estimator import GaussianMixture


def run_fit(model: GaussianMixture, x: np.ndarray[Any, Any], sample_weight: ArrayLike | None) -> Fit:
    """Fit rows x (n, d) as the parameters of the model ask."""
    k, d = model.n_components, x.shape[1]
    family = find_structure(model.covariance_type, d)
    form = layout_of(model.covariance_type)
    given = check_given(model.weights_init, model.means_init, model.precisions_init, form, k, d)
    random_state = check_random_state(model.random_state)
    report = Reporter(model.verbose, model.verbose_interval)
    climbing: dict[str, Any] = {
        "tol": model.tol,
        "max_iter": model.max_iter,
        "callback": report if model.verbose else None,
    }
    searching = climbing | {
        "structure": family,
        "sample_weight": sample_weight,
        "reg_covar": model.reg_covar,
        "n_threads": model.n_threads,
        "compress": False
        if model.warm_start
        else model.compress,  # a later fit resumes on the rows themselves
    }
    previous = getattr(model, "fit_", None) if model.warm_start else None
    resumes = previous is not None and previous.parameters.means.shape == (k, d)
    if model.init_params == "auto" and given.is_empty and model.max_iter > 0 and not resumes:
        result = fit_mixture(
            x, k, n_init=model.n_init, seed=int(random_state.randint(2**31 - 1)), **searching
        )
        report.finish(result)
        return result

    source = ArraySource(x, sample_weight, n_threads=model.n_threads)
    magnitude = np.maximum(np.abs(source.minimum), np.abs(source.maximum))
    floor = Floor.relative_to(source.variance, magnitude, source.unit, model.reg_covar or 0.0)
    if previous is not None and resumes:
        state = previous.state if previous.structure.name == family.name else None
        run = em.fit(source, family, previous.parameters, floor=floor, state=state, **climbing)
        result = Fit.of(run, source, family, floor)
    else:
        n_init = 1 if given.is_whole else model.n_init or 1
        init = model.init_params
        starts = [make_start(source, family, floor, given, init, k, random_state) for _ in range(n_init)]
        if model.max_iter == 0:
            run = evaluated(source, family, starts[0])
            result = Fit.of(run, source, family, floor)
        else:
            fits = [fit_mixture(x, k, start=start, **searching) for start in starts]
            result = max(fits, key=lambda one: one.loglik)
    report.finish(result)
    return result


def evaluated(source: ArraySource, family: Structure, start: Parameters) -> Run:
    """Return the run of no iterations that ``max_iter=0`` asks for."""
    loglik = float(source.moments(start, family.form).loglik)
    return Run(start, loglik, Status.ITERATION_LIMIT, 0, np.inf, np.nan, np.empty(0), 0, None)


class Reporter:
    """Print a line now and then, as ``verbose`` asks."""

    def __init__(self, verbose: int, interval: int) -> None:
        self.verbose, self.interval = int(verbose), interval

    def __call__(self, progress: Progress) -> None:
        """Print the progress of every so many passes."""
        if self.verbose and progress.passes % self.interval == 0:
            print(
                f"  pass {progress.passes}: log-likelihood {progress.loglik:.6f}, "
                f"{progress.remaining:.3g} nats still to gain, {progress.alive} starts alive"
            )

    def finish(self, result: Fit) -> None:
        """Print how the fit ended."""
        if self.verbose:
            print(f"{result.status.value} ({result.n_iter} passes, log-likelihood {result.loglik:.6f})")
        if self.verbose > 1:
            for note in result.notes:
                print(f"  {note}")
