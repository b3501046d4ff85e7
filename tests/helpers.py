"""The helpers of the tests run the command, open terminals, shrink limits and compare records."""

import contextlib
import io
import os
import pickle
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from textcount import FileCount, _limits, cli

posix = pytest.mark.skipif(os.name != "posix", reason="needs POSIX files, signals and terminals")
needs_threads = pytest.mark.skipif(
    sys.platform == "emscripten", reason="needs threads and processes"
)

DEADLINE = 60
"""Maximum time in seconds that a test waits for an event."""


def limits(**changes: Any) -> Any:
    """Return a context in which attributes of ``_limits`` have other values."""
    return mock.patch.multiple(_limits, **changes)


def with_workers(jobs: int) -> Any:
    """Return a context in which the package starts at most ``jobs`` workers."""
    return limits(cores=lambda: jobs)


def as_tuples(records: Iterable[FileCount]) -> list[tuple[Any, ...]]:
    """Convert records to tuples; an error becomes its type, text and arguments."""
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


C_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
"""Environment variables for the C locale without UTF-8 mode."""


def wait_until(condition: Callable[[], object]) -> None:
    """Wait until a condition holds; fail at the deadline."""
    deadline = time.monotonic() + DEADLINE
    while not condition():
        assert time.monotonic() < deadline, condition
        time.sleep(0.01)


def wait_until_empty(pipe: int) -> None:
    """Wait until a pipe, given by the descriptor of its reading end, is empty."""
    wait_until(lambda: not select.select([pipe], [], [], 0)[0])


def peak_memory(action: Callable[[], object]) -> int:
    """Run an action; return the peak memory of Python's objects in bytes."""
    tracemalloc = pytest.importorskip("tracemalloc", exc_type=ImportError)  # PyPy has none
    tracemalloc.start()
    try:
        action()
        peak: int = tracemalloc.get_traced_memory()[1]
        return peak
    finally:
        tracemalloc.stop()


# Files


def write_blank(path: Path, size: int) -> None:
    """Write a sparse file of NUL bytes, which are one long word."""
    with path.open("wb") as file:
        file.truncate(size)


@contextmanager
def without_privileges() -> Iterator[None]:
    """Drop root's privileges until the context ends, because root may read every file."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(user)


# The command


def python(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run this interpreter in a subprocess, and wait until the subprocess exits.

    Standard input is empty. Standard output and standard error are captured as text, with lone
    surrogates for bytes that are not UTF-8. Options are passed to ``subprocess.run`` and
    override these defaults.
    """
    defaults = {
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "encoding": "utf-8",
        "errors": "surrogateescape",
        "timeout": DEADLINE,
        **({} if "stdin" in options else {"input": ""}),
    }
    return subprocess.run(
        [sys.executable, *map(str, arguments)], check=False, **{**defaults, **options}
    )


def run(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the command in a subprocess. Options are passed to the helper ``python``."""
    return python("-m", "textcount", *arguments, **options)


def start(*arguments: object, **options: Any) -> subprocess.Popen[bytes]:
    """Start the command in a subprocess; return the subprocess at once.

    Standard output and standard error are unbuffered and go to pipes. Options are passed to
    ``subprocess.Popen`` and override these defaults.
    """
    command = [sys.executable, "-m", "textcount", *map(str, arguments)]
    defaults = {
        "env": {**without_coverage(), "PYTHONUNBUFFERED": "1"},
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
    }
    return subprocess.Popen(command, **{**defaults, **options})


@contextmanager
def interrupted(*arguments: object, **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    """Start the command and yield the process; interrupt the command when the context ends.

    Send SIGINT to the command's whole process group, as a terminal does on Ctrl-C. The command
    must end with status 130 and print nothing on standard error.
    """
    with start(*arguments, start_new_session=True, **options) as process:
        try:
            yield process
            os.killpg(process.pid, signal.SIGINT)
            errors = process.communicate(timeout=DEADLINE)[1]
        finally:
            process.kill()
        assert process.returncode == 130
        assert not errors


def outcome(*arguments: object) -> tuple[int, str, str]:
    """Run the command in this process; return the exit status, standard output, standard error."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", newline="\n") for _ in range(2))
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = cli.main([*map(str, arguments)])
    out.flush()
    err.flush()
    printed = [stream.detach().getvalue().decode() for stream in (out, err)]
    return status, printed[0], printed[1]


def without_coverage() -> dict[str, str]:
    """Return the environment without the variables whose names start with COVERAGE.

    Under coverage.py, Ctrl-C can make a process hang. In a subinterpreter, coverage.py prints a
    warning.
    """
    return {name: os.environ[name] for name in os.environ if not name.startswith("COVERAGE")}


# Executors


class Pickling(Executor):
    """An executor that gives each task a copy of its arguments, as a process would have it.

    Attributes:
        sent: the pickles of the arguments.
    """

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **_: Any) -> Future[Any]:
        self.sent.append(pickle.dumps(arguments))
        future: Future[Any] = Future()
        try:
            result = function(*pickle.loads(self.sent[-1]))
            future.set_result(pickle.loads(pickle.dumps(result)))
        except BaseException as error:
            future.set_exception(error)
        return future


# Terminals


class Terminal:
    """A pseudo-terminal of 80 columns.

    Attributes:
        descriptor: the file descriptor that commands write to.
        environment: the environment variables for a command that runs on this terminal.
    """

    def __init__(self, terminal: int, descriptor: int) -> None:
        self.descriptor = descriptor
        self.environment = {**os.environ, "TERM": "xterm", "COLUMNS": "80"}
        self._terminal = terminal
        self._shown: list[bytes] = []
        # A thread empties the terminal's small buffer, because a full buffer blocks commands.
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError):  # the other side has been closed
            while data := os.read(self._terminal, 4096):
                self._shown.append(data)

    def close(self) -> None:
        """Close the terminal once all output of the commands has been read."""
        if self._reader.is_alive():
            os.close(self.descriptor)
            self._reader.join()
            os.close(self._terminal)

    def shown(self) -> str:
        """Return the text that the terminal has shown so far."""
        return b"".join(self._shown).decode(errors="ignore").replace("\r\n", "\n")


@contextmanager
def open_terminal() -> Iterator[Terminal]:
    """Open a pseudo-terminal, and close it when the context ends."""
    import pty

    terminal = Terminal(*pty.openpty())
    try:
        yield terminal
    finally:
        terminal.close()
