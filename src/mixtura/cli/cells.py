"""Cells: whether a column of a query holds numbers, as what it is read, and what stands in the way."""

from __future__ import annotations

import re
from typing import Any

QUOTE, APOSTROPHE = '"', "'"
FLOATING = {"double", "float", "decimal"}
WHOLE = {"boolean", "bignum"}  # and every kind of integer
MOSTLY = 0.5  # of a column's cells: where more are numbers, those that are none are errors
SHOWN = 40  # characters of a cell that a message shows
THOUSANDS = re.compile(r"[+-]?\d{1,3}([,. '_\u00a0\u202f]\d{3})+([.,]\d+)?")
UNIT = re.compile(r"[^\w+-]?\s*[+-]?\d([\d.,]*\d)?\s*(%|[^\W\d_]{1,4}|[^\w\s])?")


def quoted(name: str, mark: str) -> str:
    """Return a name or text as SQL writes it."""
    return mark + name.replace(mark, mark + mark) + mark


def is_number(kind: Any) -> bool:
    """Say whether a type of DuckDB's is one of numbers."""
    return kind.id in FLOATING or kind.id in WHOLE or kind.id.endswith(("int", "integer"))


def numeric(relation: Any, name: str, kind: Any) -> bool:
    """Say whether a column is meant to hold numbers: one that mostly does has errors, and they are told."""
    if kind.id != "varchar":
        return is_number(kind)
    cells, texts = _counted(relation, name)
    return cells > 0 and texts <= (1 - MOSTLY) * cells


def number(relation: Any, name: str, kind: Any) -> str:
    """Return the expression that reads a column as numbers, or raise why it cannot be."""
    column = quoted(name, QUOTE)
    if kind.id == "float":
        return column
    if is_number(kind):
        return f"CAST({column} AS DOUBLE) AS {column}"
    if kind.id != "varchar":
        others = _others(relation, name) or "give columns of numbers"
        raise ValueError(f"column {name} holds values of type {kind}, not numbers; {others}")
    # Numbers may stand in a text column, as "inf" does in CSV.
    numbered = relation.project(f"row_number() OVER () AS place, {column} AS cell")
    wrong = numbered.filter("cell IS NOT NULL AND TRY_CAST(cell AS DOUBLE) IS NULL").limit(1).fetchall()
    if wrong:
        raise ValueError(_explain_text(relation, name, *wrong[0]))
    return f"CAST({column} AS DOUBLE) AS {column}"


def _explain_text(relation: Any, name: str, row: int, cell: str) -> str:
    """Say what the first text in a column is, and what to do: with errors among numbers, or with a column."""
    shown = cell if len(cell) <= SHOWN else cell[: SHOWN - 3] + "..."
    told = f'column {name} holds text ("{shown}" in data row {row})'
    cells, texts = _counted(relation, name)
    if texts <= (1 - MOSTLY) * cells:
        those = "it" if texts == 1 else "them"
        cure = f"correct {those}, or empty {those} and give --drop-missing"
        if cell.startswith('"'):
            cure = "close its quotation mark"
        cure += _others(relation, name, ", or ")
        return f"{told}, and {cells - texts:,} of its {cells:,} cells are numbers; {cure}"
    number = cell.strip()
    cure = ""
    if THOUSANDS.fullmatch(number):
        cure = "take out the marks between thousands, or "
    elif UNIT.fullmatch(number) and not number[-1].isdigit():
        cure = "write its numbers without the unit, or "
    none = "no column of numbers is there; check the separator and that each line has as many cells"
    return f"{told}; {cure}{_others(relation, name) or none}"


def _counted(relation: Any, name: str) -> tuple[int, int]:
    """Return how many cells a text column has that are not missing, and how many of them are no numbers."""
    column = quoted(name, QUOTE)
    texts = f"count({column}) FILTER (TRY_CAST({column} AS DOUBLE) IS NULL)"
    ((cells, wrong),) = relation.aggregate(f"count({column}), {texts}").fetchall()
    return cells, wrong


def _others(relation: Any, name: str, lead: str = "") -> str:
    """Say which columns to choose instead; nothing where there is no other."""
    numbers = [other for other, kind in zip(relation.columns, relation.types) if is_number(kind)]
    if not numbers:
        return ""
    if len(numbers) > 12:
        return f"{lead}leave it out with --exclude {for_shell(name)}, or all such columns with --numeric-only"
    return (
        f"{lead}leave it out with --exclude {for_shell(name)}, or choose columns of numbers with "
        f"--columns {for_shell(','.join(numbers))}"
    )


def for_shell(words: str) -> str:
    """Return words as a shell takes them for one."""
    return f'"{words}"' if re.search(r"[^\w.,-]", words) else words
