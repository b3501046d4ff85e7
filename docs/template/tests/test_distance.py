"""Test that both backends do what the function of 1.0 did."""

from __future__ import annotations

import inspect
import pickle
import warnings
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import nearby

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Function = Callable[..., Any]


class Twice(str):
    """A text with a method of its own."""

    __slots__ = ()

    def __iter__(self) -> Iterator[str]:
        return iter(str(self) * 2)


class Warns(str):
    """A text that warns at the line that reads it."""

    __slots__ = ()

    def __iter__(self) -> Iterator[str]:
        warnings.warn("this is slow", RuntimeWarning, stacklevel=2)
        return super().__iter__()


hard = st.sampled_from("aé한😀\ud800\udfff ") | st.characters(codec=None)
texts = st.lists(hard, max_size=12).map("".join)
odd = ["a", Twice("a"), Twice("é"), None, True, 3, b"a", ["a"]]


def oracle(left: str, right: str) -> int:
    """The function of 1.0, word for word. It never changes."""
    for name, value in (("left", left), ("right", right)):
        if not isinstance(value, str):
            kind = type(value).__name__
            raise TypeError(f"distance() argument '{name}' must be str, not {kind}")
    row = list(range(len(right) + 1))
    for i, char in enumerate(left, 1):
        corner, row[0] = row[0], i
        for j, other in enumerate(right, 1):
            corner, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, corner + (char != other))
    return row[-1]


def outcome(function: Function, left: object, right: object) -> object:
    """Return the result of a call, or the error that it raises."""
    try:
        return function(left, right)
    except Exception as error:
        return type(error), str(error)


@given(texts, texts)
def test_equals_the_oracle(distance: Function, left: str, right: str) -> None:
    assert outcome(distance, left, right) == outcome(oracle, left, right)


@pytest.mark.parametrize("left", odd)
@pytest.mark.parametrize("right", odd)
def test_equals_the_oracle_on_wrong_arguments(
    distance: Function, left: object, right: object
) -> None:
    assert outcome(distance, left, right) == outcome(oracle, left, right)


def parameters(function: Function) -> list[inspect.Parameter]:
    """Return the parameters without the annotations, which functions of PyO3 do not have."""
    found = inspect.signature(function).parameters.values()
    return [each.replace(annotation=each.empty) for each in found]


def test_the_api_is_pinned(distance: Function) -> None:
    assert {"closest", "distance"} <= set(nearby.__all__)
    assert parameters(distance) == parameters(oracle)
    assert distance(left="kiten", right="kitten") == 1
    assert nearby.closest("kiten", ["sitting", "kitten"]) == "kitten"


def test_pickles_are_read_by_either_backend() -> None:
    assert nearby.distance.__module__ == "nearby"
    assert pickle.loads(pickle.dumps(nearby.distance)) is nearby.distance


def test_warnings_come_from_the_file_that_they_came_from_in_1_0(distance: Function) -> None:
    with pytest.warns(RuntimeWarning, match="slow") as caught:
        assert distance(Warns("a"), "b") == 1
    assert caught[0].filename == nearby.__file__
