"""The peers' environments: each in a folder of its own under .venv-peers, made where it is missing.

The pins are the versions that the project compares itself with. A peer that cannot be installed is left out
with a sentence, and so are R and Java where the machine has none.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from .written import ROOT

FOLDER = ROOT / ".venv-peers"
# what pip installs, in this order; torch first and alone, so that a build for processors will do
NEEDS: dict[str, list[list[str]]] = {
    "onedal": [["daal4py==2024.7.0", "scikit-learn==1.5.2", "numpy<2", "packaging"]],
    "pomegranate": [["torch==2.13.0"], ["pomegranate==1.1.0"]],
    "gmmx": [["gmmx==0.7.0", "jax", "jaxlib"]],
    "mlpack": [["mlpack==4.8.0"]],
    "spark": [["pyspark", "numpy"]],
}
PROGRAMS = {"mclust": "Rscript", "spark": "java"}
PEERS = ("mixtura", "onedal", "sklearn", "gmmx", "pomegranate", "mlpack", "mclust", "spark")


def found(names: list[str] | None = None) -> tuple[dict[str, str], dict[str, str]]:
    """Return the interpreters of the peers that are there, and why the others are not."""
    wanted = list(names or PEERS)
    absent = {name: reason for name in wanted if (reason := missing(name))}
    return {name: interpreter(name) for name in wanted if name not in absent}, absent


def interpreter(name: str) -> str:
    """Return the interpreter that runs a peer's adapter."""
    return str(FOLDER / name / "bin" / "python") if name in NEEDS else sys.executable


def missing(name: str) -> str:
    """Return why a peer cannot run, after installing its environment where it has none; "" if it can."""
    if name in PROGRAMS and shutil.which(PROGRAMS[name]) is None:
        return f"there is no {PROGRAMS[name]} on this machine"
    if name not in NEEDS:
        return ""
    stamp = FOLDER / name / ".installed"
    if not stamp.exists():
        print(f"installing {name} into {(FOLDER / name).relative_to(ROOT)}", file=sys.stderr, flush=True)
        try:
            install(FOLDER / name, NEEDS[name])
        except subprocess.CalledProcessError as error:
            last = (error.stderr or "").strip().splitlines()
            return f"pip could not install it: {last[-1] if last else error}"
        stamp.touch()
    return ""


def install(folder: Path, steps: list[list[str]]) -> None:
    """Make an environment and install into it, step by step."""
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, capture_output=True, text=True)
    pip = [str(folder / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "--quiet"]
    for packages in steps:
        subprocess.run([*pip, "install", *packages], check=True, capture_output=True, text=True)
