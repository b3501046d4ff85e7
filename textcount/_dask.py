"""A Dask cluster, as an executor."""

from __future__ import annotations

import logging
import signal
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

PATIENCE = 10
"""How long to wait for a scheduler to answer, in seconds."""


class Cluster:
    """The cluster whose scheduler has an address; for "local", one of so many workers.

    As a context it gives the executor; what was started for it ends with it.

    Raises:
        ImportError: Dask is not installed.
        OSError, ValueError: no scheduler answers there, or there can be none.
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
            client = stack.enter_context(Client(address, timeout=PATIENCE))
            # A file may be asked for twice, and may have changed: nothing is "pure".
            self._executor: Executor = client.get_executor(pure=False)
            self._open = stack.pop_all()

    def __enter__(self) -> Executor:
        return self._executor

    def __exit__(self, *_: object) -> None:
        self._open.close()


@contextmanager
def _ignored(number: signal.Signals) -> Iterator[None]:
    """Have what is started meanwhile ignore a signal.

    A terminal sends Ctrl-C to all processes, and this one has to end the others.
    """
    before = signal.signal(number, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(number, before)
