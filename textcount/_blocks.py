"""A text that arrives in blocks, counted as if it came in one piece, in bounded memory.

Each block is counted by itself, where it lies. Where two meet, that may have taken
halves of one word for words, or missed it. So the last characters of the one and the
first of the other, as many as the longest needle can reach, are counted once more,
as one text and as two, and the difference is added::

    "to be or not t" "o be"      counted for "to": 1 + 0
    "to be or not t"+"o be"      together 2, as two texts 1 + 0: 1 more

What is cut off at the outer ends of these pieces is cut off both times, and what is
longer than a needle equals none; so the difference is right whatever surrounds them.
"""

from __future__ import annotations

import codecs

from textcount._backend import count_occurrences, count_part

TYPE_CHECKING = False  # typing costs more to import than all of this module
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from mmap import mmap

    Buffer = bytes | mmap
    Block = tuple[Buffer, int]  # what was read into, and how much of it has been read

# These look no further than the faulty bytes. Any other handler is the caller's
# own and may look at, or jump to, every byte: it is shown the whole file.
HANDLERS = (
    "strict",
    "replace",
    "ignore",
    "surrogateescape",
    "surrogatepass",
    "backslashreplace",
)
# Decoded in one piece, because their incremental decoders answer differently:
# punycode decodes each block as if it were all; unicode_escape loses an octal
# escape that is cut (b"\\6", b"6"); the iso2022 family gives up on an escape
# sequence that stays unknown over a cut (b"\x1b(\x85  foo\r\n +").
# PyPy's utf-7 loses a shift sequence that is cut.
_WHOLE_ENCODINGS = ("punycode", "unicode_escape", "iso2022_", "utf_7")


_LAST_ASCII = 0x7F
_GO_ON = range(0x80, 0xC0)

_IN_PLACE = ("utf_8", "ascii")
"""What the extension counts without decoding it, and what can be cut at blanks."""


class Counting:
    """What to count in every text of a run, and how its bytes are to be decoded.

    Args:
        needles: the words, distinct.
        encoding: the name of an encoding that there is.
        errors: the name of an error handler that there is.
    """

    __slots__ = ("encoding", "errors", "in_place", "is_ascii", "is_whole", "needles", "reach")

    def __init__(self, needles: list[str], encoding: str, errors: str) -> None:
        self.needles = needles
        self.encoding = encoding
        self.errors = errors
        name = codecs.lookup(encoding).name.replace("-", "_")
        self.is_whole = errors not in HANDLERS or name.startswith(_WHOLE_ENCODINGS)
        self.is_ascii = name == "ascii"
        self.in_place = name in _IN_PLACE and not self.is_whole
        # How many characters of a text can matter to what comes before or after it.
        self.reach = max(map(len, needles), default=0) + 1

    def decoder(self) -> codecs.IncrementalDecoder:
        """What decodes a text block by block."""
        return codecs.getincrementaldecoder(self.encoding)(self.errors)


