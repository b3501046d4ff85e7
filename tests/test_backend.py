"""An import selects the demanded backend, or else native if possible, and reports why."""

import os
import shutil
import sys
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zipfile import ZipFile

import pytest
from helpers import python, without_coverage

import textcount
from textcount import _backend, _pure

PACKAGE = Path(textcount.__file__).parent
SUFFIX = EXTENSION_SUFFIXES[0]
SHOW = "import textcount; print(textcount.BACKEND); print(textcount.BACKEND_REASON)"
ABSENT = ModuleNotFoundError("No module named 'textcount._native'", name="textcount._native")
pytestmark = pytest.mark.own_backend
needs_native = pytest.mark.skipif(textcount.BACKEND == "pure", reason="needs the extension")
needs_remedy = pytest.mark.skipif(not _backend.IS_BUILDABLE, reason="nothing builds the extension")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a copy of the package without its extension."""
    names = [path.name for path in PACKAGE.glob("_native.*") if path.suffix != ".pyi"]
    ignored = shutil.ignore_patterns(*names, "_build.txt", "__pycache__")
    return Path(shutil.copytree(PACKAGE, tmp_path / "textcount", ignore=ignored))


def run(folder: Path, script: str = SHOW, **environment: str) -> tuple[int, str, str]:
    """Run a script in a folder, with all warnings shown; return the status, stdout and stderr.

    If the folder holds a copy of the package, or PYTHONPATH is given, the script imports that.
    """
    # Without site-packages, a copy cannot import the installed extension.
    site = ["-S"] if (folder / "textcount").exists() or "PYTHONPATH" in environment else []
    variables = {**without_coverage(), "TEXTCOUNT_BACKEND": "", **environment}
    result = python(*site, "-W", "always", "-c", script, cwd=folder, env=variables)
    return result.returncode, result.stdout, result.stderr


# Processes that import the package, or a copy of it


def test_pure_never_imports_the_extension(copy: Path) -> None:
    (copy / "_native.py").write_text("raise SystemExit('imported')", encoding="utf-8")
    outcome = run(copy.parent, TEXTCOUNT_BACKEND="pure")
    assert outcome == (0, "pure\nTEXTCOUNT_BACKEND=pure is set.\n", "")


@needs_remedy
def test_without_the_extension_pure_is_selected_without_a_warning(copy: Path) -> None:
    status, output, errors = run(copy.parent)
    assert (status, errors) == (0, "")
    assert output.startswith("pure\ntextcount._native is not installed. To mend it, repeat your")


def test_without_the_extension_demanding_native_is_an_error(copy: Path) -> None:
    status, output, errors = run(copy.parent, TEXTCOUNT_BACKEND="native")
    assert (status, output) == (1, "")
    assert "ModuleNotFoundError: No module named 'textcount._native'" in errors
    assert "direct cause" in errors
    absence = "is not installed" if _backend.IS_BUILDABLE else "is not made for"
    assert f"ImportError: TEXTCOUNT_BACKEND=native, but textcount._native {absence}" in errors


@needs_remedy
def test_the_reason_that_the_build_wrote_is_quoted(copy: Path) -> None:
    (copy / "_build.txt").write_text("no cargo was found.\n", encoding="utf-8")
    expected = "pure\ntextcount._native is not installed: no cargo was found.\n"
    assert run(copy.parent) == (0, expected, "")


@needs_remedy
def test_in_a_source_folder_the_reason_names_the_folder(copy: Path, tmp_path: Path) -> None:
    make_source(copy)
    status, output, errors = run(tmp_path)
    assert (status, errors) == (0, "")
    assert output == (
        "pure\ntextcount._native is not installed: Python imported the source folder "
        f"{tmp_path}, in which it is not built. If textcount is installed, Python imports that "
        f"when started in another folder. To build it there, run in {tmp_path}: "
        "pip install --force-reinstall --no-cache-dir -e . (uv: uv sync --reinstall --no-cache)\n"
    )


@needs_native
def test_outside_the_source_folder_the_installed_package_is_imported(
    copy: Path, tmp_path: Path
) -> None:
    make_source(copy)
    (tmp_path / "elsewhere").mkdir()
    assert run(tmp_path)[1].startswith("pure\n")
    assert run(tmp_path / "elsewhere")[1].startswith("native\n")


def test_a_broken_extension_in_a_source_folder_is_mended_there(copy: Path, tmp_path: Path) -> None:
    make_source(copy)
    for name in ("_native.cpython-39-somewhere.so", f"_native{SUFFIX}"):
        (copy / name).touch()
        errors = run(tmp_path)[2]
        assert errors.count("Warning") == 1
        assert f"To build it there, run in {tmp_path}: pip install --force-reinstall" in errors


def make_source(copy: Path) -> None:
    """Make a copy of the package the package of a source folder."""
    (copy.parent / "rust").mkdir()
    (copy.parent / "rust/Cargo.toml").touch()


def make_zip(folder: Path, archive: Path) -> Path:
    """Put a package into a zip file; return the file."""
    with ZipFile(archive, "w") as file:
        for path in folder.iterdir():
            file.write(path, f"{folder.name}/{path.name}")
    return archive


def test_in_a_zip_file_without_a_library_pure_is_selected_without_a_warning(
    copy: Path, tmp_path: Path
) -> None:
    (copy / "_build.txt").write_text("no cargo was found.", encoding="utf-8")
    archive = make_zip(copy, tmp_path / "app.zip")
    (tmp_path / "elsewhere").mkdir()
    status, output, errors = run(tmp_path / "elsewhere", PYTHONPATH=str(archive))
    assert (status, errors) == (0, "")
    assert output == (
        "pure\ntextcount._native is not loaded: Python cannot load a library from a zip file, "
        f"and textcount is in {archive}. To use it, install textcount.\n"
    )


@needs_native
def test_a_library_in_a_zip_file_gives_a_warning_and_is_loaded_once_unpacked(
    copy: Path, tmp_path: Path
) -> None:
    shutil.copy(PACKAGE / f"_native{SUFFIX}", copy)
    archive = make_zip(copy, tmp_path / "app.zip")
    (tmp_path / "elsewhere").mkdir()
    status, output, errors = run(tmp_path / "elsewhere", PYTHONPATH=str(archive))
    assert (status, output[:5]) == (0, "pure\n")
    assert errors.count("Warning") == 1
    assert f"textcount is in {archive}. To use it, install textcount or unpack that" in errors
    shutil.unpack_archive(archive, tmp_path / "unpacked")
    outcome = run(tmp_path / "elsewhere", PYTHONPATH=str(tmp_path / "unpacked"))
    assert (outcome[1].splitlines()[0], outcome[2]) == ("native", "")


BROKEN = {
    "empty": (f"_native{SUFFIX}", b"", "ImportError: "),
    "not a library": (f"_native{SUFFIX}", b"not a library" * 100, "ImportError: "),
    "raises": (
        "_native.py",
        b"raise SystemError('a symbol is missing')",
        "SystemError: a symbol is missing",
    ),
    "panics": (
        "_native.py",
        b"class Panic(BaseException): pass\nraise Panic('panicked')",
        "Panic: panicked",
    ),
    "another version": (
        "_native.py",
        b"__version__ = '0.9'\ndef count_occurrences(): pass",
        f"its version is 0.9, that of textcount {textcount.__version__}",
    ),
    "no version": (
        "_native.py",
        b"def count_occurrences(): pass",
        "has no attribute '__version__'",
    ),
    "no function": (
        "_native.py",
        f"__version__ = '{textcount.__version__}'".encode(),
        "has no attribute 'count_occurrences'",
    ),
    "an older build": (
        "_native.py",
        f"__version__ = '{textcount.__version__}'\ndef count_occurrences(): pass".encode(),
        "has no attribute '_count_part'",
    ),
    "another Python's": (
        "_native.cpython-39-somewhere.so",
        b"",
        "is not for this Python: there is _native.cpython-39-somewhere.so",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_an_unusable_extension_gives_one_warning_with_the_cause(copy: Path, case: str) -> None:
    name, content, why = BROKEN[case]
    (copy / name).write_bytes(content)
    status, output, errors = run(copy.parent)
    assert (status, output.splitlines()[0]) == (0, "pure")
    assert why in output
    assert "repeat your install command with --force-reinstall --no-cache-dir" in output
    assert errors.count("Warning") == 1
    assert errors.startswith("<string>:1: RuntimeWarning: textcount counts in pure Python: ")
    assert why in errors

    status, output, errors = run(copy.parent, TEXTCOUNT_BACKEND="native")
    assert (status, output) == (1, "")
    assert "ImportError: TEXTCOUNT_BACKEND=native, but textcount._native is" in errors
    assert why in errors

    assert run(copy.parent, TEXTCOUNT_BACKEND="pure")[::2] == (0, "")


@needs_native
def test_a_library_built_for_another_version_is_not_used(copy: Path) -> None:
    shutil.copy(PACKAGE / f"_native{SUFFIX}", copy)
    assert run(copy.parent)[1].startswith("native\n")
    version = copy / "_version.py"
    text = version.read_text(encoding="utf-8")
    version.write_text(text.replace(textcount.__version__, "9.9.9"), encoding="utf-8")
    expected = f"its version is {textcount.__version__}, that of textcount 9.9.9"
    assert expected in run(copy.parent)[2]


@pytest.mark.parametrize("value", ["fast", "true", "native "])
def test_an_unknown_choice_lists_the_choices(copy: Path, value: str) -> None:
    status, _, errors = run(copy.parent, TEXTCOUNT_BACKEND=value)
    assert status == 1
    expected = f"ValueError: TEXTCOUNT_BACKEND={value!r} is not one of auto, native, pure\n"
    assert errors.endswith(expected)


@pytest.mark.parametrize("value", ["PURE", "Pure"])
def test_the_choice_may_be_in_any_case(copy: Path, value: str) -> None:
    expected = "pure\nTEXTCOUNT_BACKEND=pure is set.\n"
    assert run(copy.parent, TEXTCOUNT_BACKEND=value)[1] == expected


@needs_native
@pytest.mark.parametrize("value", ["", "auto", "AUTO", "native", "Native"])
def test_native_is_selected_if_it_is_installed(value: str, tmp_path: Path) -> None:
    expected = f"native\ntextcount._native {textcount.__version__} is installed.\n"
    assert run(tmp_path, TEXTCOUNT_BACKEND=value) == (0, expected, "")


SUBINTERPRETER = """
try:
    import _interpreters
