"""Select, once, at import, the extension or Python."""

from __future__ import annotations

import os
import warnings
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from nearby._version import __version__

if TYPE_CHECKING:
    from collections.abc import Callable

Function = TypeVar("Function", bound="Callable[..., Any]")

CHOICES = ("auto", "native", "pure")
EXTENSION = "nearby._native"
SWITCH = "NEARBY_BACKEND"
HERE = Path(__file__).parent
LIBRARIES = (".so", ".pyd")
"""The endings of compiled files: a stub, _native.pyi, is none."""


def load() -> Any:
    """Import the extension; raise ImportError if it is of another version or Python."""
    try:
        extension = import_module(EXTENSION)
    except ModuleNotFoundError:
        others = [path.name for path in sorted(HERE.glob("_native.*")) if path.suffix in LIBRARIES]
        if others:
            raise ImportError(f"{', '.join(others)} is for another Python") from None
        raise
    if extension.__version__ != __version__:
        raise ImportError(f"its version is {extension.__version__}, not {__version__}")
    return extension


def select(choice: str, load: Callable[[], Any] = load) -> tuple[Any, str]:
    """Return the extension, or None for Python, and why it was selected."""
    wanted = choice.lower() or "auto"
    if wanted not in CHOICES:
        raise ValueError(f"{SWITCH}={choice!r} is not one of {', '.join(CHOICES)}")
    if wanted == "pure":
        return None, f"{SWITCH}=pure is set."
    try:
        return load(), f"{EXTENSION} {__version__} is installed."
    except (KeyboardInterrupt, SystemExit):
        raise
    except BaseException as error:  # a panic in the extension is not an Exception
        is_fault = False
        if isinstance(error, ModuleNotFoundError) and error.name == EXTENSION:
            reason = f"{EXTENSION} is not installed."
        elif str(error).endswith("does not support loading in subinterpreters"):
            reason = f"{EXTENSION} does not load in subinterpreters."
        else:
            is_fault = True
            reason = f"{EXTENSION} is broken ({type(error).__name__}: {error})."
        if wanted == "native":
            raise ImportError(f"{SWITCH}=native, but {reason}") from error
    if is_fault:
        # Levels 1 and 2 are in this module, 3 is the package's __init__.py, 4 the user's import.
        warnings.warn(f"nearby runs in pure Python: {reason}", RuntimeWarning, stacklevel=4)
    return None, reason


SELECTED, BACKEND_REASON = select(os.environ.get(SWITCH, ""))
BACKEND = "native" if SELECTED else "pure"
PYTHON: dict[str, Callable[..., Any]] = {}
"""The functions in Python, for the extension and for tests."""


def native(function: Function) -> Function:
    """Replace a function by the extension's of the same name, if the extension is selected."""
    PYTHON[function.__name__] = function
    if SELECTED is None:
        return function
    replacement: Function = getattr(SELECTED, function.__name__)
    replacement.__module__ = function.__module__  # pickles name it
    return replacement
