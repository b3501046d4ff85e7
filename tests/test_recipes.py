"""Run the recipes in docs/recipes.md whose libraries are installed."""

import doctest
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from helpers import DEADLINE
from reference import WHITESPACE

ROOT = Path(__file__).parents[1]
RECIPES = ROOT / "docs" / "recipes.md"
ARROW = "A column of pyarrow or pandas"
OBJECTS = "A column of Python objects in pandas"
POLARS = "A column of polars"

# At the boundary of two texts, words must neither join nor split.
NEIGHBOURS = ["be", "be", "b", "e", "be ", " be", "xbe", "", None, "be", "\u3000", "ebe"]
SEPARATED = [f"be{char}be" for char in [*WHITESPACE, *"\u200b\ufeff_,x"]]
TEXTS = [*NEIGHBOURS, *SEPARATED, "más be café be 한be be", "be " * 100, "(be b.e bxe", None]

WORDS = ["be", "한be", "café", "é", "absent", "", "e b", "(be", "b.e"]

COLUMNS: dict[str, tuple[str, str, Callable[[Any, list[str | None]], Any]]] = {
    "array": (ARROW, "pyarrow", lambda pa, texts: pa.array(texts, pa.string())),
    "large_string": (ARROW, "pyarrow", lambda pa, texts: pa.array(texts, pa.large_string())),
    "string_view": (ARROW, "pyarrow", lambda pa, texts: pa.array(texts, pa.string_view())),
    "dictionary": (
        ARROW,
        "pyarrow",
        lambda pa, texts: pa.array(texts, pa.string()).dictionary_encode(),
    ),
    "slice": (
        ARROW,
        "pyarrow",
        lambda pa, texts: pa.array(["be", *texts, "be"], pa.string())[1:-1],
    ),
    "chunks": (
        ARROW,
        "pyarrow",
        lambda pa, texts: pa.chunked_array([texts[:1], [], texts[1:]], pa.string()),
    ),
    "pandas": (ARROW, "pandas", lambda pd, texts: pd.Series(texts)),
    "pandas, slice": (
        ARROW,
        "pandas",
        lambda pd, texts: pd.Series(["be", *texts, "be"])[1:-1],
    ),
    "pandas, objects": (ARROW, "pandas", lambda pd, texts: pd.Series(texts, dtype=object)),
    "objects": (OBJECTS, "pandas", lambda pd, texts: pd.Series(texts, dtype=object)),
    "polars": (POLARS, "polars", lambda pl, texts: pl.Series(texts, dtype=pl.String)),
    "polars, slice": (
        POLARS,
        "polars",
        lambda pl, texts: pl.Series(["be", *texts, "be"], dtype=pl.String)[1:-1],
    ),
    "polars, chunks": (
        POLARS,
        "polars",
        lambda pl, texts: pl.concat(
            [pl.Series(part, dtype=pl.String) for part in (texts[:1], texts[1:])], rechunk=False
        ),
    ),
}
"""For each kind of column, the heading of its recipe, its library, and how a column is made."""

pytestmark = pytest.mark.once


def recipes() -> dict[str, str]:
    """Return the text of each section that has examples, by its heading."""
    _, *sections = re.split(r"^## ", RECIPES.read_text("utf-8"), flags=re.MULTILINE)
    split = (section.partition("\n") for section in sections)
    return {heading: body for heading, _, body in split if ">>>" in body}


def run(heading: str) -> dict[str, Any]:
    """Run the examples of a section, and return the names that they define."""
    body = recipes()[heading]
    for module in re.findall(r"^>>> import (\S+)", body, re.MULTILINE):
        pytest.importorskip(module)
    test = doctest.DocTestParser().get_doctest(body, {}, heading, str(RECIPES), 0)
    assert test.examples
    assert doctest.DocTestRunner().run(test, clear_globs=False).failed == 0
    return test.globs


def as_list(counts: Any) -> list[int | None]:
    """Convert a column of counts to a list, with None for missing values."""
    values = counts.to_pylist() if hasattr(counts, "to_pylist") else counts.to_list()
    return [None if value is None or value != value else value for value in values]  # noqa: PLR0124


@pytest.mark.filterwarnings("ignore")  # the libraries may warn
@pytest.mark.parametrize("heading", recipes())
def test_recipe(heading: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run(heading)


@pytest.mark.parametrize("kind", COLUMNS)
def test_a_recipe_for_columns_is_exact(kind: str) -> None:
    heading, module, make = COLUMNS[kind]
    library = pytest.importorskip(module)
    names = run(heading)
    cases: list[list[str | None]] = [TEXTS, [None, None], ["", ""], []]
    for texts in cases:
        column = make(library, texts)
        for word in WORDS:
            expected = [None if text is None else text.split().count(word) for text in texts]
            assert names["total"](column, word) == sum(count or 0 for count in expected)
            assert as_list(names["per_row"](column, word)) == expected


@pytest.mark.parametrize("kind", ["array", "string_view", "pandas", "polars"])
def test_a_recipe_for_columns_divides_a_long_column(kind: str) -> None:
    heading, module, make = COLUMNS[kind]
    texts = TEXTS * (3_000_000 // sum(len(text or "") for text in TEXTS))
    column = make(pytest.importorskip(module), texts)
    names = run(heading)
    assert len(list(names["blocks"](column))) > 2
    expected = [None if text is None else text.split().count("be") for text in texts]
    assert names["total"](column, "be") == sum(count or 0 for count in expected)
    assert as_list(names["per_row"](column, "be")) == expected


@pytest.mark.own_backend
def test_the_benchmark_of_columns_finds_every_recipe_exact() -> None:
    for module in ("pandas", "polars", "pyarrow"):
        pytest.importorskip(module)
    done = subprocess.run(
        [sys.executable, ROOT / "benchmarks" / "columns.py", "--quick"],
        capture_output=True,
        text=True,
        check=True,
        timeout=DEADLINE,
    )
    rows = [line.split(" | ") for line in done.stdout.splitlines()]
    exact = [row[3] for row in rows if row[2:3] == ["recipe"]]
    assert exact == ["yes"] * 8
