r"""Escape the characters that an output cannot show, as in Python: ``\n``, ``\x1b``, ``\udcff``.

If a character of a text is escaped, the backslashes of the text are escaped, too. So a line feed
is shown as ``\n``, and beside it the characters ``\n`` as ``\\n``.
"""

from __future__ import annotations

import os
import re

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TextIO

_ESCAPE = r"\\([\\nrt]|x[0-9a-f]{2}|u[0-9a-f]{4}|U[0-9a-f]{8})"


def printable(text: str, stream: TextIO | None) -> str:
    """Escape control and invisible characters, and characters that the stream cannot encode."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return _escaped(text, lambda part: part.isprintable() and _can_encode(part, encoding))


def printable_name(name: str, stream: TextIO | None) -> str:
    r"""Escape a name as ``printable`` does, and also one that looks as if it had been escaped.

    So no two names look the same. On Windows, a backslash separates directories, and ``\new``
    stays as it is.
    """
    shown = printable(name, stream)
    if "\\" in name and shown == name and os.sep != "\\" and re.search(_ESCAPE, name):
        return name.replace("\\", "\\\\")
    return shown


def encodable(text: str, stream: TextIO | None = None) -> str:
    """Escape characters that the stream, or without a stream UTF-8, cannot encode."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return _escaped(text, lambda part: _can_encode(part, encoding))


def _escaped(text: str, can_show: Callable[[str], bool]) -> str:
    """Return the text. If a character cannot be shown, escape it and all backslashes."""
    if can_show(text):
        return text
    return "".join(char if can_show(char) and char != "\\" else ascii(char)[1:-1] for char in text)


def _can_encode(text: str, encoding: str) -> bool:
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
