"""Scratch: a copy that reads back to the bit, has no name, and says when a disk is full."""

import errno
import gc
import logging
import os
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

import mixtura
from mixtura.sources.arrow import RecordBatches
from mixtura.sources.asked import Asked
from mixtura.sources.keeping import copied


def batches(n=10_000, weighted=True):
    rng = np.random.default_rng(0)
    table = pa.table({"a": rng.normal(size=n), "b": rng.normal(size=n), "w": rng.random(n)})
    asked = Asked(("a", "b"), "w" if weighted else None)
    return RecordBatches(
        lambda: table.to_batches(max_chunksize=900), table.schema, asked, "the table", n_rows=n
    )


@pytest.mark.parametrize("weighted", [True, False])
def test_rows_come_back_to_the_bit_and_leave_no_name(weighted, tmp_path):
    given = batches(weighted=weighted)
    copy = copied(given, Asked(scratch=str(tmp_path)))
    assert list(tmp_path.iterdir()) == []
    for _ in range(2):
        for place in (0, 1):
            one, other = ([piece[place] for piece in rows.pieces()] for rows in (given, copy))
            if place == 0 or weighted:
                np.testing.assert_array_equal(np.concatenate(one), np.concatenate(other))
            else:
                assert set(one) | set(other) == {None}
    assert copy.n_rows == 10_000


def test_two_may_read_a_copy_at_a_time(tmp_path):
    copy = copied(batches(400_000), Asked(scratch=str(tmp_path)))
    wanted = [x for x, _ in copy.pieces()]
    for (one, _), (other, _), x in zip(copy.pieces(), copy.pieces(), wanted, strict=True):
        np.testing.assert_array_equal(one, x)
        np.testing.assert_array_equal(other, x)


def test_the_room_is_given_back_with_the_copy(tmp_path):
    copy = copied(batches(), Asked(scratch=str(tmp_path)))
    number = copy._file.fileno()
    place = os.fstat(number).st_dev, os.fstat(number).st_ino
    del copy
    gc.collect()
    try:
        there = os.fstat(number)
    except OSError:
        return
    assert (there.st_dev, there.st_ino) != place  # a thread of another test has opened a file meanwhile


def test_its_size_is_said_beforehand(tmp_path, caplog):
    with caplog.at_level(logging.INFO, "mixtura"):
        copied(batches(), Asked(scratch=str(tmp_path)))
    assert caplog.messages == [f"copying the table to {tmp_path}, about 240 kB"]


def test_a_disk_that_is_full_is_said_to_be(tmp_path):
    copy = copied(batches(), Asked(scratch=str(tmp_path)))

    class Full:
        def write(self, data):
            raise OSError(errno.ENOSPC, "No space left on device")

    copy._file = Full()
    with pytest.raises(ValueError, match=r"is full after 240 kB of about 240 kB of the table; name a folder"):
        copy.add((np.zeros((10, 2)), np.ones(10)))


FILL = """
import sys
import mixtura
try:
    mixtura.open_source(sys.argv[1], memory=0, scratch=sys.argv[2])
except ValueError as problem:
    print(problem)
"""


def mounted(folder):
    """Mount a small tmpfs; say whether that is allowed here."""
    made = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1M", "tmpfs", str(folder)], capture_output=True
    )
    return made.returncode == 0


def test_a_tmpfs_that_fills_up_ends_in_a_sentence(tmp_path):
    """A packed file's size says nothing of its rows', so that only writing them tells."""
    import gzip

    scratch = tmp_path / "scratch"
    scratch.mkdir()
    lines = "a,b\n" + "".join(f"{i},{i * 7 % 1000}\n" for i in range(200_000))
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(gzip.compress(lines.encode()))
    small = mounted(scratch)
    try:
        if small:
            done = subprocess.run([sys.executable, "-c", FILL, path, scratch], capture_output=True, text=True)
            assert done.stderr == ""
            assert "is full after" in done.stdout
            assert "--scratch" in done.stdout
        else:  # the same without the right to mount: the file may not become larger
            import resource

            def limit():
                import signal

                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (2**20, 2**20))

            done = subprocess.run(
                [sys.executable, "-c", FILL, path, scratch], capture_output=True, text=True, preexec_fn=limit
            )
            assert "is full after" in done.stdout
        assert list(scratch.iterdir()) == []
    finally:
        if small:
            subprocess.run(["umount", str(scratch)], check=True)
    assert mixtura.open_source(path).n_rows == 200_000
