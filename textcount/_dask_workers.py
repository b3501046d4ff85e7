"""The workers of a Dask cluster: which of them have this version of textcount."""

from __future__ import annotations

import asyncio
import pkgutil
import threading
import time
from concurrent.futures import Executor, InvalidStateError
from contextlib import suppress
from typing import TYPE_CHECKING

from textcount._version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from concurrent.futures import Future
    from typing import Any

    from distributed import Client

ANSWER_TIMEOUT = 10
"""Maximum seconds to wait until a worker tells its version of textcount."""

WATCH_SECONDS = 1
"""Seconds between two looks at the list of workers."""

WAITING = "the cluster has no workers: waiting for a worker"


class CheckedWorkers(Executor):
    """The workers of a cluster that have this version of textcount, as an executor.

    A task may run on any worker as long as all workers have this version. Else a task is
    restricted to the workers that have this version when the task is submitted. If a worker
    without this version joins, and gets a task before it has been checked, the task fails. The
    worker survives.

    Args:
        client: the client of the cluster.
        say: receives messages for the user.

    Raises:
        RuntimeError: there are workers, but none has this version.
    """

    def __init__(self, client: Client, say: Callable[[str], None]) -> None:
        self._client = client
        self._say = say
        self._versions: dict[str, str] = {}
        self._has_news = True  # true if the workers must be looked at before the next task
        self._lock = threading.Lock()
        self._ended = threading.Event()
        # The tasks under way, with the workers that each task is restricted to.
        self._under_way: dict[Future[Any], list[str] | None] = {}
        self._restriction: list[str] | None = None
        if not self._check():
            say(WAITING)
            # An adaptive cluster starts workers only if there is a task.
            task = client.submit(int, pure=False)
            while not self._check():
                time.sleep(0.1)
            del task
        threading.Thread(target=self._watch, daemon=True).start()

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Future[Any]:
        if self._has_news:
            self._check()
        workers = self._restriction
        # pure=False, because a file that is counted twice may have changed meanwhile.
        executor = self._client.get_executor(pure=False, workers=workers)
        future: Future[Any] = executor.submit(function, *arguments, **named)
        self._under_way[future] = workers
        future.add_done_callback(self._forget)
        return future

    def close(self) -> None:
        """Stop looking at the workers."""
        self._ended.set()

    def _forget(self, future: Future[Any]) -> None:
        self._under_way.pop(future)
        if not future.cancelled() and future.exception() is not None:
            self._has_news = True  # the task may have run on a worker that has just joined

    def _check(self) -> set[str]:
        """Ask the workers that have joined for their version; return all workers."""
        with self._lock:
            self._has_news = False
            try:
                workers = set(self._client.nthreads())
            except Exception as error:  # Dask has several for a connection that is gone
                raise ConnectionError(f"the scheduler has ended: {one_line(error)}") from None
            new = workers - self._versions.keys()
            answers = self._client.sync(_versions, self._client, new) if new else {}
            known = {**self._versions, **answers}
            self._versions = {worker: known[worker] for worker in sorted(workers)}
            others = {each: text for each, text in self._versions.items() if text != __version__}
            usable = sorted(workers - others.keys())
            if others and not usable:
                raise RuntimeError(f"no worker has textcount {__version__}: {_listed(others)}")
            if lacking := {worker: others[worker] for worker in others if worker in new}:
                self._say(f"workers without textcount {__version__} not used: {_listed(lacking)}")
            self._restriction = usable if others else None
            return workers

    def _watch(self) -> None:
        """Check the workers until ``close`` is called; fail the tasks that no worker can run.

        Also report that no worker is left, because Dask waits for workers silently.
        """
        had_workers = True
        while not self._ended.wait(WATCH_SECONDS):
            try:
                workers = self._check()
            except Exception as error:
                self._fail([*self._under_way], error)
                continue
            if had_workers and not workers:
                self._say(WAITING)
            had_workers = bool(workers)
            lost = [
                future
                for future, restriction in self._under_way.copy().items()
                if restriction is not None and workers.isdisjoint(restriction)
            ]
            self._fail(lost, RuntimeError("all workers that may run this task have ended"))

    def _fail(self, futures: list[Future[Any]], error: Exception) -> None:
        for future in futures:
            with suppress(InvalidStateError):  # it has just ended otherwise
                future.set_exception(error)


async def _versions(client: Client, workers: Iterable[str]) -> dict[str, str]:
    """Return the version of textcount that each worker has, or the error in its place."""
    asked = {
        worker: asyncio.ensure_future(
            # The worker needs only the standard library to run this function.
            client.run(
                pkgutil.resolve_name,
                "textcount:__version__",
                workers=[worker],
                on_error="return",
                asynchronous=True,
            )
        )
        for worker in workers
    }
    await asyncio.wait(asked.values(), timeout=ANSWER_TIMEOUT)
    versions = {}
    for worker, answer in asked.items():
        if not answer.done():
            answer.cancel()
            versions[worker] = f"no answer within {ANSWER_TIMEOUT} seconds"
        elif (error := answer.exception()) is not None:
            versions[worker] = one_line(error)
        else:
            version = answer.result()[worker]
            versions[worker] = one_line(version) if isinstance(version, Exception) else version
    return versions


def _listed(workers: dict[str, str]) -> str:
    """Return the workers and what each has in place of this version, on one line."""
    by_text: dict[str, list[str]] = {}
    for worker, text in workers.items():
        by_text.setdefault(text, []).append(worker)
    return "; ".join(f"{', '.join(names)} ({text})" for text, names in by_text.items())


def one_line(error: BaseException) -> str:
    """Return the type and the message of an error, on one line."""
    return " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")
