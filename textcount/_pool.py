"""A pool of our own daemon threads, which run tasks in any order.

When the process exits, ``concurrent.futures`` waits for its threads, even for a thread that is
blocked in a read forever. The threads of this pool are daemons, which end with the process.

The calling thread and the workers share queues and flags, whose operations are atomic. The
calling thread takes a lock of the pool only if no worker has begun (see ``check``), and at the end
(see ``stop``). So an interrupt, which only the main thread receives, cannot leave a lock taken
that a worker waits for.
"""

from __future__ import annotations

import _thread
import sys
import time
from collections import deque
from contextlib import suppress
from queue import Empty, SimpleQueue
from threading import Lock, gettrace

from textcount import _backend

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _thread import LockType

    from textcount._options import CountOptions
    from textcount._tasks import Message, Outcome, Task

END_SECONDS = 0.3
"""Maximum seconds that ``stop`` waits for the workers. A blocked worker ends later."""

REPORT_SECONDS = 0.1
"""The minimum time in seconds between two progress reports of a worker."""


class _Stopped(BaseException):
    """Raised in a worker to end its task when its pool has been stopped."""


class ThreadPool:
    """Daemon threads that count.

    Args:
        options: the words to count.
        size: the maximum number of threads. Fewer threads start if there are fewer tasks, or if
            the system refuses to start a thread.
        messages: receives the messages of the workers.

    Raises:
        MemoryError, RuntimeError: the first thread cannot be started.
    """

    def __init__(self, options: CountOptions, size: int, messages: SimpleQueue[Message]) -> None:
        self._options = options
        self._size = size
        self._messages = messages
        self._tasks: SimpleQueue[Task | None] = SimpleQueue()
        # One lock for each thread, which the thread releases at its end. A SimpleQueue cannot
        # replace the locks: in CPython, its get waits forever if the timeout passes before the wait
        # begins.
        self._running: list[LockType] = []
        self._is_stopped = False
        self._has_gil = _backend.has_gil()
        self._tiny: deque[Task] = deque()
        self._counts_tiny = Lock()
        self._has_begun = False
        self._failure: BaseException | None = None
        # Thread.start takes locks, and an interrupt could leave a lock taken. Thread.start also
        # waits for the thread, forever if the thread ends early for lack of memory.
        self._start()

    def submit(self, task: Task, *, is_tiny: bool) -> None:
        """Queue a task for the workers.

        With a GIL, two workers that open and close tiny files would wait for each other. So only
        one worker at a time runs the tasks of tiny files.
        """
        if is_tiny and self._has_gil:
            self._tiny.append(task)
            self._tasks.put(None)
        else:
            self._tasks.put(task)

    def stop(self) -> None:
        """End the workers. A worker that is blocked in a read ends when the read returns."""
        try:
            self._is_stopped = True
        finally:  # wake the workers, even after an interrupt in the line above
            self._tasks.put(None)
        deadline = time.monotonic() + END_SECONDS
        for running in list(self._running):
            running.acquire(timeout=max(0, deadline - time.monotonic()))

    def check(self) -> None:
        """Raise the exception of a worker outside a task. Run a task if no worker has begun.

        Called after a while without a message. A thread that lacks memory may end before it
        begins to work.
        """
        if self._failure is not None:
            raise self._failure
        if not self._has_begun:
            with suppress(Empty):  # a worker has begun meanwhile
                task = self._tasks.get_nowait()
                self._run(task)

    def _start(self) -> None:
        """Start a worker."""
        running = _thread.allocate_lock()
        running.acquire()
        self._running.append(running)  # before the new worker counts the workers
        try:
            _thread.start_new_thread(self._begin, (running,))
        except BaseException:
            self._running.pop()
            raise

    def _begin(self, running: LockType) -> None:  # pragma: no cover - runs before tracing starts
        """Install the trace function of a debugger or of coverage, as Thread does; run tasks."""
        try:
            self._has_begun = True
            sys.settrace(gettrace())
            self._work()
        except BaseException as error:
            self._failure = error
        finally:
            running.release()

    def _work(self) -> None:
        """Run tasks until the pool stops. At its first task, a worker starts the next worker."""
        has_started_next = False
        try:
            while True:
                task = self._tasks.get()
                if self._is_stopped:
                    break
                if not has_started_next:
                    self._start_next()
                    has_started_next = True
                self._run(task)
        except _Stopped:
            pass
        finally:
            self._tasks.put(None)  # wake another worker, so that it ends, too

    def _start_next(self) -> None:
        if len(self._running) < self._size:
            try:
                self._start()
            except (MemoryError, RuntimeError):  # the system refuses to start a thread
                self._size = len(self._running)

    def _run(self, task: Task | None) -> None:
        """Run a task from the queue. None stands for a task of tiny files."""
        if task is None:
            self._count_tiny()
        else:
            self._count(task)

    def _count_tiny(self) -> None:
        """Run the tasks of tiny files, unless another worker is running them.

        Only the worker that holds the lock runs these tasks. A task may be added just before
        the worker releases the lock, so the worker looks for tasks again after the release.
        """
        while self._tiny and not self._is_stopped and self._counts_tiny.acquire(blocking=False):
            try:
                while self._tiny and not self._is_stopped:
                    self._count(self._tiny.popleft())
            finally:
                self._counts_tiny.release()

    def _count(self, task: Task) -> None:
        """Run a task; report the bytes that are read, and then the outcome or the exception."""
        unreported = 0
        due = time.monotonic() + REPORT_SECONDS

        def report(size: int) -> None:
            nonlocal unreported, due
            if self._is_stopped:
                raise _Stopped
            unreported += size
            now = time.monotonic()
            if now >= due:
                self._messages.put((task, unreported, None))
                unreported, due = 0, now + REPORT_SECONDS

        end: Outcome | BaseException
        try:
            end = task.count(self._options, report)
        except _Stopped:
            raise
        except BaseException as error:  # the calling thread raises this error
            end = error
        self._messages.put((task, unreported, end))
