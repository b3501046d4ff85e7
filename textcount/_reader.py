"""Open a source, read the whole source or a range in blocks, and count."""

from __future__ import annotations

import errno
import io
import os
import stat

from textcount import _limits
from textcount._arguments import wrong_block
from textcount._blocks import BlockCounter, count_in_place, counts_in_place
from textcount._marks import HEAD_SIZE, mark_of, wide_encoding
from textcount._ranges import clip_to_range
from textcount._record import FileCount, mark_binary, new_record

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator
    from mmap import mmap

    from textcount._blocks import Block
    from textcount._compressed import DecompressedFile
    from textcount._options import CountOptions, OnProgress
    from textcount._remote import RemoteFile
    from textcount._sources import Source

_HAS_READV = hasattr(os, "readv")  # Windows has no readv

_free_buffers: list[mmap] = []
"""Buffers that are not in use. A new buffer is made only if all buffers are in use."""


class Reader:
    """A context manager that counts in sources, one after the other, with one buffer.

    Args:
        options: the words to count, and how to decode.
        on_progress: called with the number of bytes of each block.
        size_limit: if not 0, a whole regular file of at least this many bytes is not counted;
            its size is the result.
    """

    __slots__ = ("_buffer", "_on_progress", "_options", "_size_limit")

    def __init__(
        self, options: CountOptions, on_progress: OnProgress | None = None, size_limit: int = 0
    ) -> None:
        self._options = options
        self._on_progress = on_progress
        self._size_limit = size_limit
        self._buffer: mmap | None = None
        # Only blocks that are counted in place use a buffer. Other blocks are decoded.
        if _HAS_READV and counts_in_place(options):
            self._buffer = _take_buffer()

    def __enter__(self) -> Reader:
        return self

    def __exit__(self, *_: object) -> None:
        if self._buffer is not None:
            _free_buffers.append(self._buffer)

    def count(self, source: Source, start: int = 0, stop: int | None = None) -> FileCount | int:
        """Return the counts of a whole source, or of a range of its bytes.

        A range begins at the first space or line feed at or after start, unless start is 0. A
        range ends at the first space or line feed at or after stop. So if ranges are adjacent,
        each word is in exactly one range.
        """
        if source.error is not None:
            return _failure(source, source.error, 0)
        is_whole = start == 0 and stop is None
        # A pipe may pause after a match, before the buffer is full. A walk finds no pipes.
        may_pause = self._options.stop_at_match and not (source.is_walked or source.is_remote)
        buffer = None if may_pause and file_size(source) is None else self._buffer
        if buffer is not None and not source.is_remote:
            if is_whole:
                return self._count_local(source, buffer)
            blocks = _blocks_of_range(source.path, buffer, start, stop)
            return self._count_blocks(source, blocks, whole=False)
        can_divide = self._size_limit and is_whole and isinstance(source.name, str)
        if can_divide and (size := file_size(source, self._size_limit) or 0) >= self._size_limit:
            return size
        return self._count_blocks(source, _blocks_of(source, start, stop), whole=is_whole)

    def _count_local(self, source: Source, buffer: mmap) -> FileCount | int:
        """Return the counts of a whole local file. Most files need only one block.

        Most runs count many small files, so each is only opened, read, counted and closed.
        """
        name = source.name
        try:
            number = name if isinstance(name, int) else os.open(name, os.O_RDONLY)
        except (OSError, ValueError) as error:
            return _failure(source, _as_os_error(error, name), 0)
        try:
            try:
                size = _fill(number, buffer, name)
            except OSError as error:
                return _failure(source, error, 0)
            counts = None
            mark = mark_of(buffer[: min(size, HEAD_SIZE)]) if self._options.by_mark else b""
            is_wide = mark != b"" and wide_encoding(mark) != ""
            if size < len(buffer) and not is_wide:
                counts = count_in_place(self._options, buffer, size, len(mark))
            elif self._size_limit and isinstance(name, str) and not is_wide:
                status = os.fstat(number)
                if stat.S_ISREG(status.st_mode) and status.st_size >= self._size_limit:
                    return status.st_size
            if counts is None:
                blocks = _remaining_blocks(number, buffer, size, name)
                return self._count_blocks(source, blocks, whole=True)
        finally:
            if not isinstance(name, int):
                os.close(number)
        if size and self._on_progress is not None:
            self._on_progress(size)
        return new_record(source.path, {**self._options.needles, **counts}, size)

    def _count_blocks(self, source: Source, blocks: Generator[Block], *, whole: bool) -> FileCount:
        """Read the blocks one by one and count in each; return the source's counts."""
        counter = BlockCounter(self._options)
        sizes = iter(counter.feed_bytes(blocks))
        reported = 0
        try:
            while True:
                # An exception from on_progress is the caller's error and not the file's.
                try:
                    size = next(sizes, None)
                except (OSError, UnicodeError) as error:
                    if counter.is_binary and source.is_found and isinstance(error, UnicodeError):
                        mark_binary(error)
                    failure = _failure(source, error, counter.size)
                    if self._on_progress is not None and counter.size > reported:
                        self._on_progress(counter.size - reported)
                    return failure
                if not whole and counter.is_wide:  # the whole file is counted instead
                    return _failure(source, UnicodeError("UTF-16 has no ranges"), counter.size)
                if size is None:
                    return new_record(source.path, counter.counts, counter.size)
                if self._on_progress is not None:
                    self._on_progress(size)
                    reported += size
        finally:
            blocks.close()  # closes the file, too, if the blocks' generator opened it


