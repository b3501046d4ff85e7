"""Divide the sources into tasks. A task is a range of a large file, or a batch of files."""

from __future__ import annotations

from textcount import _limits
from textcount._reader import Reader, file_size
from textcount._record import FileCount
from textcount._sources import PAUSE

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from textcount._options import CountOptions, OnProgress
    from textcount._sources import Source

    Outcome = list[FileCount | int]  # the counts or the size of each source
    # A worker's message: the task, the bytes read since the worker's previous message, and the
    # task's outcome or exception. None in place of the outcome means that the task goes on.
    Message = tuple["Task", int, Outcome | BaseException | None]


class Division:
    """The sizes by which the work is divided into tasks.

    Args:
        options: the words to count.
        typical_size: the average size of a file in bytes.
        range_size: the number of bytes in a range of a large file.
        batch: the maximum number of files in a task.
        batch_bytes: the maximum expected size of the files in a task, in bytes.
        in_caller: true if the calling thread counts the local files.

    Attributes:
        size_limit: a file of at least this many bytes is divided into ranges; 0 if the
            encoding does not allow ranges.
    """

    def __init__(
        self,
        options: CountOptions,
        typical_size: int,
        range_size: int,
        batch: int,
        batch_bytes: int,
        *,
        in_caller: bool = False,
    ) -> None:
        self.typical_size = typical_size
        self.range_size = range_size
        self.batch = batch
        self.batch_bytes = batch_bytes
        self.in_caller = in_caller
        self.size_limit = options.size_limit(range_size)

    @property
    def is_tiny(self) -> bool:
        """True if files are so small that opening them takes longer than counting."""
        return self.typical_size * _limits.POOL_FILES < _limits.POOL_BYTES

    def learn(self, outcome: Outcome) -> None:
        """Update the average with the sizes of counted files."""
        sizes = [record.size for record in outcome if not isinstance(record, int)]
        if sizes:
            self.typical_size = (self.typical_size + sum(sizes) // len(sizes)) // 2


class Task:
    """Whole sources to count, or one source and a range of its bytes.

    Attributes:
        sources: the sources.
        start: the first byte of the range.
        stop: the end of the range, or None for the end of the source.
        size_limit: if not 0, a file of at least this many bytes is not counted, and its size is
            the outcome.
        in_caller: true if the calling thread counts the sources, when their turn comes.
        is_repeat: true if the bytes have already been counted and reported as read.
        outcome: the counts or the size of each source; None until the task is done.
        failure: the exception that ended the task, or None. An error in reading a
            source is in the source's record.
        backend: the backend that counted the task in the caller's executor, else "".
    """

    __slots__ = (
        "backend",
        "failure",
        "in_caller",
        "is_repeat",
        "outcome",
        "size_limit",
        "sources",
        "start",
        "stop",
    )

    def __init__(
        self,
        sources: list[Source],
        start: int = 0,
        stop: int | None = None,
        *,
        size_limit: int = 0,
        in_caller: bool = False,
        is_repeat: bool = False,
    ) -> None:
        self.sources = sources
        self.start = start
        self.stop = stop
        self.size_limit = size_limit
        self.in_caller = in_caller
        self.is_repeat = is_repeat
        self.backend = ""
        self.outcome: Outcome | None = None
        self.failure: BaseException | None = None

    @property
    def is_range(self) -> bool:
        """True if the task is one range of a file. Other tasks count the other ranges."""
        return self.start > 0 or self.stop is not None

    def count(self, options: CountOptions, on_progress: OnProgress | None) -> Outcome:
        """Count in the sources."""
        with Reader(options, on_progress, self.size_limit) as reader:
            return [reader.count(source, self.start, self.stop) for source in self.sources]


def divide(sources: Iterator[Source], division: Division) -> Iterator[Task]:
    """Yield the tasks of all sources, in the order of the sources. PAUSE has its own task."""
    limit = division.size_limit
    batch: list[Source] = []
    batch_size = 0
    failure: Exception | None = None
    while True:
        try:
            source = next(sources)
        except StopIteration:
            break
        except Exception as error:
            failure = error
            break
        size = _expected_size(source, division)
        # Of a remote file, only the worker that opens it knows the size.
        is_large = size is not None and not source.is_remote and 0 < limit <= size
        is_alone = size is None or is_large or source.is_remote
        is_full = len(batch) == division.batch or batch_size + (size or 0) > division.batch_bytes
        if batch and (is_alone or is_full):
            yield Task(batch, size_limit=limit)
            batch, batch_size = [], 0
        if size is None:
            yield Task([source], in_caller=True)
        elif is_large:
            yield from divide_file(source, size, division)
        elif source.is_remote:
            yield Task([source], size_limit=limit)
        else:
            batch.append(source)
            batch_size += size
    if batch:
        yield Task(batch, size_limit=limit)
    if failure is not None:  # raised after the tasks of the earlier sources
        raise failure


def _expected_size(source: Source, division: Division) -> int | None:
    """Return the expected size of a source in bytes; None if the calling thread counts it.

    The calling thread counts descriptors, pipes and devices, because they can be read only
    once. The calling thread handles PAUSE, too.
    """
    if source is PAUSE:
        return None
    if source.error is not None or source.is_remote:
        return division.typical_size
    if division.in_caller or isinstance(source.name, int):
        return None
    if source.size:
        return source.size
    # A walk yields no pipes, so the worker that opens the file can look at its size.
    return division.typical_size if source.is_walked else file_size(source)


def divide_file(source: Source, size: int, division: Division) -> Iterator[Task]:
    """Yield a task for each range of a large file."""
    range_size = division.range_size
    starts = range(0, size - range_size, range_size)
    for start in starts:
        yield Task([source], start, start + range_size)
    # The last range goes to the end of the file, because the file may have grown.
    yield Task([source], starts[-1] + range_size)


class RangeTotals:
    """The counts and bytes of a file, summed over its ranges."""

    def __init__(self, options: CountOptions) -> None:
        self.error: OSError | UnicodeError | None = None
        self._options = options
        self._size = 0
        self._counts = options.needles.copy()

    def add(self, part: FileCount) -> None:
        """Add the counts of a range, unless an earlier range has failed."""
        if self.error is None:
            self.error = part.error
            self._size += part.size
            for needle, count in part.counts.items():
                self._counts[needle] += count

    def has_match(self) -> bool:
        """Return True if a word has been found and ``stop_at_match`` is set."""
        return self._options.stop_at_match and any(self._counts.values())

    def record(self, path: str) -> FileCount:
        """Return the counts of the whole file."""
        counts = {} if self.error else self._counts
        return FileCount(path, counts, size=self._size, error=self.error)
