"""The examples in the documentation are true."""

import doctest
import importlib
import pkgutil
from pathlib import Path

import pytest

import textcount

MODULES = [name for _, name, _ in pkgutil.iter_modules(textcount.__path__, "textcount.")]
README = Path(__file__).parents[1] / "README.md"


@pytest.mark.parametrize("name", [name for name in MODULES if name != "textcount.__main__"])
def test_examples_in_docstrings(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_examples_in_the_readme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = doctest.testfile(str(README), module_relative=False, encoding="utf-8")
    assert result.attempted > 0
    assert result.failed == 0
