"""A Dask cluster, as an executor."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from distributed import Client, LocalCluster

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Executor

PATIENCE = 30
"""How long to wait for a scheduler to answer, in seconds."""


@contextmanager
def executor_of(address: str, jobs: int) -> Iterator[Executor]:
    """The executor of the scheduler at an address; "local" starts one, and so many workers.

    Raises:
        OSError, ValueError: no scheduler answers there, or there can be none.
    """
    if address != "local":
        with Client(address, timeout=PATIENCE) as client:
            yield client.get_executor(pure=False)
        return
    with (
        LocalCluster(
            n_workers=jobs,
            threads_per_worker=1,
            dashboard_address=None,
            silence_logs=logging.CRITICAL,
        ) as cluster,
        Client(cluster) as client,
    ):
        # The same file may be asked for twice, and it may change: nothing is "pure".
        yield client.get_executor(pure=False)
