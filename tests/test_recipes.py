"""The recipes of docs/recipes.md work, where what they need is installed."""

import doctest
import re
from pathlib import Path

import pytest

RECIPES = Path(__file__).parents[1] / "docs" / "recipes.md"


def recipes() -> list[tuple[str, str]]:
    """The headings, and the sections under them that can be run."""
    _, *sections = re.split(r"^## ", RECIPES.read_text("utf-8"), flags=re.MULTILINE)
    parted = (section.partition("\n") for section in sections)
    return [(heading, body) for heading, _, body in parted if ">>>" in body]


@pytest.mark.filterwarnings("ignore")  # of the libraries
@pytest.mark.parametrize(("heading", "body"), recipes(), ids=[name for name, _ in recipes()])
def test_recipe(heading: str, body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in re.findall(r"^>>> import (\S+)", body, re.MULTILINE):
        pytest.importorskip(module)
    monkeypatch.chdir(tmp_path)
    test = doctest.DocTestParser().get_doctest(body, {}, heading, str(RECIPES), 0)
    assert test.examples
    assert doctest.DocTestRunner().run(test).failed == 0
