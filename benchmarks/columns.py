"""Measure counting in columns of texts, by docs/recipes.md and by each library's expressions.

    tox run -e benchmark-columns -- [--quick] [--rounds N] [--word WORD]

Prints Markdown. A way is exact if it answers as ``str.split`` does on texts that are hard to split.
"""

from __future__ import annotations

import argparse
import doctest
import platform
import re
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc
import texts
from texts import MEGABYTE

import textcount

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

RECIPES = Path(__file__).parents[1] / "docs" / "recipes.md"

WHITESPACE = (
    r"[\t-\r\x1c-\x20\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]"
)
"""The whitespace of ``str.split``, as RE2 writes it."""

LIBRARIES: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "pyarrow": ("A column of pyarrow or pandas", lambda column: column),
    "pandas": ("A column of pyarrow or pandas", lambda column: pd.Series(column, dtype="str")),
    "pandas, objects": (
        "A column of Python objects in pandas",
        lambda column: pd.Series(column.to_pylist(), dtype=object),
    ),
    "polars": ("A column of polars", pl.Series),
}
"""For each library, the heading of its recipe, and how a column of pyarrow becomes its own."""


class Way(NamedTuple):
    """A way to count in a column.

    Attributes:
        library: whose column it takes.
        question: "sum" if it returns a number, "per row" if it returns a column of numbers.
        name: "recipe", or the library's expression.
        function: takes a column and a word.
    """

    library: str
    question: str
    name: str
    function: Callable[[Any, str], Any]


def recipes() -> Iterator[Way]:
    """Yield the functions of the recipes."""
    page = RECIPES.read_text("utf-8")
    for library, (heading, _) in LIBRARIES.items():
        section = page.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
        names: dict[str, Any] = {}
        for example in doctest.DocTestParser().get_examples(section):
            if re.match("import |from |def ", example.source):
                exec(example.source, names)  # noqa: S102 - the project's own page
        yield Way(library, "sum", "recipe", names["total"])
        yield Way(library, "per row", "recipe", names["per_row"])


def split_sum(column: Any, word: str) -> Any:
    """Count in a column of pyarrow."""
    return pc.sum(pc.equal(pc.utf8_split_whitespace(column).flatten(), word)).as_py()


def split_rows(column: Any, word: str) -> Any:
    """Count in each row of a column of pyarrow."""
    words = pc.utf8_split_whitespace(column)
    rows = pc.list_parent_indices(words).filter(pc.equal(words.flatten(), word))
    return np.bincount(np.asarray(rows), minlength=len(column))


def regex_rows(column: Any, word: str) -> Any:
    """Count in each row of a column of pyarrow.

    One blank between two words is part of both matches. RE2 would miss the second, but Arrow
    searches the rest of the text as if it were a text of its own, where ``^`` matches. Arrow's
    documentation does not promise this.
    """
    pattern = f"(?:^|{WHITESPACE}){re.escape(word)}(?:$|{WHITESPACE})"
    return pc.count_substring_regex(column, pattern)


def around_rows(column: Any, word: str) -> Any:
    """Count in each row of a column of pandas."""
    return column.str.count(rf"(?<!\S){re.escape(word)}(?!\S)")


def extract_rows(column: Any, word: str) -> Any:
    """Count in each row of a column of polars, whose whitespace lacks four characters."""
    return column.str.extract_all(r"[^\s\x1c-\x1f]+").list.count_matches(word)


def space_rows(column: Any, word: str) -> Any:
    """Count in each row of a column of polars, between spaces only."""
    return column.str.split(" ").list.count_matches(word)


def expressions() -> Iterator[Way]:
    """Yield the libraries' own expressions."""
    yield Way("pyarrow", "sum", "`utf8_split_whitespace`", split_sum)
    yield Way("pyarrow", "per row", "`utf8_split_whitespace`", split_rows)
    yield Way("pyarrow", "per row", "`count_substring_regex`", regex_rows)
    yield Way("pandas", "per row", r"`str.count(r'(?<!\S)the(?!\S)')`", around_rows)
    yield Way("polars", "per row", r"`str.extract_all(r'[^\s\x1c-\x1f]+')`", extract_rows)
    yield Way("polars", "per row", "`str.split(' ')`", space_rows)


