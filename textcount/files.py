"""Counting in streams, files and trees of files, in bounded memory."""

from __future__ import annotations

import codecs
import errno
import io
import os
import stat
import time
from itertools import chain

from textcount._backend import BACKEND, count_part
from textcount._blocks import Counting, Text
from textcount._errors import wrong_type

TYPE_CHECKING = False  # typing costs more to import than all of this module
if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
    from concurrent.futures import Executor
    from mmap import mmap
    from typing import Protocol, TypeVar

    from textcount._blocks import Block, Buffer
    from textcount._remote import RemoteFile

    class Readable(Protocol):
        """What count_stream needs of a stream."""

        def read(self, size: int, /) -> str | bytes: ...

    T = TypeVar("T")
    Room = mmap | memoryview
    Source = str | int  # the name of a file, or the number of an open one
    Found = tuple[Source, OSError | None, bool]  # what expand gives
    Entry = tuple[str, str, str]  # what a directory holds: name, path, kind
    Path = str | bytes | os.PathLike[str] | os.PathLike[bytes]
    OnProgress = Callable[[int], object]

_ReadOnly = type(type.__dict__)  # MappingProxyType, and a millisecond less than its module

BLOCK = 1 << 20
"""How much is read at a time, in bytes (characters, from a text stream)."""

SHARD = 1 << 25
"""How many bytes of a large file a worker is given at a time."""

AFTER = 1 << 12
"""How much is read at first, in bytes, to find the blank behind a range."""

ALONE = 0.1
"""How long, in seconds, one worker counts small files before others are started: about
as long as it takes to start them."""


COMPRESSED = (".gz", ".bz2", ".xz", ".zst")
"""How the names of compressed files end."""


class FileCount:
    """What counting in one file gave. Immutable.

    Attributes:
        path: the file's name, as ``str``.
        counts: how often each needle occurs; empty if there was an error.
        size: how many bytes were read.
        error: why the file could not be read or decoded, or ``None``.

    >>> FileCount("essay.txt", {"the": 12}, size=843)
    FileCount('essay.txt', {'the': 12}, size=843, error=None)
    """

    __slots__ = ("counts", "error", "path", "size")

    path: str
    counts: Mapping[str, int]
    size: int
    error: OSError | UnicodeError | None

    def __new__(
        cls,
        path: str,
        counts: Mapping[str, int],
        *,
        size: int,
        error: OSError | UnicodeError | None = None,
    ) -> FileCount:
        self = super().__new__(cls)
        set_field = object.__setattr__  # its own refuses
        set_field(self, "path", path)
        set_field(self, "counts", _ReadOnly(dict(counts)))
        set_field(self, "size", size)
        set_field(self, "error", error)
        return self

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f"FileCount is immutable: cannot set {name!r}")

    def __delattr__(self, name: str) -> None:
        raise AttributeError(f"FileCount is immutable: cannot delete {name!r}")

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FileCount):
            return NotImplemented
        return self.__reduce__() == other.__reduce__()

    def __hash__(self) -> int:
        return hash((self.path, self.size))

    def __repr__(self) -> str:
        return (
            f"FileCount({self.path!r}, {dict(self.counts)!r}, "
            f"size={self.size!r}, error={self.error!r})"
        )

    def __reduce__(self) -> tuple[Callable[..., FileCount], tuple[object, ...]]:
        return _file_count, (self.path, dict(self.counts), self.size, self.error)


def _file_count(
    path: str, counts: Mapping[str, int], size: int, error: OSError | UnicodeError | None
) -> FileCount:
    """Make a FileCount of what pickle keeps of one."""
    return FileCount(path, counts, size=size, error=error)


