"""Figures: numbers as people read them, no more of them than their errors allow."""

from __future__ import annotations

import math

FIGURES = 2  # of an error
MOST = 8  # places after the point, beyond which numbers are written with a power of ten


def figure(value: float) -> str:
    """Return a number of nats to three places.

    Examples
    --------
    >>> figure(-1130.26396)
    '-1,130.264'
    """
    return f"{value:,.3f}"


def row_figures(estimate: float, error: float, low: float, high: float) -> tuple[str, ...]:
    """Return an estimate, its error and the ends of its interval, to two figures of the error.

    Examples
    --------
    >>> row_figures(54.4785, 0.59187, 53.3184, 55.6385)
    ('54.48', '0.59', '53.32', '55.64')
    >>> row_figures(9.5e-07, 8.4e-09, 9.3e-07, 9.7e-07)
    ('9.500e-07', '8.4e-09', '9.300e-07', '9.700e-07')
    >>> row_figures(0.25, float("nan"), float("nan"), float("nan"))
    ('0.25', '', '', '')
    >>> row_figures(1.0, 0.0, 1.0, 1.0)
    ('1', '0', '1', '1')
    """
    if not math.isfinite(error):
        return f"{estimate:.4g}", "", "", ""
    if error == 0.0:
        return f"{estimate:.6g}", "0", f"{low:.6g}", f"{high:.6g}"
    places = FIGURES - 1 - math.floor(math.log10(error))
    if places > MOST or places < -MOST:
        size = max(abs(estimate), error)
        digits = max(FIGURES - 1, math.floor(math.log10(size)) + places)
        return (
            f"{estimate:.{digits}e}",
            f"{error:.{FIGURES - 1}e}",
            f"{low:.{digits}e}",
            f"{high:.{digits}e}",
        )
    kept = max(0, places)
    return tuple(f"{value:.{kept}f}" for value in (estimate, error, low, high))
