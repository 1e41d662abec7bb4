"""The pieces for those with a system of their own: moments that add, travel and finish."""

import json
import zlib

import numpy as np
import pytest

import mixtura
from mixtura.em import em_passes
from mixtura.model.moments import Moments
from mixtura.model.travelling import HEAD, MAGIC
from mixtura.sources import DistributedSource

from ..helpers import FAMILIES, overlapping, problem_of


def start(x, k=2):
    at = overlapping(len(x), x.shape[1], k)[1]
    return mixtura.Mixture(at.weights, at.means, at.covariances)


def parts_of(x, w=None):
    cuts = [0, 1, 50, 51, 200]
    return list(zip(np.split(x, cuts), np.split(np.ones(len(x)) if w is None else w, cuts), strict=True))


@pytest.mark.parametrize("name", FAMILIES)
def test_two_halves_of_a_step_are_the_loop_s_step(name):
    x, at = overlapping()
    problem = problem_of(x, name)
    at = (
        problem.admitted(at)
        if hasattr(problem, "admitted")
        else problem.structure.admitted(at, problem.floor)
    )
    evaluation = next(em_passes(problem, at.at(None)))
    wanted = evaluation.steps.at(0)
    whole = sum(mixtura.summarize(part, at, structure=name) for part, _ in parts_of(x))
    assert float(whole.loglik) == pytest.approx(float(evaluation.loglik[0]), rel=1e-13)
    summary = mixtura.open_source(x).summary
    found = mixtura.finish(whole, name, summary=summary, before=at)
    for part in ("weights", "means", "covariances"):
        np.testing.assert_allclose(getattr(found, part), getattr(wanted, part), rtol=1e-10, atol=1e-12)


def test_em_by_hand_ends_at_the_maximum():
    x, _ = overlapping(2000, apart=3.0)
    mixture, last = start(x), -np.inf
    while True:
        moments = sum(mixtura.summarize(part, mixture) for part, _ in parts_of(x))
        if float(moments.loglik) - last < 1e-10:
            break
        last, mixture = float(moments.loglik), mixtura.finish(moments)
    wanted = mixtura.fit_mixture(x, 2, start=mixture, tol=1e-9)
    assert float(moments.loglik) == pytest.approx(wanted.loglik, abs=1e-6)


def test_weights_and_stacks_are_summed_up_too():
    x, _ = overlapping()
    w = np.random.default_rng(0).integers(0, 3, len(x)).astype(float)
    pair = [start(x), mixtura.Mixture([0.3, 0.7], [[0, 0], [1, 1]], [np.eye(2)] * 2)]
    stack = sum(mixtura.summarize(part, pair, sample_weight=own) for part, own in parts_of(x, w))
    for i, mixture in enumerate(pair):
        one = mixtura.summarize(np.repeat(x, w.astype(int), axis=0), mixture)
        for name in ("counts", "sums", "scatters", "loglik"):
            np.testing.assert_allclose(getattr(stack.at(i), name), getattr(one, name), rtol=1e-11, atol=1e-11)
        np.testing.assert_allclose(mixtura.finish(stack)[i].means, mixtura.finish(one).means, rtol=1e-11)


def test_a_part_may_be_of_no_row_or_of_one():
    mixture = start(overlapping()[0])
    none = mixtura.summarize(np.empty((0, 2)), mixture)
    assert (float(none.counts.sum()), float(none.loglik)) == (0.0, 0.0)
    one = mixtura.summarize([[0.5, 1.0]], mixture)
    assert float(one.loglik) == pytest.approx(float(mixture.logpdf([0.5, 1.0])), rel=1e-13)


@pytest.mark.parametrize("structure", ["VVV", "EEE", "VVI", "VII"])
@pytest.mark.parametrize(
    ("there", "back"), [(Moments.to_bytes, Moments.from_bytes), (Moments.to_json, Moments.from_json)]
)
def test_moments_travel_to_the_bit(structure, there, back):
    x, _ = overlapping(d=3, k=3)
    for mixtures in (start(x, 3), [start(x, 3)] * 2):
        moments = mixtura.summarize(x, mixtures, structure=structure)
        found = back(there(moments))
        assert found.form is moments.form
        for name in ("means", "counts", "sums", "scatters", "loglik"):
            np.testing.assert_array_equal(getattr(found, name), getattr(moments, name))
            assert getattr(found, name).shape == getattr(moments, name).shape


def travelled():
    x, _ = overlapping()
    return mixtura.summarize(x, start(x))


