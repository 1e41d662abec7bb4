"""Following: the cells of a table that was searched on a sample, brought home to all rows together."""

from __future__ import annotations

from dataclasses import replace

from ...em import Homing, Problem, Status, home_all
from ...sources import Source
from .seat import Seat
from .soundness import soundness


def follow_home(seats: list[Seat], whole: Source, reg_covar: float | None) -> None:
    """Take every cell from its maximum on a sample to that of all rows near it.

    They share the reads. One that is lost on the way is left where it stands, not converged: if it is to be
    chosen it is confirmed, as every choice is, and climbs on by the loop.
    """
    on_all = Problem.of(whole, seats[0].problem.structure, reg_covar)
    ways: list[tuple[Seat, Homing]] = []
    for seat in seats:
        if seat.run is not None:
            problem = replace(on_all, structure=seat.problem.structure)
            settings = replace(seat.settings, callback=None)
            ways.append((seat, Homing(problem, seat.problem, seat.run.parameters, settings)))
    home_all([way for _, way in ways])
    for seat, way in ways:
        run = way.stand()
        run.state.confirm = run.status is Status.CONVERGED
        height = run.loglik / way.problem.tolerance(1.0) - seat.height
        seat.ground = seat.small = replace(seat.ground, problem=way.problem)
        seat.run, seat.level = run, int(soundness(way.problem, run.parameters))
        # what is told of the starts is how far they stood apart in the sample
        seat.heights = [one + height for one in seat.heights]
        seat.kinds = {kind: one + height for kind, one in seat.kinds.items()}
