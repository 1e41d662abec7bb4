"""Opening: what people have finds its source, and what cannot be is refused in words."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

import mixtura
from mixtura.sources import ArraySource
from mixtura.sources.asked import size_of
from mixtura.sources.extras import need


def rows(n=500, d=3, seed=0):
    return np.random.default_rng(seed).normal(size=(n, d))


@pytest.mark.parametrize("frame", [pd.DataFrame, pl.DataFrame])
def test_columns_and_weights_of_a_frame_are_chosen_by_name(frame):
    x = np.abs(rows())
    source = mixtura.open_source(
        frame({"a": x[:, 0], "b": x[:, 1], "w": x[:, 2]}), columns=["b", "a"], weights="w"
    )
    wanted = ArraySource(x[:, [1, 0]], x[:, 2])
    np.testing.assert_array_equal(source.x, wanted.x)
    np.testing.assert_array_equal(source.sample_weight, wanted.sample_weight)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"columns": ["z"]}, ["no column z", "a, b, w"]),
        ({"columns": ["a", "a"]}, ["named twice"]),
        ({"columns": ["w"], "weights": "w"}, ["no column is left"]),
        ({"weights": "w", "sample_weight": np.ones(500)}, ["both given"]),
        ({"where": "a > 0"}, ["files and queries"]),
        ({"where": " "}, ["where is empty"]),
        ({"memory": "much"}, ["'much'", "1.5GiB"]),
        ({"memory": -1}, ["-1"]),
        ({"scratch": "/no/such/folder"}, ["/no/such/folder does not exist"]),
        ({"compress": "maybe"}, ["'maybe'"]),
    ],
)
def test_what_cannot_be_asked_is_refused_in_words(options, words):
    x = rows()
    with pytest.raises(ValueError) as refused:
        mixtura.open_source(pd.DataFrame({"a": x[:, 0], "b": x[:, 1], "w": x[:, 2]}), **options)
    assert all(word in str(refused.value) for word in words)


def test_an_array_has_no_names_to_choose_columns_by():
    with pytest.raises(ValueError, match="use a frame"):
        mixtura.open_source(rows(), columns=["a"])


@pytest.mark.parametrize("options", [{"sample_weight": np.ones(500)}, {"weights": "w"}, {"columns": "a"}])
def test_a_source_is_chosen_from_when_it_is_made(options):
    with pytest.raises(ValueError, match="when making it"):
        mixtura.open_source(mixtura.open_source(rows()), **options)


@pytest.mark.parametrize(
    ("text", "size"),
    [("1.5GiB", 3 * 2**29), ("500MB", 5 * 10**8), ("20 kB", 20_000), ("2k", 2000), (0, 0), (1e6, 10**6)],
)
def test_sizes_are_read_as_people_write_them(text, size):
    assert size_of(text) == size


@pytest.mark.parametrize("text", ["", "GB", "1.2.3GB", "5 parsecs", None, float("inf"), True])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(ValueError, match="memory is"):
        size_of(text)


def test_a_missing_package_is_named_by_what_installs_it():
    with pytest.raises(ValueError, match=r'reading that needs not_there: run pip install "mixtura\[files\]"'):
        need("not_there", "reading that", '"mixtura[files]"')
