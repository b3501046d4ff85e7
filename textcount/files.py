"""The public functions for streams, files and trees of files."""

# Annotations are evaluated, so that typing.get_type_hints works. Importing collections.abc would
# import collections, too.
import os
from _collections_abc import Generator, Iterable, Iterator
from itertools import chain

from textcount import _backend, _limits
from textcount._arguments import (
    check_decoding,
    distinct_words,
    file_name,
    iterate,
    wrong_block,
    wrong_type,
)
from textcount._blocks import BlockCounter
from textcount._options import CountOptions, OnProgress, RunOptions
from textcount._reader import Reader, read_blocks
from textcount._record import FileCount, _file_count
from textcount._sources import PAUSE, Source, is_url
from textcount._walk import Patterns, expand

TYPE_CHECKING = False
if TYPE_CHECKING:
    from concurrent.futures import Executor
    from typing import Protocol

    class Readable(Protocol):
        """An object with the method that count_stream calls."""

        def read(self, size: int, /) -> str | bytes: ...

else:  # importing these takes longer than importing the package
    Executor = Readable = object

Path = str | bytes | os.PathLike[str] | os.PathLike[bytes]

_ = _file_count  # pickles made by 1.1 and later name textcount.files._file_count


def count_stream(stream: Readable, needles: Iterable[str]) -> dict[str, int]:
    """Count words in a stream, from its current position to its end.

    Memory stays bounded, however long the stream or its longest word.

    Args:
        stream: an object whose ``read(n)`` returns ``str``, or ``bytes`` of
            UTF-8. The stream is not closed.
        needles: the words to count; duplicates collapse.

    Returns:
        How often each needle occurs, in the order of needles.

    Raises:
        TypeError: stream has no ``read``, or its ``read`` returns neither ``str``
            nor ``bytes``, or mixes them. A TypeError is also raised if needles is a
            bare ``str`` or is not an iterable of ``str``.
        UnicodeDecodeError: the bytes are not valid UTF-8. The error's ``object`` is
            the block that was being decoded. ``start`` and ``end`` are indices in that
            block. After the first block, the error's ``reason`` also gives the
            byte's position in the stream.
        BlockingIOError: the stream is non-blocking and has no data.

    >>> import io
    >>> count_stream(io.StringIO("to be or not to be"), ["be", "or"])
    {'be': 2, 'or': 1}
    """
    options = CountOptions(distinct_words("count_stream", needles), "utf-8", "strict")
    counter = BlockCounter(options)
    read = getattr(stream, "read", None)
    if not callable(read):
        raise wrong_type("count_stream", "stream", "a readable stream", stream)
    block = read(_limits.BLOCK)
    if isinstance(block, str):
        while block != "":
            if not isinstance(block, str):
                raise wrong_block(block)
            counter.feed(block)
            block = read(_limits.BLOCK)
    else:
        first = [block]
        blocks = read_blocks(lambda size: first.pop() if first else read(size))
        for _ in counter.feed_bytes(blocks):
            pass
    return counter.counts


