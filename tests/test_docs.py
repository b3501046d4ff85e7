"""The public docstrings have right examples, and the reference names everything public."""

import doctest
import inspect
import re
from pathlib import Path

import pytest

import textcount

ROOT = Path(__file__).parents[1]
REFERENCE = ROOT / "docs/reference.md"
FUNCTIONS = [name for name in textcount.__all__ if callable(getattr(textcount, name))]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_examples_of_a_docstring_are_right(name: str) -> None:
    item = getattr(textcount, name)
    test = doctest.DocTestParser().get_doctest(item.__doc__, vars(textcount).copy(), name, None, 0)
    assert doctest.DocTestRunner().run(test).failed == 0
    assert test.examples


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_docstring_describes_every_argument(name: str) -> None:
    item = getattr(textcount, name)
    # The extension's function has no annotations, but the same parameters and docstring.
    for parameter in inspect.signature(item).parameters:
        assert re.search(rf"^ +{parameter}: \w", item.__doc__, re.MULTILINE), parameter


@pytest.mark.once
@pytest.mark.own_backend
def test_the_reference_has_every_public_name() -> None:
    directives = r"^\.\. (?:auto\w+|py:data):: textcount\.(\w+)$"
    names = re.findall(directives, REFERENCE.read_text("utf-8"), re.MULTILINE)
    assert sorted(names) == sorted(textcount.__all__)


@pytest.mark.once
@pytest.mark.own_backend
def test_the_reference_has_every_environment_variable() -> None:
    files = [
        ROOT / "setup.py",
        # Beside the tests, the folder of the package may be missing.
        *Path(textcount.__file__).parent.glob("*.py"),
        *(ROOT / "rust/src").glob("*.rs"),
    ]
    code = "".join(path.read_text("utf-8") for path in files)
    read = r"""environ(?:\.\w+\(|\[)"(\w+)"|env!\("(\w+)"\)|\b(TEXTCOUNT_[A-Z]+)\b"""
    names = {name for match in re.findall(read, code) for name in match if name}
    assert {"TEXTCOUNT_BACKEND", "TEXTCOUNT_BUILD", "PYTHON_CPU_COUNT"} < names
    section = REFERENCE.read_text("utf-8").partition("## Environment variables")[2]
    documented = set(re.findall(r"`([A-Z][A-Z_]+)`", section))
    assert documented >= names
    assert {name for name in documented if name not in code} == set()
