"""Tidying: text that DuckDB does not read by itself, written anew as CSV; and the line that fits nowhere."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterable, Iterator

from .dialect import SPACES, Dialect, cells

SHOWN = 60  # characters of a line that a message shows
SEPARATOR = ";"  # of what is written here


def needed(dialect: Dialect | None, encoding: str) -> bool:
    """Say whether a file must be written anew to be read."""
    odd = dialect is not None and (dialect.separator == SPACES or dialect.unnamed or dialect.trailing)
    return odd or encoding not in ("utf-8", "utf-8-sig")


def written(path: str, lines: Iterable[str], dialect: Dialect | None) -> str:
    """Write the lines of a file as UTF-8, its cells separated as ``SEPARATOR`` if its dialect is known."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        if dialect is None:
            file.writelines(lines)
        else:
            csv.writer(file, delimiter=SEPARATOR, lineterminator="\n").writerows(_rows(lines, dialect))
    return path


def _rows(lines: Iterable[str], dialect: Dialect) -> Iterator[list[str]]:
    plain = (line for line in lines if not line.startswith("#"))
    for first, (_, row) in enumerate(cells(plain, dialect.separator)):
        if not first and dialect.unnamed:
            row = ["row", *row]
        if first and dialect.trailing and row[-1] == "" and len(row) == dialect.width:
            row = row[:-1]
        yield row


def odd_line(lines: Iterable[str], dialect: Dialect, name: str) -> str | None:
    """Return a sentence on the first line that has not as many cells as the others, None if all have."""
    kept: list[str] = []

    def keeping() -> Iterator[str]:
        for line in lines:
            kept.append(line)
            yield line

    seen = 0
    for number, row in cells(keeping(), dialect.separator):
        text = kept[number - 1 - seen].rstrip("\r\n")
        seen += len(kept)
        kept.clear()
        expected = dialect.width - (number == 1 and (dialect.unnamed or dialect.trailing))
        if len(row) == expected or text.startswith("#"):
            continue
        shown = text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."
        count = f"{len(row)} cell{'' if len(row) == 1 else 's'}"
        cure = "correct or delete it"
        if number == 1 and dialect.separator == "," and dialect.width == 2:
            cure = "name both columns, delete the line, or write points where the commas mark decimals"
        if '"' in text and text.count('"') % 2:
            cure = "close its quotation mark"
        return (
            f"{name}, line {number} ({shown}) has {count} and most lines have {dialect.width} "
            f"(separated by {NAMES[dialect.separator]}); {cure}"
        )
    return None


NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars", SPACES: "spaces"}


def draft(folder: str, number: int) -> str:
    """Return the path of the file that is written in the place of the one of this number."""
    return os.path.join(folder, f"tidy-{number}.csv")
