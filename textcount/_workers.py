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
    from textcount.files import FileCount, Found, OnProgress

    # The counts, the size and the error: a FileCount would take longer to send.
    Counts = tuple[list[int], int, OSError | UnicodeError | None]

BATCH = 128 if sys.version_info >= (3, 12) else 64
"""How many files a worker is given at a time; fewer, if a shard holds fewer.

Up to Python 3.11 so few that their names fit in a pipe: who waits for a full one hangs
if the worker at its other end is killed (python/cpython#94777).
"""

AHEAD = 4
"""How many tasks for each worker may wait for being counted or asked for."""

PATIENCE = 0.1
"""How long, in seconds, to wait before saying what has been counted meanwhile."""


class Task(NamedTuple):
    """Files to count, or the range from start to stop of one."""

    found: list[Found]
    start: int = 0
    stop: int | None = None
    is_here: bool = False
    """Whether who asks for the counts is to count, and no worker."""
    future: Future[list[Counts | None]] | None = None


def count_in_parallel(
    found: Iterable[Found],
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
    try:
        yield from _counted(found, workers, on_progress)
    except BrokenExecutor as error:
        raise ChildProcessError("a worker was killed") from error
    finally:
        workers.end()


class _Workers:
    """Threads and processes, started when there is something for them.

    Attributes:
        sizes: of what has been counted and not been told.
        typical: the size of a file, on average of those that were counted.
    """

    def __init__(self, counting: Counting, jobs: int, processes: bool) -> None:
        self.counting = counting
        self.jobs = jobs
        self.processes = processes
        self.sizes: deque[int] = deque()
        self.typical = 0
        self._threads: Executor | None = None
        self._pool: Executor | None = None

    def start(self, task: Task) -> Task:
        """Give a task to a worker, if there is one for its kind."""
        executor = None if task.is_here else self._executor(task)
        if executor is None:
            return task
        future = executor.submit(_count, self.counting, *task[:3])
        future.add_done_callback(self._take_in)
        return task._replace(future=future)

    def end(self) -> None:
        """Wait for what has been begun; the rest is not."""
        for executor in (self._threads, self._pool):
            if executor is not None:
                executor.shutdown(cancel_futures=True)

    def _executor(self, task: Task) -> Executor | None:
        is_range = task.start > 0 or task.stop is not None
        if is_range and _backend.BACKEND == "native":
            if self._threads is None:
                from concurrent.futures import ThreadPoolExecutor

                self._threads = ThreadPoolExecutor(self.jobs, "textcount")
            return self._threads
        if self.processes and self._pool is None:
            from concurrent.futures import ProcessPoolExecutor  # four times as much code

            # A terminal sends Ctrl-C to all processes; the first one ends the others.
            ignored = (signal.SIGINT, signal.SIG_IGN)
            most = min(self.jobs, 61 if sys.platform == "win32" else self.jobs)
            self._pool = ProcessPoolExecutor(most, None, signal.signal, ignored)
        return self._pool

    def _take_in(self, future: Future[list[Counts | None]]) -> None:
        if future.cancelled() or future.exception() is not None:
            return
        sizes = [counts[1] for counts in future.result() if counts is not None]
        if sizes:
            self.sizes.extend(sizes)
            self.typical = (self.typical + sum(sizes) // len(sizes)) // 2


def _count(
    counting: Counting, found: list[Found], start: int, stop: int | None
) -> list[Counts | None]:
    """Count in each; None for a large one, which is to be counted in ranges."""
    results: list[Counts | None] = []
    for source, error, is_walked in found:
        if is_walked and counting.in_place and (files.size_of(source) or 0) >= 2 * files.SHARD:
            results.append(None)
            continue
        record = files.count_source(counting, source, error, start=start, stop=stop)
        results.append((list(record.counts.values()), record.size, record.error))
    return results


def _counted(
    found: Iterable[Found], workers: _Workers, on_progress: OnProgress | None
) -> Iterator[FileCount]:
    """What counting in each of them gives, in their order."""
    parts: list[FileCount] = []
    for task in _started(workers, _tasks(found, workers)):
        for record, (source, _, _) in zip(
            _results(task, workers, on_progress), task.found, strict=True
        ):
            if record is None:
                yield from _counted([(source, None, False)], workers, on_progress)
                continue
            parts.append(record)
            if task.stop is None:
                yield record if len(parts) == 1 else _together(parts, workers.counting)
                parts.clear()


def _started(workers: _Workers, tasks: Iterator[Task]) -> Iterator[Task]:
    """Each task, some time after it was started."""
    started: deque[Task] = deque()
    failure: BaseException | None = None
    is_more = True
    while is_more or started:
        try:
            while is_more and len(started) < AHEAD * workers.jobs:
                started.append(workers.start(next(tasks)))
        except StopIteration:
            is_more = False
        except BrokenExecutor:
            raise
        except BaseException as error:  # its turn is after what came before it
            failure, is_more = error, False
        if started:
            yield started.popleft()
    if failure is not None:
        raise failure


def _results(
    task: Task, workers: _Workers, on_progress: OnProgress | None
) -> Iterator[FileCount | None]:
    """What a task gives; meanwhile, tell what all workers have counted."""
    counting, start, stop = workers.counting, task.start, task.stop
    if task.future is None:
        for source, error, _ in task.found:
            yield files.count_source(counting, source, error, on_progress, start=start, stop=stop)
        return
    is_done = False
    while not is_done:
        is_done = not wait([task.future], PATIENCE).not_done
        while workers.sizes:
            size = workers.sizes.popleft()
            if on_progress is not None and size:
                on_progress(size)
    for (source, _, _), counts in zip(task.found, task.future.result(), strict=True):
        if counts is None:
            yield None
            continue
        values, size, failure = counts
        by_needle = {} if failure else dict(zip(counting.needles, values, strict=True))
        yield files.FileCount(str(source), by_needle, size=size, error=failure)


def _tasks(found: Iterable[Found], workers: _Workers) -> Iterator[Task]:
    """The ranges of large files, and the others some together."""
    batch: list[Found] = []
    held = 0
    found = iter(found)
    while True:
        try:
            each = next(found)
        except StopIteration:
            break
        except BaseException:
            if batch:  # came before
                yield Task(batch)
            raise
        source, error, is_walked = each
        # A process can as well ask how large a file is that will not be a pipe.
        is_known = error is not None or (is_walked and workers.processes)
        size = workers.typical if is_known else files.size_of(source)
        is_large = size is not None and workers.counting.in_place and size >= 2 * files.SHARD
        is_large = is_large and not is_known
        is_full = len(batch) == BATCH or held + (size or 0) > files.SHARD
        if batch and (size is None or is_large or is_full):
            yield Task(batch)
            batch, held = [], 0
        if size is None:
            # A pipe or a terminal may give nothing for ever, and who waits for it must
            # be the one that Ctrl-C interrupts.
            yield Task([each], is_here=True)
        elif is_large:
            starts = range(0, size - files.SHARD, files.SHARD)
            yield from (Task([each], start, start + files.SHARD) for start in starts)
            # To the end, wherever that is by then.
            yield Task([each], starts[-1] + files.SHARD)
        else:
            batch.append(each)
            held += size
    if batch:
        yield Task(batch)


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
