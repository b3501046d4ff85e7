"""Sizes of a block, a range and a batch, and the number of processors.

The sizes are in one module and are read at each use, so that a test can shrink them all.
"""

from __future__ import annotations

import os

BLOCK = 1 << 20
"""Bytes, or characters of a text stream, that are read at a time."""

LOOKAHEAD = 1 << 12
"""Bytes that are first read past the end of a range, to find the end of the range's last word."""

RANGE = 1 << 25
"""Bytes of a large file that one of our threads counts at a time. A file smaller than two
ranges is not divided."""

BATCH = 64
"""Files that one of our threads counts at a time."""

BATCH_BYTES = 1 << 22
"""The maximum expected size, in bytes, of a batch of several files. Batches this small keep all
threads busy until the end of the run."""

TASKS_PER_WORKER = 4
"""For each of our threads, the maximum number of tasks that are submitted but not yet yielded."""

POOL_BYTES = 1 << 26
"""Threads pay off once ``POOL_FILES`` successive files, or fewer, have this many bytes in total.
The mean size of these files is then at least 256 KB. Threads that open and close smaller files
mostly wait for the GIL. The measurement is in docs/performance.md."""

POOL_FILES = 256
"""The maximum number of files whose total size decides whether threads pay off."""

EXECUTOR_RANGE = 1 << 30
"""Bytes of a large file in one task for the caller's executor (see docs/scaling.md)."""

EXECUTOR_BATCH = 1024
"""Files in one task for the caller's executor."""

EXECUTOR_TASKS = 512
"""The maximum number of tasks submitted to the caller's executor but not yet yielded."""


def cores() -> int:
    """Return the number of processors that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows have no sched_getaffinity
        return os.cpu_count() or 1
