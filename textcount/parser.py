"""The arguments of the command: its options, the words to count, and the paths."""

from __future__ import annotations

import argparse
import re
import sys
from functools import partial

from textcount import _backend
from textcount._options import HANDLERS
from textcount._version import __version__
from textcount.report import FORMATS, printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, NoReturn

STDIN = 0

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


def parse(arguments: list[str]) -> argparse.Namespace:
    """Parse the arguments of the command.

    Raises:
        SystemExit: the arguments are wrong, or the help or the version has been printed.
    """
    # parse_intermixed_args would treat the operands after "--" as options.
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
        # Without a width, every run would import shutil and ask the terminal for its width.
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


def words_and_operands(arguments: argparse.Namespace) -> tuple[list[str], list[str]]:
    """Return the words to count, without duplicates, and the paths."""
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
    """Return the words in a file that has one word on each line."""
    try:
        with open(STDIN if name == "-" else name, encoding="utf-8-sig") as file:
            words = [line.strip() for line in file if not line.isspace()]
    except (OSError, UnicodeError) as error:
        raise CannotRun(f"{name}: {getattr(error, 'strerror', None) or error}") from None
    if not words:
        raise CannotRun(f"{name}: no words in it")
    return words
