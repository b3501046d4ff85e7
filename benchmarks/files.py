"""Measure how fast files are counted, by the command and by others: docs/performance.md.

    tox run -e benchmark-files -- [--before COMMAND] [--json FILE] [--quick] [--folder FOLDER]

The commands run one after the other on the same generated files, which the system keeps in
memory, in an order that is shuffled in every round. What they print is checked. Medians over
the rounds are compared, start-up included. Prints Markdown.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import shlex
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
from itertools import cycle, islice
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import texts
from texts import MEGABYTE

import textcount

if TYPE_CHECKING:
    from collections.abc import Iterator

    Times = dict[str, float]
    Goal = tuple[str, str, str, bool | None]

STARTS = ("python -c pass", "import textcount", "the command")
LANGUAGES = ("english", "spanish", "korean")
FREQUENT, RARE, THREE = "the", "housewives", ("the", "of", "housewives")
AROUND = rf"(?<!\S){FREQUENT}(?!\S)"
"""The pattern by which ripgrep counts a word between whitespace, with ``-P``."""

KB = 1000
GRID = [
    # files, bytes of each
    *((1, size) for size in (KB, 1_000 * KB, 63 * MEGABYTE, 64 * MEGABYTE, 1 << 28, 1 << 30)),
    (1, 1 << 32),
    *((files, KB) for files in (10, 100, 1_000, 10_000, 100_000)),
    *((files, 20 * KB) for files in (100, 1_000, 10_000)),
    *((files, 60 * KB) for files in (100, 1_000)),
    *((files, 100 * KB) for files in (10, 100, 1_000)),
    *((files, 1_000 * KB) for files in (2, 10, 100, 1_000)),
    *((files, 30 * MEGABYTE) for files in (2, 10)),
]
"""The numbers and sizes of files on which the default is compared with one worker."""

FORCED = [(1_000_000 * KB // size, size) for size in (50 * KB, 100 * KB, 200 * KB, 400 * KB)]
FORCED += [(1_000, 1_000 * KB), (250, 4_000 * KB)]
"""The same for threads that are started whether they pay or not."""

FORCE = """\
import sys
from textcount import _limits, cli
_limits.POOL_BYTES = 0
sys.exit(cli.main())
"""


class Folder(NamedTuple):
    """A folder of files: their sizes in bytes."""

    name: str
    sizes: list[int]


class Command(NamedTuple):
    """A command line, and the last number that it must print, if that is known."""

    line: list[str]
    answer: int | None = None


def log_normal(files: int, total: int) -> list[int]:
    """Return the sizes of so many files, as source trees have them: few are large."""
    source = random.Random(files)
    weights = [source.lognormvariate(0, 1.5) for _ in range(files)]
    return [max(1, int(total * weight / sum(weights))) for weight in weights]


def folders(quick: bool) -> list[Folder]:
    """Return the folders of files that the goals are about."""
    shrink = 100 if quick else 1
    return [
        Folder("tree", log_normal(10_000 // shrink, 176_000 * KB // shrink)),
        Folder("large tree", log_normal(60_000 // shrink, 1_056_000 * KB // shrink)),
        Folder("medium", [100 * KB] * (5_000 // shrink)),
        Folder("large", [2_400_000 * KB // shrink]),
        Folder("half", [1_200_000 * KB // shrink] * 2),
    ]


def write(root: Path, folder: Folder, text: bytes) -> Path:
    """Write the files of a folder, a thousand in each directory; return the folder."""
    path = root / folder.name.replace(" ", "-")
    place = 0
    for index, size in enumerate(folder.sizes):
        if index % 1000 == 0:
            (path / str(index // 1000)).mkdir(parents=True)
        with (path / str(index // 1000) / f"{index:06}").open("wb") as file:
            left = size
            while left:
                piece = text[place : place + left]
                left -= file.write(piece)
                place = (place + len(piece)) % (len(text) - 1)
    return path


def ours(jobs: int, *arguments: object, before: str = "") -> list[str]:
    """Return a command line of textcount; jobs are 0 for the default."""
    script = before or str(Path(sysconfig.get_path("scripts"), "textcount"))
    choice = [f"-j{jobs}"] if jobs else []
    return [script, *choice, "--total", *map(str, arguments)]


def commands(paths: dict[str, Path], root: Path, before: str) -> Iterator[tuple[str, Command]]:
    """Yield all that is timed, by name."""
    for name in ("tree", "large tree", "medium"):
        path = paths[name]
        count = count_in(path)
        for jobs in (1, 2, 0):
            choice = f"-j{jobs}" if jobs else "default"
            yield f"{name}, {choice}", Command(ours(jobs, "-r", FREQUENT, path), count)
        if before:
            line = ours(1, "-r", FREQUENT, path, before=before)
            yield f"{name}, -j1, before", Command(line, count)
        if shutil.which("rg"):
            yield f"{name}, rg -c", Command(["rg", "-c", FREQUENT, str(path)])
            line = ["rg", "-c", "-o", "-P", AROUND, str(path)]
            yield f"{name}, rg -c -o -P", Command(line)
    (large,) = files_of(paths["large"])
    halves = [str(path) for path in files_of(paths["half"])]
    for word in (FREQUENT, RARE):
        for jobs in (1, 0):
            choice = f"-j{jobs}" if jobs else "default"
            yield f"large, {word}, {choice}", Command(ours(jobs, word, large))
        if shutil.which("rg"):
            yield f"large, {word}, rg -c -o", Command(["rg", "-c", "-o", word, str(large)])
    both = " & ".join(shlex.join(["wc", "-l", half]) for half in halves)
    yield "large, wc -l", Command(["wc", "-l", str(large)])
    yield "large, two wc -l at once, one on each half", Command(["sh", "-c", f"{both}; wait"])
    yield "large, wc -l of one half", Command(["wc", "-l", halves[0]])
    words = [argument for word in THREE for argument in ("-e", word)]
    yield "large, three words, -j1", Command(ours(1, *words, large))
    for language in LANGUAGES:
        for word in (texts.FREQUENT[language].split()[0], RARE):
            yield f"{language}, {word}", Command(ours(1, word, root / language))
    yield "python -c pass", Command([sys.executable, "-I", "-c", "pass"])
    yield "import textcount", Command([sys.executable, "-I", "-c", "import textcount"])
    yield "the command", Command(ours(1, "a", __file__))


def files_of(folder: Path) -> list[Path]:
    """Return the files of a folder, in order."""
    return sorted(path for path in folder.rglob("*") if path.is_file())


def count_in(folder: Path) -> int:
    """Return how often the frequent word is in the files of a folder."""
    word = FREQUENT.encode()
    return sum(path.read_bytes().split().count(word) for path in files_of(folder))


def timed(lines: dict[str, Command], rounds: int) -> dict[str, list[float]]:
    """Return the seconds of each command, in each round."""
    times: dict[str, list[float]] = {name: [] for name in lines}
    # A command that takes a moment is timed more often.
    order = [name for name in lines for _ in range(5 if name in STARTS else 1)]
    for _ in range(rounds):
        random.shuffle(order)
        for name in order:
            line, answer = lines[name]
            with tempfile.TemporaryFile() as out:  # a pipe would take its reader's time too
                start = time.perf_counter()
                subprocess.run(line, stdout=out, stderr=subprocess.STDOUT, check=False)
                times[name].append(time.perf_counter() - start)
                out.seek(0)
                printed = out.read()
            if answer is not None and int((printed.split() or [b"0"])[-1]) != answer:
                sys.exit(f"{line} printed {printed!r}, not {answer}")
    return times


def goals(times: Times, part_sizes: dict[str, int], worst: float) -> Iterator[Goal]:
    """Yield number, goal, what was measured, and whether that meets it."""

    def ratio(one: str, other: str) -> float:
        return times[one] / times[other] if other in times else float("nan")

    def at_most(number: str, goal: str, limit: float, *measured: float) -> Goal:
        shown = ", ".join(f"{value:.2f}" for value in measured)
        return number, f"{goal}: at most {limit}", shown, all(each <= limit for each in measured)

    before = "-j1, before"
    yield at_most(
        "1",
        "10,000 files, against 1.4.0 with `-j 1`",
        0.8,
        ratio("tree, default", f"tree, {before}"),
    )
    yield at_most(
        "", "10,000 files, against `rg -c -o -P`", 1, ratio("tree, default", "tree, rg -c -o -P")
    )
    yield at_most(
        "",
        "60,000 files, against 1.4.0 with `-j 1`",
        0.75,
        ratio("large tree, default", f"large tree, {before}"),
    )
    yield at_most(
        "2",
        "5,000 files of 100 KB, two threads against one",
        0.9,
        ratio("medium, -j2", "medium, -j1"),
    )
    yield at_most("", "and against `rg -c`", 1.1, ratio("medium, -j2", "medium, rg -c"))
    yield at_most("3", "the default against `-j 1`, the worst of the table below", 1.05, worst)
    large = [ratio(f"large, {word}, default", "large, wc -l") for word in (FREQUENT, RARE)]
    yield at_most("4", "one file of 2.4 GB, against `wc -l`", 0.85, *large)
    at_once = ratio("large, two wc -l at once, one on each half", "large, wc -l of one half")
    yield "", "(two `wc -l` at once, against one of them)", f"{at_once:.2f}", None
    # Per byte, the slower word of each language.
    ascii_time, *others = (
        max(time for name, time in times.items() if name.startswith(f"{language}, ")) / size
        for language, size in part_sizes.items()
    )
    slower = [other / ascii_time for other in others]
    yield at_most("-", "Spanish and Korean, per byte, against ASCII", 1.5, *slower)
    three = ratio("large, three words, -j1", f"large, {FREQUENT}, -j1")
    yield at_most("-", "three words against one", 2, three)
    importing = (times["import textcount"] - times["python -c pass"]) * 1e3
    yield "-", "`import textcount`: at most 5 ms", f"{importing:.1f} ms", importing <= 5
    yield at_most(
        "-", "the command, against `python -c pass`", 2.5, ratio("the command", STARTS[0])
    )


def compare(
    root: Path, text: bytes, grid: list[tuple[int, int]], rounds: int, *, quick: bool
) -> Iterator[list[float]]:
    """Yield files, bytes of each, ms with one worker, ms with more, and the ratio of the times.

    More are the default for GRID, and two threads for FORCED. The ratio is the median of the
    ratios of runs that follow one another, so that a machine that slows down for a while does
    not decide it.
    """
    is_forced = grid is FORCED
    for files, size in islice(grid, 8) if quick else grid:
        sizes = [min(size, MEGABYTE)] * min(files, 100) if quick else [size] * files
        path = write(root, Folder(f"{files} of {size}", sizes), text)
        ratios, ones, defaults = [], [], []
        for turn in islice(cycle((1, -1)), 4 * rounds):
            seconds = {}
            for jobs in (1, 0)[::turn]:
                start = time.perf_counter()
                line = ours(jobs or 2 * is_forced, "-r", FREQUENT, path)
                if is_forced:
                    line[:1] = [sys.executable, "-I", "-c", FORCE]
                subprocess.run(line, stdout=subprocess.DEVNULL, check=True)
                seconds[jobs] = time.perf_counter() - start
            ones.append(seconds[1] * 1e3)
            defaults.append(seconds[0] * 1e3)
            ratios.append(seconds[0] / seconds[1])
        shutil.rmtree(path)
        yield [files, size, *map(statistics.median, (ones, defaults, ratios))]


def main() -> None:
    """Make the files, time the commands, and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="see that it works, on few files")
    parser.add_argument("--before", default="", help="the textcount command of 1.4.0")
    parser.add_argument("--json", type=Path, help="where to write all that was measured")
    parser.add_argument("--folder", type=Path, help="where to put the files (13 GB)")
    options = parser.parse_args()
    rounds = 1 if options.quick else 7
    text = texts.prose("english", 64 * MEGABYTE).encode()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        root = Path(name)
        paths = {folder.name: write(root, folder, text) for folder in folders(quick=options.quick)}
        part = (1 if options.quick else 256) * MEGABYTE
        for language in LANGUAGES:
            piece = texts.prose(language, 16 * MEGABYTE).encode()
            (root / language).write_bytes(piece * (part // len(piece) + 1))
        runs = timed(dict(commands(paths, root, options.before)), rounds)
        part_sizes = {each: (root / each).stat().st_size for each in LANGUAGES}
        for path in paths.values():
            shutil.rmtree(path)
        grid, forced = (
            list(compare(root, text, each, rounds, quick=options.quick)) for each in (GRID, FORCED)
        )
    medians = {name: statistics.median(times) for name, times in runs.items()}
    python = f"{platform.python_implementation()} {platform.python_version()}"
    print(f"textcount {textcount.__version__}, {textcount.BACKEND}; {python}, {rounds} rounds\n")
    print("| # | goal | medians | met |\n|---|---|---:|---:|")
    for number, goal, measured, is_met in goals(medians, part_sizes, max(row[-1] for row in grid)):
        met = "-" if options.quick or is_met is None else "yes" if is_met else "**no**"
        print(f"| {number} | {goal} | {measured} | {met} |")
    print("\n| command | median, ms | fastest |\n|---|---:|---:|")
    for each, seconds in medians.items():
        print(f"| {each} | {seconds * 1e3:.0f} | {min(runs[each]) * 1e3:.0f} |")
    for more, rows in (("default", grid), ("two threads, forced", forced)):
        print(f"\n| files | bytes of each | `-j 1`, ms | {more}, ms | ratio |")
        print("|---:|---:|---:|---:|---:|")
        for files, size, one, other, ratio in rows:
            print(f"| {files:,} | {size:,} | {one:.0f} | {other:.0f} | {ratio:.2f} |")
    if options.json:
        options.json.write_text(
            json.dumps({"runs": runs, "grid": grid, "forced": forced}, indent=1), "utf-8"
        )


if __name__ == "__main__":
    main()
