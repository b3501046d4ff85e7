"""Chooses, once, at import, which ``count_occurrences`` the package offers."""

from __future__ import annotations

import os
import warnings

from textcount import __version__, _pure

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Literal

    Backend = Literal["native", "pure"]
    Selection = tuple[Callable[[str | bytes, str], int], Backend, str]

CHOICES = ("auto", "native", "pure")
EXTENSION = "textcount._native"
PART = "_count_part"
FOLDER = os.path.dirname(__file__)
LIBRARIES = (".so", ".pyd", ".dylib")
REFUSALS = ("does not support loading in subinterpreters",)
"""How the import of an extension ends that CPython refuses to a subinterpreter."""
REINSTALL = "To mend it: pip install --force-reinstall --no-cache-dir textcount."


def load() -> Any:
    """Import the extension."""
    import textcount._native as native

    return native


def select(choice: str, load: Callable[[], Any] = load, folder: str = FOLDER) -> Selection:
    """The function to use, the backend it is of, and a sentence that says why.

    Args:
        choice: the value of ``TEXTCOUNT_BACKEND``.
        load: imports the extension.
        folder: where the package is installed.

    Raises:
        ValueError: choice is none of ``CHOICES``.
        ImportError: choice demands a backend that cannot be had.
    """
    wanted = choice.lower() or "auto"
    if wanted not in CHOICES:
        raise ValueError(f"TEXTCOUNT_BACKEND={choice!r} is not one of {', '.join(CHOICES)}")
    if wanted == "pure":
        return _pure.count_occurrences, "pure", "TEXTCOUNT_BACKEND=pure is set."
    try:
        function = _checked(load())
        return function, "native", f"{EXTENSION} {__version__} is installed."
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic in the extension is no Exception
        reason, is_fault = _diagnose(error, folder)
        if wanted == "native":
            raise ImportError(f"TEXTCOUNT_BACKEND=native, but {reason}") from error
    if is_fault:
        # Level 4 is the import of textcount: above are this module and the package.
        warnings.warn(f"textcount counts in pure Python: {reason}", RuntimeWarning, stacklevel=4)
    return _pure.count_occurrences, "pure", reason


def _checked(native: Any) -> Callable[[str | bytes, str], int]:
    """The extension's function, if the extension is this package's."""
    if native.__version__ != __version__:
        versions = f"its version is {native.__version__}, that of textcount {__version__}"
        raise ImportError(versions)
    function: Callable[[str | bytes, str], int] = native.count_occurrences
    getattr(native, PART)  # an older build of this version has none
    return function


def _diagnose(error: BaseException, folder: str) -> tuple[str, bool]:
    """Say why the extension cannot be used, and whether that is somebody's fault."""
    if isinstance(error, ModuleNotFoundError) and error.name == EXTENSION:
        built_without = _build_reason(folder)
        if built_without:
            return f"{EXTENSION} is not installed: {built_without}", False
        foreign = _foreign_libraries(folder)
        if foreign:
            return f"{EXTENSION} is not for this Python: there is {foreign}. {REINSTALL}", True
        return f"{EXTENSION} is not installed. {REINSTALL}", False
    if isinstance(error, ImportError) and str(error).endswith(REFUSALS):
        return f"{EXTENSION} does not load in subinterpreters.", False
    fault = f"{type(error).__name__}: {error}"
    return f"{EXTENSION} is installed but cannot be used ({fault}). {REINSTALL}", True


def _build_reason(folder: str) -> str:
    """What the build left, if it went without the extension (see setup.py)."""
    try:
        with open(os.path.join(folder, "_build.txt"), encoding="utf-8") as file:
            return file.read().strip()
    except OSError:
        return ""


def _foreign_libraries(folder: str) -> str:
    try:
        names = sorted(os.listdir(folder))
    except OSError:  # a zip file, say
        return ""
    return ", ".join(
        name for name in names if name.startswith("_native.") and name.endswith(LIBRARIES)
    )


_function, BACKEND, BACKEND_REASON = select(os.environ.get("TEXTCOUNT_BACKEND", ""))
if TYPE_CHECKING:  # type checkers see the Python side, whatever is installed
    count_occurrences = _pure.count_occurrences
else:
    count_occurrences = _function
count_part: Any = getattr(load(), PART) if BACKEND == "native" else None
"""Counts in a part of bytes without a copy of it, which only the extension can."""
