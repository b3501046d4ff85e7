"""Measure how fast many words are counted, by both methods and by the choice: docs/performance.md.

    tox run -e benchmark-words -- [--json FILE] [--chart FILE] [--quick]

The methods are a pass for each word, and one split. They run on the same generated texts, in
blocks as files are read, with every kernel and the pure backend. The seconds are those that the
processor takes, so that other work on the machine disturbs less. The fastest of several runs
counts. All counts are compared. Prints Markdown.
"""

from __future__ import annotations

import argparse
import io
import json
import platform
import sys
import time
from collections import Counter
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest import mock

import chart
import texts
from texts import MEGABYTE

import textcount
from textcount import _backend, _lookup, _pure

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NUMBERS = (1, 2, 3, 5, 10, 20, 50, 100, 200, 500, 1000, 10_000)
TEXTS = {"ASCII": "english", "Latin-1": "spanish", "Korean": "korean"}
LEAST_SECONDS = 0.02
"""The minimum time of all runs of an action, in seconds for each round."""

LONGEST_SECONDS = 20.0
"""Passes that are expected to take longer than this are not timed."""


def backends() -> Iterator[_backend.Backend]:
    """Yield a backend for each kernel, and the pure one."""
    yield _backend.Backend("pure", "", _pure.count_occurrences)
    if textcount.BACKEND == "native":
        from textcount import _native

        for kernel in _native._kernels:
            count = partial(_native._count_on, kernel)
            yield _backend.Backend("native", "", count, _native._count_part, kernel)


def seconds(action: Callable[[], Any], rounds: int) -> tuple[float, Any]:
    """Return the fewest seconds of some runs, and the result. A short action gets more runs."""
    times: list[float] = []
    while len(times) < rounds or sum(times) < rounds * LEAST_SECONDS:
        start = time.thread_time()
        result = action()
        times.append(time.thread_time() - start)
    return min(times), result


def chosen_by(name: str) -> Any:
    """Return a context in which one method is used, or the choice."""
    if name == "choice":
        return nullcontext()
    return mock.patch.object(_lookup, "splitting_is_faster", return_value=name == "split")


def measure(text: str, needles: list[str], rounds: int, expected: float) -> dict[str, float]:
    """Return the seconds of each method and of the choice."""
    times, counts = {}, []
    for name in ("passes", "split", "choice"):
        if name == "passes" and expected > LONGEST_SECONDS:
            continue
        with chosen_by(name):
            times[name], result = seconds(
                lambda: textcount.count_stream(io.StringIO(text), needles), rounds
            )
        counts.append(result)
    if counts.count(counts[0]) != len(counts):
        sys.exit(f"the methods count differently: {len(needles)} words")
    return times


def count_all(text: str) -> Counter[str]:
    """Count every word of a text."""
    return Counter(text.split())


def main() -> None:
    """Time everything, print a table for each backend, and write what is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="see that it works, on short texts")
    parser.add_argument("--json", type=Path, help="where to write all that was measured")
    parser.add_argument("--chart", type=Path, help="where to draw the chart (SVG)")
    options = parser.parse_args()
    size = MEGABYTE // 8 if options.quick else 2 * MEGABYTE
    python = f"{platform.python_implementation()} {platform.python_version()}"
    print(f"textcount {textcount.__version__}; {python}; texts of {size:,} characters")
    worst: dict[str, float] = {}
    found: dict[str, list[dict[str, Any]]] = {"words": [], "counter": []}
    for backend in backends():
        label = backend.kernel or "pure"
        print(f"\n| {label} | words | passes, ms | split, ms | choice, ms | over the better |")
        print("|---|---:|---:|---:|---:|---:|")
        for title, language in TEXTS.items():
            text = texts.prose(language, size)
            vocabulary = Counter(text.split())
            # Every word, from the most frequent on, so that few needles are frequent words.
            ordered = [word for word, _ in vocabulary.most_common()]
            ordered += [f"absent{number}" for number in range(NUMBERS[-1] - len(ordered))]
            per_word = 0.0
            for number in NUMBERS[::4] if options.quick else NUMBERS:
                needles = ordered[:number]
                with mock.patch.object(_backend, "active", backend):
                    times = measure(text, needles, 1 if options.quick else 3, number * per_word)
                case = {"kernel": label, "text": title}
                found["words"].append({**case, "words": number, "seconds": times})
                per_word = times.get("passes", per_word * number) / number
                better = min(times.get("passes", times["split"]), times["split"])
                ratio = times["choice"] / better
                worst[label] = max(worst.get(label, 0), ratio)
                shown = (
                    f"{times[name] * 1e3:.1f}" if name in times else "-"
                    for name in ("passes", "split", "choice")
                )
                print(f"| {title} | {number:,} | {' | '.join(shown)} | {ratio:.2f} |", flush=True)
            whole, _ = seconds(partial(count_all, text), 1 if options.quick else 3)
            found["counter"].append({**case, "seconds": whole})
            ratio = times["choice"] / whole
            print(f"| {title} | `Counter(text.split())` | | | {whole * 1e3:.1f} | {ratio:.2f} |")
    print("\nThe worst ratios:", ", ".join(f"{name} {each:.2f}" for name, each in worst.items()))
    if options.json:
        options.json.write_text(json.dumps(found, indent=1), "utf-8")
    if options.chart:
        chart.draw_words(options.chart, found)


if __name__ == "__main__":
    main()
