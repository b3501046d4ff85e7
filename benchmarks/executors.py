"""What counting by executors costs, and what it gains: docs/scaling.md.

    python benchmarks/executors.py [--quick] [--folder FOLDER]

Needs textcount[dask] and loky. Prints Markdown.
"""

from __future__ import annotations

import argparse
import multiprocessing
import platform
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import distributed
import loky
import texts
from texts import MEGABYTE

import textcount
from textcount import _limits, count_files, files
from textcount._dask import Cluster
from textcount._options import CountOptions, RunOptions
from textcount._sources import Source

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

ENGINES: dict[str, Callable[[], AbstractContextManager[Executor]]] = {
    "ThreadPoolExecutor": lambda: ThreadPoolExecutor(2),
    "ProcessPoolExecutor": lambda: ProcessPoolExecutor(2, multiprocessing.get_context("spawn")),
    "loky": lambda: loky.ProcessPoolExecutor(2),
    "Dask, local": lambda: Cluster("local", 2),
}


def serial(path: Path, jobs: int) -> float:
    """The seconds of counting without an executor."""
    start = time.perf_counter()
    run = RunOptions(CountOptions(["the"], "utf-8", "strict"), jobs)
    (record,) = files.count_sources([Source(str(path))], run)
    if record.error is not None:
        raise record.error
    return time.perf_counter() - start


def parallel(path: Path, executor: Executor) -> float:
    """The seconds of counting by one."""
    start = time.perf_counter()
    (record,) = count_files([path], ["the"], executor=executor)
    if record.error is not None:
        raise record.error
    return time.perf_counter() - start


def gains(path: Path, rounds: int) -> None:
    """One core, two, and executors with two workers, on one file."""
    times: dict[str, list[float]] = {"one core": [], "two threads": []}
    opened = {name: make() for name, make in ENGINES.items()}
    executors = {name: each.__enter__() for name, each in opened.items()}
    for executor in executors.values():
        parallel(Path(__file__), executor)  # until it is up
    times |= {name: [] for name in executors}
    for _ in range(rounds):
        for name in random.sample(list(times), len(times)):
            if name in executors:
                times[name].append(parallel(path, executors[name]))
            else:
                times[name].append(serial(path, 1 if name == "one core" else 2))
    for each in opened.values():
        each.__exit__(None, None, None)
    size = path.stat().st_size
    least = statistics.median(times["two threads"])
    print(f"\n| {size / 2**30:.1f} GB by | seconds | GB/s | of two threads' time |")
    print("|---|---:|---:|---:|")
    for name, found in times.items():
        middle = statistics.median(found)
        print(f"| {name} | {middle:.2f} | {size / middle / 1e9:.1f} | {middle / least:.2f} |")


def costs(path: Path, shards: int, rounds: int) -> None:
    """What a shard costs that is as good as empty: to submit, run and gather it."""
    with path.open("wb") as file:
        file.truncate(shards * 64)
    print("\n| a shard by | ms | counting as long, at 5 GB/s | so that it is 2 % |")
    print("|---|---:|---:|---:|")
    for name, make in ENGINES.items():
        with make() as executor, mock.patch.object(_limits, "EXECUTOR_RANGE", 64):
            parallel(Path(__file__), executor)
            cost = statistics.median(parallel(path, executor) for _ in range(rounds)) / shards
        size = cost * 5e9 / 2**20
        print(f"| {name} | {cost * 1e3:.2f} | {size:.1f} MB | {size * 50:.0f} MB |")


def kills(path: Path, times: int) -> None:
    """Workers of a cluster killed at random moments while they count."""
    path.write_bytes(b"the end of the tale\n" * 100_000)
    chance = random.Random(1)
    exact = amid = 0
    command = [sys.executable, "-m", "distributed.cli.dask_worker", "--no-nanny", "--no-dashboard"]
    with (
        mock.patch.object(_limits, "EXECUTOR_RANGE", 4000),
        distributed.LocalCluster(n_workers=1, threads_per_worker=1, dashboard_address=None) as dask,
        distributed.Client(dask) as client,
    ):
        executor = client.get_executor(pure=False)
        for _ in range(times):
            victim = subprocess.Popen(
                [*command, "--nthreads", "1", dask.scheduler_address], stderr=subprocess.DEVNULL
            )
            client.wait_for_workers(2, timeout=60)
            timer = threading.Timer(chance.uniform(0, 1), victim.kill)
            timer.start()
            (record,) = count_files([path], ["the"], executor=executor)
            amid += victim.poll() is not None
            exact += dict(record.counts) == {"the": 200_000}
            timer.join()
            victim.wait()
            while len(client.scheduler_info()["workers"]) > 1:
                time.sleep(0.05)
    print(f"\n{times} workers killed, {amid} of them before the end: {exact} totals exact.")


class Instant(Executor):
    """Answers at once, to see what it costs to ask."""

    def submit(self, *_: Any, **__: Any) -> Future[Any]:
        """Find one word."""
        future: Future[Any] = Future()
        future.set_result(("native", [([1], 64, None)]))
        return future


def memory(path: Path, shards: int) -> None:
    """The memory of who submits, over very many shards."""
    with path.open("wb") as file:
        file.truncate(shards * 64)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with mock.patch.object(_limits, "EXECUTOR_RANGE", 64):
        start = time.perf_counter()
        (record,) = count_files([path], ["the"], executor=Instant())
        seconds = time.perf_counter() - start
    if dict(record.counts) != {"the": shards}:
        sys.exit(f"{record} for {shards} shards")
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    each = seconds / shards * 1e6
    print(f"\n{shards:,} shards: {more} KB of memory more, {each:.0f} µs each to submit.")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="see that it works, on little")
    parser.add_argument("--folder", type=Path, help="where to put the files (2 GB)")
    options = parser.parse_args()
    size, shards, rounds, times, many = 2 << 30, 2_000, 5, 20, 1_000_000
    if options.quick:
        size, shards, rounds, times, many = 1 << 20, 100, 1, 1, 10_000
    print(
        f"textcount {textcount.__version__}, {textcount.BACKEND}; "
        f"CPython {platform.python_version()}; Dask {distributed.__version__}, "
        f"loky {loky.__version__}; {rounds} rounds"
    )
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        path = Path(name, "large")
        memory(Path(name, "blank"), many)
        english = texts.prose("english", min(size, 64 * MEGABYTE)).encode()
        with path.open("wb") as file:
            while file.tell() < size:
                file.write(english)
        gains(path, rounds)
        costs(Path(name, "empty"), shards, rounds)
        kills(Path(name, "small"), times)


if __name__ == "__main__":
    main()
