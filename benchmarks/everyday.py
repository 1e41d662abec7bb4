"""How far below the best known maximum do default fits end, on drawn families and on real data?

Run ``python -m benchmarks.everyday``; it takes half an hour and writes results/everyday.json and
results/everyday.md. The best known is the highest of a thorough search, default fits from six seeds, ten
k-means starts climbed to their ends and, where data are drawn, the generating mixture climbed.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.random import Generator

from mixtura import Fit, GaussianMixture, Mixture, datasets, fit_mixture
from mixtura.model.parameters import Array
from mixtura.structures.registry import SKLEARN_NAMES
from mixtura.structures.registry import structure as find_structure

from .written import write

KINDS = (
    *("full", "tied", "diagonal", "spherical"),
    *("unequal weights", "elongated", "nested", "heavy tails", "background noise"),
)
SIZES = ((3_000, 2, 5), (5_000, 6, 6))  # rows, dimensions, components
DRAWS = 2  # of each kind and size
NUMBERS = (2, 3, 5, 8)  # components of fits of real data
STRUCTURES = ("VVV", "EEE", "VVI", "VII")
TO_SKLEARN = {mclust: name for name, mclust in SKLEARN_NAMES.items()}
SEEDS = range(6)  # the first is the fit that is judged
KMEANS = 10
NEAR = 0.01  # nats from the best known that count as found
FEW, MANY = 2.0, 4.0  # rows a parameter
NOISE = 0.05  # of the rows


@dataclass(frozen=True)
class Everyday:
    """Rows to be fitted; ``truth`` is the generating mixture where a Gaussian one made them all."""

    name: str
    group: str
    x: Array
    structure: str
    k: int
    truth: Mixture | None = None


def drawn(kind: str, n: int, d: int, k: int, rng: Generator) -> tuple[Array, str, Mixture | None]:
    """Draw rows (n, d) of a kind; return them, the structure to fit, and the mixture that they are from."""
    means = rng.normal(size=(k, d)) * 4.0 / np.sqrt(2 * d)
    weights = rng.dirichlet(np.full(k, 0.7 if kind == "unequal weights" else 4.0))
    weights = 0.2 / k + 0.8 * weights
    roots = np.eye(d) + 0.4 * rng.normal(size=(k, d, d)) / np.sqrt(d)
    if kind == "tied":
        roots[:] = roots[0]
    elif kind == "diagonal":
        roots = np.eye(d) * np.exp(0.5 * rng.normal(size=(k, 1, d)))
    elif kind == "spherical":
        roots = np.eye(d) * np.exp(0.5 * rng.normal(size=(k, 1, 1)))
    elif kind == "elongated":
        turns = np.linalg.qr(rng.normal(size=(k, d, d)))[0]
        roots = turns * np.exp(0.8 * rng.normal(size=(k, 1, d)))
    elif kind == "nested":  # every other component is the core of the one before it
        means[1::2] = means[: k - 1 : 2][: len(means[1::2])]
        roots[1::2] = 0.25 * roots[1::2]
    truth = Mixture(weights, means, roots @ np.swapaxes(roots, 1, 2))
    which = rng.choice(k, n, p=weights)
    noise = rng.normal(size=(n, d))
    if kind == "heavy tails":
        noise /= np.sqrt(rng.chisquare(5, size=(n, 1)) / 5)
    x = means[which] + np.einsum("nij,nj->ni", roots[which], noise)
    if kind == "background noise":
        away = rng.random(n) < NOISE
        x[away] = rng.uniform(x.min(0), x.max(0), size=(int(away.sum()), d))
    structure = {"tied": "EEE", "diagonal": "VVI", "spherical": "VII"}.get(kind, "VVV")
    return x, structure, None if kind in ("heavy tails", "background noise") else truth


def families() -> Iterator[Everyday]:
    """Yield problems of every kind."""
    for kind in KINDS:
        for n, d, k in SIZES:
            for seed in range(DRAWS):
                rng = np.random.default_rng([seed, n, KINDS.index(kind)])
                x, structure, truth = drawn(kind, n, d, k, rng)
                yield Everyday(f"{kind} {n} x {d}, {seed}", f"drawn: {kind}", x, structure, k, truth)


def real_data() -> dict[str, Array]:
    """Return real data: what comes with mixtura, and scikit-learn's, some reduced."""
    from sklearn.datasets import load_breast_cancer, load_digits, load_wine

    pixels = load_digits().data
    centred = pixels - pixels.mean(0)
    u, s, _ = np.linalg.svd(centred, full_matrices=False)
    cells = load_breast_cancer().data
    found = {f"digits, {c} principal components": u[:, :c] * s[:c] for c in (10, 20)}
    found |= {"wine": load_wine().data} | {
        f"breast cancer, first {c} columns": cells[:, :c] for c in (4, 6, 10)
    }
    found |= {name: getattr(datasets, name)().data for name in ("faithful", "iris", "galaxies", "acidity")}
    return {name: np.ascontiguousarray(x) for name, x in found.items()}


