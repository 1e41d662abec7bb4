"""What every peer's adapter runs: a process of its own that answers requests, a JSON object a line.

An adapter is a file ``peer_NAME.py`` that calls `serve` with one function,
``prepare(x, weights, means, covariances, structure) -> iterate``, where ``iterate(n)`` makes n EM iterations
from that start and returns weights (k,), means (k, d) and covariances (k, d, d) or variances (k, d).

This file is imported by interpreters of several environments: it needs Python >= 3.9 and NumPy, nothing else.
"""

from __future__ import annotations

import contextlib
import json
import os
import resource
import sys
import time
from importlib.metadata import version

import numpy as np


def threads() -> int:
    """Return the number of threads that every peer is given."""
    return int(os.environ.get("OMP_NUM_THREADS", os.cpu_count() or 1))


def peak() -> int:
    """Return the largest size in memory that this process has had since `forget_peak`, in bytes."""
    with contextlib.suppress(OSError), open("/proc/self/status") as status:
        for line in status:
            if line.startswith("VmHWM"):
                return int(line.split()[1]) * 1024
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size if sys.platform == "darwin" else size * 1024


def forget_peak() -> int:
    """Count the peak from the present size on, where the system can, and return it."""
    with contextlib.suppress(OSError), open("/proc/self/clear_refs", "w") as file:
        file.write("5")
    return peak()


def evaluation(method, x):
    """Time a fitted model's method, and tell the memory that it needs beside its answer."""
    before = forget_peak()
    kept = method(x)
    memory, times = max(0, peak() - before - kept.nbytes), []
    for _ in range(7):
        begin = time.perf_counter()
        kept = method(x)
        times.append(time.perf_counter() - begin)
    return {"seconds": times, "memory": memory}


def default_fits(kind, problem, times):
    """Time fits of an estimator class with its defaults, seeds in turn."""
    seconds = []
    for seed in range(times):
        begin = time.perf_counter()
        kind(len(problem["weights"]), random_state=seed).fit(problem["x"])
        seconds.append(time.perf_counter() - begin)
    return {"seconds": seconds}


def serve(prepare, distributions, extra=None):
    """Answer requests on standard input until it ends.

    ``load`` reads a problem, ``iterate`` makes n iterations and tells the seconds by the wall and by the
    processors, ``answer`` writes the last parameters to a file, ``peak`` tells the memory; a request named in
    ``extra`` calls that function with the problem and the request. What libraries print goes to standard
    error.
    """
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    problem, iterate, found = None, None, None
    tell(answers, {"versions": {name: version(name) for name in distributions}})
    for line in sys.stdin:
        request = json.loads(line)
        try:
            if request["do"] == "load":
                with np.load(request["path"]) as file:
                    problem = {name: file[name] for name in file.files}
                problem["structure"] = request["structure"]
                before = forget_peak()
                iterate = prepare(**problem)
                answer = {"before": before}
            elif request["do"] == "iterate":
                cpu, wall = time.process_time(), time.perf_counter()
                found = iterate(request["n"])
                answer = {"seconds": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
            elif request["do"] == "answer":
                np.savez(request["path"], weights=found[0], means=found[1], covariances=found[2])
                answer = {}
            elif request["do"] == "peak":
                answer = {"peak": peak()}
            else:
                answer = extra[request["do"]](problem, request)
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        tell(answers, answer)


def tell(answers, answer):
    """Write one answer."""
    answers.write(json.dumps(answer) + "\n")
    answers.flush()
