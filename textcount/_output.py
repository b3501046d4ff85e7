"""Standard output and standard error of the command, in whole lines."""

from __future__ import annotations

import _thread
import os
import sys
from io import BufferedIOBase, TextIOWrapper

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

PIECE = 4096
"""Maximum bytes in a write, unless a line is longer. On Linux, a write of at most this many bytes
to a pipe is atomic."""

_NO_MEMORY = "not enough memory"

_NO_MEMORY_TO_LOAD = ("failed to map segment", "annot allocate memory")
"""Parts of the messages of glibc's loader if memory runs short while a library is loaded. The first
letter of "Cannot" is left out, because its case varies."""

restore = b""
"""Bytes that erase the progress bar from the terminal; empty if no bar has been drawn."""

at_end: Callable[[], object] = bool
"""A function that prints the lines that the report holds, called before a signal ends the process.
It prints nothing once the report has begun to print. At first it does nothing."""


def open_standard_streams() -> None:
    """Write standard output and standard error in whole lines, and open all standard descriptors.

    The system gives a new file the lowest free number. So a file that is opened while standard
    input is closed would be taken for standard input.
    """
    for number in range(3):
        # Open descriptor 0 so that reading fails, as it does from a closed descriptor.
        if not (_is_open(number) or (number == 0 and _open_nothing())):
            os.open(os.devnull, os.O_WRONLY)
    if os.name == "posix":  # a console of Windows takes text and not bytes
        sys.stdout, sys.stderr = map(_in_lines, (sys.stdout, sys.stderr))


def _open_nothing() -> bool:
    """Open a symbolic link itself; return False where the system cannot.

    On Linux, opening ``/dev/stdin`` opens the file of descriptor 0 again. If descriptor 0 is the
    null device, that succeeds, and the text is empty. If it is a symbolic link, that fails.
    """
    try:
        os.open("/proc/self", os.O_PATH | os.O_NOFOLLOW)
    except (AttributeError, OSError):  # only Linux has O_PATH
        return False
    return True


def _is_open(number: int) -> bool:
    try:
        os.fstat(number)
    except OSError:
        return False
    return True


def _in_lines(stream: Any) -> Any:
    if not isinstance(stream, TextIOWrapper):
        return stream
    return TextIOWrapper(
        LineWriter(stream.fileno()),
        stream.encoding,
        stream.errors,
        newline="\n",
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )


def shortage(error: Exception) -> str:
    """Return why a run ends early: memory or descriptors run short, or a module is broken."""
    if isinstance(error, MemoryError):
        return _NO_MEMORY
    reason = getattr(error, "strerror", None) or str(error)
    # Python may lose a MemoryError, and raise SystemError in its place.
    if isinstance(error, SystemError) or any(text in reason for text in _NO_MEMORY_TO_LOAD):
        reason = f"{_NO_MEMORY}: {reason}"
    name = getattr(error, "filename", None)
    return f"{name}: {reason}" if name else reason


def finish() -> None:
    """Erase the progress bar, and write the lines that are held or pending.

    A signal handler calls this.

    If the signal interrupted a write, write no line. The interrupted write may already have
    written the pending lines, and a second write would repeat them.
    """
    if restore:
        os.write(2, restore)
    stream: Any = sys.stdout
    writer = getattr(stream, "buffer", None)
    if isinstance(writer, LineWriter):
        writer.is_ending = True
        if writer.is_writing:
            return
    at_end()
    if stream is not None:
        stream.flush()


class LineWriter(BufferedIOBase):
    """A binary stream that writes whole lines to a descriptor.

    If the descriptor is non-blocking and its reader is slow, the stream waits for the reader.

    Args:
        number: the descriptor, which stays open.

    Attributes:
        name: the descriptor, as the files of Python name it.
        is_ending: true if ``flush`` must write nothing. A line without an end then stays pending.
        end: the byte at the end of each line.
    """

    def __init__(self, number: int) -> None:
        self.is_ending = False
        self.end = b"\n"
        self.name = number
        self._pending = b""
        self._lock = _thread.allocate_lock()  # messages may come from another thread

    @property
    def is_writing(self) -> bool:
        """True while a write is under way."""
        return self._lock.locked()

    def fileno(self) -> int:
        return self.name

    def isatty(self) -> bool:
        return os.isatty(self.name)

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        with self._lock:
            self._pending += data
            self._write(self._pending.rfind(self.end) + 1)
        return len(data)

    def flush(self) -> None:
        if not self.is_ending:
            with self._lock:
                self._write(len(self._pending))

    def _write(self, size: int) -> None:
        """Write the first ``size`` pending bytes. A failed write leaves its bytes pending."""
        data = self._pending
        start = 0
        try:
            while start < size:
                stop = data.rfind(self.end, start, start + PIECE) + 1
                if not stop:  # a longer line, or a line without an end
                    stop = data.find(self.end, start) + 1 or size
                start += self._write_some(data[start:stop])
        finally:
            self._pending = data[start:]

    def _write_some(self, data: bytes) -> int:
        """Write once; return the number of bytes written. If there is no room, wait; return 0."""
        try:
            return os.write(self.name, data)
        except BlockingIOError:
            import select

            waiting = select.poll()
            waiting.register(self.name, select.POLLOUT)
            waiting.poll()
            return 0
