"""Sizes of a block, a range and a batch, and the number of processors.

The sizes are in one module and are read at each use, so that a test can shrink them all.
"""

from __future__ import annotations

import os

BLOCK = 1 << 20
"""Bytes, or characters of a text stream, that are read at a time."""

LOOKAHEAD = 1 << 12
"""Bytes that are read beyond a range at first, to find the separator that ends its last word."""

RANGE = 1 << 25
"""Bytes of a large file that one of our threads counts at a time. A file smaller than two
ranges is not divided."""

BATCH = 64
"""Files that one of our threads counts at a time."""

BATCH_BYTES = 1 << 22
"""The most bytes that a batch is expected to have, unless a single file has more. Batches this
small keep all threads busy to the end."""

TASKS_PER_WORKER = 4
"""For each of our threads, the most tasks that may be submitted and not yet yielded."""

POOL_BYTES = 1 << 26
"""The total bytes of at most ``POOL_FILES`` files in a row, from which on threads pay. The mean
is then at least 256 KB. With smaller files, threads mostly wait for the GIL to open and close
them. The measurement is in docs/performance.md."""

POOL_FILES = 256
"""The most files whose sizes are added up to decide whether threads pay."""

EXECUTOR_RANGE = 1 << 30
"""Bytes of a large file in one task for the caller's executor (see docs/scaling.md)."""

EXECUTOR_BATCH = 1024
"""Files in one task for the caller's executor."""

EXECUTOR_TASKS = 512
"""The most tasks that may be submitted to the caller's executor and not yet yielded."""


def cores() -> int:
    """Return the number of processors that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows have no sched_getaffinity
        return os.cpu_count() or 1
