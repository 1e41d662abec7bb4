"""Printing: text that others may have written, without what a terminal would obey."""

from __future__ import annotations

ORDINARY = {"\n", "\t"}


def printable(text: str) -> str:
    """Return a text with a mark in the place of each letter that is none to be seen.

    Examples
    --------
    >>> printable("width \\x1b[31m")
    'width \\ufffd[31m'
    """
    if text.isprintable():
        return text
    return "".join(letter if letter.isprintable() or letter in ORDINARY else "\ufffd" for letter in text)
