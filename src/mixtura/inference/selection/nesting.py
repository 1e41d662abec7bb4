"""Nesting: which structures contain which, read off their names, and the order from the tightest on."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from ...structures import Structure
from ...structures import structure as find_structure
from ...structures.registry import EQUAL_WEIGHTS, STRUCTURES

FREEDOM = "IEV"  # of a letter: the identity, one for all components, each its own


@cache
def contains(richer: str, simpler: str) -> bool:
    """Say whether every mixture of one structure, by mclust's name, is one of another.

    The letters say what volume, shape and orientation may do (Banfield and Raftery 1993, Biometrics 49); in
    one dimension there is volume alone. A family holds another where no letter of it is tighter.

    Examples
    --------
    >>> contains("VVI", "EEI"), contains("EEE", "VVI"), contains("V", "E")
    (True, False, True)
    """
    if len(richer) != len(simpler):
        return False
    return all(FREEDOM.index(a) >= FREEDOM.index(b) for a, b in zip(richer, simpler))


def in_order(structures: Iterable[Structure]) -> list[Structure]:
    """Return structures in mclust's order, in which each one comes after all that it contains.

    Examples
    --------
    >>> from mixtura.structures.registry import STRUCTURES
    >>> [one.name for one in in_order(STRUCTURES[name] for name in ("VVV", "EEE", "VVI", "VII"))]
    ['VII', 'VVI', 'EEE', 'VVV']
    """
    return sorted(structures, key=lambda one: [FREEDOM.index(letter) for letter in reversed(one.name)])


def chosen_structures(
    structures: str | Structure | Sequence[str | Structure], n_features: int, *, equal_weights: bool = False
) -> list[Structure]:
    """Return the structures of these names, or all, for data of so many features, in mclust's order.

    With ``equal_weights`` they are those whose components all have the weight 1 / k.

    Raises
    ------
    ValueError
        If a name is unknown, does not go with the dimensions, or there is none.
    """
    if isinstance(structures, str) and structures == "all":
        letters = 1 if n_features == 1 else 3
        families = EQUAL_WEIGHTS if equal_weights else STRUCTURES
        return in_order(one for one in families.values() if len(one.name) == letters)
    names = [structures] if isinstance(structures, (str, Structure)) else list(structures)
    found = {
        one.name: one
        for one in (find_structure(name, n_features, equal_weights=equal_weights) for name in names)
    }
    if not found:
        raise ValueError('structures is empty; name some, as in ["EEE", "VVV"], or give "all"')
    return in_order(found.values())
