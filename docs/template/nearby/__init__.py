"""Find the word of a list that was meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

# First: the warning about a broken extension names the line that imports this package.
from nearby._backend import BACKEND, BACKEND_REASON, native
from nearby._version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["BACKEND", "BACKEND_REASON", "__version__", "closest", "distance"]


@native
def distance(left: str, right: str) -> int:
    """Return how many characters to insert, remove or change to turn right into left."""
    for name, value in (("left", left), ("right", right)):
        if not isinstance(value, str):
            kind = type(value).__name__
            raise TypeError(f"distance() argument '{name}' must be str, not {kind}")
    row = list(range(len(right) + 1))
    for i, char in enumerate(left, 1):
        corner, row[0] = row[0], i
        for j, other in enumerate(right, 1):
            corner, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, corner + (char != other))
    return row[-1]


def closest(word: str, known: Iterable[str]) -> str:
    """Return the known word that is nearest to word."""
    return min(known, key=lambda each: distance(word, each))
