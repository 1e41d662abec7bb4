"""Extras: optional packages, imported when needed; the command that installs a missing one is named."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType


def need(module: str, purpose: str, install: str) -> ModuleType:
    """Import an optional package.

    Raises
    ------
    ValueError
        If it is not installed; the sentence says what needs it and which ``pip install`` to run.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as missing:
        if (missing.name or "") != module.partition(".")[0]:
            raise
        raise ValueError(f"{purpose} needs {missing.name}: run pip install {install}") from None
