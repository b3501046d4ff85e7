"""The progress bar of the command, drawn by rich where that is installed."""

from __future__ import annotations

import time
from contextlib import suppress
from importlib.util import find_spec

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from rich.progress import Progress

PATIENCE = 0.5
"""How long a command may run, in seconds, before the bar appears."""
REFRESH = 0.1
"""The least time between two updates of the bar, in seconds."""


def is_available() -> bool:
    """Whether the library that draws the bar is installed."""
    return find_spec("rich") is not None


class ProgressBar:
    """A bar on standard error, from its patience's end to the end of the block.

    Whoever prints in the meantime hides it first; it comes back by itself. If
    it cannot be drawn, it is not: the counts are what matters.

    Args:
        measure: gives the bytes there are to read, or ``None`` if that cannot
            be known. Asked once, when the bar appears.
        patience: how long to wait before the bar appears, in seconds.
    """

    def __init__(self, measure: Callable[[], int | None], patience: float) -> None:
        self._measure = measure
        self._due = time.monotonic() + patience
        self._done = 0
        self._bar: Progress | None = None

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(self, *_: object) -> None:
        self._draw(last=True)

    def advance(self, size: int) -> None:
        """Count size more bytes as read."""
        self._done += size
        if time.monotonic() >= self._due:
            if self._bar is None:
                self._bar = _bar(self._measure())
            self._draw()
            self._due = time.monotonic() + REFRESH

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
    # Imported here: rich takes longer to import than most counts take.
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        DownloadColumn,
        Progress,
        TimeRemainingColumn,
        TransferSpeedColumn,
    )

    console = Console(stderr=True)
    bar = Progress(
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=console,
        transient=console.is_terminal,  # a log keeps the bar's last state
        auto_refresh=False,
        # What others print goes where they send it, unwrapped: see hide.
        redirect_stdout=False,
        redirect_stderr=False,
    )
    bar.add_task("", total=total)
    return bar
