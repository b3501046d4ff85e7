"""Measure the speed of each kernel against reading, and against an earlier version.

    tox run -e benchmark-kernels -- [--before LIBRARY] [--json FILE] [--quick]

``--before`` names the extension module of another version, a file ``_native.*.so``. Its AVX2
kernel is measured, if it has one. All jobs run in this process on the same texts, in an order that
every round shuffles, and every answer is checked. Speeds are medians over the rounds. The script
prints Markdown.
"""

from __future__ import annotations

import argparse
import json
import platform
import re
import sys
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import built
import texts
from measuring import Goal, Job, Timing, bytes_of, counting, met, table, timed
from texts import KILOBYTE, MEGABYTE

from textcount import _native

# The oracle is kept with the tests.
sys.path.append(str(Path(__file__).parents[1] / "tests"))
from reference import oracle

BEFORE = "before"
READING = "reading"
SIZES = (64 * MEGABYTE, MEGABYTE, 16 * KILOBYTE)
NAMES = {64 * MEGABYTE: "64 MB", MEGABYTE: "1 MB", 16 * KILOBYTE: "16 KB"}
CACHED = SIZES[1:]
LENGTHS = (20, 200, 2000)
SHORT_WORDS = ("the", "zyzzyva")
VALIDATING = " "
"""A needle that no word can equal, so that bytes in UTF-8 are only validated."""
LABELS = {"": READING, VALIDATING: "only validated"}
WIDTHS = ("ASCII", "Latin-1", "2 bytes", "4 bytes")

Key = tuple[str, int, str, str]
"""A text, its size in bytes, a word and who counts it."""
Timings = Mapping[Key, Timing]


class Ratio(NamedTuple):
    """A ratio of two times, and where it was measured."""

    value: float
    where: str


class Text(NamedTuple):
    """A text, and the words that are counted in it.

    Attributes:
        name: the name in the tables.
        text: the text, or bytes in UTF-8.
        words: the words.
    """

    name: str
    text: str | bytes
    words: Iterable[str]