def count_stream(stream: Readable, needles: Iterable[str]) -> dict[str, int]:
    """Count words in a stream, from where it stands to its end.

    Memory stays bounded, however long the stream or its longest word.

    Args:
        stream: an object whose ``read(n)`` gives ``str``, or ``bytes`` of
            UTF-8. It is not closed.
        needles: the words to count; duplicates collapse.

    Returns:
        How often each needle occurs, in the order of needles.

    Raises:
        TypeError: stream has no ``read``, or one that gives anything else;
            needles is not an iterable of ``str``, or is a bare ``str``.
        UnicodeDecodeError: the bytes are not valid UTF-8. ``start`` and ``end``
            count from the start of ``object``, the block that was being
            decoded; past the first block the reason adds the byte in the stream.
        BlockingIOError: the stream is non-blocking and has no data.

    >>> import io
    >>> count_stream(io.StringIO("to be or not to be"), ["be", "or"])
    {'be': 2, 'or': 1}
    """
    text = Text(Counting(_distinct("count_stream", needles), "utf-8", "strict"))
    read = getattr(stream, "read", None)
    if not callable(read):
        raise wrong_type("count_stream", "stream", "a readable stream", stream)
    block = read(BLOCK)
    if isinstance(block, str):
        while block != "":
            if not isinstance(block, str):
                raise _wrong_block(block)
            text.feed(block)
            block = read(BLOCK)
    else:
        ahead = [block]
        blocks = _blocks(lambda size: ahead.pop() if ahead else read(size))
        for _ in text.feed_bytes(blocks):
            pass
    return text.counts


def count_file(
    path: Path,
    needles: Iterable[str],
    *,
    encoding: str = "utf-8",
    errors: str = "strict",
) -> dict[str, int]:
    r"""Count words in a file.

    The answer is that of counting in
    ``open(path, encoding=encoding, errors=errors, newline="").read()``.
    Memory stays bounded, with a few exceptions: an error handler of the caller's
    own (``codecs.register_error``) and the encodings ``iso2022-*``,
    ``utf-7``, ``unicode_escape`` and ``punycode`` need the whole file at once,
    and the decoder of ``idna`` keeps a label to its end.

    Args:
        path: the file's name.
        needles: the words to count; duplicates collapse.
        encoding: any text encoding that ``open`` takes, by name.
        errors: any error handler that ``open`` takes.

    Returns:
        How often each needle occurs, in the order of needles.

    Raises:
        TypeError: an argument is of the wrong type, or needles is a bare ``str``.
        LookupError: encoding or errors is not known. Nothing has been read.
        OSError: the file cannot be read; also for a name with a NUL in it.
        UnicodeError: the file cannot be decoded. ``start`` and ``end`` of a
            ``UnicodeDecodeError`` count from the start of ``object``, the block
            that was being decoded; past the first block the reason adds the
            byte in the file.

    >>> import os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "hamlet.txt")
    ...     with open(path, "w", encoding="utf-8") as file:
    ...         _ = file.write("to be\nor not\nto be\n")
    ...     count_file(path, ["be", "question"])
    {'be': 2, 'question': 0}
    """
    name = _name("count_file", "path", path)
    distinct = _distinct("count_file", needles)
    encoding = check_decoding("count_file", encoding, errors)
    counting = Counting(distinct, encoding, errors)
    (record,) = count_sources([(name, None, False)], counting, None, workers(), False, None, {})
    if record.error is not None:
        raise record.error
    return dict(record.counts)


