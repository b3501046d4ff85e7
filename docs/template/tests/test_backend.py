"""Test which backend is selected, and what users are told about it."""

from __future__ import annotations

import inspect
import os
import shutil
import subprocess
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from typing import TYPE_CHECKING, Any

import pytest

import nearby
from nearby import _backend

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

REPORT = "import nearby\nprint(nearby.BACKEND, nearby.BACKEND_REASON)\n"
CALLS = """
assert nearby.distance("kitten", "sitting") == 3
assert nearby.distance(type("Text", (str,), {})("a"), "b") == 1
"""
"""One call that the extension answers, and one that it leaves to Python."""
REFUSED = "module nearby._native does not support loading in subinterpreters"


def missing() -> None:
    raise ModuleNotFoundError("No module named 'nearby._native'", name="nearby._native")


def broken() -> None:
    raise ImportError("invalid ELF header")


def refused() -> None:
    raise ImportError(REFUSED)


def run(folder: Path, script: str = REPORT) -> tuple[str, str]:
    """Run a script that is beside a copy of the package without the extension."""
    ignore = shutil.ignore_patterns("_native*")
    shutil.copytree(_backend.HERE, folder / "nearby", ignore=ignore, dirs_exist_ok=True)
    (folder / "script.py").write_text(script, "utf-8")
    environment = {**os.environ, "NEARBY_BACKEND": "", "PYTHONPATH": os.pathsep.join(sys.path)}
    result = subprocess.run(
        # -S: an editable install would lend its extension to the copy.
        [sys.executable, "-S", "script.py"],
        capture_output=True,
        check=True,
        cwd=folder,
        env=environment,
        text=True,
    )
    return result.stdout, result.stderr


def docstring(function: Callable[..., Any]) -> str:
    return (inspect.getdoc(function) or "").strip()  # Python 3.13 keeps a blank last line


def test_both_backends_have_one_docstring(distance: Callable[..., Any]) -> None:
    assert docstring(distance) == docstring(_backend.PYTHON["distance"])


@pytest.mark.parametrize("choice", ["pure", "PURE"])
def test_capitals_do_not_matter(choice: str) -> None:
    assert _backend.select(choice, broken) == (None, "NEARBY_BACKEND=pure is set.")


def test_a_missing_extension_is_replaced_silently(tmp_path: Path) -> None:
    assert run(tmp_path) == ("pure nearby._native is not installed.\n", "")


def test_a_stub_is_not_a_library(tmp_path: Path) -> None:
    (tmp_path / "nearby").mkdir()
    (tmp_path / "nearby" / "_native.pyi").touch()
    assert run(tmp_path) == ("pure nearby._native is not installed.\n", "")


def test_a_library_for_another_python_is_named_in_a_warning(tmp_path: Path) -> None:
    (tmp_path / "nearby").mkdir()
    (tmp_path / "nearby" / "_native.cpython-39-darwin.so").touch()
    output, errors = run(tmp_path)
    assert output.startswith("pure ")
    assert "_native.cpython-39-darwin.so is for another Python" in errors


def test_a_broken_library_is_a_warning_at_the_line_that_imports_the_package(tmp_path: Path) -> None:
    (tmp_path / "nearby").mkdir()
    (tmp_path / "nearby" / f"_native{EXTENSION_SUFFIXES[0]}").touch()
    output, errors = run(tmp_path)
    assert output.startswith("pure nearby._native is broken (ImportError: ")
    assert "script.py:1: RuntimeWarning: nearby runs in pure Python: " in errors


def test_a_library_of_another_version_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_backend, "import_module", lambda name: nearby)
    monkeypatch.setattr(nearby, "__version__", "0.9")
    with pytest.raises(ImportError, match=r"^its version is 0\.9, not "):
        _backend.load()


@pytest.mark.parametrize("load", [missing, broken, refused])
def test_a_demanded_extension_is_not_replaced(load: Callable[[], None]) -> None:
    with pytest.raises(ImportError, match=r"^NEARBY_BACKEND=native, but nearby"):
        _backend.select("Native", load)


def test_an_unknown_choice_is_an_error() -> None:
    with pytest.raises(ValueError, match="NEARBY_BACKEND='rust' is not one of auto, native, pure"):
        _backend.select("rust")


def test_a_subinterpreter_is_pure_and_silent() -> None:
    assert _backend.select("", refused) == (
        None,
        "nearby._native does not load in subinterpreters.",
    )


@pytest.mark.skipif(_backend.SELECTED is None, reason="the extension is not selected")
def test_subinterpreters_give_the_same_answers() -> None:
    interpreters = pytest.importorskip("_interpreters")  # from Python 3.13 on
    setup = (
        "import os, warnings\n"
        "os.environ['NEARBY_BACKEND'] = ''\n"
        "warnings.simplefilter('error')\n"
        "import nearby\n"
    )
    for kind, backend in (("isolated", "pure"), ("legacy", "native")):
        interpreter = interpreters.create(kind)
        script = f"{setup}{CALLS}assert nearby.BACKEND == {backend!r}"
        failure = interpreters.run_string(interpreter, script)
        interpreters.destroy(interpreter)
        assert failure is None, kind
