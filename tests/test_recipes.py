"""Run the recipes in docs/recipes.md whose libraries are installed."""

import doctest
import re
from pathlib import Path

import pytest

RECIPES = Path(__file__).parents[1] / "docs" / "recipes.md"

pytestmark = pytest.mark.once


def recipes() -> list[tuple[str, str]]:
    """Return the heading and the text of each section that has examples."""
    _, *sections = re.split(r"^## ", RECIPES.read_text("utf-8"), flags=re.MULTILINE)
    split = (section.partition("\n") for section in sections)
    return [(heading, body) for heading, _, body in split if ">>>" in body]


@pytest.mark.filterwarnings("ignore")  # the libraries may warn
@pytest.mark.parametrize(("heading", "body"), recipes(), ids=[name for name, _ in recipes()])
def test_recipe(heading: str, body: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in re.findall(r"^>>> import (\S+)", body, re.MULTILINE):
        pytest.importorskip(module)
    monkeypatch.chdir(tmp_path)
    test = doctest.DocTestParser().get_doctest(body, {}, heading, str(RECIPES), 0)
    assert test.examples
    assert doctest.DocTestRunner().run(test).failed == 0
