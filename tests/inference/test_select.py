"""Selection: the table against mclust's, the choices that are published, what can go wrong."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

import mixtura
from mixtura import datasets, fit_mixture, select
from mixtura.em import Problem, maximise
from mixtura.inference.selection.nesting import contains
from mixtura.sources import ArraySource
from mixtura.structures.registry import STRUCTURES

REFERENCE = Path(__file__).parents[1] / "reference"
DATA = ["faithful", "iris", "acidity", "galaxies", "diabetes", "thyroid", "gvhd_control"]
MOST = {"gvhd_control": 6}  # components in mclust's table, 9 of the others


def rows_of(name):
    """Return the measurements of a data set (n, d)."""
    if name in datasets.__all__:
        return getattr(datasets, name)().data
    with open(REFERENCE / f"{name}.csv", encoding="utf-8") as file:
        return np.array(
            [[float(v) for key, v in row.items() if key != "label"] for row in csv.DictReader(file)]
        )


@pytest.fixture(scope="module")
def selected():
    """Return each data set's table at default settings, made once."""
    made = {}

    def table(name):
        if name not in made:
            made[name] = select(rows_of(name), range(1, MOST.get(name, 9) + 1))
        return made[name]

    return table


def mclust(name):
    """Yield the structure, size, parameters and log-likelihood of mclust's cells of structures that exist."""
    with open(REFERENCE / "mclust_bic.csv", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            if row["data"] == name and row["structure"] in STRUCTURES:
                yield (
                    row["structure"], int(row["n_components"]), int(row["n_parameters"]), float(row["loglik"])
                )  # fmt: skip


@pytest.mark.parametrize("name", DATA)
def test_no_cell_is_below_mclusts(selected, name):
    found = selected(name)
    for structure, k, size, loglik in mclust(name):
        cell = found.cell(structure, k)
        assert cell.n_parameters == size
        if cell.eligible:
            # mclust prints six decimals of a log-likelihood at which it has stopped early
            assert cell.loglik >= loglik - 1e-3, (structure, k)
        if k == 1:
            np.testing.assert_allclose(cell.loglik, loglik, rtol=1e-8, atol=1e-6)


def test_at_most_one_cell_in_twenty_is_degenerate_of_those_that_mclust_fits(selected):
    cells = [selected(name).cell(s, k) for name in DATA for s, k, _, _ in mclust(name)]
    assert sum(not cell.eligible for cell in cells) <= len(cells) / 20


@pytest.mark.parametrize("name", DATA)
def test_no_cell_is_below_a_model_that_it_contains(selected, name):
    found = selected(name)
    for cell in found.table:
        for other in found.table:
            within = contains(cell.structure, other.structure) and other.n_components <= cell.n_components
            if within and other.eligible:
                assert cell.loglik >= other.loglik - 1e-3, (cell, other)


@pytest.mark.parametrize(
    ("name", "structure", "k", "bic"),
    [
        # Scrucca et al. 2016, The R Journal 8, and mclust's documentation; galaxies is the best known maximum
        ("faithful", "EEE", 3, -2314.316),
        ("iris", "VVV", 2, -574.018),
        ("acidity", "E", 2, -392.071),
        ("galaxies", "V", 3, -441.612),
    ],
)
def test_the_choice_is_the_published_one_or_better(selected, name, structure, k, bic):
    found = selected(name)
    best = found.ranked(1)[0]
    assert best.bic >= bic - 1e-2
    assert (best.structure, best.n_components) == (structure, k) or best.bic > bic + 0.01
    assert found.best.bic == best.bic
    assert (found.best.structure.name, found.best.mixture.n_components) == (best.structure, best.n_components)
    assert found.best.converged


def test_the_alphas_are_one_component():
    found = select(datasets.alphas().data.ravel(), range(1, 4))
    assert found.best.mixture.n_components == 1


def test_the_best_is_no_worse_than_a_fit_of_its_own(selected):
    for name in ("faithful", "acidity", "galaxies"):
        best = selected(name).best
        own = fit_mixture(rows_of(name), best.mixture.n_components, structure=best.structure)
        assert best.loglik >= own.loglik - 1e-3


def test_cells_stand_at_their_maxima_and_the_best_is_confirmed(selected):
    found = selected("iris")
    for fit in (found.best, select(rows_of("iris"), range(1, 4), search="fast").best):
        assert fit.state.confirm
        assert fit.converged
    source = ArraySource(rows_of("iris"))
    for cell in found.table:
        if cell.eligible and cell.n_components <= 4:
            problem = Problem.of(source, STRUCTURES[cell.structure])
            run = maximise(problem, cell.parameters)
            assert run.loglik <= cell.loglik + 1e-3, cell


def test_a_few_rows_in_line_are_not_chosen(selected):
    # five eruptions lie in line to 1e-4 standard deviations: a component on them has the highest BIC
    cell = selected("faithful").cell("VVV", 3)
    line = 0.5 * (-2302.4 + cell.n_parameters * np.log(272))
    assert cell.eligible
    assert cell.loglik < line - 5.0
    assert selected("faithful").ranked(1)[0].structure == "EEE"


def test_criteria_are_those_of_their_definitions(selected):
    found = selected("iris")
    x = rows_of("iris")
    cell = found.cell("VVV", 3)
    mixture = mixtura.Mixture(cell.parameters.weights, cell.parameters.means, cell.parameters.covariances)
    r = mixture.responsibilities(x)
    np.testing.assert_allclose(cell.loglik, mixture.logpdf(x).sum(), rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(cell.bic, 2 * cell.loglik - 44 * np.log(150), rtol=1e-12, atol=0)
    np.testing.assert_allclose(cell.aic, 2 * cell.loglik - 2 * 44, rtol=1e-12, atol=0)
    # mclust's icl(): bic + 2 sum(C * log(z)), C the matrix of the most likely components
    np.testing.assert_allclose(cell.icl, cell.bic + 2 * np.log(r.max(1)).sum(), rtol=1e-10, atol=1e-9)
    entropy = -np.where(r > 0, r * np.log(np.maximum(r, 1e-300)), 0.0).sum()
    np.testing.assert_allclose(cell.entropy, entropy, rtol=1e-8, atol=1e-9)


def test_icl_and_aic_choose_by_their_own_numbers():
    x = rows_of("faithful")
    for criterion in ("icl", "aic"):
        found = select(x, range(1, 4), structures=["EEE", "VVV"], criterion=criterion)
        values = {id(cell): getattr(cell, criterion) for cell in found.table if cell.eligible}
        assert values[id(found.ranked(1)[0])] == max(values.values())
    # well separated rows: ICL and BIC agree on two components of Old Faithful
    assert select(x, range(1, 4), structures="VVV", criterion="icl").best.mixture.n_components == 2


def test_the_same_seed_gives_the_same_bits_for_any_number_of_threads():
    x = rows_of("faithful")
    tables = [select(x, range(1, 5), seed=3, n_threads=t).table for t in (1, 2, 1)]
    for others in tables[1:]:
        for a, b in zip(tables[0], others):
            assert (a.loglik, a.entropy, a.status) == (b.loglik, b.entropy, b.status)


def test_weight_two_is_a_row_twice():
    x = rows_of("faithful")[:60]
    weights = np.where(np.arange(60) % 3 == 0, 2.0, 1.0)
    weighted = select(x, range(1, 3), sample_weight=weights)
    repeated = select(np.repeat(x, weights.astype(int), axis=0), range(1, 3))
    for a, b in zip(weighted.table, repeated.table):
        np.testing.assert_allclose([a.bic, a.icl], [b.bic, b.icl], rtol=1e-6, atol=2e-3)


def test_what_cannot_be_fitted_has_a_reason_and_is_not_chosen():
    x = np.repeat(np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 5.0]]), 10, axis=0)
    found = select(x, [1, 2, 5])
    for cell in found.table:
        if cell.n_components == 5:
            assert (cell.status, cell.fitted, cell.eligible) == ("not fitted", False, False)
            assert "3 distinct rows" in cell.reason
            assert np.isnan(cell.loglik)
    assert found.best.mixture.n_components in (1, 2)
    assert "–" in str(found)


