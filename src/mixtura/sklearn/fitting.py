"""One call of ``GaussianMixture.fit``: which starts its parameters ask for, and the run that follows."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_random_state

from ..em import Problem, Progress, Run, Settings, State, Status, maximise
from ..model.parameters import Parameters
from ..search.fitting import fit_mixture
from ..search.result import Fit
from ..sources import ArraySource
from ..structures import structure as find_structure
from .layouts import layout_of
from .starts import check_given, make_start

if TYPE_CHECKING:
    from .estimator import GaussianMixture


def run_fit(
    model: GaussianMixture, x: np.ndarray[Any, Any], sample_weight: ArrayLike | None
) -> tuple[Fit, int]:
    """Fit rows x (n, d) as the parameters of the model ask; say also how many passes earlier calls made."""
    earlier = 0
    k, d = model.n_components, x.shape[1]
    source = ArraySource(x, sample_weight, n_threads=model.n_threads)
    family = find_structure(model.covariance_type, d)
    form = layout_of(model.covariance_type)
    given = check_given(model.weights_init, model.means_init, model.precisions_init, form, k, d)
    random_state = check_random_state(model.random_state)
    problem = Problem.of(source, family, model.reg_covar)
    report = Reporter(model.verbose, model.verbose_interval)
    climbing: dict[str, Any] = {
        "tol": model.tol,
        "max_iter": model.max_iter,
        "callback": report if model.verbose else None,
    }
    searching = climbing | {
        "structure": family,
        "reg_covar": model.reg_covar,
        "n_threads": model.n_threads,
        "compress": False
        if model.warm_start
        else model.compress,  # a later fit resumes on the rows themselves
    }
    previous = getattr(model, "fit_", None) if model.warm_start else None
    if previous is not None and previous.parameters.means.shape == (k, d):
        state = previous.state if is_same_problem(previous, problem) else None
        earlier = previous.n_iter if state is not None else 0
        run = maximise(problem, previous.parameters, Settings(**climbing), state=state)
        result = Fit.of(run, problem)
    elif model.init_params == "auto" and given.is_empty and model.max_iter > 0:
        seed = int(random_state.randint(2**31 - 1))
        result = fit_mixture(source, k, n_init=model.n_init, seed=seed, **searching)
    else:
        n_init = 1 if given.is_whole else model.n_init or 1
        init = model.init_params
        starts = [make_start(problem, source, given, init, k, random_state) for _ in range(n_init)]
        if model.max_iter == 0:
            result = Fit.of(unmoved(problem, starts[0]), problem)
        else:
            fits = [fit_mixture(source, k, start=start, **searching) for start in starts]
            # A collapsed component's likelihood has no bound, so it never beats an honest optimum.
            result = max(fits, key=lambda one: (one.status is not Status.DEGENERATE, one.loglik))
    report.finish(result)
    return result, earlier


def unmoved(problem: Problem, start: Parameters) -> Run:
    """Return the run of no passes that ``max_iter=0`` asks for."""
    loglik = float(problem.evaluate(start.at(None)).loglik[0])
    state = State(problem, start, accelerate=True)
    return Run(start, loglik, Status.ITERATION_LIMIT, 0, np.inf, np.nan, np.empty(0), 0, state)


def is_same_problem(previous: Fit, problem: Problem) -> bool:
    """Say whether the last fit can go on where it stopped: the same data, structure and floor.

    What the loop remembers of other data would mislead it. Data are the same when their variances,
    magnitudes, total weight and log-likelihood under the last fit are, to the bit.
    """
    if previous.state is None:
        return False
    last: Problem = previous.state.problem
    return (
        last.structure.name == problem.structure.name
        and np.array_equal(last.floor.variances, problem.floor.variances)
        and last.penalty == problem.penalty
        and previous.total_weight == problem.source.total_weight
        and previous.loglik == float(problem.evaluate(previous.parameters.at(None)).loglik[0])
    )


class Reporter:
    """Print a line now and then, as ``verbose`` asks."""

    def __init__(self, verbose: int, interval: int) -> None:
        self.verbose, self.interval = int(verbose), interval

    def __call__(self, progress: Progress) -> None:
        """Print the progress of every so many passes."""
        if self.verbose and progress.passes % self.interval == 0:
            lead = "race, " if progress.racing else ""
            print(
                f"  {lead}pass {progress.passes}: log-likelihood {progress.loglik:.6f}, "
                f"{progress.remaining:.3g} nats still to gain, {progress.alive} starts alive"
            )

    def finish(self, result: Fit) -> None:
        """Print how the fit ended."""
        if self.verbose:
            print(f"{result.status.value} ({result.n_iter} passes, log-likelihood {result.loglik:.6f})")
        if self.verbose > 1:
            for note in result.notes:
                print(f"  {note}")
