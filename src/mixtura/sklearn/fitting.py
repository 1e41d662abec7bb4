"""One call of ``GaussianMixture.fit``: which starts its parameters ask for, and the run that follows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils import check_random_state

from ..em import Problem, Progress, Run, Settings, State, Status, maximise, maximise_all
from ..em.degenerate import degenerate
from ..model.parameters import Parameters, stacked
from ..search.diagnostics import notes
from ..search.fitting import check_components, fit_mixture
from ..search.result import Fit
from ..search.starts import given as given_start
from ..search.verification import verify
from ..sources import ArraySource, Source, open_source
from ..sources.checks import check_weights
from ..structures import Structure
from ..structures import structure as find_structure
from .constant import Columns, equal_rows_fit
from .layouts import layout_of
from .starts import Given, check_given, make_start

if TYPE_CHECKING:
    from .estimator import GaussianMixture


def run_fit(
    model: GaussianMixture, x: np.ndarray[Any, Any], sample_weight: ArrayLike | None
) -> tuple[Fit, int]:
    """Fit rows x (n, d) as the parameters of the model ask; say also how many passes earlier calls made."""
    k, d = model.n_components, x.shape[1]
    form = layout_of(model.covariance_type)
    given = check_given(model.weights_init, model.means_init, model.precisions_init, form, k, d)
    weights = check_weights(sample_weight, len(x))
    columns = Columns.of(x, weights, model.reg_covar, form)
    report = Reporter(model.verbose, model.verbose_interval)
    earlier = 0
    if columns.constant.all() and k == 1:
        total = float(len(x) if weights is None else weights.sum())
        found = equal_rows_fit(len(x), total, family_of(model, d))
    else:
        try:
            source = ArraySource(columns.rows(x), weights, n_threads=model.n_threads)
        except ValueError:
            if columns.constant.any() and not columns.constant.all():
                ArraySource(columns.varied(x), weights)  # complains by the caller's column numbers
            raise
        found, earlier = fit_source(model, source, columns, columns.given(given), report)
    names = getattr(model, "feature_names_in_", None)
    result = columns.outer_fit(found, family_of(model, d), names)
    report.finish(result)
    return result, earlier


def run_elsewhere(model: GaussianMixture, x: Any, sample_weight: ArrayLike | None) -> tuple[Fit, int]:
    """Fit rows that lie elsewhere, or in a source, as the parameters of the model ask; see `run_fit`.

    Raises
    ------
    ValueError
        If the rows cannot be read, a column is constant, or starts are asked for that need all rows.
    """
    source = open_source(x, sample_weight, n_threads=model.n_threads, compress=False)
    d = source.n_features
    model.n_features_in_ = d
    if source.names is not None:
        model.feature_names_in_ = np.array(source.names, dtype=object)
    form = layout_of(model.covariance_type)
    given = check_given(
        model.weights_init, model.means_init, model.precisions_init, form, model.n_components, d
    )
    if given.means is not None and not given.is_whole and model.init_params == "auto":
        given = _completed(model, source, given)
    if not (given.is_whole or (given.is_empty and model.init_params == "auto")):
        raise ValueError(
            f"a start made with init_params={model.init_params!r} takes rows in memory; for data elsewhere "
            "use 'auto', alone or with means_init"
        )
    columns = Columns(np.zeros(d, dtype=bool), np.zeros(d), 0.0, form)
    report = Reporter(model.verbose, model.verbose_interval)
    found, earlier = fit_source(model, source, columns, given, report)
    report.finish(found)
    return found, earlier


def _completed(model: GaussianMixture, source: Source, given: Given) -> Given:
    """Return a whole start around given means, with the data's own variances where nothing else is given."""
    parts = {"weights": given.weights, "means": given.means, "covariances": given.covariances}
    start = {name: value for name, value in parts.items() if value is not None}
    problem = Problem.of(source, family_of(model, source.n_features))
    found = given_start(start, model.n_components, problem)
    return Given(found.weights, found.means, found.covariances)


def family_of(model: GaussianMixture, d: int) -> Structure:
    """Return the structure that the parameters of a model ask for, in d dimensions."""
    return find_structure(model.covariance_type, d, equal_weights=model.equal_weights)


