"""The command: arguments in, counts out, and an exit status."""

from __future__ import annotations

import argparse
import os
import re
import sys
from contextlib import closing, nullcontext
from functools import partial

from textcount import _backend, _limits
from textcount._arguments import check_decoding
from textcount._options import HANDLERS, CountOptions, RunOptions
from textcount._reader import total_size
from textcount._sources import Source
from textcount._version import __version__
from textcount._walk import Patterns, expand
from textcount.files import count_sources
from textcount.report import (
    CsvReport,
    JsonReport,
    Report,
    TableReport,
    TextReport,
    can_show_bars,
    printable,
    reason,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Generator, Iterator
    from concurrent.futures import Executor
    from contextlib import AbstractContextManager
    from typing import Any, NoReturn, TextIO

    from textcount._record import FileCount
    from textcount.progress import ProgressBar

FOUND, NOT_FOUND, FAILED = 0, 1, 2
INTERRUPTED = 128 + 2  # the exit status that a shell reports for SIGINT
PIPE_CLOSED = 128 + 13  # the exit status that a shell reports for SIGPIPE

STDIN = 0
FORMATS = {"text": TextReport, "json": JsonReport, "csv": CsvReport}

USAGE = """\
textcount [OPTIONS] WORD [PATH ...]
       textcount [OPTIONS] (-e WORD | -f FILE) ... [PATH ...]"""
EPILOG = """\
example: textcount the essay.txt notes.txt
example: textcount -r --include '*.md' -e to -e be --format json docs
Exit status: 0 if a word was found, 1 if none was, 2 if there was an error."""

VERSION = f"""\
textcount {__version__}
backend: {_backend.active.name}
{_backend.active.reason}
{sys.implementation.name} {sys.version.split()[0]}, {sys.platform}"""


class CannotRun(Exception):
    """The command cannot do what it was asked to do; the message says why."""


def main(argv: list[str] | None = None) -> int:
    """Run the command with argv (``sys.argv[1:]`` if None); return its exit status."""
    try:
        try:
            status = _run(_parse(sys.argv[1:] if argv is None else argv))
        except SystemExit as end:  # argparse has printed the help or the error
            status = FAILED if end.code else FOUND
        except CannotRun as error:
            status = _complain(str(error))
        except KeyboardInterrupt:
            status = INTERRUPTED
        if sys.stdout is not None:
            sys.stdout.flush()
        return status
    except BrokenPipeError:
        _abandon(sys.stdout)
        return PIPE_CLOSED
    except OSError as error:  # an error in writing; an error in reading is in a record
        _abandon(sys.stdout)
        return _complain(f"standard output: {reason(error)}")


def _run(arguments: argparse.Namespace) -> int:
    words, operands = _words_and_operands(arguments)
    sources = [Source(STDIN if name == "-" else name) for name in operands or ["-"]]
    try:
        encoding = check_decoding("textcount", arguments.encoding, arguments.errors)
    except LookupError as error:
        raise CannotRun(str(error)) from None
    if sys.stdout is None and not arguments.quiet:
        raise CannotRun("standard output is closed")
    patterns = Patterns(arguments.include, arguments.exclude)
    report = _report(arguments, words, sources, has_paths=bool(operands))
    run = RunOptions(
        CountOptions(words, encoding, arguments.errors), arguments.jobs or _limits.cores()
    )
    status = NOT_FOUND
    with _cluster(arguments) as run.executor, _progress(arguments, sources, patterns) as bar:
        if bar is not None:
            run.on_progress = bar.advance
        records = count_sources(expand(sources, arguments.recursive, patterns), run)
        if run.executor is not None:
            records = _or_cannot_run(records, arguments.dask)
        with closing(records):  # on an error, end the workers before the bar and the cluster
            for record in records:
                if bar is not None:
                    bar.hide()
                if record.error is not None:
                    status = _complain(f"{record.path}: {reason(record.error)}")
                elif status == NOT_FOUND and any(record.counts.values()):
                    status = FOUND
                report.add(record)
    report.finish()
    _say_who_counted(run.tasks_by_backend)
    return status


def _report(
    arguments: argparse.Namespace, words: list[str], sources: list[Source], *, has_paths: bool
) -> Report:
    """Return the report that the options ask for."""
    kind = Report if arguments.quiet else FORMATS[arguments.format]
    is_one_file = arguments.total or (len(sources) == 1 and not arguments.recursive)
    is_one_number = is_one_file and len(words) == 1
    if kind is TextReport and not is_one_number and can_show_bars():
        kind = TableReport
    width = 1 if is_one_number else _width(sources)
    return kind(words, width, total_only=arguments.total, named=has_paths)


def _say_who_counted(tasks_by_backend: dict[str, int]) -> None:
    """Print a notice if workers of the executor have another backend than this process."""
    here = _backend.active.name
    if tasks_by_backend.keys() - {here}:
        counted = sorted(tasks_by_backend.items())
        tasks = ", ".join(f"{count} by {name}" for name, count in counted)
        _say(f"not all was counted by {here}, the backend here: tasks counted {tasks}")


def _words_and_operands(arguments: argparse.Namespace) -> tuple[list[str], list[str]]:
    words, operands = list(arguments.words), list(arguments.operands)
    if "-" in arguments.word_files and "-" in (operands or ["-"]):
        raise CannotRun("standard input cannot give both the words (-f -) and the contents")
    for name in arguments.word_files:
        words += _words_of(name)
    if not arguments.words and not arguments.word_files:
        if not operands:
            raise CannotRun("no WORD to count; see textcount --help")
        words.append(operands.pop(0))
    for word in words:
        if not word or any(map(str.isspace, word)):
            fault = "has whitespace" if word else "is empty"
            raise CannotRun(f"the word {word!r} {fault}: no word of a text can equal it")
    return list(dict.fromkeys(words)), operands


def _words_of(name: str) -> list[str]:
    """Return the words of a file that has one on each line."""
    try:
        with open(STDIN if name == "-" else name, encoding="utf-8-sig") as file:
            words = [line.strip() for line in file if not line.isspace()]
    except (OSError, UnicodeError) as error:
        raise CannotRun(f"{name}: {getattr(error, 'strerror', None) or error}") from None
    if not words:
        raise CannotRun(f"{name}: no words in it")
    return words


def _width(sources: list[Source]) -> int:
    """Return the number of digits in the total size, as wc does. No count exceeds this size."""
    total = total_size(sources)
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
            raise CannotRun("--progress needs the rich library: pip install 'textcount[cli]'")
        return nullcontext()

    def measure() -> int | None:
        return total_size(expand(sources, arguments.recursive, patterns))

    return ProgressBar(measure, delay=0 if arguments.progress else BAR_DELAY)


def _cluster(arguments: argparse.Namespace) -> AbstractContextManager[Executor | None]:
    if arguments.dask is None:
        return nullcontext()
    from textcount._dask import Cluster

    try:
        return Cluster(arguments.dask, arguments.jobs or _limits.cores())
    except ImportError:
        raise CannotRun(
            "--dask needs the distributed library: pip install 'textcount[dask]'"
        ) from None
    except (OSError, ValueError) as error:
        raise CannotRun(f"--dask {arguments.dask}: {error}") from None


def _or_cannot_run(records: Iterator[FileCount], cluster: str) -> Generator[FileCount]:
    """Yield the records of a cluster; raise CannotRun for an error of the cluster."""
    try:
        yield from records
    except Exception as error:
        raise CannotRun(f"--dask {cluster}: {type(error).__name__}: {error}") from None


def _complain(message: str) -> int:
    _say(message)
    return FAILED


def _say(message: str) -> None:
    if sys.stderr is not None:  # print would take None for standard output
        try:
            print(f"textcount: {printable(message)}", file=sys.stderr)
        except OSError:  # the exit status still reports an error
            _abandon(sys.stderr)


def _abandon(stream: TextIO) -> None:
    """Redirect a stream that cannot be written to, so that flushing it at exit does not fail."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _parse(arguments: list[str]) -> argparse.Namespace:
    # parse_intermixed_args would take the operands after "--" for options.
    end = arguments.index("--") if "--" in arguments else len(arguments)
    parsed = parser().parse_intermixed_args(arguments[:end])
    parsed.operands += arguments[end + 1 :]
    return parsed


def parser() -> argparse.ArgumentParser:
    """Return the parser of the arguments."""
    made = _Parser(
        prog="textcount",
        usage=USAGE,
        description="Count the words that equal WORD, cut as str.split does. No PATH, or -: stdin.",
        epilog=EPILOG,
        # Without a width, argparse imports shutil and asks the terminal, for any command.
        formatter_class=partial(
            argparse.RawDescriptionHelpFormatter, max_help_position=29, width=78
        ),
        add_help=False,
        allow_abbrev=False,
    )
    add = made.add_argument

    def repeated(name: str) -> dict[str, Any]:
        return {"dest": name, "action": "append", "default": []}

    add("operands", nargs="*", help=argparse.SUPPRESS)
    add("-h", "--help", action="help", help=argparse.SUPPRESS)
    add("-e", **repeated("words"), metavar="WORD", help="a word; may be repeated")
    add("-f", **repeated("word_files"), metavar="FILE", help="words in UTF-8, one a line")
    add("-j", dest="jobs", type=_jobs, metavar="N", help="workers; one for each core if not given")
    add("--dask", metavar="ADDRESS", help="by a Dask cluster; local: one of -j workers")
    add("-r", dest="recursive", action="store_true", help="count the files in directories")
    add("--include", action="append", metavar="GLOB", help="of those, only the ones that match")
    add("--exclude", **repeated("exclude"), metavar="GLOB", help="and not the ones that match")
    add("--encoding", default="utf-8", metavar="NAME", help="of the files; utf-8 if not given")
    add("--errors", default="strict", choices=HANDLERS, metavar="HOW", help="strict, replace, ...")
    add("--format", default="text", choices=FORMATS, metavar="F", help="text, json or csv")
    add("--total", action="store_true", help="print the sum alone")
    add("-q", dest="quiet", action="store_true", help="print nothing: the exit status tells")
    add("--progress", action=argparse.BooleanOptionalAction, help="draw a bar, or never")
    add("--version", action="version", version=VERSION)
    return made


class _Parser(argparse.ArgumentParser):
    """A parser whose error messages are escaped."""

    def error(self, message: str) -> NoReturn:
        super().error(printable(message))


def _jobs(text: str) -> int:
    if re.fullmatch(r"0{0,9}[1-9]\d{0,8}", text):
        return int(text)
    raise argparse.ArgumentTypeError(f"not a number of workers: {text!r}")
