"""Counting in pure Python, where the extension is missing.

Splitting a text makes a string of every word. ``re`` skips most of them, as it
looks for the needle as a literal and at its boundaries only where it finds it;
but where the needle is everywhere, stopping there is up to twenty times as slow
as splitting. So a long text is counted in stretches, each by the way that pays.
"""

from textcount._arguments import wrong_contents, wrong_type

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_FORGOTTEN = [char for char in "\x1c\x1d\x1e\x1f" if char.split()]
"""On PyPy, str.split takes these four for letters in a text that is all ASCII,
though str.isspace does not. Empty elsewhere."""

_STRETCH = 1 << 15
"""How many characters are counted at a time, or a few more: so few that their words
fit in the processor's cache. In a shorter text, searching saves less time than
compiling a pattern takes."""

_FIRST = 1 << 10
"""The same for the first stretch, which is split to learn how frequent the needle is."""

_DENSE = 48
"""Where one character in so many begins a word that is the needle, splitting pays."""

_STEP = 97
"""How far apart the characters of a stretch's sample are. A prime, and no usual length
of a line, so that few texts repeat themselves at this step."""


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
    # Of type, not isinstance: what only claims to be a str (as a mock does) has
    # no characters to count.
    if not issubclass(type(contents), (str, bytes)):
        raise wrong_contents(contents)
    if not issubclass(type(needle), str):
        raise wrong_type("count_occurrences", "needle", "str", needle)
    # Called on the type, so that a subclass counts by its characters, whatever
    # methods it overrides.
    if isinstance(contents, bytes):
        contents = bytes.decode(contents, "utf-8")
    contents = str.__str__(contents)
    needle = str.__str__(needle)
    if not contents:
        return 0
    if _FORGOTTEN:
        for char in _FORGOTTEN:
            contents = contents.replace(char, " ")
    if len(contents) < _STRETCH:
        return contents.split().count(needle)
    return _count_long(contents, needle)


def _count_long(contents: str, needle: str) -> int:
    """Count stretch by stretch.

    A stretch is searched if the last one's count and a sample of its own both
    promise that it pays, and split if not. It ends before a space, or with the
    text, so that no word is cut.
    """
    if needle.split() != [needle]:
        return 0
    count = start = 0
    reach, is_dense = _FIRST, True
    while start < len(contents):
        stop = contents.find(" ", start + reach)
        if stop < 0:
            stop = len(contents)
        if is_dense or not _is_sparse(contents[start:stop:_STEP], needle):
            found = contents[start:stop].split().count(needle)
        else:
            # For one that is absent, re need not be imported.
            first = contents.find(needle, start, stop)
            found = 0 if first < 0 else len(_searcher(needle)(contents, first, stop))
        count += found
        is_dense = found * _DENSE > stop - start
        start, reach = stop, _STRETCH
    return count


def _is_sparse(sample: str, needle: str) -> bool:
    """Whether searching pays in the text that this is a sample of.

    It does where needle can begin in few places: in no more than there are of the
    rarest of its first letters. Few compared with the words, as it is by these that
    splitting costs; of very short ones, long ones and blanks it costs little. A long
    needle takes long to compile.
    """
    if 2 * sample.count(" ") > len(sample):
        return False
    words = min(len(sample.split()), len(sample) // 5)
    places = min(map(sample.count, needle[:4]))
    return 2 * words > 3 * places and words > max(len(sample) // 20, len(needle))


def _searcher(needle: str) -> "Callable[[str, int, int], list[str]]":
    """What lists the words that equal needle, in contents from one index to another."""
    import re  # takes longer to import than all of textcount; keeps what it compiles

    literal = re.escape(needle)
    # findall lists what the empty group has matched: no copies of the needle.
    return re.compile(rf"{literal}(?!\S)(?<!\S{literal})()").findall


count_occurrences.__module__ = "textcount"  # where it is imported from: see __init__
