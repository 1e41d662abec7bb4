"""The page on clusters: its programs run as they stand, on parts that a test has written."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import mixtura

PAGE = Path(__file__).parents[2] / "docs" / "clusters.md"
PROGRAMS = [
    code for code in re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.S) if "spawn" in code
]


def test_there_are_two_programs_of_few_lines():
    assert len(PROGRAMS) == 2
    assert all(len([line for line in code.splitlines() if line.strip()]) <= 20 for code in PROGRAMS)


@pytest.mark.parametrize("code", PROGRAMS, ids=["a map", "by hand"])
def test_a_program_of_the_page_ends_at_the_maximum(code, tmp_path):
    rng = np.random.default_rng(0)
    means = np.array([[-6.0, 0.0], [0.0, 0.0], [6.0, 3.0]])
    x = means[rng.integers(3, size=4000)] + rng.normal(size=(4000, 2))
    for i, part in enumerate(np.split(x, 8)):
        np.save(tmp_path / f"part-{i}.npy", part)
    (tmp_path / "program.py").write_text(code)
    ran = subprocess.run(
        [sys.executable, "program.py"], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert ran.returncode == 0, ran.stderr
    told = [float(number) for number in re.findall(r"-\d{4,}\.\d+", ran.stdout.replace(",", ""))]
    assert told[0] == pytest.approx(mixtura.fit_mixture(x, 3).loglik, abs=0.01)
