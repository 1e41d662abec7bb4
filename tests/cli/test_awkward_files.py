"""Awkward files: each is read right, or answered by one line with the right cure."""

from __future__ import annotations

import re
import shlex

import numpy as np
import pytest
from tests.cli import awkward
from tests.cli.awkward import TABLE

from mixtura.cli import main
from mixtura.cli.choosing import Choice
from mixtura.cli.reading import read
from mixtura.sources.zstd import is_whole


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder that holds every awkward file."""
    folder = tmp_path_factory.mktemp("awkward")
    awkward.make(folder)
    return folder


GAPS = TABLE.copy()
GAPS[[2, 6], 1] = np.nan
COUNTED = np.column_stack([np.arange(1.0, 13.0), TABLE])

# What is read right: the file, the names of its columns, and its rows where they are not the table's own.
RIGHT = {
    "plain.csv": (["length", "width"], TABLE),
    "semicolons.csv": (["length", "width"], TABLE),
    "semicolons-commas.csv": (["length", "width"], TABLE),
    "tabs-commas.tsv": (["length", "width"], TABLE),
    "tabs.csv": (["length", "width"], TABLE),
    "bars.csv": (["length", "width"], TABLE),
    "spaces.txt": (["length", "width"], TABLE),
    "spaces-commas.txt": (["length", "width"], TABLE),
    "r-table.txt": (["row", "length", "width"], COUNTED),
    "r-csv.csv": (["column0", "length", "width"], COUNTED),
    "latin.csv": (["länge", "width"], TABLE),
    "utf16.csv": (["length", "width"], TABLE),
    "mark.csv": (["length", "width"], TABLE),
    "mark-spaces.txt": (["length", "width"], TABLE),
    "crlf.csv": (["length", "width"], TABLE),
    "cr.csv": (["length", "width"], TABLE),
    "quoted.csv": (["length", "width"], TABLE),
    "padded.csv": (["length", "width"], TABLE),
    "trailing.csv": (["length", "width"], TABLE),
    "comments.csv": (["length", "width"], TABLE),
    "blank-lines.csv": (["length", "width"], TABLE),
    "no-header.csv": (["column0", "column1"], TABLE),
    "question.csv": (["length", "width"], GAPS),
    "dash.csv": (["length", "width"], GAPS),
    "excel-na.csv": (["length", "width"], GAPS),
    "packed.csv.gz": (["length", "width"], TABLE),
    "packed-latin.csv.gz": (["länge", "width"], TABLE),
    "packed.csv.zst": (["length", "width"], TABLE),
    "folder": (["length", "width"], TABLE),
    "id.csv": (["id", "length", "width"], COUNTED),
}


@pytest.mark.parametrize("name", RIGHT)
def test_it_is_read_right(folder, name):
    names, rows = RIGHT[name]
    table = read([str(folder / name)])
    assert list(table.columns) == names
    np.testing.assert_array_equal(table.x, rows)


# What is read right when it is asked for rightly, as the answers below tell people to.
ASKED = {
    "quoted-commas.csv": Choice(exclude=["note"]),
    "latin-late.csv": Choice(numeric_only=True),
    "words.csv": Choice(numeric_only=True),
    "dates.csv": Choice(exclude=["day"]),
    "mixed.csv": Choice(columns=["length", "width"]),
    "empty-column.csv": Choice(numeric_only=True),
    "trailing-all.csv": Choice(exclude=["column2"]),
    "r-table.txt": Choice(exclude=["row"]),
    "shuffled-id.csv": Choice(exclude=["sample_id"]),
}


@pytest.mark.parametrize("name", ASKED)
def test_it_is_read_right_when_a_column_is_left_out(folder, name):
    table = read([str(folder / name)], ASKED[name])
    assert table.columns == ("length", "width")
    np.testing.assert_array_equal(table.x[:12], TABLE)
    assert len(table.x) == (108_001 if name == "latin-late.csv" else 12)


# What is answered: the command's options, and what its one line must say: where, what, and the cure.
ANSWERED = {
    "short-line.csv": (
        "",
        ["short-line.csv, line 4 (1.25) has 1 cell", "most lines have 2", "correct or delete it"],
    ),
    "long-line.csv": ("", ["line 12 (1.25,3,4) has 3 cells", "separated by commas", "correct or delete it"]),
    "one-column-commas.csv": ("", ["line 1 (length) has 1 cell", "write points where the commas mark"]),
    "title.csv": ("", ["line 1 (Measurements of spring) has 1 cell", "delete the line"]),
    "open-quote.csv": ("", ["in data row 4", "close its quotation mark"]),
    "typo.csv": (
        "",
        ['"2.O" in data row 5', "11 of its 12 cells are numbers", "correct it", "--drop-missing"],
    ),
    "typo.csv ": ("--numeric-only", ['"2.O" in data row 5', "correct it"]),
    "units.csv": ("", ['"20.0 mm" in data row 1', "without the unit"]),
    "thousands.csv": ("", ['"1,500" in data row 1', "take out the marks between thousands"]),
    "words.csv": ("", ["column name", '"sample 0"', "--exclude name", "--columns length,width"]),
    "dates.csv": ("", ["column day", "DATE", "--exclude day"]),
    "mixed.csv": ("-c length,name", ["column name", '"s0"', "--columns even,length,width"]),
    "latin-late.csv": ("", ["column note", "--exclude note"]),
    "empty-column.csv": ("", ["column remark is missing in all 12 rows", "--exclude remark"]),
    "question.csv": ("", ["column width is missing", "row 3, 7", "--drop-missing"]),
    "halves": ("", ["b.csv is empty (0 bytes)", "remove it, or name the others"]),
    "halves/*.csv": ("", ["b.csv is empty (0 bytes)", "remove it, or name the others"]),
    "letters": ("", ["holds no file that ends as CSV", "letter.txt", "name the files themselves"]),
    "bare": ("", ["holds no file", "it is empty"]),
    "book.xlsx": ("", ["an Excel workbook", "save the sheet as CSV"]),
    "archive.zip": ("", ["a ZIP archive", "unpack it first"]),
    "cut-off.csv.gz": ("", ["cut-off.csv.gz cannot be unpacked", "fetch or pack it anew"]),
    "damaged.csv.gz": ("", ["damaged.csv.gz cannot be unpacked", "fetch or pack it anew"]),
    "cut-off.csv.zst": ("", ["cut-off.csv.zst cannot be unpacked", "fetch or pack it anew"]),
    "prose.csv": ("", ["holds text", "no column of numbers is there", "check the separator"]),
    "nothing.csv": ("", ["nothing.csv is empty (0 bytes)"]),
}


@pytest.mark.parametrize("name", ANSWERED)
def test_it_is_answered_by_one_line_with_the_cure(capsys, monkeypatch, folder, name):
    options, phrases = ANSWERED[name]
    monkeypatch.chdir(folder)
    assert main(["fit", name.strip(), "-k", "1", *shlex.split(options)]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert re.fullmatch(r"mixtura: [^\n]+\n", captured.err)
    for phrase in phrases:
        assert phrase in captured.err


# What is fitted with a note on standard error, which names the cure.
NOTED = {
    "id.csv": ("", "column id counts the rows; leave it out with --exclude id"),
    "r-csv.csv": ("", "column column0 counts the rows; leave it out with --exclude column0"),
    "r-table.txt": ("", "column row counts the rows; leave it out with --exclude row"),
    "shuffled-id.csv": ("", "column sample_id has a number of its own in each row"),
    "question.csv": ("--drop-missing", "2 of 12 rows have a missing number and were left out"),
    "mixed.csv": ("--numeric-only -x even", "left out, as --numeric-only asks: day, name"),
}


@pytest.mark.parametrize("name", NOTED)
def test_it_is_fitted_with_a_note(capsys, folder, name):
    options, note = NOTED[name]
    assert main(["fit", str(folder / name), "-k", "1", "--json", *shlex.split(options)]) == 0
    assert f"mixtura: note: {note}" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["id.csv", "shuffled-id.csv"])
def test_no_note_where_the_column_was_asked_for(capsys, folder, name):
    columns = {"id.csv": "id,length", "shuffled-id.csv": "sample_id,width"}[name]
    assert main(["fit", str(folder / name), "-k", "1", "--json", "-c", columns]) == 0
    assert capsys.readouterr().err == ""


def test_every_file_is_judged(folder):
    judged = {*RIGHT, *ASKED, *NOTED, *(name.strip() for name in ANSWERED), "wide.csv"}
    assert set(awkward.FILES) <= judged
    assert len(awkward.FILES) >= 30


def test_a_wide_table_is_shortened_and_says_how_to_see_all(capsys, folder):
    """A table of 500 columns used to print 1,020 lines."""
    command = ["fit", str(folder / "wide.csv"), "-k", "2", "-s", "VII", "--n-init", "2"]
    assert main(command) == 0
    short = capsys.readouterr().out
    assert len(short.splitlines()) < 60
    assert all(f"v{j}" in short for j in range(490, 500))  # where the two groups differ
    assert "10 of 500 variables" in short
    assert "--full" in short
    assert main([*command, "--full"]) == 0
    assert len(capsys.readouterr().out.splitlines()) > 1000


def test_a_packed_file_is_whole_or_not_wherever_it_is_cut(folder, tmp_path):
    """DuckDB reads a .zst that is cut off as far as it goes, without a word."""
    whole = (folder / "packed.csv.zst").read_bytes()
    skippable = (0x184D2A53).to_bytes(4, "little") + (3).to_bytes(4, "little") + b"abc"
    path = tmp_path / "some.csv.zst"
    for content in (whole, whole + whole, skippable + whole, whole + skippable):
        path.write_bytes(content)
        assert is_whole(str(path))
        frames = {0, len(whole), len(skippable), len(content)}
        for end in set(range(1, len(content))) - frames:
            path.write_bytes(content[:end])
            assert not is_whole(str(path))
