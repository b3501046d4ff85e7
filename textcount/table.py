"""The table that the command prints on a terminal: the lines of text, with bars."""

from __future__ import annotations

import sys

from textcount.progress import is_available
from textcount.report import TextReport, columns, print_cells

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from textcount._record import FileCount


class TableReport(TextReport):
    """Prints the lines of ``TextReport`` on a terminal, with a bar before each count.

    The longest bar is that of the largest count, and sets the scale of all bars. So the lines are
    held until all files are counted. There are no bars if the run ends early, if there are more
    than ``MAX_FILES`` files, if the window is too narrow or if no word was found.
    """

    MAX_FILES = 1000
    """The maximum number of lines that are held."""

    MAX_BAR = 12
    """Columns of the longest bar, unless the window is too narrow."""

    MIN_BAR = 4
    """Minimum columns of the longest bar. A window without room for it shows no bars."""

    MIN_WINDOW = 40
    """Minimum columns of a window that shows bars."""

    def __init__(self, words: list[str], width: int, total_only: bool, named: bool) -> None:
        self._held: list[FileCount] | None = []
        self._draw: Callable[[int], str] | None = None
        super().__init__(words, width, total_only, named)

    def prints(self, record: FileCount, /) -> bool:
        is_full = self._held is None or len(self._held) == self.MAX_FILES
        return is_full and super().prints(record)

    def print_headings(self) -> None:
        if self._held is None:
            super().print_headings()

    def print_file(self, record: FileCount) -> None:
        if self.prints(record):
            self.close()
        if record.error is not None:
            return
        if self._held is not None:
            self._held.append(record)
        elif self._draw is None:
            super().print_file(record)
        else:
            counts = record.counts.values()
            bars = map(self._draw, counts)
            print_cells([*map(str.__add__, bars, self._aligned(counts))], self._path(record))

    def finish(self) -> None:
        if self._held:
            self._choose_bar(self._held)
        self.close()
        super().finish()

    def close(self) -> None:
        """Print the lines that are held. A signal handler calls this, too."""
        held, self._held = self._held, None
        if held is not None:
            self.print_headings()
            for record in held:
                self.print_file(record)

    def _choose_bar(self, records: list[FileCount]) -> None:
        """Choose the length and the scale of the bars, if there are to be bars."""
        largest = max(max(record.counts.values()) for record in records)
        if not largest:
            return
        from rich.bar import Bar
        from rich.console import Console

        console = Console(file=sys.stdout)
        paths = ["total", *map(self._path, records)] if self.named else [""]
        room = console.width - sum(self._widths) - max(map(columns, paths))
        length = min(self.MAX_BAR, room // len(self._widths) - 2)
        if length < self.MIN_BAR or console.width < self.MIN_WINDOW:
            return
        drawn: dict[int, str] = {}

        def draw(count: int) -> str:
            """Return a bar for a count, exact to an eighth of a column, and a space."""
            eighths = 8 * length * count // largest
            if eighths not in drawn:
                with console.capture() as captured:
                    bar = Bar(8 * length, 0, eighths, width=length, color="magenta")
                    console.print(bar, end="")
                drawn[eighths] = captured.get().rstrip("\n") + " "
            return drawn[eighths]

        self._draw = draw
        self._indent = " " * (length + 1)


def can_show_bars() -> bool:
    """Return whether standard output is a terminal that can show bars, and rich is installed."""
    try:
        "▏█".encode(sys.stdout.encoding)
    except UnicodeError:
        return False
    return is_available()
