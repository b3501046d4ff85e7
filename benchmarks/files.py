"""How fast files are counted, by the command and by others: docs/performance.md.

    tox run -e benchmark-files -- [--json FILE] [--quick] [--folder FOLDER]

The commands run one after the other on the same generated files, which the system
keeps in memory, in an order shuffled in every round; what they print is checked. What
is compared are medians over the rounds, start-up included. Prints Markdown.
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
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import texts
from texts import MEGABYTE

import textcount

if TYPE_CHECKING:
    from collections.abc import Iterator

STARTS = ("python -c pass", "import textcount", "the command")
LANGUAGES = ("english", "spanish", "korean")
HALVES = ("english-0", "english-1")
FREQUENT, RARE, THREE = "the", "housewives", ("the", "of", "housewives")

BARE = """\
import os, sys
for folder, _, names in os.walk(sys.argv[1]):
    for name in names:
        with open(os.path.join(folder, name), "rb") as file:
            file.read()
"""
"""What any Python program must do that reads all files of a folder."""


class Sizes(NamedTuple):
    """How large the files are, in bytes, and how many there are."""

    large: int
    script: int
    many: int
    tiny: int


class Command(NamedTuple):
    """A command line, and the number that it must print in the end."""

    line: list[str]
    answer: int | None


def write(folder: Path, sizes: Sizes) -> None:
    """Make the files."""
    english = texts.prose("english", 64 * MEGABYTE)
    for name, size in (("english", sizes.large), *((half, sizes.large // 2) for half in HALVES)):
        with (folder / name).open("w", encoding="utf-8") as file:
            for start in range(0, size, len(english)):
                file.write(english[: size - start])
    for language in LANGUAGES:
        piece = texts.prose(language, 16 * MEGABYTE).encode()
        with (folder / f"{language}-part").open("wb") as out:
            while out.tell() < sizes.script:
                out.write(piece)
    for name, count, size in (("many", sizes.many, 100_000), ("tiny", sizes.tiny, 1000)):
        for index in range(count):
            part = folder / name / str(index % 2) / str(index // 1000)
            part.mkdir(parents=True, exist_ok=True)
            start = index * 99_991 % (len(english) - size)
            (part / str(index)).write_text(english[start : start + size], "utf-8")


def commands(folder: Path) -> Iterator[tuple[str, Command]]:
    """All that is timed, by name."""
    script = Path(sysconfig.get_path("scripts"), "textcount")
    large, many, tiny = (str(folder / name) for name in ("english", "many", "tiny"))
    count = {word: _count(folder / "english", word) for word in (FREQUENT, RARE)}

    def ours(jobs: int, *arguments: str) -> list[str]:
        return [str(script), f"-j{jobs}", "--total", *arguments]

    def both(one: list[str], other: list[str]) -> Command:
        return Command(["sh", "-c", f"{shlex.join(one)} & {shlex.join(other)}; wait"], None)

    yield "wc -l", Command(["wc", "-l", large], None)
    yield "wc -l, half and half at once", both(*(["wc", "-l", str(folder / n)] for n in HALVES))
    for word in (FREQUENT, RARE):
        yield f"{word}, -j1", Command(ours(1, word, large), count[word])
        yield f"{word}, -j2", Command(ours(2, word, large), count[word])
        if shutil.which("rg"):
            around = rf"(?<!\S){word}(?!\S)"
            yield f"{word}, rg -P", Command(["rg", "-c", "-o", "-P", around, large], count[word])
            # Misses a word whose blank another match has taken, so it is not checked.
            between = rf"(?:^|\s){word}(?:\s|$)"
            yield f"{word}, rg", Command(["rg", "-c", "-o", between, large], None)
    words = [argument for word in THREE for argument in ("-e", word)]
    yield "three words, -j1", Command(ours(1, *words, large), None)
    for language in LANGUAGES:
        for word in (texts.FREQUENT[language].split()[0], RARE):
            path = folder / f"{language}-part"
            yield f"{language}, {word}", Command(ours(1, word, str(path)), _count(path, word))
    for jobs in (1, 2):
        yield f"four large, -j{jobs}", Command(ours(jobs, FREQUENT, *[large] * 4), None)
        yield f"six times many, -j{jobs}", Command(ours(jobs, "-r", FREQUENT, *[many] * 6), None)
        yield f"many, -j{jobs}", Command(ours(jobs, "-r", FREQUENT, many), None)
        yield f"tiny, --total, -j{jobs}", Command(ours(jobs, "-r", FREQUENT, tiny), None)
        lines = [str(script), f"-j{jobs}", "-r", FREQUENT, tiny]
        yield f"tiny, -j{jobs}", Command(lines, None)
    yield (
        "many, half and half at once",
        both(*(ours(1, "-r", FREQUENT, f"{many}/{n}") for n in "01")),
    )
    yield "tiny, bare loop", Command([sys.executable, "-c", BARE, tiny], None)
    yield "tiny, grep -c", Command(["grep", "-rc", FREQUENT, tiny], None)
    yield "python -c pass", Command([sys.executable, "-I", "-c", "pass"], None)
    yield "import textcount", Command([sys.executable, "-I", "-c", "import textcount"], None)
    yield "the command", Command([str(script), "a", __file__], None)


def _count(path: Path, word: str) -> int:
    with path.open(encoding="utf-8") as file:
        return sum(line.split().count(word) for line in file if word in line)


def timed(lines: dict[str, Command], rounds: int) -> dict[str, list[float]]:
    """The seconds of each command, in each round."""
    times: dict[str, list[float]] = {name: [] for name in lines}
    # What takes a moment is timed more often.
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


def goals(
    times: dict[str, float], part_sizes: dict[str, int]
) -> Iterator[tuple[str, str, str, bool | None]]:
    """Number, goal, what was measured, and whether that meets it."""
    wc = times["wc -l"]
    one = max(times[f"{word}, -j1"] for word in (FREQUENT, RARE)) / wc
    two = max(times[f"{word}, -j2"] for word in (FREQUENT, RARE)) / wc
    yield "1", "a large file, -j1: at most 1.25 times wc -l", f"{one:.2f}", one <= 1.25
    yield "", "with two workers: faster than wc -l", f"{two:.2f} times its time", two < 1
    if f"{RARE}, rg" in times:
        with_p = {
            word: times[f"{word}, rg -P"] / times[f"{word}, -j1"] for word in (FREQUENT, RARE)
        }
        plain = {word: times[f"{word}, rg"] / times[f"{word}, -j1"] for word in (FREQUENT, RARE)}
        best = {word: min(with_p[word], plain[word]) for word in with_p}
        yield (
            "2",
            "at least 5 times as fast as ripgrep on a frequent word, no slower on a rare one",
            f"{with_p[FREQUENT]:.1f} with -P, {plain[FREQUENT]:.1f} without; "
            f"{with_p[RARE]:.1f}, {plain[RARE]:.1f}",
            best[FREQUENT] >= 5 and best[RARE] >= 1,
        )
    # Per byte, the slowest against the slowest.
    ascii_time, *others = (
        max(time for name, time in times.items() if name.startswith(f"{language}, ")) / size
        for language, size in part_sizes.items()
    )
    slower = [other / ascii_time for other in others]
    yield (
        "3",
        "Spanish and Korean: within 1.5 times the time of ASCII, per byte",
        f"{slower[0]:.2f}, {slower[1]:.2f}",
        max(slower) <= 1.5,
    )
    for number, aim, large, many in (
        (
            "4",
            "two cores: at least 1.7 times as fast as one, on one large file and on many",
            times[f"{FREQUENT}, -j1"] / times[f"{FREQUENT}, -j2"],
            times["many, -j1"] / times["many, -j2"],
        ),
        (
            "",
            "(four large files, six times as many)",
            times["four large, -j1"] / times["four large, -j2"],
            times["six times many, -j1"] / times["six times many, -j2"],
        ),
        (
            "",
            "(two commands, with half of it each: wc -l, textcount)",
            times["wc -l"] / times["wc -l, half and half at once"],
            times["many, -j1"] / times["many, half and half at once"],
        ),
    ):
        is_met = min(large, many) >= 1.7 if number else None
        yield number, aim, f"{large:.2f}, {many:.2f}", is_met
    tiny = times["tiny, -j1"] / times["tiny, bare loop"]
    total = times["tiny, --total, -j1"] / times["tiny, bare loop"]
    grep = times["tiny, grep -c"] / times["tiny, bare loop"]
    yield (
        "5",
        "tiny files, -j1: at most 1.5 times a bare Python loop that opens and reads them",
        f"{tiny:.2f} (--total: {total:.2f}); grep -c {grep:.2f}",
        tiny <= 1.5,
    )
    three = times["three words, -j1"] / times[f"{FREQUENT}, -j1"]
    yield "6", "three words: less than 2 times one", f"{three:.2f}", three < 2
    bare = times["python -c pass"]
    importing = (times["import textcount"] - bare) * 1e3
    starting = times["the command"] / bare
    yield "", "import textcount: under 5 ms", f"{importing:.1f} ms", importing < 5
    yield "", "the command: under 2.5 times python -c pass", f"{starting:.2f}", starting < 2.5


def main() -> None:
    """Make the files, time the commands, and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="see that it works, on few files")
    parser.add_argument("--json", type=Path, help="where to write all that was measured")
    parser.add_argument("--folder", type=Path, help="where to put the files (3 GB)")
    options = parser.parse_args()
    sizes, rounds = Sizes(1 << 30, 1 << 28, 10_000, 100_000), 5
    if options.quick:
        sizes, rounds = Sizes(MEGABYTE, MEGABYTE, 10, 100), 2
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        write(Path(name), sizes)
        runs = timed(dict(commands(Path(name))), rounds)
        part_sizes = {each: Path(name, f"{each}-part").stat().st_size for each in LANGUAGES}
    medians = {name: statistics.median(times) for name, times in runs.items()}
    fastest = {name: min(times) for name, times in runs.items()}
    python = f"{platform.python_implementation()} {platform.python_version()}"
    print(f"textcount {textcount.__version__}, {textcount.BACKEND}; {python}, {rounds} rounds\n")
    print("| command | median, ms | fastest |\n|---|---:|---:|")
    for each, seconds in medians.items():
        print(f"| {each} | {seconds * 1e3:.0f} | {fastest[each] * 1e3:.0f} |")
    print("\n| # | goal | medians | met | fastest runs |\n|---|---|---:|---:|---:|")
    for goal, best in zip(goals(medians, part_sizes), goals(fastest, part_sizes), strict=True):
        number, aim, measured, is_met = goal
        met = "-" if options.quick or is_met is None else "yes" if is_met else "**no**"
        print(f"| {number} | {aim} | {measured} | {met} | {best[2]} |")
    if options.json:
        options.json.write_text(json.dumps(runs, indent=1), "utf-8")


if __name__ == "__main__":
    main()
