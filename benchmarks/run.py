"""Measure everything, or the parts that are named: ``python -m benchmarks.run peers roofline``.

``make bench`` runs all parts, in some minutes. Each writes results/NAME.json and results/NAME.md with the
machine, the versions and the commit, so that a part can be run again alone; README and docs show those files.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

from . import aspects, drawing, growth, maximum, peers, report, roofline
from .written import ROOT, write

IMAGES = ROOT / "docs" / "images"

Part = tuple[Callable[..., Any], Callable[[Any], str], dict[str, Callable[[Any], Any]]]
# what is measured, the table it is written as, and its pictures
PARTS: dict[str, Part] = {
    "peers": (peers.run, report.peers, {"peers": drawing.peers}),
    "maximum": (maximum.run, report.maximum, {}),
    "roofline": (roofline.run, report.roofline, {}),
    "aspects": (aspects.run, report.aspects, {}),
    "growth": (growth.run, report.growth, {"growth": drawing.growth}),
}
# parts that write their own results, and what follows from all of them
OTHERS = (
    *("stopping", "passes", "line", "optima", "everyday"),
    *("places", "spark_ml"),
    *("mclust", "selection", "choices", "coverage", "null", "pictures", "certainty", "large"),
)
LAST = "readme"


def main(arguments: list[str] | None = None) -> None:
    """Run the parts that were asked for."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.run", description=__doc__)
    parser.add_argument("parts", nargs="*", help=f"of {', '.join([*PARTS, *OTHERS, LAST])}; all by default")
    parser.add_argument("--peers", nargs="+", help="whom to compare with; everyone by default")
    asked = parser.parse_args(arguments)
    names = asked.parts or [*PARTS, *OTHERS, LAST]
    unknown = sorted(set(names) - {*PARTS, *OTHERS, LAST})
    if unknown:
        parser.error(f"there is no part {', '.join(unknown)}")
    if (load := os.getloadavg()[0]) > 0.7 * (os.cpu_count() or 1):
        print(f"the machine is busy (load {load:.1f}): times will be too long", file=sys.stderr)
    for name in names:
        begin = time.perf_counter()
        print(f"{name} ...", file=sys.stderr, flush=True)
        if name in PARTS:
            measure, table, pictures = PARTS[name]
            results = measure(asked.peers) if name == "peers" else measure()
            write(name, results, table(results))
            for picture, draw in pictures.items():
                draw(results).savefig(IMAGES / f"{picture}.png", dpi=200)
        else:
            import_module(f"benchmarks.{name}").main()
        print(f"{name}: {time.perf_counter() - begin:.0f} s", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
