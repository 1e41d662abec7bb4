"""EM: the problem, the loop, its solvers, and when it stops."""

from .evaluation import Evaluation
from .homing import Homing, home, home_all
from .loop import calm_blas, maximise, maximise_all
from .plain import em_passes
from .problem import DEFAULT_MAX_ITER, DEFAULT_TOL, Problem, Settings, Work
from .progress import Progress
from .stopping import Status
from .switching import Run, State

__all__ = [
    "DEFAULT_MAX_ITER",
    "DEFAULT_TOL",
    "Evaluation",
    "Homing",
    "Problem",
    "Progress",
    "Run",
    "Settings",
    "State",
    "Status",
    "Work",
    "calm_blas",
    "em_passes",
    "home",
    "home_all",
    "maximise",
    "maximise_all",
]
