"""Inference: how sure a fit is."""

from .asking import infer
from .estimates import Estimate
from .lrt import LikelihoodRatioTest, bootstrap_lrt
from .quantities import Values
from .result import Inference
from .summary import Line, Summary, summarise

__all__ = [
    "Estimate",
    "Inference",
    "LikelihoodRatioTest",
    "Line",
    "Summary",
    "Values",
    "bootstrap_lrt",
    "infer",
    "summarise",
]
