"""A Dask cluster as an executor."""

from __future__ import annotations

import asyncio
import logging
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import warnings
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

from textcount._dask_workers import CheckedWorkers, one_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Executor

    from distributed import Client

CONNECT_TIMEOUT = 7
"""Maximum seconds to wait for a scheduler. If no scheduler answers, the command must end within
10 seconds of its start."""


class Cluster:
    """A context manager that yields the executor of a Dask cluster.

    At the end of the context, a cluster that this class started is ended.

    Args:
        address: the address of a scheduler, or "local" to start a cluster here.
        jobs: the number of workers to start.
        say: receives messages for the user, which may come from another thread.

    Raises:
        ImportError: Dask is not installed.
        OSError: no scheduler answers at the address, or no cluster starts here.
        RuntimeError: no worker has this version of textcount.
    """

    def __init__(self, address: str, jobs: int, say: Callable[[str], None]) -> None:
        with ExitStack() as stack:
            stack.enter_context(_silence())
            if address == "local":
                address = stack.enter_context(_local_cluster(jobs))
            client = stack.enter_context(_connect(address))
            self._executor = CheckedWorkers(client, say)
            stack.callback(self._executor.close)
            self._open = stack.pop_all()

    def __enter__(self) -> Executor:
        return self._executor

    def __exit__(self, *_: object) -> None:
        self._open.close()


@contextmanager
def _silence() -> Iterator[None]:
    """Suppress all log messages and warnings, because Dask reports each failure as an exception."""
    before = logging.root.manager.disable
    logging.disable()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


# A cluster on this machine


@contextmanager
def _local_cluster(workers: int) -> Iterator[str]:
    """Start a cluster in a process of its own; yield the address of its scheduler.

    The cluster ends with the context or with this process, in whatever way this process ends.
    Its process leads a new session, so Ctrl-C in the terminal does not reach the process.
    """
    start = f"import sys; sys.path[:] = {sys.path}; from textcount import _dask"
    with subprocess.Popen(
        [sys.executable, "-c", f"{start}; _dask.serve({workers})"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
        creationflags=getattr(subprocess, "CREATE_NEW_PROCESS_GROUP", 0),
    ) as process:
        import distributed  # noqa: F401  # takes a second, and the cluster starts meanwhile

        line = process.stdout.readline().strip() if process.stdout else ""
        if "://" not in line or " " in line:
            raise ChildProcessError(f"the cluster did not start: {line or 'its process has ended'}")
        yield line


def serve(workers: int) -> None:  # pragma: no cover  # killed before coverage is written
    """Start a cluster, print the address of its scheduler, and run until standard input ends."""
    scratch = tempfile.mkdtemp(prefix="textcount-")

    def end_with_parent() -> None:
        sys.stdin.read()
        shutil.rmtree(scratch, ignore_errors=True)
        if os.name == "posix":
            # This process leads a session, so its workers are in its process group. The resource
            # tracker of multiprocessing ignores SIGTERM, and removes the semaphores at its end.
            os.killpg(os.getpid(), signal.SIGTERM)
        os._exit(0)  # a worker of Dask ends when the pipe from this process closes

    watch = threading.Thread(target=end_with_parent, daemon=True)
    watch.start()
    try:
        from distributed import LocalCluster

        cluster = LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            dashboard_address=None,
            local_directory=scratch,
        )
        print(cluster.scheduler_address, flush=True)
    except Exception as error:
        print(one_line(error), flush=True)
    watch.join()


# A scheduler


def _connect(address: str) -> Client:
    """Return a client of the scheduler at an address.

    Ask for the scheduler's identity first. A client alone waits forever for a server that
    accepts the connection and sends nothing.

    Raises:
        ConnectionError: no scheduler answers in time.
    """
    from distributed import Client

    try:
        kind = asyncio.run(asyncio.wait_for(_kind(address), CONNECT_TIMEOUT))
        if kind == "Scheduler":
            return Client(address, timeout=CONNECT_TIMEOUT, set_as_default=False)
    except (asyncio.TimeoutError, OSError, ValueError, TypeError, ImportError) as error:
        cause: Exception = error
        while isinstance(cause.__cause__, Exception):
            cause = cause.__cause__
        is_late = isinstance(cause, asyncio.TimeoutError)
        reason = f"no answer within {CONNECT_TIMEOUT} seconds" if is_late else one_line(cause)
    except Exception as error:  # the bytes are not a message of Dask
        reason = f"the answer is not that of Dask ({one_line(error)})"
    else:
        reason = f"this is the address of a {kind.lower()}"
    raise ConnectionError(f"there is no scheduler at this address: {reason}")


async def _kind(address: str) -> str:
    """Return the type of the Dask server at an address."""
    from distributed import rpc
    from distributed.security import Security

    arguments = Security().get_connection_args("client")
    # This timeout is shorter than CONNECT_TIMEOUT, because its error names the cause.
    async with rpc(address, timeout=CONNECT_TIMEOUT - 1, connection_args=arguments) as server:
        return str((await server.identity())["type"])
