"""Give tasks to a pool of threads or to an executor, and yield the counts in order.

The tasks run in the package's threads or in the caller's executor. Meanwhile the calling thread
lists files, submits tasks, waits for tasks and yields counts. The calling thread also counts
pipes and devices, because they can be read only once. With the pure backend, a GIL and no
executor, the calling thread counts all local files, because threads would not help.
"""

from __future__ import annotations

from collections import deque
from queue import Empty, SimpleQueue

from textcount import _backend, _limits
from textcount._pool import ThreadPool
from textcount._sources import PAUSE
from textcount._tasks import Division, RangeTotals, Task, divide, divide_file

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from textcount._executor import CallersExecutor
    from textcount._options import RunOptions
    from textcount._record import FileCount
    from textcount._sources import Source
    from textcount._tasks import Message

POLL_SECONDS = 0.1
"""The timeout, in seconds, of one wait for a worker's message. On Windows, a wait delays Ctrl-C. On
every system, a wait delays an interrupt that another thread raises."""


class Workers:
    """The workers of a run: our threads, or the caller's executor.

    Args:
        run: how to count.
        typical_size: the average size in bytes of the files counted last.

    Raises:
        MemoryError, RuntimeError: the first thread cannot be started.
    """

    def __init__(self, run: RunOptions, typical_size: int) -> None:
        self._run = run
        self._messages: SimpleQueue[Message] = SimpleQueue()
        self._workers: ThreadPool | CallersExecutor
        if run.executor is not None:
            from textcount._executor import CallersExecutor

            self._workers = CallersExecutor(run.options, run.executor, self._messages)
            self._division = Division(
                run.options,
                typical_size,
                _limits.EXECUTOR_RANGE,
                _limits.EXECUTOR_BATCH,
                _limits.EXECUTOR_RANGE,
            )
            self._most_tasks = _limits.EXECUTOR_TASKS
        else:
            self._workers = ThreadPool(run.options, run.jobs, self._messages)
            run.options.threads = run.jobs if _backend.has_gil() else 1
            self._division = Division(
                run.options,
                typical_size,
                _limits.RANGE,
                _limits.BATCH,
                _limits.BATCH_BYTES,
                in_caller=not _backend.threads_help(),
            )
            self._most_tasks = _limits.TASKS_PER_WORKER * run.jobs

    def count(self, sources: Iterator[Source]) -> Iterator[FileCount]:
        """Yield the counts of all sources; then end the workers."""
        try:
            yield from self._records(divide(sources, self._division))
        finally:
            self._workers.stop()

    def _records(self, tasks: Iterator[Task]) -> Iterator[FileCount]:
        """Yield the counts of each file in the tasks."""
        totals: RangeTotals | None = None
        for task in self._in_order(tasks):
            for source, record in zip(task.sources, task.outcome or (), strict=True):
                if isinstance(record, int):
                    yield from self._records(divide_file(source, record, self._division))
                elif not task.is_range:
                    yield record
                else:
                    totals = totals or RangeTotals(self._run.options)
                    totals.add(record)
                    if task.stop is not None and not totals.has_match():
                        continue
                    if isinstance(totals.error, UnicodeError):
                        # Count the file as a whole, so that the error gives the byte's position.
                        yield from self._records(iter([Task([source], is_repeat=True)]))
                    else:
                        yield totals.record(source.path)
                    totals = None

    def _in_order(self, tasks: Iterator[Task]) -> Iterator[Task]:
        """Wait for each task in order, and yield the finished task. Later tasks run meanwhile.

        After PAUSE, the next task is asked for only when all earlier tasks are finished.
        """
        under_way: deque[Task] = deque()
        failure: Exception | None = None
        is_more, is_paused = True, False
        while is_more or under_way:
            is_paused = is_paused and len(under_way) > 0
            try:
                while is_more and not is_paused and len(under_way) < self._most_tasks:
                    task = next(tasks)
                    is_paused = task.sources[0] is PAUSE
                    if is_paused:
                        break
                    self._submit(task)
                    under_way.append(task)
            except StopIteration:
                is_more = False
            except Exception as error:  # raised after the earlier tasks
                failure, is_more = error, False
            if under_way:
                task = under_way.popleft()
                self._finish(task)
                yield task
        if failure is not None:
            raise failure

    def _submit(self, task: Task) -> None:
        if not task.in_caller:
            # Workers that read remote files mostly wait for the storage and not for the GIL.
            is_local = not task.sources[0].is_remote
            is_tiny = is_local and not task.is_range and self._division.is_tiny
            self._workers.submit(task, is_tiny=is_tiny)

    def _finish(self, task: Task) -> None:
        """Wait until a task is done; meanwhile report the bytes that all workers read."""
        if task.in_caller:
            task.outcome = task.count(self._run.options, self._run.on_progress)
        may_repeat = self._run.executor is not None
        while task.outcome is None:
            if task.failure is None:
                self._receive()
            elif may_repeat and not _is_cancelled(task.failure):
                # Repeat the task once, because Dask can lose the results of a killed worker.
                may_repeat, task.failure = False, None
                self._submit(task)
            else:
                raise task.failure

    def _receive(self) -> None:
        """Wait for a message from a worker, and act on the message."""
        try:
            task, size, end = self._messages.get(timeout=POLL_SECONDS)
        except Empty:
            self._workers.check()
            return
        if isinstance(end, BaseException):
            task.failure = end
        elif end is not None:
            task.outcome = end
            if not task.is_range and not task.sources[0].is_remote:
                self._division.learn(end)
            if task.backend:
                counted = self._run.tasks_by_backend
                counted[task.backend] = counted.get(task.backend, 0) + 1
        if size and self._run.on_progress is not None and not task.is_repeat:
            self._run.on_progress(size)


def _is_cancelled(failure: BaseException) -> bool:
    """Return whether the owner of the executor has cancelled a task."""
    from concurrent.futures import CancelledError

    return isinstance(failure, CancelledError)
