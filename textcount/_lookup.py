"""Count several words in a text by the faster of two methods.

The first method makes a pass over the text for each word. A pass is fast, because it creates no
strings. The second method splits the text once and looks each of its words up. This is slow, but
it takes nearly the same time for any number of words to count. So splitting is faster from some
number of words on. This number depends on the words in the text, so a sample of the text decides.
"""

from __future__ import annotations

from itertools import chain

from textcount import _backend, _limits, _pure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

_PIECES = 61
"""Pieces in a sample of a long text. This number is prime, so that the pieces do not keep step with
records of a fixed length."""

_STEP = 512
"""The minimum distance between pieces, in characters."""

_WORDS_PER_PIECE = 20
"""The number of words that take four times as long to split off as a piece takes to sample. If the
passes take less time than this for each piece, no sample is taken."""


def count_each(text: str, needles: dict[str, int], threads: int) -> dict[str, int]:
    """Return how often each needle occurs in a text; needles that do not occur may be missing.

    Args:
        text: the text.
        needles: the words to count. The values mean nothing.
        threads: the number of threads that count at the same time with one GIL.
    """
    if not text:
        return {}
    if splitting_is_faster(text, needles, threads):
        from collections import Counter

        words = chain.from_iterable(_split(text))
        return Counter(filter(needles.__contains__, words))
    count = _backend.active.count
    return {needle: count(text, needle) for needle in needles}


def _split(text: str) -> Iterator[list[str]]:
    """Yield the words of a text in lists, so that only some words exist at a time."""
    text = _pure.with_whitespace(text)
    start = 0
    while start < len(text):
        stop = _pure.next_whitespace(text, start + _pure.CHUNK)
        yield text[start:stop].split()
        start = stop


def splitting_is_faster(text: str, needles: dict[str, int], threads: int) -> bool:
    """Return whether one split is estimated to be faster than a pass for each needle.

    The text is not empty. All costs are in words of a text that are split off and looked up.
    """
    if len(needles) < _limits.FEWEST_TO_SPLIT:
        return False
    backend = _backend.active
    per_word = _limits.READ_PER_WORD[backend.kernel]
    characters = len(text) * _limits.WORDS_PER_CHARACTER
    if backend.name == "native":
        passes = len(needles) * (text.__sizeof__() / per_word + _limits.WORDS_PER_CALL) / threads
        least = min(len(text) / _STEP, _PIECES) * _WORDS_PER_PIECE
        if passes <= characters + least:
            return False
        return passes > characters + _words_in(_sample(text), text)
    if len(text) < _pure.CHUNK:  # a pass splits the text
        return True
    sample = _sample(text)
    words = _words_in(sample, text)
    passes = len(needles) * min(len(text) / per_word, words * _limits.WORDS_PER_PURE_SPLIT)
    if passes > words + characters:
        return True
    # A pass stops where the rarest of the needle's first letters is.
    stops = sum(min(map(sample.count, needle[:4]), default=0) for needle in needles)
    read = len(needles) + stops / len(sample) * _limits.READ_PER_STOP
    passes = min(read * len(text) / per_word, len(needles) * words * _limits.WORDS_PER_PURE_SPLIT)
    return passes > words + characters


def _sample(text: str) -> str:
    """Return pieces of a text, joined."""
    return _pure.sample(text, 0, len(text), max(_STEP, len(text) // _PIECES))


def _words_in(sample: str, text: str) -> float:
    """Return the estimated number of words in a text."""
    return len(sample.split()) * len(text) / len(sample)
