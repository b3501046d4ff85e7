"""Where the time of the command goes: the tables of docs/profile.md.

    python benchmarks/profile_command.py FILE WORD [WORD ...]

For each word, the least time of some runs of: the start of a bare interpreter;
importing the command; running it inside this process, with a clock around each
call of ``count_occurrences``. What the rest takes function by function is from
cProfile, with built-in calls charged to the function that makes them. The
profiler would weigh on the innermost loop, so ``count_occurrences`` is not
measured by it.
"""

import contextlib
import cProfile
import io
import pstats
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import textcount
from textcount import _backend, cli

RUNS = 9
SHOWN = 4


def process_time(*arguments: str) -> float:
    """Return the least time of an interpreter with these arguments, in seconds."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=False, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    return min(times)


@contextlib.contextmanager
def clocked() -> Iterator[list[float]]:
    """Collect the time of each call of the backend."""
    times: list[float] = []
    active = _backend.active

    def with_clock(count: Any) -> Any:
        def timed(*arguments: Any) -> int:
            start = time.perf_counter()
            found: int = count(*arguments)
            times.append(time.perf_counter() - start)
            return found

        return count and timed

    count, count_part = with_clock(active.count), with_clock(active.count_part)
    clocked = _backend.Backend(active.name, active.reason, count, count_part)
    with mock.patch.object(_backend, "active", clocked):
        yield times


def run(word: str, path: str) -> None:
    """Run the command without showing its output."""
    with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO(), "utf-8")):
        cli.main(["-j1", word, path])


def rest(word: str, path: str) -> list[tuple[float, str]]:
    """Return the time of each function but count_occurrences, the longest first."""
    profiler = cProfile.Profile(builtins=False)
    profiler.runcall(run, word, path)
    stats: dict[Any, Any] = pstats.Stats(profiler).stats  # type: ignore[attr-defined]
    rows = [
        (own, f"`{name}` in {Path(file).name.strip('<>')}")
        for (file, _, name), (_, _, own, _, _) in stats.items()
        if not name.endswith("count_occurrences")
    ]
    return sorted(rows, reverse=True)


def table(word: str, path: str) -> None:
    """Print the table of one word."""
    bare = process_time("-c", "pass")
    loaded = process_time("-c", "import textcount.cli") - bare
    with clocked() as times:
        runs = []
        for _ in range(RUNS):
            times.clear()
            start = time.perf_counter()
            run(word, path)
            runs.append((time.perf_counter() - start, sum(times)))
        main, hot = min(runs)
        others = min((rest(word, path) for _ in range(RUNS)), key=sum_of)

    whole = bare + loaded + main
    print(f"\n| `{word}` | ms | share |\n|---|---:|---:|")
    for name, spent in [
        ("starting Python", bare),
        ("importing the command", loaded),
        ("**`count_occurrences`**", hot),
        ("other work of the command", main - hot),
        *((f"part of the other work: {name}", own) for own, name in others[:SHOWN]),
        ("the whole command", whole),
    ]:
        print(f"| {name} | {spent * 1e3:.1f} | {spent / whole:.1%} |")


def sum_of(rows: list[tuple[float, str]]) -> float:
    """Return the time of all rows together."""
    return sum(own for own, _ in rows)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    file, *words = sys.argv[1:]
    python = ".".join(map(str, sys.version_info[:3]))
    print(f"textcount {textcount.__version__}, Python {python}, {Path(file).name}")
    for each in words:
        table(each, file)
