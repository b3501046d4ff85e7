"""Byte-order marks, and the encoding that each selects."""

from __future__ import annotations

import codecs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from mmap import mmap

    Block = tuple[bytes | mmap, int]  # as in _blocks

HEAD_SIZE = 6
"""Bytes at the start of a text that show how it is encoded or compressed: the longest mark has 4,
and the longest key of ``_compressed._MAGIC`` has 6."""

_WIDE = {
    codecs.BOM_UTF32_LE: "utf-32-le",  # begins like the mark of UTF-16
    codecs.BOM_UTF32_BE: "utf-32-be",
    codecs.BOM_UTF16_LE: "utf-16-le",
    codecs.BOM_UTF16_BE: "utf-16-be",
}
_MARKS = (codecs.BOM_UTF8, *_WIDE)


def mark_of(head: bytes) -> bytes:
    """Return the mark with which a text begins, or b"" if there is none."""
    return next((mark for mark in _MARKS if head.startswith(mark)), b"")


def wide_encoding(mark: bytes) -> str:
    """Return the encoding that a mark selects, or "" if it is UTF-8."""
    return _WIDE.get(mark, "")


def with_whole_mark(blocks: Iterable[Block]) -> Iterator[Block]:
    """Yield the blocks. If the first ones may be parts of a mark, join them."""
    head = b""
    has_begun = False
    for block, size in blocks:
        if has_begun:
            yield block, size
            continue
        if not head and size >= HEAD_SIZE:
            yield block, size
            has_begun = True
            continue
        head += block[:size]
        if not any(mark != head and mark.startswith(head) for mark in _MARKS):
            yield head, len(head)
            has_begun = True
    if head and not has_begun:
        yield head, len(head)


def mark_advice(head: bytes) -> str:
    """Return advice for a text that is not UTF-8 and begins with another mark, else ""."""
    encoding = wide_encoding(mark_of(head))
    if not encoding:
        return ""
    return (
        f"; it begins with the byte-order mark of {encoding[:6].upper()}: "
        "count it with --encoding auto, or encoding='auto'"
    )
