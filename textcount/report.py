"""Reports: print the counts on standard output, as text, JSON or CSV; or print only paths."""

from __future__ import annotations

import os
import sys

from textcount._output import LineWriter
from textcount.escape import encodable, printable, printable_name

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from textcount._record import FileCount


class OutputError(Exception):
    """Standard output cannot be written to. The argument is the OSError."""


class Report:
    """Sums up the counts of all files. The subclasses print the counts of each file.

    Args:
        words: the words counted, in the order of their columns.
        width: the width of a column, in digits. A larger count makes its line longer.
        total_only: print the sums and not the files.
        named: print the paths of the files.
    """

    def __init__(self, words: list[str], width: int, total_only: bool, named: bool) -> None:
        self.width = width
        self.total_only = total_only
        self.named = named
        self.files = 0
        self.totals = dict.fromkeys(words, 0)

    def add(self, record: FileCount) -> None:
        """Add one file to the sums, and print it."""
        for word, count in record.counts.items():
            self.totals[word] += count
        if not self.total_only:
            self.print_file(record)
        self.files += 1

    def print_file(self, record: FileCount) -> None:
        """Print one file."""

    def prints(self, _: FileCount, /) -> bool:
        """Return whether ``add`` is going to print this file."""
        return not self.total_only

    def finish(self) -> None:
        """Print the sums and the end of the report."""

    def close(self) -> None:
        """Print what is held, because the run has ended or is ending early."""


class TextReport(Report):
    """Prints a line for each file as wc does: right-aligned counts and the path."""

    def __init__(self, words: list[str], width: int, total_only: bool, named: bool) -> None:
        super().__init__(words, width, total_only, named)
        self._indent = ""  # in front of each cell of the headings and totals
        self._headings = [printable(word, sys.stdout) for word in words] if len(words) > 1 else []
        self._widths = [max(width, columns(heading)) for heading in self._headings or [""]]
        self.print_headings()

    def print_headings(self) -> None:
        """Print the words above the columns, if there are several words."""
        if self._headings:
            padded = zip(self._headings, self._widths, strict=True)
            self._print([" " * (width - columns(cell)) + cell for cell, width in padded], "")

    def print_file(self, record: FileCount) -> None:
        if record.error is None:
            print_cells(self._aligned(record.counts.values()), self._path(record))

    def finish(self) -> None:
        if self.total_only or self.files > 1:
            cells = self._aligned(self.totals.values())
            self._print(cells, "" if self.total_only else "total")

    def _aligned(self, counts: Collection[int]) -> list[str]:
        return [*map(str.rjust, map(str, counts), self._widths)]

    def _path(self, record: FileCount) -> str:
        return printable_name(record.path, sys.stdout) if self.named else ""

    def _print(self, cells: list[str], path: str) -> None:
        print_cells([self._indent + cell for cell in cells], path)


def print_cells(cells: list[str], path: str) -> None:
    """Print a line: its cells and, unless empty, a path."""
    if path:
        cells.append(path)
    write(" ".join(cells) + "\n")


class PathReport(Report):
    """Prints the paths of the files that have a word, each on a line."""

    def prints(self, record: FileCount, /) -> bool:
        return any(record.counts.values())

    def print_file(self, record: FileCount) -> None:
        if self.prints(record):
            self.print_path(record.path)

    def print_path(self, path: str) -> None:
        """Print a path, escaped."""
        write(printable_name(path, sys.stdout) + "\n")


class RawPathReport(PathReport):
    """Prints the paths as the system has them, each with a NUL at its end."""

    def print_path(self, path: str) -> None:
        try:
            name = os.fsencode(path)
        except UnicodeEncodeError:  # the name is not from the file system
            name = path.encode("utf-8", "backslashreplace")
        out = sys.stdout.buffer
        if isinstance(out, LineWriter):  # a signal leaves whole paths, also with a line feed in one
            out.end = b"\0"
        try:
            out.write(name + b"\0")
            out.flush()  # any other buffer would wait
        except OSError as error:
            raise OutputError(error) from None


