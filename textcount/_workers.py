"""Counting files by several workers at once.

The work is a list of shards: a file, or a range of bytes of a large one. Ranges are
for threads, if the extension counts, which lets go of the interpreter meanwhile. Small
files are for processes: so much of the time goes into opening them, which takes the
interpreter, that threads would only wait for one another. What all of them find comes
in the order of the files, whoever was faster.
"""

from __future__ import annotations

import signal
import sys
from collections import deque
from concurrent.futures import BrokenExecutor, wait
from typing import TYPE_CHECKING, NamedTuple

from textcount import _backend, files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Executor, Future

    from textcount._blocks import Counting
    from textcount.files import FileCount, OnProgress, Source

    # The counts, the size and the error: a FileCount would take longer to send.
    Found = tuple[list[int], int, OSError | UnicodeError | None]

BATCH = 64
"""How many small files a worker is given at a time, or fewer, of a shard's size together.

Few enough that their names fit in a pipe: up to Python 3.11, who waits for a full one
hangs if the worker at its other end is killed (python/cpython#94777).
"""

AHEAD = 4
"""How many tasks for each worker may wait for being counted or asked for."""

PATIENCE = 0.1
"""How long, in seconds, to wait before saying what has been counted meanwhile."""


class Shard(NamedTuple):
    """A file, if stop is None and start is 0, or a range of its bytes."""

    source: Source
    error: OSError | None = None
    start: int = 0
    stop: int | None = None
    is_regular: bool = True


class Task(NamedTuple):
    """Shards that one worker counts."""

    shards: list[Shard]
    future: Future[list[Found]] | None
    """What they give; or None, if who asks for it is to count."""


def count_in_parallel(
    sources: Iterable[tuple[Source, OSError | None]],
    counting: Counting,
    on_progress: OnProgress | None,
    jobs: int,
    processes: bool,
) -> Iterator[FileCount]:
    """Count in each of what ``files.expand`` gives, by so many workers.

    Raises:
        ChildProcessError: a process of these has been killed.
    """
    workers = _Workers(counting, jobs, processes)
    parts: list[FileCount] = []
    try:
        for task in _started(workers, _split(sources, counting.in_place)):
            for shard, part in zip(task.shards, _results(task, workers, on_progress), strict=True):
                parts.append(part)
                if shard.stop is None:
                    yield part if len(parts) == 1 else _together(parts, counting)
                    parts.clear()
    except BrokenExecutor as error:
        raise ChildProcessError("a worker was killed") from error
    finally:
        workers.end()


class _Workers:
    """Threads and processes, started when there is something for them."""

    def __init__(self, counting: Counting, jobs: int, processes: bool) -> None:
        self.counting = counting
        self.jobs = jobs
        self.sizes: deque[int] = deque()  # of what has been counted and not been told
        self._processes = processes
        self._threads: Executor | None = None
        self._pool: Executor | None = None

    def start(self, shards: list[Shard]) -> Task:
        """Give shards to a worker, if there is one for their kind."""
        executor = self._executor(shards[0])
        if executor is None:
            return Task(shards, None)
        future = executor.submit(_count, self.counting, shards)
        future.add_done_callback(self._take_in)
        return Task(shards, future)

    def end(self) -> None:
        """Wait for what has been begun; the rest is not."""
        for executor in (self._threads, self._pool):
            if executor is not None:
                executor.shutdown(cancel_futures=True)

    def _executor(self, shard: Shard) -> Executor | None:
        if not shard.is_regular:
            return None
        is_range = shard.start > 0 or shard.stop is not None
        if is_range and _backend.BACKEND == "native":
            if self._threads is None:
                from concurrent.futures import ThreadPoolExecutor

                self._threads = ThreadPoolExecutor(self.jobs, "textcount")
            return self._threads
        if self._processes and self._pool is None:
            from concurrent.futures import ProcessPoolExecutor  # four times as much code

            # A terminal sends Ctrl-C to all processes; the first one ends the others.
            ignored = (signal.SIGINT, signal.SIG_IGN)
            most = min(self.jobs, 61 if sys.platform == "win32" else self.jobs)
            self._pool = ProcessPoolExecutor(most, None, signal.signal, ignored)
        return self._pool

    def _take_in(self, future: Future[list[Found]]) -> None:
        if not future.cancelled() and future.exception() is None:
            self.sizes.extend(size for _, size, _ in future.result())


