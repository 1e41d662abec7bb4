"""Places: the same rows wherever they lie give the same bits, and the same fit, selection and errors."""

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.feather
import pyarrow.parquet as pq
import pytest

import mixtura
from mixtura.model.forms import FORMS
from mixtura.model.parameters import Parameters
from mixtura.sources import ArraySource, StreamSource

N, D, K = 60_000, 3, 3
NAMES = ["a", "b", "c"]
KEPT, STREAMED = None, 0  # the memory that is allowed: the default, and none


@pytest.fixture(scope="module")
def rows():
    """Return rows (n, d) of three overlapping components, and weights (n,), some of them zero."""
    rng = np.random.default_rng(5)
    x = 1.5 * rng.normal(size=(K, D))[rng.integers(K, size=N)] + rng.normal(size=(N, D))
    return x, rng.integers(0, 3, size=N).astype(float)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, rows):
    """Return a folder with the rows as Parquet in parts, as CSV, JSON lines, Arrow and .npy."""
    x, w = rows
    path = tmp_path_factory.mktemp("places")
    frame = pd.DataFrame(x, columns=NAMES).assign(w=w, label=[f"row {i}" for i in range(N)])
    (path / "parts").mkdir()
    for i, part in enumerate(np.array_split(np.arange(N), 7)):
        frame.iloc[part].to_parquet(path / "parts" / f"part-{i}.parquet", row_group_size=3_000)
    frame.to_csv(path / "rows.csv", index=False)
    frame.to_json(path / "rows.jsonl", orient="records", lines=True, double_precision=15)
    pa.feather.write_feather(pa.Table.from_pandas(frame), path / "rows.arrow", compression="uncompressed")
    np.save(path / "rows.npy", x)
    return path


def table(folder):
    return pq.read_table(folder / "parts")


PLACES = {
    "folder": lambda folder: folder / "parts",
    "glob": lambda folder: str(folder / "parts" / "*.parquet"),
    "list": lambda folder: [folder / "parts" / f"part-{i}.parquet" for i in range(7)],
    "csv": lambda folder: str(folder / "rows.csv"),
    "arrow file": lambda folder: folder / "rows.arrow",
    "table": table,
    "dataset": lambda folder: ds.dataset(folder / "parts"),
    "readers": lambda folder: lambda: table(folder).to_reader(4_000),
    "relation": lambda folder: duckdb.sql(f"FROM '{folder}/parts/*.parquet'"),
}
every_place = pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)
every_memory = pytest.mark.parametrize("memory", [KEPT, STREAMED, 500_000], ids=["kept", "streamed", "some"])


def moments(source):
    """Return one pass under a mixture of two components."""
    means = np.random.default_rng(0).normal(size=(1, 2, D))
    return source.moments(
        Parameters(np.full((1, 2), 0.5), means, np.tile(np.eye(D), (1, 2, 1, 1))), FORMS["full"]
    )


