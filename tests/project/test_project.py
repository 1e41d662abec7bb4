"""What the project says of itself is true: the README's commands and output, and one version everywhere."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import metadata, version
from pathlib import Path

from benchmarks import readme

import mixtura

ROOT = Path(__file__).resolve().parent.parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """Return the README's fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.DOTALL | re.MULTILINE)


def test_the_python_of_the_readme_prints_what_it_shows(tmp_path):
    (program,), (shown,) = blocks("python"), blocks("text")
    run = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stdout.splitlines() == shown.splitlines()
    assert (tmp_path / "faithful.png").exists()
    assert len([line for line in program.splitlines() if line]) <= 12


def test_the_readme_gives_the_two_commands_and_the_makefile_has_them():
    quick_start = README.partition("## Quick start")[2].partition("##")[0]
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)
    for target in ("demo", "test"):
        assert f"    make {target} " in quick_start
        assert target in targets


def test_every_file_that_the_readme_names_is_there_and_is_found_from_elsewhere_too():
    """On a package index a relative link leads nowhere, and a relative picture is none."""
    named = re.findall(r'(?:\]\(|src=")([^)"]+)[)"]', README)
    assert len(named) > 5
    project = re.search(r'^Repository = "https://github.com/(.+)"$', PYPROJECT, flags=re.MULTILINE)
    assert project is not None
    pages = rf"https://github\.com/{project[1]}/(?:blob|tree)/main/(.+)"
    pictures = rf"https://raw\.githubusercontent\.com/{project[1]}/main/(.+\.png)"
    for link in named:
        found = re.fullmatch(pages, link) or re.fullmatch(pictures, link)
        assert found is not None, link
        assert (ROOT / found[1]).exists(), link


def test_the_package_index_is_told_where_the_project_lives():
    known = dict(entry.split(", ") for entry in metadata("mixtura").get_all("Project-URL"))
    assert set(known) == {"Repository", "Documentation", "Changelog", "Issues"}


def test_the_measured_numbers_are_those_of_the_results():
    assert readme.filled(README, readme.table()) == README


def test_every_table_that_the_pages_include_is_there():
    pages = [page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md")]
    included = [path for page in pages for path in re.findall(r'^--8<-- "(.+)"$', page, flags=re.MULTILINE)]
    assert len(included) >= 4
    assert [path for path in included if not (ROOT / path).exists()] == []


def test_the_version_stands_in_one_place():
    project = re.search(r'^version = "(.+)"$', PYPROJECT, flags=re.MULTILINE)
    assert project is not None
    assert mixtura.__version__ == version("mixtura") == project.group(1)
    cited = re.search(r"^version: (.+)$", (ROOT / "CITATION.cff").read_text(), flags=re.MULTILINE)
    assert cited is not None
    assert cited.group(1) == mixtura.__version__
    assert f"## {mixtura.__version__}" in (ROOT / "CHANGELOG.md").read_text()


def test_python_runs_the_package_as_the_command():
    run = subprocess.run([sys.executable, "-m", "mixtura", "--version"], capture_output=True, text=True)
    assert run.stdout == f"mixtura {mixtura.__version__}\n"


def test_importing_mixtura_imports_no_extra():
    extras = ("matplotlib", "typer", "rich", "duckdb", "pandas", "polars", "pyarrow")
    program = f"import sys, mixtura; print([name for name in {extras} if name in sys.modules])"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "[]"
