"""Count in the blocks of one text, with the same result as in the whole text.

Each block is counted separately. The counts of the blocks miss a word that straddles a boundary,
and may include the two parts of such a word. So at each boundary the straddling word is added to
the total, and its two parts are subtracted. For the needles "to" and "o"::

    "to be or not t", "o be"    in the two blocks, "to" occurs 1 + 0 times, and "o" 0 + 1 times
    "t" + "o" = "to"            the straddling word and its parts
                                so "to" occurs 1 + 1 = 2 times, and "o" occurs 1 - 1 = 0 times

Only a few characters on each side of a boundary are kept: one more than the longest needle has. A
part that is longer is cut, and then neither the part nor the straddling word is a needle.
"""

from __future__ import annotations

import codecs

from textcount import _backend, _limits, _pure
from textcount._lookup import count_each
from textcount._marks import HEAD_SIZE, mark_advice, mark_of, wide_encoding, with_whole_mark

TYPE_CHECKING = False  # importing typing takes longer than importing the rest of the package
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from mmap import mmap

    from textcount._options import CountOptions

    Buffer = bytes | mmap
    Block = tuple[Buffer, int]  # a buffer, and how many bytes of it have been read

_LAST_ASCII = 0x7F
_CONTINUATION_BYTES = range(0x80, 0xC0)


def counts_in_place(options: CountOptions) -> bool:
    """Return whether the active backend counts bytes without decoding them.

    If there are no needles, the bytes are decoded only to find invalid bytes.
    """
    return options.in_place and _backend.active.count_part is not None and bool(options.needles)


def count_in_place(
    options: CountOptions, block: Buffer, size: int, start: int = 0, stop: int | None = None
) -> dict[str, int] | None:
    """Return how often each needle occurs in a part of a block; None if a byte is not valid.

    Needles that do not occur may be missing. ``counts_in_place`` must hold for the options.

    Args:
        options: the words to count.
        block: the block.
        size: how many bytes the block has.
        start: where the part begins.
        stop: where the part ends, or None for the end of the block.
    """
    count_part = _backend.active.count_part
    assert count_part is not None  # noqa: S101 - counts_in_place holds
    if options.is_ascii and not block[:size].isascii():
        return None
    stop = size if stop is None else stop
    needles = options.needles
    try:
        if len(needles) < _limits.IN_PLACE_WORDS:
            return {needle: count_part(block, start, stop, needle) for needle in needles}
        text = codecs.utf_8_decode(memoryview(block)[start:stop], "strict", True)[0]
        return count_each(text, needles, options.threads)
    except UnicodeDecodeError:
        return None