def all_texts(size: int) -> Iterator[Text]:
    """Yield the texts, which have ``size`` bytes."""
    prose = texts.prose_with_long_words(size)
    for name, start, width in zip(WIDTHS, ("", "é ", "— ", "😀 "), (1, 1, 2, 4), strict=True):
        words = [*texts.TWELVE_WORDS, *texts.ABSENT]
        yield Text(name, (start + prose)[: size // width], words)
    yield Text("dense", texts.repeated("a ", size), ["a"])
    for language, words in texts.UTF8_WORDS.items():
        data = texts.prose(language, size).encode()[:size]
        data = data.decode(errors="ignore").encode()
        yield Text(f"{language}, UTF-8", data, [*words, VALIDATING])


def reading(text: str | bytes) -> Job:
    """Return the job of searching as many bytes as a text has for one that is not there."""
    data = b"x" * size_of(text)
    return Job(lambda: data.find(b"\0"), -1)


def size_of(text: str | bytes) -> int:
    """Return the number of bytes in which CPython keeps a text, or of bytes."""
    return len(text) if isinstance(text, bytes) else bytes_of(text)


def measure(size: int, kernels: Mapping[str, Callable[..., int]], rounds: int) -> dict[Key, Timing]:
    """Count all words in all texts of a size with all kernels."""
    jobs: dict[Key, Job] = {}
    for name, text, words in all_texts(size):
        read = partial(repeat, reading(text).function, times(size))
        jobs[name, size, "", READING] = Job(read, -times(size))
        decoded = text.decode() if isinstance(text, bytes) else text
        for word in words:
            answer = oracle(decoded, word)
            for kernel, count in kernels.items():
                jobs[name, size, word, kernel] = counting(count, text, word, answer, times(size))
    return timed(jobs, rounds)


def repeat(function: Callable[[], int], number: int) -> int:
    """Call a function so many times; return the sum of its results."""
    return sum(function() for _ in range(number))


def short(kernels: Mapping[str, Callable[..., int]], rounds: int) -> dict[Key, Timing]:
    """Count in short texts: 300 pieces of prose of each length."""
    jobs: dict[Key, Job] = {}
    prose = texts.prose("english", MEGABYTE)
    for length in LENGTHS:
        pieces = [prose[start : start + length] for start in range(0, 300 * 3000, 3000)]
        for word in SHORT_WORDS:
            answer = sum(oracle(piece, word) for piece in pieces)
            for kernel, count in kernels.items():
                job = partial(count_all, count, pieces, word)
                jobs["short", length, word, kernel] = Job(job, answer)
    return timed(jobs, rounds)


def count_all(count: Callable[..., int], pieces: list[str], word: str) -> int:
    """Count in each of many texts."""
    return sum(count(piece, word) for piece in pieces)


class Ratios:
    """Ratios of what was measured.

    Args:
        timings: what was measured.
        kernel: the kernel in question.
    """

    def __init__(self, timings: Timings, kernel: str) -> None:
        self._timings = timings
        self._kernel = kernel

    def seconds(self, text: str, size: int, word: str, kernel: str = "") -> float:
        """Return the median time of a kernel, or of the one in question."""
        return self._timings[text, size, word, kernel or self._kernel].median

    def over(self, other: str, text: str, size: int, word: str) -> Ratio:
        """Return the kernel's time over the time of another kernel or of reading."""
        read = "" if other == READING else word
        ratio = self.seconds(text, size, word) / self.seconds(text, size, read, other)
        return Ratio(ratio, f"`{word:.9}`, {NAMES.get(size, size)}")

    def worst(self, other: str, text: str, size: int, kinds: Container[str]) -> Ratio:
        """Return the largest of these ratios for words of some kinds."""
        words = [word for word, kind in texts.TWELVE_WORDS.items() if kind in kinds]
        return max(self.over(other, text, size, word) for word in words)

    def spread(self, text: str, size: int) -> Ratio:
        """Return the time of the slowest of the twelve words over that of the fastest."""
        times = [(self.seconds(text, size, word), word) for word in texts.TWELVE_WORDS]
        (least, fast), (most, slow) = min(times), max(times)
        return Ratio(most / least, f"`{slow:.9}` over `{fast:.9}`")

    def frequent_over_absent(self, text: str) -> Ratio:
        """Return the largest time, in the cache, of a frequent word over an absent one."""
        absent = {len(word): word for word in texts.ABSENT}
        return max(
            Ratio(
                self.seconds(text, size, word) / self.seconds(text, size, absent[len(word)]),
                f"`{word}`, {NAMES[size]}",
            )
            for size in CACHED
            for word, kind in texts.TWELVE_WORDS.items()
            if kind in ("short", "frequent")
        )


def goals(timings: Timings, kernel: str) -> Iterator[Goal]:
    """Yield the goals of docs/performance.md that one kernel is to meet."""
    ratios, large = Ratios(timings, kernel), SIZES[0]
    for text in WIDTHS:
        number, limit = 1 if text in WIDTHS[:2] else 2, 1.15
        if number == 2 and kernel != "avx512":
            limit = 1.35
        found = ratios.worst(READING, text, large, {*texts.KINDS} - {"frequent"})
        yield at_most(number, f"{text}, over reading: {limit}", limit, found)
        found = ratios.worst(READING, text, large, {"frequent"})
        yield at_most(number, f"{text}, frequent words of 5 letters and more: 1.5", 1.5, found)
    found = ratios.over(READING, "dense", large, "a")
    yield at_most(1, "`a a a ...`, over reading: 1.15", 1.15, found)
    for text in WIDTHS:
        found = ratios.spread(text, large)
        yield at_most(3, f"{text}, slowest over fastest word: 1.45", 1.45, found)
        found = ratios.frequent_over_absent(text)
        yield at_most(3, f"{text}, in the cache, frequent over absent word: 1.35", 1.35, found)
    if kernel == "avx512":
        for text, least in zip(WIDTHS, (1.2, 1.1, 1.7, 1.2), strict=True):
            found = ratios.over("avx2", text, MEGABYTE, "the")
            yield at_least(4, f"{text}, speed over AVX2's: {least}", least, found)
    if any(who == BEFORE for _, _, _, who in timings):
        yield from goals_before(ratios, kernel)


def goals_before(ratios: Ratios, kernel: str) -> Iterator[Goal]:
    """Yield the goals that compare a kernel with the version before."""
    if kernel == "avx2":
        for text in WIDTHS:
            found = max(ratios.worst(BEFORE, text, size, texts.KINDS) for size in SIZES)
            yield at_most(4, f"{text}, over the version before: 1", 1, found)
        for length in LENGTHS:
            found = max(ratios.over(BEFORE, "short", length, word) for word in SHORT_WORDS)
            yield at_most(7, f"{length} characters, over the version before: 1", 1, found)
    for language, words in texts.UTF8_WORDS.items():
        least = 1.0 if language == "english" else 1.3
        found = max(
            ratios.over(BEFORE, f"{language}, UTF-8", size, word)
            for size in SIZES[:2]
            for word in words
        )
        goal = f"{language} in UTF-8, speed over the version before: {least}"
        yield at_least(5, goal, least, found)


def at_most(number: int, goal: str, limit: float, found: Ratio) -> Goal:
    """Return a goal that a ratio of times must not exceed."""
    return Goal(number, goal, f"{found.value:.2f} ({found.where})", found.value <= limit)


def at_least(number: int, goal: str, limit: float, found: Ratio) -> Goal:
    """Return a goal that a ratio of speeds must reach; the ratio of times is given."""
    speed = 1 / found.value
    return Goal(number, goal, f"{speed:.2f} ({found.where})", speed >= limit)


def processor() -> str:
    """Return the name of the processor, on Linux."""
    found = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text("utf-8"))
    return found[1] if found else platform.processor()


def main() -> None:
    """Measure all, print the tables, and write the file that is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="only show that it works")
    parser.add_argument("--before", type=Path, help="the extension module of another version")
    parser.add_argument("--json", type=Path, help="where to write all that was measured")
    options = parser.parse_args()
    kernels = {name: partial(_native._count_on, name) for name in _native._kernels}
    if options.before:
        before = built.loaded("_native", options.before)
        # Before 1.7, a kernel was called a path.
        names = getattr(before, "_kernels", None) or before._paths
        best = "avx2" if "avx2" in names else names[-1]
        kernels[BEFORE] = partial(before._count_on, best)
    rounds = 1 if options.quick else 7
    print(f"kernels {', '.join(kernels)}; {processor()}; medians of {rounds} rounds")
    sizes = CACHED if options.quick else SIZES
    timings: dict[Key, Timing] = {}
    for size in sizes:
        timings |= measure(size, kernels, rounds)
    timings |= short(kernels, 3 * rounds)
    for size in sizes:
        for name in dict.fromkeys(text for text, each, _, _ in timings if each == size):
            rows = (
                [LABELS.get(word, f"`{word}`"), *speeds(timings, name, size, word, kernels)]
                for word in dict.fromkeys(key[2] for key in timings if key[:2] == (name, size))
            )
            table(rows, [f"{name}, {NAMES[size]}: GB/s", *kernels])
    if not options.quick:
        for kernel in _native._kernels[1:]:
            rows = (
                [str(goal.number or "-"), goal.goal, goal.measured, met(goal, is_quick=False)]
                for goal in goals(timings, kernel)
            )
            table(rows, ["#", f"goal for {kernel}", "measured", "met"])
    if options.json:
        runs = [[*key, timing.runs] for key, timing in timings.items()]
        options.json.write_text(json.dumps(runs, ensure_ascii=False), "utf-8")


def speeds(
    timings: Timings, name: str, size: int, word: str, kernels: Mapping[str, Any]
) -> Iterator[str]:
    """Yield the speed of each kernel in GB/s, or the speed of reading."""
    for kernel in kernels if word else [READING]:
        yield f"{times(size) * size / timings[name, size, word, kernel].median / 1e9:.1f}"


def times(size: int) -> int:
    """Return how often to count in a text of some bytes, to measure a millisecond or more."""
    return max(1, SIZES[0] // 4 // size)


if __name__ == "__main__":
    main()
