"""Awkward files: the same small table as people have it, and tables that are no table.

Run as a script it writes all of them into a folder: ``python tests/cli/awkward.py FOLDER``.
"""

from __future__ import annotations

import gzip
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import duckdb
import numpy as np

# Twelve rows of two measurements; the second has gaps where a file is to have some.
TABLE = np.array([[round(0.5 * i + 0.25 * (i % 3), 2), round(20.0 - 1.5 * (i % 5), 2)] for i in range(12)])
NAMES = ("length", "width")
LINES = [f"{a},{b}" for a, b in TABLE.tolist()]
DAYS = [f"2024-03-{i + 1:02d}" for i in range(12)]


def joined(lines, header="length,width", end="\n"):
    """Return lines under a header as one text."""
    return end.join([header, *lines]) + end


def decimals(separator):
    """Return the table with decimal commas."""
    rows = [separator.join(f"{v}".replace(".", ",") for v in row) for row in TABLE.tolist()]
    return joined(rows, f"length{separator}width")


def beside(cells, name):
    """Return the table with another column before it."""
    return joined([f"{cell},{line}" for cell, line in zip(cells, LINES)], f"{name},length,width")


def with_line(place, line):
    """Return the table with another line in the place of one, counted from 1 below the header."""
    lines = list(LINES)
    lines[place - 1] = line
    return joined(lines)


def with_gaps(mark):
    """Return the table with a mark in the place of the width in the third and the seventh row."""
    lines = [f"{a},{mark if i in (2, 6) else b}" for i, (a, b) in enumerate(TABLE.tolist())]
    return joined(lines)


