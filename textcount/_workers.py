"""Counting files by several workers at once.

The work is a list of tasks: a range of bytes of a large file, or some small files. All
go to the caller's executor, if there is one. Else ranges are for threads, if the extension
counts, which lets go of the interpreter meanwhile; so are remote and compressed files.
Small files are for processes: so much of the time goes into opening them, which takes
the interpreter, that threads would only wait for one another. What is found comes in the
order of the files, whoever was faster.
"""

from __future__ import annotations

import os
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
    from textcount.files import FileCount, Found, OnProgress, Source

    # What makes an error; not all engines bring one over whole.
    Made = tuple[type[OSError | UnicodeError], tuple[object, ...]]
    # The counts, the size and the error: a FileCount would take longer to send. Or the
    # size of a file that is to be counted in ranges.
    Counts = tuple[list[int], int, Made | None] | int
    # With the backend that counted.
    Answer = tuple[str, list[Counts]]

BATCH = 128 if sys.version_info >= (3, 12) else 64
"""How many files a process is given at a time, or fewer, of a shard's size together.

Up to Python 3.11 their names must fit in a pipe (python/cpython#94777).
"""

AHEAD = 4
"""How many tasks for each worker may wait for being counted or asked for."""

PATIENCE = 0.1
"""Seconds between looks at what has been counted meanwhile."""

FAR_SHARD, FAR_BATCH, FAR_AHEAD = 1 << 30, 1024, 512
"""The same for the caller's executor: docs/scaling.md says why."""

SHOWN = 1 << 12
"""How much of what cannot be decoded is sent back, in bytes."""


class Task(NamedTuple):
    """Files to count, or the range from start to stop of one."""

    found: list[Found]
    start: int = 0
    stop: int | None = None
    limit: int = 0
    """From which size on a worker is to tell the size, and not to count; 0: never."""
    is_here: bool = False
    """Whether who asks for the counts is to count, and no worker."""
    future: Future[Answer] | None = None


def count_in_parallel(
    found: Iterable[Found], workers: Workers, on_progress: OnProgress | None
) -> Iterator[FileCount]:
    """Count in each of what ``files.expand`` gives, by these workers.

    Raises:
        ChildProcessError: a process of these has been killed.
    """
    try:
        yield from _counted(_tasks(found, workers), workers, on_progress)
    except BrokenExecutor as error:
        if workers.is_far:
            raise
        raise ChildProcessError("a worker was killed") from error
    finally:
        workers.end()


