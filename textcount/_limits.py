"""Sizes of a block, a range and a batch, and the number of processors.

They stand together, and are read when they are used, so that a test can shrink them all.
"""

from __future__ import annotations

import os

BLOCK = 1 << 20
"""Bytes (characters, of a text stream) that are read at a time."""

LOOKAHEAD = 1 << 12
"""Bytes that are read beyond a range at first, to find the separator that ends its last word."""

RANGE = 1 << 25
"""Bytes of a large file that one of our threads counts at a time. A file smaller than two
ranges is not divided."""

BATCH = 64
"""Files that one of our threads counts at a time."""

BATCH_BYTES = 1 << 22
"""Bytes of these files together, unless a single file has more. Batches this small keep all
threads busy to the end."""

TASKS_PER_WORKER = 4
"""Tasks for each of our threads that may be under way, or done and not yet yielded."""

POOL_BYTES = 1 << 26
"""Bytes that the last ``POOL_FILES`` files, or fewer, must have before threads pay. The mean is
then at least 256 KB. Below it, threads that open and close files mostly wait for the GIL:
docs/performance.md has the measurement."""

POOL_FILES = 256
"""The most files whose sizes are added up to decide whether threads pay."""

EXECUTOR_RANGE = 1 << 30
"""Bytes of a large file in one task for the caller's executor: see docs/scaling.md."""

EXECUTOR_BATCH = 1024
"""Files in one task for the caller's executor."""

EXECUTOR_TASKS = 512
"""Tasks that may be under way in the caller's executor."""


def cores() -> int:
    """Return the number of processors that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # neither macOS nor Windows has it
        return os.cpu_count() or 1