def test_degenerate_cells_are_marked_and_not_chosen():
    found = select(np.array([0.0, 0.0, 0.0, 1.0, 2.0, 5.0, 5.0, 9.0]), [1, 2, 5])
    cells = [cell for cell in found.table if cell.status == "degenerate"]
    assert cells
    assert all(cell.reason and not cell.eligible for cell in cells)
    assert "†" in str(found)
    assert not set(map(id, cells)) & set(map(id, found.ranked()))


def test_where_nothing_can_be_chosen_the_sentence_says_so():
    x = np.array([0.0, 0.0, 0.0, 1.0, 2.0, 5.0, 5.0, 9.0])
    found = select(x, [5], structures="V")
    assert found.chosen is None
    with pytest.raises(ValueError, match="no cell can be chosen"):
        _ = found.best
    assert "no cell can be chosen" in str(found)


def test_units_and_origins_change_no_choice():
    x = rows_of("faithful")
    found = select(x, range(1, 4))
    moved = select(x * [1e-7, 1e5] + [1.0, -1e6], range(1, 4))
    shift = len(x) * np.log(1e-7 * 1e5)
    for a, b in zip(found.table, moved.table):
        if a.structure in ("EEE", "VVV", "VVI"):  # a spherical family has a unit of its own
            np.testing.assert_allclose(b.loglik, a.loglik - shift, rtol=0, atol=2e-3)


