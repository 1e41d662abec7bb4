"""The parts of a selection: nesting, soundness, held-out rows, the end by Ctrl-C, what people see."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.model_selection import KFold, ShuffleSplit

from mixtura import datasets, select
from mixtura.em import Problem, Settings
from mixtura.inference.selection import contenders
from mixtura.inference.selection.cell import COLUMNS
from mixtura.inference.selection.neighbours import doubled, merged, split
from mixtura.inference.selection.nesting import contains
from mixtura.inference.selection.soundness import DEGENERATE, SOUND, SPURIOUS, soundness
from mixtura.inference.selection.sweeps import Table
from mixtura.inference.selection.text import grid, text, verdict
from mixtura.model.parameters import Parameters
from mixtura.search.ground import Ground
from mixtura.sources import ArraySource
from mixtura.structures import structure


@pytest.fixture(scope="module")
def geyser():
    return datasets.faithful().data


@pytest.fixture(scope="module")
def small(geyser):
    return select(geyser, range(1, 4), structures=["EEE", "VVV"])


# Celeux and Govaert 1995, Pattern Recognition 28, table 1: lambda, A and D free or shared
NESTED = [
    ("VII", "EII"), ("EEI", "EII"), ("VEI", "VII"), ("VEI", "EEI"), ("EVI", "EEI"), ("VVI", "VEI"),
    ("VVI", "EVI"), ("EEE", "EEI"), ("VEE", "EEE"), ("EVE", "EEE"), ("VVE", "VVI"), ("EEV", "EEE"),
    ("VEV", "VEE"), ("VEV", "EEV"), ("EVV", "EVE"), ("VVV", "VVE"), ("VVV", "EVV"), ("VVV", "VEV"),
]  # fmt: skip
APART = [("VVI", "EEE"), ("EEE", "VII"), ("EVV", "VEV"), ("VEV", "EVV"), ("VVE", "EEV"), ("EII", "VII")]


def test_nesting_is_read_off_the_names():
    assert all(contains(richer, simpler) for richer, simpler in NESTED)
    assert not any(contains(one, other) for one, other in APART)


def test_a_component_twice_is_the_same_distribution_but_for_a_hair(geyser, small):
    ground = Ground(Problem.of(ArraySource(geyser), structure("VVV", 2)))
    cell = small.cell("VVV", 2)
    twice = doubled(ground, cell.parameters)
    np.testing.assert_allclose(ground.problem.evaluate(twice).loglik, cell.loglik, rtol=0, atol=1e-4)


def test_a_cell_is_raised_to_models_with_far_fewer_components(geyser):
    table = Table(
        Problem.of(ArraySource(geyser), structure("EEE", 2)), [structure("EEE", 2)], [2, 5], Settings(),
        np.random.default_rng(0),
    )  # fmt: skip
    table.search()
    small, large = table.seats["EEE", 2], table.seats["EEE", 5]
    large.run, large.level = replace(large.run, loglik=small.loglik - 1.0), SOUND
    table.mend()
    assert large.loglik >= small.loglik


def test_a_cell_is_raised_to_a_tighter_structure(geyser):
    families = [structure("EEE", 2), structure("VVV", 2)]
    table = Table(
        Problem.of(ArraySource(geyser), families[0]), families, [2], Settings(), np.random.default_rng(0)
    )
    table.search()
    tight, rich = table.seats["EEE", 2], table.seats["VVV", 2]
    rich.run = replace(rich.run, loglik=tight.loglik - 1.0)
    table.mend()
    # from the mixture of the tighter structure the richer climbs to the maximum that it had
    np.testing.assert_allclose(rich.loglik, -1130.26396018, rtol=0, atol=1e-3)


def test_neighbours_keep_the_weight_and_the_mean(geyser, small):
    ground = Ground(Problem.of(ArraySource(geyser), structure("VVV", 2)))
    mixture = small.cell("VVV", 3).parameters
    mean = mixture.weights @ mixture.means
    for stack, k in ((split(ground, mixture), 4), (merged(ground, mixture), 2)):
        assert stack.means.shape[1:] == (k, 2)
        np.testing.assert_allclose(stack.weights.sum(1), 1.0, rtol=1e-12, atol=0)
        means = np.einsum("mk,mkd->md", stack.weights, stack.means)
        np.testing.assert_allclose(means, np.broadcast_to(mean, means.shape), rtol=1e-10, atol=0)


def test_a_needle_of_few_rows_is_spurious_and_one_of_many_is_not():
    x = np.random.default_rng(0).normal(size=(1000, 2))
    problem = Problem.of(ArraySource(x), structure("VVV", 2))

    def mixture(weight, thickness):
        covariances = np.stack([np.eye(2), np.diag([1.0, thickness**2])])
        return Parameters(np.array([1.0 - weight, weight]), np.zeros((2, 2)), covariances)

    assert soundness(problem, mixture(0.005, 0.001)) == SPURIOUS
    assert soundness(problem, mixture(0.005, 0.1)) == SOUND
    assert soundness(problem, mixture(0.02, 0.001)) == SOUND
    assert soundness(problem, mixture(0.001, 0.001)) == DEGENERATE


def test_soundness_does_not_depend_on_units():
    x = np.random.default_rng(0).normal(size=(1000, 2))
    turn = np.array([[1e-5, 2e-5], [3.0, -1.0]])
    mixture = Parameters(
        np.array([0.995, 0.005]), np.zeros((2, 2)), np.stack([np.eye(2), np.diag([1.0, 1e-6])])
    )
    turned = Parameters(mixture.weights, mixture.means @ turn.T, turn @ mixture.covariances @ turn.T)
    problem = Problem.of(ArraySource(x @ turn.T), structure("VVV", 2))
    assert soundness(problem, turned) == SPURIOUS


def test_held_out_rows_are_scored_under_fits_that_have_not_seen_them(geyser):
    found = select(geyser, [2], structures=["EEE"], cv=KFold(4))
    total = 0.0
    for fit, held in KFold(4).split(geyser):
        inner = select(geyser[fit], [2], structures=["EEE"])
        total += float(inner.best.mixture.logpdf(geyser[held]).sum())
    cell = found.table[0]
    np.testing.assert_allclose(cell.held_out, total, rtol=0, atol=1e-2)
    assert cell.held_out < cell.loglik
    assert 0.0 < cell.held_out_error < 50.0
    assert found.criterion == "held_out"


def test_a_splitter_and_a_number_of_folds_choose_alike(geyser):
    by_number = select(geyser, range(1, 4), structures=["EEE", "VVV"], cv=5)
    by_splitter = select(
        geyser, range(1, 4), structures=["EEE", "VVV"], cv=ShuffleSplit(4, test_size=0.25, random_state=0)
    )
    for found in (by_number, by_splitter):
        assert found.best.mixture.n_components in (2, 3)
        assert "held-out log-likelihood chooses" in str(found)


def test_pairs_of_rows_are_parts_too(geyser):
    pairs = list(KFold(4).split(geyser))
    by_pairs, by_splitter = (select(geyser, [1], structures=["EEE"], cv=cv) for cv in (pairs, KFold(4)))
    assert by_pairs.table[0].held_out == by_splitter.table[0].held_out


def test_weight_zero_is_no_row_when_rows_are_held_out(geyser):
    weights = np.ones(272)
    weights[200:] = 0.0
    weighted = select(geyser, [1, 2], structures=["EEE"], cv=4, sample_weight=weights)
    shorter = select(geyser[:200], [1, 2], structures=["EEE"], cv=4)
    assert [cell.held_out for cell in weighted.table] == [cell.held_out for cell in shorter.table]


def test_ctrl_c_returns_what_is_there(geyser):
    seen = []

    def stop(state):
        seen.append(state)
        if state.structure == "EEE" and state.n_components == 2:
            raise KeyboardInterrupt

    found = select(geyser, range(1, 4), structures=["EEE", "VVV"], callback=stop)
    assert found.interrupted
    assert found.cell("EEE", 1).status == "converged"
    assert found.cell("EEE", 2).status == "iteration limit"
    assert found.cell("EEE", 2).loglik > found.cell("EEE", 1).loglik
    assert found.cell("VVV", 3).reason == "interrupted before it was fitted"
    assert "interrupted" in str(found)
    assert [state.done for state in seen] == list(range(1, len(seen) + 1))


def test_ctrl_c_before_anything_is_there_goes_on(geyser, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("mixtura.inference.selection.sweeps.Table.search", stop)
    with pytest.raises(KeyboardInterrupt):
        select(geyser, [2])


def test_progress_counts_up_to_its_total(geyser):
    states = []
    select(geyser, range(1, 4), structures=["EEE", "VVV"], callback=states.append)
    assert [state.done for state in states] == list(range(1, len(states) + 1))
    assert all(state.done <= state.total for state in states)


@pytest.mark.parametrize("width", [40, 60, 80])
def test_the_text_fits_its_width(geyser, width):
    found = select(geyser, range(1, 10), search="fast")
    lines = text(found, width).split("\n")
    assert max(map(len, lines)) <= width
    shown = "\n".join(lines)
    assert all(f" {k}" in shown for k in range(1, 10))
    assert all(mark in shown for mark in "¹²³")


def test_the_marks_stand_at_the_best_three(small):
    best = small.ranked(3)
    lines = {line.split()[0]: line for line in grid(small)}
    for mark, cell in zip("¹²³", best):
        assert f"{cell.bic:.1f}{mark}" in lines[cell.structure]


def test_models_that_are_the_same_with_one_component_are_no_runners_up():
    found = select(datasets.alphas().data.ravel(), [1, 2])
    assert found.ranked(2)[1].n_components == 1
    assert any("E with 2 components" in sentence for sentence in verdict(found))


def test_the_verdict_says_how_far_the_runner_up_is(small):
    first, second = small.ranked(2)
    sentence = verdict(small)[1]
    assert f"{first.bic - second.bic:.3g} behind" in sentence
    assert "Kass and Raftery 1995" in sentence


def test_the_frame_and_the_html_hold_every_cell(small):
    frame = small.to_frame()
    assert list(frame.columns) == list(COLUMNS)
    assert len(frame) == len(small.table) == 6
    html = small._repr_html_()
    assert html.count("<td") == 6
    assert "<b>" in html
    assert repr(small) == "<Selection of 6 cells by BIC: EEE,3>"


def test_a_cell_that_is_not_there_is_a_key_error(small):
    with pytest.raises(KeyError, match="VVV,9"):
        small.cell("VVV", 9)


def test_the_picture_has_a_line_a_structure_and_names_the_best(small):
    figure = small.plot()
    labels = [text.get_text() for text in figure.axes[0].get_legend().get_texts()]
    assert labels == ["EEE", "VVV"]
    assert "EEE, 3" in [text.get_text() for text in figure.axes[0].texts]


def test_cells_that_many_have_led_to_are_not_searched_anew_but_by_a_thorough_search(monkeypatch):
    asked = []

    def noted(seat, rng, effort):
        asked.append((seat.n_agreed, effort.settles))

    monkeypatch.setattr(contenders, "searched", noted)
    x = datasets.acidity().data
    select(x, range(1, 4))
    assert asked
    assert max(agreed for agreed, _ in asked) < contenders.SETTLED
    asked.clear()
    select(x, range(1, 4), search="thorough")
    assert max(agreed for agreed, settles in asked if not settles) >= contenders.SETTLED
