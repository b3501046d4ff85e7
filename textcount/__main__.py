"""The entry point of the command, which ends at once on a signal."""

from __future__ import annotations

# The module signal takes 2 ms to import, and a signal may come meanwhile.
import _signal  # type: ignore[import-not-found]
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_IS_PYPY = sys.implementation.name == "pypy"

# nohup starts the command with SIGHUP ignored. PyPy cannot tell, so there only SIGINT is handled.
SIGNALS = ("SIGINT",) if _IS_PYPY else ("SIGINT", "SIGTERM", "SIGHUP")
"""Names of the signals that end the command."""

END_SECONDS = 0.5
"""Maximum seconds that the end on a signal waits for the reader of the output."""

RESERVE = 1 << 20
"""Bytes that are reserved at the start, and freed to report that memory runs short. CPython asks
the system for memory in arenas of this size. On CPython, no code touches the
reserved bytes, so they use address space but no memory."""

_at_end: list[Callable[[], None]] = []
"""Functions that finish the output, called before a signal ends the process."""


def main() -> int:
    """Run the command and return its exit status."""
    stdout, stderr = sys.stdout, sys.stderr
    reserve = b""
    try:
        reserve = bytes(RESERVE)
        for name in SIGNALS:
            number = getattr(_signal, name, None)  # Windows has no SIGHUP
            if number is not None and _signal.getsignal(number) != _signal.SIG_IGN:
                _signal.signal(number, _end)
        from textcount import _output

        _at_end.append(_output.finish)
        _output.open_standard_streams()
        from textcount import cli

        return cli.main()
    except KeyboardInterrupt:  # before the handler of SIGINT is installed
        return 128 + 2
    except (ImportError, MemoryError, OSError, SystemError) as error:  # or a broken module
        del reserve
        line = _shortage(error)
    except Exception:  # Python would end with 1, the status of a word that was not found
        sys.excepthook(*sys.exc_info())
        return 2
    finally:
        sys.stdout, sys.stderr = stdout, stderr
    os.write(2, f"textcount: {line}\n".encode(errors="backslashreplace"))
    return 2


def _shortage(error: Exception) -> str:
    """Return what the process runs short of. Perhaps not even ``_output`` can be loaded."""
    try:
        from textcount._output import shortage

        return shortage(error)
    except Exception:
        return str(error) or "not enough memory"


def _end(number: int, _: object) -> None:
    """Write the whole lines that are pending, and end the process.

    Raising an exception might not end the process. If a signal interrupts a destructor or a
    callback, Python prints the exception and goes on.
    """
    try:
        if hasattr(_signal, "setitimer"):  # Windows has no setitimer
            # PyPy runs no handler within a handler, so there the alarm ends the process itself.
            late = _signal.SIG_DFL if _IS_PYPY else lambda *_: os._exit(128 + number)
            _signal.signal(_signal.SIGALRM, late)
            _signal.setitimer(_signal.ITIMER_REAL, END_SECONDS)
        for finish in _at_end:
            finish()
    finally:
        os._exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