class Workers:
    """Threads and processes, started when there is something for them, or the caller's.

    Attributes:
        is_far: whether they are the caller's.
        can_open: whether small files are for them, too.
        sizes: of what has been counted and not been told.
        typical: the size of a file, on average.
        shard, batch, ahead: bytes of a range, files of a task, tasks under way.
    """

    def __init__(
        self,
        counting: Counting,
        jobs: int,
        *,
        processes: bool,
        executor: Executor | None,
        backends: dict[str, int],
    ) -> None:
        self.counting = counting
        self.is_far = executor is not None
        self.can_open = processes or self.is_far
        self.sizes: deque[int] = deque()
        self.typical = 0
        self.shard, self.batch, self.ahead = files.SHARD, BATCH, AHEAD * jobs
        if self.is_far:
            self.shard, self.batch, self.ahead = FAR_SHARD, FAR_BATCH, FAR_AHEAD
        self._jobs = jobs
        self._given = executor
        self._backends = backends
        self._threads: Executor | None = None
        self._processes: Executor | None = None
        self._under_way: set[Future[Answer]] = set()

    def start(self, task: Task) -> Task:
        """Give a task to a worker, if there is one for its kind."""
        executor = None if task.is_here else self._executor(task)
        if executor is None:
            return task
        count, found = _count, task.found
        if executor is self._given:
            count, found = _count_far, [(_absolute(each[0]), *each[1:]) for each in found]
        future = executor.submit(count, self.counting, found, *task[1:4])
        self._under_way.add(future)
        future.add_done_callback(self._take_in)
        return task._replace(future=future)

    def end(self) -> None:
        """Wait for what has been begun; the rest is not. The caller's executor goes on."""
        for future in self._under_way.copy():
            future.cancel()
        for executor in (self._threads, self._processes):
            if executor is not None:
                executor.shutdown()

    def _executor(self, task: Task) -> Executor | None:
        if self._given is not None:
            return self._given
        is_remote = files.is_remote(task.found[0][0])
        is_range = task.start > 0 or task.stop is not None
        if is_remote or (is_range and _backend.BACKEND == "native"):
            if self._threads is None:
                from concurrent.futures import ThreadPoolExecutor

                self._threads = ThreadPoolExecutor(self._jobs, "textcount")
            return self._threads
        if self.can_open and self._processes is None:
            from concurrent.futures import ProcessPoolExecutor  # four times as much code

            # A terminal sends Ctrl-C to all processes; the first one ends the others.
            ignored = (signal.SIGINT, signal.SIG_IGN)
            most = min(self._jobs, 61 if sys.platform == "win32" else self._jobs)
            self._processes = ProcessPoolExecutor(most, None, signal.signal, ignored)
        return self._processes

    def _take_in(self, future: Future[Answer]) -> None:
        self._under_way.discard(future)
        if future.cancelled() or future.exception() is not None:
            return
        backend, results = future.result()
        self._backends[backend] = self._backends.get(backend, 0) + 1
        sizes = [counts[1] for counts in results if not isinstance(counts, int)]
        if sizes:
            self.sizes.extend(sizes)
            self.typical = (self.typical + sum(sizes) // len(sizes)) // 2


def _count(
    counting: Counting, found: list[Found], start: int, stop: int | None, limit: int
) -> Answer:
    """Count in each; this is what workers do."""
    results: list[Counts] = []
    for source, error, _ in found:
        if limit and error is None and (size := files.size_of(source, limit) or 0) >= limit:
            results.append(size)
            continue
        record = files.count_source(counting, source, error, start=start, stop=stop)
        made = None if record.error is None else _made(record.error)
        results.append((list(record.counts.values()), record.size, made))
    return _backend.BACKEND, results


def _count_far(
    counting: Counting, found: list[Found], start: int, stop: int | None, limit: int
) -> Answer:
    """The same elsewhere: little of the contents is sent back."""
    backend, results = _count(counting, found, start, stop, limit)
    for index, counts in enumerate(results):
        if not isinstance(counts, int) and counts[2] and counts[2][0] is UnicodeDecodeError:
            error = _shortened(UnicodeDecodeError(*counts[2][1]))  # type: ignore[arg-type]
            results[index] = (counts[0], counts[1], _made(error))
    return backend, results


def _made(error: OSError | UnicodeError) -> Made:
    if isinstance(error, UnicodeDecodeError):  # its reason may have been added to
        arguments = (error.encoding, error.object, error.start, error.end, error.reason)
        return UnicodeDecodeError, arguments
    if isinstance(error, OSError) and error.errno is not None:
        return type(error), (error.errno, error.strerror, error.filename)
    return type(error), error.args


def _shortened(error: UnicodeDecodeError) -> UnicodeDecodeError:
    """The same error, with only as much of what was decoded as shows it."""
    start, reason = error.start, error.reason
    first = max(0, start - SHOWN // 2) if len(error.object) > SHOWN else 0
    if first and not reason.endswith("of the input)"):
        reason += f" (byte {start} of the input)"
    part = error.object[first : first + SHOWN]
    return UnicodeDecodeError(error.encoding, part, start - first, error.end - first, reason)


def _absolute(source: Source) -> Source:
    """The name of a file that holds in another folder, too."""
    return source if isinstance(source, int) or files.is_url(source) else os.path.abspath(source)


def _counted(
    tasks: Iterator[Task], workers: Workers, on_progress: OnProgress | None
) -> Iterator[FileCount]:
    """What the tasks give for each file, in their order."""
    whole: _Whole | None = None
    for task in _started(workers, tasks):
        results = _results(task, workers, on_progress)
        for each, result in zip(task.found, results, strict=True):
            if isinstance(result, int):
                yield from _counted(_ranges(each, result, workers), workers, on_progress)
            elif whole is None and task.stop is None:
                yield result
            else:
                whole = whole or _Whole(workers.counting)
                whole.add(result)
                if task.stop is None:
                    if isinstance(whole.error, UnicodeError):
                        # Which bytes the error tells of depends on where reading begins.
                        yield from _counted(iter([Task([each])]), workers, None)
                    else:
                        yield whole.record(result.path)
                    whole = None


def _started(workers: Workers, tasks: Iterator[Task]) -> Iterator[Task]:
    """Each task, some time after it was started."""
    started: deque[Task] = deque()
    failure: Exception | None = None
    is_more = True
    while is_more or started:
        try:
            while is_more and len(started) < workers.ahead:
                started.append(workers.start(next(tasks)))
        except StopIteration:
            is_more = False
        except Exception as error:  # its turn is after what came before it
            failure, is_more = error, False
        if started:
            yield started.popleft()
    if failure is not None:
        raise failure


def _results(
    task: Task, workers: Workers, on_progress: OnProgress | None
) -> Iterator[FileCount | int]:
    """What a task gives."""
    counting, start, stop = workers.counting, task.start, task.stop
    future = task.future
    if future is None:
        for source, error, _ in task.found:
            yield files.count_source(counting, source, error, on_progress, start=start, stop=stop)
        return
    _wait(future, workers, on_progress)
    if workers.is_far and future.exception() is not None:
        # No error of a file, which would be an answer. Dask loses some answers while
        # it takes them from a worker that is killed, and says ValueError.
        future = workers.start(task).future or future
        _wait(future, workers, on_progress)
    _, results = future.result()
    for (source, _, _), counts in zip(task.found, results, strict=True):
        if isinstance(counts, int):
            yield counts
            continue
        values, size, made = counts
        failure = made and made[0](*made[1])
        by_needle = {} if failure else dict(zip(counting.needles, values, strict=True))
        path = source if isinstance(source, str) else "-"
        yield files.FileCount(path, by_needle, size=size, error=failure)


def _wait(future: Future[Answer], workers: Workers, on_progress: OnProgress | None) -> None:
    """Wait for an answer; meanwhile, tell what all workers have counted."""
    is_done = False
    while not is_done:
        is_done = not wait([future], PATIENCE).not_done
        while workers.sizes:
            size = workers.sizes.popleft()
            if on_progress is not None and size:
                on_progress(size)


def _tasks(found: Iterable[Found], workers: Workers) -> Iterator[Task]:
    """The ranges of large files, and the others some together."""
    limit = 2 * workers.shard if workers.counting.in_place else 0
    batch: list[Found] = []
    held = 0
    found = iter(found)
    while True:
        try:
            each = next(found)
        except StopIteration:
            break
        except Exception:
            if batch:  # came before
                yield Task(batch, limit=limit)
            raise
        size, is_large = _size_of(each, workers, limit)
        is_remote = files.is_remote(each[0])
        is_full = len(batch) == workers.batch or held + (size or 0) > workers.shard
        if batch and (size is None or is_large or is_remote or is_full):
            yield Task(batch, limit=limit)
            batch, held = [], 0
        if size is None:
            # A pipe or a terminal may give nothing for ever, and who waits for it must
            # be the one that Ctrl-C interrupts.
            yield Task([each], is_here=True)
        elif is_large:
            yield from _ranges(each, size, workers)
        elif is_remote:
            yield Task([each], limit=limit)
        else:
            batch.append(each)
            held += size
    if batch:
        yield Task(batch, limit=limit)


def _size_of(each: Found, workers: Workers, limit: int) -> tuple[int | None, bool]:
    """The size of a file, None of another kind; and whether to count it in ranges."""
    source, error, is_walked = each
    if error is not None or files.is_remote(source) or (is_walked and workers.can_open):
        return workers.typical, False  # a worker can as well ask: it is no pipe
    size = files.size_of(source)
    return size, size is not None and 0 < limit <= size


def _ranges(each: Found, size: int, workers: Workers) -> Iterator[Task]:
    """The ranges of a large file."""
    starts = range(0, size - workers.shard, workers.shard)
    for start in starts:
        yield Task([each], start, start + workers.shard)
    # To the end, wherever that is by then.
    yield Task([each], starts[-1] + workers.shard)


class _Whole:
    """A file, of its ranges."""

    def __init__(self, counting: Counting) -> None:
        self.error: OSError | UnicodeError | None = None
        self._size = 0
        self._counts = dict.fromkeys(counting.needles, 0)

    def add(self, part: FileCount) -> None:
        """Take in a range; of a file that has failed, nothing more."""
        if self.error is None:
            self.error = part.error
            self._size += part.size
            for needle, count in part.counts.items():
                self._counts[needle] += count

    def record(self, path: str) -> FileCount:
        """All that was taken in."""
        counts = {} if self.error else self._counts
        return files.FileCount(path, counts, size=self._size, error=self.error)