def bytes_with(version=1, body=None):
    data = travelled().to_bytes()
    body = data[HEAD.size :] if body is None else body
    return HEAD.pack(MAGIC, version, zlib.crc32(body), len(body)) + body


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "no moments of mixtura's"),
        (b"mixtura.moments\0", "no moments of mixtura's"),
        (b"PK\3\4 something else altogether", "no moments of mixtura's"),
        (travelled().to_bytes()[:-1], "should; send it anew"),
        (travelled().to_bytes() + b"\0", "should; send it anew"),
        (travelled().to_bytes()[:-1] + b"\7", "checksum"),
        (bytes_with(version=2), "version 2 and this mixtura reads version 1"),
        (bytes_with(body=b"{}"), "damaged"),
        (bytes_with(body=b"\2\0\0\0{}"), "damaged"),
        (bytes_with(body=b"\xff\xff\xff\xff{}"), "damaged"),
    ],
)
def test_bytes_that_are_no_moments_are_refused_in_words(data, words):
    with pytest.raises(ValueError, match=words):
        Moments.from_bytes(data)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"format": "mixtura.mixture"}, "no moments"),
        ({"version": 2}, "version 2"),
        ({"version": True}, "version True"),
        ({"form": "round"}, "'round', none of full"),
        ({"counts": [1.0]}, r"counts have shape \(1,\) and should have \(2,\)"),
        ({"means": 3.0}, "means have shape"),
        ({"sums": "none"}, "sums are no array of numbers"),
        ({"loglik": float("nan")}, "not finite"),
        ({"scatters": [[1.0], [2.0, 3.0]]}, "scatters are no array of numbers"),
    ],
)
def test_json_that_is_no_moments_is_refused_in_words(change, words):
    with pytest.raises(ValueError, match=words):
        Moments.from_json(json.dumps(json.loads(travelled().to_json()) | change))


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "no valid|not valid JSON"), ("[1]", "no moments"), ('{"format": "mixtura.moments"}', "version")],
)
def test_text_that_is_no_moments_is_refused_in_words(text, words):
    with pytest.raises(ValueError, match=words):
        Moments.from_json(text)


def test_json_that_lacks_a_part_says_which():
    content = json.loads(travelled().to_json())
    del content["sums"]
    with pytest.raises(ValueError, match="they lack sums"):
        Moments.from_json(json.dumps(content))


def test_what_cannot_be_summed_up_or_finished_is_refused_in_words():
    x, _ = overlapping()
    with pytest.raises(ValueError, match="3 columns and the mixtures 2 features"):
        mixtura.summarize(np.ones((5, 3)), start(x))
    with pytest.raises(ValueError, match="NaN in 1 of 1 rows"):
        mixtura.summarize([[np.nan, 1.0]], start(x))
    with pytest.raises(ValueError, match="keep diagonal scatters and VVV needs full ones"):
        mixtura.finish(mixtura.summarize(x, start(x), structure="VVI"), "VVV")
    with pytest.raises(ValueError, match="add only"):
        _ = travelled() + mixtura.summarize(x, mixtura.Mixture([0.3, 0.7], [[0, 0], [1, 1]], [np.eye(2)] * 2))
    with pytest.raises(TypeError):
        sum([travelled()], start=1)


def test_a_map_of_one_s_own_is_a_source_like_any(tmp_path):
    x, _ = overlapping(3000, apart=3.0)
    w = np.random.default_rng(0).uniform(0.5, 2.0, len(x))
    for i, (part, own) in enumerate(parts_of(x, w)):
        np.savez(tmp_path / f"{i}.npz", x=part, w=own)

    def load(path):
        with np.load(path) as held:
            return held["x"], held["w"]

    def backwards(function, items):
        """Answer the last part first, as a system may."""
        return [function(item) for item in items[::-1]][::-1]

    paths = [tmp_path / f"{i}.npz" for i in range(6)]
    here = {"means": start(x).means}
    found = mixtura.fit_mixture(DistributedSource(paths, load, backwards, weighted=True), 2, start=here)
    wanted = mixtura.fit_mixture(x, 2, sample_weight=w, start=here)
    np.testing.assert_allclose(found.mixture.means, wanted.mixture.means, rtol=1e-7)
    np.testing.assert_allclose(
        found.inference().standard_errors.means, wanted.inference().standard_errors.means, rtol=1e-6
    )


def test_parts_that_change_between_reads_are_refused():
    x, _ = overlapping()
    reads = []

    def load(part):
        reads.append(part)
        return x[: 100 if len(reads) < 3 else 99]

    with pytest.raises(ValueError, match="partition 0 holds 99 rows in this read and held 100 in the first"):
        mixtura.fit_mixture(DistributedSource([0, 1], load), 2)


def test_there_is_at_least_one_part():
    with pytest.raises(ValueError, match="there are no parts"):
        DistributedSource([], np.load)
