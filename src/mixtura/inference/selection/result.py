"""Selection: the table of cells, and the fit of the best."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from ...search.result import Fit
from .cell import COLUMNS, Cell
from .criteria import Criterion, criterion_of
from .testing import SequentialTest
from .text import html, text

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False, repr=False)
class Selection:
    """Covariance structures by numbers of components, and the best of them by a criterion.

    Print it to see the table. BIC, AIC and ICL have mclust's sign, larger is better; scikit-learn's are minus
    these.
    """

    table: tuple[Cell, ...]  # structures in mclust's order, each with its numbers of components
    criterion: str
    chosen: Fit | None = None
    interrupted: bool = False  # some cells were not searched to the end, or not all tests made
    tests: SequentialTest | None = None  # of k against k + 1 components, where asked for

    @property
    def best(self) -> Fit:
        """Return the fit of the best cell.

        Raises
        ------
        ValueError
            If every cell is degenerate or could not be fitted.
        """
        if self.chosen is None:
            raise ValueError(
                "no cell can be chosen: each is degenerate or could not be fitted, as its `reason` in the "
                "table says; ask for fewer components or tighter structures"
            )
        return self.chosen

    @property
    def equal_weights(self) -> bool:
        """Say whether all components of a mixture have the same weight."""
        return self.chosen is not None and self.chosen.structure.equal_weights

    @property
    def by(self) -> Criterion:
        """Return what cells are ranked by."""
        return criterion_of(self.criterion)

    def ranked(self, n: int | None = None) -> list[Cell]:
        """Return the cells that may be chosen, the best first, at most ``n`` of them.

        Of equals, such as all structures of one family with one component, the tightest comes first.
        """
        eligible = [
            cell for cell in self.table if cell.eligible and self.by.value(cell) == self.by.value(cell)
        ]
        return sorted(eligible, key=lambda cell: (-self.by.value(cell), cell.n_parameters))[:n]

    def cell(self, structure: str, n_components: int) -> Cell:
        """Return the cell of a structure and a number of components.

        Raises
        ------
        KeyError
            If it is not in the table.
        """
        for cell in self.table:
            if (cell.structure, cell.n_components) == (structure, n_components):
                return cell
        raise KeyError(f"the table has no cell {structure},{n_components}")

    def to_frame(self) -> Any:
        """Return the table as a pandas DataFrame, a row a cell.

        Raises
        ------
        ModuleNotFoundError
            If pandas is missing, with the command that installs it.
        """
        try:
            pandas = import_module("pandas")
        except ModuleNotFoundError:
            raise ModuleNotFoundError("a data frame needs pandas: run pip install pandas") from None
        return pandas.DataFrame([cell.as_dict() for cell in self.table], columns=list(COLUMNS))

    def plot(self) -> Figure:
        """Draw the criterion against the number of components: see `mixtura.plot.selection`."""
        # pictures are drawn a floor above, which this room does not stand on
        drawn: Figure = import_module("mixtura.plot").selection(self)
        return drawn

    def __str__(self) -> str:
        return text(self)

    def __repr__(self) -> str:
        best = self.ranked(1)
        found = f"{best[0].structure},{best[0].n_components}" if best else "none"
        return f"<Selection of {len(self.table)} cells by {self.by.title}: {found}>"

    def _repr_html_(self) -> str:
        return html(self)