def wide(columns=500, rows=30):
    """Return a table of many columns; the last ten tell two groups of rows apart."""
    rng = np.random.default_rng(5)
    x = rng.normal(size=(rows, columns)).round(3)
    x[rows // 2 :, -10:] += 50
    return "\n".join([",".join(f"v{j}" for j in range(columns)), *(",".join(map(str, r)) for r in x)]) + "\n"


def zipped(path: Path) -> None:
    """Write an archive, as a spreadsheet is one."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")


def zstandard(path: Path) -> None:
    """Write the table packed as .zst."""
    with duckdb.connect() as connection:
        rows = ", ".join(f"({a}::DOUBLE, {b}::DOUBLE)" for a, b in TABLE.tolist())
        connection.execute(
            f"COPY (FROM (VALUES {rows}) t(length, width)) TO '{path}' (FORMAT csv, COMPRESSION zstd)"
        )


def cut_off(path: Path) -> None:
    """Write the half of a packed table of many rows, as a download that breaks off does."""
    with duckdb.connect() as connection:
        rows = "SELECT hash(i) % 1009 AS length, hash(-i) % 1013 AS width FROM range(200000) t(i)"
        connection.execute(f"COPY ({rows}) TO '{path}' (FORMAT csv, COMPRESSION zstd)")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])


def parquet(path: Path) -> None:
    """Write the table into a folder of Parquet files, as a cluster leaves it."""
    (path / "_logs").mkdir(parents=True)
    (path / "_SUCCESS").write_text("")
    (path / "_logs" / "part.csv").write_text("nothing\n")
    (path / ".hidden.csv").write_text("nothing\n")
    with duckdb.connect() as connection:
        for part, rows in enumerate((TABLE[:5], TABLE[5:])):
            values = ", ".join(f"({a}::DOUBLE, {b}::DOUBLE)" for a, b in rows.tolist())
            connection.execute(
                f"COPY (FROM (VALUES {values}) t(length, width)) TO '{path}/part-{part}.parquet'"
            )


def empty_among(path: Path) -> None:
    """Write a folder of two halves of the table and a file of no bytes."""
    path.mkdir()
    (path / "a.csv").write_text(joined(LINES[:6]))
    (path / "b.csv").write_text("")
    (path / "c.csv").write_text(joined(LINES[6:]))


def texts_alone(path: Path) -> None:
    """Write a folder without a table."""
    path.mkdir()
    (path / "letter.txt").write_text("Dear reader\n")


def nothing(path: Path) -> None:
    """Make a folder with nothing in it."""
    path.mkdir()


def damaged(packed):
    """Return packed bytes with some in their midst overwritten."""
    return packed[:40] + bytes(range(60)) + packed[100:]


SPACED = joined([f"{a:8.2f} {b:10.2f}" for a, b in TABLE.tolist()], "  length      width")
FILES: dict[str, str | bytes | Callable[[Path], None]] = {
    "plain.csv": joined(LINES),
    "semicolons.csv": joined(LINES).replace(",", ";"),
    "semicolons-commas.csv": decimals(";"),
    "tabs-commas.tsv": decimals("\t"),
    "tabs.csv": joined(LINES).replace(",", "\t"),
    "bars.csv": joined(LINES).replace(",", "|"),
    "one-column-commas.csv": joined([f"{a}".replace(".", ",") for a, _ in TABLE.tolist()], "length"),
    "spaces.txt": SPACED,
    "spaces-commas.txt": SPACED.replace(".", ","),
    "r-table.txt": joined(
        [f'"{i + 1}" {a} {b}' for i, (a, b) in enumerate(TABLE.tolist())], '"length" "width"'
    ),
    "r-csv.csv": joined([f'"{i + 1}",{line}' for i, line in enumerate(LINES)], '"","length","width"'),
    "latin.csv": joined(LINES, "länge,width").encode("latin-1"),
    "latin-late.csv": (
        "length,width,note\n" + "".join(f"{line},x\n" for line in LINES * 9000) + "1,2,é\n"
    ).encode("latin-1"),
    "utf16.csv": joined(LINES).encode("utf-16"),
    "mark.csv": b"\xef\xbb\xbf" + joined(LINES).encode(),
    "mark-spaces.txt": b"\xef\xbb\xbf" + SPACED.encode(),
    "crlf.csv": joined(LINES, end="\r\n").encode(),
    "cr.csv": joined(LINES, end="\r").encode(),
    "quoted.csv": joined([",".join(f'"{c}"' for c in line.split(",")) for line in LINES], '"length","width"'),
    "quoted-commas.csv": joined([f'"a, ""b""\nc",{line}' for line in LINES], "note,length,width"),
    "padded.csv": joined([line.replace(",", " , ") for line in LINES], "length , width"),
    "trailing.csv": joined([line + "," for line in LINES]),
    "trailing-all.csv": joined([line + "," for line in LINES], "length,width,"),
    "comments.csv": "# made by an instrument\n# in millimetres\n" + joined(LINES),
    "title.csv": "Measurements of spring\n" + joined(LINES),
    "blank-lines.csv": joined(LINES).replace("\n", "\n\n") + "\n\n",
    "no-header.csv": "\n".join(LINES) + "\n",
    "question.csv": with_gaps("?"),
    "dash.csv": with_gaps("-"),
    "excel-na.csv": with_gaps("#N/A"),
    "short-line.csv": with_line(3, "1.25"),
    "long-line.csv": with_line(11, "1.25,3,4"),
    "open-quote.csv": with_line(4, '"1.25,3'),
    "typo.csv": with_line(5, "2.O,14.0"),
    "units.csv": joined([line + " mm" for line in LINES]),
    "thousands.csv": joined([f'"1,{500 + 7 * i}",{i % 5}' for i in range(12)], "length,width"),
    "words.csv": beside([f"sample {i}" for i in range(12)], "name"),
    "dates.csv": beside(DAYS, "day"),
    "mixed.csv": joined(
        [f"{day},s{i},{i % 2 == 0},{line}" for i, (day, line) in enumerate(zip(DAYS, LINES))],
        "day,name,even,length,width",
    ),
    "id.csv": beside(range(1, 13), "id"),
    "shuffled-id.csv": beside([i * 7 % 13 + 100 for i in range(1, 13)], "sample_id"),
    "empty-column.csv": joined([line + "," for line in LINES], "length,width,remark"),
    "wide.csv": wide(),
    "packed.csv.gz": gzip.compress(joined(LINES).encode()),
    "packed-latin.csv.gz": gzip.compress(joined(LINES, "länge;width").replace(",", ";").encode("latin-1")),
    "packed.csv.zst": zstandard,
    "cut-off.csv.gz": gzip.compress(joined(LINES).encode())[:60],
    "damaged.csv.gz": damaged(gzip.compress(joined(LINES * 50).encode())),
    "cut-off.csv.zst": cut_off,
    "folder": parquet,
    "halves": empty_among,
    "letters": texts_alone,
    "bare": nothing,
    "book.xlsx": zipped,
    "archive.zip": zipped,
    "prose.csv": "Dear reader,\nthis is no table, and\nnever was one.\n",
    "nothing.csv": "",
}


def make(folder: Path) -> None:
    """Write every file into a folder."""
    for name, content in FILES.items():
        path = folder / name
        if callable(content):
            content(path)
        else:
            path.write_bytes(content.encode() if isinstance(content, str) else content)


if __name__ == "__main__":
    make(Path(sys.argv[1]))
