"""The function that textcount moved to Rust, in every other way, and what a call costs.

    tox run -e benchmark-alternatives -- [--json FILE] [--quick]

The figures of docs/refactoring.md. All candidates run in one go, in an order shuffled in
every round, on the same texts; every answer is checked as it is timed. PyPy, if there is
one, runs in a process of its own, which is warm before it is timed. Prints Markdown.
"""

from __future__ import annotations

import argparse
import dis
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import timeit
import zlib
from functools import partial
from inspect import getsource
from io import StringIO
from operator import is_
from pathlib import Path
from statistics import median
from typing import TYPE_CHECKING, Any, NamedTuple

import built
import texts
from built import RIVALS
from counting import rivals
from measuring import Job, Timing, counting, timed
from reference import loop, oracle
from texts import MEGABYTE

import textcount
from textcount import _native, _pure

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from counting import Count

ROOT = Path(__file__).parents[1]
SHORT = "to be or not to be, "
"""A text of 20 characters."""
NATIVE = _native.count_occurrences
CALLS = 1000
"""How many calls on it are timed together."""
TEXTS = ("kitten", "한국어한국어", "kitten" * 167, "한국어" * 334)
"""Words of 6 characters and texts of 1,002: ASCII, and two bytes a character."""

ON_PYPY = """
import json, sys, time
sys.path.append(sys.argv[1])
from textcount._pure import count_occurrences
exec(sys.argv[2])
for line in sys.stdin:
    function, path, needle, times = json.loads(line)
    with open(path, encoding="utf-8", newline="") as file:
        text = file.read()
    start = time.perf_counter()
    for _ in range(times):
        count = globals()[function](text, needle)
    print(json.dumps([time.perf_counter() - start, count]), flush=True)
"""
"""What runs on PyPy: asked for counts on standard input, says how long they took."""


class Candidate(NamedTuple):
    """A way to count words."""

    name: str
    function: Count | str
    """A function; or the name of one that PyPy has."""
    needs: str
    """What a build needs."""
    size: int
    """How many bytes its compiled library adds to a wheel."""
    lines: int
    """How many lines there are of it, without blank ones and comments."""


