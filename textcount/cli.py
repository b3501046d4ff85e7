"""The command: take the arguments, print the counts and return an exit status."""

from __future__ import annotations

import os
import sys
from contextlib import closing, nullcontext
from itertools import chain

from textcount import _backend, _limits, _output
from textcount._arguments import check_decoding
from textcount._options import CountOptions, RunOptions
from textcount._reader import total_size
from textcount._record import is_marked_binary
from textcount._sources import Source, is_url
from textcount._walk import Patterns, expand
from textcount.escape import printable, printable_name
from textcount.files import count_sources
from textcount.parser import STDIN, CannotRun, check_output, parse, parser, words_and_operands
from textcount.report import (
    FORMATS,
    OutputError,
    PathReport,
    RawPathReport,
    Report,
    TextReport,
    flush,
    reason,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    import argparse
    from collections.abc import Generator, Iterator
    from concurrent.futures import Executor
    from contextlib import AbstractContextManager
    from typing import TextIO

    from textcount._record import FileCount
    from textcount.lists import PathList
    from textcount.progress import ProgressBar

__all__ = ["main", "parser"]

FOUND, NOT_FOUND, FAILED = 0, 1, 2
INTERRUPTED = 128 + 2  # the exit status that a shell reports for SIGINT
PIPE_CLOSED = 128 + 13  # the exit status that a shell reports for SIGPIPE


def main(argv: list[str] | None = None) -> int:
    """Run the command with argv (``sys.argv[1:]`` if None); return its exit status."""
    try:
        try:
            status = _run(parse(sys.argv[1:] if argv is None else argv))
        except SystemExit:  # argparse has printed the help or the version
            status = FOUND
        except CannotRun as error:
            status = _complain(str(error))
        except KeyboardInterrupt:
            status = INTERRUPTED
        except (ImportError, MemoryError, OSError, SystemError) as error:  # a shortage
            flush()  # on Python 3.10, argparse may have failed to write the help
            status = _complain(_output.shortage(error))
        flush()
        return status
    except OutputError as error:
        _abandon(sys.stdout)
        (cause,) = error.args
        if isinstance(cause, BrokenPipeError):
            return PIPE_CLOSED
        return _complain(f"standard output: {reason(cause)}")


def _run(arguments: argparse.Namespace) -> int:
    check_output(arguments)
    encoding = _encoding(arguments)
    words, operands = words_and_operands(arguments, encoding)
    lists = _lists(arguments)
    named = [] if lists else operands or ["-"]
    sources = [
        Source(STDIN) if name == "-" else Source(name, is_url=is_url(name)) for name in named
    ]
    if sys.stdout is None and not arguments.quiet:
        raise CannotRun("standard output is closed")
    patterns = Patterns(arguments.include, arguments.exclude)
    report = _report(arguments, words, sources, has_paths=bool(operands or lists))
    run = RunOptions(
        CountOptions(words, encoding, arguments.errors, stop_at_match=arguments.quiet),
        arguments.jobs or _limits.cores(),
    )
    _output.at_end = report.close
    is_found = has_failed = False
    binary_files = 0
    with closing(report):
        with _cluster(arguments) as run.executor, _progress(arguments, sources, patterns) as bar:
            if bar is not None:
                run.on_progress = bar.advance
            given = chain(sources, *(each.sources() for each in lists))
            records = count_sources(expand(given, arguments.recursive, patterns), run)
            if run.executor is not None:
                records = _or_cannot_run(records, arguments.dask)
            with closing(records):  # on an error, end the workers before the bar and the cluster
                for record in records:
                    error = record.error
                    is_binary = error is not None and is_marked_binary(error)
                    is_shown = error is not None and not (is_binary or arguments.silent)
                    if bar is not None and (is_shown or report.prints(record)):
                        bar.hide()
                    if error is None:
                        is_found = is_found or any(record.counts.values())
                    else:
                        has_failed = True
                        binary_files += is_binary
                        if is_shown:
                            name = printable_name(record.path, sys.stderr)
                            _say(f"{name}: {printable(reason(error), sys.stderr)}")
                    report.add(record)
                    if is_found and arguments.quiet:  # as in grep, even after an error
                        has_failed, binary_files = False, 0
                        break
        report.finish()
    _say_who_counted(run.tasks_by_backend)
    if binary_files and not arguments.silent:
        _say_how_to_list(binary_files, arguments)
    return FAILED if has_failed else FOUND if is_found else NOT_FOUND


def _encoding(arguments: argparse.Namespace) -> str:
    """Return the encoding's name; raise CannotRun if the encoding is not known."""
    try:
        return check_decoding("textcount", arguments.encoding, arguments.errors)
    except LookupError as error:
        raise CannotRun(str(error)) from None


def _lists(arguments: argparse.Namespace) -> list[PathList]:
    """Open the lists of paths."""
    if not arguments.files_from:
        return []
    from textcount.lists import PathList

    separator = b"\0" if arguments.nul else b"\n"
    return [PathList(name, separator) for name in arguments.files_from]


def _report(
    arguments: argparse.Namespace, words: list[str], sources: list[Source], *, has_paths: bool
) -> Report:
    """Return the report that the options ask for."""
    kind = Report if arguments.quiet else FORMATS[arguments.format]
    if arguments.only_paths and not arguments.quiet:
        kind = RawPathReport if arguments.nul else PathReport
    is_one_file = arguments.total or (len(sources) == 1 and not arguments.recursive)
    is_one_number = is_one_file and len(words) == 1
    has_lines = not (arguments.total or is_one_number)
    # A table is held until all files are counted. A list of paths may never end; with a list,
    # ``sources`` is empty.
    if kind is TextReport and sources and has_lines and sys.stdout.isatty():
        from textcount.table import TableReport, can_show_bars

        if can_show_bars():
            kind = TableReport
    width = 1 if is_one_number else _width(sources)
    return kind(words, width, total_only=arguments.total or arguments.quiet, named=has_paths)


def _say_who_counted(tasks_by_backend: dict[str, int]) -> None:
    """Print a notice if workers of the executor used another backend than this process."""
    here = _backend.active.name
    if tasks_by_backend.keys() - {here}:
        counted = sorted(tasks_by_backend.items())
        tasks = ", ".join(f"{count} by {name}" for name, count in counted)
        _say(f"not all tasks used {here}, the backend here: tasks counted {tasks}")


def _say_how_to_list(binary_files: int, arguments: argparse.Namespace) -> None:
    """Print how many binary files a walk or a list named, and the option that lists them."""
    files = "1 binary file" if binary_files == 1 else f"{binary_files} binary files"
    how = "--format json has the error of each file"
    given = {"-q": arguments.quiet, "-l": arguments.only_paths, "--total": arguments.total}
    if hiding := [option for option, is_given in given.items() if is_given]:
        how += f", without {hiding[0]}"
    _say(f"{files} could not be counted; {how}")


def _width(sources: list[Source]) -> int:
    """Return the width of a column: the digits of the total size, which no count exceeds."""
    total = total_size(sources) if sources else None  # the files of a list are not known yet
    return 7 if total is None else len(str(total))


def _progress(
    arguments: argparse.Namespace, sources: list[Source], patterns: Patterns
) -> AbstractContextManager[ProgressBar | None]:
    wanted = arguments.progress
    if wanted is None:
        wanted = not arguments.quiet and sys.stderr is not None and sys.stderr.isatty()
    if not wanted:
        return nullcontext()
    from textcount.progress import BAR_DELAY, ProgressBar, is_available

    if not is_available():
        if arguments.progress:
            raise CannotRun(
                "--progress needs the rich library: install rich, or textcount with the extra cli"
            )
        return nullcontext()

    def measure() -> int | None:
        # Listing a storage takes requests, and a list of paths is read only once.
        if not sources or any(source.is_url for source in sources):
            return None
        return total_size(expand(sources, arguments.recursive, patterns))

    return ProgressBar(measure, delay=0 if arguments.progress else BAR_DELAY)


def _cluster(arguments: argparse.Namespace) -> AbstractContextManager[Executor | None]:
    if arguments.dask is None:
        return nullcontext()
    from textcount._dask import Cluster

    def say(message: str) -> None:
        _say(f"--dask {arguments.dask}: {message}")

    try:
        return Cluster(arguments.dask, arguments.jobs or _limits.cores(), say)
    except ModuleNotFoundError:
        raise CannotRun(
            "--dask needs the distributed library: install distributed, or textcount with the "
            "extra dask"
        ) from None
    except Exception as error:
        raise CannotRun(f"--dask {arguments.dask}: {str(error) or repr(error)}") from None


def _or_cannot_run(records: Iterator[FileCount], cluster: str) -> Generator[FileCount]:
    """Yield the records; if the cluster raises an exception, raise CannotRun instead."""
    from concurrent.futures import CancelledError

    try:
        yield from records
    except CancelledError:
        raise CannotRun(
            f"--dask {cluster}: the scheduler has ended, or another client has cancelled the tasks"
        ) from None
    except (CannotRun, OutputError):  # from reading a list of paths
        raise
    except Exception as error:
        raise CannotRun(f"--dask {cluster}: {type(error).__name__}: {error}") from None


def _complain(message: str) -> int:
    _say(message)
    return FAILED


def _say(message: str) -> None:
    if sys.stderr is not None:  # print(file=None) writes to standard output
        try:
            print(f"textcount: {printable(message, sys.stderr)}", file=sys.stderr)
        except OSError:  # the exit status still reports an error
            _abandon(sys.stderr)


def _abandon(stream: TextIO) -> None:
    """Redirect a stream that cannot be written to, so that flushing it at exit does not fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
