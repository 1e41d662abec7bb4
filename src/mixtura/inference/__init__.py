"""Inference: how sure a fit is."""

from .asking import infer
from .estimates import Estimate
from .quantities import Values
from .result import Inference

__all__ = ["Estimate", "Inference", "Values", "infer"]
