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
        # The end of what was counted: these characters, then the part of this block.
        self._tail = ""
        self._last: tuple[str | bytes, int, int] = ("", 0, 0)
        # In UTF-8, the beginning of a character that the next block goes on with.
        self._begun = b""

    def feed(self, block: str) -> None:
        """Count in a block."""
        self._meet(block, 0, len(block))
        for needle in self.counts:
            self.counts[needle] += count_occurrences(block, needle)

    def feed_bytes(self, blocks: Iterable[bytes], encoding: str, errors: str) -> Iterator[int]:
        """Decode and count in all blocks of a text; gives the size of each."""
        name = _name(encoding)
        if errors not in _BLOCKWISE_HANDLERS or name.startswith(_WHOLE_ENCODINGS):
            whole = []
            for block in blocks:
                self.size += len(block)
                whole.append(block)
                yield len(block)
            decoder = codecs.getincrementaldecoder(encoding)(errors)
            self.feed(decoder.decode(b"".join(whole), True))
            return
        feed = self._feeder(name, encoding, errors)
        try:
            for block in blocks:
                self.size += len(block)
                feed(block, False)
                yield len(block)
            feed(b"", True)
        except UnicodeDecodeError as error:
            start = self.size - len(error.object)  # of the block, in the input
            if start:
                error.reason += f" (byte {start + error.start} of the input)"
            raise

    def _feeder(self, name: str, encoding: str, errors: str) -> Callable[[bytes, bool], None]:
        """What counts in a block of bytes, and with True the end of the text."""

        def in_place(block: bytes, is_last: bool) -> None:
            if is_last and not self._begun:
                return
            if name == "ascii" and not block.isascii():
                self.feed(codecs.decode(block, name, errors))
            elif is_last or not self._feed_utf8(block):
                decoder = codecs.getincrementaldecoder(encoding)(errors)
                decoder.setstate((self._begun, 0))
                text = decoder.decode(block, is_last)
                self._begun = decoder.getstate()[0]
                self.feed(text)

        # Without a word to count the bytes must be valid all the same.
        if self.counts and count_part is not None and name in _IN_PLACE:
            return in_place
        decoder = codecs.getincrementaldecoder(encoding)(errors)
        return lambda block, is_last: self.feed(decoder.decode(block, is_last))

    def _feed_utf8(self, block: bytes) -> bool:
        """Count in a block that may begin and end inside a character, if it is valid."""
        char, start, stop = "", 0, len(block)
        try:
            if self._begun:
                while start < min(stop, 3) and _goes_on(block[start]):
                    start += 1
                begun = self._begun + block[:start]
                char, used = codecs.utf_8_decode(begun, "strict", start < stop)
                if not used:
                    self._begun = begun
                    return True
            if stop > start and block[-1] >= 0x80:
                last = stop - 1
                while last > max(start, stop - 4) and _goes_on(block[last]):
                    last -= 1
                stop = last + codecs.utf_8_decode(block[last:], "strict", False)[1]
            # Before anything is counted in, as any part may be found invalid.
            counts = [count_part(block, start, stop, needle) for needle in self.counts]
        except UnicodeDecodeError:
            return False
        if char:
            self.feed(char)
        self._meet(block, start, stop)
        for needle, count in zip(self.counts, counts, strict=True):
            self.counts[needle] += count
        self._begun = block[stop:]
        return True

    def _meet(self, block: str | bytes, start: int, stop: int) -> None:
        """Add what two blocks have together; keep the second for the next one."""
        last, self._last = self._last, (block, start, stop)
        self._tail = (self._tail + self._end(*last))[-self._reach :]
        tail, head = self._tail, self._beginning(block, start, stop)
        if not tail or not head or tail[-1].isspace() or head[0].isspace():
            return
        for needle in self.counts:
            together = count_occurrences(tail + head, needle)
            apart = count_occurrences(tail, needle) + count_occurrences(head, needle)
            self.counts[needle] += together - apart

    def _beginning(self, block: str | bytes, start: int, stop: int) -> str:
        """As many characters of a block as matter to what comes before it."""
        if isinstance(block, str):
            return block[: self._reach]
        # Enough bytes for them. The last character may be cut, and is left out.
        end = min(stop, start + 4 * self._reach)
        return block[start:end].decode("utf-8", "ignore")[: self._reach]

    def _end(self, block: str | bytes, start: int, stop: int) -> str:
        """As many characters of a block as matter to what comes after it."""
        if isinstance(block, str):
            return block[-self._reach :]
        end = block[max(start, stop - 4 * self._reach) : stop]
        return end.decode("utf-8", "ignore")[-self._reach :]


def can_be_cut(encoding: str, errors: str) -> bool:
    """Whether bytes can be cut at any space or line feed, and decoded apart."""
    return _name(encoding) in _IN_PLACE and errors in _BLOCKWISE_HANDLERS


def _name(encoding: str) -> str:
    return codecs.lookup(encoding).name.replace("-", "_")


def _goes_on(byte: int) -> bool:
    """Whether this byte of UTF-8 is not the first of its character."""
    return byte & 0xC0 == 0x80
