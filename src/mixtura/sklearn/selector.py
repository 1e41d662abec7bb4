"""scikit-learn's face of a selection: GaussianMixtureSelector."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from numbers import Integral, Real
from typing import Any, ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, DensityMixin, _fit_context
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import check_random_state
from sklearn.utils._param_validation import Interval, StrOptions
from sklearn.utils.validation import check_is_fitted

from ..em import DEFAULT_MAX_ITER, DEFAULT_TOL
from ..inference import select
from ..inference.selection.criteria import CRITERIA
from ..model.parameters import Array
from ..search.effort import EFFORTS
from ..sources.opening import lies_elsewhere
from .rows import checked_rows, total_loglik

MOST = 9  # components by default, as in mclust


class GaussianMixtureSelector(DensityMixin, BaseEstimator):
    """Choose a covariance structure and a number of components, then predict as the mixture that is chosen.

    It is `mixtura.select` behind scikit-learn's interface: `fit` searches the whole table.

    Parameters
    ----------
    n_components : int or iterable of int, default=None
        The numbers of components to choose from; None is 1 to 9.
    structures : str or sequence of str, default="all"
        The covariance structures to choose from, by mclust's names or scikit-learn's.
    criterion : {"bic", "aic", "icl", "held_out"}, default="bic"
        What is to be largest; BIC, AIC and ICL have mclust's sign.
    cv : int or splitter, default=None
        Choose by the log-likelihood of rows held out in so many folds, or as a splitter says.
    search : {"fast", "default", "thorough"}, default="default"
        How long to look for better maxima.
    tol : float, default=1e-4
        The log-likelihood, in nats over the whole data, that may still be missing when a fit ends.
    max_iter : int, default=10000
        The most passes over the data that a run may make.
    reg_covar : float, default=None
        Added to every variance; None adds nothing.
    random_state : int, RandomState instance or None, default=None
    n_threads : int, default=None
        Threads for a pass; None takes every core. The results are the same bits for any number.
    compress : bool or "auto", default="auto"
        Whether one dimension is fitted from a compressed sample, the answer certified on all rows.

    Attributes
    ----------
    selection_ : Selection
        The whole table; print it.
    structure_ : str
        The chosen structure, by mclust's name.
    n_components_ : int
    weights_ : ndarray of shape (k,)
    means_ : ndarray of shape (k, d)
    covariances_ : ndarray of shape (k, d, d)
        Components stand in canonical order: by mean, first feature first.
    converged_ : bool
    n_iter_ : int
        Passes over the data made by the run that won.
    fit_ : Fit
    mixture_ : Mixture
    n_features_in_ : int
    feature_names_in_ : ndarray of shape (d,)
        Only when the data were a frame whose column names are all strings.

    Examples
    --------
    >>> from mixtura import GaussianMixtureSelector
    >>> from mixtura.datasets import faithful
    >>> model = GaussianMixtureSelector(range(1, 5), random_state=0).fit(faithful().data)
    >>> model.structure_, model.n_components_
    ('EEE', 3)
    >>> model.predict([[2.0, 55.0], [4.5, 80.0]])
    array([0, 2])
    """

    _parameter_constraints: ClassVar[dict[str, list[Any]]] = {
        "n_components": [Interval(Integral, 1, None, closed="left"), "array-like", Iterable, None],
        "structures": [str, "array-like"],
        "criterion": [StrOptions(set(CRITERIA))],
        "cv": ["cv_object"],
        "search": [StrOptions(set(EFFORTS))],
        "tol": [Interval(Real, 0.0, None, closed="left")],
        "max_iter": [Interval(Integral, 1, None, closed="left")],
        "reg_covar": [Interval(Real, 0.0, None, closed="left"), None],
        "random_state": ["random_state"],
        "n_threads": [Interval(Integral, 1, None, closed="left"), None],
        "compress": ["boolean", StrOptions({"auto"})],
    }

    def __init__(
        self,
        n_components: int | Iterable[int] | None = None,
        *,
        structures: str | Sequence[str] = "all",
        criterion: str = "bic",
        cv: Any = None,
        search: str = "default",
        tol: float = DEFAULT_TOL,
        max_iter: int = DEFAULT_MAX_ITER,
        reg_covar: float | None = None,
        random_state: int | np.random.RandomState | None = None,
        n_threads: int | None = None,
        compress: bool | str = "auto",
    ) -> None:
        self.n_components = n_components
        self.structures = structures
        self.criterion = criterion
        self.cv = cv
        self.search = search
        self.tol = tol
        self.max_iter = max_iter
        self.reg_covar = reg_covar
        self.random_state = random_state
        self.n_threads = n_threads
        self.compress = compress

    @_fit_context(prefer_skip_nested_validation=True)
    def fit(
        self, X: ArrayLike, y: None = None, sample_weight: ArrayLike | None = None
    ) -> GaussianMixtureSelector:
        """Choose among the structures and numbers of components for rows X (n, d), and keep the best fit.

        Warns with a ``ConvergenceWarning`` when the fit that is chosen ended at `max_iter`.

        Raises
        ------
        ValueError
            If the rows, the weights or a parameter cannot be used, or no cell of the table can be chosen.
        """
        rows: Any = X
        if not lies_elsewhere(X):
            rows = checked_rows(
                self, X, dtype=[np.float64, np.float32], ensure_min_samples=2, ensure_all_finite=False
            )
        found = select(
            rows,
            range(1, MOST + 1) if self.n_components is None else self.n_components,
            structures=self.structures,
            criterion=self.criterion,
            cv=self.cv,
            sample_weight=sample_weight,
            search=self.search,
            tol=self.tol,
            max_iter=self.max_iter,
            reg_covar=self.reg_covar,
            seed=int(check_random_state(self.random_state).randint(2**31 - 1)),
            n_threads=self.n_threads,
            compress=self.compress,
        )
        if found.interrupted:
            raise KeyboardInterrupt
        best = found.best
        if rows is X:
            self.n_features_in_ = best.mixture.n_features
        self.selection_, self.fit_, self.mixture_ = found, best, best.mixture
        self.structure_, self.n_components_ = best.structure.name, best.mixture.n_components
        self.weights_, self.means_ = self.mixture_.weights, self.mixture_.means
        self.covariances_ = self.mixture_.covariances
        self.converged_, self.n_iter_ = best.converged, best.n_iter
        if not best.converged:
            warnings.warn(best.status.value, ConvergenceWarning, stacklevel=3)
        return self

    def fit_predict(
        self, X: ArrayLike, y: None = None, sample_weight: ArrayLike | None = None
    ) -> NDArray[np.int64]:
        """Fit, then return the most probable component of every row (n,)."""
        return self.fit(X, y, sample_weight).predict(X)

    def predict(self, X: ArrayLike) -> NDArray[np.int64]:
        """Return the most probable component of every row (n,)."""
        rows = self._rows(X)
        return self.mixture_.predict(rows)

    def predict_proba(self, X: ArrayLike) -> Array:
        """Return the probabilities (n, k) that each row came from each component."""
        rows = self._rows(X)
        return self.mixture_.responsibilities(rows)

    def score_samples(self, X: ArrayLike) -> Array:
        """Return the log-density of every row (n,), in nats."""
        rows = self._rows(X)
        return np.asarray(self.mixture_.logpdf(rows))

    def score(self, X: ArrayLike, y: None = None, sample_weight: ArrayLike | None = None) -> float:
        """Return the mean log-likelihood of a row, in nats."""
        return float(np.divide(*total_loglik(self.score_samples(X), sample_weight)))

    def sample(self, n_samples: int = 1) -> tuple[Array, NDArray[np.int64]]:
        """Draw rows (n, d) and their components (n,), in order of component."""
        check_is_fitted(self)
        if n_samples < 1:
            raise ValueError(f"Invalid value for 'n_samples': {n_samples}; at least one row must be drawn")
        rng = check_random_state(self.random_state)
        counts = rng.multinomial(n_samples, self.weights_)
        rows = [
            rng.multivariate_normal(mean, covariance, int(count))
            for mean, covariance, count in zip(self.means_, self.covariances_, counts)
        ]
        return np.vstack(rows), np.repeat(np.arange(len(counts)), counts)

    def _rows(self, X: ArrayLike) -> np.ndarray[Any, Any]:
        check_is_fitted(self)
        return checked_rows(self, X, reset=False, dtype=[np.float64, np.float32])
