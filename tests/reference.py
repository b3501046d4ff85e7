"""The oracle that gives the expected counts, and texts that are hard to count."""

import sys

from hypothesis import strategies as st

WHITESPACE = [char for char in map(chr, range(sys.maxunicode + 1)) if char.isspace()]

HANDLERS = ["strict", "replace", "ignore", "surrogateescape", "backslashreplace"]
"""The built-in error handlers that can be used to decode any encoding."""

CHARACTERS = st.sampled_from("aé한😀\ud800. ") | st.characters(codec=None)


def texts(min_size: int, max_size: int) -> st.SearchStrategy[str]:
    """Return a strategy for texts of any characters, including lone surrogates.

    Half of the characters come from a small alphabet, so that words repeat. ``st.text`` would
    draw from the union of both alphabets, and the small alphabet would almost never appear.
    """
    return st.lists(CHARACTERS, min_size=min_size, max_size=max_size).map("".join)


words = texts(1, 8).filter(lambda word: word.split() == [word])


def loop(contents: str, needle: str) -> int:
    """Count with the loop that textcount 1.0 used."""
    count = 0
    for line in contents.splitlines():
        for word in line.split():
            if word == needle:
                count += 1
    return count


def oracle(contents: str, needle: str) -> int:
    """Return the right count."""
    # If a text is all ASCII, PyPy's str.split does not split at these four characters.
    for char in "\x1c\x1d\x1e\x1f":
        contents = contents.replace(char, " ")
    return loop(contents, needle)


@st.composite
def near_misses(draw: st.DrawFn) -> tuple[str, str]:
    """Return a text and a needle; many words in the text are almost equal to the needle.

    An almost equal word is the needle shortened, extended, doubled or with its case swapped.
    Whitespace, a character that resembles whitespace, or nothing separates two words.
    """
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
