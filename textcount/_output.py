"""Standard output and standard error of the command, in whole lines."""

from __future__ import annotations

import os
import sys
from codecs import getincrementalencoder
from io import TextIOBase, TextIOWrapper

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

PIECE = 4096
"""Maximum bytes in a write, unless a line is longer. Linux adds this many bytes to a pipe
whole or not at all."""

restore = b""
"""Bytes that erase the progress bar from the terminal; empty if no bar has been drawn."""


def open_standard_streams() -> None:
    """Write standard output and standard error in whole lines, and open all standard descriptors.

    The system gives a new file the lowest free number. So a file that is opened while standard
    input is closed would be taken for standard input.
    """
    for number in range(3):
        if not _is_open(number):
            os.open(os.devnull, os.O_WRONLY)  # reading fails, as from a closed descriptor
    if os.name == "posix":  # a console of Windows takes text and not bytes
        sys.stdout, sys.stderr = map(_in_lines, (sys.stdout, sys.stderr))


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def finish() -> None:
    """Erase the progress bar, and write the whole lines that are pending, in a signal's handler."""
    if restore:
        os.write(2, restore)
    stdout: Any = sys.stdout
    if isinstance(stdout, LineStream):
        stdout.write_lines()
    elif stdout is not None:
        stdout.flush()


def _in_lines(stream: Any) -> Any:
    return LineStream(stream) if isinstance(stream, TextIOWrapper) else stream


class LineStream(TextIOBase):
    """A text stream that writes whole lines to the descriptor of another text stream.

    If the descriptor is non-blocking and its reader is slow, the stream waits for the reader.
    """

    encoding = ""
    errors = ""

    def __init__(self, stream: TextIOWrapper) -> None:
        self.encoding = stream.encoding
        self.errors = stream.errors or "strict"
        self._encode = getincrementalencoder(self.encoding)(self.errors).encode
        self._number = stream.fileno()
        self._is_immediate = stream.line_buffering or stream.write_through
        self._pending: list[str] = []
        self._size = 0
        self._is_writing = False

    def fileno(self) -> int:
        return self._number

    def isatty(self) -> bool:
        return os.isatty(self._number)

    def write(self, text: str, /) -> int:
        self._pending.append(text)
        self._size += len(text)
        if (self._is_immediate or self._size >= PIECE) and "\n" in text:
            self._write(whole_lines=True)
        return len(text)

    def flush(self) -> None:
        self._write(whole_lines=False)

    def write_lines(self) -> None:
        """Write the pending whole lines, unless a signal has interrupted a write.

        The interrupted write may have written the lines, and nothing may be written twice.
        """
        if not self._is_writing:
            self._write(whole_lines=True)

    def _write(self, *, whole_lines: bool) -> None:
        """Write the pending text, up to its last whole line or up to its end."""
        self._is_writing = True
        text = "".join(self._pending)
        size = text.rfind("\n") + 1 if whole_lines else len(text)
        most = PIECE if text.isascii() else PIECE // 4
        start = 0
        try:
            while start < size:
                stop = text.rfind("\n", start, start + most) + 1
                if not stop:  # a longer line, or a line without an end
                    stop = text.find("\n", start) + 1 or size
                data = self._encode(text[start:stop])
                while data:
                    data = data[self._write_some(data) :]
                start = stop
        finally:
            self._pending = [text[start:]]
            self._size = len(text) - start
            self._is_writing = False

    def _write_some(self, data: bytes) -> int:
        """Return the number of bytes that the system takes. If it is 0, wait for room first."""
        try:
            return os.write(self._number, data)
        except BlockingIOError:
            import select

            waiting = select.poll()
            waiting.register(self._number, select.POLLOUT)
            waiting.poll()
            return 0
