"""The examples in the public docstrings give the results that they show."""

import doctest

import pytest

import textcount

FUNCTIONS = [name for name in textcount.__all__ if callable(getattr(textcount, name))]


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_examples_of_a_docstring_are_right(name: str) -> None:
    item = getattr(textcount, name)
    test = doctest.DocTestParser().get_doctest(item.__doc__, vars(textcount).copy(), name, None, 0)
    assert doctest.DocTestRunner().run(test).failed == 0
    assert test.examples
