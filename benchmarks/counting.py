"""How fast words are counted, by textcount and by everything else: docs/performance.md.

    tox run -e benchmark -- [--json FILE] [--chart FILE] [--corpora FOLDER] [--quick]

All candidates run in this process, in an order shuffled in every round, on the same
texts; every answer is checked as it is timed. What is compared are medians over the
rounds, so what matters are ratios: machines differ, and are noisy. Prints Markdown.
"""

from __future__ import annotations

import argparse
import json
import platform
import random
import re
import statistics
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING, Any

import built
import chart
import stringzilla
import texts
from measuring import Goal, Job, Timing, bytes_of, counting, fastest, met, table, timed
from texts import MEGABYTE, Case

import textcount
from textcount import _native, _pure
from textcount._arguments import wrong_call

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    Count = Callable[[str, str], int]

# The original loop is kept with the tests.
sys.path.append(str(Path(__file__).parents[1] / "tests"))
from reference import loop, oracle

LOOP, PURE, NATIVE = "original loop", "textcount, pure", "textcount, native"
PORT, MEMMEM = "PyO3, the loop", "PyO3, memmem"
READING, SMALL, TINY = "reading", "native, 1 MB", "native, 16 KB"


def version_1_0(contents: str | bytes, needle: str) -> int:
    """The original loop behind the checks that each backend makes still."""
    if not issubclass(type(contents), (str, bytes)) or not issubclass(type(needle), str):
        raise wrong_call(contents, needle)
    if isinstance(contents, bytes):
        contents = bytes.decode(contents, "utf-8")
    contents = str.__str__(contents)
    needle = str.__str__(needle)
    return loop(contents, needle)


def best_re(contents: str, needle: str) -> int:
    """The needle as a literal that the engine searches for, its boundaries after it."""
    word = re.escape(needle)
    return len(re.findall(rf"{word}(?<!\S{word})(?!\S)()", contents))


rivals = built.rivals()

WORDS: Mapping[str, Count] = {
    LOOP: loop,
    "split().count": lambda contents, needle: contents.split().count(needle),
    "re": best_re,
    PURE: _pure.count_occurrences,
    PORT: rivals.by_whitespace,
    MEMMEM: rivals.memmem,
    NATIVE: _native.count_occurrences,
}
"""What counts words."""

SUBSTRINGS: Mapping[str, Count] = {"str.count": str.count, "StringZilla": stringzilla.count}
"""What counts substrings: another question, for reference."""


def reading(text: str) -> Job:
    """The job of searching as many bytes as a text has for one that is not there."""
    if bytes_of(text) == len(text):
        return Job(lambda: text.find("\0"), -1)
    contents = b"x" * bytes_of(text)
    return Job(lambda: contents.find(b"\0"), -1)


# What is measured


