"""scikit-learn's GaussianMixture."""

from __future__ import annotations

import contextlib
import time
import warnings

import numpy as np
from sklearn.exceptions import ConvergenceWarning
from sklearn.mixture import GaussianMixture

from peer_worker import default_fits, evaluation, serve

KINDS = {"VVV": "full", "V": "full", "VVI": "diag"}

FEW = 2000  # rows that a model is fitted to before its evaluation: few, so that no memory is left over

warnings.simplefilter("ignore", ConvergenceWarning)


def made(problem, kind=GaussianMixture, **options):
    """Return a model that begins at the problem's start, given as precisions."""
    covariances = problem["covariances"]
    if problem["structure"] == "VVI":
        precisions = 1 / np.diagonal(covariances, axis1=1, axis2=2)
    else:
        precisions = np.linalg.inv(covariances)
    return kind(
        len(problem["weights"]),
        covariance_type=KINDS[problem["structure"]],
        reg_covar=0.0,
        weights_init=problem["weights"],
        means_init=problem["means"],
        precisions_init=precisions,
        **options,
    )


def prepare(**problem):
    """Iterate with no tolerance, so that nothing but the number of iterations ends a run."""

    def iterate(n):
        model = made(problem, tol=0.0, max_iter=n).fit(problem["x"])
        return model.weights_, model.means_, model.covariances_

    return iterate


class Ended(Exception):
    """A run that its tolerance would have ended has reached the target; or patience has run out."""


class Watched(GaussianMixture):
    """A model that finds the loosest power of ten for its tolerance with which it ends at the target.

    Runs with different tolerances are beginnings of each other, so that one run tells of them all: the one
    with tolerance t ends at the first gain below t, and the log-likelihood that it ends with is seen one step
    later.
    """

    def watch(self, target, n, patience):
        """Set what to look for, nats in total over n rows, and for how many seconds."""
        self.patience_ = patience
        self.seen_, self.ended_, self.tolerance_ = [], None, 1e-3
        self.target_, self.rows_ = target, n
        self.begin_ = time.perf_counter()
        return self

    def _compute_lower_bound(self, log_resp, log_prob_norm):
        self.seen_.append(log_prob_norm)
        if self.ended_ is not None:  # at the step before: this is what that run would have ended with
            if log_prob_norm * self.rows_ >= self.target_:
                raise Ended
            self.ended_ = None
            self.tolerance_ /= 10
        gain = log_prob_norm - self.seen_[-2] if len(self.seen_) > 1 else np.inf
        if gain == 0.0 or time.perf_counter() - self.begin_ > self.patience_:
            raise Ended
        if abs(gain) < self.tolerance_:
            while abs(gain) < self.tolerance_ / 10:
                self.tolerance_ /= 10
            self.ended_ = time.perf_counter() - self.begin_
        return log_prob_norm


def maximum(problem, request):
    """Tell how long it takes until a run ends within the target, and with which tolerance."""
    model = made(problem, Watched, tol=0.0, max_iter=100_000)
    model.watch(request["target"], len(problem["x"]), request["patience"])
    with contextlib.suppress(Ended):
        model.fit(problem["x"])
    if model.ended_ is not None:
        return {"seconds": model.ended_, "tol": model.tolerance_, "iterations": len(model.seen_) - 1}
    return {
        "seconds": time.perf_counter() - model.begin_,
        "missing": request["target"] - model.seen_[-1] * len(problem["x"]),
        "iterations": len(model.seen_),
    }


def evaluate(problem, request):
    """Time a method of a model fitted to a few rows."""
    model = made(problem, tol=0.0, max_iter=1).fit(problem["x"][:FEW])
    return evaluation(getattr(model, request["method"]), problem["x"])


def default(problem, request):
    """Time a default fit, seeds in turn."""
    return default_fits(GaussianMixture, problem, request["times"])


if __name__ == "__main__":
    serve(
        prepare,
        ["scikit-learn", "numpy", "scipy"],
        {"maximum": maximum, "evaluate": evaluate, "default": default},
    )
