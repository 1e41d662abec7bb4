"""The house: few rooms, imports that run downwards only, one place for what depends on a form or a source."""

from __future__ import annotations

import ast
from pathlib import Path

import mixtura

HOUSE = Path(mixtura.__file__).parent
# from the ground up: a room may import from those before it
FLOORS = ["_core", "model", "structures", "sources", "em", "datasets", "search", "inference"]
FLOORS += ["plot", "sklearn", "cli"]
# A fit offers what the rooms above can do with it, and asks the front door for it by name: it alone.
ASKED_AT_THE_FRONT_DOOR = {"search/result.py": {"infer", "summarise", "Inference", "Summary"}}
MODULES = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(HOUSE.rglob("*.py"))}


def room_of(path: Path) -> str:
    """Return the room that a file of the package stands in, "" for the front door."""
    parts = path.relative_to(HOUSE).parts
    return parts[0] if len(parts) > 1 else ""


def rooms_imported(path: Path, tree: ast.Module) -> set[str]:
    """Return the rooms that a file imports from, wherever in it the import stands."""
    here = path.relative_to(HOUSE).parts[:-1]
    found = set()
    for node in ast.walk(tree):
        if not isinstance(node, ast.ImportFrom) or not node.level:
            continue
        base = here[: len(here) - node.level + 1]
        module = (*base, *(node.module or "").split("."))
        names = [module[0]] if module[0] else [alias.name for alias in node.names]
        found |= {name for name in names if name in FLOORS}
    return found


def test_imports_run_downwards():
    upwards = {
        f"{path.relative_to(HOUSE)} imports {room}"
        for path, tree in MODULES.items()
        for room in rooms_imported(path, tree)
        if room_of(path) in FLOORS and FLOORS.index(room) > FLOORS.index(room_of(path))
    }
    assert upwards == set()


def test_the_rule_above_would_see_an_import_that_runs_upwards():
    tree = ast.parse("def f():\n    from ..cli import main\n    from .. import search\n")
    assert rooms_imported(HOUSE / "em" / "loop.py", tree) == {"cli", "search"}


def names_asked_at_the_front_door(path: Path, tree: ast.Module) -> set[str]:
    """Return what a file imports from the package itself that is no room."""
    above = len(path.relative_to(HOUSE).parts)
    return {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level == above and not node.module
        for alias in node.names
        if alias.name not in FLOORS
    }


def test_only_a_fit_asks_at_the_front_door():
    asked = {
        path.relative_to(HOUSE).as_posix(): names
        for path, tree in MODULES.items()
        if path.parent != HOUSE and (names := names_asked_at_the_front_door(path, tree) - {"__version__"})
    }
    assert asked == ASKED_AT_THE_FRONT_DOOR


def test_the_rule_above_would_see_another():
    tree = ast.parse("def f():\n    from .. import fit_mixture, em\n    from . import loop\n")
    assert names_asked_at_the_front_door(HOUSE / "em" / "loop.py", tree) == {"fit_mixture"}


def test_there_are_at_most_twelve_rooms():
    rooms = [path.name for path in HOUSE.iterdir() if path.is_dir() and path.name != "__pycache__"]
    assert len(rooms) <= 12
    assert {room_of(path) for path in MODULES} - {""} == set(FLOORS)


def names_in(node: ast.AST) -> set[str]:
    """Return the names and attributes that stand in an expression."""
    return {n.id for n in ast.walk(node) if isinstance(n, ast.Name)} | {
        n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)
    }


def asks_of(tree: ast.Module) -> list[tuple[str, set[str]]]:
    """Return the calls of isinstance, hasattr and getattr, each with the names in what it is asked of."""
    return [
        (node.func.id, names_in(node))
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id in ("isinstance", "hasattr", "getattr")
    ]


def test_no_source_is_asked_for_its_kind_outside_its_room():
    kinds = {"source", "sample", "Source", "ArraySource", "CompressedSource", "PieceSource"}
    asked = {
        f"{path.relative_to(HOUSE)}: {function}"
        for path, tree in MODULES.items()
        if room_of(path) != "sources"
        for function, names in asks_of(tree)
        if names & kinds
    }
    assert asked == set()
    assert asks_of(ast.parse("isinstance(problem.source, ArraySource)"))[0][1] & kinds


def test_names_of_forms_are_compared_in_one_place():
    names = {"full", "tied", "diagonal", "spherical"}
    compared = {
        f"{path.relative_to(HOUSE)}:{node.lineno}"
        for path, tree in MODULES.items()
        if room_of(path) != "_core"
        for node in ast.walk(tree)
        if isinstance(node, ast.Compare)
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and part.value in names
    }
    assert compared == set()