except ImportError:
    import _xxsubinterpreters as _interpreters
script = '''import textcount
assert textcount.count_occurrences("a b a", "a") == 2
print(textcount.BACKEND)
print(textcount.BACKEND_REASON)'''
inside = _interpreters.create()
failure = _interpreters.run_string(inside, script)
_interpreters.destroy(inside)
if failure:
    raise SystemExit(str(failure))
"""


@needs_native
@pytest.mark.skipif(
    sys.version_info < (3, 12),
    reason="before 3.12, subinterpreters share the GIL",
)
def test_a_subinterpreter_selects_pure_without_a_warning(tmp_path: Path) -> None:
    expected = "pure\ntextcount._native does not load in subinterpreters.\n"
    assert run(tmp_path, SUBINTERPRETER) == (0, expected, "")


POOL = """
from concurrent import interpreters
from concurrent.futures import InterpreterPoolExecutor
import textcount
if __name__ == "__main__":
    with InterpreterPoolExecutor(2) as pool:
        print(*pool.map(textcount.count_occurrences, ["a b a", "b a"], ["a", "a"]), flush=True)
        print(pool.submit(eval, "__import__('textcount').BACKEND").result(), flush=True)
    inside = interpreters.create()
    inside.exec("import textcount; print(textcount.BACKEND, flush=True)")
    print(inside.call(textcount.count_occurrences, "a b a", "a"), flush=True)
    inside.close()
    print(textcount.BACKEND)
