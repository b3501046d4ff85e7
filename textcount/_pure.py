"""The reference: what counting words means, in plain Python."""

from textcount._errors import wrong_contents, wrong_type

# On PyPy, str.split takes these four for letters in a text that is all ASCII,
# though str.isspace does not. Empty elsewhere.
_FORGOTTEN = {ord(char): " " for char in "\x1c\x1d\x1e\x1f" if char.split()}


def count_occurrences(contents: str | bytes, needle: str) -> int:
    """Count the words of contents that equal needle.

    Words are what ``contents.split()`` yields: the longest runs of characters
    for which ``str.isspace`` is false. They are compared code point by code
    point; case, punctuation and normalisation are left as they are.

    Args:
        contents: the text. ``bytes`` are decoded as UTF-8 first.
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
    if _FORGOTTEN:
        contents = contents.translate(_FORGOTTEN)

    count = 0
    for line in contents.splitlines():
        for word in line.split():
            if word == needle:
                count += 1
    return count


count_occurrences.__module__ = "textcount"  # where it is imported from: see __init__
