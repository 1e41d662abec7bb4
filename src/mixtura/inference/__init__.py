"""Inference: what data say beyond one fit."""

from .selection import Cell, Selection, SelectionProgress, select

__all__ = ["Cell", "Selection", "SelectionProgress", "select"]
