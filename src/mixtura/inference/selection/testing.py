"""Testing: how many components, by likelihood-ratio tests one after another within a structure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any

from ...sources import Source
from ..lrt import LikelihoodRatioTest, bootstrap_lrt

REPLICATES = 199  # samples for a test: 0.05 is then the tenth of 200 ranks
LEVEL = 0.05


@dataclass(frozen=True, eq=False)
class SequentialTest:
    """Tests of k against k + 1 components, from the smallest k until one is not rejected.

    A number that is enough is passed over with a probability of at most ``level``, however many tests came
    before: they were all of numbers too small. The structure is taken as it was chosen.
    """

    structure: str
    level: float
    tests: tuple[LikelihoodRatioTest, ...]  # k against k + 1, ascending; the last may be the one that held

    @property
    def settled(self) -> bool:
        """Say whether a number of components was not rejected."""
        return bool(self.tests) and self.tests[-1].p_value > self.level

    @property
    def n_components(self) -> int | None:
        """Return the first number that was not rejected, or None if all that were tested are."""
        return self.tests[-1].n_components if self.settled else None

    def verdict(self) -> str:
        """Return what the tests lead to, in a sentence."""
        if not self.tests:
            return f"no number of components of {self.structure} could be tested against one more"
        k, p = self.tests[-1].n_components, self.tests[-1].p_value
        words = f"{k} component" + "s" * (k > 1)
        if self.settled:
            return f"tests at level {self.level:g} stop at {words} of {self.structure}: p = {p:.3g}"
        return (
            f"tests at level {self.level:g} have not stopped: {words} of {self.structure} rejected, "
            f"p = {p:.3g}, and {k + 1} not tested; ask for more than {k + 1}"
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the tests as plain values."""
        return {
            "structure": self.structure,
            "level": self.level,
            "n_components": self.n_components,
            "tests": [
                {
                    "n_components": test.n_components,
                    "statistic": test.statistic,
                    "p_value": test.p_value,
                    "replicates": len(test.replicates),
                    "asked": test.asked,
                }
                for test in self.tests
            ],
        }


def check_testing(components: list[int], replicates: int, level: float) -> None:
    """Refuse what no sequence of tests can be asked for.

    Raises
    ------
    ValueError
        If no two numbers of components follow each other, or an option is none.
    """
    if components[0] + 1 not in components:
        raise ValueError(
            f"n_components is {components} and its smallest is tested against one more, which is not there; "
            f"give {components[0]} and {components[0] + 1}"
        )
    if isinstance(replicates, bool) or not isinstance(replicates, Integral) or replicates < 1:
        raise ValueError(f"replicates is {replicates!r}; use a whole number from 1, such as {REPLICATES}")
    if isinstance(level, bool) or not isinstance(level, Real) or not 0.0 < level < 1.0:
        raise ValueError(f"level is {level!r}; use a probability such as {LEVEL}")
    if level * (replicates + 1) < 1.0:
        raise ValueError(
            f"level is {level:g}, and the smallest p-value of {replicates} replicates is "
            f"{1 / (replicates + 1):.3g}; use at least {round(1.0 / level) - 1} replicates"
        )


def tested(
    source: Source,
    structure: str,
    components: list[int],
    level: float,
    known: Callable[[SequentialTest], None],
    told: Callable[[int, int, int], None],
    **options: Any,
) -> None:
    """Test k against k + 1 from the first of some numbers until one is not rejected, or none is left.

    ``known`` is called with the tests so far after each, ``told`` with k and how many samples of how many are
    done; ``options`` are those of `bootstrap_lrt`.
    """
    found = SequentialTest(structure, level, ())
    known(found)
    k = components[0]
    while k + 1 in components and not found.settled:

        def counted(done: int, of: int, k: int = k) -> None:
            told(k, done, of)

        test = bootstrap_lrt(source, k, structure=structure, callback=counted, **options)
        found = SequentialTest(structure, level, (*found.tests, test))
        known(found)
        k += 1
