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
    from collections.abc import Callable, Iterable, Iterator
    from mmap import mmap

    Buffer = bytes | mmap
    Block = tuple[Buffer, int]  # what was read into, and how much of it has been read

# These look no further than the faulty bytes. Any other handler is the caller's
# own and may look at, or jump to, every byte: it is shown the whole file.
_BLOCKWISE_HANDLERS = {
    "strict",
    "ignore",
    "replace",
    "surrogateescape",
    "surrogatepass",
    "backslashreplace",
}
# Decoded in one piece, because their incremental decoders answer differently:
# punycode decodes each block as if it were all; unicode_escape loses an octal
# escape that is cut (b"\\6", b"6"); the iso2022 family gives up on an escape
# sequence that stays unknown over a cut (b"\x1b(\x85  foo\r\n +").
# PyPy's utf-7 loses a shift sequence that is cut.
_WHOLE_ENCODINGS = ("punycode", "unicode_escape", "iso2022_", "utf_7")


_IN_PLACE = ("utf_8", "ascii")
"""What the extension counts without decoding it."""


class Text:
    """One text, counted block by block.

    Args:
        needles: the words to count, distinct.

    Attributes:
        counts: how often each needle occurs in what has been fed.
        size: how many bytes that was.
    """

    def __init__(self, needles: list[str]) -> None:
        self.size = 0
        self.counts = dict.fromkeys(needles, 0)
        self._reach = max(map(len, needles), default=0) + 1
        # The end of what was counted, as far as it matters to what comes.
        self._tail = ""
        # In UTF-8, the beginning of a character that the next block goes on with.
        self._begun = b""

    def feed(self, block: str) -> None:
        """Count in a block."""
        self._meet(block[: self._reach])
        self._remember(block[-self._reach :])
        for needle in self.counts:
            self.counts[needle] += count_occurrences(block, needle)

    def feed_bytes(self, blocks: Iterable[Block], encoding: str, errors: str) -> Iterator[int]:
        """Decode and count in all blocks of a text; gives the size of each."""
        name = _name(encoding)
        if errors not in _BLOCKWISE_HANDLERS or name.startswith(_WHOLE_ENCODINGS):
            whole = []
            for block, size in blocks:
                self.size += size
                whole.append(block[:size])
                yield size
            decoder = codecs.getincrementaldecoder(encoding)(errors)
            self.feed(decoder.decode(b"".join(whole), True))
            return
        feed = self._feeder(name, encoding, errors)
        try:
            for block, size in blocks:
                self.size += size
                feed(block, size)
                yield size
            feed(b"", 0)
        except UnicodeDecodeError as error:
            start = self.size - len(error.object)  # of the block, in the input
            if start:
                error.reason += f" (byte {start + error.start} of the input)"
            raise

    def _feeder(self, name: str, encoding: str, errors: str) -> Callable[[Buffer, int], None]:
        """What counts in so many bytes of a block; and if there are none, the end."""
        decoder = codecs.getincrementaldecoder(encoding)(errors)

        def decode(block: Buffer, size: int) -> None:
            self.feed(decoder.decode(block[:size], not size))

        def in_place(block: Buffer, size: int) -> None:
            if size and self._feed_utf8(block, size):
                return
            decoder.setstate((self._begun, 0))
            text = decoder.decode(block[:size], not size)
            self._begun = decoder.getstate()[0]
            self.feed(text)

        # Without a word to count the bytes must be valid all the same.
        if name not in _IN_PLACE or count_part is None or not self.counts:
            return decode
        if name == "utf_8":
            return in_place
        return lambda block, size: (in_place if block[:size].isascii() else decode)(block, size)

    def _feed_utf8(self, block: Buffer, size: int) -> bool:
        """Count in a block that may begin and end inside a character, if it is valid."""
        char, start, stop = "", 0, size
        try:
            if self._begun:
                while start < min(stop, 3) and _goes_on(block[start]):
                    start += 1
                begun = self._begun + block[:start]
                char, used = codecs.utf_8_decode(begun, "strict", start < stop)
                if not used:
                    self._begun = begun
                    return True
            if stop > start and block[stop - 1] >= 0x80:
                last = stop - 1
                while last > max(start, stop - 4) and _goes_on(block[last]):
                    last -= 1
                stop = last + codecs.utf_8_decode(block[last:size], "strict", False)[1]
            # Before anything is counted in, as any part may be found invalid.
            counts = [count_part(block, start, stop, needle) for needle in self.counts]
        except UnicodeDecodeError:
            return False
        if char:
            self.feed(char)
        # Enough bytes for as many characters as matter. What is cut is left out.
        reach = 4 * self._reach
        if self._tail:
            self._meet(_whole(block[start : min(stop, start + reach)])[: self._reach])
        self._remember(_whole(block[max(start, stop - reach) : stop]))
        for needle, count in zip(self.counts, counts, strict=True):
            self.counts[needle] += count
        self._begun = block[stop:size]
        return True

    def _meet(self, head: str) -> None:
        """Add what a block that begins so has together with what was before."""
        tail = self._tail
        if not tail or not head or tail[-1].isspace() or head[0].isspace():
            return
        for needle in self.counts:
            together = count_occurrences(tail + head, needle)
            apart = count_occurrences(tail, needle) + count_occurrences(head, needle)
            self.counts[needle] += together - apart

    def _remember(self, end: str) -> None:
        self._tail = (self._tail + end)[-self._reach :]


def _whole(part: bytes) -> str:
    """The characters of valid UTF-8 that are whole."""
    return part.decode("utf-8", "ignore")


def can_be_cut(encoding: str, errors: str) -> bool:
    """Whether bytes can be cut at any space or line feed, and decoded apart."""
    return _name(encoding) in _IN_PLACE and errors in _BLOCKWISE_HANDLERS


def _name(encoding: str) -> str:
    return codecs.lookup(encoding).name.replace("-", "_")


def _goes_on(byte: int) -> bool:
    """Whether this byte of UTF-8 is not the first of its character."""
    return byte & 0xC0 == 0x80