def count_file(
    path: Path,
    needles: Iterable[str],
    *,
    encoding: str = "utf-8",
    errors: str = "strict",
) -> dict[str, int]:
    r"""Count words in a file.

    The text of the file is the result of
    ``open(path, encoding=encoding, errors=errors, newline="").read()``.
    Memory stays bounded, with three exceptions. An error handler of the caller's
    own (``codecs.register_error``) is given the whole file. The decoders of ``iso2022-*``,
    ``utf-7``, ``unicode_escape`` and ``punycode`` are given the whole file, too. The decoder of
    ``idna`` keeps each label in memory until the label ends.

    Args:
        path: the name of the file.
        needles: the words to count; duplicates collapse.
        encoding: any text encoding that ``open`` takes, by name; or ``"auto"``. Then a
            byte-order mark at the start of the file selects UTF-8, UTF-16 or UTF-32,
            and is not part of the text. Without one, the encoding is UTF-8.
        errors: any error handler that ``open`` takes.

    Returns:
        How often each needle occurs, in the order of needles.

    Raises:
        TypeError: an argument is of the wrong type, or needles is a bare ``str``.
        LookupError: encoding or errors is not known. Nothing has been read.
        OSError: the file cannot be read, or its name has a NUL in it.
        UnicodeError: the file cannot be decoded. The ``object`` of a
            ``UnicodeDecodeError`` is the block that was being decoded. ``start``
            and ``end`` are indices in that block. After the first block, the error's
            ``reason`` also gives the byte's position in the file.

    >>> import os, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = os.path.join(folder, "hamlet.txt")
    ...     with open(path, "w", encoding="utf-8") as file:
    ...         _ = file.write("to be\nor not\nto be\n")
    ...     count_file(path, ["be", "question"])
    {'be': 2, 'question': 0}
    """
    source = _source("count_file", "path", path)
    distinct = distinct_words("count_file", needles)
    encoding = check_decoding("count_file", encoding, errors)
    run = RunOptions(CountOptions(distinct, encoding, errors), _limits.cores())
    (record,) = count_sources([source], run)
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
    """Count words in many files, in the order given.

    For a file that cannot be read or decoded, the ``FileCount`` has the error, and
    counting goes on. A path given twice is counted twice.

    Args:
        paths: names of files and, with recursive, of directories.
        needles: the words to count; duplicates collapse.
        encoding: as for ``count_file``. ``"auto"`` looks at each file.
        errors: as for ``count_file``.
        recursive: count the files in directories, in sorted order. A walk does not
            follow symbolic links to directories, and skips links that lead nowhere,
            pipes, sockets and devices.
        include: glob patterns. A walk counts only files that match a pattern. A
            pattern is compared with a file's name and with the file's path inside
            the directory, as ``fnmatch`` does: ``*`` matches ``/``, too. ``name/`` and
            ``**/name/**`` match the files in a directory of that name at any depth.
            ``./name`` matches only where the walk began: a file, or the files in a
            directory. In ``a/**/b``, ``**`` matches any number of directories, or none.
        exclude: glob patterns of the same forms. A walk skips files and directories
            that match a pattern.
        on_progress: called with the number of bytes that have been read since the
            last call.
        executor: a ``concurrent.futures`` executor, or an object like one, that
            counts all files except pipes and devices. The executor's workers need
            textcount, and must find the files under the same absolute paths. With the pure
            backend and a GIL, only an executor of processes uses several processors
            for local files.

    Returns:
        An iterator that counts a file when its ``FileCount`` is requested. Threads
        or an executor also count some files in advance.

    Raises:
        TypeError: an argument is of the wrong type, or a bare ``str`` is given
            in place of a list. For a path of the wrong type, or an error handler that
            cannot decode, the TypeError is raised while iterating.
        LookupError: encoding or errors is not known. Nothing has been read.

    >>> for file in count_files(["no such file"], ["the"]):
    ...     print(file.path, file.counts, type(file.error).__name__)
    no such file {} FileNotFoundError
    """
    each = iterate("count_files", "paths", "paths", paths)
    distinct = distinct_words("count_files", needles)
    encoding = check_decoding("count_files", encoding, errors)
    if on_progress is not None and not callable(on_progress):
        raise wrong_type("count_files", "on_progress", "callable", on_progress)
    if executor is not None and not callable(getattr(executor, "submit", None)):
        raise wrong_type("count_files", "executor", "an executor", executor)
    patterns = Patterns(
        None if include is None else distinct_words("count_files", include, "include"),
        () if exclude is None else distinct_words("count_files", exclude, "exclude"),
    )
    sources = (_source("count_files", "paths", path) for path in each)
    options = CountOptions(distinct, encoding, errors)
    run = RunOptions(options, _limits.cores(), on_progress, executor)
    return count_sources(expand(sources, recursive, patterns), run)


def _source(function: str, argument: str, path: object) -> Source:
    """Return the source that a caller names. A path object always names a local file."""
    name = file_name(function, argument, path)
    return Source(name, is_url=isinstance(path, (str, bytes)) and is_url(name))


def count_sources(sources: Iterable[Source], run: RunOptions) -> Generator[FileCount]:
    """Yield the counts of each source, in order.

    The calling thread counts until threads pay off. Threads pay off if a file is large enough
    to be divided, if a source is a URL or a compressed file, or if the files counted last are
    large on average. Without a GIL, threads also pay off for many small files. An executor is
    used from the start. If no thread can be started, the calling thread counts everything.
    """
    sources = iter(sources)
    uncounted: list[Source] = []
    files = size = 0
    if run.executor is None:
        threads_help = run.jobs > 1 and _backend.threads_help()
        threads_pay = False
        limit = run.options.size_limit(_limits.RANGE) if threads_help else 0
        with Reader(run.options, run.on_progress, limit) as reader:
            for source in sources:
                if source is PAUSE:
                    continue
                if threads_pay or (source.is_remote and run.jobs > 1):
                    uncounted.append(source)
                    break
                record = reader.count(source)
                if not isinstance(record, FileCount):
                    source.size = record
                    uncounted.append(source)
                    break
                yield record
                if files == _limits.POOL_FILES:
                    files = size = 0
                files += 1
                size += record.size
                if size >= _limits.POOL_BYTES or files == _limits.POOL_FILES:
                    is_large = size >= _limits.POOL_BYTES
                    threads_pay = threads_help and (is_large or not _backend.has_gil())
            else:
                return
    sources = chain(uncounted, sources)
    try:
        from textcount._workers import Workers

        workers = Workers(run, size // (files or 1))
    except (ImportError, MemoryError, OSError, RuntimeError):  # no thread can be started
        run.jobs, run.executor = 1, None
        yield from count_sources(sources, run)
    else:
        yield from workers.count(sources)
