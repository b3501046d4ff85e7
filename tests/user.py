# pyright: strict, reportUnnecessaryTypeIgnoreComment=true, reportUnusedCallResult=false
"""A user's script for type checkers, which must reject exactly the calls marked as wrong.

A comment that ignores an error is itself an error if there is none. Nothing runs this script.
"""

import io
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

from textcount import (
    BACKEND,
    BACKEND_REASON,
    FileCount,
    __version__,
    count_file,
    count_files,
    count_occurrences,
    count_stream,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def use_correctly() -> None:
    """Call everything as documented."""
    number: int = count_occurrences("to be", "be") + count_occurrences(b"to be", needle="be")
    counts: dict[str, int] = count_file("essay.txt", ["be"])
    counts |= count_file(Path("essay.txt"), {"be"}, encoding="latin-1", errors="replace")
    counts |= count_file(b"essay.txt", iter(["be"]))
    counts |= count_stream(io.StringIO("to be"), ("be",))
    with open("essay.txt", "rb") as file:
        counts |= count_stream(file, ["be"])
    records: Iterator[FileCount] = count_files(["a", b"b", Path("c")], ["be"], recursive=True)
    with ThreadPoolExecutor() as executor:
        records = count_files(
            iter(["a"]),
            ["be"],
            include=["*.md"],
            exclude=["build/"],
            on_progress=lambda size: print(size + 1),
            executor=executor,
        )
    for record in records:
        path: str = record.path
        found: Mapping[str, int] = record.counts
        size: int = record.size
        error: OSError | UnicodeError | None = record.error
        print(path, found["be"], size, error, record == FileCount("a", {"be": 1}, size=2))
    texts: list[str] = [BACKEND, BACKEND_REASON, __version__]
    print(number, counts, texts)


def use_wrongly(record: FileCount) -> None:
    """Make each mistake that a type checker can find."""
    count_occurrences("to be")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    count_occurrences("to be", b"be")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    count_occurrences(bytearray(b"be"), "be")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    count_occurrences(["to", "be"], "be")  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    count_file(7, ["be"])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    count_file("essay.txt", [b"be"])  # type: ignore[list-item]  # pyright: ignore[reportArgumentType]
    count_file("essay.txt", ["be"], "latin-1")  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    count_file("essay.txt", ["be"], encoding=None)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    count_stream("to be", ["be"])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    count_stream(io.StringIO("to be"))  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    count_files(7, ["be"])  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    count_files(["a"], ["be"], include=7)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    count_files(["a"], ["be"], executor=print)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    count_files(["a"], ["be"], on_progress=len)  # type: ignore[arg-type]  # pyright: ignore[reportArgumentType]
    count_files(["a"], ["be"], jobs=2)  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    count_files(["a"], ["be"])[0]  # type: ignore[index]  # pyright: ignore[reportIndexIssue]
    FileCount("a", {"be": 1})  # type: ignore[call-arg]  # pyright: ignore[reportCallIssue]
    record.counts["be"] = 1  # type: ignore[index]  # pyright: ignore[reportIndexIssue]
    record.path = "b"  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    record.counts = {}  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    record.size = 1  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    record.error = None  # type: ignore[misc]  # pyright: ignore[reportAttributeAccessIssue]
    record.other = 1  # type: ignore[attr-defined]  # pyright: ignore[reportAttributeAccessIssue]
    del record.path  # mypy allows this  # pyright: ignore[reportAttributeAccessIssue]
