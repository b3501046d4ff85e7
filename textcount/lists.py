"""The paths in the lists of ``--files-from``."""

from __future__ import annotations

import os
import select
import sys

from textcount._sources import PAUSE, Source
from textcount.escape import printable_name
from textcount.parser import STDIN, CannotRun
from textcount.report import flush

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

PIECE = 1 << 16
"""Maximum bytes of a list that are read at a time."""

LONGEST = 1 << 17
"""Maximum bytes of a path in a list. No system allows paths this long, so such a list has another
separator, or is no list."""


class PathList:
    """A list of paths, which may be a pipe and need not end.

    The list is opened at once, so that a missing list is an error before anything is printed.

    Args:
        name: the name of the list, or "-" for standard input.
        separator: the byte that ends each path.

    Raises:
        CannotRun: the list cannot be opened.
    """

    def __init__(self, name: str, separator: bytes) -> None:
        self._name = name
        self._separator = separator
        try:
            self._number = STDIN if name == "-" else os.open(name, os.O_RDONLY)
        except OSError as error:
            raise self._fault(error) from None

    def sources(self) -> Iterator[Source]:
        """Yield a source for each path, as soon as the path has been read to its end.

        Yield PAUSE before waiting for more of the list, so that the results of the paths so far
        are printed. Skip empty lines, because no file has an empty name.

        Raises:
            CannotRun: the list cannot be read, or has a name that no file can have.
        """
        rest = b""
        try:
            while True:
                if self._may_wait():
                    yield PAUSE
                    flush()
                data = os.read(self._number, PIECE)
                # At the end of the list, the last path needs no separator.
                *names, rest = (rest + (data or self._separator)).split(self._separator)
                for name in filter(None, names):
                    yield Source(_decode(name), is_listed=True)
                self._check(rest)
                if not data:
                    return
        except (OSError, UnicodeError) as error:
            raise self._fault(error) from None
        finally:
            if self._number != STDIN:
                os.close(self._number)

    def _check(self, rest: bytes) -> None:
        """Raise an error for the start of a path that no more of the list can mend.

        Without this, a list with another separator would be read to its end, and kept in memory.
        """
        if b"\0" in rest:
            _decode(rest)
        if len(rest) > LONGEST:
            how = "with" if self._separator == b"\n" else "without"
            raise UnicodeError(
                f"a path is longer than {LONGEST} bytes; was the list made for reading {how} -0?"
            )

    def _may_wait(self) -> bool:
        """Return whether reading may wait. On Windows this is unknown, and the result is False."""
        try:
            return not select.select([self._number], [], [], 0)[0]
        except (OSError, ValueError):  # ValueError: the number of the descriptor is too large
            return False

    def _fault(self, error: OSError | UnicodeError) -> CannotRun:
        name = printable_name(self._name, sys.stderr)
        return CannotRun(f"--files-from {name}: {getattr(error, 'strerror', None) or error}")


def _decode(name: bytes) -> str:
    if b"\0" in name:
        raise UnicodeError("a path has a NUL in it; -0 reads paths that end with NUL")
    return os.fsdecode(name)
