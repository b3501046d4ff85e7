"""The command: takes the arguments apart, counts, and reports."""

from __future__ import annotations

import argparse
import os
import re
import stat
import sys
from contextlib import nullcontext
from functools import partial

from textcount import BACKEND, BACKEND_REASON, __version__
from textcount._blocks import HANDLERS, Counting
from textcount.files import Patterns, check_decoding, cores, count_sources, expand, is_remote
from textcount.report import Csv, Json, Report, Table, Text, can_show_bars, printable, reason

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from concurrent.futures import Executor
    from contextlib import AbstractContextManager
    from typing import Any, NoReturn, TextIO

    from textcount.files import FileCount, Source
    from textcount.progress import ProgressBar

FOUND, NOT_FOUND, FAILED = 0, 1, 2
INTERRUPTED = 128 + 2  # what a shell reports for SIGINT
PIPE_CLOSED = 128 + 13  # and for SIGPIPE

STDIN = 0
FORMATS = {"text": Text, "json": Json, "csv": Csv}

USAGE = """\
textcount [OPTIONS] WORD [PATH ...]
       textcount [OPTIONS] (-e WORD | -f FILE) ... [PATH ...]"""
EPILOG = """\
example: textcount the essay.txt notes.txt
example: textcount -r --include '*.md' -e to -e be --format json docs
Exit status: 0 if a word was found, 1 if none was, 2 if there was an error."""

VERSION = f"""\
textcount {__version__}
backend: {BACKEND}
{BACKEND_REASON}
{sys.implementation.name} {sys.version.split()[0]}, {sys.platform}"""


class CannotRun(Exception):
    """Nothing can be counted as asked; the message says why."""


def main(argv: list[str] | None = None) -> int:
    """Run the command with argv (``sys.argv[1:]`` if None); give its exit status."""
    try:
        try:
            status = _run(_parse(sys.argv[1:] if argv is None else argv))
        except SystemExit as end:  # argparse has printed what there was to say
            status = FAILED if end.code else FOUND
        except (CannotRun, ChildProcessError) as error:
            status = _complain(str(error))
        except KeyboardInterrupt:
            status = INTERRUPTED
        if sys.stdout is not None:
            sys.stdout.flush()
        return status
    except BrokenPipeError:
        _abandon(sys.stdout)
        return PIPE_CLOSED
    except OSError as error:  # in writing: an error in reading is a record
        _abandon(sys.stdout)
        return _complain(f"standard output: {reason(error)}")


def _run(options: argparse.Namespace) -> int:
    words, operands = _words_and_operands(options)
    sources: list[Source] = [STDIN if name == "-" else name for name in operands or ["-"]]
    try:
        encoding = check_decoding("textcount", options.encoding, options.errors)
    except LookupError as error:
        raise CannotRun(str(error)) from None
    if sys.stdout is None and not options.quiet:
        raise CannotRun("standard output is closed")
    patterns = Patterns(options.include, options.exclude)

    kind = Report if options.quiet else FORMATS[options.format]
    is_alone = options.total or (len(sources) == 1 and not options.recursive)
    width = 1 if is_alone and len(words) == 1 else _width(sources)
    if kind is Text and not (is_alone and len(words) == 1) and can_show_bars():
        kind = Table
    report = kind(words, width, total_only=options.total, named=bool(operands))
    status = NOT_FOUND
    backends: dict[str, int] = {}
    with _cluster(options) as executor, _progress(options, sources, patterns) as bar:
        records = count_sources(
            expand(sources, options.recursive, patterns),
            Counting(words, encoding, options.errors),
            bar.advance if bar else None,
            options.jobs or cores(),
            True,
            executor,
            backends,
        )
        for record in _told(records, options.dask) if executor else records:
            if bar:
                bar.hide()
            if record.error is not None:
                status = _complain(f"{record.path}: {reason(record.error)}")
            elif status == NOT_FOUND and any(record.counts.values()):
                status = FOUND
            report.add(record)
    report.finish()
    if backends.keys() - {BACKEND}:
        tasks = ", ".join(f"{count} by {name}" for name, count in sorted(backends.items()))
        _say(f"not all was counted by {BACKEND}, the backend here: tasks counted {tasks}")
    return status


