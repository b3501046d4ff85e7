"""The progress bar of the command, drawn by rich if rich is installed."""

from __future__ import annotations

import math
import time
from contextlib import suppress
from importlib.util import find_spec

from textcount import _output

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.progress import Progress

BAR_DELAY = 0.5
"""Seconds that a command runs before the bar appears."""

ERASE = b"\r\x1b[2K\x1b[?25h"
"""Bytes that clear a line of a terminal, and show the cursor, which rich hides."""

REFRESH_SECONDS = 0.1
"""The minimum time between two updates of the bar, in seconds."""


def is_available() -> bool:
    """Return whether the library that draws the bar is installed."""
    return find_spec("rich") is not None


class ProgressBar:
    """A bar on standard error, which appears after a delay and stays until the context ends.

    Hide the bar before printing; the next update draws the bar again. An error in drawing the
    bar is ignored, because the counts matter more.

    Args:
        measure: returns the total number of bytes to read, or ``None`` if it is unknown.
            Called once, when the bar appears.
        delay: seconds before the bar appears.
    """

    def __init__(self, measure: Callable[[], int | None], delay: float) -> None:
        self._measure = measure
        self._due = time.monotonic() + delay
        self._done = 0
        self._bar: Progress | None = None

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *_: object) -> None:
        self._draw(last=True)

    def advance(self, size: int) -> None:
        """Add size to the bytes that have been read."""
        self._done += size
        if time.monotonic() >= self._due:
            self._due = math.inf  # if the bar cannot be made, never try again
            with suppress(Exception):
                self._bar = self._bar or _bar(self._measure())
                self._due = time.monotonic() + REFRESH_SECONDS
            self._draw()

    def hide(self) -> None:
        """Clear the bar from the terminal, until it is drawn again."""
        if self._bar is not None and self._bar.console.is_terminal:
            with suppress(OSError):
                self._bar.stop()

    def _draw(self, *, last: bool = False) -> None:
        if self._bar is not None:
            with suppress(OSError):
                self._bar.start()
                self._bar.update(self._bar.task_ids[0], completed=self._done, refresh=True)
                if last:
                    self._bar.stop()


def _bar(total: int | None) -> Progress:
    # Importing rich takes longer than counting usually takes.
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    console = Console(stderr=True)
    if console.is_terminal and not console.legacy_windows:
        _output.restore = ERASE
    bar = Progress(
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=console.is_terminal,  # erase the bar at the end, but not from a log
        auto_refresh=False,
        # Keep other output away from rich, which would wrap the lines (see hide).
        redirect_stdout=False,
        redirect_stderr=False,
    )
    bar.add_task("", total=total)
    return bar
