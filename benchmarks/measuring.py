"""Time jobs in one process, and print tables and goals."""

from __future__ import annotations

import random
import statistics
import sys
import time
from functools import cache
from itertools import repeat
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping


class Timing(NamedTuple):
    """The seconds that some runs took."""

    runs: list[float]

    @property
    def median(self) -> float:
        """Half of the runs took less."""
        return statistics.median(self.runs)

    @property
    def spread(self) -> float:
        """How far the middle half of the runs reaches, as a share of the median."""
        low, _, high = statistics.quantiles(self.runs, n=4, method="inclusive")
        return (high - low) / self.median


class Job(NamedTuple):
    """Something to time, and the answer that it must give."""

    function: Callable[[], int]
    answer: int


def timed(jobs: Mapping[Any, Job], rounds: int) -> dict[Any, Timing]:
    """Run all jobs in every round, in an order that changes; check what they answer."""
    timings: dict[Any, Timing] = {key: Timing([]) for key in jobs}
    order = list(jobs)
    for _ in range(rounds):
        random.shuffle(order)
        for key in order:
            function, answer = jobs[key]
            start = time.perf_counter()
            found = function()
            timings[key].runs.append(time.perf_counter() - start)
            if found != answer:
                sys.exit(f"{key} answered {found}, not {answer}")
    return timings


def fastest(timings: Mapping[Any, Timing]) -> dict[Any, Timing]:
    """Of each candidate its fastest run alone: what it takes when nobody disturbs."""
    return {key: Timing([min(timing.runs)] * 2) for key, timing in timings.items()}


def counting(
    count: Callable[..., int], contents: str | bytes, needle: str, answer: int, times: int = 1
) -> Job:
    """The job of counting in a text, so many times."""
    if times == 1:
        return Job(lambda: count(contents, needle), answer)
    return Job(lambda: sum(map(count, repeat(contents, times), repeat(needle))), answer * times)


@cache
def bytes_of(text: str) -> int:
    """How many bytes CPython keeps the characters of a text in."""
    return len(text) * (1 + (max(text) > "\xff") + 2 * (max(text) > "\uffff"))


class Goal(NamedTuple):
    """A goal, and what was measured of it. A goal of an earlier version has no number."""

    number: int | None
    goal: str
    measured: str
    is_met: bool


def met(goal: Goal, *, is_quick: bool) -> str:
    """Whether a goal was met, if the texts were as large as it asks for."""
    if is_quick:
        return "-"
    return "yes" if goal.is_met else "**no**"


def table(rows: Iterable[Iterable[str]], head: Iterable[str]) -> None:
    """Print a table in Markdown."""
    head = list(head)
    print("\n| " + " | ".join(head) + " |")
    print("|---|---|" + "---:|" * (len(head) - 2))
    for row in rows:
        print("| " + " | ".join(row) + " |")
