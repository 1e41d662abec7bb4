"""The source contract: a source sums up, passes, samples and evaluates as the rows themselves do."""

import dask.array as da
import dask.dataframe as dd
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from scipy.stats import multivariate_normal

import mixtura
from mixtura import Mixture, fit_mixture
from mixtura._core import NotPositiveDefinite, twin
from mixtura.model.forms import FORMS
from mixtura.model.parameters import Parameters
from mixtura.sources import ArraySource, CompressedSource, PieceSource
from mixtura.sources.arrow import RecordBatches
from mixtura.sources.asked import Asked
from mixtura.sources.assigned import label_blocks
from mixtura.sources.keeping import copied
from mixtura.sources.stream import StreamSource
from mixtura.structures import STRUCTURES

N = 5_000


class Scattered(PieceSource):
    """A source of this test's own: rows in a list of arrays, some of them empty."""

    def __init__(self, x, sample_weight, cuts, n_threads=None):
        super().__init__(n_threads=n_threads)
        weights = [None] * (len(cuts) + 1) if sample_weight is None else np.split(sample_weight, cuts)
        self.parts = list(zip(np.split(x, cuts), weights, strict=True))

    def pieces(self):
        """Yield the parts in their order."""
        yield from self.parts


def pieces(x, w):
    """Return the rows cut anywhere, into pieces of no, one, few and many rows."""
    return Scattered(x, w, [0, 1, 1, 700, 1024, 1025, 2048, 4000])


def one_by_one(x, w):
    """Return the rows cut at every row of the first block, and then no more."""
    return Scattered(x, w, list(range(1, 1030)))


def cut(n):
    """Return how many of n rows are in each block elsewhere: none, one, few and many."""
    return 0, 1, n // 7, n // 4, n - 1 - n // 7 - n // 4


def dask_array(x, w):
    """Return the rows as a Dask array in uneven blocks, some of them of no row."""
    weights = None if w is None else da.from_array(w, chunks=(cut(len(x)),))
    return mixtura.open_source(da.from_array(x, chunks=(cut(len(x)), x.shape[1])), weights)


def dask_frame(x, w):
    """Return the rows as a Dask data frame in uneven partitions, with a column of their weights."""
    frame = pd.DataFrame({str(j): column for j, column in enumerate(x.T)})
    if w is not None:
        frame["w"] = w
    ends = np.cumsum(cut(len(x)))
    parts = [frame.iloc[start:end] for start, end in zip([0, *ends], ends)]
    return mixtura.open_source(
        dd.from_map(lambda i: parts[i], range(len(parts))), weights=None if w is None else "w"
    )


def batches(x, w):
    """Return the rows as record batches of different lengths."""
    columns = {str(j): x[:, j] for j in range(x.shape[1])} | ({} if w is None else {"w": w})
    table = pa.table(columns)
    asked = Asked(weights=None if w is None else "w")
    return RecordBatches(lambda: table.to_batches(max_chunksize=700), table.schema, asked, "the table")


def stream(x, w):
    """Return the rows as they come from elsewhere in every read."""
    return StreamSource(batches(x, w), 2**20)


def scratch(x, w):
    """Return the rows as they come from a copy on the disk."""
    return StreamSource(copied(batches(x, w), Asked()), 2**20)


IN_A_ROW = {"array": ArraySource, "pieces": pieces, "one by one": one_by_one}
IN_A_ROW |= {"stream": stream, "scratch": scratch}
ELSEWHERE = {"dask array": dask_array, "dask frame": dask_frame}
MAKERS = {**IN_A_ROW, **ELSEWHERE}
every_source = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
every_source_in_a_row = pytest.mark.parametrize("make", IN_A_ROW.values(), ids=IN_A_ROW)
every_source_elsewhere = pytest.mark.parametrize("make", ELSEWHERE.values(), ids=ELSEWHERE)
every_form = pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
every_dtype = pytest.mark.parametrize("dtype", [np.float64, np.float32])
every_weighting = pytest.mark.parametrize("weighted", ["unweighted", "weighted", "with zeros"])


