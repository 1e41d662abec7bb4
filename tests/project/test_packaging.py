"""What pyproject.toml declares is what the workflows build and test."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
CI = (ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8")
WHEELS = (ROOT / ".github/workflows/wheels.yml").read_text(encoding="utf-8")
PYTHONS = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', PROJECT)


def test_every_python_that_is_declared_is_tested_and_has_a_wheel():
    (tested,) = re.findall(r"python: \[(.+)\]", CI)
    assert re.findall(r"3\.\d+", tested) == PYTHONS
    (built,) = re.findall(r"^build = \[(.+)\]$", PROJECT, flags=re.MULTILINE)
    assert [f"cp{python.replace('.', '')}-*" for python in PYTHONS] == re.findall(r"cp\d+-\*", built)


def test_the_oldest_python_is_the_one_that_is_required():
    assert f'requires-python = ">={PYTHONS[0]}"' in PROJECT
    assert f"OLDEST_PYTHON={PYTHONS[0]}" in CI


@pytest.mark.parametrize("system", ["ubuntu-latest", "ubuntu-24.04-arm", "macos", "windows-latest"])
def test_every_system_has_wheels_and_tests(system):
    assert system in WHEELS
    assert system in CI


def test_there_are_no_wheels_for_32_bits_and_a_test_for_each():
    assert 'archs = ["auto64"]' in PROJECT
    assert "test-command" in PROJECT
    assert "test-skip" not in PROJECT


def test_every_requirement_says_from_which_version_on_or_which():
    parts = re.findall(r"^(?:dependencies|requires|cli|plot|test) = \[(.+)\]$", PROJECT, flags=re.MULTILINE)
    named = [name for part in parts for name in re.findall(r'"([^"]+)"', part)]
    assert len(named) > 14
    assert [name for name in named if not re.search(r">=\d|\[", name)] == []
