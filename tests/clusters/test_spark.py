"""Spark: partitions stay where they are, and a task that fails and is run again changes no bit."""

import warnings

import numpy as np
import pandas as pd
import pytest

import mixtura

from .conftest import COMPONENTS, ROWS
from .places import BLOCK, as_array, close, same_bits

pytestmark = pytest.mark.filterwarnings("ignore:PySpark does not yet fully support pandas:FutureWarning")


@pytest.fixture(scope="module")
def frame(spark, x):
    """Return the rows as a cached Spark data frame, in four partitions as Dask has them."""
    table = pd.DataFrame(x, columns=list("abcd"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        held = spark.createDataFrame(table).cache()
    assert held.count() == ROWS
    return held


def test_a_fit_on_spark_is_that_of_dask_s_same_blocks_to_the_bit(frame, x, start):
    source = mixtura.open_source(frame)
    assert [(part.index, part.given) for part in source._parts] == [(i, BLOCK) for i in range(ROWS // BLOCK)]
    found, there, here = (
        mixtura.fit_mixture(rows, COMPONENTS, start=start, max_iter=6) for rows in (source, as_array(x), x)
    )
    same_bits(found, there)
    close(found, here)
    errors = [fit.inference().standard_errors for fit in (found, there, here)]
    np.testing.assert_array_equal(errors[0].covariances, errors[1].covariances)
    np.testing.assert_allclose(errors[0].covariances, errors[2].covariances, rtol=1e-6, atol=0)


def test_a_task_that_fails_once_changes_no_bit(frame, start, tmp_path):
    """The second partition's worker fails in the third read, and only in its first attempt."""
    reads = tmp_path / "reads"

    def failing(batches):
        from pyspark import TaskContext

        context = TaskContext.get()
        if context.partitionId() == 1:
            with open(reads, "a+") as file:
                file.write(".")
                file.seek(0)
                if file.read() == "...":
                    raise OSError("a fault that was injected")
        yield from batches

    wanted = mixtura.fit_mixture(frame, COMPONENTS, start=start, max_iter=4)
    found = mixtura.fit_mixture(frame.mapInArrow(failing, frame.schema), COMPONENTS, start=start, max_iter=4)
    assert len(reads.read_text()) > 4
    same_bits(found, wanted)


def test_spark_draws_and_hands_out_the_rows_of_an_array(frame, x):
    source, wanted = mixtura.open_source(frame), mixtura.open_source(x)
    np.testing.assert_array_equal(
        source.sample(50, np.random.default_rng(3)), wanted.sample(50, np.random.default_rng(3))
    )
    np.testing.assert_array_equal(np.concatenate([rows for rows, _ in source.blocks(30_000)]), x)
    assert source.n_distinct(7) == 7


def test_spark_takes_columns_rows_and_weights_by_name(spark, x):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = pd.DataFrame(x[:1000], columns=list("abcd")).assign(w=np.arange(1000) % 3, i=range(1000))
        frame = spark.createDataFrame(table).coalesce(1)
    source = mixtura.open_source(frame, columns=["b", "a"], weights="w", where="i < 800")
    wanted = mixtura.open_source(x[:800, [1, 0]], table.w[:800])
    np.testing.assert_allclose(source.mean, wanted.mean, rtol=1e-13)
    assert (source.n_rows, source.n_given, source.total_weight) == (533, 800, 799)
    assert source.summary.n_features == 2


@pytest.mark.parametrize("method", ["predict", "responsibilities", "logpdf"])
def test_spark_s_rows_are_evaluated_where_they_lie(spark, frame, x, means, method):
    mixture = mixtura.Mixture(np.full(COMPONENTS, 0.2), means, np.tile(np.eye(4), (COMPONENTS, 1, 1)))
    found = getattr(mixture, method)(frame.limit(500))
    assert found.columns[:-1] == frame.columns
    values = np.array([row[-1] for row in found.collect()])
    np.testing.assert_array_equal(values, getattr(mixture, method)(x[:500]))


def test_what_spark_cannot_read_is_refused_in_words(spark, frame):
    with pytest.raises(ValueError, match="column name holds string, no numbers"):
        mixtura.open_source(spark.sql("select 1.5D as a, 'x' as name"))
    with pytest.raises(ValueError, match="there is no column z; the columns are a, b, c, d"):
        mixtura.open_source(frame, weights="z")
    with pytest.raises(ValueError, match="name the column of weights, as weights="):
        mixtura.open_source(frame, np.ones(ROWS))
    with pytest.raises(ValueError, match=r"partition \d+: Input X contains NaN .*column b"):
        _ = mixtura.open_source(
            spark.sql("select 1.5D as a, double('nan') as b union all select 1D, 2D")
        ).summary


def test_rows_that_change_between_reads_are_refused(spark, tmp_path):
    from pyspark.sql.functions import rand

    table = spark.range(2000).select(rand(1).alias("a"))

    def fewer(batches):
        from pyspark import TaskContext

        seen = tmp_path / str(TaskContext.get().partitionId())
        for batch in batches:
            yield batch.slice(0, batch.num_rows - 1) if seen.exists() else batch
        seen.touch()

    source = mixtura.open_source(table.mapInArrow(fewer, table.schema))
    assert source.n_rows == 2000
    with pytest.raises(
        ValueError, match=r"in this read and held \d+ in the first; the data must be the same"
    ):
        source.n_distinct(5)
