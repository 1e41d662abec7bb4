"""Selection: which covariance structure and how many components the data call for."""

from .cell import Cell
from .result import Selection
from .selecting import select
from .sweeps import SelectionProgress
from .testing import SequentialTest

__all__ = ["Cell", "Selection", "SelectionProgress", "SequentialTest", "select"]