def count_files(
    paths: Iterable[Path],
    needles: Iterable[str],
    *,
    encoding: str = "utf-8",
    errors: str = "strict",
    recursive: bool = False,
    include: Iterable[str] | None = None,
    exclude: Iterable[str] | None = None,
    on_progress: OnProgress | None = None,
    executor: Executor | None = None,
) -> Iterator[FileCount]:
    """Count words in many files, one after the other, in the order given.

    A file that cannot be read or decoded gives a ``FileCount`` with the error,
    and the rest goes on. A path given twice is counted twice.

    Args:
        paths: names of files and, with recursive, of directories.
        needles: the words to count; duplicates collapse.
        encoding: as for ``count_file``.
        errors: as for ``count_file``.
        recursive: walk directories, in sorted order. Inside them symbolic links
            to directories are not followed, and what is neither a regular file
            nor a link to one (a pipe, a socket, a device) is passed over.
        include: glob patterns; of the files found in directories, only those
            that match one are counted. A pattern is held against the file's
            name and against its path inside the directory, as ``fnmatch`` does.
        exclude: glob patterns; files and directories found in directories
            that match one are passed over.
        on_progress: called now and then, with the number of bytes read since.
        executor: one as ``concurrent.futures`` has them, to count by. Its workers
            need textcount, and the files under the same absolute names.

    Returns:
        An iterator that counts when asked for the next ``FileCount``; what several
        workers or an executor count, some files ahead.

    Raises:
        TypeError: an argument is of the wrong type, or a bare ``str``
            where several are meant; while iterating, a path is of the wrong
            type, or errors names a handler that cannot decode.
        LookupError: encoding or errors is not known. Nothing has been read.

    >>> for file in count_files(["no such file"], ["the"]):
    ...     print(file.path, file.counts, type(file.error).__name__)
    no such file {} FileNotFoundError
    """
    each = _iterate("count_files", "paths", "paths", paths)
    distinct = _distinct("count_files", needles)
    encoding = check_decoding("count_files", encoding, errors)
    if on_progress is not None and not callable(on_progress):
        raise wrong_type("count_files", "on_progress", "callable", on_progress)
    if executor is not None and not callable(getattr(executor, "submit", None)):
        raise wrong_type("count_files", "executor", "an executor", executor)
    patterns = Patterns(
        None if include is None else _distinct("count_files", include, "include"),
        () if exclude is None else _distinct("count_files", exclude, "exclude"),
    )
    names = (_name("count_files", "paths", path) for path in each)
    sources = expand(names, recursive, patterns)
    counting = Counting(distinct, encoding, errors)
    return count_sources(sources, counting, on_progress, workers(), False, executor, {})


def count_sources(
    found: Iterable[Found],
    counting: Counting,
    on_progress: OnProgress | None,
    jobs: int,
    processes: bool,
    executor: Executor | None,
    backends: dict[str, int],
) -> Iterator[FileCount]:
    """Count in each of what ``expand`` gives; all arguments have been checked.

    By one worker to begin with, as starting several pays only for some work; unless
    there is an executor. In backends it is noted how many tasks each has counted.
    """
    found = iter(found)
    begun = time.monotonic()
    for each in found:
        source, error, _ = each
        is_enough = executor is not None or (
            jobs > 1
            and (
                is_remote(source)
                or time.monotonic() - begun > ALONE
                or (size_of(source) or 0) >= 2 * SHARD
            )
        )
        if is_enough:
            from textcount._workers import Workers, count_in_parallel

            rest = chain([(source, error, False)], found)
            workers = Workers(
                counting, jobs, processes=processes, executor=executor, backends=backends
            )
            yield from count_in_parallel(rest, workers, on_progress)
            return
        yield count_source(counting, source, error, on_progress)


def count_source(
    counting: Counting,
    source: Source,
    error: OSError | None = None,
    on_progress: OnProgress | None = None,
    *,
    start: int = 0,
    stop: int | None = None,
) -> FileCount:
    """Count in a file, or in the words that begin in a range of its bytes.

    That is to say, from the first blank at or after start to the first at or after
    stop: so of two ranges that meet, each word is in one.
    """
    text = Text(counting)
    failure: OSError | UnicodeError | None = error
    sizes = _read(text, source, start, stop)
    try:
        while failure is None:
            try:
                size = next(sizes, None)
            except (OSError, UnicodeError) as reason:
                failure = reason.with_traceback(None)  # which would keep every frame
                break
            if size is None:
                break
            if on_progress is not None:
                on_progress(size)
    finally:
        sizes.close()  # and with it the file
    path = source if isinstance(source, str) else "-"
    counts = text.counts if failure is None else {}
    return FileCount(path, counts, size=text.size, error=failure)


