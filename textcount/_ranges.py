"""Clip the blocks of a range of bytes to whole words.

Each word of a source must be in exactly one of its ranges, although a range may begin and end
inside a word. So a range really begins at the first separator in it, and ends at the first
separator after it.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from textcount._blocks import Block, Buffer


def clip_to_range(blocks: Iterator[Block], start: int, stop: int | None) -> Iterator[Block]:
    """Clip the blocks of a range to whole words.

    A word that straddles the end of a range belongs to this range, and not to the next range.

    Args:
        blocks: the source's blocks, the first of which begins at ``start``.
        start: the first byte of the range. If start is 0, the first word needs no separator.
        stop: the end of the range, or None for the end of the source.
    """
    place, has_begun = start, start == 0
    for block, size in blocks:
        first, last = 0, size
        if not has_begun:
            first = _next_separator(block, 0, size)
            has_begun = first < last
            if stop is not None and place + first >= stop:
                return
        if stop is not None and place + last > stop:
            last = _next_separator(block, max(first, stop - place), size)
        if has_begun and first < last:
            yield (block[first:last], last - first) if first else (block, last)
        if last < size:
            return
        place += size


def _next_separator(block: Buffer, start: int, stop: int) -> int:
    """Return the index of the first space or line feed, or ``stop`` if there is none.

    In UTF-8, valid or not, these two bytes are never part of another character.
    """
    places = (block.find(b" ", start, stop), block.find(b"\n", start, stop))
    return min((place for place in places if place >= 0), default=stop)