def _words_and_operands(options: argparse.Namespace) -> tuple[list[str], list[str]]:
    words, operands = list(options.words), list(options.operands)
    if "-" in options.word_files and "-" in (operands or ["-"]):
        raise CannotRun("standard input cannot give both the words (-f -) and the contents")
    for name in options.word_files:
        words += _words_of(name)
    if not options.words and not options.word_files:
        if not operands:
            raise CannotRun("no WORD to count; see textcount --help")
        words.append(operands.pop(0))
    for word in words:
        if not word or any(map(str.isspace, word)):
            fault = "has whitespace" if word else "is empty"
            raise CannotRun(f"the word {word!r} {fault}: no word of a text can equal it")
    return list(dict.fromkeys(words)), operands


def _words_of(name: str) -> list[str]:
    """The words of a file that has one a line."""
    try:
        with open(STDIN if name == "-" else name, encoding="utf-8-sig") as file:
            words = [line.strip() for line in file if not line.isspace()]
    except (OSError, UnicodeError) as error:
        raise CannotRun(f"{name}: {getattr(error, 'strerror', None) or error}") from None
    if not words:
        raise CannotRun(f"{name}: no words in it")
    return words


def _width(sources: list[Source]) -> int:
    """The digits that no count exceeds, as wc has it: from the size of all input."""
    total = _size(sources)
    return 7 if total is None else len(str(total))


def _size(sources: Iterable[Source]) -> int | None:
    """The bytes there are to read, or None if that only shows in reading."""
    total = 0
    for source in sources:
        if is_remote(source):
            return None
        try:
            status = os.stat(source)
        except OSError:
            continue  # will be complained of when its turn comes
        if not stat.S_ISREG(status.st_mode):
            return None
        total += status.st_size
    return total


def _progress(
    options: argparse.Namespace, sources: list[Source], patterns: Patterns
) -> AbstractContextManager[ProgressBar | None]:
    wanted = options.progress
    if wanted is None:
        wanted = not options.quiet and sys.stderr is not None and sys.stderr.isatty()
    if not wanted:
        return nullcontext()
    from textcount.progress import PATIENCE, ProgressBar, is_available

    if not is_available():
        if options.progress:
            raise CannotRun("--progress needs the rich library: pip install 'textcount[cli]'")
        return nullcontext()

    def measure() -> int | None:
        return _size(source for source, *_ in expand(sources, options.recursive, patterns))

    return ProgressBar(measure, patience=0 if options.progress else PATIENCE)


def _cluster(options: argparse.Namespace) -> AbstractContextManager[Executor | None]:
    if options.dask is None:
        return nullcontext()
    from textcount._dask import Cluster

    try:
        return Cluster(options.dask, options.jobs or cores())
    except ImportError:
        raise CannotRun(
            "--dask needs the distributed library: pip install 'textcount[dask]'"
        ) from None
    except (OSError, ValueError) as error:
        raise CannotRun(f"--dask {options.dask}: {error}") from None


def _told(records: Iterator[FileCount], cluster: str) -> Iterator[FileCount]:
    """What a cluster counts; what it raises ends the command."""
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
        except OSError:  # the exit status still tells
            _abandon(sys.stderr)


def _abandon(stream: TextIO) -> None:
    """Keep the interpreter, at its end, from flushing what cannot be written."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _parse(arguments: list[str]) -> argparse.Namespace:
    # parse_intermixed_args forgets that what follows "--" is no option.
    end = arguments.index("--") if "--" in arguments else len(arguments)
    options = parser().parse_intermixed_args(arguments[:end])
    options.operands += arguments[end + 1 :]
    return options


def parser() -> argparse.ArgumentParser:
    """What takes the arguments apart."""
    made = _Parser(
        prog="textcount",
        usage=USAGE,
        description="Count the words that equal WORD, cut as str.split does. No PATH, or -: stdin.",
        epilog=EPILOG,
        formatter_class=partial(argparse.RawDescriptionHelpFormatter, max_help_position=29),
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
    """Escapes what it complains of."""

    def error(self, message: str) -> NoReturn:
        super().error(printable(message))


def _jobs(text: str) -> int:
    if re.fullmatch(r"0{0,9}[1-9]\d{0,8}", text):
        return int(text)
    raise argparse.ArgumentTypeError(f"not a number of workers: {text!r}")
