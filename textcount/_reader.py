"""Count in one source, or in a range of it, read block by block."""

from __future__ import annotations

import errno
import io
import os
import stat

from textcount import _limits
from textcount._arguments import wrong_block
from textcount._blocks import BlockCounter, count_in_place, counts_in_place
from textcount._record import FileCount

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from mmap import mmap

    from textcount._blocks import Block, Buffer
    from textcount._options import CountOptions, OnProgress
    from textcount._remote import RemoteFile
    from textcount._sources import Source

_free_buffers: list[mmap] = []
"""Buffers that nobody reads into. There are as many as have been needed at once."""


def count_source(
    options: CountOptions,
    source: Source,
    on_progress: OnProgress | None = None,
    *,
    start: int = 0,
    stop: int | None = None,
    size_limit: int = 0,
) -> FileCount | int:
    """Return the counts of a source, or of the words that begin in a range of its bytes.

    A range begins at the first space or line feed at or after start, and ends at the first
    one at or after stop. So of two ranges that meet, exactly one has each word.

    Args:
        options: the words to count, and how to decode.
        source: the source.
        on_progress: called with the number of bytes of each block.
        start: the first byte of the range.
        stop: the end of the range, or None for the end of the source.
        size_limit: if not 0, a regular file of at least this many bytes is not counted; its
            size is returned instead.
    """
    if source.error is not None:
        return FileCount(source.path, {}, size=0, error=source.error)
    if source.is_remote or not _reads_into_buffer(options):
        if size_limit and (size := file_size(source, size_limit) or 0) >= size_limit:
            return size
        blocks = _blocks_of(source, start, stop)
    elif start == 0 and stop is None:
        return _count_local(options, source, on_progress, size_limit)
    else:
        blocks = _blocks_of_range(source.path, start, stop)
    return _count_blocks(options, source, blocks, on_progress)


def _reads_into_buffer(options: CountOptions) -> bool:
    """Return whether local files are read into a buffer and counted there.

    Windows has no ``readv``.
    """
    return counts_in_place(options) and hasattr(os, "readv")


def _count_local(
    options: CountOptions, source: Source, on_progress: OnProgress | None, size_limit: int
) -> FileCount | int:
    """Return the counts of a whole local file; for most files, after one block.

    Most runs count many small files, so this does little more for each than to open, read,
    count and close it.
    """
    name = source.name
    try:
        number = name if isinstance(name, int) else _open_descriptor(name)
    except (OSError, UnicodeError) as error:
        return _failure(source, error, 0)
    buffer = _take_buffer()
    try:
        try:
            size = _fill(number, buffer, name)
        except OSError as error:
            return _failure(source, error, 0)
        counts = None
        if size < len(buffer):
            counts = count_in_place(options, buffer, size)
        elif size_limit:
            status = os.fstat(number)
            if stat.S_ISREG(status.st_mode) and status.st_size >= size_limit:
                return status.st_size
        if counts is None:
            blocks = _remaining_blocks(number, buffer, size, name)
            return _count_blocks(options, source, blocks, on_progress)
    finally:
        _free_buffers.append(buffer)
        if not isinstance(name, int):
            os.close(number)
    if size and on_progress is not None:
        on_progress(size)
    return FileCount(source.path, dict(zip(options.needles, counts, strict=True)), size=size)


def _count_blocks(
    options: CountOptions,
    source: Source,
    blocks: Generator[Block],
    on_progress: OnProgress | None,
) -> FileCount:
    """Return the counts of blocks that are read as they are counted."""
    counter = BlockCounter(options)
    sizes = iter(counter.feed_bytes(blocks))
    try:
        while True:
            # What on_progress raises is the caller's error and not the file's.
            try:
                size = next(sizes, None)
            except (OSError, UnicodeError) as error:
                return _failure(source, error, counter.size)
            if size is None:
                return FileCount(source.path, counter.counts, size=counter.size)
            if on_progress is not None:
                on_progress(size)
    finally:
        blocks.close()  # and with it the file


def _failure(source: Source, error: OSError | UnicodeError, size: int) -> FileCount:
    # A traceback would keep every frame, and what they refer to.
    return FileCount(source.path, {}, size=size, error=error.with_traceback(None))


def read_blocks(read: Callable[[int], bytes | None]) -> Iterator[Block]:
    """Yield what read returns, block by block, to the end of file."""
    while block := read(_limits.BLOCK):
        if not isinstance(block, bytes):
            raise wrong_block(block)
        yield block, len(block)
    if block != b"":
        raise wrong_block(block)