def expand(sources: Iterable[Source], recursive: bool, patterns: Patterns) -> Iterator[Found]:
    """Put the files of a directory in its place, if recursive; of URLs, also what matches.

    Gives the source, the error of a directory that cannot be listed, and whether it was
    found in a walk; then it is no pipe.
    """
    for source in sources:
        if not recursive or not isinstance(source, str):
            yield source, None, False
        elif is_url(source):
            yield from _expand_url(source, patterns)
        elif os.path.isdir(source):
            yield from _walk(source, _entries, patterns)
        else:
            yield source, None, False


def _expand_url(url: str, patterns: Patterns) -> Iterator[Found]:
    from textcount._remote import entries, matching

    try:
        found = matching(url)
    except OSError as error:
        yield url, error, True
        return
    for each, is_directory in found:
        if is_directory:
            yield from _walk(each, entries, patterns)
        else:
            yield each, None, True


def _walk(root: str, entries: Callable[[str], list[Entry]], patterns: Patterns) -> Iterator[Found]:
    # A stack rather than recursion: no tree is too deep.
    pending = [(root, True)]
    while pending:
        path, is_directory = pending.pop()
        if not is_directory:
            yield path, None, True
            continue
        try:
            found = sorted(entries(path), reverse=True)
        except OSError as error:
            yield path, error, True
            continue
        for name, inner, kind in found:
            inside = inner[len(root) :].lstrip(os.sep + "/").replace(os.sep, "/")
            if patterns.take(name, inside, kind):
                pending.append((inner, kind == "directory"))


def _entries(directory: str) -> list[Entry]:
    """What is in a directory: names, paths and kinds."""
    with os.scandir(directory) as entries:
        return [(entry.name, entry.path, _kind(entry)) for entry in entries]


def _kind(entry: os.DirEntry[str]) -> str:
    """What a walk takes entry for: a directory, a file, or nothing of its business."""
    try:
        if entry.is_dir(follow_symlinks=False):
            return "directory"
        if entry.is_file() or (entry.is_symlink() and not os.path.exists(entry.path)):
            return "file"
    except OSError:
        return "file"  # opening it will say what is wrong
    return "other"


def _read(text: Text, source: Source, start: int, stop: int | None) -> Generator[int]:
    """Count in source, or in a range of it; gives the size of each block."""
    with _open(source) as file:
        if start:
            file.seek(start)
        if not isinstance(file, _File):
            yield from text.feed_bytes(_between(_blocks(file.read), start, stop))
            return
        room = _room()
        try:
            if stop is not None:
                blocks = _range_into(room, file, start, stop)
                yield from text.feed_bytes(_between(blocks, start, stop))
                return
            size = _fill(room, file)
            is_all = start == 0 and size < len(room)
            if not is_all or not text.feed_whole(room, size):
                blocks = _rest_into(room, size, file)
                yield from text.feed_bytes(_between(blocks, start, stop))
            elif size:
                yield size
        finally:
            _spare.append(room)


def _rest_into(room: mmap, size: int, file: _File) -> Iterator[Block]:
    """What has been read, and the rest of a file to the same place, which stays in the cache."""
    while size:
        yield room, size
        size = _fill(room, file) if size == len(room) else 0


def _range_into(room: mmap, file: _File, start: int, stop: int) -> Iterator[Block]:
    """A file from start to stop, and on, in blocks of more and more, as long as one asks."""
    place = start
    while size := _fill(memoryview(room)[: abs(stop - place) + AFTER], file):
        yield room, size
        place += size