class Pypy:
    """An interpreter of PyPy that counts."""

    def __init__(self, path: str) -> None:
        self._process = subprocess.Popen(
            [path, "-c", ON_PYPY, str(Path(textcount.__file__).parents[1]), getsource(loop)],
            env={**os.environ, "TEXTCOUNT_BACKEND": "pure"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def count(self, function: str, path: Path, needle: str, times: int) -> tuple[float, int]:
        """The seconds that it took, and the count."""
        assert self._process.stdin
        assert self._process.stdout
        question = json.dumps([function, str(path), needle, times])
        print(question, file=self._process.stdin, flush=True)
        seconds, count = json.loads(self._process.stdout.readline())
        return seconds, count

    def close(self) -> None:
        """End it."""
        assert self._process.stdin
        self._process.stdin.close()
        self._process.wait()


def compressed(module: Any) -> int:
    """The bytes of a module's library in a wheel."""
    return len(zlib.compress(Path(module.__file__).read_bytes(), 9))


def lines_of(path: Path, function: str = "") -> int:
    """The lines of a source, or of one function in it, without blank ones and comments."""
    source = path.read_text("utf-8").partition("#[cfg(test)]")[0]
    if function:
        pattern = rf"^(def|fn) {function}\(.*?(?=\n\n\n|\n\n/|\Z)"
        found = re.search(pattern, source, re.MULTILINE | re.DOTALL)
        assert found
        source = found[0]
    source = re.sub(r'""".*?"""', "", source, flags=re.DOTALL)
    return sum(
        not line.strip().startswith(("//", "#")) for line in source.splitlines() if line.strip()
    )


def candidates(cython: Any, abi3: Any, *, has_pypy: bool) -> Iterator[Candidate]:
    """All that is compared."""
    reference, seam = ROOT / "tests" / "reference.py", RIVALS / "src" / "lib.rs"
    pure = Path(_pure.__file__)
    rust = list((ROOT / "rust" / "src").iterdir())
    kernel = sum(lines_of(path) for path in rust if path.name != "python.rs")
    whole = sum(map(lines_of, rust))
    c, cargo = "a C compiler for each platform", "Rust"
    yield Candidate("the loop of 1.0", loop, "nothing", 0, lines_of(reference, "loop"))
    yield Candidate("textcount, pure", _pure.count_occurrences, "nothing", 0, lines_of(pure))
    if has_pypy:
        yield Candidate("PyPy, the loop", "loop", "PyPy", 0, lines_of(reference, "loop"))
        yield Candidate("PyPy, textcount pure", "count_occurrences", "PyPy", 0, lines_of(pure))
    for name in ("the_loop", "by_characters"):
        lines = lines_of(RIVALS / "loop.pyx", name)
        label = f"Cython, {name.replace('_', ' ')}"
        yield Candidate(label, getattr(cython, name), f"Cython, {c}", compressed(cython), lines)
    size = compressed(rivals)
    for name, label in (("mechanical", "line by line"), ("by_whitespace", "the loop")):
        function = getattr(rivals, name)
        yield Candidate(f"PyO3, {label}", function, cargo, size, lines_of(seam, name))
    lines = kernel + lines_of(seam, "in_utf8")
    yield Candidate("the kernel under abi3", abi3.in_utf8, cargo, compressed(abi3), lines)
    portable = partial(_native._count_on, "portable")
    yield Candidate("textcount, portable", portable, cargo, compressed(_native), whole)
    yield Candidate("textcount, native", NATIVE, cargo, compressed(_native), whole)


def speeds(
    every: list[Candidate], pypy: Pypy | None, size: int, rounds: int, folder: Path
) -> dict[tuple[str, str], Timing]:
    """The time of each candidate on each text."""
    english, spanish = (texts.prose(language, size) for language in ("english", "spanish"))
    cases = {
        "English, `the`": (english, "the", 1),
        "English, `housewives`": (english, "housewives", 1),
        "Spanish, `de`": (spanish + "\u2014", "de", 1),
        "20 characters, `be`": (SHORT, "be", CALLS),
    }
    jobs: dict[tuple[str, str], Job] = {}
    far: dict[tuple[str, str], Timing] = {}
    for column, (text, needle, times) in cases.items():
        answer = oracle(text, needle)
        path = folder / f"{len(jobs)}.txt"
        path.write_text(text, "utf-8", newline="")
        for each in every:
            if not isinstance(each.function, str):
                jobs[each.name, column] = counting(each.function, text, needle, answer, times)
                continue
            assert pypy
            runs = []
            for _ in range(rounds + 2):  # its compiler learns in the first
                seconds, count = pypy.count(each.function, path, needle, times)
                if count != answer:
                    sys.exit(f"{each.name} answered {count}, not {answer}")
                runs.append(seconds)
            far[each.name, column] = Timing(runs[2:])
    return timed(jobs, rounds) | far


def first_calls(abi3: Any, size: int, rounds: int) -> Iterator[tuple[str, float, float, int]]:
    """The first and the second call on a text that is not ASCII, and what it keeps of them.

    Yields:
        What counts, the seconds of each call, and the bytes by which the text grows.
    """
    spanish = texts.prose("spanish", size)
    for name, count in (("the kernel under abi3", abi3.in_utf8), ("textcount, native", NATIVE)):
        runs = []
        for _ in range(rounds):
            text = spanish + "\u2014"  # nobody has asked for its UTF-8 yet
            before = sys.getsizeof(text)
            ask = partial(count, text, "de")
            first, second = (timeit.timeit(ask, number=1) for _ in range(2))
            runs.append((first, second, sys.getsizeof(text) - before))
        firsts, seconds, grown = zip(*runs, strict=True)
        yield name, median(firsts), median(seconds), max(grown)


def calls(rounds: int) -> list[tuple[str, float]]:
    """What a call costs that does nothing, in nanoseconds, and one that counts."""

    def nothing(_contents: str, _needle: str) -> int:
        return 0

    functions = {
        "a function in Python": nothing,
        "a function in C, `operator.is_`": is_,
        "PyO3, which takes two objects": rivals.take_objects,
        "PyO3, which takes two `&str`": rivals.take_texts,
        "PyO3, which takes two `&str` and detaches": rivals.detach,
        "`count_occurrences` on an empty text": NATIVE,
        "`count_occurrences` on 20 characters": NATIVE,
    }
    cases = {
        name: (function, SHORT if name.endswith("20 characters") else "", "be")
        for name, function in functions.items()
    }
    return [*costs(cases, rounds).items()]


def seams(rounds: int) -> Iterator[tuple[str, list[float]]]:
    """The nanoseconds of each way to reach Python's objects from Rust.

    Yields:
        A way, and what it takes with each of TEXTS.
    """
    functions = {
        "the characters by `encode`": rivals.encode,
        "the characters by `encode`, `intern!`": rivals.encode_interned,
        "the characters by `data()`": rivals.in_place,
        "a method by its name": rivals.method,
        "a method by its name, `intern!`": rivals.method_interned,
        "import a function, call it": rivals.import_each,
        "import a function, call it, `intern!`": rivals.import_interned,
        "import a function once (`PyOnceLock`), call it": rivals.import_once,
    }
    cases = {
        (name, text): (function, text) for name, function in functions.items() for text in TEXTS
    }
    found = costs(cases, rounds)
    for name in functions:
        yield name, [found[name, text] for text in TEXTS]


def costs(cases: Mapping[Any, tuple[Any, ...]], rounds: int) -> dict[Any, float]:
    """The nanoseconds of each call, beyond those of the loop that times it.

    A case is a function and its arguments, one or two.
    """
    loops = 5_000  # short runs, some of which nothing interrupts
    statements = {len(case): f"f({', '.join('ab'[: len(case) - 1])})" for case in cases.values()}
    best = dict.fromkeys([None, *cases], 1.0)
    for _ in range(160 * rounds):
        for name in best:
            case = cases.get(name, ())
            names = dict(zip("fab", case, strict=False))
            statement = statements.get(len(case), "pass")
            seconds = timeit.timeit(statement, globals=names, number=loops) / loops
            best[name] = min(best[name], seconds)
    return {name: (best[name] - best[None]) * 1e9 for name in cases}


def call_site() -> str:
    """What the interpreter makes of a call, once it has been made often."""
    if sys.version_info < (3, 12):
        return "what the interpreter makes of a call: from Python 3.12 on"
    count_occurrences = NATIVE

    def call(contents: str) -> int:
        result: int = count_occurrences(contents, "be")
        return result

    for _ in range(100):
        call(SHORT)
    out = StringIO()
    dis.dis(call, file=out, adaptive=True)
    return out.getvalue()


def main() -> None:
    """Build the candidates, time them, and print the tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="see that it works, on short texts")
    parser.add_argument("--json", type=Path, help="where to write all that was measured")
    options = parser.parse_args()
    size, rounds = (MEGABYTE // 4, 1) if options.quick else (32 * MEGABYTE, 5)
    found = shutil.which("pypy3.11") or shutil.which("pypy3")
    pypy = Pypy(found) if found else None
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        abi3 = built.rivals("abi3")
        every = [*candidates(built.cython(folder), abi3, has_pypy=pypy is not None)]
        timings = speeds(every, pypy, size, rounds, folder)
        firsts = [*first_calls(abi3, size, rounds)]
    if pypy:
        pypy.close()
    python = f"{platform.python_implementation()} {platform.python_version()}"
    about = f"{python}{' and PyPy' if pypy else ''}"
    print(f"textcount {textcount.__version__}; {about}; {rounds} rounds\n")
    columns = list(dict.fromkeys(column for _, column in timings))
    heads = [f"{column}, GB/s" for column in columns[:-1]] + [f"{columns[-1]}, ns"]
    print(f"| | {' | '.join(heads)} | a build needs | in a wheel, KB | lines |")
    print("|---|" + "---:|" * len(columns) + "---|---:|---:|")
    width = {column: 2 if column.startswith("Spanish") else 1 for column in columns}
    for each in every:
        cells = [
            f"{width[column] * size / timings[each.name, column].median / 1e9:.2f}"
            for column in columns[:-1]
        ]
        cells.append(f"{timings[each.name, columns[-1]].median / CALLS * 1e9:.0f}")
        kilobytes = f"{each.size / 1e3:.0f}" if each.size else "-"
        print(f"| {each.name} | {' | '.join(cells)} | {each.needs} | {kilobytes} | {each.lines} |")
    print("\n| Spanish, 2 bytes | first call, ms | second, ms | memory kept, MB |")
    print("|---|---:|---:|---:|")
    for name, first, second, grown in firsts:
        print(f"| {name} | {first * 1e3:.1f} | {second * 1e3:.1f} | {grown / 1e6:.1f} |")
    print("\n| one call | ns |\n|---|---:|")
    called = calls(rounds)
    for name, nanoseconds in called:
        print(f"| {name} | {nanoseconds:.0f} |")
    print("\n| ns | 6, ASCII | 6, Korean | 1002, ASCII | 1002, Korean |")
    print("|---|" + "---:|" * len(TEXTS))
    reached = [*seams(rounds)]
    for name, each_text in reached:
        print(f"| {name} | {' | '.join(f'{each:.0f}' for each in each_text)} |")
    print(f"\n{call_site()}")
    if options.json:
        runs = {", ".join(key): timing.runs for key, timing in timings.items()}
        options.json.write_text(
            json.dumps({"speeds": runs, "calls": called, "seams": reached}, indent=1), "utf-8"
        )


if __name__ == "__main__":
    main()