def fit_source(
    model: GaussianMixture, source: Source, columns: Columns, given: Given, report: Reporter
) -> tuple[Fit, int]:
    """Fit a source without constant columns from the starts that the parameters of the model ask for."""
    k = model.n_components
    family = family_of(model, source.n_features)
    problem = Problem.of(source, family, model.reg_covar)
    random_state = check_random_state(model.random_state)
    climbing: dict[str, Any] = {
        "tol": model.tol,
        "max_iter": model.max_iter,
        "callback": report if model.verbose else None,
    }
    previous = getattr(model, "fit_", None) if model.warm_start else None
    if previous is not None and previous._parameters.means.shape == (k, len(columns.constant)):
        last = columns.inner(previous._parameters)
        if not is_same_family(previous.structure, family):
            last = family.restricted(last)
        state = previous.state if is_same_problem(previous, last, problem) else None
        run = maximise(problem, last, Settings(**climbing), state=state)
        return Fit.of(run, problem), previous.n_iter if state is not None else 0
    if model.init_params == "auto" and given.is_empty and model.max_iter > 0:
        return fit_mixture(
            source,
            k,
            structure=family,
            n_init=model.n_init,
            search=model.search,
            reg_covar=model.reg_covar,
            seed=int(random_state.randint(2**31 - 1)),
            n_threads=model.n_threads,
            # a later fit resumes on the rows themselves
            compress=False if model.warm_start else model.compress,
            **climbing,
        ), 0
    check_components(k, source)
    starts = [
        # of rows elsewhere only whole starts are made, which look at none
        make_start(problem, cast(ArraySource, source), given, model.init_params, k, random_state)
        for _ in range(1 if given.is_whole else model.n_init or 1)
    ]
    if model.max_iter == 0:
        return Fit.of(unmoved(problem, starts[0]), problem), 0
    compressed = open_source(source, compress=False if model.warm_start else model.compress)
    return fit_starts(problem.on(compressed), starts, Settings(**climbing)), 0


def fit_starts(problem: Problem, starts: Sequence[Parameters], settings: Settings) -> Fit:
    """Climb from all starts in the same passes, and return the best fit."""
    runs = maximise_all(problem, stacked(starts), settings)
    # A collapsed component's likelihood has no bound, so it never beats an honest optimum.
    honest = [not degenerate(problem, run.parameters).any() for run in runs]
    best = runs[max(range(len(runs)), key=lambda i: (honest[i], runs[i].loglik))]
    best, problem, said = verify(best, problem, settings)
    return Fit.of(best, problem, said + notes(problem, best))


def unmoved(problem: Problem, start: Parameters) -> Run:
    """Return the run of no passes that ``max_iter=0`` asks for."""
    loglik = float(problem.evaluate(start.at(None)).loglik[0])
    state = State(problem, start, accelerate=True)
    return Run(start, loglik, Status.ITERATION_LIMIT, 0, np.inf, np.nan, np.empty(0), 0, state)


def is_same_family(one: Structure, other: Structure) -> bool:
    """Say whether two structures are one and the same."""
    return one.name == other.name and one.equal_weights == other.equal_weights


def is_same_problem(previous: Fit, parameters: Parameters, problem: Problem) -> bool:
    """Say whether the last fit, which ended at these parameters, can go on where it stopped.

    What the loop remembers of other data would mislead it. They are the same when the structure, the floor,
    the total weight and the log-likelihood at the last mixture are, to the bit.
    """
    state: State | None = previous.state
    if state is None or not state.history:
        return False
    last, at = state.problem, state.here.mixtures
    return (
        is_same_family(last.structure, problem.structure)
        and at.means.shape == parameters.means.shape
        and np.array_equal(last.floor.variances, problem.floor.variances)
        and last.penalty == problem.penalty
        and previous.total_weight == problem.source.total_weight
        and state.history[-1] == float(problem.evaluate(at.at(None)).loglik[0])
    )


class Reporter:
    """Print a line now and then, as ``verbose`` asks."""

    def __init__(self, verbose: int, interval: int) -> None:
        self.verbose, self.interval = int(verbose), interval

    def __call__(self, progress: Progress) -> None:
        """Print the progress of every so many passes."""
        if self.verbose and progress.passes % self.interval == 0:
            lead = "looking for starts, " if progress.searching else ""
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
