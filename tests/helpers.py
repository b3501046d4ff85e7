"""Helpers of the tests: the command, terminals, small limits, records that compare."""

import contextlib
import io
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import pytest

from textcount import FileCount, _limits, cli

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX files, signals and terminals")

DEADLINE = 60
"""Seconds after which something that must happen counts as not happening."""


def limits(**changes: Any) -> Any:
    """Return a context in which some of the package's limits are others.

    The names are those of ``textcount._limits``.
    """
    return mock.patch.multiple(_limits, **changes)


def with_workers(jobs: int) -> Any:
    """Return a context in which the package believes that there are so many processors."""
    return limits(cores=lambda: jobs)


def as_tuples(records: Iterable[FileCount]) -> list[tuple[Any, ...]]:
    """Return the fields of records; of an error, its type, its text and its arguments."""
    return [
        (
            each.path,
            dict(each.counts),
            each.size,
            type(each.error),
            str(each.error),
            getattr(each.error, "args", ()),
        )
        for each in records
    ]


def wait_until(condition: Callable[[], object]) -> None:
    """Wait until a condition holds; fail at the deadline."""
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, condition
        time.sleep(0.01)


# The command


def command(*arguments: object) -> list[str]:
    """Return the command line that runs textcount."""
    return [sys.executable, "-m", "textcount", *map(str, arguments)]


def run(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the command in a process of its own.

    Its output is text, with lone surrogates for bytes that are not UTF-8. Options are those
    of ``subprocess.run``.
    """
    options = {
        "input": "",
        "capture_output": True,
        "encoding": "utf-8",
        "errors": "surrogateescape",
        "timeout": DEADLINE,
        **options,
    }
    return subprocess.run(command(*arguments), check=False, **options)


def outcome(*arguments: object) -> tuple[int, str, str]:
    """Run the command in this process; return its status, its output and its errors."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="\n") for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = cli.main([*map(str, arguments)])
    out.flush()
    err.flush()
    printed = [stream.detach().getvalue().decode() for stream in (out, err)]
    return status, printed[0], printed[1]


def without_coverage() -> dict[str, str]:
    """Return the environment without coverage, whose lock Ctrl-C may leave closed."""
    return {name: os.environ[name] for name in os.environ if not name.startswith("COVERAGE")}


# Terminals


class Terminal:
    """A pseudo-terminal of 80 columns.

    Attributes:
        descriptor: the side that a command writes to.
        environment: the variables of a command that has this terminal.
    """

    def __init__(self, terminal: int, descriptor: int) -> None:
        self.descriptor = descriptor
        self.environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
        self._terminal = terminal
        self._shown: list[bytes] = []
        # A terminal that nobody reads soon takes no more.
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # the other side has been closed
            while data := os.read(self._terminal, 4096):
                self._shown.append(data)

    def close(self) -> None:
        """Close the commands' side and wait for the rest of what was shown."""
        if self._reader.is_alive():
            os.close(self.descriptor)
            self._reader.join()
            os.close(self._terminal)

    def shown(self) -> str:
        """Close the terminal; return all that it has shown."""
        self.close()
        return b"".join(self._shown).decode(errors="ignore").replace("\r\n", "\n")


@contextmanager
def open_terminal() -> Iterator[Terminal]:
    """Open a pseudo-terminal."""
    import pty

    terminal = Terminal(*pty.openpty())
    try:
        yield terminal
    finally:
        terminal.close()