"""


@needs_native
@pytest.mark.skipif(
    sys.version_info < (3, 14), reason="needs concurrent.interpreters, new in Python 3.14"
)
def test_public_interpreters_and_their_pool_count_without_a_warning(tmp_path: Path) -> None:
    (tmp_path / "pool.py").write_text(POOL, encoding="utf-8")
    status, output, errors = run(
        tmp_path, "import runpy; runpy.run_path('pool.py', run_name='__main__')"
    )
    assert (status, errors) == (0, "")
    assert output.splitlines() == ["2 1", "pure", "pure", "2", "native"]


def test_the_command_prints_the_backend_and_the_reason(tmp_path: Path) -> None:
    script = "from textcount.cli import main; main(['--version'])"
    status, output, _ = run(tmp_path, script, TEXTCOUNT_BACKEND="pure")
    assert status == 0
    assert output.splitlines() == [
        f"textcount {textcount.__version__}",
        "backend: pure",
        "TEXTCOUNT_BACKEND=pure is set.",
        f"{sys.implementation.name} {sys.version.split()[0]}, {sys.platform}",
    ]


@needs_native
def test_the_command_prints_the_kernel_in_use_on_a_line_of_its_own(tmp_path: Path) -> None:
    script = "from textcount.cli import main; main(['--version'])"
    status, output, _ = run(tmp_path, script, TEXTCOUNT_BACKEND="native")
    assert status == 0
    from textcount import _native

    assert output.splitlines()[1:3] == ["backend: native", f"kernel: {_native._kernels[-1]}"]


# In this process, where coverage sees every branch


def failing(error: BaseException) -> Any:
    """Return a function that raises an error instead of loading the extension."""

    def load() -> Any:
        raise error

    return load


def test_a_working_extension_is_selected_unless_pure_is_demanded() -> None:
    native = SimpleNamespace(
        __version__=textcount.__version__,
        count_occurrences=len,
        _count_part=max,
        _kernels=("portable", "fast"),
    )
    for choice in ("", "native"):
        selected = _backend.select(choice, lambda: native)
        assert selected.name == "native"
        assert selected.count is native.count_occurrences
        assert selected.count_part is native._count_part
        assert selected.kernel == "fast"
    selected = _backend.select("pure", failing(AssertionError()))
    assert (selected.name, selected.count_part, selected.kernel) == ("pure", None, "")
    assert selected.count is _pure.count_occurrences


def test_an_extension_of_another_version_is_not_selected() -> None:
    native = SimpleNamespace(__version__="0.9", count_occurrences=len)
    with pytest.warns(RuntimeWarning, match="its version is 0.9"):
        assert _backend.select("", lambda: native).name == "pure"


def test_an_interrupt_is_not_mistaken_for_a_broken_extension() -> None:
    for error in (KeyboardInterrupt(), SystemExit()):
        with pytest.raises(type(error)):
            _backend.select("", failing(error))


def test_each_cause_has_its_own_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_backend, "IS_BUILDABLE", True)
    folder = str(tmp_path)
    refused = ImportError("module textcount._native does not support loading in subinterpreters")
    assert "subinterpreters" in _backend.select("", failing(refused), folder).reason
    with pytest.warns(RuntimeWarning, match="file too short"):
        _backend.select("", failing(ImportError("/subinterpreters/a.so: file too short")), folder)
    assert "is not installed. " in _backend.select("", failing(ABSENT), folder).reason
    assert "is not installed. " in _backend.select("", failing(ABSENT), folder + "/no.zip").reason
    with pytest.raises(ImportError, match="but textcount._native is not installed") as error:
        _backend.select("native", failing(ABSENT), folder)
    assert error.value.__cause__ is ABSENT
    with pytest.warns(RuntimeWarning, match=r"cannot be used \(OSError: odd\)"):
        _backend.select("", failing(OSError("odd")), folder)
    (tmp_path / "_native.pyd").touch()
    with pytest.warns(RuntimeWarning, match=r"not for this Python: there is _native\.pyd"):
        _backend.select("", failing(ABSENT), folder)
    (tmp_path / "_build.txt").write_text("no cargo was found.", encoding="utf-8")
    assert _backend.select("", failing(ABSENT), folder).reason.endswith("no cargo was found.")


def test_in_a_source_folder_each_cause_has_its_own_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_backend, "IS_BUILDABLE", True)
    folder = tmp_path / "textcount"
    folder.mkdir()
    make_source(folder)
    assert "the source folder" in _backend.select("", failing(ABSENT), str(folder)).reason
    with pytest.warns(RuntimeWarning, match=r"\(OSError: odd\)\. To build it there, run in"):
        _backend.select("", failing(OSError("odd")), str(folder))


def test_in_a_zip_file_a_warning_is_due_only_if_a_library_is_in_it(tmp_path: Path) -> None:
    folder = tmp_path / "textcount"
    folder.mkdir()
    (folder / "_native.pyi").touch()
    archive = str(make_zip(folder, tmp_path / "app.zip"))
    inside = os.path.join(archive, "textcount")
    selected = _backend.select("", failing(ABSENT), inside, archive)
    assert selected.reason.endswith(f"textcount is in {archive}. To use it, install textcount.")
    (folder / "_native.cpython-39-somewhere.so").touch()
    make_zip(folder, Path(archive))
    with pytest.warns(RuntimeWarning, match="To use it, install textcount or unpack that file"):
        _backend.select("", failing(ABSENT), inside, archive)


def test_where_nothing_builds_the_extension_no_remedy_is_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_backend, "IS_BUILDABLE", False)
    for _ in range(2):
        reason = _backend.select("", failing(ABSENT), str(tmp_path)).reason
        assert reason.startswith("textcount._native is not made for ")
        assert "install" not in reason
        (tmp_path / "_build.txt").write_text("no cargo. To build it, install", encoding="utf-8")


def test_an_unknown_choice_is_refused() -> None:
    with pytest.raises(ValueError, match="auto, native, pure"):
        _backend.select("fast")


def test_load_returns_the_extension(monkeypatch: pytest.MonkeyPatch) -> None:
    extension: Any = SimpleNamespace()
    monkeypatch.setitem(sys.modules, "textcount._native", extension)
    monkeypatch.setattr(textcount, "_native", extension, raising=False)
    assert _backend.load() is extension