def large(cases: list[Case], rounds: int) -> dict[tuple[Case, str], Timing]:
    """Every candidate on every case, and textcount on less of it as often as needed."""
    jobs: dict[tuple[Case, str], Job] = {}
    limits: dict[str, Job] = {}  # one for each text
    for case in cases:
        answer = oracle(case.text, case.needle)
        for name, count in WORDS.items():
            jobs[case, name] = counting(count, case.text, case.needle, answer)
        for name, count in SUBSTRINGS.items():
            found = case.text.count(case.needle)
            jobs[case, name] = counting(count, case.text, case.needle, found)
        if case.name not in limits:
            limits[case.name] = reading(case.text)
        jobs[case, READING] = limits[case.name]
        for name, size in ((SMALL, MEGABYTE), (TINY, MEGABYTE // 64)):
            piece = case.text[: len(case.text) * size // bytes_of(case.text)]
            times = len(case.text) // len(piece)
            found = oracle(piece, case.needle)
            jobs[case, name] = counting(WORDS[NATIVE], piece, case.needle, found, times)
    return timed(jobs, rounds)


def short(rounds: int) -> dict[tuple[str, int, str], Timing]:
    """One call on short texts: random slices of prose, and a dense text."""
    source = random.Random(0)
    prose = texts.prose("english", MEGABYTE)
    jobs: dict[tuple[str, int, str], Job] = {}
    lengths = [*range(0, 20, 4), 20, 50, 63, 64, 65, 127, 128, 129, 200, 500, 2000]
    for length in lengths:
        slices = {
            "prose": [prose[start:][:length] for start in source.choices(range(10**6), k=300)],
            "dense": [("a " * length)[:length]] * 300,
        }
        for text, needle in [("prose", "the"), ("prose", "zyzzyva"), ("dense", "a")]:
            given = slices[text]
            answer = sum(oracle(each, needle) for each in given)
            for name in (LOOP, PURE, NATIVE):
                job = partial(call_all, WORDS[name], given, needle)
                jobs[f"{text}, {needle}", length, name] = Job(job, answer)
    return timed(jobs, rounds)


def call_all(count: Count, given: list[str], needle: str) -> int:
    """Count in each of many texts."""
    return sum(map(count, given, repeat(needle)))


def pure(rounds: int) -> dict[tuple[Case, str], Timing]:
    """The pure backend against the original loop: on prose, and where it is hard."""
    jobs: dict[tuple[Case, str], Job] = {}
    for case in texts.for_pure():
        answer = oracle(case.text, case.needle)
        times = MEGABYTE // (len(case.text) + 100) + 1
        for name, count in ((LOOP, version_1_0), (PURE, WORDS[PURE])):
            jobs[case, name] = counting(count, case.text, case.needle, answer, times)
    return timed(jobs, rounds)


def threads(size: int, rounds: int) -> dict[str, Timing]:
    """Two texts one after the other, and at the same time in two threads."""
    pair = [texts.prose("english", size), texts.prose("spanish", size)]
    answer = sum(oracle(each, "de") for each in pair)
    count = WORDS[NATIVE]
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(abs, range(2)))
        jobs = {
            "one thread": Job(lambda: call_all(count, pair, "de"), answer),
            "two threads": Job(lambda: sum(pool.map(count, pair, repeat("de"))), answer),
        }
        return timed(jobs, rounds)


def others_run(size: int, rounds: int) -> float:
    """How fast another thread runs Python meanwhile, as a share of its speed alone."""
    text = texts.prose("english", size)
    stop = threading.Event()
    steps = 0

    def step() -> None:
        nonlocal steps
        while not stop.is_set():
            steps += 1

    def speed(function: Callable[[], object]) -> float:
        before, start = steps, time.perf_counter()
        function()
        return (steps - before) / (time.perf_counter() - start)

    thread = threading.Thread(target=step)
    thread.start()
    try:
        shares = []
        for _ in range(rounds):
            alone = speed(lambda: time.sleep(0.05))
            shares.append(speed(lambda: [WORDS[NATIVE](text, "the") for _ in range(4)]) / alone)
    finally:
        stop.set()
        thread.join()
    return statistics.median(shares)


FIRST_CALL = """
import resource, sys, time
from textcount import count_occurrences
text = ("comisión — " * ({size} // 22))
def call():
    start = time.perf_counter()
    count_occurrences(text, "comisión")
    return time.perf_counter() - start
size, peak = sys.getsizeof(text), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
first, second = call(), call()
grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak
print(first / second, sys.getsizeof(text) - size, grown)
"""


def first_call(size: int, rounds: int) -> tuple[float, int, int]:
    """What the first call on a fresh text costs that is not ASCII.

    Returns:
        Its time over that of the second call; by how many bytes it has made the text
        larger; by how many kilobytes the peak of the memory.
    """
    rows = []
    for _ in range(rounds):
        # Isolated: the checkout is no place to import textcount from.
        command = [sys.executable, "-I", "-c", FIRST_CALL.format(size=size)]
        output = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout
        ratio, larger, grown = output.split()
        rows.append((float(ratio), int(larger), int(grown)))
    ratios, sizes, peaks = zip(*rows, strict=True)
    return statistics.median(ratios), max(sizes), max(peaks)


# What is printed


def goals(size: int, rounds: int, big: Any, brief: Any, hard: Any) -> Iterator[Goal]:
    """The goals of docs/performance.md."""

    def ratios(over: str, under: str, *kinds: str, narrow: bool | None = None) -> list[float]:
        """How many times the time of one candidate another takes, case by case."""
        return [
            big[case, over].median / big[case, under].median
            for case, name in big
            if name == over
            and case.kind in (kinds or case.kind)
            and (narrow is None or (bytes_of(case.text) == len(case.text)) == narrow)
        ]

    often = min(ratios(MEMMEM, NATIVE, "frequent", narrow=True))
    dense = min(ratios(MEMMEM, NATIVE, "dense"))
    rare = min(ratios(MEMMEM, NATIVE, "rare", narrow=True))
    yield Goal(
        8,
        "1 byte a character, against memmem from Rust: at least 5 times its speed on frequent "
        "words, 80 times on dense text, 0.95 on rare words",
        f"at least {often:.1f}; {dense:.0f}; {rare:.2f}",
        often >= 5 and dense >= 80 and rare >= 0.95,
    )
    prose = ("frequent", "seldom", "letter", "rare", "long")
    faster = min(ratios(LOOP, NATIVE, *prose, narrow=True))
    yield Goal(
        None,
        "1 byte a character, prose: at least 90 times as fast as the original loop",
        f"at least {faster:.0f}",
        faster >= 90,
    )
    first, larger, grown = first_call(size, rounds)
    yield Goal(
        None,
        "the first call on a text that is not ASCII as fast as the second; no memory",
        f"{first:.2f} times its time; {larger} bytes; peak {grown} KB higher",
        first <= 1.1 and larger == 0 and grown <= 1024,
    )

    def shorter(length: int) -> float:
        """How many times as fast as the loop; the least of the needles."""
        least: float = min(
            brief[text, length, LOOP].median / brief[text, length, NATIVE].median
            for text in ("prose, the", "prose, zyzzyva")
        )
        return least

    calls = [shorter(length) for length in (20, 200, 2000)]
    never = min(
        brief[text, length, PURE].median / brief[text, length, NATIVE].median
        for text, length, name in brief
        if name == NATIVE
    )
    yield Goal(
        7,
        "20, 200, 2,000 characters: at least 8, 40, 180 times as fast as the original loop; "
        "never slower than the pure backend",
        f"{calls[0]:.1f}, {calls[1]:.0f}, {calls[2]:.0f}; at least {never:.1f} times as fast",
        calls[0] >= 8 and calls[1] >= 40 and calls[2] >= 180 and never >= 1,
    )
    pair = threads(size, rounds)
    two = pair["one thread"].median / pair["two threads"].median
    share = others_run(size, rounds)
    yield Goal(
        None,
        "two threads: at least 1.7 times as fast as one; other threads run meanwhile",
        f"{two:.2f}; another thread at {share:.0%} of its speed",
        two >= 1.7 and share >= 0.5,
    )

    def slower(kind: str) -> tuple[float, str]:
        """The least ratio, and the case that has it."""
        return min(
            (hard[case, LOOP].median / hard[case, PURE].median, f"{case.name}, `{case.needle:.9}`")
            for case, name in hard
            if name == PURE and case.kind == kind
        )

    often, often_at = slower("frequent")
    rare, rare_at = slower("rare")
    least, least_at = slower("hard")
    yield Goal(
        None,
        "the pure backend: 5 times as fast as the original loop on frequent words, 10 on "
        "rare ones; never under 0.9 on hard cases",
        f"at least {often:.1f} ({often_at}); {rare:.1f} ({rare_at}); {least:.2f} ({least_at})",
        often >= 5 and rare >= 10 and least >= 0.9,
    )
    least, text, length = min(
        (brief[text, length, LOOP].median / brief[text, length, PURE].median, text, length)
        for text, length, name in brief
        if name == PURE
    )
    yield Goal(
        None,
        "the pure backend, up to 2,000 characters: at least 0.75 times the original loop's speed",
        f"at least {least:.2f} ({text}, {length} characters)",
        least >= 0.75,
    )


def main() -> None:
    """Measure all, print the tables, and write what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="see that it works, on small texts")
    parser.add_argument("--corpora", type=Path, help="a folder of real texts, counted in as well")
    parser.add_argument("--json", type=Path, help="where to write all that was measured")
    parser.add_argument("--chart", type=Path, help="where to draw the chart (SVG)")
    options = parser.parse_args()
    size, rounds = (2 * MEGABYTE, 2) if options.quick else (64 * MEGABYTE, 5)

    cases = texts.cases(size)
    if options.corpora:
        cases += texts.corpora(options.corpora, size)
    machine = (
        f"textcount {textcount.__version__}, kernel {_native._kernels[-1]}; "
        f"{platform.python_implementation()} {platform.python_version()}, {platform.machine()}"
    )
    print(f"{machine}; texts of {size >> 20} MB, medians of {rounds} rounds")
    if options.quick:
        print("Quick: texts and rounds are too few for the goals.")
    big = large(cases, rounds)
    names = [*WORDS, SMALL, *SUBSTRINGS, READING]
    table(
        (
            [
                case.name,
                f"`{case.needle}`",
                *(
                    f"{bytes_of(case.text) / big[case, name].median / 1e9:.2f} "
                    f"±{big[case, name].spread / 2:.0%}"
                    for name in names
                ),
            ]
            for case in cases
        ),
        ["GB/s", "needle", *(f"*{name}*" if name in SUBSTRINGS else name for name in names)],
    )
    brief, hard = short(3 * rounds), pure(3 * rounds)
    reached = list(goals(size, rounds, big, brief, hard))
    undisturbed = goals(size, rounds, fastest(big), fastest(brief), fastest(hard))
    table(
        (
            [
                str(each.number or "-"),
                each.goal,
                each.measured,
                met(each, is_quick=options.quick),
                best.measured,
            ]
            for each, best in zip(reached, undisturbed, strict=True)
        ),
        ["#", "goal", "medians", "met", "fastest runs"],
    )
    found = {
        "measured": machine,
        "rounds": rounds,
        "large": [
            {
                "text": case.name,
                "needle": case.needle,
                "bytes": bytes_of(case.text),
                "candidate": name,
                "seconds": timing.runs,
            }
            for (case, name), timing in big.items()
        ],
        "short": [
            {"text": text, "characters": length, "candidate": name, "seconds": timing.runs}
            for (text, length, name), timing in brief.items()
        ],
        "pure": [
            {
                "text": case.name,
                "needle": case.needle,
                "candidate": name,
                "seconds": timing.runs,
            }
            for (case, name), timing in hard.items()
        ],
        "goals": [each._asdict() for each in reached],
    }
    if options.json:
        options.json.write_text(json.dumps(found, indent=1, ensure_ascii=False), "utf-8")
    if options.chart:
        chart.draw(options.chart, found)


if __name__ == "__main__":
    main()
