"""EM: the loop, its solvers, and when it stops."""

from .loop import Climber, Progress, Run, climb, fit, short

__all__ = ["Climber", "Progress", "Run", "climb", "fit", "short"]
