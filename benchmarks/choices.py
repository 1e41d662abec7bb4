"""The tables of the page "Which model?", as `mixtura select` prints them: ``python -m benchmarks.choices``.

It writes results/choices-NAME.md for each data set, and the picture of iris.
"""

from __future__ import annotations

import numpy as np

from mixtura import Selection, datasets, select

from .written import RESULTS, ROOT

IMAGES = ROOT / "docs" / "images"
NAMES = ("iris", "faithful", "thyroid", "diabetes", "acidity", "galaxies")
FEW = range(1, 5)  # components of the alphas: 25,500 values of which two are hardly told apart


def chosen(name: str) -> Selection:
    """Return the selection of a data set at default settings."""
    if name == "alphas":
        return select(np.ravel(datasets.alphas().data), FEW)
    return select(getattr(datasets, name)().data)


def main() -> None:
    """Write the tables and the picture."""
    for name in (*NAMES, "alphas"):
        found = chosen(name)
        (RESULTS / f"choices-{name}.md").write_text(f"```text\n{found}\n```\n", encoding="utf-8")
        if name == "iris":
            found.plot().savefig(IMAGES / "selection.png", dpi=200)


if __name__ == "__main__":
    main()