def _blocks_of(source: Source, start: int, stop: int | None) -> Generator[Block]:
    """Yield the blocks of the words that begin in a range of a source."""
    with _open(source) as file:
        if start:
            file.seek(start)
        yield from _clip_to_range(read_blocks(file.read), start, stop)


def _blocks_of_range(name: str, start: int, stop: int | None) -> Generator[Block]:
    """Yield the same of a local file, all read into one buffer."""
    number = _open_descriptor(name)
    buffer = _take_buffer()
    try:
        os.lseek(number, start, os.SEEK_SET)
        yield from _clip_to_range(_fill_range(number, buffer, name, start, stop), start, stop)
    finally:
        _free_buffers.append(buffer)
        os.close(number)


def _fill_range(
    number: int, buffer: mmap, name: str, start: int, stop: int | None
) -> Iterator[Block]:
    """Yield blocks of an open file from start on.

    Up to stop they fill the buffer. From there on the reader only looks for the next
    separator: the blocks are small, and grow until it stops asking.
    """
    place = start
    room: mmap | memoryview = buffer
    while True:
        if stop is not None:
            room = memoryview(buffer)[: abs(stop - place) + _limits.LOOKAHEAD]
        size = _fill(number, room, name)
        if not size:
            return
        yield buffer, size
        place += size


def _remaining_blocks(number: int, buffer: mmap, size: int, name: str | int) -> Generator[Block]:
    """Yield the block that has been read, and the rest of the file in the same buffer.

    The buffer stays in the processor's cache.
    """
    while size:
        yield buffer, size
        size = _fill(number, buffer, name) if size == len(buffer) else 0


def _fill(number: int, buffer: mmap | memoryview, name: str | int) -> int:
    """Read until the buffer is full or the file ends; return the number of bytes."""
    try:
        size = more = os.readv(number, (buffer,))
        while more and size < len(buffer):
            more = os.readv(number, (memoryview(buffer)[size:],))
            size += more
    except BlockingIOError:
        raise wrong_block(None) from None
    except IsADirectoryError as error:
        error.filename = name  # as if opening it had failed
        raise
    return size


def _take_buffer() -> mmap:
    """Return a buffer for a block: a free one, or a new one."""
    try:
        buffer = _free_buffers.pop()
    except IndexError:  # a test for emptiness could come too early: threads share the list
        return _new_buffer()
    return buffer if len(buffer) == _limits.BLOCK else _new_buffer()


def _new_buffer() -> mmap:
    """Return a new buffer for a block, page-aligned.

    On Zen 3 the kernel copies to a buffer that starts 1 to 31 bytes past a page at 1.9 GB/s
    instead of 11, and large ``bytes`` and ``bytearray`` start there.
    """
    import mmap

    # Private, so that a forked process reads into a copy of its own.
    return mmap.mmap(-1, _limits.BLOCK, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


def _clip_to_range(blocks: Iterator[Block], start: int, stop: int | None) -> Iterator[Block]:
    """Clip blocks to the words that begin in a range.

    Args:
        blocks: the blocks from start on.
        start: the first byte of the range. At 0 a word may begin without a separator.
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
    """Return the index of the first space or line feed, or stop.

    In UTF-8, valid or not, these two bytes are never part of another character.
    """
    places = (block.find(b" ", start, stop), block.find(b"\n", start, stop))
    return min((place for place in places if place >= 0), default=stop)


def _open(source: Source) -> RemoteFile | io.RawIOBase:
    if source.is_remote:
        from textcount._remote import RemoteFile

        return RemoteFile(source.path)
    name = source.name
    try:
        return io.FileIO(name, "r", closefd=isinstance(name, str))
    except ValueError as error:
        raise _as_os_error(error, name) from None


def _open_descriptor(name: str) -> int:
    try:
        return os.open(name, os.O_RDONLY)
    except ValueError as error:
        raise _as_os_error(error, name) from None


def _as_os_error(error: ValueError, name: str | int) -> OSError | UnicodeError:
    """Return the error of opening a name with a NUL in it, which no file can have."""
    if isinstance(error, UnicodeError):
        return error
    return OSError(errno.EINVAL, str(error), name)


def file_size(source: Source, least: int = 0) -> int | None:
    """Return the size of a regular file in bytes; None for a pipe or device.

    0 means that there is nothing to divide: the file is absent or cannot be examined, so
    that opening it will give the reason; or it is remote and has less than least bytes, or
    cannot be read in ranges.
    """
    if source.is_remote:
        from textcount import _remote

        return _remote.file_size(source.path, least)
    name = source.name
    try:
        status = os.stat(name)
    except (OSError, ValueError):
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) and isinstance(name, str) else None
