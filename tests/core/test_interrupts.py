"""Ctrl-C: a pass ends in its midst, and what comes after it has the bits it always had."""

from __future__ import annotations

import signal
import time
from concurrent.futures import ThreadPoolExecutor
from threading import Timer

import numpy as np
import pytest

from mixtura._core import native

SIZES = (16_000, 100, 8)  # rows, features, components
N_MIXTURES = 12


@pytest.fixture(scope="module")
def passing():
    """Return the arguments of a pass of some seconds, what it yields, and how long it takes."""
    n, d, k = SIZES
    rng = np.random.default_rng(3)
    x = rng.normal(size=(n, d))
    weights = np.full((N_MIXTURES, k), 1.0 / k)
    means = 0.05 * rng.normal(size=(N_MIXTURES, k, d))  # one within the other: every component sees every row
    spreads = np.broadcast_to(np.eye(d), (N_MIXTURES, k, d, d)).copy()
    arguments = (x, None, weights, means, spreads, "full")
    before = time.perf_counter()
    found = native.moments(*arguments)
    return arguments, found, time.perf_counter() - before


def with_ctrl_c(seconds, function):
    """Run a function, and have Ctrl-C come after so many seconds: in its midst, or a little later."""
    timer = Timer(seconds, signal.raise_signal, [signal.SIGINT])
    timer.start()
    try:
        function()
        for _ in range(1000):  # a signal that another thread sends wakes no sleep
            time.sleep(0.01)
    finally:
        timer.join()


def same(found, expected):
    """Check that two passes yield the same bits."""
    for one, other in zip(found, expected):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("n_threads", [1, 2, 3])
def test_a_pass_ends_early_and_the_next_has_the_same_bits(passing, n_threads):
    """Ctrl-C was heard only after a pass: 7.8 s in 30,000 x 400 with ten components."""
    arguments, expected, seconds = passing
    before = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        with_ctrl_c(0.1 * seconds, lambda: native.moments(*arguments, n_threads))
    assert time.perf_counter() - before < 0.8 * seconds
    same(native.moments(*arguments, n_threads), expected)


def test_a_pass_that_was_broken_off_takes_no_more_pieces(passing):
    (x, _, *mixture, form), _, seconds = passing
    fed = native.Pass(form, *mixture)
    with pytest.raises(KeyboardInterrupt):
        with_ctrl_c(0.1 * seconds, lambda: fed.feed(x))
    with pytest.raises(ValueError, match="finished"):
        fed.feed(x)
    with pytest.raises(ValueError, match="finished"):
        fed.finish()


def test_densities_end_early(passing):
    (x, _, weights, means, spreads, form), _, _ = passing
    rows = np.tile(x, (10, 1))

    def evaluate():
        native.densities(rows, weights[0], means[0], spreads[0], form, "log_density")

    before = time.perf_counter()
    evaluate()
    seconds = time.perf_counter() - before
    before = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        with_ctrl_c(0.1 * seconds, evaluate)
    assert time.perf_counter() - before < max(0.8 * seconds, 0.5)


def test_a_handler_of_signals_may_make_a_pass_of_its_own(passing):
    """It runs while the threads are at work for the pass that it came into."""
    arguments, expected, seconds = passing
    x, _, weights, means, spreads, form = arguments
    small = (x[:2000], None, weights[0], means[0], spreads[0], form)
    made = []

    def handle(number, frame):
        made.append(native.moments(*small, 2))

    before = signal.signal(signal.SIGINT, handle)
    try:
        timer = Timer(0.2 * seconds, signal.raise_signal, [signal.SIGINT])
        timer.start()
        found = native.moments(*arguments, 2)
        timer.join()
    finally:
        signal.signal(signal.SIGINT, before)
    same(found, expected)
    (own,) = made
    same(own, native.moments(*small))


def test_a_pass_in_another_thread_is_not_disturbed(passing):
    """Python hears signals in its main thread alone."""
    arguments, expected, seconds = passing
    with ThreadPoolExecutor(1) as worker:
        running = worker.submit(native.moments, *arguments, 2)
        with pytest.raises(KeyboardInterrupt):
            with_ctrl_c(0.2 * seconds, lambda: None)
        same(running.result(), expected)