def _fill(room: Room, file: _File) -> int:
    """Read as much as there is room for, or to the end; gives how much that is."""
    size = 0
    rest = room
    while more := file.readinto(rest):
        size += more
        if size == len(room):
            return size
        rest = memoryview(room)[size:]
    if more is None:
        raise _wrong_block(None)
    return size


def _room() -> mmap:
    """Room for a block: what somebody has left, or new."""
    try:
        room = _spare.pop()
    except IndexError:  # asked beforehand, another thread might still take the last
        return _memory()
    return room if len(room) == BLOCK else _memory()


def _memory() -> mmap:
    """Room for a block, from the beginning of a page of memory.

    To a place up to 31 bytes further on an AMD EPYC (Zen 3) copies at 1.9 instead of
    11 GB/s, and that is where bytes and bytearray begin when they are large.
    """
    import mmap

    # Private: or else a process and those that it forks would read to the same place.
    return mmap.mmap(-1, BLOCK, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)


_spare: list[mmap] = []
"""Room that nobody reads into: for as many blocks as have been needed at once."""


def _between(blocks: Iterable[Block], start: int, stop: int | None) -> Iterator[Block]:
    """Of blocks that begin at start, what is between its blank and that of stop.

    That of a place is the first at or after it, or the end; at 0, a text begins as it
    does after a blank.
    """
    place, has_begun = start, start == 0
    for block, size in blocks:
        first, last = 0, size
        if not has_begun:
            first = _blank(block, 0, size)
            has_begun = first < last
            if stop is not None and place + first >= stop:
                return
        if stop is not None and place + last > stop:
            last = _blank(block, max(first, stop - place), size)
        if has_begun and first < last:
            yield (block[first:last], last - first) if first else (block, last)
        if last < size:
            return
        place += size


def _blank(block: Buffer, start: int, stop: int) -> int:
    """Where the first space or line feed is, or stop.

    In UTF-8, valid or not, these are never a part of anything else.
    """
    places = (block.find(b" ", start, stop), block.find(b"\n", start, stop))
    return min((place for place in places if place >= 0), default=stop)


class _File:
    """A file, opened and closed in half the time that io.FileIO takes."""

    __slots__ = ("_is_open", "_number", "_source")

    def __init__(self, source: Source) -> None:
        self._source = source
        self._is_open = isinstance(source, int)
        self._number = source if isinstance(source, int) else os.open(source, os.O_RDONLY)

    def __enter__(self) -> _File:
        return self

    def __exit__(self, *_: object) -> None:
        if not self._is_open:
            os.close(self._number)

    def seek(self, place: int) -> None:
        os.lseek(self._number, place, os.SEEK_SET)

    def readinto(self, room: Room) -> int | None:
        try:
            return os.readv(self._number, (room,))
        except BlockingIOError:
            return None
        except IsADirectoryError as error:
            error.filename = self._source  # as if it had been found out in opening
            raise


def _open(source: Source) -> _File | RemoteFile | io.RawIOBase:
    if is_remote(source):
        from textcount._remote import RemoteFile

        return RemoteFile(str(source))
    try:
        if count_part is not None and hasattr(os, "readv"):  # Windows has none
            return _File(source)
        return io.FileIO(source, "r", closefd=isinstance(source, str))
    except ValueError as error:
        if isinstance(error, UnicodeError):
            raise
        # A NUL in the name: a name that no file has, like any other.
        raise OSError(errno.EINVAL, str(error), source) from error


class Patterns:
    """The include and exclude globs of a walk."""

    def __init__(self, include: Iterable[str] | None, exclude: Iterable[str]) -> None:
        self._include = None if include is None else list(include)
        self._exclude = list(exclude)

    def take(self, name: str, inside: str, kind: str) -> bool:
        """Whether to walk on to what has this name, and this path inside the directory."""
        if kind == "other" or _matches(self._exclude, name, inside):
            return False
        is_wanted = kind == "directory" or self._include is None
        return is_wanted or _matches(self._include, name, inside)


