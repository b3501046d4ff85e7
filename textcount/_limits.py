"""Sizes of a block, a range and a batch, and the number of processors.

The sizes are in one module and are read at each use, so that a test can shrink them all.
"""

from __future__ import annotations

import os
import sys

BLOCK = 1 << 20
"""Bytes, or characters of a text stream, that are read at a time."""

LOOKAHEAD = 1 << 12
"""Bytes that are first read past the end of a range, to find the end of the range's last word."""

RANGE = 1 << 25
"""Bytes of a large file that one of our threads counts at a time. A file smaller than two
ranges is not divided."""

IN_PLACE_WORDS = 16
"""The minimum number of words for which the extension's blocks are decoded. Passes over bytes that
are not ASCII take four times as long as passes over a ``str``."""

READ_PER_WORD = {
    "avx512": 4400,
    "avx2": 2700,
    "neon": 1500,  # estimated from the instructions of the kernel
    "portable": 480,
    "": 16 if sys.implementation.name == "pypy" else 100,
}
"""For each kernel, the bytes that a pass reads in the time in which one word of a text is split
off and looked up. For the pure backend, characters. The measurement is in docs/performance.md."""

WORDS_PER_CHARACTER = 1 / 300
"""The cost of splitting, for each character of the text, in words that are split off."""

WORDS_PER_CALL = 0.8
"""The cost of a call of the extension, in words that are split off."""

FEWEST_TO_SPLIT = 4
"""The minimum number of words for which a text is split once and its words are looked up."""

WORDS_PER_PURE_SPLIT = 0.5
"""The cost of a pass that splits, for each word of the text, in words that are split off and
looked up. The pure backend splits texts that are short or dense in each pass."""

READ_PER_STOP = 18
"""The cost of a place where a pass of the pure backend stops, in characters that it reads."""

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


OWN_GROUPS = "/proc/self/cgroup"
"""The file in which Linux lists the control groups of a process."""

GROUPS = "/sys/fs/cgroup"
"""The directory in which Linux shows control groups."""

_fixed: list[int | None] = []
"""The number that the environment sets, and the number of the quota, once they have been read."""


def cores() -> int:
    """Return the number of processors that this process may use.

    ``PYTHON_CPU_COUNT`` or ``-X cpu_count`` decides alone. Otherwise the affinity of the process
    and the CPU quotas of its control groups limit the number. A quota of one and a half
    processors counts as two.
    """
    if not _fixed:
        _fixed[:] = _requested(), _quota()
    requested, quota = _fixed
    if requested:
        return requested
    try:
        allowed = len(os.sched_getaffinity(0))
    except AttributeError:  # macOS and Windows have no sched_getaffinity
        allowed = os.cpu_count() or 1
    return min(allowed, quota or allowed)


def _requested() -> int | None:
    """Return the number of processors that the user tells Python, as Python 3.13 reads it."""
    variable = "" if sys.flags.ignore_environment else os.environ.get("PYTHON_CPU_COUNT", "")
    try:
        return max(0, int(sys._xoptions.get("cpu_count", variable)))  # noqa: SLF001 - documented
    except ValueError:
        return None


def _quota() -> int | None:
    """Return the number of processors of the smallest quota, rounded up; None without a quota."""
    quotas = []
    for line in _read(OWN_GROUPS).splitlines():
        _, controllers, path = line.split(":", 2)
        if not controllers:  # version 2 of control groups
            folder, names = GROUPS, ["cpu.max"]
        elif "cpu" in controllers.split(","):  # version 1
            folder, names = f"{GROUPS}/cpu", ["cpu.cfs_quota_us", "cpu.cfs_period_us"]
        else:
            continue
        # A container may show its own group as the root, and the path from the host's root.
        while True:
            numbers = " ".join(_read(f"{folder}{path}/{name}") for name in names).split()
            if numbers and numbers[0].isdecimal():  # "max" and -1 mean no quota
                quotas.append(-(-int(numbers[0]) // int(numbers[-1])))
            if not path.strip("/"):
                break
            path = path.rpartition("/")[0]
    return min(quotas, default=None)


def _read(path: str) -> str:
    """Return the text of a small file, or "" if it cannot be read."""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""