@pytest.mark.parametrize("name", ["faithful", "acidity"])
def test_equal_weights_are_models_of_their_own(selected, name):
    x = rows_of(name)
    found = select(x, range(1, 5), equal_weights=True)
    assert found.equal_weights
    assert found.best.structure.equal_weights
    assert "weights are equal, 1/k each" in str(found).replace("\n  ", " ")
    for cell in found.table:
        k, free = cell.n_components, selected(name).cell(cell.structure, cell.n_components)
        assert cell.n_parameters == free.n_parameters - (k - 1)
        np.testing.assert_allclose(cell.parameters.weights, 1.0 / k, rtol=1e-15, atol=0)
        if cell.eligible and free.eligible:
            assert cell.loglik <= free.loglik + 1e-3, (
                cell
            )  # weights that are free contain those that are equal
        for other in found.table:
            if other.n_components == k and contains(cell.structure, other.structure) and other.eligible:
                assert cell.loglik >= other.loglik - 1e-3, (cell, other)
    best = found.ranked(1)[0]
    own = fit_mixture(x, best.n_components, structure=best.structure, equal_weights=True)
    assert best.loglik >= own.loglik - 1e-3
    assert not selected(name).equal_weights


def test_one_structure_and_one_number_are_a_table_too():
    found = select(rows_of("faithful"), 2, structures="tied")
    assert [(cell.structure, cell.n_components) for cell in found.table] == [("EEE", 2)]
    source = ArraySource(rows_of("faithful"))
    assert select(source, 2, structures=["EEE"]).best.bic == found.best.bic


def test_thorough_looks_at_every_cell():
    x = rows_of("acidity")
    fast, thorough = (select(x, range(1, 5), search=how) for how in ("fast", "thorough"))
    for a, b in zip(fast.table, thorough.table):
        assert b.loglik >= a.loglik - 1e-3
        assert a.n_components == 1 or b.n_starts > a.n_starts


def test_large_data_are_compared_on_a_sample_and_climbed_on_all_rows():
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(size=(20_000, 2)), rng.normal([6.0, 0.0], 0.5, size=(10_000, 2))])
    found = select(x, range(1, 4), search="fast")
    assert (found.best.structure.name, found.best.mixture.n_components) == ("VII", 2)
    own = fit_mixture(x, 2, structure="VII")
    np.testing.assert_allclose(found.best.loglik, own.loglik, rtol=0, atol=1e-3)


def test_many_rows_in_one_dimension_are_verified_on_the_rows():
    rng = np.random.default_rng(0)
    x = np.concatenate([rng.normal(size=40_000), rng.normal(5.0, 2.0, size=40_000)])
    found = select(x, range(1, 3), search="fast")
    cell = found.cell("V", 2)
    assert found.ranked(1)[0] is cell
    p = cell.parameters
    exact = mixtura.Mixture(p.weights, p.means, p.covariances).logpdf(x).sum()
    np.testing.assert_allclose(cell.loglik, exact, rtol=1e-10, atol=1e-6)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"n_components": [0]}, "n_components has 0"),
        ({"n_components": []}, "n_components is empty"),
        ({"n_components": [2.5]}, "n_components has 2.5"),
        ({"n_components": None}, "n_components is None"),
        ({"n_components": [40]}, "there are 20 rows for 40 components"),
        ({"structures": "XYZ"}, "covariance structure 'XYZ' is unknown"),
        ({"structures": []}, "structures is empty"),
        ({"structures": ["E"]}, "is for one dimension"),
        ({"criterion": "dic"}, "criterion is 'dic'; use one of bic, aic, icl, held_out"),
        ({"criterion": "icl", "cv": 3}, "criterion is 'icl' and cv is given"),
        ({"cv": 1}, "cv is 1; give a number of folds"),
        ({"cv": 21}, "cv is 21; give a number of folds from 2 to the 20 rows"),
        ({"cv": "five"}, "cv is 'five'"),
        ({"search": "long"}, "search is 'long'"),
        ({"tol": -1.0}, "tol is -1.0"),
    ],
)
def test_bad_input_is_one_sentence(options, sentence):
    x = np.random.default_rng(0).normal(size=(20, 2))
    with pytest.raises(ValueError, match=sentence.replace("(", r"\(").replace(")", r"\)")):
        select(x, **{"n_components": [1, 2], **options})
