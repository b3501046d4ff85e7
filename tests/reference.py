"""What tests share: an oracle, texts that are hard to count, a user who may not read."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import strategies as st

WHITESPACE = [char for char in map(chr, range(sys.maxunicode + 1)) if char.isspace()]

CHARACTERS = st.sampled_from("aé한😀\ud800. ") | st.characters(codec=None)


def texts(min_size: int, max_size: int) -> st.SearchStrategy[str]:
    """Texts of every character there is, lone surrogates too; half of a handful, to repeat.

    Not st.text: in that, alphabets put together are one, in which a handful is lost.
    """
    return st.lists(CHARACTERS, min_size=min_size, max_size=max_size).map("".join)


words = texts(1, 8).filter(lambda word: word.split() == [word])


def loop(contents: str, needle: str) -> int:
    """Count as textcount 1.0 did, in its own words."""
    count = 0
    for line in contents.splitlines():
        for word in line.split():
            if word == needle:
                count += 1
    return count


def oracle(contents: str, needle: str) -> int:
    """What the count must be."""
    # On PyPy, str.split forgets that these four are whitespace, and 1.0 did.
    for char in "\x1c\x1d\x1e\x1f":
        contents = contents.replace(char, " ")
    return loop(contents, needle)


@st.composite
def near_misses(draw: st.DrawFn) -> tuple[str, str]:
    """A text, and a word that it almost has: cut, longer, doubled, between any whitespace."""
    needle = draw(words)
    other = draw(words)
    piece = st.sampled_from(
        [
            needle,
            needle * 2,
            needle[:-1],
            needle[1:],
            needle + other,
            other + needle,
            needle[:-1] + other,
            other,
            needle.swapcase(),
        ]
    )
    gap = st.sampled_from([*WHITESPACE, "", "\r\n", "  ", "\u200b", "\x00", "\xa0\x85"])
    parts = draw(st.lists(st.tuples(piece, gap), max_size=20))
    return "".join(word + space for word, space in parts), needle


@contextmanager
def without_privileges() -> Iterator[None]:
    """A context in which not even root may read everything."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)
