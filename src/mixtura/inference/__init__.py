"""Inference: how sure a fit is, and what data say beyond one fit."""

from .asking import infer
from .estimates import Estimate
from .lrt import LikelihoodRatioTest, bootstrap_lrt
from .quantities import Values
from .result import Inference
from .selection import Cell, Selection, SelectionProgress, SequentialTest, select
from .summary import Line, Summary, summarise

__all__ = [
    "Cell",
    "Estimate",
    "Inference",
    "LikelihoodRatioTest",
    "Line",
    "Selection",
    "SelectionProgress",
    "SequentialTest",
    "Summary",
    "Values",
    "bootstrap_lrt",
    "infer",
    "select",
    "summarise",
]
