"""Select the backend at import: the extension or pure Python.

The functions for streams and files look up ``active`` at each use, so that replacing
``active`` replaces the backend of these functions.
"""

from __future__ import annotations

import os
import sys
import warnings

from textcount import _pure
from textcount._version import __version__

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from mmap import mmap
    from typing import Any, Literal

    Name = Literal["native", "pure"]
    CountPart = Callable[[bytes | mmap, int, int, str], int]

CHOICES = ("auto", "native", "pure")
EXTENSION = "textcount._native"
FOLDER = os.path.dirname(__file__)
ARCHIVE: str = getattr(getattr(__spec__, "loader", None), "archive", "")  # of zipimport alone
LIBRARIES = (".so", ".pyd", ".dylib")
REFUSALS = ("does not support loading in subinterpreters",)
"""Endings of CPython's message when it refuses to load an extension in a subinterpreter."""
REPEAT = (
    "repeat your install command with --force-reinstall --no-cache-dir "
    "(pipx: --force --pip-args=--no-cache-dir)."
)
MAKE_EDITABLE = (
    "pip install --force-reinstall --no-cache-dir -e . (uv: uv sync --reinstall --no-cache)"
)
IS_BUILDABLE = sys.implementation.name == "cpython" and sys.platform not in {
    "emscripten",
    "ios",
    "wasi",
}
"""False where no build makes the extension, so that no remedy is given."""


class Backend:
    """A way to count.

    Attributes:
        name: ``"native"`` or ``"pure"``.
        reason: a sentence that says why the backend was selected.
        kernel: the instruction set that the extension uses, or ``"portable"``; ``""`` in pure
            Python.
        count: ``count_occurrences``.
        count_part: counts in a part of a buffer without copying it; ``None`` in pure Python.
    """

    __slots__ = ("count", "count_part", "kernel", "name", "reason")

    def __init__(
        self,
        name: Name,
        reason: str,
        count: Callable[[str | bytes, str], int],
        count_part: CountPart | None = None,
        kernel: str = "",
    ) -> None:
        self.name: Name = name
        self.reason = reason
        self.count = count
        self.count_part = count_part
        self.kernel = kernel


def load() -> Any:
    """Import the extension."""
    import textcount._native as native

    return native


def select(
    choice: str, load: Callable[[], Any] = load, folder: str = FOLDER, archive: str = ARCHIVE
) -> Backend:
    """Return the backend to use.

    Args:
        choice: the value of ``TEXTCOUNT_BACKEND``.
        load: imports the extension.
        folder: where the package is installed.
        archive: the zip file that contains the package, or "".

    Raises:
        ValueError: choice is none of ``CHOICES``.
        ImportError: choice demands a backend that is not available.
    """
    wanted = choice.lower() or "auto"
    if wanted not in CHOICES:
        raise ValueError(f"TEXTCOUNT_BACKEND={choice!r} is not one of {', '.join(CHOICES)}")
    if wanted == "pure":
        return Backend("pure", "TEXTCOUNT_BACKEND=pure is set.", _pure.count_occurrences)
    try:
        return _native_backend(load())
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic in the extension is not an Exception
        reason, is_fault = _diagnose(error, folder, archive)
        if wanted == "native":
            raise ImportError(f"TEXTCOUNT_BACKEND=native, but {reason}") from error
    if is_fault:
        # Stack levels 1 and 2 are in this module, 3 is in the package, 4 is the user's import.
        warnings.warn(f"textcount counts in pure Python: {reason}", RuntimeWarning, stacklevel=4)
    return Backend("pure", reason, _pure.count_occurrences)


def _native_backend(native: Any) -> Backend:
    """Return the extension's backend; raise ImportError if the versions differ."""
    if native.__version__ != __version__:
        versions = f"its version is {native.__version__}, that of textcount {__version__}"
        raise ImportError(versions)
    # An older build of this version has no _count_part; then this line raises AttributeError.
    count, count_part = native.count_occurrences, native._count_part  # noqa: SLF001
    reason = f"{EXTENSION} {__version__} is installed."
    return Backend("native", reason, count, count_part, native._kernels[-1])  # noqa: SLF001


def _diagnose(error: BaseException, folder: str, archive: str) -> tuple[str, bool]:
    """Return why the extension cannot be used, and whether a warning is due."""
    if isinstance(error, ModuleNotFoundError) and error.name == EXTENSION:
        return _explain_absence(folder, archive)
    if isinstance(error, ImportError) and str(error).endswith(REFUSALS):
        return f"{EXTENSION} does not load in subinterpreters.", False
    fault = f"{type(error).__name__}: {error}"
    return f"{EXTENSION} is installed but cannot be used ({fault}). {_remedy(folder)}", True


def _explain_absence(folder: str, archive: str) -> tuple[str, bool]:
    """Return why Python does not find the extension, and whether a warning is due."""
    libraries = ", ".join(_libraries(folder, archive))
    if archive:
        reason = f"{EXTENSION} is not loaded: Python cannot load a library from a zip file"
        ways = "install textcount or unpack that file" if libraries else "install textcount"
        return f"{reason}, and textcount is in {archive}. To use it, {ways}.", bool(libraries)
    built_without = _build_reason(folder)
    if not IS_BUILDABLE and not libraries:
        system = f"{sys.implementation.name} on {sys.platform}"
        return f"{EXTENSION} is not made for {system}.", False
    if built_without:
        return f"{EXTENSION} is not installed: {built_without}", False
    if libraries:
        reason = f"{EXTENSION} is not for this Python: there is {libraries}."
        return f"{reason} {_remedy(folder)}", True
    reason = f"{EXTENSION} is not installed"
    if _is_source(folder):
        where = f"Python imported the source folder {os.path.dirname(folder)}"
        other = "If textcount is installed, Python imports that when started in another folder."
        return f"{reason}: {where}, in which it is not built. {other} {_remedy(folder)}", False
    return f"{reason}. {_remedy(folder)}", False


def _remedy(folder: str) -> str:
    """Return a sentence on how to get an extension that this Python can use."""
    if _is_source(folder):
        return f"To build it there, run in {os.path.dirname(folder)}: {MAKE_EDITABLE}"
    return f"To mend it, {REPEAT}"


def _is_source(folder: str) -> bool:
    """Return whether the package lies in a source folder."""
    return os.path.isfile(os.path.join(os.path.dirname(folder), "rust", "Cargo.toml"))


def _build_reason(folder: str) -> str:
    """Return setup.py's reason for building no extension, or "" if there is none."""
    try:
        with open(os.path.join(folder, "_build.txt"), encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return ""


def _libraries(folder: str, archive: str) -> list[str]:
    """Return the names of the libraries in the package that some Python could load."""
    try:
        if archive:
            from zipfile import ZipFile

            with ZipFile(archive) as file:
                inside = folder[len(archive) + 1 :].replace(os.sep, "/") + "/"
                paths = [name for name in file.namelist() if name.startswith(inside)]
                names = [path.removeprefix(inside) for path in paths]
        else:
            names = os.listdir(folder)
    except OSError:  # an importer of another kind has the package
        return []
    return sorted(
        name for name in names if name.startswith("_native.") and name.endswith(LIBRARIES)
    )


def threads_help() -> bool:
    """Return whether several threads count local files faster than one.

    The extension releases the GIL while it counts. A free-threaded Python has no GIL.
    """
    return active.name == "native" or not has_gil()


def has_gil() -> bool:
    """Return whether only one thread at a time runs Python code."""
    return getattr(sys, "_is_gil_enabled", lambda: True)()


active = select(os.environ.get("TEXTCOUNT_BACKEND", ""))
