"""Send tasks to the caller's executor and receive the results, both as plain values.

A worker may be another process or another machine. So a task is sent as names and numbers.
The results come back as counts, sizes and the fields of errors. Only a decoding error
contains bytes of a file: at most ``SHOWN`` bytes, at and around the invalid bytes.

Only a worker imports textcount for a task. A scheduler between this process and the workers
sees a function of the standard library and bytes.
"""

from __future__ import annotations

import os
import pickle
import reprlib
from functools import partial

from textcount import _backend
from textcount._record import FileCount, is_marked_binary, mark_binary
from textcount._sources import Source
from textcount._tasks import Task
from textcount._version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Executor, Future
    from queue import SimpleQueue

    from textcount._options import CountOptions
    from textcount._tasks import Message, Outcome

    # The type, arguments and mark of an error, because some executors lose a part of an exception.
    ErrorParts = tuple[type[OSError | UnicodeError], tuple[object, ...], bool]
    # The counts, size and error of a file; or the size and version of a file to be divided.
    FileResult = tuple[list[int], int, ErrorParts | None] | tuple[int, str]
    # The worker's version of textcount and its backend, and the results of the task's files.
    TaskResult = tuple[str, str, list[FileResult]]

SHOWN = 1 << 12
"""The maximum number of a file's bytes in an error that a worker sends back."""


class CallersExecutor:
    """Runs tasks in the caller's executor. The executor stays open.

    Args:
        options: the words to count.
        executor: the executor.
        messages: receives each task when it is done.
    """

    def __init__(
        self, options: CountOptions, executor: Executor, messages: SimpleQueue[Message]
    ) -> None:
        self._options = options
        self._executor = executor
        self._messages = messages
        self._under_way: set[Future[TaskResult]] = set()

    def submit(self, task: Task, *, is_tiny: bool) -> None:
        """Submit a task to the executor."""
        del is_tiny  # the executor's workers may be processes, which share no GIL
        sources = [_absolute(source) for source in task.sources]
        call = _Call(self._options, sources, task.start, task.stop, task.size_limit)
        future: Future[TaskResult] = self._executor.submit(pickle.loads, pickle.dumps(call))
        self._under_way.add(future)
        future.add_done_callback(partial(self._receive, task))

    def check(self) -> None:
        """Do nothing, because an executor reports the end of every task."""

    def stop(self) -> None:
        """Cancel the tasks that the executor has not begun."""
        for future in self._under_way.copy():
            future.cancel()

    def _receive(self, task: Task, future: Future[TaskResult]) -> None:
        self._under_way.discard(future)
        size = 0
        end: Outcome | BaseException
        try:
            result = future.result()
        except BaseException as error:  # the calling thread handles the error
            end = error
        else:
            try:
                end = _outcome(self._options, task, result)
                size = sum(record.size for record in end if not isinstance(record, int))
            except Exception as error:
                end = RuntimeError(
                    f"the executor returned {reprlib.repr(result)}, which is no result of "
                    f"textcount {__version__} ({error}): each worker needs this version, and "
                    "each future the result of its own task"
                )
        self._messages.put((task, size, end))


class _Call:
    """A call of ``count_for_executor``. Unpickling this object makes the call."""

    def __init__(self, *arguments: object) -> None:
        self._arguments = arguments

    def __reduce__(self) -> tuple[Callable[..., TaskResult], tuple[object, ...]]:
        return count_for_executor, self._arguments


def count_for_executor(
    options: CountOptions, sources: list[Source], start: int, stop: int | None, size_limit: int
) -> TaskResult:
    """Run a task in a worker of the caller's executor."""
    task = Task(sources, start, stop, size_limit=size_limit)
    results: list[FileResult] = []
    for source, record in zip(sources, task.count(options, None), strict=True):
        if isinstance(record, int):
            results.append((record, source.version))
        else:
            parts = None if record.error is None else _parts(record.error)
            results.append((list(record.counts.values()), record.size, parts))
    return __version__, _backend.active.name, results


def _outcome(options: CountOptions, task: Task, result: TaskResult) -> Outcome:
    """Return the outcome of a task from the worker's result.

    Raises:
        Exception: the result is not the result of such a task, or it is from another version.
    """
    version, backend, results = result
    if version != __version__:
        raise ValueError(f"its version is {version}")
    pairs = zip(task.sources, results, strict=True)
    outcome = [_record(options, task, source, each) for source, each in pairs]
    task.backend = str(backend)
    return outcome


def _record(
    options: CountOptions, task: Task, source: Source, result: FileResult
) -> FileCount | int:
    """Make a source's record from a worker's result.

    If the result is a size and a version, return the size, and keep the version in the source.
    """
    if len(result) == 2:  # noqa: PLR2004
        size, version = result
        if not 0 < task.size_limit <= size or not isinstance(version, str):
            raise ValueError("a size in place of counts")
        source.version = version
        return size
    values, size, parts = result
    error = parts and parts[0](*parts[1])
    if not isinstance(error, OSError | UnicodeError | None):
        raise TypeError("an error of the wrong type")
    if parts and parts[2] and isinstance(error, UnicodeError):
        mark_binary(error)
    counts = {} if error else dict(zip(options.needles, values, strict=True))
    if any(type(number) is not int or number < 0 for number in (*values, size)):
        raise TypeError("a count or a size that is not a whole number from 0")
    return FileCount(source.path, counts, size=size, error=error)


def _parts(error: OSError | UnicodeError) -> ErrorParts:
    is_binary = is_marked_binary(error)
    if isinstance(error, UnicodeDecodeError):
        error = _shortened(error)
        # error.args keeps the first reason, but error.reason may have been changed.
        arguments = (error.encoding, error.object, error.start, error.end, error.reason)
        return UnicodeDecodeError, arguments, is_binary
    if isinstance(error, OSError) and error.errno is not None:
        return type(error), (error.errno, error.strerror, error.filename), is_binary
    return type(error), error.args, is_binary


def _shortened(error: UnicodeDecodeError) -> UnicodeDecodeError:
    """Return a copy of the error with at most ``SHOWN`` bytes of its object."""
    start, reason = error.start, error.reason
    first = max(0, start - SHOWN // 2) if len(error.object) > SHOWN else 0
    if first and "of the input)" not in reason:
        reason += f" (byte {start} of the input)"
    part = error.object[first : first + SHOWN]
    return UnicodeDecodeError(error.encoding, part, start - first, error.end - first, reason)


def _absolute(source: Source) -> Source:
    """Return the source with an absolute path, because a worker may run in another directory."""
    name = source.name
    if isinstance(name, int) or source.is_url:
        return source
    fields = (source.error, source.is_walked, source.size)
    return Source(os.path.abspath(name), *fields, is_listed=source.is_listed)