class BlockCounter:
    """Counts in one text, block by block.

    Attributes:
        counts: how often each needle occurs in the blocks so far.
        size: how many bytes the blocks so far have.
        is_wide: true if a byte-order mark has selected UTF-16 or UTF-32.
        is_binary: true if the encoding is UTF-8 or ASCII, the bytes are not valid in it, and the
            first block has a NUL and no byte-order mark.
    """

    __slots__ = (
        *("_decoder", "_in_place", "_options", "_partial_char", "_tail"),
        *("counts", "is_binary", "is_wide", "size"),
    )

    def __init__(self, options: CountOptions) -> None:
        self.size = 0
        self.is_binary = self.is_wide = False
        self.counts = options.needles.copy()
        self._options = options
        self._in_place = counts_in_place(options)
        self._decoder: codecs.IncrementalDecoder | None = None
        # The last ``overlap`` characters of the text so far.
        self._tail = ""
        # In UTF-8, the first bytes of a character that the next block completes.
        self._partial_char = b""

    def feed(self, block: str) -> None:
        """Count in a block of characters."""
        overlap = self._options.overlap
        self._count_straddling(block[:overlap])
        self._tail = (self._tail + block[-overlap:])[-overlap:]
        self._add(count_each(block, self.counts, self._options.threads))

    def feed_bytes(self, blocks: Iterable[Block]) -> Iterator[int]:
        """Decode all blocks of a text and count in them; yield the size of each.

        With ``stop_at_match``, the blocks after a match are not read.

        Raises:
            UnicodeError: the text cannot be decoded. If it begins like compressed data, the error
                says so.
        """
        head = b""
        has_nul = False
        whole: list[bytes] | None = [] if self._options.is_whole else None
        try:
            for block, size in with_whole_mark(blocks) if self._options.by_mark else blocks:
                first = 0
                if not self.size:
                    has_nul = block.find(b"\0", 0, size) >= 0
                    first = self._skip_mark(block[: min(size, HEAD_SIZE)])
                if self.size < HEAD_SIZE:
                    head += block[: min(size, HEAD_SIZE)]
                self.size += size
                if whole is not None:
                    whole.append(block[first:size])
                elif not (self._in_place and self._feed_utf8(block, size, first)):
                    self._decode(block[first:size], False)
                yield size
                if self._options.stop_at_match and self.has_match():
                    return
            if whole is not None:
                self.feed(self._options.decoder().decode(b"".join(whole), True))
            elif self._partial_char or not self._in_place:
                self._decode(b"", True)
        except UnicodeError as error:
            self._explain(error, head)
            self.is_binary = self._options.in_place and has_nul and not mark_of(head)
            raise

    def _skip_mark(self, head: bytes) -> int:
        """Let a byte-order mark select the encoding, if asked for; return the mark's size."""
        if not self._options.by_mark:
            return 0
        mark = mark_of(head)
        if encoding := wide_encoding(mark):
            self._options = self._options.with_encoding(encoding)
            self._in_place, self.is_wide = False, True
        return len(mark)

    def _explain(self, error: UnicodeError, head: bytes) -> None:
        """Add the invalid byte's place in the input, and advice for compressed data."""
        from textcount._compressed import advice

        addition = advice(head) or (mark_advice(head) if self._options.in_place else "")
        if isinstance(error, UnicodeDecodeError):
            block_start = self.size - len(error.object)
            if block_start and not self._options.is_whole:
                error.reason += f" (byte {block_start + error.start} of the input)"
            error.reason += addition
        elif addition:
            error.args = (f"{error}{addition}",)

    def has_match(self) -> bool:
        """Return whether a needle has been found, whatever comes next.

        The last word of the text so far may go on in the next block.
        """
        last = _last_word(self._tail)
        return sum(self.counts.values()) > (self.counts.get(last, 0) > 0)

    def _decode(self, block: bytes, is_last: bool) -> None:
        if self._decoder is None:
            self._decoder = self._options.decoder()
        if not self._options.in_place:
            self.feed(self._decoder.decode(block, is_last))
            return
        # Blocks counted in place bypass the decoder, so _partial_char keeps a cut character.
        self._decoder.setstate((self._partial_char, 0))
        text = self._decoder.decode(block, is_last)
        self._partial_char = self._decoder.getstate()[0]
        self.feed(text)

    def _feed_utf8(self, block: Buffer, size: int, first: int) -> bool:
        """Count in a block of bytes without decoding it; return False if it is not valid.

        The block's first and last bytes may be parts of characters.
        """
        try:
            char, start = self._complete_char(block, size, first)
            stop = _last_boundary(block, start, size)
        except UnicodeDecodeError:
            return False
        # Nothing is added before every part is known to be valid.
        counts = count_in_place(self._options, block, size, start, stop)
        if counts is None:
            return False
        if char:
            self.feed(char)
        overlap = self._options.overlap
        reach = 4 * overlap  # a character has at most four bytes
        if self._tail:
            self._count_straddling(_whole_chars(block[start : min(stop, start + reach)])[:overlap])
        end = _whole_chars(block[max(start, stop - reach) : stop])
        self._tail = (self._tail + end)[-overlap:]
        self._add(counts)
        if start < size or char:
            self._partial_char = block[stop:size]
        return True

    def _complete_char(self, block: Buffer, size: int, start: int) -> tuple[str, int]:
        """Return the character that straddles the block's start, and the index where it ends."""
        if not self._partial_char:
            return "", start
        while start < min(size, 3) and _is_continuation(block[start]):
            start += 1
        partial = self._partial_char + block[:start]
        char, used = codecs.utf_8_decode(partial, "strict", start < size)
        if not used:  # a tiny block did not complete the character
            self._partial_char = partial
        return char, start

    def _count_straddling(self, head: str) -> None:
        """Correct the counts if a word straddles the start of a block.

        Args:
            head: the first characters of the block.
        """
        last, first = _last_word(self._tail), _first_word(head)
        if last and first:
            for word, change in ((last + first, 1), (last, -1), (first, -1)):
                if word in self.counts:
                    self.counts[word] += change

    def _add(self, counts: dict[str, int]) -> None:
        for needle, count in counts.items():
            self.counts[needle] += count


def _first_word(text: str) -> str:
    """Return the word with which a text begins, or "" if it begins with whitespace or is empty."""
    if not text or text[0].isspace():
        return ""
    return _pure.with_whitespace(text).split(None, 1)[0]


def _last_word(text: str) -> str:
    """Return the word with which a text ends, or "" if it ends with whitespace or is empty."""
    if not text or text[-1].isspace():
        return ""
    return _pure.with_whitespace(text).rsplit(None, 1)[-1]


def _whole_chars(part: bytes) -> str:
    """Decode a part of valid UTF-8; drop a character that is cut at either end."""
    return part.decode("utf-8", "ignore")


def _last_boundary(block: Buffer, start: int, size: int) -> int:
    """Return the start of the block's last character if it is incomplete, else ``size``."""
    last = size - 1
    while last > max(start, size - 4) and _is_continuation(block[last]):
        last -= 1
    if last < start or block[last] <= _LAST_ASCII:
        return size
    return last + codecs.utf_8_decode(block[last:size], "strict", False)[1]


def _is_continuation(byte: int) -> bool:
    """Return whether a byte of UTF-8 continues a character."""
    return byte in _CONTINUATION_BYTES
