"""Which build of the kernels runs is what the processor and the system say."""

import platform
import re
import subprocess
import sys
from pathlib import Path

import pytest

from mixtura._core import native

from ..conftest import ENGINES

KERNELS = Path(__file__).resolve().parents[2] / "src/mixtura/_core/kernels"
NEEDED = {
    "avx512": {"avx512f", "avx512dq", "avx512vl", "avx2", "fma"},
    "avx2": {"avx2", "fma"},
    "baseline": set(),
}
X86 = ("x86_64", "amd64")


def flags() -> set[str]:
    """Return what Linux says that an x86 processor offers and programs may use; elsewhere nothing.

    A program that is emulated sees the flags of the machine below.
    """
    if platform.machine().lower() not in X86:
        return set()
    told = Path("/proc/cpuinfo")
    lines = re.findall(r"^flags\s*:(.*)$", told.read_text() if told.exists() else "", flags=re.MULTILINE)
    return set(lines[0].split()) if lines else set()


def test_the_engines_that_run_are_those_that_the_system_has_flags_for():
    here = [name for name, needed in NEEDED.items() if needed <= flags()]
    assert here == ENGINES or not flags()
    assert "baseline" in ENGINES


def test_the_widest_engine_is_the_one_in_use():
    program = "from mixtura._core import native; print(native.engine())"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == ENGINES[0]


@pytest.mark.parametrize("name", sorted(set(NEEDED) - set(ENGINES) | {"sse9"}))
def test_an_engine_that_does_not_run_here_is_refused(name):
    before = native.engine()
    with pytest.raises(ValueError, match=f"engine '{name}' is unknown or does not run on this machine"):
        native.use_engine(name)
    assert native.engine() == before


def test_no_compilers_library_is_asked_for_the_processor():
    # Not every linker brings it, and before it is set up it answers no to everything.
    asking = [p.name for p in KERNELS.iterdir() if "__builtin_cpu_" in p.read_text(encoding="utf-8")]
    assert asking == []


def test_only_x86_has_engines_beside_the_baseline():
    assert ENGINES == ["baseline"] or platform.machine().lower() in X86
