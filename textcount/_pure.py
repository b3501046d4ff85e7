"""Count in pure Python. This backend is the reference, and is used if there is no extension.

Splitting a text creates one string for each word. ``re`` skips most words, because it searches
for the needle as a literal and checks for word boundaries only at a match. But where the needle
is frequent, stopping at each match makes ``re`` up to twenty times as slow as splitting. So a
long text is counted in chunks, and each chunk is counted in the way that is faster for it.
"""

from textcount._arguments import wrong_contents, wrong_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

PYPY_MISSED = [char for char in "\x1c\x1d\x1e\x1f" if char.split()]
"""Whitespace characters at which PyPy's ``str.split`` does not split an ASCII text. Empty on
CPython."""

CHUNK = 1 << 15
"""Minimum length of a chunk in characters; a chunk ends at the next space. The words of a chunk
fit in the processor's cache. For a shorter text, compiling a pattern takes longer than searching
saves."""

FIRST_CHUNK = 1 << 10
"""Minimum length of the first chunk, in characters. The first chunk is split, to learn how frequent
the needle is."""

DENSE = 48
"""If the needle occurs more than once in this many characters, splitting beats searching."""

SAMPLE_STEP = 97
"""The distance between the characters of a sample. This number is prime and is not a common
length of a line, so that few texts repeat at this distance."""


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
    # Check the type, not isinstance, because an object that only claims to be a str, such as
    # a mock, has no characters to count.
    if not issubclass(type(contents), (str, bytes)):
        raise wrong_contents(contents)
    if not issubclass(type(needle), str):
        raise wrong_type("count_occurrences", "needle", "str", needle)
    # These methods are called on the type, so that a subclass is counted by its characters,
    # whichever methods it overrides.
    if isinstance(contents, bytes):
        contents = bytes.decode(contents, "utf-8")
    contents = str.__str__(contents)
    needle = str.__str__(needle)
    if not contents:
        return 0
    if PYPY_MISSED:
        for char in PYPY_MISSED:
            contents = contents.replace(char, " ")
    if len(contents) < CHUNK:
        return contents.split().count(needle)
    return _count_long(contents, needle)


def _count_long(contents: str, needle: str) -> int:
    """Count chunk by chunk.

    A chunk is searched if the count in the previous chunk and a sample of the chunk both predict
    that searching is faster. Otherwise the chunk is split. A chunk ends before a space or at the
    end of the text, so that no word is cut.
    """
    if needle.split() != [needle]:
        return 0
    count = start = 0
    length, is_dense = FIRST_CHUNK, True
    while start < len(contents):
        stop = contents.find(" ", start + length)
        if stop < 0:
            stop = len(contents)
        if is_dense or not _is_sparse(contents[start:stop:SAMPLE_STEP], needle):
            found = contents[start:stop].split().count(needle)
        else:
            # Import re, which takes long, only if the needle is in the chunk.
            first = contents.find(needle, start, stop)
            found = 0 if first < 0 else len(_searcher(needle)(contents, first, stop))
        count += found
        is_dense = found * DENSE > stop - start
        start, length = stop, CHUNK
    return count


def _is_sparse(sample: str, needle: str) -> bool:
    """Return True if the sample predicts that searching beats splitting.

    Searching stops at each place where the needle can begin. The rarest of the needle's first
    letters limits the number of these places. The number of words decides how long splitting
    takes. So searching is faster only if these places are few compared with the words. Very short
    words, very long words and blanks make splitting cheap. A long needle takes long to compile.
    """
    if 2 * sample.count(" ") > len(sample):
        return False
    words = min(len(sample.split()), len(sample) // 5)
    places = min(map(sample.count, needle[:4]))
    return 2 * words > 3 * places and words > max(len(sample) // 20, len(needle))


def _searcher(needle: str) -> "Callable[[str, int, int], list[str]]":
    """Return a function that lists the words equal to needle between two indices of a text."""
    import re  # takes longer to import than all of textcount; re caches patterns

    literal = re.escape(needle)
    # findall lists matches of the empty group, so the needle is not copied for each match.
    return re.compile(rf"{literal}(?!\S)(?<!\S{literal})()").findall


count_occurrences.__module__ = "textcount"  # as __init__ does for the other functions
