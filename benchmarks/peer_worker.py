"""What every peer's adapter runs: a process of its own that answers requests, a JSON object a line.

An adapter is a file ``peer_NAME.py`` that calls `serve` with one function,
``prepare(x, weights, means, covariances, structure) -> iterate``, where ``iterate(n)`` makes n EM iterations from
that start and returns weights (k,), means (k, d) and covariances (k, d, d) or variances (k, d).

This file is imported by interpreters of several environments: it needs Python >= 3.9 and NumPy, times else.
"""

from __future__ import annotations

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
    """Return the largest size in memory that this process ever had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


def evaluations(model, x):
    """Time a fitted model's score_samples and predict_proba, and tell what memory each adds beyond its answer."""
    answer = {}
    for name in ("score_samples", "predict_proba"):
        method, before = getattr(model, name), peak()
        times = [0.0] * 5
        kept = method(x)
        answer[name + " memory"] = max(0, peak() - before - kept.nbytes)
        for i in range(len(times)):
            begin = time.perf_counter()
            kept = method(x)
            times[i] = time.perf_counter() - begin
        answer[name] = times
    return answer


def serve(prepare, distributions, extra=None):
    """Answer requests on standard input until it ends.

    ``load`` reads a problem, ``iterate`` makes n iterations and tells the seconds by the wall and by the
    processors, ``answer`` writes the last parameters to a file, ``peak`` tells the memory; a request named in
    ``extra`` calls that function with the problem and the request. What libraries print goes to standard error.
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
                before = peak()
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