def same_bits(one, other):
    for name in ("counts", "sums", "scatters", "loglik"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


@every_place
@every_memory
def test_every_place_gives_the_bits_of_the_array(place, memory, rows, folder):
    x, w = rows
    source = mixtura.open_source(place(folder), columns=NAMES, weights="w", memory=memory)
    assert isinstance(source, ArraySource if memory is KEPT else StreamSource)
    assert (source.names, source.n_given, source.n_rows) == (NAMES, N, int((w > 0).sum()))
    same_bits(moments(source), moments(ArraySource(x, w)))


@every_memory
def test_json_lines_are_read_to_the_digits_that_they_have(memory, rows, folder):
    x, w = rows
    source = mixtura.open_source(folder / "rows.jsonl", columns=NAMES, weights="w", memory=memory)
    np.testing.assert_allclose(moments(source).sums, moments(ArraySource(x, w)).sums, rtol=1e-11, atol=1e-9)


@every_memory
@pytest.mark.parametrize("opened", [str, lambda path: np.load(path, mmap_mode="r")], ids=["path", "map"])
def test_a_memory_map_is_read_in_place_or_a_part_at_a_time(opened, memory, rows, folder):
    source = mixtura.open_source(opened(folder / "rows.npy"), memory=memory)
    if memory is KEPT:
        base = source.x
        while not isinstance(base, np.memmap):
            base = base.base
        assert base.filename is not None
    else:
        assert isinstance(source, StreamSource)
    same_bits(moments(source), moments(ArraySource(rows[0])))


def test_a_memory_map_takes_weights_beside_it(rows, folder):
    x, w = rows
    mapped = np.load(folder / "rows.npy", mmap_mode="r")
    source = mixtura.open_source(mapped, w, memory=0)
    same_bits(moments(source), moments(ArraySource(x, w)))


def test_float32_stays_float32(tmp_path, rows):
    x = rows[0].astype(np.float32)
    pd.DataFrame(x, columns=NAMES).to_parquet(tmp_path / "single.parquet")
    for memory in (KEPT, STREAMED):
        source = mixtura.open_source(tmp_path / "single.parquet", memory=memory)
        same_bits(moments(source), moments(ArraySource(x)))
        assert source.summary.unit == np.finfo(np.float32).eps


@every_memory
@pytest.mark.parametrize("place", ["folder", "csv", "table", "relation"])
def test_rows_are_chosen_by_a_condition(place, memory, rows, folder):
    x, _ = rows
    source = mixtura.open_source(
        PLACES[place](folder), columns=["b", "a"], where="c > 0.5 AND label <> 'row 7'", memory=memory
    )
    chosen = (x[:, 2] > 0.5) & (np.arange(N) != 7)
    assert source.n_rows == chosen.sum()
    np.testing.assert_allclose(source.mean, x[chosen][:, [1, 0]].mean(axis=0), rtol=1e-12)


@every_place
def test_a_fit_from_a_start_has_the_bits_of_the_arrays(place, rows, folder):
    x, w = rows
    start = {"means": x[:K]}
    wanted = mixtura.fit_mixture(x, K, sample_weight=w, start=start)
    source = mixtura.open_source(place(folder), columns=NAMES, weights="w", memory=0)
    found = mixtura.fit_mixture(source, K, start=start)
    assert found.loglik == wanted.loglik
    for name in ("weights", "means", "covariances"):
        np.testing.assert_array_equal(getattr(found.mixture, name), getattr(wanted.mixture, name))
    errors = wanted.inference().standard_errors
    same = mixtura.infer(found, x=source).standard_errors
    np.testing.assert_array_equal(same.means, errors.means)


def test_fit_select_and_the_estimator_take_a_path(rows, folder):
    x, _ = rows
    frame = pd.DataFrame(x, columns=NAMES)
    frame.to_parquet(folder / "plain.parquet")
    path = str(folder / "plain.parquet")
    wanted = mixtura.fit_mixture(x, K)
    found = mixtura.fit_mixture(path, K)
    assert found.loglik == wanted.loglik
    assert mixtura.infer(wanted, x=path).standard_errors.means[0, 0] == pytest.approx(
        wanted.inference().standard_errors.means[0, 0], rel=1e-12
    )
    table = mixtura.select(path, [2, 3], structures=["EII", "VVV"], search="fast")
    assert table.best.bic == mixtura.select(x, [2, 3], structures=["EII", "VVV"], search="fast").best.bic
    model = mixtura.GaussianMixture(K, random_state=0).fit(path)
    assert model.fit_.loglik == mixtura.GaussianMixture(K, random_state=0).fit(x).fit_.loglik


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (lambda folder: folder / "nothing.parquet", ["nothing.parquet does not exist"]),
        (lambda folder: str(folder / "*.txt"), ["no file matches"]),
        (lambda folder: table(folder).to_reader(), ["only once", "function"]),
        (lambda folder: lambda: 3, ["returned int"]),
        (lambda folder: [folder / "rows.npy", folder / "rows.csv"], ["read them apart"]),
        (lambda folder: folder / "parts", ["label", "not numbers", "a, b, c, w"]),
        (lambda folder: folder, ["read them apart"]),
        (lambda folder: [], ["empty"]),
    ],
)
def test_what_cannot_be_opened_is_refused_in_words(x, words, folder):
    with pytest.raises(ValueError) as refused:
        mixtura.open_source(x(folder))
    assert all(word in str(refused.value) for word in words), str(refused.value)


@pytest.mark.parametrize("place", ["folder", "csv", "table", "readers", "relation"])
def test_weights_beside_data_that_lie_elsewhere_are_refused(place, folder):
    with pytest.raises(ValueError, match="weights="):
        mixtura.open_source(PLACES[place](folder), np.ones(N))


def test_a_missing_number_is_named_by_its_column_and_row(tmp_path, rows):
    frame = pd.DataFrame(rows[0], columns=NAMES)
    frame.loc[41_234, "b"] = np.nan
    frame.to_parquet(tmp_path / "holes.parquet", row_group_size=5_000)
    for memory in (KEPT, STREAMED):
        with pytest.raises(ValueError, match=r"row 41234; column b"):
            _ = mixtura.open_source(tmp_path / "holes.parquet", memory=memory).summary


@every_memory
@pytest.mark.parametrize("full", [0, 1, 2])
def test_a_part_may_have_all_rows_or_none(full, memory, tmp_path, rows):
    frame = pd.DataFrame(rows[0], columns=NAMES)
    for i in range(3):
        frame.iloc[: N if i == full else 0].to_parquet(tmp_path / f"part-{i}.parquet")
    source = mixtura.open_source(tmp_path, memory=memory)
    same_bits(moments(source), moments(ArraySource(rows[0])))


@every_memory
def test_no_rows_at_all_are_refused_in_words(memory, tmp_path, rows):
    pd.DataFrame(rows[0][:0], columns=NAMES).to_parquet(tmp_path / "none.parquet")
    with pytest.raises(ValueError, match=r"none.parquet: the data are empty"):
        _ = mixtura.open_source(tmp_path / "none.parquet", memory=memory).summary


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda batch: batch.set_column(1, "b", batch.column(1).cast("float32")), "b of type float"),
        (lambda batch: batch.drop_columns(["c"]), "no column c"),
    ],
)
def test_a_batch_of_other_columns_or_types_is_named(change, words, rows):
    batch = pa.RecordBatch.from_pandas(pd.DataFrame(rows[0], columns=NAMES))

    class Reader:
        schema = batch.schema

        def __iter__(self):
            return iter([batch, batch, change(batch)])

    with pytest.raises(ValueError, match=rf"batch 2 has .*{words}"):
        mixtura.open_source(Reader)


def test_the_callback_hears_how_far_a_read_has_come(folder):
    heard = []
    source = mixtura.open_source(folder / "parts", columns=NAMES, memory=0, callback=heard.append)
    _ = source.summary
    assert [state.read for state in heard] == [1] * len(heard)
    assert heard[-1].rows == heard[-1].n_rows == N
    assert heard[-1].left == 0.0
