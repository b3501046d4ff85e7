"""Measure the cost and the gain of counting by executors: see docs/scaling.md.

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
    "Dask, local": lambda: Cluster("local", 2, print),
}


def serial(path: Path, jobs: int) -> float:
    """Return the seconds of counting without an executor, with at most ``jobs`` workers."""
    start = time.perf_counter()
    run = RunOptions(CountOptions(["the"], "utf-8", "strict"), jobs)
    (record,) = files.count_sources([Source(str(path))], run)
    if record.error is not None:
        raise record.error
    return time.perf_counter() - start


def parallel(path: Path, executor: Executor) -> float:
    """Return the seconds of counting with an executor."""
    start = time.perf_counter()
    (record,) = count_files([path], ["the"], executor=executor)
    if record.error is not None:
        raise record.error
    return time.perf_counter() - start


def gains(path: Path, rounds: int) -> None:
    """Time one core, two threads, and executors with two workers, on one file."""
    times: dict[str, list[float]] = {"one core": [], "two threads": []}
    opened = {name: make() for name, make in ENGINES.items()}
    executors = {name: each.__enter__() for name, each in opened.items()}
    for executor in executors.values():
        parallel(Path(__file__), executor)  # starts the workers
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


def costs(path: Path, ranges: int, rounds: int) -> None:
    """Measure the time to submit, run and gather a range of only 64 bytes."""
    with path.open("wb") as file:
        file.truncate(ranges * 64)
    heads = ["range counted by", "overhead, ms", "bytes counted in that time, at 5 GB/s"]
    print("\n|", " | ".join([*heads, "size of a range with an overhead of 2 %"]), "|")
    print("|---|---:|---:|---:|")
    for name, make in ENGINES.items():
        with make() as executor, mock.patch.object(_limits, "EXECUTOR_RANGE", 64):
            parallel(Path(__file__), executor)
            cost = statistics.median(parallel(path, executor) for _ in range(rounds)) / ranges
        size = cost * 5e9 / 2**20
        print(f"| {name} | {cost * 1e3:.2f} | {size:.1f} MB | {size * 50:.0f} MB |")


def kills(path: Path, times: int) -> None:
    """Kill workers of a cluster at random moments of a count; check the totals."""
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
    """An executor that returns each result at once, to measure the cost of submitting."""

    def submit(self, *_: Any, **__: Any) -> Future[Any]:
        """Return a finished future with a count of 1."""
        future: Future[Any] = Future()
        future.set_result((textcount.__version__, "native", [([1], 64, None)]))
        return future


def memory(path: Path, ranges: int) -> None:
    """Measure the memory and the time of the submitting process for very many ranges."""
    with path.open("wb") as file:
        file.truncate(ranges * 64)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with mock.patch.object(_limits, "EXECUTOR_RANGE", 64):
        start = time.perf_counter()
        (record,) = count_files([path], ["the"], executor=Instant())
        seconds = time.perf_counter() - start
    if dict(record.counts) != {"the": ranges}:
        sys.exit(f"{record} for {ranges} ranges")
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    each = seconds / ranges * 1e6
    print(f"\n{ranges:,} ranges: {more} KB of memory more, {each:.0f} µs each to submit.")


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="see that it works, on little")
    parser.add_argument("--folder", type=Path, help="where to put the files (2 GB)")
    options = parser.parse_args()
    size, ranges, rounds, times, many = 2 << 30, 2_000, 5, 20, 1_000_000
    if options.quick:
        size, ranges, rounds, times, many = 1 << 20, 100, 1, 1, 10_000
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
        costs(Path(name, "empty"), ranges, rounds)
        kills(Path(name, "small"), times)


if __name__ == "__main__":
    main()
