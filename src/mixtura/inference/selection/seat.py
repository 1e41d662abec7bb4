"""A seat: a cell of the table while the search is on, and the best mixtures that have come to it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from ...em import Problem, Run, Settings, maximise_all
from ...model.parameters import Parameters, concatenated
from ...search.account import Search
from ...search.candidates import FAR, SAME, Candidates, walked
from ...search.ground import Ground
from ...search.population import rivals
from ...search.refinement import continued
from .soundness import SOUND, is_spurious, soundness

WALKS = ((6, 8), (6, 4))  # passes of mixtures that come to a cell, and how many are kept after them
MEMBERS = 4  # mixtures that a cell keeps
RIPE = 0.1  # nats that may be ahead of the best when it goes on to other cells
RIPENING, ROUNDS = 10, 4  # passes at a time towards that, and how often
LAST_WALK = 6  # passes on all rows that tell the members of a sample apart
CREDIT = 0.03  # nats of a row that a mixture may seem to have ahead: the estimate of a slow one has no bound
GAIN = 1e-4  # nats: what is not higher by this is no better

Offer = tuple[Parameters, str]  # mixtures (m,), and what kind of starts they are


@dataclass(eq=False)
class Seat:
    """A structure with k components on its way.

    Mixtures walk by plain EM, many in a pass, which costs little; only the best of them is climbed to its
    end, when all that others found has been tried.
    """

    ground: Ground  # all rows
    small: Ground  # a sample that mixtures are compared on, or all rows where they are few
    settings: Settings
    n_components: int
    members: Candidates | None = None  # the best that have come here, where they stand on the sample
    run: Run | None = None  # the best climb
    level: int = -1  # how sound it is
    n_starts: int = 0
    n_degenerate: int = 0
    heights: list[float] = field(default_factory=list)  # where mixtures led that arrived, in nats of a row
    kinds: dict[str, float] = field(default_factory=dict)  # of them, and the highest that each has led
    offered: dict[tuple[str, int], float] = field(
        default_factory=dict
    )  # cells, and the height of what they gave

    @property
    def problem(self) -> Problem:
        """Return what is maximised."""
        return self.ground.problem

    @property
    def name(self) -> str:
        """Return the structure's name."""
        return self.problem.structure.name

    @property
    def sound(self) -> bool:
        """Say whether the best has neither a degenerate component nor a spurious one."""
        return self.level == SOUND

    @property
    def known(self) -> bool:
        """Say whether there is a mixture."""
        return self.run is not None or self.members is not None

    @property
    def loglik(self) -> float:
        """Return the log-likelihood of the best climb, nats, total."""
        return -np.inf if self.run is None else self.run.loglik

    @property
    def parameters(self) -> Parameters:
        """Return the best mixture (k,)."""
        if self.run is not None:
            return self.run.parameters
        return self.leaders(1).at(0)

    def leaders(self, most: int) -> Parameters:
        """Return the highest mixtures (m,), sound ones first, at most so many."""
        if self.run is not None:
            return self.run.parameters.at(None)
        assert self.members is not None
        heights = np.where(self.members.honest, self.members.logliks, -np.inf)
        return self.members.parameters.at(np.argsort(-heights, kind="stable")[:most])

    def explore(self, offers: list[Offer]) -> None:
        """Walk from what is offered, and keep what leads highest beside what is there."""
        if not offers:
            return
        starts = concatenated([mixtures for mixtures, _ in offers])
        kinds = tuple(kind for mixtures, kind in offers for _ in mixtures.weights)
        self.n_starts += len(kinds)
        seen = self._walked(self.small, starts, kinds, WALKS[0][0])
        seen = self._parted(seen, WALKS[0][1])
        seen = self._walked(self.small, seen.parameters, seen.kinds, WALKS[1][0])
        self._keep(self._parted(seen, WALKS[1][1]))

    @property
    def height(self) -> float:
        """Return the log-likelihood of the best mixture, nats of a row, on the rows that it was seen on."""
        if self.run is not None:
            return self.run.loglik / self.ground.unit
        return -np.inf if self.members is None else self.members.top

    def is_new(self, other: Seat) -> bool:
        """Say whether what another cell has is better than what it last gave, and take note of it."""
        key = (other.name, other.n_components)
        if other.height <= self.offered.get(key, -np.inf) + SAME:
            return False
        self.offered[key] = other.height
        return True

    def ripen(self) -> None:
        """Walk on until the best has little ahead: half a way up it is no help to other cells."""
        for _ in range(ROUNDS):
            assert self.members is not None
            if not self.members.ahead[0] > RIPE:
                return
            unsure = self.members.logliks + 2.0 * self.members.ahead >= self.members.logliks[0]
            going, rest = np.flatnonzero(unsure), np.flatnonzero(~unsure)
            resting = self.members.at(rest)
            on = self.members.at(going)
            self.members = None
            self._keep(self._walked(self.small, on.parameters, on.kinds, RIPENING) + resting)

    def finish(self) -> None:
        """Climb from the best member to the end, then from others while they may lead higher."""
        if self.members is None:
            return
        members = self.members
        if self.small is not self.ground:
            members = self._walked(self.ground, members.parameters, members.kinds, LAST_WALK)
        for i in members.ranked():
            if self.run is None or self._may_lead(members, int(i)):
                self.climb(members.parameters.at(slice(i, i + 1)), members.kinds[i])
        self.members = None

    @property
    def _sampled(self) -> bool:
        """Say whether rows are compressed: a run is then held to the rows themselves, and cannot go on."""
        return self.problem.source.approximation is not None

    @property
    def confirmed(self) -> bool:
        """Say whether all directions were looked at where the best climb has ended, or it may not go on."""
        assert self.run is not None
        return self.run.state.confirm or self.run.n_iter >= self.settings.max_iter

    def confirm(self) -> None:
        """Go on with the best climb until it is confirmed that it has ended."""
        assert self.run is not None
        run = continued(self.run, self.problem, self.settings)
        higher = run.loglik > self.loglik + GAIN
        self.run, self.level = run, int(soundness(self.problem, run.parameters))
        if higher and self.sound:
            self._arrived(run.loglik / self.ground.unit, "start")

    def climb(self, starts: Parameters, kind: str) -> list[Run]:
        """Climb from mixtures (m,) until little seems to be ahead, and keep the best."""
        runs = maximise_all(self.problem, starts, replace(self.settings, confirm=self._sampled, walked=True))
        for run in runs:
            self.take(run, kind)
        return runs

    def take(self, run: Run, kind: str) -> bool:
        """Keep a climb that is better than the best: a sound one is better than any that is not."""
        level = int(soundness(self.problem, run.parameters))
        if level == SOUND:
            self._arrived(run.loglik / self.ground.unit, kind)
        else:
            self.n_degenerate += 1
        better = level > self.level or (level == self.level and run.loglik > self.loglik + GAIN)
        if better:
            self.run, self.level = run, level
        return better

    def stop(self) -> None:
        """Take the best member where it stands, for want of time to climb."""
        if self.run is None and self.members is not None:
            settings = replace(self.settings, max_iter=1, callback=None)
            self.take(maximise_all(self.problem, self.leaders(1), settings)[0], "stopped")

    def collapse(self, run: Run) -> None:
        """Keep a climb although it is not sound: it began at a simpler model above all that is."""
        self.run, self.level = run, int(soundness(self.problem, run.parameters))

    def account(self) -> Search:
        """Return the account of the search."""
        best = self.loglik / self.ground.unit
        below = rivals(self.heights, best)
        return Search(
            n_starts=self.n_starts,
            n_best=self.n_agreed,
            n_optima=1 + len(below),
            gap=best - float(below[0]) if len(below) else np.inf,
            n_degenerate=self.n_degenerate,
            n_rows=self.small.n_rows,
            kinds=tuple(sorted(kind for kind, top in self.kinds.items() if top >= best - SAME)),
        )

    @property
    def n_agreed(self) -> int:
        """Return how many mixtures led to the best, as far as they were followed."""
        best = self.loglik / self.ground.unit
        return sum(abs(height - best) <= SAME for height in self.heights)

    def _keep(self, new: Candidates) -> None:
        """Keep the best of these and those that are there."""
        everyone = new if self.members is None else self.members + new
        self.members = self._parted(everyone, MEMBERS)

    def _parted(self, seen: Candidates, most: int) -> Candidates:
        """Return the most promising, and take note of the others."""
        credit = CREDIT * self.small.n_rows
        leading, behind = replace(seen, ahead=np.minimum(seen.ahead, credit)).parted(most)
        self.n_degenerate += int((~behind.honest).sum())
        if self.small is self.ground:
            for i in np.flatnonzero(behind.honest & (behind.ahead <= SAME)):
                self._arrived(float(behind.logliks[i]), behind.kinds[i])
        return leading

    def _may_lead(self, seen: Candidates, i: int) -> bool:
        best = self.loglik / self.ground.unit if self.sound else -np.inf
        if not seen.honest[i]:
            return False
        arrived = seen.ahead[i] <= SAME and abs(seen.logliks[i] - best) <= SAME
        # the members of a sample have not ripened on all rows yet
        ahead = min(seen.ahead[i], RIPE if self.small is self.ground else FAR)
        return bool(seen.logliks[i] + 2.0 * ahead > best + GAIN and not arrived)

    def _walked(self, ground: Ground, starts: Parameters, kinds: tuple[str, ...], passes: int) -> Candidates:
        seen = walked(ground, starts, kinds, passes)
        return replace(seen, honest=seen.honest & ~is_spurious(ground.problem, seen.parameters))

    def _arrived(self, height: float, kind: str) -> None:
        self.heights.append(height)
        self.kinds[kind] = max(self.kinds.get(kind, -np.inf), height)