def real() -> Iterator[Everyday]:
    """Yield fits of real data that have at least two rows a parameter."""
    for name, x in real_data().items():
        n, d = x.shape
        for structure in STRUCTURES if d > 1 else STRUCTURES[:2]:
            for k in NUMBERS:
                rows = n / find_structure(structure, d).n_parameters(k, d)
                if rows >= FEW:
                    group = f"real: {'at least' if rows >= MANY else '2 to'} {MANY:.0f} rows a parameter"
                    yield Everyday(f"{name} {structure} {k}", group, x, structure, k)


def sound(fit: Fit) -> float:
    """Return a fit's log-likelihood; one with a collapsed component counts as none."""
    return float("-inf") if fit.degenerate else fit.loglik


def best_known(problem: Everyday, ours: list[float]) -> float:
    """Return the highest log-likelihood of a sound fit that any way leads to."""
    x, k, structure = problem.x, problem.k, problem.structure
    found = [*ours, sound(fit_mixture(x, k, structure=structure, search="thorough"))]
    for seed in range(KMEANS):
        model = GaussianMixture(k, covariance_type=structure, init_params="kmeans", random_state=seed)
        found.append(sound(model.fit(x).fit_))
    if problem.truth is not None:
        found.append(sound(fit_mixture(x, k, structure=structure, start=problem.truth)))
    return max(found)


def theirs(problem: Everyday, n_init: int) -> tuple[float, float]:
    """Return the log-likelihood of scikit-learn's fit, and the seconds it takes."""
    from sklearn.mixture import GaussianMixture as Theirs

    kind = TO_SKLEARN[problem.structure]
    before = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        model = Theirs(problem.k, covariance_type=kind, n_init=n_init, random_state=0).fit(problem.x)
    seconds = time.perf_counter() - before
    return float(model.score(problem.x) * len(problem.x)), seconds


def judged(problem: Everyday) -> dict[str, Any]:
    """Fit with every seed and every program."""
    fits, seconds = [], []
    for seed in SEEDS:
        before = time.perf_counter()
        fits.append(fit_mixture(problem.x, problem.k, structure=problem.structure, seed=seed))
        seconds.append(time.perf_counter() - before)
    best = best_known(problem, [sound(fit) for fit in fits])
    row = {
        "name": problem.name,
        "group": problem.group,
        "best": best,
        "below": max(0.0, best - fits[0].loglik),
        "doubt": any(note.startswith("a better maximum may have been missed") for note in fits[0].notes),
        "seconds": float(np.median(seconds)),
    }
    for n_init in (1, 10):
        loglik, taken = theirs(problem, n_init)
        row[f"sklearn_{n_init}"] = {"below": max(0.0, best - loglik), "seconds": taken}
    print(f"{problem.name}: {row['below']:.3g} below, {row['seconds']:.3f} s", flush=True)
    return row


def table(rows: list[dict[str, Any]]) -> str:
    """Return the Markdown table, a line a group."""
    lines = [
        f"| data | fits | mixtura within {NEAR} nats | worst below | in doubt, of those below by 1 nat "
        "| in doubt, of the rest | seconds | scikit-learn, 1 start: within 1 nat | median below | seconds "
        "| 10 starts: within 1 nat | median below | seconds |",
        "|---|" + "---:|" * 12,
    ]
    for group in dict.fromkeys(row["group"] for row in rows):
        own = [row for row in rows if row["group"] == group]
        below = np.array([row["below"] for row in own])
        doubt = np.array([row["doubt"] for row in own])
        missed = below > 1.0
        cells = [
            f"{(below <= NEAR).sum()}",
            f"{below.max():.3g}",
            f"{doubt[missed].sum()} of {missed.sum()}",
            f"{doubt[~missed].sum()} of {(~missed).sum()}",
            f"{np.median([row['seconds'] for row in own]):.2g}",
        ]
        for n_init in (1, 10):
            other = [row[f"sklearn_{n_init}"] for row in own]
            short = np.array([one["below"] for one in other])
            seconds = np.median([one["seconds"] for one in other])
            cells += [f"{(short <= 1.0).sum()}", f"{np.median(short):.3g}", f"{seconds:.2g}"]
        lines.append(f"| {group} | {len(own)} | " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure and write."""
    rows = [judged(problem) for problem in (*families(), *real())]
    write("everyday", rows, table(rows))


if __name__ == "__main__":
    main()