def _matches(patterns: list[str] | None, name: str, inside: str) -> bool:
    if not patterns:
        return False
    from fnmatch import fnmatch  # imports re, which few calls need

    return any(fnmatch(name, pattern) or fnmatch(inside, pattern) for pattern in patterns)


def _blocks(read: Callable[[int], bytes | None]) -> Iterator[Block]:
    """All that read gives, to its end."""
    while block := read(BLOCK):
        if not isinstance(block, bytes):
            raise _wrong_block(block)
        yield block, len(block)
    if block != b"":
        raise _wrong_block(block)


def size_of(source: Source, least: int = 0) -> int | None:
    """The size of a regular file, 0 if there is no file; None if it is another kind.

    Of a remote one 0, too, if it cannot be counted in ranges, or is less than least.
    """
    if is_remote(source):
        from textcount import _remote

        return _remote.size_of(str(source), least)
    try:
        status = os.stat(source)
    except (OSError, ValueError):
        return 0  # opening it will say why
    return status.st_size if stat.S_ISREG(status.st_mode) and isinstance(source, str) else None


def is_remote(source: Source) -> bool:
    """Whether a source, by its name, is a URL or compressed."""
    return isinstance(source, str) and (source.endswith(COMPRESSED) or is_url(source))


def is_url(name: str) -> bool:
    """Whether a name is a URL; C:// is a folder."""
    return name.find("://") > 1


def workers() -> int:
    """How many workers pay in a library, which starts no processes.

    Threads: one for each processor; but where Python counts, only one runs at a time.
    """
    return cores() if BACKEND == "native" else 1


def cores() -> int:
    """How many processors this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS, nor on Windows
        return os.cpu_count() or 1


def _wrong_block(block: object) -> Exception:
    if block is None:
        return BlockingIOError(errno.EAGAIN, "the stream is non-blocking and has no data")
    given = type(block).__name__
    return TypeError(
        f"count_stream() argument 'stream' must give str or bytes, one or the other, not {given}"
    )


def _distinct(function: str, words: Iterable[str], argument: str = "needles") -> list[str]:
    """The distinct words of an argument that is an iterable of str."""
    distinct: dict[str, None] = {}
    for word in _iterate(function, argument, "str", words):
        if not isinstance(word, str):
            error = wrong_type(function, argument, "an iterable of str", word)
            raise TypeError(f"{error} inside")
        distinct[str.__str__(word)] = None
    return list(distinct)


def _iterate(function: str, argument: str, items: str, values: Iterable[T]) -> Iterator[T]:
    """Iterate over an argument that is several things, not the bare one thing."""
    expected = f"an iterable of {items}"
    if isinstance(values, (str, bytes, os.PathLike)):
        error = wrong_type(function, argument, expected, values)
        raise TypeError(f"{error}; pass a list: [{argument}]")
    try:
        return iter(values)
    except TypeError:
        raise wrong_type(function, argument, expected, values) from None


def _name(function: str, argument: str, path: object) -> str:
    try:
        return os.fsdecode(path)  # type: ignore[arg-type]
    except TypeError:
        raise wrong_type(function, argument, "str, bytes or os.PathLike", path) from None


def check_decoding(function: str, encoding: object, errors: object) -> str:
    """The encoding's name, once open would take it and the error handler."""
    if not isinstance(encoding, str):
        raise wrong_type(function, "encoding", "str", encoding)
    if not isinstance(errors, str):
        raise wrong_type(function, "errors", "str", errors)
    try:
        f"{encoding}{errors}".encode()  # PyPy looks up even what is no text
        codecs.lookup_error(errors)
        return io.TextIOWrapper(io.BytesIO(), encoding, errors).encoding
    except ValueError:  # a lone surrogate or NUL in it
        name = f"encoding {encoding!r} or error handler {errors!r}"
        raise LookupError(f"unknown {name}") from None
