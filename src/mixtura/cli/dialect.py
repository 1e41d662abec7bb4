"""Dialect: what separates the cells of a text file, marks decimals, and how many cells a line has."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

SAMPLE = 400  # lines that tell a dialect
SPACES = " "  # stands for any run of spaces and tabs
SEPARATORS = (",", ";", "\t", "|", SPACES)
AGREEING = 0.5  # the share of lines that must have the same number of cells
CERTAIN = 0.15  # of the lines that agree, times of their cells those that are numbers: below, nothing is told
POINT = re.compile(r"\s*[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?\s*")
COMMA = re.compile(r"\s*[+-]?\d*,\d+([eE][+-]?\d+)?\s*")
WORD = re.compile(r'"(?:[^"]|"")*"(?=\s|$)|\S+')

MISSING = [
    "",
    "NA",
    "N/A",
    "n/a",
    "na",
    "#N/A",
    "<NA>",
    "NaN",
    "nan",
    "NULL",
    "null",
    "None",
    "?",
    "-",
    "--",
    ".",
]


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a text file is to be read."""

    separator: str
    decimal: str  # "." or ","
    width: int  # cells in most lines
    unnamed: bool = False  # the first line names one column less: R's write.table, with names of rows
    trailing: bool = False  # every line but the first ends with a separator


def tell(lines: Iterable[str], separators: Iterable[str] = SEPARATORS) -> Dialect | None:
    """Return the dialect of a table's first lines, or None where they are of one cell or agree on nothing.

    The separator is the one under which most lines have the same number of cells and most of these are
    numbers: a comma in ``1,5;2,5`` would give three cells too, of which one is no number.
    """
    sample = list(islice((line for line in lines if _tells(line)), SAMPLE))
    found, best = None, CERTAIN
    for separator in separators:
        rows = [row for _, row in cells(sample, separator)]
        if not rows:
            continue
        width, agreeing = Counter(map(len, rows)).most_common(1)[0]
        if width < 2 or agreeing < AGREEING * len(rows):
            continue
        body = [row for row in rows[1:] or rows if len(row) == width]
        points = sum(bool(POINT.fullmatch(cell)) for row in body for cell in row)
        commas = 0 if separator == "," else sum(bool(COMMA.fullmatch(c)) for row in body for c in row)
        gaps = sum(cell.strip() in MISSING for row in body for cell in row)
        score = agreeing / len(rows) * (0.1 + (points + commas + gaps / 2) / (len(body) * width or 1))
        if score > best:
            best = score
            fractions = sum("." in cell and bool(POINT.fullmatch(cell)) for row in body for cell in row)
            short = len(rows[0]) == width - 1 and len(body) == len(rows) - 1
            short = short and _kinds(body[0]) == _kinds(body[-1])  # else the first line is a title
            # One name over 1,5 may be that of a column with decimal commas.
            short = short and not (separator == "," and width == 2)
            trailing = short and all(row[-1] == "" for row in body)
            found = Dialect(
                separator, "," if commas > fractions else ".", width, short and not trailing, trailing
            )
    return found


def cells(lines: Iterable[str], separator: str) -> Iterator[tuple[int, list[str]]]:
    """Yield the number of a line, from 1, and its cells; lines without a cell are passed over."""
    if separator == SPACES:
        for number, line in enumerate(lines, 1):
            if row := [_unquoted(word) for word in WORD.findall(line)]:
                yield number, row
        return
    reader = csv.reader(lines, delimiter=separator)
    while True:
        before = reader.line_num
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error:  # a cell beyond what the module takes: no table of numbers
            yield before + 1, []
            return
        if row:
            yield before + 1, row


def _kinds(row: list[str]) -> list[bool]:
    """Return of each cell but the first whether it is a number or missing."""
    return [cell in MISSING or bool(POINT.fullmatch(cell) or COMMA.fullmatch(cell)) for cell in row[1:]]


def _tells(line: str) -> bool:
    return bool(line.strip()) and not line.startswith("#")


def _unquoted(word: str) -> str:
    return (
        word[1:-1].replace('""', '"') if word.startswith('"') and word.endswith('"') and word != '"' else word
    )
