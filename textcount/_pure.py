"""Count in pure Python. This backend is the reference, and is used if there is no extension.

Splitting a text creates one string for each word. ``re`` skips most words, because it searches
for the needle as a literal and checks for word boundaries only at a match. But where the needle
is frequent, stopping at each match makes ``re`` up to twenty times as slow as splitting. So a
long text is counted in chunks, and each chunk is counted in the way that is faster for it.
"""

from textcount._arguments import wrong_call

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

PYPY_MISSED = [char for char in "\x1c\x1d\x1e\x1f" if char.split()]
"""Whitespace characters at which PyPy's ``str.split`` does not split an ASCII text. Empty on
CPython."""

CHUNK = 1 << 15
"""Minimum length of a chunk in characters; a chunk ends at the next whitespace. The words of a
chunk fit in the processor's cache. For a shorter text, compiling a pattern takes longer than
searching saves."""

FIRST_CHUNK = 1 << 10
"""Minimum length of the first chunk, in characters. The first chunk is split, to learn how frequent
the needle is."""

LONG_WORD = 1 << 8
"""Maximum number of characters that are read to find whitespace in the needle, or the end of the
word at the end of a chunk."""

DENSE = 48
"""If the needle occurs more than once in this many characters, splitting beats searching."""

SAMPLE_PIECE = 32
"""Length of each piece of a sample, in characters."""

SAMPLE_STEP = 3121
"""Distance between the pieces of a sample, in characters. This number is prime, so that few texts
repeat at this distance."""


def count_occurrences(contents: str | bytes, needle: str) -> int:
    """Count the words of contents that equal needle.

    Words are what ``contents.split()`` yields: the longest runs of characters
    for which ``str.isspace`` is false. They are compared code point by code
    point; case, punctuation and normalisation are left as they are.

    Args:
        contents: the text. ``bytes`` are text in UTF-8.
        needle: the word. An empty needle, or one that contains whitespace,
            equals no word.

    Returns:
        The number of words that equal needle.

    Raises:
        TypeError: contents is neither ``str`` nor ``bytes``, or needle is not
            ``str``. Other buffers (``bytearray``, ``memoryview``, ``mmap``)
            are refused because they can change while they are read.
        UnicodeDecodeError: contents is ``bytes`` and not valid UTF-8.

    >>> count_occurrences("to be or not to be", "be")
    2
    """
    # In a short text, checking takes longer than counting. So the common case is one quick test.
    if type(contents) is not str or type(needle) is not str:
        contents, needle = _checked(contents, needle)
    if not contents:
        return 0
    if PYPY_MISSED:
        contents = with_whitespace(contents)
    if len(contents) < CHUNK:
        return contents.split().count(needle)
    return _count_long(contents, needle)


def with_whitespace(contents: str) -> str:
    """Replace whitespace that ``str.split`` misses with whitespace that it sees."""
    for char in PYPY_MISSED:
        contents = contents.replace(char, " ")
    return contents


def _checked(contents: str | bytes, needle: str) -> tuple[str, str]:
    """Return contents and needle as exact ``str``; raise TypeError for wrong types."""
    # Check the type, not isinstance, because an object that only claims to be a str, such as
    # a mock, has no characters to count.
    if not issubclass(type(contents), (str, bytes)) or not issubclass(type(needle), str):
        raise wrong_call(contents, needle)
    # These methods are called on the type, so that a subclass is counted by its characters,
    # whichever methods it overrides.
    if isinstance(contents, bytes):
        contents = bytes.decode(contents, "utf-8")
    return str.__str__(contents), str.__str__(needle)


def _count_long(contents: str, needle: str) -> int:
    """Count chunk by chunk.

    A chunk is searched if the count in the previous chunk and a sample of the chunk both predict
    that searching is faster. Otherwise the chunk is split. A chunk ends before whitespace or at
    the end of the text, so that no word is cut.
    """
    # A needle may be as long as the text. Then checking all of it takes as long as counting.
    head = needle[:LONG_WORD]
    if head.split() != [head]:
        return 0
    is_long = len(needle) > LONG_WORD
    count = start = 0
    length, is_dense = FIRST_CHUNK, True
    while start < len(contents):
        stop = next_whitespace(contents, start + length)
        if is_dense or is_long or not _is_sparse(sample(contents, start, stop), needle):
            found = contents[start:stop].split().count(needle)
        else:
            # Import re, which takes long, only if the needle is in the chunk.
            first = contents.find(needle, start, stop)
            found = 0 if first < 0 else len(_searcher(needle)(contents, first, stop))
        count += found
        is_dense = found * DENSE > stop - start
        start, length = stop, CHUNK
    return count


def next_whitespace(contents: str, start: int) -> int:
    """Return the index of a whitespace character from start on, or the length of contents.

    The character is the first one, unless a long word comes before it.
    """
    while start < len(contents):
        # With a letter in front, the first word begins at index 0.
        window = "x" + contents[start : start + LONG_WORD]
        length = len(window.split(None, 1)[0])
        if length < len(window):
            return start + length - 1
        start += CHUNK  # skip a long word
    return len(contents)


def sample(contents: str, start: int, stop: int, step: int = SAMPLE_STEP) -> str:
    """Return pieces of a text, one for each step, joined.

    Single characters would not show how many words there are, because a long run of blanks would
    look like many words.
    """
    pieces = [contents[at : at + SAMPLE_PIECE] for at in range(start, stop, step)]
    return "".join(pieces)


def _is_sparse(sample: str, needle: str) -> bool:
    """Return True if the sample predicts that searching beats splitting.

    Searching stops at each place where the needle can begin. The rarest of the needle's first
    letters limits the number of these places. The number of words decides how long splitting
    takes. So searching is faster only if there are fewer places than words. Very short words and
    very long words make splitting cheap. A long needle takes long to compile.
    """
    words = min(len(sample.split()), len(sample) // 5)
    places = min(map(sample.count, needle[:4]))
    return words > places and words > max(len(sample) // 40, len(needle))


def _searcher(needle: str) -> "Callable[[str, int, int], list[str]]":
    """Return a function that lists the words equal to needle between two indices of a text."""
    import re  # takes longer to import than all of textcount; re caches patterns

    literal = re.escape(needle)
    # findall lists matches of the empty group, so the needle is not copied for each match.
    return re.compile(rf"{literal}(?!\S)(?<!\S{literal})()").findall


count_occurrences.__module__ = "textcount"  # as __init__ does for the other functions
