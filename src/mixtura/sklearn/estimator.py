"""scikit-learn's face: GaussianMixture."""

from __future__ import annotations

import warnings
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, DensityMixin, _fit_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from .. import _core
from ..em import DEFAULT_MAX_ITER, DEFAULT_TOL
from ..model.density import at_rows, evaluate
from ..model.elsewhere import is_lazy
from ..model.forms import Form
from ..model.parameters import Array, Parameters
from ..search.effort import EFFORTS
from ..search.result import Fit, Status
from ..sources import open_source
from ..sources.opening import lies_elsewhere
from .attributes import checked_covariances, checked_factors, checked_form, checked_means, checked_weights
from .fitting import family_of, run_elsewhere, run_fit
from .layouts import COVARIANCE_TYPES, covariances_from_factors, layout_of, precisions, precisions_cholesky
from .rows import checked_rows, total_loglik
from .streaming import learn


class GaussianMixture(DensityMixin, BaseEstimator):
    """Fit and use a Gaussian mixture behind scikit-learn's interface.

    It is a drop-in for `sklearn.mixture.GaussianMixture`: code written for that class runs when only the
    import changes. Where a default differs, the parameter says what scikit-learn's is, and why.

    Parameters
    ----------
    n_components : int, default=1
    covariance_type : str, default="full"
        "full", "tied", "diag" or "spherical", or a structure by one of mclust's fourteen names, "EII" to
        "VVV", in one dimension also "V" and "E". ``covariances_`` then has the shape of the type that its
        M-step resembles: (d, d) for "EEE", (k,) for "EII" and "VII", (k, d) for "EEI", "VEI", "EVI" and
        "VVI", else (k, d, d).
    equal_weights : bool, default=False
        Whether every component has the weight 1 / k, which then is no parameter.
    tol : float, default=1e-4
        The log-likelihood, in nats over the whole data, that may still be missing when the fit ends. The
        default leaves every parameter within 0.014 standard errors of the maximum, at any number of rows.
        (scikit-learn: 1e-3 on the change of the mean per row, which ends a slow fit far from the maximum.)
    reg_covar : float, default=None
        Added to every variance, as in scikit-learn. None adds nothing: a floor at 1e-8 of the data's own
        standard deviation stops a collapsing component, so that a fit does not depend on units.
        (scikit-learn: 1e-6, which swamps data whose variances are of that size.) Only a constant column gets
        1e-6 then, but under "spherical", where all columns share a variance; it takes no part in the climb.
    max_iter : int, default=10000
        The most passes over the data that a run may make; 0 gives back the start. (scikit-learn: 100.)
    n_init : int, default=None
        The number of starts. None: a portfolio under `init_params` "auto", one start under the others.
    search : {"default", "fast", "thorough"}, default="default"
        How much finding the best maximum may cost where starts disagree, under `init_params` "auto".
    init_params : {"auto", "kmeans", "k-means++", "random", "random_from_data"}, default="auto"
        "auto" compares starts of many kinds and finishes the best. The others are scikit-learn's,
        with the same draws for the same `random_state`. (scikit-learn: "kmeans", which often ends lower.)
    weights_init : array_like of shape (k,), default=None
    means_init : array_like of shape (k, d), default=None
    precisions_init : array_like, default=None
        In the shape of ``precisions_``. Where any of the three is given, components keep its order; otherwise
        they stand in canonical order: by mean, first feature first.
    random_state : int, RandomState instance or None, default=None
    warm_start : bool, default=False
        Continue the last fit; on the same data exactly as if it had not been interrupted.
    verbose : int, default=0
        1 prints a line at every `verbose_interval` passes and at the end, 2 also the notes on what the data
        cannot tell apart.
    verbose_interval : int, default=10
    n_threads : int, default=None
        Threads for a pass; None takes every core. The results are the same bits for any number.
    compress : bool or "auto", default="auto"
        Whether one dimension is fitted from a compressed sample, the answer certified on all rows; "auto"
        does so where it pays. Never with `warm_start`.

    Attributes
    ----------
    weights_ : ndarray of shape (k,)
    means_ : ndarray of shape (k, d)
    covariances_, precisions_, precisions_cholesky_ : ndarray
        (k, d, d) for "full", (d, d) for "tied", (k, d) for "diag", (k,) for "spherical".
    converged_ : bool
    n_iter_ : int
        Passes over the data made by the best run in this call of `fit`.
    lower_bound_ : float
        Log-likelihood in nats, the mean over rows, at the fitted parameters.
    lower_bounds_ : list of float
        The same after each pass.
    fit_ : Fit
        How the fit ended, and everything known about it.
    mixture_ : Mixture
        The fitted distribution, in canonical order.
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (d,)
        Only when the data were a frame whose column names are all strings.

    Examples
    --------
    >>> from mixtura import GaussianMixture
    >>> from mixtura.datasets import faithful
    >>> model = GaussianMixture(2, covariance_type="diag", random_state=0).fit(faithful().data)
    >>> model.predict([[2.0, 55.0], [4.5, 80.0]])
    array([0, 1])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_components": [Interval(Integral, 1, None, closed="left")],
        "covariance_type": [StrOptions(set(COVARIANCE_TYPES))],
        "equal_weights": ["boolean"],
        "tol": [Interval(Real, 0.0, None, closed="left")],
        "reg_covar": [Interval(Real, 0.0, None, closed="left"), None],
        "max_iter": [Interval(Integral, 0, None, closed="left")],
        "n_init": [Interval(Integral, 1, None, closed="left"), None],
        "search": [StrOptions(set(EFFORTS))],
        "init_params": [StrOptions({"auto", "kmeans", "k-means++", "random", "random_from_data"})],
        "weights_init": ["array-like", None],
        "means_init": ["array-like", None],
        "precisions_init": ["array-like", None],
        "random_state": ["random_state"],
        "warm_start": ["boolean"],
        "verbose": ["verbose"],
        "verbose_interval": [Interval(Integral, 1, None, closed="left")],
        "n_threads": [Interval(Integral, 1, None, closed="left"), None],
        "compress": ["boolean", StrOptions({"auto"})],
    }

    def __init__(
        self,
        n_components: int = 1,
        *,
        covariance_type: str = "full",
        equal_weights: bool = False,
        tol: float = DEFAULT_TOL,
        reg_covar: float | None = None,
        max_iter: int = DEFAULT_MAX_ITER,
        n_init: int | None = None,
        search: str = "default",
        init_params: str = "auto",
        weights_init: ArrayLike | None = None,
        means_init: ArrayLike | None = None,
        precisions_init: ArrayLike | None = None,
        random_state: int | np.random.RandomState | None = None,
        warm_start: bool = False,
        verbose: int = 0,
        verbose_interval: int = 10,
        n_threads: int | None = None,
        compress: bool | str = "auto",
    ) -> None:
        self.n_components = n_components
        self.covariance_type = covariance_type
        self.equal_weights = equal_weights
        self.tol = tol
        self.reg_covar = reg_covar
        self.max_iter = max_iter
        self.n_init = n_init
        self.search = search
        self.init_params = init_params
        self.weights_init = weights_init
        self.means_init = means_init
        self.precisions_init = precisions_init
        self.random_state = random_state
        self.warm_start = warm_start
        self.verbose = verbose
        self.verbose_interval = verbose_interval
        self.n_threads = n_threads
        self.compress = compress

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(self, X: ArrayLike, y: None = None, sample_weight: ArrayLike | None = None) -> GaussianMixture:
        """Fit the mixture to rows X (n, d); weight 2 is a row twice, weight 0 is no row.

        X may be whatever `mixtura.open_source` takes, such as a path. Of Dask's and Spark's data `predict`,
        `predict_proba` and `score_samples` are made where the rows lie, and not before they are asked for.

        Warns with a ``ConvergenceWarning`` when the fit ends at `max_iter`, or on a collapsed component.

        Raises
        ------
        ValueError
            If the rows, the weights or a parameter cannot be used; the message says which and what to do.
        """
        self.__dict__.pop("_stream", None)
        if lies_elsewhere(X):
            return self._ended(*run_elsewhere(self, X, sample_weight))
        # The source looks for NaN while it reads the rows, and knows where they are.
        rows = checked_rows(
            self, X, dtype=[np.float64, np.float32], ensure_min_samples=2, ensure_all_finite=False
        )
        if len(rows) < self.n_components:
            raise ValueError(
                f"Expected n_samples >= n_components but got n_components = {self.n_components}, "
                f"n_samples = {len(rows)}"
            )
        return self._ended(*run_fit(self, rows, sample_weight))

    def _ended(self, result: Fit, earlier: int) -> GaussianMixture:
        """Keep a fit, and warn where it has not ended at a maximum."""
        given = any(v is not None for v in (self.weights_init, self.means_init, self.precisions_init))
        self._keep(result, earlier, np.arange(self.n_components) if given else result._order)
        if self.max_iter > 0 and result.status in (Status.ITERATION_LIMIT, Status.DEGENERATE):
            # A filter set up for scikit-learn's warning catches this one as well.
            lead = "" if self.converged_ else "Best performing initialization did not converge: "
            warnings.warn(lead + result.status.value, ConvergenceWarning, stacklevel=4)
        return self

    def partial_fit(
        self, X: ArrayLike, y: None = None, sample_weight: ArrayLike | None = None
    ) -> GaussianMixture:
        """Learn from a batch of rows X (n, d) that will not be seen again: stepwise EM.

        The first batch is fitted as `fit` does, so it should show every component; after a `fit` the stream
        begins where that ended, and `fit` ends it. Every later batch is one step. With t batches seen, its
        moments take the share (t + 2)^-0.6 in the running ones, whose M-step is the mixture that the next
        batch is seen under (Cappe and Moulines 2009); what the attributes say is the M-step of the running
        moments' average, in which the t-th batch's counts t times. Batches should be alike in size and in
        what they hold. A few hundred rows for each component make good ones.

        ``lower_bound_`` is the mean log-likelihood of all rows, each batch's under the mixture before it.
        Where rows can be read again, `fit` with ``warm_start=True`` goes on from here, in exact passes.

        Raises
        ------
        ValueError
            If the rows, the weights or a parameter cannot be used.

        References
        ----------
        Cappe and Moulines 2009, Journal of the Royal Statistical Society B 71, 593-613.

        Examples
        --------
        >>> import numpy as np
        >>> from mixtura import GaussianMixture
        >>> rng = np.random.default_rng(0)
        >>> model = GaussianMixture(2, random_state=0)
        >>> for _ in range(50):
        ...     batch = rng.normal(rng.choice([-2.0, 2.0], size=(500, 1)), 1.0)
        ...     model = model.partial_fit(batch)
        >>> np.abs(model.means_[:, 0]).round(1), model.fit_.n_rows
        (array([2., 2.]), 25000)
        """
        self._validate_params()
        first = not hasattr(self, "fit_")
        rows = checked_rows(self, X, reset=first, dtype=[np.float64, np.float32], ensure_all_finite=False)
        result = learn(self, rows, sample_weight)
        if result is not None:
            self._keep(result, 0, np.arange(self.n_components))
        return self

    def fit_predict(
        self, X: ArrayLike, y: None = None, sample_weight: ArrayLike | None = None
    ) -> NDArray[np.int64]:
        """Fit, then return the most probable component of every row (n,)."""
        return self.fit(X, y, sample_weight).predict(X)

    def predict(self, X: ArrayLike) -> NDArray[np.int64]:
        """Return the most probable component of every row (n,)."""
        return self._densities(X, "labels")

    def predict_proba(self, X: ArrayLike) -> Array:
        """Return the probabilities (n, k) that each row came from each component."""
        return self._densities(X, "responsibilities")

    def score_samples(self, X: ArrayLike) -> Array:
        """Return the log-density of every row (n,), in nats."""
        return self._densities(X, "log_density")

    def score(self, X: ArrayLike, y: None = None, sample_weight: ArrayLike | None = None) -> float:
        """Return the mean log-likelihood of a row, in nats."""
        return float(np.divide(*self._loglik(X, sample_weight)))

    def aic(self, X: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return 2 n_parameters - 2 loglik: lower is better, as in scikit-learn, unlike ``fit_.aic``."""
        return 2 * self._n_parameters() - 2 * self._loglik(X, sample_weight)[0]

    def bic(self, X: ArrayLike, sample_weight: ArrayLike | None = None) -> float:
        """Return n_parameters log(n) - 2 loglik, n the total weight: lower is better, unlike ``fit_.bic``."""
        loglik, total = self._loglik(X, sample_weight)
        return self._n_parameters() * float(np.log(total)) - 2 * loglik

    def sample(self, n_samples: int = 1) -> tuple[Array, NDArray[np.int64]]:
        """Draw rows (n, d) and their components (n,), in order of component; the draws are scikit-learn's."""
        check_is_fitted(self)
        if n_samples < 1:
            raise ValueError(f"Invalid value for 'n_samples': {n_samples}; at least one row must be drawn")
        means = checked_means(self)
        k, d = means.shape
        form, weights = checked_form(self), checked_weights(self, k)
        covariances = checked_covariances(self, k, d)
        if getattr(self, "precisions_cholesky_", None) is not None:
            # k = d numbers may be variances or one matrix: these tell which
            checked_factors(self, k, d)
        rng = check_random_state(self.random_state)
        counts = rng.multinomial(n_samples, weights)
        rows = []
        for c, (mean, count) in enumerate(zip(means, counts)):
            covariance = covariances if form.shared else covariances[c]
            if form.matrices:
                rows.append(rng.multivariate_normal(mean, covariance, int(count)))
            else:
                rows.append(mean + rng.standard_normal((count, d)) * np.sqrt(covariance))
        return np.vstack(rows), np.repeat(np.arange(len(counts)), counts)

    def _keep(self, result: Fit, earlier: int, order: np.ndarray) -> None:
        """Set the fitted attributes, components in this order, less the passes of earlier calls."""
        form = layout_of(self.covariance_type)
        parameters = result._parameters.at(order)
        self.weights_, self.means_ = np.array(parameters.weights), np.array(parameters.means)
        self.covariances_ = np.array(form.spreads(parameters.covariances))
        self.precisions_cholesky_ = precisions_cholesky(self.covariances_, form)
        self.precisions_ = precisions(self.precisions_cholesky_, form)
        ended = result.status in (Status.CONVERGED, Status.ROUNDING)
        # at the pass limit little may seem to be ahead, and nobody has looked yet
        held = result.status is Status.DEGENERATE and result.remaining <= self.tol
        self.converged_ = bool(ended or held)
        self.n_iter_ = result.n_iter - earlier
        self.lower_bound_ = result.loglik / result.total_weight
        self.lower_bounds_ = [float(v) for v in result.history[earlier:] / result.total_weight]
        self.fit_, self.mixture_ = result, result.mixture

    def _densities(self, X: ArrayLike, want: str) -> Any:
        """Evaluate the mixture that the public attributes say, whoever has set them."""
        mixture, spreads = self._public()
        if is_lazy(X):
            names = getattr(self, "feature_names_in_", None)
            return evaluate(mixture, spreads, X, want, self.n_threads, None if names is None else list(names))
        if lies_elsewhere(X):
            return open_source(X, n_threads=self.n_threads, compress=False).evaluate(mixture, want)
        rows = checked_rows(self, X, reset=False, dtype=[np.float64, np.float32])
        if rows.shape[1] != mixture.n_features:
            raise ValueError(f"X has {rows.shape[1]} features, but the means have {mixture.n_features}")
        return at_rows(mixture, spreads, rows, want, _core.n_threads(self.n_threads))

    def _public(self) -> tuple[Parameters, tuple[Form, Array]]:
        """Return the mixture that the public attributes say, and what a pass reads of its covariances."""
        check_is_fitted(self)
        means = checked_means(self)
        k, d = means.shape
        form, weights = checked_form(self), checked_weights(self, k)
        spread = covariances_from_factors(checked_factors(self, k, d), form)
        return Parameters(weights, means, form.covariances(spread, k, d)), (form, spread)

    def _loglik(self, X: ArrayLike, sample_weight: ArrayLike | None) -> tuple[float, float]:
        """Return the total log-likelihood and the total weight."""
        if lies_elsewhere(X):
            mixture, (form, _) = self._public()
            source = open_source(X, sample_weight, n_threads=self.n_threads, compress=False)
            return float(source.moments(mixture, form).loglik), source.total_weight
        return total_loglik(self.score_samples(X), sample_weight)

    def _n_parameters(self) -> int:
        """Return the number of free parameters, as scikit-learn counts them, but for constant columns."""
        checked_form(self)
        k, d = checked_means(self).shape
        fit = getattr(self, "fit_", None)
        fixed = fit.n_constant if fit is not None and fit.mixture.n_features == d else 0
        return family_of(self, d).n_parameters(k, d - fixed)
