"""What the command prints on standard output: as text, JSON or CSV."""

from __future__ import annotations

import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from textcount.files import FileCount


class Report:
    """Sums up the files of a run; the subclasses print them.

    Args:
        words: the words counted, in the order of their columns.
        width: the digits that hardly any count of the run exceeds.
        total_only: print the sums and not the files.
        named: print the path of the file, or of the files.
    """

    def __init__(self, words: list[str], width: int, total_only: bool, named: bool) -> None:
        self.width = width
        self.total_only = total_only
        self.named = named
        self.files = 0
        self.totals = dict.fromkeys(words, 0)

    def add(self, record: FileCount) -> None:
        """Take in one file, and print it."""
        for word, count in record.counts.items():
            self.totals[word] += count
        if not self.total_only:
            self.print_file(record)
        self.files += 1

    def print_file(self, record: FileCount) -> None:
        """Print one file."""

    def finish(self) -> None:
        """Print what comes after the last file."""


class Text(Report):
    """Reads like wc: right-aligned counts and the path, a file a line."""

    def __init__(self, words: list[str], width: int, total_only: bool, named: bool) -> None:
        super().__init__(words, width, total_only, named)
        self._widths = [self.width]
        if len(words) > 1:
            headings = [printable(word) for word in words]
            self._widths = [max(width, columns(heading)) for heading in headings]
            self._print(headings, "")

    def print_file(self, record: FileCount) -> None:
        if record.error is None:
            self._print(record.counts.values(), record.path if self.named else "")

    def finish(self) -> None:
        if self.total_only:
            self._print(self.totals.values(), "")
        elif self.files > 1:
            self._print(self.totals.values(), "total")

    def _print(self, cells: Iterable[object], path: str) -> None:
        aligned = [
            " " * (width - columns(str(cell))) + str(cell)
            for cell, width in zip(cells, self._widths, strict=True)
        ]
        if path:
            aligned.append(printable(path))
        write(" ".join(aligned) + "\n")


class Json(Report):
    """One document, written as the files are counted, a file a line."""

    def __init__(self, words: list[str], width: int, total_only: bool, named: bool) -> None:
        super().__init__(words, width, total_only, named)
        from json import dumps  # only this format needs it

        self._dumps = dumps
        write(f'{{"words": {dumps(words)},\n "files": [')

    def print_file(self, record: FileCount) -> None:
        entry = {
            "path": record.path,
            "counts": dict(record.counts),
            "size": record.size,
            "error": None if record.error is None else reason(record.error),
        }
        write(f"{',' if self.files else ''}\n  {self._dumps(entry)}")

    def finish(self) -> None:
        write(f'],\n "totals": {self._dumps(self.totals)}}}\n')


class Csv(Report):
    """A row for each file and word: in a column of its own, any word is safe."""

    def __init__(self, words: list[str], width: int, total_only: bool, named: bool) -> None:
        super().__init__(words, width, total_only, named)
        from csv import QUOTE_NONNUMERIC, writer  # only this format needs it

        # Quoted throughout: older versions of csv forget to quote a "\r".
        self._rows = writer(_Stdout(), lineterminator="\n", quoting=QUOTE_NONNUMERIC)
        columns = ["word", "count"] if total_only else ["path", "word", "count", "size", "error"]
        self._rows.writerow(columns)

    def print_file(self, record: FileCount) -> None:
        if record.error is None:
            for word, count in record.counts.items():
                self._rows.writerow([record.path, word, count, record.size, ""])
        else:
            self._rows.writerow([record.path, "", "", record.size, reason(record.error)])

    def finish(self) -> None:
        if self.total_only:
            self._rows.writerows(self.totals.items())


class _Stdout:
    """Standard output as the csv module wants it."""

    @staticmethod
    def write(text: str) -> None:
        write(text)


def write(text: str) -> None:
    """Write to standard output; what its encoding lacks appears as an escape."""
    if not text.isascii():
        encoding = sys.stdout.encoding or "utf-8"
        text = text.encode(encoding, "backslashreplace").decode(encoding)
    sys.stdout.write(text)


def printable(text: str) -> str:
    """Text with what could move a terminal's cursor, or hide, escaped."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else char.encode("unicode_escape").decode("ascii")
        for char in text
    )


def columns(text: str) -> int:
    """How many columns of a terminal text takes."""
    if text.isascii():
        return len(text)
    from unicodedata import combining, east_asian_width

    return sum(
        0 if combining(char) else 2 if east_asian_width(char) in "FW" else 1 for char in text
    )


def reason(error: OSError | UnicodeError) -> str:
    """Why a file could not be counted, without its path."""
    text = getattr(error, "strerror", None) or str(error)
    return f"{text}; -r counts the files in it" if isinstance(error, IsADirectoryError) else text
