"""Two million rows wherever they lie: one fit, one selection, one set of standard errors."""

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet as pq
import pytest

import mixtura
from mixtura.sources import ArraySource, StreamSource

N, D, K = 2_000_000, 4, 5
NAMES = [f"x{j + 1}" for j in range(D)]
STREAMED = 20_000_000  # bytes of rows in memory: a third of them


@pytest.fixture(scope="module")
def x():
    rng = np.random.default_rng(0)
    means = 2.5 * rng.normal(size=(K, D))
    scales = rng.uniform(0.7, 1.4, size=K)
    own = rng.integers(K, size=N)
    return means[own] + scales[own, None] * rng.normal(size=(N, D))


@pytest.fixture(scope="module")
def fit(x):
    return mixtura.fit_mixture(x, K)


@pytest.fixture(scope="module")
def folder(x, tmp_path_factory):
    """Return a folder with the rows in 50 Parquet files, as CSV and as .npy."""
    path = tmp_path_factory.mktemp("two-million")
    table = pa.table(dict(zip(NAMES, x.T, strict=True)))
    (path / "parts").mkdir()
    for i in range(50):
        pq.write_table(table.slice(i * N // 50, N // 50), path / "parts" / f"part-{i:02}.parquet")
    pyarrow.csv.write_csv(table, path / "rows.csv")
    np.save(path / "rows.npy", x)
    return path


PLACES = {
    "parquet": lambda folder: folder / "parts",
    "csv": lambda folder: folder / "rows.csv",
    "memory map": lambda folder: np.load(folder / "rows.npy", mmap_mode="r"),
}
every_place = pytest.mark.parametrize("place", PLACES.values(), ids=PLACES)


@every_place
def test_what_fits_into_memory_is_the_array_and_so_is_its_fit(place, folder, x):
    source = mixtura.open_source(place(folder))
    assert isinstance(source, ArraySource)
    np.testing.assert_array_equal(source.x, x)
    assert source.sample_weight is None


@every_place
def test_what_does_not_has_the_same_bits_from_the_same_start(place, folder, x, fit):
    source = mixtura.open_source(place(folder), memory=STREAMED)
    assert isinstance(source, StreamSource)
    start = fit._parameters
    found, wanted = (mixtura.fit_mixture(data, K, start=start) for data in (source, x))
    assert found.loglik == wanted.loglik
    for name in ("weights", "means", "covariances"):
        np.testing.assert_array_equal(getattr(found.mixture, name), getattr(wanted.mixture, name))


def test_with_a_search_of_its_own_it_ends_at_the_same_maximum_within_the_tolerance(folder, x, fit):
    source = mixtura.open_source(folder / "parts", memory=STREAMED)
    before = source.n_reads
    found = mixtura.fit_mixture(source, K)
    assert source.n_reads - before <= 12
    assert found.converged
    assert found.loglik == pytest.approx(fit.loglik, abs=2e-4)
    errors = fit.inference().standard_errors
    # 1e-4 nats ahead are 0.014 standard errors
    assert np.abs((found.mixture.means - fit.mixture.means) / errors.means).max() < 0.03
    np.testing.assert_allclose(found.inference().standard_errors.means, errors.means, rtol=1e-4)


def test_to_a_tight_tolerance_parameters_agree_to_ten_digits(folder, x):
    tight = {"tol": 1e-10, "reg_covar": None}
    source = mixtura.open_source(folder / "parts", memory=STREAMED)
    found, wanted = (mixtura.fit_mixture(data, K, **tight) for data in (source, x))
    for name in ("weights", "means", "covariances"):
        one, other = getattr(found.mixture, name), getattr(wanted.mixture, name)
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-8)
