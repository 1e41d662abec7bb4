"""The pool of threads: forks, memory and threads that cannot be had, and how many are asked for.

Two things no test holds: a fork within the few instructions in which another thread makes the pool, which
cannot be brought about from here (the pool is made without a lock, so there is none to be left held); and
that a waiting thread gives its core away, which shows in time alone.
"""

import os
import subprocess
import sys
import textwrap

import numpy as np
import pytest

from mixtura import _core
from mixtura._core import _native, native

SETTING = """
import os, resource, signal, threading
import numpy as np
from mixtura._core import native

x = np.random.default_rng(0).normal(size=(60_000, 2))
mixture = np.full((1, 2), 0.5), np.array([[[-1.0, 0.0], [1.0, 0.0]]]), np.tile(np.eye(2), (1, 2, 1, 1))

def passed(threads=4):
    return b"".join(part.tobytes() for part in native.moments(x, None, *mixture, "full", threads))
"""
# Whether a limit on memory means something: under AddressSanitizer, which reserves all there is, it does not.
LIMITED = sys.platform == "linux" and "libasan" not in os.environ.get("LD_PRELOAD", "")


def run(code, **options):
    """Run a program of its own; return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", SETTING + textwrap.dedent(code)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        **options,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_children_of_a_process_whose_thread_makes_the_pool_pass_over_their_rows():
    # Each child has no pool yet: a thread of its makes one while it forks grandchildren, who make their own.
    code = """
    wanted = passed(1)

    def grandchild():
        signal.alarm(30)
        os._exit(passed() != wanted)

    def child():
        signal.alarm(60)
        worker = threading.Thread(target=lambda: [passed() for _ in range(20)])
        worker.start()
        forks = []
        for _ in range(4):
            forks.append(os.fork())
            if forks[-1] == 0:
                grandchild()
        codes = [os.waitpid(fork, 0)[1] for fork in forks]
        worker.join()
        os._exit(any(codes) or passed() != wanted)

    codes = []
    for _ in range(25):
        pid = os.fork()
        if pid == 0:
            child()
        codes.append(os.waitpid(pid, 0)[1])
    print(codes.count(0), passed() == wanted)
    """
    assert run(code) == "25 True"


LITTLE_MEMORY = """
def little(megabytes):
    used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + megabytes * 2**20, resource.RLIM_INFINITY))

def enough():
    resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))

def refused(f, *arguments):
    try:
        f(*arguments)
    except MemoryError:
        return True
    return False
"""


@pytest.mark.parametrize("threads", [1, 4])
def test_memory_that_cannot_be_had_is_an_error_of_the_caller(threads):
    # All of it is asked for before a thread has work: none dies of it, or holds what the caller has left.
    code = """
    wanted = passed()
    wide = np.broadcast_to(np.float64(1.0), (30_000, 2_000_000))
    means = np.zeros((1, 4, 40_000 // 2)); variances = np.ones((1, 4, 40_000 // 2))
    rows = np.broadcast_to(np.float64(1.0), (20_000, 40_000 // 2))
    described = native.Description(2_000_000)
    one = native.Pass("diagonal", np.full((1, 4), 0.25), means, variances)
    kept = native.Pass("full", *mixture)
    kept.feed(x[:30_500], None, THREADS)
    little(100)
    print(
        refused(native.describe, wide, None, THREADS),
        refused(described.feed, wide, None, THREADS),
        refused(one.feed, rows, None, THREADS),
        passed() == wanted,
    )
    enough()
    kept.feed(x[30_500:], None, THREADS)
    print(b"".join(part.tobytes() for part in kept.finish()) == wanted)
    one.feed(rows[:1500], None, THREADS)  # of the refused piece nothing was taken
    print(float(one.finish()[0].sum()))
    """
    if LIMITED:
        printed = run(LITTLE_MEMORY + textwrap.dedent(code).replace("THREADS", str(threads)))
        assert printed.split() == ["True", "True", "True", "True", "True", "1500.0"]


def test_without_threads_to_be_had_the_caller_works_alone():
    # A stack of 4 GiB for each thread does not fit into the memory left.
    code = """
    import sys
    wanted = passed(1)
    little(1500)
    print(passed(4) == wanted, len(os.listdir("/proc/self/task")))
    """
    if LIMITED:
        import resource

        before = resource.getrlimit(resource.RLIMIT_STACK)
        resource.setrlimit(resource.RLIMIT_STACK, (4 * 2**30, before[1]))
        try:
            printed = run(
                LITTLE_MEMORY + textwrap.dedent(code), env={**os.environ, "OPENBLAS_NUM_THREADS": "1"}
            )
        finally:
            resource.setrlimit(resource.RLIMIT_STACK, before)
        assert printed.split() == ["True", "1"]


def test_no_more_threads_than_a_few_for_each_core_are_made():
    code = """
    wanted, before = passed(1), threading.active_count()
    print(passed(20_000) == wanted)
    if os.path.isdir("/proc/self/task"):
        print(len(os.listdir("/proc/self/task")) <= max(16, 4 * os.cpu_count()) + 8)
    """
    assert set(run(code).split()) == {"True"}


@pytest.mark.parametrize("asked", [2**31, 10**7, 2**70])
def test_more_threads_than_any_machine_runs_are_refused(asked, monkeypatch):
    with pytest.raises(ValueError, match=f"n_threads is {asked}, more threads than any machine runs"):
        _core.n_threads(asked)
    monkeypatch.setenv("MIXTURA_NUM_THREADS", str(asked))
    with pytest.raises(ValueError, match=f"MIXTURA_NUM_THREADS is {asked}"):
        _core.n_threads()


def test_many_threads_are_as_many_as_the_core_may_use(monkeypatch):
    assert _core.n_threads(7) == 7
    assert _core.n_threads(20_000) == _core.MOST_THREADS
    monkeypatch.setenv("MIXTURA_NUM_THREADS", "5000")
    assert _core.n_threads() == _core.MOST_THREADS


def test_the_module_takes_any_number_of_threads_as_one_it_can_have():
    x = np.random.default_rng(0).normal(size=(3000, 1))
    mixture = np.ones(1), np.zeros((1, 1)), np.ones((1, 1, 1))
    wanted = native.moments(x, None, *mixture, "full", 1)
    for threads in (-5, 0, 2**31, 2**62):
        for a, b in zip(native.moments(x, None, *mixture, "full", threads), wanted):
            np.testing.assert_array_equal(a, b)
    with pytest.raises(ValueError, match="n_threads is 0; wanted is 1 or more"):
        _native.multiply_add(1, 0)
