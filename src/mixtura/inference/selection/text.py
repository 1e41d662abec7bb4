"""Text: the table as a person reads it, structures down and numbers of components across."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from textwrap import wrap
from typing import TYPE_CHECKING

from .cell import Cell
from .criteria import Criterion

if TYPE_CHECKING:
    from .result import Selection

WIDTH = 80
MARKS = "¹²³"  # of the best three
COLLAPSED = "†"
NOTHING = "–"
STEPS = (  # of twice the logarithm of a Bayes factor: Kass and Raftery 1995, JASA 90, section 3.2
    (2.0, "differences under 2 hardly count, so the data do not settle which"),
    (6.0, "differences of 2 to 6 are positive evidence, no more"),
    (10.0, "differences of 6 to 10 are strong evidence"),
    (float("inf"), "differences over 10 are very strong evidence"),
)


def text(selection: Selection, width: int = WIDTH) -> str:
    """Return the table, what its marks mean, and how far the runner-up is."""
    sentences = verdict(selection) + tests(selection)
    told = [line for sentence in sentences for line in wrapped(sentence, width)]
    return "\n".join([*grid(selection, width), "", *wrapped(legend(selection), width), "", *told])


def grid(selection: Selection, width: int = WIDTH) -> list[str]:
    """Return the lines of the table, in blocks of columns where it is too wide."""
    cells = {(cell.structure, cell.n_components): cell for cell in selection.table}
    names = list(dict.fromkeys(name for name, _ in cells))
    sizes = sorted({k for _, k in cells})
    marks = marked(selection)
    first = 1 + max(len("k"), *(len(name) for name in names))
    for places in (1, 0):
        shown = {key: figure(cell, selection.by, places) for key, cell in cells.items()}
        wide = 2 + max(len(one) for one in shown.values())
        if first + wide * len(sizes) <= width:
            break
    many = max(1, (width - first) // wide)
    lines: list[str] = []
    for start in range(0, len(sizes), many):
        block = sizes[start : start + many]
        lines += [""] if lines else []
        lines.append(f"{'k':<{first}}" + "".join(f"{k:>{wide - 1}} " for k in block).rstrip())
        for name in names:
            row = "".join(
                f"{shown[name, k]:>{wide - 1}}{marks.get((name, k), ' ')}"
                if (name, k) in shown
                else " " * wide
                for k in block
            )
            lines.append(f"{name:<{first}}{row}".rstrip())
    return lines


def marked(selection: Selection) -> dict[tuple[str, int], str]:
    """Return the marks of cells: the best three, and those that collapsed."""
    marks = {
        (cell.structure, cell.n_components): COLLAPSED
        for cell in selection.table
        if cell.fitted and not cell.eligible
    }
    for mark, cell in zip(MARKS, distinct(selection)):
        marks[cell.structure, cell.n_components] = mark
    return marks


def figure(cell: Cell, by: Criterion, places: int) -> str:
    """Return a cell's criterion with so many decimals."""
    value = by.value(cell)
    return f"{value:.{places}f}" if value == value else NOTHING


def legend(selection: Selection) -> str:
    """Return what the numbers and the marks are."""
    by, marks = selection.by, set(marked(selection).values())
    parts = [f"{by.title} = {by.sign}", f"{' '.join(MARKS)} the best three"]
    if selection.equal_weights:
        parts.insert(0, "weights are equal, 1/k each")
    if COLLAPSED in marks:
        parts.append(f"{COLLAPSED} degenerate: a component collapsed on a few rows, never chosen")
    if any(not cell.fitted for cell in selection.table):
        parts.append(f"{NOTHING} not fitted")
    return "; ".join(parts)


def verdict(selection: Selection) -> list[str]:
    """Return sentences on the choice: the best, and how far the runner-up is."""
    best = selection.ranked(1)
    if not best:
        return ["no cell can be chosen: each is degenerate or could not be fitted"]
    by = selection.by
    said = [f"{by.title} chooses {named(best[0])}: {by.value(best[0]):,.2f}"]
    if (second := runner_up(selection)) is not None:
        behind = by.value(best[0]) - by.value(second)
        words = f"the runner-up, {named(second)}, is {behind:.3g} behind"
        if by.name == "bic":
            words += f": {next(step for most, step in STEPS if behind < most)} (Kass and Raftery 1995)"
        elif by.name == "held_out" and behind < best[0].held_out_error:
            words += f", less than the best one's standard error of {best[0].held_out_error:.3g} over rows"
        said.append(words)
    if selection.interrupted and selection.tests is None:
        said.append("the search was interrupted: cells may have better maxima than those shown")
    return said


def tests(selection: Selection) -> list[str]:
    """Return sentences on the tests of numbers of components, one for each and one on where they lead."""
    if selection.tests is None:
        return []
    said = [str(test) for test in selection.tests.tests] + [selection.tests.verdict()]
    if selection.interrupted:
        said.append("the tests were interrupted: those shown are complete")
    return said


def runner_up(selection: Selection) -> Cell | None:
    """Return the next best cell that is another model than the best, if there is one."""
    return next(iter(distinct(selection)[1:]), None)


def distinct(selection: Selection) -> list[Cell]:
    """Return the cells that may be chosen, the best first, without those that are a better one once more.

    With one component all structures of a family are the same model.
    """
    kept: list[Cell] = []
    for cell in selection.ranked():
        if not any(cell.n_components == 1 == other.n_components and cell.n_parameters == other.n_parameters
                   for other in kept):  # fmt: skip
            kept.append(cell)
    return kept


def named(cell: Cell) -> str:
    """Return a cell in words."""
    many = "1 component" if cell.n_components == 1 else f"{cell.n_components} components"
    return f"{cell.structure} with {many}"


def wrapped(sentence: str, width: int) -> list[str]:
    """Break a sentence into lines."""
    return wrap(sentence, width, subsequent_indent="  ", break_on_hyphens=False)


def html(selection: Selection) -> str:
    """Return the table for a notebook."""
    cells = {(cell.structure, cell.n_components): cell for cell in selection.table}
    sizes = sorted({k for _, k in cells})
    marks = marked(selection)
    head = "".join(f"<th>{k}</th>" for k in sizes)
    rows = []
    for name in dict.fromkeys(name for name, _ in cells):
        row = "".join(_html_cell(cells.get((name, k)), selection.by, marks) for k in sizes)
        rows.append(f"<tr><th>{escape(name)}</th>{row}</tr>")
    told: Sequence[str] = [legend(selection), *verdict(selection), *tests(selection)]
    words = "".join(f"<p>{escape(sentence)}</p>" for sentence in told)
    return f"<table><thead><tr><th>k</th>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>{words}"


def _html_cell(cell: Cell | None, by: Criterion, marks: dict[tuple[str, int], str]) -> str:
    if cell is None:
        return "<td></td>"
    mark = marks.get((cell.structure, cell.n_components), "")
    shown = escape(figure(cell, by, 2))
    shown = f"<b>{shown}</b><sup>{MARKS.index(mark) + 1}</sup>" if mark and mark in MARKS else shown + mark
    return f'<td title="{escape(cell.reason or cell.status)}">{shown}</td>'