def rows(d, dtype=np.float64, weighted="unweighted", n=N, seed=0):
    """Return rows of three components, and their weights."""
    rng = np.random.default_rng(seed)
    x = 2.0 * rng.normal(size=(3, d))[rng.integers(3, size=n)] + rng.normal(size=(n, d))
    w = {
        "unweighted": None,
        "weighted": rng.uniform(0.5, 2.0, size=n),
        "with zeros": rng.integers(0, 3, size=n).astype(float),
    }
    return x.astype(dtype), w[weighted]


def mixtures(d, k, m, form, seed=1):
    """Return a stack of mixtures that this form can see."""
    rng = np.random.default_rng(seed)
    roots = np.eye(d) + 0.4 * rng.normal(size=(m, k, d, d))
    stack = Parameters(
        rng.dirichlet(np.full(k, 4.0), size=m),
        2.0 * rng.normal(size=(m, k, d)),
        roots @ np.swapaxes(roots, -1, -2) + 0.2 * np.eye(d),
    )
    return form.restricted(stack)


def same_bits(one, other):
    for name in ("counts", "sums", "scatters", "loglik"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


@every_source
@every_dtype
@every_weighting
@pytest.mark.parametrize("d", [1, 4])
def test_the_summary_is_that_of_the_rows(make, dtype, weighted, d):
    x, w = rows(d, dtype, weighted)
    summary = make(x, w).summary
    omega = np.ones(N) if w is None else w
    used = x[omega > 0].astype(np.float64)
    mean = omega @ x.astype(np.float64) / omega.sum()
    assert summary.n_rows == len(used)
    assert summary.n_features == d
    assert summary.total_weight == pytest.approx(omega.sum(), rel=1e-13)
    np.testing.assert_allclose(summary.mean, mean, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(summary.variance, omega @ (x - mean) ** 2 / omega.sum(), rtol=1e-12)
    np.testing.assert_array_equal(summary.minimum, used.min(axis=0))
    np.testing.assert_array_equal(summary.maximum, used.max(axis=0))
    assert summary.unit == np.finfo(dtype).eps


@every_source
@every_form
@every_dtype
@every_weighting
@pytest.mark.parametrize(("d", "k", "m"), [(1, 2, 1), (3, 3, 4), (9, 2, 2)])
def test_moments_are_those_of_the_rows(make, form, dtype, weighted, d, k, m):
    x, w = rows(d, dtype, weighted)
    stack = mixtures(d, k, m, form)
    found = make(x, w).moments(stack, form)
    spreads = form.spreads(stack.covariances)
    wanted = twin.moments(x, w, stack.weights, stack.means, np.ascontiguousarray(spreads), form.name)
    size = (np.ones(N) if w is None else w).sum() * max(1.0, float(np.abs(x).max()) ** 2)
    for name, value in zip(("counts", "sums", "scatters", "loglik"), wanted, strict=True):
        np.testing.assert_allclose(
            getattr(found, name), value, rtol=1e-12, atol=1e-14 * size * d, err_msg=name
        )


@every_form
@every_dtype
@every_weighting
@pytest.mark.parametrize("d", [1, 3, 9])
def test_pieces_give_the_bits_of_the_whole(form, dtype, weighted, d):
    x, w = rows(d, dtype, weighted)
    stack = mixtures(d, 3, 2, form)
    whole = ArraySource(x, w, n_threads=1).moments(stack, form)
    for make in (pieces, one_by_one, stream, scratch):
        same_bits(make(x, w).moments(stack, form), whole)
    for threads in (2, 5):
        same_bits(ArraySource(x, w, n_threads=threads).moments(stack, form), whole)


@pytest.mark.parametrize("pieces_of", [1, 3, 25])
@pytest.mark.parametrize("threads", [1, 2, 5])
@every_form
def test_a_hundred_thousand_rows_give_the_same_bits_however_they_are_cut(form, threads, pieces_of):
    x, _ = rows(3, n=100_000)
    stack = mixtures(3, 3, 2, form)
    blocks = np.linspace(0, 97, pieces_of + 1).astype(int)[1:-1]
    source = Scattered(x, None, [1024 * b for b in blocks], n_threads=threads)
    same_bits(source.moments(stack, form), ArraySource(x, n_threads=1).moments(stack, form))


@every_source
def test_an_indefinite_covariance_is_named_before_any_row_is_read(make, monkeypatch):
    x, w = rows(2)
    stack = mixtures(2, 3, 3, FORMS["full"])
    stack.covariances[1, 2] = [[1.0, 2.0], [2.0, 1.0]]
    with pytest.raises(NotPositiveDefinite) as failure:
        make(x, w).moments(stack, FORMS["full"])
    assert (failure.value.mixture, failure.value.component) == (1, 2)


@every_source
@every_weighting
def test_a_sample_is_rows_that_count_drawn_once_and_by_weight(make, weighted):
    x, w = rows(2, weighted=weighted)
    source = make(x, w)
    drawn = source.sample(400, np.random.default_rng(3))
    kept = x if w is None else x[w > 0]
    assert drawn.shape == (400, 2)
    assert len({tuple(row) for row in drawn}) == 400
    assert {tuple(row) for row in drawn} <= {tuple(row) for row in kept}
    assert len(source.sample(10**9, np.random.default_rng(3))) == len(kept)
    # the mean of many draws is the weighted mean: five standard errors, and the plain mean is far from it
    lean = np.where(x[:, 0] > 0, 9.0, 1.0)
    leaning = make(x, lean)
    means = [leaning.sample(50, np.random.default_rng(seed))[:, 0].mean() for seed in range(60)]
    error = np.std(means) / np.sqrt(60)
    assert abs(np.mean(means) - lean @ x[:, 0] / lean.sum()) < 5 * error
    assert abs(np.mean(means) - x[:, 0].mean()) > 5 * error


@every_source
@every_weighting
def test_a_subsample_is_one_row_of_each_run_with_its_weight(make, weighted):
    x, w = rows(2, weighted=weighted)
    part = make(x, w).subsample(500, np.random.default_rng(0))
    kept = np.flatnonzero(np.ones(N) if w is None else w)
    place = {tuple(row): i for i, row in enumerate(x[kept])}
    at = np.array([place[tuple(row)] for row in part.x])
    run = len(kept) / 500 * np.arange(501)
    assert (at >= np.floor(run[:-1])).all()
    assert (at < run[1:]).all()
    if w is not None:
        np.testing.assert_array_equal(part.sample_weight, w[kept][at])
    whole = make(x, w)
    assert whole.subsample(10**9, np.random.default_rng(0)).n_rows == whole.n_rows


@every_source
@every_dtype
def test_rows_are_evaluated_in_their_order(make, dtype):
    x, w = rows(3, dtype, "with zeros")
    mixture = mixtures(3, 2, 1, FORMS["full"]).at(0)
    source, kept = make(x, w), x[w > 0].astype(np.float64)
    weighted = np.stack(
        [
            weight * multivariate_normal.pdf(kept, mean, covariance)
            for weight, mean, covariance in zip(mixture.weights, mixture.means, mixture.covariances)
        ]
    )
    np.testing.assert_allclose(
        source.evaluate(mixture, "log_density"), np.log(weighted.sum(0)), rtol=1e-11, atol=1e-11
    )
    np.testing.assert_allclose(
        source.evaluate(mixture, "responsibilities"), (weighted / weighted.sum(0)).T, rtol=1e-9, atol=1e-12
    )
    np.testing.assert_array_equal(source.evaluate(mixture, "labels"), weighted.argmax(0))


@every_source
def test_distinct_rows_are_counted_up_to_what_is_asked(make):
    x = np.repeat(np.array([[0.0, 1.0], [0.0, 2.0], [3.0, 1.0]]), 500, axis=0)
    assert make(x, None).n_distinct(5) == 3
    assert make(x, None).n_distinct(2) == 2


@every_source
@pytest.mark.parametrize(
    ("spoil", "sentence"),
    [
        (lambda x: x.__setitem__((4_500, 1), np.nan), "NaN"),
        (lambda x: x.__setitem__((slice(None), 1), 2.5), r"column 1 is constant \(2\.5\)"),
        (lambda x: x.__imul__(1e200), "so large"),
    ],
)
def test_what_cannot_be_fitted_is_refused_in_words(make, spoil, sentence):
    x, _ = rows(2)
    spoil(x)
    with pytest.raises(ValueError, match=sentence):
        _ = make(x, None).summary


@every_source_elsewhere
@every_weighting
def test_a_whole_fit_elsewhere_is_that_of_the_array_to_rounding(make, weighted):
    x, w = rows(2, weighted=weighted)
    start = {"means": 2.0 * np.random.default_rng(0).normal(size=(3, 2))}
    found = fit_mixture(make(x, w), 3, start=start, tol=1e-8)
    wanted = fit_mixture(x, 3, sample_weight=w, start=start, tol=1e-8)
    assert found.loglik == pytest.approx(wanted.loglik, rel=1e-13)
    for name in ("weights", "means", "covariances"):
        np.testing.assert_allclose(
            getattr(found.mixture, name), getattr(wanted.mixture, name), rtol=1e-10, atol=1e-10
        )


@every_source_elsewhere
def test_rows_elsewhere_are_drawn_as_an_array_s_are(make):
    x, _ = rows(3)
    for draw in (
        lambda source, rng: source.sample(50, rng),
        lambda source, rng: source.subsample(50, rng).x,
        lambda source, rng: source.rows(50, rng)[0],
    ):
        np.testing.assert_array_equal(
            draw(make(x, None), np.random.default_rng(4)), draw(ArraySource(x), np.random.default_rng(4))
        )


@every_source_in_a_row
@every_dtype
@pytest.mark.parametrize("name", STRUCTURES)
def test_a_whole_fit_is_that_of_the_array_in_every_structure(make, dtype, name):
    d = 1 if name in ("E", "V") else 2
    x, w = rows(d, dtype, "weighted")
    options = {"start": {"means": 2.0 * np.random.default_rng(0).normal(size=(3, d))}, "structure": name}
    found = fit_mixture(make(x, w), 3, compress=False, max_iter=15, **options)
    wanted = fit_mixture(x, 3, sample_weight=w, compress=False, max_iter=15, **options)
    assert found.loglik == wanted.loglik
    assert found.structure.name == name
    for part in ("weights", "means", "covariances"):
        np.testing.assert_array_equal(getattr(found.mixture, part), getattr(wanted.mixture, part))


@every_source
def test_a_fit_finds_starts_of_its_own_in_any_source(make):
    x, w = rows(2, weighted="weighted")
    one = fit_mixture(
        x, 3, sample_weight=w, start={"means": 2.0 * np.random.default_rng(0).normal(size=(3, 2))}
    )
    assert fit_mixture(make(x, w), 3).loglik > one.loglik - 1.0


def test_a_compressed_source_keeps_the_contract_to_the_width_of_its_cells():
    x, w = rows(1, weighted="weighted", n=60_000)
    exact = ArraySource(x, w)
    source = CompressedSource(exact)
    assert source.summary is exact.summary
    assert source.approximation is source
    assert source.exact is exact
    assert source.size < 20_000
    assert source.cost.evaluation(3) < exact.cost.evaluation(3)
    assert source.subsample(100, np.random.default_rng(0)) is source
    for form in FORMS.values():
        stack = mixtures(1, 3, 2, form)
        found, wanted = source.moments(stack, form), exact.moments(stack, form)
        for name in ("counts", "sums", "scatters", "loglik"):
            np.testing.assert_allclose(
                getattr(found, name), getattr(wanted, name), rtol=1e-7, atol=1e-3, err_msg=name
            )
    mixture = mixtures(1, 3, 1, FORMS["full"]).at(0)
    wanted = Mixture(mixture.weights, mixture.means, mixture.covariances).logpdf(x[:, 0])
    np.testing.assert_allclose(source.evaluate(mixture, "log_density"), wanted, rtol=1e-12)


def test_rows_in_memory_alone_give_the_moments_of_labels():
    x, _ = rows(2)
    labels = np.random.default_rng(0).integers(3, size=N)
    found = ArraySource(x).assigned(label_blocks(labels, 3), 3, FORMS["full"])
    np.testing.assert_array_equal(found.counts, np.bincount(labels))
    for c in range(3):
        own = x[labels == c]
        np.testing.assert_allclose(found.means[c], own.mean(0), rtol=1e-12, atol=1e-13)
        np.testing.assert_allclose(found.scatters[c] / len(own), np.cov(own.T, bias=True), rtol=1e-11)
    with pytest.raises(ValueError, match="need rows in memory"):
        pieces(x, None).assigned(label_blocks(labels, 3), 3, FORMS["full"])


@every_source
@every_weighting
def test_rows_at_hand_are_all_that_count_or_one_of_each_run(make, weighted):
    x, w = rows(2, weighted=weighted)
    counted = np.ones(len(x), bool) if w is None else w > 0
    source = make(x, w)
    held, weights = source.rows(10 * len(x), np.random.default_rng(0))
    np.testing.assert_array_equal(held, x[counted])
    assert (weights is None) == (w is None)
    if w is not None:
        np.testing.assert_array_equal(weights, w[counted])
    few, lighter = source.rows(20, np.random.default_rng(0))
    assert few.shape == (20, 2)
    assert few.dtype == np.float64
    assert {tuple(row) for row in few} <= {tuple(row) for row in held}
    assert lighter is None or lighter.shape == (20,)


def test_pieces_that_are_not_the_same_in_every_read_are_refused():
    class Once(PieceSource):
        def __init__(self, parts):
            super().__init__()
            self.parts = iter(parts)

        def pieces(self):
            yield from self.parts

    source = Once([(rows(2)[0], None)])
    assert source.n_given == N
    with pytest.raises(ValueError, match=r"hold 0 rows in this read and held 5000 in the first"):
        source.moments(mixtures(2, 2, 1, FORMS["full"]), FORMS["full"])


@every_source
def test_a_number_that_is_none_is_refused_in_a_row_of_weight_zero_too_and_its_row_named(make):
    x, w = rows(2, weighted="with zeros")
    at = int(np.flatnonzero(w[4_100:] == 0)[0]) + 4_100
    x[at, 0] = np.nan
    with pytest.raises(ValueError, match=rf"row {at};"):
        _ = make(x, w).summary


@every_source
@every_dtype
@every_weighting
@pytest.mark.parametrize("size", [1, 300, 10 * N])
def test_blocks_are_all_rows_that_count_in_their_order(make, dtype, weighted, size):
    x, w = rows(2, dtype, weighted)
    blocks = list(make(x, w).blocks(size))
    assert max(len(block) for block, _ in blocks) <= size
    kept = slice(None) if w is None else w > 0
    np.testing.assert_array_equal(np.concatenate([block for block, _ in blocks]), x[kept])
    assert all(block.dtype == np.float64 for block, _ in blocks)
    if w is not None:
        np.testing.assert_array_equal(np.concatenate([own for _, own in blocks]), w[kept])


@every_source_in_a_row
@every_weighting
def test_several_stacks_of_any_forms_are_answered_as_each_alone(make, weighted):
    x, w = rows(3, weighted=weighted)
    source = make(x, w)
    asked = [(mixtures(3, k, m, form), form) for form in FORMS.values() for k, m in ((1, 1), (3, 2))]
    for found, (stack, form) in zip(source.several(asked), asked, strict=True):
        same_bits(found, ArraySource(x, w).moments(stack, form))


@every_source_elsewhere
@every_form
@every_weighting
def test_weights_of_its_own_elsewhere_are_as_if_the_rows_had_them(make, form, weighted):
    x, w = rows(3, weighted=weighted)
    stack = mixtures(3, 2, 3, form)
    counted = np.arange(N) if w is None else np.flatnonzero(w)
    weights = [np.random.default_rng(i).uniform(0.5, 2.0, len(counted)) for i in range(3)]
    found = make(x, w).weighted_moments(stack, form, weights)
    wanted = ArraySource(x, w).weighted_moments(stack, form, weights)
    for name in ("counts", "sums", "scatters", "loglik"):
        np.testing.assert_allclose(getattr(found, name), getattr(wanted, name), rtol=1e-11, atol=1e-9)


@every_source_in_a_row
@every_form
@every_weighting
def test_weights_of_its_own_for_each_mixture_are_as_if_the_rows_had_them(make, form, weighted):
    x, w = rows(3, weighted=weighted)
    source, stack = make(x, w), mixtures(3, 2, 3, form)
    counted = np.arange(N) if w is None else np.flatnonzero(w)
    weights = [np.random.default_rng(i).uniform(0.5, 2.0, len(counted)) for i in range(3)]
    found = source.weighted_moments(stack, form, weights)
    for i, own in enumerate(weights):
        wanted = ArraySource(x[counted], own).moments(stack.at(i), form)
        for name in ("counts", "sums", "scatters", "loglik"):
            np.testing.assert_array_equal(getattr(found.at(i), name), getattr(wanted, name))


@every_source
def test_a_mixture_that_is_none_is_named_among_those_with_weights_of_their_own(make):
    x, _ = rows(2)
    form = FORMS["full"]
    stack = mixtures(2, 2, 3, form)
    covariances = stack.covariances.copy()
    covariances[1, 0] *= -1.0
    with pytest.raises(NotPositiveDefinite) as caught:
        make(x, None).weighted_moments(
            Parameters(stack.weights, stack.means, covariances), form, [np.ones(N)] * 3
        )
    assert (caught.value.mixture, caught.value.component) == (1, 0)


def test_rows_elsewhere_can_be_held_out():
    x, _ = rows(2, n=600)
    found, wanted = (
        mixtura.select(data, [1, 2], structures=["VVV"], cv=2, search="fast")
        for data in (da.from_array(x, chunks=(200, 2)), x)
    )
    assert found.cell("VVV", 2).held_out == pytest.approx(wanted.cell("VVV", 2).held_out, rel=1e-6)


@every_source
@every_weighting
def test_what_a_function_makes_of_blocks_is_added_up(make, weighted):
    x, w = rows(2, weighted=weighted)
    count, total = make(x, w).added(numbers_of, 300)
    kept = slice(None) if w is None else w > 0
    assert count == len(x[kept])
    omega = np.ones(len(x)) if w is None else w
    np.testing.assert_allclose(total, omega @ x, rtol=1e-11, atol=1e-10)


def numbers_of(rows, weights):
    """Return how many rows there are, and their sum by weight."""
    return len(rows), rows.sum(0) if weights is None else weights @ rows


@every_source_elsewhere
@every_weighting
def test_several_stacks_are_answered_elsewhere_in_one_read(make, weighted, monkeypatch):
    x, w = rows(3, weighted=weighted)
    source = make(x, w)
    asked = [(mixtures(3, k, m, form), form) for form in FORMS.values() for k, m in ((1, 1), (3, 2))]
    _ = source.summary
    reads, ask = [], type(source)._ask
    monkeypatch.setattr(type(source), "_ask", lambda *task: reads.append(task) or ask(*task))
    for found, (stack, form) in zip(source.several(asked), asked, strict=True):
        wanted = ArraySource(x, w).moments(stack, form)
        for name in ("counts", "sums", "scatters", "loglik"):
            np.testing.assert_allclose(getattr(found, name), getattr(wanted, name), rtol=1e-11, atol=1e-9)
    assert len(reads) == 1


@every_source_elsewhere
def test_errors_by_single_rows_and_overlap_are_made_where_rows_lie(make, monkeypatch):
    x, _ = rows(2)
    start = {"means": 2.0 * np.random.default_rng(0).normal(size=(3, 2))}
    monkeypatch.setattr("mixtura.sources.parted.PartedSource.blocks", None)
    found, wanted = (fit_mixture(data, 3, start=start) for data in (make(x, None), x))
    np.testing.assert_allclose(
        found.inference("sandwich").standard_errors.means,
        wanted.inference("sandwich").standard_errors.means,
        rtol=1e-5,
    )
    assert str(found.summary()).splitlines()[0] == str(wanted.summary()).splitlines()[0]
