"""A Dask cluster as an executor."""

from __future__ import annotations

import logging
import signal
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

CONNECT_TIMEOUT = 10
"""Seconds to wait for a scheduler to answer."""


class Cluster:
    """A context manager that yields the executor of a Dask cluster.

    At the end of the context, a cluster that this class started is closed.

    Args:
        address: the address of a scheduler, or "local" to start a cluster here.
        jobs: the number of workers to start.

    Raises:
        ImportError: Dask is not installed.
        OSError: no scheduler answers at the address.
        ValueError: the address is not valid.
    """

    def __init__(self, address: str, jobs: int) -> None:
        from distributed import Client, LocalCluster

        with ExitStack() as stack:
            if address == "local":
                with _ignored(signal.SIGINT):
                    cluster = LocalCluster(
                        n_workers=jobs,
                        threads_per_worker=1,
                        dashboard_address=None,
                        silence_logs=logging.CRITICAL,
                    )
                    address = stack.enter_context(cluster).scheduler_address
            client = stack.enter_context(Client(address, timeout=CONNECT_TIMEOUT))
            # pure=False, because a file that is counted twice may have changed meanwhile.
            self._executor: Executor = client.get_executor(pure=False)
            self._open = stack.pop_all()

    def __enter__(self) -> Executor:
        return self._executor

    def __exit__(self, *_: object) -> None:
        self._open.close()


@contextmanager
def _ignored(number: signal.Signals) -> Iterator[None]:
    """Let the processes that are started in this context ignore a signal.

    A terminal sends Ctrl-C to all processes of a command. The main process handles the
    signal, and ends the others.
    """
    before = signal.signal(number, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(number, before)