class Text:
    """One text, counted block by block.

    Attributes:
        counts: how often each needle occurs in what has been fed.
        size: how many bytes that was.
    """

    __slots__ = ("_begun", "_counting", "_decoder", "_in_place", "_tail", "counts", "size")

    def __init__(self, counting: Counting) -> None:
        self.size = 0
        self.counts = dict.fromkeys(counting.needles, 0)
        self._counting = counting
        # Without a word to count the bytes must be valid all the same.
        self._in_place = counting.in_place and count_part is not None and counting.needles
        self._decoder: codecs.IncrementalDecoder | None = None
        # The end of what was counted, as far as it matters to what comes.
        self._tail = ""
        # In UTF-8, the beginning of a character that the next block goes on with.
        self._begun = b""

    def feed(self, block: str) -> None:
        """Count in a block."""
        reach = self._counting.reach
        self._meet(block[:reach])
        self._tail = (self._tail + block[-reach:])[-reach:]
        for needle in self.counts:
            self.counts[needle] += count_occurrences(block, needle)

    def feed_bytes(self, blocks: Iterable[Block]) -> Iterator[int]:
        """Decode and count in all blocks of a text; gives the size of each."""
        counting = self._counting
        if counting.is_whole:
            whole = []
            for block, size in blocks:
                self.size += size
                whole.append(block[:size])
                yield size
            self.feed(counting.decoder().decode(b"".join(whole), True))
            return
        try:
            for block, size in blocks:
                self.size += size
                if not (self._in_place and self._feed_utf8(block, size)):
                    self._decode(block[:size], False)
                yield size
            if self._begun or not self._in_place:
                self._decode(b"", True)
        except UnicodeDecodeError as error:
            start = self.size - len(error.object)  # of the block, in the input
            if start:
                error.reason += f" (byte {start + error.start} of the input)"
            raise

    def feed_whole(self, block: Buffer, size: int) -> bool:
        """Count in a block that is the whole text, if that can be done where it lies.

        Gives what feed_bytes would, in half the time for a short one.
        """
        if not self._in_place or (self._counting.is_ascii and not block[:size].isascii()):
            return False
        try:
            counts = [count_part(block, 0, size, needle) for needle in self.counts]
        except UnicodeDecodeError:
            return False
        self.counts = dict(zip(self.counts, counts, strict=True))
        self.size = size
        return True

    def _decode(self, block: bytes, is_last: bool) -> None:
        if self._decoder is None:
            self._decoder = self._counting.decoder()
        if not self._counting.in_place:
            self.feed(self._decoder.decode(block, is_last))
            return
        self._decoder.setstate((self._begun, 0))
        text = self._decoder.decode(block, is_last)
        self._begun = self._decoder.getstate()[0]
        self.feed(text)

    def _feed_utf8(self, block: Buffer, size: int) -> bool:
        """Count in a block that may begin and end inside a character, if it is valid."""
        if self._counting.is_ascii and not block[:size].isascii():
            return False
        try:
            char, start = self._ended(block, size)
            stop = _end_of_whole(block, start, size)
            # Before anything is counted in, as any part may be found invalid.
            counts = [count_part(block, start, stop, needle) for needle in self.counts]
        except UnicodeDecodeError:
            return False
        if char:
            self.feed(char)
        # Enough bytes for as many characters as matter. What is cut is left out.
        reach = self._counting.reach
        if self._tail:
            self._meet(_whole(block[start : min(stop, start + 4 * reach)])[:reach])
        end = _whole(block[max(start, stop - 4 * reach) : stop])
        self._tail = (self._tail + end)[-reach:]
        for needle, count in zip(self.counts, counts, strict=True):
            self.counts[needle] += count
        if start < size or char:
            self._begun = block[stop:size]
        return True

    def _ended(self, block: Buffer, size: int) -> tuple[str, int]:
        """The character that the last block has begun, and where the next one is."""
        start = 0
        if not self._begun:
            return "", start
        while start < min(size, 3) and _goes_on(block[start]):
            start += 1
        begun = self._begun + block[:start]
        char, used = codecs.utf_8_decode(begun, "strict", start < size)
        if not used:  # and all of a tiny block
            self._begun = begun
        return char, start

    def _meet(self, head: str) -> None:
        """Add what a block that begins so has together with what was before."""
        tail = self._tail
        if not tail or not head or tail[-1].isspace() or head[0].isspace():
            return
        for needle in self.counts:
            together = count_occurrences(tail + head, needle)
            apart = count_occurrences(tail, needle) + count_occurrences(head, needle)
            self.counts[needle] += together - apart


def _whole(part: bytes) -> str:
    """The characters of valid UTF-8 that are whole."""
    return part.decode("utf-8", "ignore")


def _end_of_whole(block: Buffer, start: int, size: int) -> int:
    """Where the last character begins, if it is cut, or the end."""
    last = size - 1
    while last > max(start, size - 4) and _goes_on(block[last]):
        last -= 1
    if last < start or block[last] <= _LAST_ASCII:
        return size
    return last + codecs.utf_8_decode(block[last:size], "strict", False)[1]


def _goes_on(byte: int) -> bool:
    """Whether this byte of UTF-8 is not the first of its character."""
    return byte in _GO_ON