def _count(counting: Counting, shards: list[Shard]) -> list[Found]:
    """Count in each."""
    found = []
    for source, error, start, stop, _ in shards:
        record = files.count_source(counting, source, error, start=start, stop=stop)
        found.append((list(record.counts.values()), record.size, record.error))
    return found


def _started(workers: _Workers, work: Iterator[list[Shard]]) -> Iterator[Task]:
    """Each task, some time after it was started."""
    tasks: deque[Task] = deque()
    failure: BaseException | None = None
    is_more = True
    while is_more or tasks:
        try:
            while is_more and len(tasks) < AHEAD * workers.jobs:
                tasks.append(workers.start(next(work)))
        except StopIteration:
            is_more = False
        except BrokenExecutor:
            raise
        except BaseException as error:  # its turn is after what came before it
            failure, is_more = error, False
        if tasks:
            yield tasks.popleft()
    if failure is not None:
        raise failure


def _results(task: Task, workers: _Workers, on_progress: OnProgress | None) -> Iterable[FileCount]:
    """What the shards of a task give; meanwhile, tell what all workers have counted."""
    if task.future is None:
        return (
            files.count_source(workers.counting, source, error, on_progress, start=start, stop=stop)
            for source, error, start, stop, _ in task.shards
        )
    is_done = False
    while not is_done:
        is_done = not wait([task.future], PATIENCE).not_done
        while workers.sizes:
            size = workers.sizes.popleft()
            if on_progress is not None and size:
                on_progress(size)
    needles = workers.counting.needles
    return (
        files.FileCount(
            str(shard.source),
            {} if error else dict(zip(needles, counts, strict=True)),
            size=size,
            error=error,
        )
        for shard, (counts, size, error) in zip(task.shards, task.future.result(), strict=True)
    )


def _split(
    sources: Iterable[tuple[Source, OSError | None]], in_ranges: bool
) -> Iterator[list[Shard]]:
    """The shards of all files, those of small files together."""
    batch: list[Shard] = []
    held = 0
    sources = iter(sources)
    while True:
        try:
            source, error = next(sources)
        except StopIteration:
            break
        except BaseException:
            if batch:  # came before
                yield batch
            raise
        size = 0 if error is not None else files.size_of(source)
        is_large = size is not None and in_ranges and size >= 2 * files.SHARD
        is_full = len(batch) == BATCH or held + (size or 0) > files.SHARD
        if batch and (size is None or is_large or is_full):
            yield batch
            batch, held = [], 0
        if size is None:
            # A pipe or a terminal may give nothing for ever, and who waits for it must
            # be the one that Ctrl-C interrupts.
            yield [Shard(source, is_regular=False)]
        elif is_large:
            starts = range(0, size - files.SHARD, files.SHARD)
            yield from ([Shard(source, None, each, each + files.SHARD)] for each in starts)
            # To the end, wherever that is by then.
            yield [Shard(source, None, starts[-1] + files.SHARD)]
        else:
            batch.append(Shard(source, error))
            held += size
    if batch:
        yield batch


def _together(parts: list[FileCount], counting: Counting) -> FileCount:
    """One file of its shards."""
    path, size = parts[0].path, 0
    counts = dict.fromkeys(counting.needles, 0)
    for part in parts:
        size += part.size
        if isinstance(part.error, UnicodeError):
            # Which bytes the error tells of depends on where reading begins.
            return files.count_source(counting, path)
        if part.error is not None:
            return files.FileCount(path, {}, size=size, error=part.error)
        for needle, count in part.counts.items():
            counts[needle] += count
    return files.FileCount(path, counts, size=size)
