"""Digits: as many as a number's uncertainty or spread deserves."""

from __future__ import annotations

import math
from collections.abc import Sequence

MOST_DECIMALS = 6


def decimals(scale: float, significant: int = 3) -> int:
    """Return how many decimals show ``scale`` to so many significant digits, less than 0 when it is large.

    Examples
    --------
    >>> decimals(5.87), decimals(0.00097), decimals(1234.0)
    (2, 6, -1)
    """
    if not (scale > 0 and math.isfinite(scale)):
        return 3
    return significant - 1 - math.floor(math.log10(scale))


def fixed(value: float, places: int) -> str:
    """Return a number with so many decimals, in powers of ten when that would be long.

    Examples
    --------
    >>> fixed(54.4785, 2), fixed(1.25e-8, 10), fixed(-3.5e9, -7), fixed(25500.0, 0)
    ('54.48', '1.25e-8', '-3.50e9', '25,500')
    """
    magnitude = abs(value)
    if math.isfinite(value) and (places > MOST_DECIMALS or magnitude >= 1e9):
        leading = math.floor(math.log10(magnitude)) if magnitude > 0 else -places
        mantissa, exponent = f"{value:.{min(max(leading + places, 0), 9)}e}".split("e")
        return f"{mantissa}e{int(exponent)}"
    return f"{value:,.{max(places, 0)}f}"


def general(value: float, significant: int = 2) -> str:
    """Return a number to a few significant digits, plainly where that is short.

    Examples
    --------
    >>> general(0.000123), general(3.0), general(1.5e-9), general(0.0)
    ('0.00012', '3', '1.5e-9', '0')
    """
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    if 1e-4 <= abs(value) < 1e6:
        return f"{float(f'{value:.{significant}g}'):.10f}".rstrip("0").rstrip(".")
    mantissa, exponent = f"{value:.{significant - 1}e}".split("e")
    return f"{mantissa}e{int(exponent)}"


def aligned(numbers: Sequence[str]) -> list[str]:
    """Pad numbers on the right so that, set flush right, their decimal points stand under each other.

    Examples
    --------
    >>> aligned(["5.25", "12", "0.125"])
    ['5.25 ', '12    ', '0.125']
    """
    tails = [len(n) - n.find(".") if "." in n else 0 for n in numbers]
    widest = max(tails, default=0)
    return [n + " " * (widest - tail) for n, tail in zip(numbers, tails)]


def duration(seconds: float) -> str:
    """Return a time in the unit that suits it.

    Examples
    --------
    >>> duration(0.00123), duration(0.5), duration(7e-6), duration(83.0)
    ('1.23 ms', '500 ms', '7.00 us', '1 min 23 s')
    """
    if seconds >= 60:
        return f"{int(seconds // 60)} min {seconds % 60:.0f} s"
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("us", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:#.3g}".rstrip(".") + f" {unit}"
    return f"{seconds / 1e-9:.0f} ns"
