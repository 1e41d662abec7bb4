"""Ahead: pieces come in order, problems where they are waited for, and no thread is left."""

import threading
import time

import pytest

from mixtura.sources.ahead import ahead


def threads():
    return [thread for thread in threading.enumerate() if thread.name == "mixtura reading"]


def test_pieces_come_in_their_order():
    assert list(ahead(lambda: iter(range(1000)))) == list(range(1000))
    assert threads() == []


def test_the_thread_reads_on_but_not_far():
    read = []

    def pieces():
        for i in range(100):
            read.append(i)
            yield i

    going = ahead(pieces, depth=2)
    assert next(going) == 0
    time.sleep(0.3)
    assert 2 <= len(read) <= 4
    going.close()
    assert threads() == []


def test_what_reading_raises_is_raised_behind_what_was_read():
    def pieces():
        yield 1
        raise ValueError("row group 3 is damaged")

    seen = []
    with pytest.raises(ValueError, match="row group 3"):
        seen.extend(ahead(pieces))
    assert threads() == []


@pytest.mark.parametrize("problem", [KeyboardInterrupt, ValueError])
def test_leaving_the_loop_ends_the_thread_and_closes_what_it_reads(problem):
    closed = []

    def pieces():
        try:
            while True:
                yield 0
        finally:
            closed.append(True)

    def work():
        for _ in ahead(pieces):
            raise problem

    with pytest.raises(problem):
        work()
    # the generator is closed when it is collected, which CPython does at once
    assert threads() == []
    assert closed == [True]


def test_a_read_that_takes_long_is_broken_off():
    broken = threading.Event()

    def pieces():
        yield 0
        broken.wait(60)
        yield 1

    going = ahead(pieces, cancel=broken.set)
    next(going)
    time.sleep(0.1)
    before = time.monotonic()
    going.close()
    assert time.monotonic() - before < 10
    assert threads() == []
