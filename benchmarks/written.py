"""Where results go: JSON with machine, versions and commit beside the numbers, and a Markdown table."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results"
PACKAGES = ("mixtura", "numpy", "scipy", "scikit-learn")


def processor() -> str:
    """Return the processor's name."""
    if Path("/proc/cpuinfo").exists():
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def environment() -> dict[str, Any]:
    """Return the machine, the versions and the commit that results belong to."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True)
    return {
        "machine": f"{processor()}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {package: version(package) for package in PACKAGES},
        "commit": commit.stdout.strip(),
    }


def write(name: str, results: Any, table: str) -> None:
    """Write results/NAME.json and results/NAME.md."""
    RESULTS.mkdir(exist_ok=True)
    where = environment()
    whole = {"environment": where, "results": results}
    (RESULTS / f"{name}.json").write_text(json.dumps(whole, indent=1) + "\n")
    versions = ", ".join(f"{package} {number}" for package, number in where["versions"].items())
    note = f"\nMeasured on {where['machine']}; Python {where['python']}, {versions}.\n"
    (RESULTS / f"{name}.md").write_text(table + note)
