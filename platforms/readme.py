"""Run the README's Python with this interpreter and compare what it prints with what the README shows."""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from pathlib import Path

README = Path(__file__).resolve().parent.parent / "README.md"


def block(language: str) -> str:
    """Return the README's fenced block of a language."""
    (only,) = re.findall(
        rf"^```{language}\n(.*?)^```$", README.read_text(encoding="utf-8"), flags=re.DOTALL | re.MULTILINE
    )
    return str(only)


def main() -> int:
    """Return 0 where the output is the README's, else 1."""
    with tempfile.TemporaryDirectory() as folder:  # isolated: what is installed is run, not what lies around
        run = subprocess.run(
            [sys.executable, "-I", "-c", block("python")], cwd=folder, capture_output=True, text=True
        )
        pictures = [path.name for path in Path(folder).iterdir()]
    right = run.returncode == 0 and run.stdout.splitlines() == block("text").splitlines()
    print(
        run.stdout + run.stderr + ("as the README shows, with " + ", ".join(pictures) if right else "WRONG")
    )
    return 0 if right else 1


if __name__ == "__main__":
    sys.exit(main())
