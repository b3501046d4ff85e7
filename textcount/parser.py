"""The arguments of the command: its options, the words to count, and the paths."""

from __future__ import annotations

import argparse
import io
import os
import re
import sys
from functools import partial

from textcount import _backend
from textcount._arguments import AUTO
from textcount._options import HANDLERS
from textcount._reader import read_blocks
from textcount._version import __version__
from textcount.escape import printable_name
from textcount.report import FORMATS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any, NoReturn

STDIN = 0

MARK = "\0"
"""A character before the value of an option. Before Python 3.13, argparse drops the value "--"
if it is not marked. No argument from the system has a NUL."""

USAGE = """\
textcount [OPTIONS] WORD [PATH ...]
       textcount [OPTIONS] (-e WORD | -f FILE) ... [PATH ...]"""
DESCRIPTION = """\
Count the words that are equal to WORD. Words are separated as Python's
str.split separates them. Without a PATH, or for -, read standard input."""
EPILOG = """\
examples:
  textcount the essay.txt notes.txt
  textcount -r --include '*.md' -e to -e be --format json docs

exit status: 0 if a word was found, 1 if not, 2 if there was an error"""
ERRORS_HELP = "for invalid bytes: strict (default), replace, ..."

_KERNEL = f"kernel: {_backend.active.kernel}\n" if _backend.active.kernel else ""
VERSION = f"""\
textcount {__version__}
backend: {_backend.active.name}
{_KERNEL}{_backend.active.reason}
{sys.implementation.name} {sys.version.split()[0]}, {sys.platform}"""


class CannotRun(Exception):
    """The command cannot do what it was asked to do; the message says why."""


def parse(arguments: list[str]) -> argparse.Namespace:
    """Parse the arguments of the command.

    Raises:
        CannotRun: the arguments are wrong.
        SystemExit: the help or the version has been printed.
    """
    made = parser()
    rest = iter(arguments)
    options = [*_joined(rest, made.with_value, made.flags)]
    # parse_intermixed_args would treat the operands after "--" as options.
    parsed = made.parse_intermixed_args(options)
    parsed.operands += rest
    return parsed


def _joined(arguments: Iterator[str], with_value: set[str], flags: str) -> Iterator[str]:
    """Yield the arguments before "--". Join each option with its value, as getopt reads them.

    argparse reads ``-e=x`` as the word ``x``, and ``-e -x`` as two options. In getopt, the value
    of ``-e`` is the rest of the argument or the whole next argument.

    Args:
        arguments: the arguments. When this function ends, the next argument is the one after
            "--".
        with_value: the options that take a value.
        flags: the letters of the options that take none.
    """
    for argument in arguments:
        if argument == "--":
            return
        option, joined, value = argument.partition("=")
        letters = argument[1:].lstrip(flags)
        if argument.startswith("-") and f"-{letters[:1]}" in with_value:
            if len(letters) < len(argument) - 1:
                yield argument[: -len(letters)]
            option, joined, value = f"-{letters[0]}", letters[1:], letters[1:]
        if option not in with_value:
            yield argument
        elif joined:
            yield f"{option}={MARK}{value}"
        else:
            following = next(arguments, None)
            yield option if following is None else f"{option}={MARK}{following}"


def parser() -> _Parser:
    """Return the parser of the arguments."""
    made = _Parser(
        prog="textcount",
        usage=USAGE,
        description=DESCRIPTION,
        epilog=EPILOG,
        # Without a width, every run would import shutil and ask the terminal for its width.
        formatter_class=partial(
            argparse.RawDescriptionHelpFormatter, max_help_position=29, width=80
        ),
        add_help=False,
        allow_abbrev=False,
    )
    made.add_argument("operands", nargs="*", help=argparse.SUPPRESS)

    def repeated(name: str) -> dict[str, Any]:
        return {"dest": name, "action": "append", "default": []}

    add = made.group("words")
    add("-e", **repeated("words"), metavar="WORD", help="count WORD; may be repeated")
    add(
        "-f", **repeated("word_files"), metavar="FILE", help="count the words in FILE, one per line"
    )
    add = made.group("files")
    add("-r", dest="recursive", action="store_true", help="count the files in directories")
    add(
        "--files-from",
        **repeated("files_from"),
        metavar="FILE",
        help="count the files that FILE lists, one per line",
    )
    add("-0", dest="nul", action="store_true", help="paths end with NUL: in FILE, and with -l")
    add("--include", action="append", metavar="GLOB", help="with -r: count only what matches GLOB")
    add("--exclude", **repeated("exclude"), metavar="GLOB", help="with -r: skip what matches GLOB")
    add(
        "--encoding",
        default="utf-8",
        metavar="NAME",
        help="default: utf-8; auto: use the byte-order mark",
    )
    add("--errors", default="strict", choices=HANDLERS, metavar="HOW", help=ERRORS_HELP)
    add = made.group("output")
    formats = "text (default), json, jsonl or csv"
    add("--format", default="text", choices=FORMATS, metavar="F", help=formats)
    add("--total", action="store_true", help="print only the sums over all files")
    add("-l", dest="only_paths", action="store_true", help="print only paths of files with a word")
    add("-q", dest="quiet", action="store_true", help="print no counts; only set the exit status")
    add("-s", dest="silent", action="store_true", help="do not name files that cannot be read")
    add("--progress", action=argparse.BooleanOptionalAction, help="progress bar: always, or never")
    add = made.group("workers")
    add(
        "-j",
        dest="jobs",
        type=_jobs,
        metavar="N",
        help="use N workers (default: one per processor)",
    )
    add("--dask", metavar="ADDRESS", help="count on a Dask cluster; local: start one here")
    add = made.group("information")
    add("-h", "--help", action="help", help="print this help")
    add("--version", action="version", version=VERSION, help="print the version and the backend")
    return made


