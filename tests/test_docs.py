"""The examples in the documentation are true."""

import doctest
from pathlib import Path

import pytest

import textcount

FUNCTIONS = [name for name in textcount.__all__ if callable(getattr(textcount, name))]
README = Path(__file__).parents[1] / "README.md"


@pytest.mark.parametrize("name", FUNCTIONS)
def test_examples_in_docstrings(name: str) -> None:
    item = getattr(textcount, name)
    test = doctest.DocTestParser().get_doctest(item.__doc__, vars(textcount).copy(), name, None, 0)
    assert doctest.DocTestRunner().run(test).failed == 0
    assert test.examples


def test_examples_in_the_readme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = doctest.testfile(str(README), module_relative=False, encoding="utf-8")
    assert result.attempted > 0
    assert result.failed == 0
