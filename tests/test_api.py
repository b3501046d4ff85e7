"""The public API of 1.0: names may be added, none of these may change."""

import inspect
import os
import pickle
import subprocess
import sys
from typing import Any

import pytest

import textcount

POSITIONAL = inspect.Parameter.POSITIONAL_OR_KEYWORD
KEYWORD = inspect.Parameter.KEYWORD_ONLY
REQUIRED = inspect.Parameter.empty

FUNCTIONS: dict[str, list[tuple[str, Any, Any]]] = {
    "count_occurrences": [
        ("contents", POSITIONAL, REQUIRED),
        ("needle", POSITIONAL, REQUIRED),
    ],
    "count_stream": [
        ("stream", POSITIONAL, REQUIRED),
        ("needles", POSITIONAL, REQUIRED),
    ],
    "count_file": [
        ("path", POSITIONAL, REQUIRED),
        ("needles", POSITIONAL, REQUIRED),
        ("encoding", KEYWORD, "utf-8"),
        ("errors", KEYWORD, "strict"),
    ],
    "count_files": [
        ("paths", POSITIONAL, REQUIRED),
        ("needles", POSITIONAL, REQUIRED),
        ("encoding", KEYWORD, "utf-8"),
        ("errors", KEYWORD, "strict"),
        ("recursive", KEYWORD, False),
        ("include", KEYWORD, None),
        ("exclude", KEYWORD, None),
        ("on_progress", KEYWORD, None),
    ],
    "FileCount": [
        ("path", POSITIONAL, REQUIRED),
        ("counts", POSITIONAL, REQUIRED),
        ("size", KEYWORD, REQUIRED),
        ("error", KEYWORD, None),
    ],
}


@pytest.mark.parametrize("name", FUNCTIONS)
def test_the_parameters_of_1_0_keep_their_names_kinds_and_defaults(name: str) -> None:
    parameters = inspect.signature(getattr(textcount, name)).parameters.values()
    found = [(each.name, each.kind, each.default) for each in parameters]
    pinned = FUNCTIONS[name]
    assert found[: len(pinned)] == pinned
    for _, kind, default in found[len(pinned) :]:  # what later versions add
        assert kind == KEYWORD
        assert default is not REQUIRED


def test_the_names_of_1_0_are_public() -> None:
    assert {*FUNCTIONS, "__version__"} <= {*textcount.__all__}
    assert all(hasattr(textcount, name) for name in textcount.__all__)
    assert textcount.__version__.split(".")[0].isdecimal()


def test_a_file_count_has_the_fields_of_1_0() -> None:
    record = textcount.FileCount("a", {"b": 1}, size=2)
    assert (record.path, record.counts, record.size, record.error) == ("a", {"b": 1}, 2, None)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_public_objects_belong_to_the_package(name: str) -> None:
    item: Any = getattr(textcount, name)
    assert (item.__module__, item.__name__, item.__qualname__) == ("textcount", name, name)
    assert pickle.loads(pickle.dumps(item)) is item
    assert ">>> " in inspect.getdoc(item)  # type: ignore[operator]


def test_importing_the_package_loads_nothing_heavy() -> None:
    folder = os.path.dirname(os.path.dirname(textcount.__file__))
    script = f"import sys; sys.path.append({folder!r}); import textcount; print(*sys.modules)"
    command = [sys.executable, "-I", "-S", "-c", script]
    loaded = {*subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()}
    assert not loaded & {"argparse", "dataclasses", "inspect", "pathlib", "re", "rich", "typing"}
