"""Counting files by several workers at once.

The work is a list of shards: a file, or a range of bytes of a large one. Workers are
threads if the extension counts, which lets go of the interpreter meanwhile, or else
processes. What they find comes in the order of the files, whoever was faster.
"""

from __future__ import annotations

import signal
from collections import deque
from concurrent.futures import (
    BrokenExecutor,
    Executor,
    Future,
    ProcessPoolExecutor,
    ThreadPoolExecutor,
    wait,
)
from typing import TYPE_CHECKING, NamedTuple

from textcount import _backend, files

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from textcount._blocks import Counting
    from textcount.files import FileCount, OnProgress, Source

BATCH = 64
"""How many files a worker is given at a time, or fewer, of a shard's size together."""

AHEAD = 4
"""How many batches for each worker may wait for being counted or asked for."""

PATIENCE = 0.1
"""How long, in seconds, to wait before saying what has been counted meanwhile."""


class Shard(NamedTuple):
    """A file, if stop is None and start is 0, or a range of its bytes."""

    source: Source
    error: OSError | None = None
    start: int = 0
    stop: int | None = None


def count_shards(counting: Counting, shards: list[Shard]) -> list[FileCount]:
    """Count in each."""
    return [
        files.count_source(counting, source, error, None, start, stop)
        for source, error, start, stop in shards
    ]


def count_in_parallel(
    sources: Iterable[tuple[Source, OSError | None]],
    counting: Counting,
    jobs: int,
    on_progress: OnProgress | None,
) -> Iterator[FileCount]:
    """Count in each of what ``files.expand`` gives, by so many workers.

    Raises:
        ChildProcessError: a worker has been killed.
    """
    sizes: deque[int] = deque()

    def take_in(future: Future[list[FileCount]]) -> None:
        if not future.cancelled() and future.exception() is None:
            sizes.extend(record.size for record in future.result())

    def report() -> None:
        while sizes:
            size = sizes.popleft()
            if on_progress is not None and size:
                on_progress(size)

    batches = _batches(sources, counting.in_place)
    tasks: deque[tuple[list[Shard], Future[list[FileCount]] | None]] = deque()
    failure: BaseException | None = None
    parts: list[FileCount] = []
    executor = _executor(jobs)
    try:
        while True:
            while failure is None and len(tasks) < AHEAD * jobs:
                try:
                    shards, is_askers = next(batches, ([], False))
                except BaseException as error:  # its turn is after what came before it
                    failure = error
                    break
                if not shards:
                    break
                future = None
                if not is_askers:
                    future = executor.submit(count_shards, counting, shards)
                    future.add_done_callback(take_in)
                tasks.append((shards, future))
            if not tasks:
                break
            shards, future = tasks.popleft()
            if future is None:
                yield files.count_source(counting, shards[0].source, None, on_progress)
                continue
            while wait([future], PATIENCE).not_done:
                report()
            report()
            for shard, part in zip(shards, future.result(), strict=True):
                parts.append(part)
                if shard.stop is None:
                    yield parts[0] if len(parts) == 1 else _together(parts, counting)
                    parts.clear()
        if failure is not None:
            raise failure
    except BrokenExecutor as error:
        raise ChildProcessError("a worker was killed") from error
    finally:
        executor.shutdown(cancel_futures=True)


def _executor(jobs: int) -> Executor:
    if _backend.BACKEND == "native":
        return ThreadPoolExecutor(jobs, "textcount")
    # A terminal sends Ctrl-C to all processes; the first one ends the others.
    ignored = (signal.SIGINT, signal.SIG_IGN)
    return ProcessPoolExecutor(jobs, initializer=signal.signal, initargs=ignored)


def _batches(
    sources: Iterable[tuple[Source, OSError | None]], in_ranges: bool
) -> Iterator[tuple[list[Shard], bool]]:
    """The shards of all files, those of small files together.

    With each, whether it is for who asks, because no other could be stopped in reading
    it: a pipe or a terminal may give nothing for ever.
    """
    batch: list[Shard] = []
    held = 0
    for source, error in _until_failure(sources):
        if isinstance(source, BaseException):
            if batch:
                yield batch, False
            raise source
        size = 0 if error is not None else files.size_of(source)
        is_large = size is not None and in_ranges and size >= 2 * files.SHARD
        if batch and (size is None or is_large or held + size > files.SHARD or len(batch) == BATCH):
            yield batch, False
            batch, held = [], 0
        if size is None:
            yield [Shard(source)], True
        elif is_large:
            last = size - files.SHARD
            for start in range(0, last, files.SHARD):
                yield [Shard(source, None, start, start + files.SHARD)], False
            # To the end, wherever that is by then.
            yield [Shard(source, None, start + files.SHARD)], False
        else:
            batch.append(Shard(source, error))
            held += size
    if batch:
        yield batch, False


def _until_failure(
    sources: Iterable[tuple[Source, OSError | None]],
) -> Iterator[tuple[Source | BaseException, OSError | None]]:
    """The same; and as the last one what was raised, if something was."""
    try:
        yield from sources
    except GeneratorExit:
        raise
    except BaseException as failure:
        yield failure, None


def _together(parts: list[FileCount], counting: Counting) -> FileCount:
    """One file of its shards."""
    path, size = parts[0].path, 0
    counts = dict.fromkeys(counting.needles, 0)
    for part in parts:
        size += part.size
        if isinstance(part.error, UnicodeError):
            # Which bytes the error tells of depends on where reading begins.
            return files.count_source(counting, path)
        if part.error is not None:
            return files.FileCount(path, {}, size=size, error=part.error)
        for needle, count in part.counts.items():
            counts[needle] += count
    return files.FileCount(path, counts, size=size)