class _Parser(argparse.ArgumentParser):
    """A parser that raises CannotRun.

    Attributes:
        with_value: the options that take a value.
        flags: the letters of the options that take none.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.register("type", None, _unmarked)
        self.with_value: set[str] = set()
        self.flags = ""

    def group(self, title: str) -> Callable[..., None]:
        """Start a group of options in the help; return the function that adds an option to it."""
        group = self.add_argument_group(title)

        def add(*names: str, **options: Any) -> None:
            action = group.add_argument(*names, **options)
            self._has_negative_number_optionals.clear()  # with -0, -5 is still an operand
            if action.nargs is None:
                self.with_value.update(names)
            else:
                self.flags += "".join(name[1] for name in names if name[1] != "-")

        return add

    def error(self, message: str) -> NoReturn:
        raise CannotRun(f"{message}; see textcount --help")


def _unmarked(text: str) -> str:
    return text.removeprefix(MARK)


def _jobs(marked: str) -> int:
    text = _unmarked(marked)
    if re.fullmatch(r"0{0,9}[1-9]\d{0,8}", text):
        return int(text)
    raise argparse.ArgumentTypeError(f"not a number of workers: {text!r}")


def check_output(arguments: argparse.Namespace) -> None:
    """Raise CannotRun if options for the output exclude each other, or have no effect."""
    if arguments.only_paths and arguments.total:
        raise CannotRun("-l prints paths, and --total prints none")
    if arguments.only_paths and arguments.format != "text":
        raise CannotRun(f"-l prints paths, and no --format {arguments.format}")
    if arguments.nul and not (arguments.only_paths or arguments.files_from):
        raise CannotRun("-0 is for the paths of --files-from and -l, and neither is given")


def words_and_operands(arguments: argparse.Namespace, encoding: str) -> tuple[list[str], list[str]]:
    """Return the words to count, without duplicates, and the paths.

    Args:
        arguments: the parsed arguments.
        encoding: the name of the encoding of the files.
    """
    words, operands = list(arguments.words), list(arguments.operands)
    if "-" in arguments.word_files and "-" in arguments.files_from:
        raise CannotRun("standard input cannot give both the words (-f -) and the paths")
    has_contents = not arguments.files_from and "-" in (operands or ["-"])
    if "-" in arguments.word_files and has_contents:
        raise CannotRun("standard input cannot give both the words (-f -) and the contents")
    if not arguments.words and not arguments.word_files:
        if not operands:
            raise CannotRun("no WORD to count; see textcount --help")
        words.append(operands.pop(0))
    if arguments.files_from and operands:
        raise CannotRun(f"--files-from gives the paths: there can be no PATH {operands[0]!r}")
    words = [_as_utf8(word, encoding, arguments.errors) for word in words]
    for name in arguments.word_files:
        words += _words_of(name)
    for word in words:
        if not word or any(map(str.isspace, word)):
            fault = "has whitespace" if word else "is empty"
            raise CannotRun(f"the word {word!r} {fault}: no word of a text can equal it")
    return list(dict.fromkeys(words)), operands


def _as_utf8(word: str, encoding: str, errors: str) -> str:
    """Decode a word of the command line as a UTF-8 locale does.

    In other locales, such as C, Python decodes bytes outside the locale to lone surrogates. Keep
    the surrogates if they can occur in a text and the word in UTF-8 cannot.
    """
    if not any("\ud800" <= char <= "\udfff" for char in word):
        return word
    encoding = "utf-8" if encoding == AUTO else encoding
    try:
        in_utf8 = os.fsencode(word).decode("utf-8", sys.getfilesystemencodeerrors())
    except UnicodeError:  # the word is not from the system
        in_utf8 = word
    for each in (in_utf8, word):
        if _can_occur(each, encoding, errors):
            return each
    raise CannotRun(
        f"the word {word!r} has bytes that are not text: no text in {encoding} can equal it; "
        "give it in UTF-8, or count with --errors surrogateescape"
    )


def _can_occur(word: str, encoding: str, errors: str) -> bool:
    """Return whether a decoded text can have a word."""
    try:
        return word.encode(encoding, errors).decode(encoding, errors) == word
    except UnicodeError:
        return False


def _words_of(name: str) -> list[str]:
    """Return the words in a file that has one word on each line."""
    is_stdin = name == "-"
    try:
        with io.FileIO(STDIN if is_stdin else name, closefd=not is_stdin) as file:
            contents = b"".join(block[:size] for block, size in read_blocks(file.read))
        lines = io.StringIO(contents.decode("utf-8-sig"), newline=None)
    except (OSError, UnicodeError) as error:
        shown = printable_name(name, sys.stderr)
        raise CannotRun(f"{shown}: {getattr(error, 'strerror', None) or error}") from None
    words = [line.strip() for line in lines if not line.isspace()]
    if not words:
        raise CannotRun(f"{printable_name(name, sys.stderr)}: no words in it")
    return words
