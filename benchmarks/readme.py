"""Write the measured numbers into README.md, between its markers: ``python -m benchmarks.readme``.

Every number is read from the results of the other benchmarks; none is typed by hand.
"""

from __future__ import annotations

import json
import re
import statistics
from typing import Any

from .stopping import LEAST
from .written import RESULTS, ROOT

PEERS = ("mixtura", "onedal", "sklearn")
PLACE = "https://github.com/mixtura/mixtura/tree/main/benchmarks/results"
BLOCK = re.compile(r"(?<=<!-- results -->\n).*?(?=<!-- /results -->)", re.DOTALL)


def load(name: str) -> tuple[dict[str, Any], Any]:
    """Return the environment and the results that a benchmark wrote."""
    whole = json.loads((RESULTS / f"{name}.json").read_text(encoding="utf-8"))
    return whole["environment"], whole["results"]


def number(value: float) -> str:
    """Return two digits, or all before the point."""
    return f"{value:,.0f}" if value >= 10 else f"{value:.2g}"


def duration(seconds: float) -> str:
    """Return a time with its unit."""
    return f"{number(seconds)} s" if seconds >= 1 else f"{number(1e3 * seconds)} ms"


def nats(missing: float) -> str:
    """Return a log-likelihood that is missing."""
    return f"under {LEAST:g} nats" if missing < LEAST else f"{missing:,.0f} nats"


def iterations() -> list[str]:
    """Say how long an EM iteration takes each peer, where `benchmarks.peers` has run."""
    if not (RESULTS / "peers.json").exists():
        return []
    _, results = load("peers")

    def cell(row: dict[str, Any], name: str) -> str:
        result = row["peers"].get(name, {})
        if "ratio" not in result:
            return ""
        time = duration(statistics.median(result["seconds"]))
        return time if name == "mixtura" else f"{time} ({number(result['ratio'])}x)"

    return [
        f"| one EM iteration, {row['problem']} | {' | '.join(cell(row, name) for name in PEERS)} |"
        for row in results["problems"]
    ]


def to_the_maximum() -> list[str]:
    """Say how long each takes to the same log-likelihood, where `benchmarks.maximum` has run."""
    if not (RESULTS / "maximum.json").exists():
        return []
    _, rows = load("maximum")
    return [
        f"| to the same maximum, {row['problem']} | {duration(row['mixtura']['seconds'])} | "
        f"| {'' if 'tol' in row['scikit-learn'] else 'over '}{duration(row['scikit-learn']['seconds'])} "
        f"({number(row['ratio'])}x) |"
        for row in rows
    ]


def best_maximum() -> str:
    """Say how often the defaults find the best known maximum."""
    _, rows = load("optima")
    both = [row for row in rows if "sklearn" in row]
    ours, theirs = (sum(row[name]["found"] for row in both) for name in ("mixtura", "sklearn"))
    tries = 20 * len(both)
    return (
        f"| default fits that end at the best known maximum, {len(both)} of the literature x 20 seeds "
        f"| {ours} of {tries} | | {theirs} of {tries} |"
    )


def left_behind() -> str:
    """Say what default fits of a million values leave behind."""
    _, rows = load("stopping")
    row = rows["three, 2 apart"]
    return (
        f"| log-likelihood missing after a default fit, {row['n']:,} x 1, k = {row['k']} "
        f"| {nats(row['mixtura']['missing'])} | | {nats(row['sklearn']['missing'])} |"
    )


def table() -> str:
    """Return the README's table, and the line that names the machine."""
    where, _ = load("optima")
    lines = ["| rows x dimensions | mixtura | oneDAL | scikit-learn |", "|---|---:|---:|---:|"]
    lines += [*iterations(), *to_the_maximum(), left_behind(), best_maximum()]
    peer = f"scikit-learn {where['versions']['scikit-learn']}"
    note = f"Measured on {where['machine']}, {peer}. More: [benchmarks/results]({PLACE})."
    return "\n".join([*lines, "", note]) + "\n"


def filled(readme: str, block: str) -> str:
    """Return the README with this text between its markers."""
    if not BLOCK.search(readme):
        raise ValueError("README.md has no block <!-- results --> ... <!-- /results --> to write into")
    return BLOCK.sub(lambda _: f"\n{block.strip()}\n\n", readme)


def main() -> None:
    """Fill in the block."""
    readme = ROOT / "README.md"
    readme.write_text(filled(readme.read_text(encoding="utf-8"), table()), encoding="utf-8")


if __name__ == "__main__":
    main()
