"""Tests of numbers of components, one after another, within the structure that was chosen."""

import json

import numpy as np
import pytest

from mixtura import bootstrap_lrt, datasets, select
from mixtura.cli import main
from mixtura.inference.selection.testing import SequentialTest, check_testing

FAITHFUL = datasets.faithful().data
THREE = np.concatenate([np.random.default_rng(i).normal(8.0 * i, 1.0, 60) for i in range(3)])
SHORT = {"replicates": 19, "n_threads": 1}


@pytest.fixture(scope="module")
def three():
    return select(THREE, range(1, 6), structures="E", test=True, **SHORT)


def test_three_heaps_are_found_to_be_three(three):
    found = three.tests
    assert found.settled
    assert found.n_components == 3
    assert [test.n_components for test in found.tests] == [1, 2, 3]
    assert [test.p_value <= found.level for test in found.tests] == [True, True, False]
    assert found.structure == three.best.structure.name == "E"


def test_each_test_is_that_of_bootstrap_lrt(three):
    for test in three.tests.tests:
        alone = bootstrap_lrt(THREE, test.n_components, structure="E", replicates=1, n_jobs=1)
        assert test.statistic == pytest.approx(alone.statistic, rel=1e-6, abs=1e-4)


def test_the_choice_and_the_table_are_the_same_without_tests(three):
    plain = select(THREE, range(1, 6), structures="E")
    assert plain.tests is None
    assert [cell.bic for cell in plain.table] == [cell.bic for cell in three.table]
    assert plain.best.bic == three.best.bic


def test_it_is_printed_and_shown_in_a_notebook(three):
    shown = " ".join(str(three).split())
    assert "1 against 2 components (E): 2 log ratio" in shown
    assert "tests at level 0.05 stop at 3 components of E: p = " in shown
    assert "tests at level 0.05 stop at 3 components" in three._repr_html_()
    assert max(map(len, str(three).split("\n"))) <= 80


def test_tests_that_run_out_of_numbers_say_so():
    found = select(THREE, (1, 2, 4), structures="E", test=True, **SHORT)
    assert found.tests.n_components is None
    assert not found.tests.settled
    assert [test.n_components for test in found.tests.tests] == [1]
    assert "1 component of E rejected, p = 0.05, and 2 not tested; ask for more than 2" in str(
        found.tests.verdict()
    )


def test_weights_are_rows():
    values, counts = np.round(THREE[:120], 1), np.full(120, 2.0)
    twice = select(np.repeat(values, 2), (1, 2), structures="E", test=True, replicates=19, n_threads=1)
    weighted = select(values, (1, 2), structures="E", sample_weight=counts, test=True, **SHORT)
    np.testing.assert_allclose(
        weighted.tests.tests[0].statistic, twice.tests.tests[0].statistic, rtol=1e-6, atol=0
    )


def test_progress_is_told_for_every_sample():
    heard = []
    select(FAITHFUL[:, 0], (1, 2), structures="E", test=True, callback=heard.append, **SHORT)
    tests = [state for state in heard if state.doing.startswith("testing")]
    assert [state.doing for state in tests] == ["testing against 2 components"] * 19
    assert tests[-1].done == tests[-1].total
    assert (tests[0].structure, tests[0].n_components) == ("E", 1)


def test_ctrl_c_keeps_the_tests_that_are_complete():
    def stop(state):
        if state.doing == "testing against 3 components":
            raise KeyboardInterrupt

    found = select(THREE, (1, 2, 3), structures="E", test=True, callback=stop, **SHORT)
    assert found.interrupted
    assert [test.n_components for test in found.tests.tests] == [1]
    assert "the tests were interrupted" in str(found)
    assert "cells may have better maxima" not in str(found)


@pytest.mark.parametrize(
    ("components", "replicates", "level", "said"),
    [
        ([2, 4], 199, 0.05, "give 2 and 3"),
        ([3], 199, 0.05, "give 3 and 4"),
        ([1, 2], 0, 0.05, "use a whole number from 1, such as 199"),
        ([1, 2], 199, 1.0, "use a probability such as 0.05"),
        ([1, 2], 9, 0.05, "the smallest p-value of 9 replicates is 0.1; use at least 19 replicates"),
    ],
)
def test_options_are_checked(components, replicates, level, said):
    with pytest.raises(ValueError, match=said):
        check_testing(components, replicates, level)
    with pytest.raises(ValueError, match=said):
        select(FAITHFUL, components, test=True, replicates=replicates, level=level)


def test_nothing_to_test_is_said():
    assert SequentialTest("VVV", 0.05, ()).verdict() == (
        "no number of components of VVV could be tested against one more"
    )


def test_the_command_line_has_them_in_json_and_in_words(capsys, tmp_path):
    path = str(tmp_path / "x.csv")
    np.savetxt(path, THREE, fmt="%.17g", header="x", comments="")
    asked = ["select", path, "-k", "1:4", "-s", "E", "--test", "--replicates", "19", "--threads", "1"]
    assert main([*asked, "--json"]) == 0
    tests = json.loads(capsys.readouterr().out)["tests"]
    assert (tests["structure"], tests["level"], tests["n_components"]) == ("E", 0.05, 3)
    assert [test["n_components"] for test in tests["tests"]] == [1, 2, 3]
    assert {"statistic", "p_value", "replicates", "asked"} <= set(tests["tests"][0])
    assert main(asked) == 0
    assert "tests at level 0.05 stop at 3 components" in " ".join(capsys.readouterr().out.split())
    assert main([*asked, "--level", "0.01"]) == 2
    assert "use at least 99 replicates" in " ".join(capsys.readouterr().err.split())
