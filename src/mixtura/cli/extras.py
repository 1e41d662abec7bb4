"""Optional packages: imported when needed, and named by the command that installs them when missing."""

from __future__ import annotations

from types import ModuleType

from ..sources.extras import need

__all__ = ["duckdb", "matplotlib", "need"]


def duckdb() -> ModuleType:
    """Return DuckDB, which reads every format but .npy and Arrow."""
    return need("duckdb", "reading this", '"mixtura[cli]"')


def matplotlib() -> ModuleType:
    """Return matplotlib set to draw into files, without a display."""
    module = need("matplotlib", "a picture", '"mixtura[plot]"')
    module.use("agg")
    return module
