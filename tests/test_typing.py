"""Test that tools can read the annotations of all public functions and classes."""

import inspect
import os
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, get_type_hints

import pytest

import textcount
from textcount import _pure

PUBLIC = [each for each in textcount.__all__ if callable(getattr(textcount, each))]

NAME = str | bytes | os.PathLike[str] | os.PathLike[bytes]
HINTS = {
    "FileCount": {
        "path": str,
        "counts": Mapping[str, int],
        "size": int,
        "error": OSError | UnicodeError | None,
    },
    "count_file": {
        "path": NAME,
        "needles": Iterable[str],
        "encoding": str,
        "errors": str,
        "return": dict[str, int],
    },
    "count_files": {
        "paths": Iterable[NAME],
        "needles": Iterable[str],
        "encoding": str,
        "errors": str,
        "recursive": bool,
        "include": Iterable[str] | None,
        "exclude": Iterable[str] | None,
        "on_progress": Callable[[int], object] | None,
        "executor": object | None,
        "return": Iterator[textcount.FileCount],
    },
    "count_stream": {"stream": object, "needles": Iterable[str], "return": dict[str, int]},
}


@pytest.mark.parametrize("name", PUBLIC)
def test_the_type_hints_of_a_public_name_resolve(name: str) -> None:
    public = getattr(textcount, name)
    if isinstance(public, types.BuiltinFunctionType):
        assert get_type_hints(public) == {}
    else:
        expected = HINTS.get(name, get_type_hints(_pure.count_occurrences))
        assert get_type_hints(public) == expected != {}
        parameters = inspect.signature(public, eval_str=True).parameters
        assert {*expected} - {"return"} == {*parameters}


def test_the_type_hints_of_methods_resolve() -> None:
    names = ("__new__", "__eq__", "__hash__", "__repr__", "__reduce__", "__setattr__")
    for name in names:
        assert "return" in get_type_hints(getattr(textcount.FileCount, name)), name


def test_the_signature_is_the_same_on_both_backends() -> None:
    def parameters(function: Callable[..., Any]) -> list[tuple[object, ...]]:
        found = inspect.signature(function).parameters.values()
        return [(each.name, each.kind, each.default) for each in found]

    expected = parameters(_pure.count_occurrences)
    assert [name for name, *_ in expected] == ["contents", "needle"]
    assert parameters(textcount.count_occurrences) == expected


def test_pydantic_validates_calls(tmp_path: Path) -> None:
    pydantic = pytest.importorskip("pydantic")
    path = tmp_path / "hamlet.txt"
    path.write_text("to be or not to be", "utf-8")
    count_file = pydantic.validate_call(textcount.count_file)
    for name in (path, str(path), os.fsencode(path)):
        assert count_file(name, ["be", "or"]) == {"be": 2, "or": 1}
    for wrong in ({"path": 1.5, "needles": ["be"]}, {"path": str(path), "needles": 7}):
        with pytest.raises(pydantic.ValidationError):
            count_file(**wrong)
    (record,) = pydantic.validate_call(textcount.count_files)([path], ["be"])
    assert record.counts == {"be": 2}
    with path.open(encoding="utf-8") as file:
        assert pydantic.validate_call(textcount.count_stream)(file, ["to"]) == {"to": 2}