def _failure(source: Source, error: OSError | UnicodeError, size: int) -> FileCount:
    # A traceback would keep every frame and its variables alive.
    return new_record(source.path, {}, size, error.with_traceback(None))


def read_blocks(read: Callable[[int], bytes | None]) -> Iterator[Block]:
    """Yield the blocks that ``read`` returns, to the end of file."""
    while block := read(_limits.BLOCK):
        if not isinstance(block, bytes):
            raise wrong_block(block)
        yield block, len(block)
    if block != b"":
        raise wrong_block(block)


def _blocks_of(source: Source, start: int, stop: int | None) -> Generator[Block]:
    """Open a source; yield the blocks of one range, clipped to whole words."""
    with _open(source) as file:
        if start:
            file.seek(start)  # type: ignore[union-attr]  # a compressed file has no ranges
        yield from clip_to_range(read_blocks(file.read), start, stop)


def _blocks_of_range(name: str, buffer: mmap, start: int, stop: int | None) -> Generator[Block]:
    """Open a local file; read one range into the buffer; yield blocks clipped to whole words."""
    number = os.open(name, os.O_RDONLY)  # the file's size is known, so its name has no NUL
    try:
        os.lseek(number, start, os.SEEK_SET)
        yield from clip_to_range(_fill_range(number, buffer, name, start, stop), start, stop)
    finally:
        os.close(number)


def _fill_range(
    number: int, buffer: mmap, name: str, start: int, stop: int | None
) -> Iterator[Block]:
    """Yield blocks of an open file from start on.

    A block fills the buffer, or ends shortly after ``stop``. Past ``stop``, the caller only looks
    for the next separator. So the blocks after ``stop`` start small, and then grow.
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
    """Yield the block that has been read; then read and yield the rest of the file.

    All blocks use the same buffer, which stays in the processor's cache.
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
        error.filename = name  # as if opening the directory had failed
        raise
    return size


def _take_buffer() -> mmap:
    """Return a buffer for a block: a free one, or a new one."""
    try:
        buffer = _free_buffers.pop()
    except IndexError:  # a test before pop would race with other threads
        return _new_buffer()
    return buffer if len(buffer) == _limits.BLOCK else _new_buffer()


def _new_buffer() -> mmap:
    """Return a new buffer for a block, page-aligned.

    On Zen 3, if a buffer starts 1 to 31 bytes after a page boundary, the kernel copies at 1.9 GB/s
    instead of 11 GB/s. Large ``bytes`` and ``bytearray`` objects start at such places.
    """
    import mmap

    # Private, so that a forked process reads into a copy of its own.
    return mmap.mmap(-1, _limits.BLOCK, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


def _open(source: Source) -> RemoteFile | DecompressedFile | io.FileIO:
    if source.is_url:
        from textcount._remote import RemoteFile

        return RemoteFile(source)
    name = source.name
    try:
        file = io.FileIO(name, "r", closefd=isinstance(name, str))
    except ValueError as error:
        raise _as_os_error(error, name) from None
    if not source.compression:
        return file
    from textcount._compressed import DecompressedFile

    return DecompressedFile(file, source.compression, source.path)


def _as_os_error(error: OSError | ValueError, name: str | int) -> OSError | UnicodeError:
    """Return the error of opening a file; replace a ValueError (for a NUL) with an OSError."""
    if isinstance(error, (OSError, UnicodeError)):
        return error
    return OSError(errno.EINVAL, str(error), name)


def file_size(source: Source, least: int = 0) -> int | None:
    """Return the size of a file in bytes; None for a local file that is not a regular file.

    Return 0 if the file cannot be examined. Opening the file then raises the error. Return 0, too,
    for a compressed file, and for a remote file that is smaller than ``least`` or has no ranges.
    """
    if source.compression:
        return 0
    if source.is_url:
        from textcount import _remote

        return _remote.file_size(source, least)
    name = source.name
    try:
        status = os.stat(name)
    except (OSError, ValueError):
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def total_size(sources: Iterable[Source]) -> int | None:
    """Return the total number of bytes to read, or None if it is unknown before reading."""
    total = 0
    for source in sources:
        size = None if source.is_remote else file_size(source)
        if size is None:
            return None
        total += size
    return total