class JsonLinesReport(Report):
    """Prints one JSON object for each file, and a last one with the sums, each on a line."""

    def __init__(self, words: list[str], width: int, total_only: bool, named: bool) -> None:
        super().__init__(words, width, total_only, named)
        from json import dumps  # only this format needs json

        self._dumps = dumps
        # Escape all words if one needs it, so that different words stay different keys.
        self._keys = encodable(" ".join(words)).split(" ")

    def print_file(self, record: FileCount) -> None:
        write(f"{self._file(record)}\n")

    def finish(self) -> None:
        write(f'{{"totals": {self._totals()}}}\n')

    def _file(self, record: FileCount) -> str:
        entry = {
            **_json_path(record.path),
            "counts": self._by_key(record.counts.values()),
            "size": record.size,
            "error": None if record.error is None else encodable(reason(record.error)),
        }
        return self._dumps(entry)

    def _totals(self) -> str:
        return self._dumps(self._by_key(self.totals.values()))

    def _by_key(self, counts: Iterable[int]) -> dict[str, int]:
        return dict(zip(self._keys, counts, strict=False))  # an error has no counts


class JsonReport(JsonLinesReport):
    """Prints one JSON document. Each file is printed on one line, as soon as it is counted."""

    def __init__(self, words: list[str], width: int, total_only: bool, named: bool) -> None:
        super().__init__(words, width, total_only, named)
        write(f'{{"words": {self._dumps(self._keys)},\n "files": [')

    def print_file(self, record: FileCount) -> None:
        write(f"{',' if self.files else ''}\n  {self._file(record)}")

    def finish(self) -> None:
        write(f'],\n "totals": {self._totals()}}}\n')


def _json_path(path: str) -> dict[str, str]:
    """Return the fields of a path.

    JSON has no way to write a name that is not UTF-8. Then ``path`` is escaped, and
    ``path_bytes`` has the bytes in base64.
    """
    shown = encodable(path)
    if shown == path:
        return {"path": path}
    from base64 import b64encode

    try:
        name = os.fsencode(path)
    except UnicodeEncodeError:  # the name is not from the file system
        return {"path": shown}
    try:
        return {"path": name.decode()}  # the locale lacks the characters
    except UnicodeDecodeError:
        return {"path": shown, "path_bytes": b64encode(name).decode()}


class CsvReport(Report):
    """Prints a row of CSV for each file and word.

    Words are values in a column and not headings, because a word could equal another heading.
    """

    def __init__(self, words: list[str], width: int, total_only: bool, named: bool) -> None:
        super().__init__(words, width, total_only, named)
        from csv import QUOTE_NONNUMERIC, writer  # only this format needs csv

        # Quote every text, because older versions of csv do not quote a "\r".
        self._rows = writer(_Stdout(), lineterminator="\n", quoting=QUOTE_NONNUMERIC)
        columns = ["word", "count"] if total_only else ["path", "word", "count", "size", "error"]
        self._rows.writerow(columns)

    def print_file(self, record: FileCount) -> None:
        if record.error is None:
            for word, count in record.counts.items():
                self._write_row(record.path, word, count, record.size, "")
        else:
            self._write_row(record.path, "", "", record.size, reason(record.error))

    def finish(self) -> None:
        if self.total_only:
            for word, count in self.totals.items():
                self._write_row(word, count)

    def _write_row(self, *values: str | int) -> None:
        self._rows.writerow(
            [encodable(each, sys.stdout) if isinstance(each, str) else each for each in values]
        )


class _Stdout:
    """An object with the method that the csv module calls to write."""

    @staticmethod
    def write(text: str) -> None:
        write(text)


def write(text: str) -> None:
    """Write to standard output."""
    try:
        sys.stdout.write(text)
    except OSError as error:
        raise OutputError(error) from None


def flush() -> None:
    """Write all text that has been printed and not yet written."""
    if sys.stdout is not None:  # it was open at the start
        try:
            sys.stdout.flush()
        except OSError as error:
            raise OutputError(error) from None


def columns(text: str) -> int:
    """Return the width of a text on a terminal, in columns."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(
        0 if combining(char) else 2 if east_asian_width(char) in "FW" else 1 for char in text
    )


def reason(error: OSError | UnicodeError) -> str:
    """Return why a file could not be counted, without the file's path."""
    text = getattr(error, "strerror", None) or str(error)
    return f"{text}; -r counts the files in it" if isinstance(error, IsADirectoryError) else text


FORMATS: dict[str, type[Report]] = {
    "text": TextReport,
    "json": JsonReport,
    "jsonl": JsonLinesReport,
    "csv": CsvReport,
}
"""The report class of each format, by the name of the format."""
