"""Write the measured numbers into README.md, between its markers: ``python -m benchmarks.readme``.

The table is the file results/readme.md, which the comparison with peers writes: no number is typed by hand.
"""

from __future__ import annotations

import re

from .written import RESULTS, ROOT

BLOCK = re.compile(r"(?<=<!-- results -->\n).*?(?=<!-- /results -->)", re.DOTALL)


def filled(readme: str, table: str) -> str:
    """Return the README with this table between its markers."""
    if not BLOCK.search(readme):
        raise ValueError("README.md has no block <!-- results --> ... <!-- /results --> to write into")
    return BLOCK.sub(lambda _: f"\n{table.strip()}\n\n", readme)


def main() -> None:
    """Fill in the block."""
    readme = ROOT / "README.md"
    readme.write_text(filled(readme.read_text(), (RESULTS / "readme.md").read_text()))


if __name__ == "__main__":
    main()