def prose(rows: int, words: int) -> Any:
    """Return a column of so many texts, of so many words each."""
    found = texts.prose("english", 8 * MEGABYTE).split()
    distinct = [
        " ".join(found[start : start + words]) for start in range(0, len(found) - words, words)
    ]
    piece = pa.array(distinct, pa.large_string())
    return pa.concat_arrays([piece] * (rows // len(piece) + 1)).slice(0, rows)


def hard(word: str) -> list[str]:
    """Return texts with each whitespace character, with neighbours, and with no word."""
    pairs = [f"{word}{chr(code)}{word}" for code in range(0x3100)]
    return [*pairs, " ".join([word] * 5), f" {word}\n", f"{word}\x1f\x85{word}", word, ""]


def numbers(counts: Any) -> list[int]:
    """Return a column of numbers, or one number, as a list."""
    return [int(count) for count in np.atleast_1d(np.asarray(counts))]


def is_exact(way: Way, word: str) -> bool:
    """Return whether a way answers as ``str.split`` does."""
    column = hard(word)
    answers = [text.split().count(word) for text in column]
    made = LIBRARIES[way.library][1](pa.array(column, pa.large_string()))
    expected = [sum(answers)] if way.question == "sum" else answers
    return numbers(way.function(made, word)) == expected


def seconds(way: Way, column: Any, word: str, rounds: int, answer: int) -> float:
    """Return the median of the seconds that a way takes; check its answer."""
    runs = []
    for _ in range(rounds):
        start = time.perf_counter()
        counts = way.function(column, word)
        runs.append(time.perf_counter() - start)
        print(f"{way.library}, {way.question}, {way.name}: {runs[-1]:.2f}", file=sys.stderr)
        found = int(np.asarray(counts).sum())
        if found != answer:
            sys.exit(f"{way.library}, {way.name}: {found}, not {answer}")
    return statistics.median(runs)


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="see that it works, on few texts")
    parser.add_argument("--rounds", type=int, default=1, help="runs of each way (1)")
    parser.add_argument("--word", default="the", help="what to count (the)")
    options = parser.parse_args()
    word = options.word
    shapes = [(10_000, 5), (100, 400)] if options.quick else [(10_000_000, 5), (100_000, 400)]
    print(
        f"textcount {textcount.__version__}, {textcount.BACKEND}; pyarrow {pa.__version__}, "
        f"pandas {pd.__version__}, polars {pl.__version__}; "
        f"{platform.python_implementation()} {platform.python_version()}; "
        f"`{word}`; {options.rounds} rounds"
    )
    ways = [*recipes(), *expressions()]
    times: dict[Way, list[float]] = {way: [] for way in ways}
    heads = []
    for rows, words in shapes:
        texts_column = prose(rows, words)
        heads.append(f"{rows:,} texts, {texts_column.nbytes / 1e6:,.0f} MB: seconds")
        answer = split_sum(texts_column, word)
        for library, (_, convert) in LIBRARIES.items():
            column = convert(texts_column)
            for way in ways:
                if way.library == library:
                    times[way].append(seconds(way, column, word, options.rounds, answer))
            del column
    print(f"\n| column | result | way | exact | {' | '.join(heads)} |")
    print("|---|---|---|---|---:|---:|")
    for way in sorted(ways, key=lambda way: (list(LIBRARIES).index(way.library), way.question)):
        exact = "yes" if is_exact(way, word) else "no"
        shown = " | ".join(f"{each:.2f}" for each in times[way])
        print(f"| {way.library} | {way.question} | {way.name} | {exact} | {shown} |")


if __name__ == "__main__":
    main()
