"""Test the arguments of the command: options as getopt reads them, words, and what is refused."""

import os
import sys
from pathlib import Path

import pytest
from helpers import C_LOCALE, outcome, posix, run

from textcount import progress
from textcount.parser import parse, parser

WITH_A_VALUE = {
    "-e": "words",
    "-f": "word_files",
    "-j": "jobs",
    "--dask": "dask",
    "--include": "include",
    "--exclude": "exclude",
    "--encoding": "encoding",
    "--errors": "errors",
    "--files-from": "files_from",
    "--format": "format",
}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Change to a new folder that has a file "essay"; return the folder."""
    monkeypatch.chdir(tmp_path)
    Path("essay").write_text("the =x -x -- -1e5 -5 según caf\u00e9 the", encoding="utf-8")
    return tmp_path


# Options


@pytest.mark.parametrize(
    ("arguments", "words", "operands"),
    [
        (["-e=x"], ["=x"], []),
        (["-e", "=x"], ["=x"], []),
        (["-e", "-x"], ["-x"], []),
        (["-e-x"], ["-x"], []),
        (["-e", "--"], ["--"], []),
        (["-e--", "a"], ["--"], ["a"]),
        (["-e", "--", "--", "-e", "--"], ["--"], ["-e", "--"]),
        (["-e", "-1e5", "-e-5"], ["-1e5", "-5"], []),
        (["-e", "--total"], ["--total"], []),
        (["-rqeword", "a"], ["word"], ["a"]),
        (["-re", "word", "a"], ["word"], ["a"]),
        (["-qr", "-e", "-e", "-e-e"], ["-e", "-e"], []),
        (["-e", ""], [""], []),
        (["a", "-ex", "-", "-ey", "b=c"], ["x", "y"], ["a", "-", "b=c"]),
        (["-5", "a"], [], ["-5", "a"]),
        (["--", "-1e5", "a", "--", "-r"], [], ["-1e5", "a", "--", "-r"]),
        (["", "-"], [], ["", "-"]),
    ],
)
def test_options_take_their_values_as_in_getopt(
    arguments: list[str], words: list[str], operands: list[str]
) -> None:
    parsed = parse(arguments)
    assert (parsed.words, parsed.operands) == (words, operands)


@pytest.mark.parametrize("option", WITH_A_VALUE)
def test_the_value_of_an_option_may_look_like_an_option(option: str) -> None:
    value = {"-j": "2", "--errors": "replace", "--format": "csv"}.get(option, "--=x")
    joined = option + "=" * option.startswith("--") + value
    for arguments in ([option, value], [joined], ["-rq", "a", option, value, "b"]):
        is_list = option in {"-e", "-f", "--include", "--exclude", "--files-from"}
        expected = [value] if is_list else int(value) if option == "-j" else value
        assert getattr(parse(arguments), WITH_A_VALUE[option]) == expected


def test_all_options_with_a_value_are_tested() -> None:
    assert parser().with_value == {*WITH_A_VALUE}
    assert {*parser().flags} == {*"hrq0ls"}


def test_words_that_look_like_options_are_counted() -> None:
    words = ["=x", "-x", "--", "-1e5", "-5"]
    for word in words:
        for arguments in (["-e", word, "essay"], [f"-e{word}", "essay"], ["--", word, "essay"]):
            assert outcome(*arguments) == (0, "1 essay\n", "")


@pytest.mark.parametrize("option", ["--include", "--exclude"])
def test_a_glob_may_begin_with_a_hyphen(option: str) -> None:
    Path("-x").write_text("the", encoding="utf-8")
    printed = {"--include": "      1 ./-x\n", "--exclude": "      2 ./essay\n"}[option]
    assert outcome("-r", option, "-x", "the", ".") == (0, printed, "")
    assert outcome("-r", f"{option}=-x", "the", ".") == (0, printed, "")


# Failures before counting


REFUSED = {
    "no word": ([], "no WORD to count; see textcount --help"),
    "no word after --": (["--"], "no WORD to count; see textcount --help"),
    "an empty word": (["-e", "", "essay"], "the word '' is empty: no word of a text can equal it"),
    "whitespace": (["a b", "essay"], "the word 'a b' has whitespace: no word of a text can "),
    "-e without a word": (["essay", "-e"], "argument -e: expected one argument; see textcount "),
    "an unknown option": (["-z", "essay"], "unrecognized arguments: -z; see textcount --help"),
    "an unknown letter": (["-zr", "essay"], "unrecognized arguments: -zr; see textcount "),
    "a letter before -e": (["-zeword", "essay"], "unrecognized arguments: -zeword; see "),
    "an abbreviation": (["--tot", "the", "essay"], "unrecognized arguments: --tot; see textcount "),
    "a value of a flag": (["--total=1", "the"], "argument --total: ignored explicit argument '1'"),
    "-j": (["-j", "x", "the", "essay"], "argument -j: not a number of workers: 'x'; see "),
    "-j 0": (["-j0", "the", "essay"], "argument -j: not a number of workers: '0'; see "),
    "-j=": (["-j=2", "the", "essay"], "argument -j: not a number of workers: '=2'; see "),
    "--errors": (["--errors", "x", "the"], "argument --errors: invalid choice: 'x' (choose from "),
    "--format": (["--format=x", "the"], "argument --format: invalid choice: 'x' (choose from "),
    "--encoding": (["--encoding", "x", "the", "essay"], "unknown encoding: x"),
    "not of texts": (["--encoding", "hex", "the", "essay"], "'hex' is not a text encoding"),
    "no such -f": (["-f", "gone", "essay"], "gone: No such file or directory"),
    "a directory": (["-f", ".", "essay"], ".: Is a directory"),
    "no words": (["-f", os.devnull, "essay"], f"{os.devnull}: no words in it"),
    "-f - and -": (["-f", "-"], "standard input cannot give both the words (-f -) and the "),
    "no rich": (["--progress", "the", "essay"], "--progress needs the rich library: install rich"),
    "no dask": (
        ["--dask", "local", "the", "essay"],
        "--dask needs the distributed library: install",
    ),
    "a control character": (["--\x1b[31m"], r"unrecognized arguments: --\x1b[31m; see textcount "),
}


@pytest.mark.parametrize("quiet", [[], ["-q"]])
@pytest.mark.parametrize("case", REFUSED)
def test_each_failure_before_counting_is_one_line_and_status_2(
    case: str, quiet: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(progress, "find_spec", lambda _: None)
    monkeypatch.setitem(sys.modules, "distributed", None)
    arguments, message = REFUSED[case]
    status, output, errors = outcome(*quiet, *arguments)
    assert (status, output) == (2, "")
    assert errors.startswith(f"textcount: {message}")
    assert errors.count("\n") == 1
    assert errors.endswith("\n")


@posix
def test_words_that_are_read_from_a_pipe_are_complete_or_an_error() -> None:
    out, into = os.pipe()
    os.set_blocking(out, False)
    os.write(into, b"th")
    result = run("-f", "-", "essay", stdin=out)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "textcount: -: the stream is non-blocking and has no data\n"
    os.close(into)
    os.close(out)


@posix
def test_words_from_standard_input_leave_it_open() -> None:
    result = run("-f", "-", "-f", "-", "essay", input="the\n")
    assert (result.returncode, result.stderr) == (2, "textcount: -: no words in it\n")


# Words that the locale cannot decode

LOCALES = {
    "as it is": {},
    "C": C_LOCALE,
}


def run_in(locale: str, *arguments: str) -> tuple[int, str, str]:
    """Run the command in a locale; return the exit status, standard output and standard error."""
    result = run(*arguments, env={**os.environ, **LOCALES[locale]})
    return result.returncode, result.stdout, result.stderr


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-16"])
@pytest.mark.parametrize("errors", ["strict", "replace", "surrogateescape", "surrogatepass"])
def test_a_word_in_utf_8_is_counted_in_any_locale(encoding: str, errors: str) -> None:
    Path("essay").write_text("según sin según", encoding=encoding)
    for words in (["según"], ["-e", "según"]):
        arguments = ["--encoding", encoding, "--errors", errors, *words, "essay"]
        assert run_in("C", *arguments) == (0, "2 essay\n", "")


def test_whitespace_in_a_word_is_refused_in_any_locale() -> None:
    expected = "textcount: the word 'a\\u2003b' has whitespace: no word of a text can equal it\n"
    for locale in LOCALES:
        assert run_in(locale, "a\u2003b", "essay") == (2, "", expected)


@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
@pytest.mark.parametrize("errors", ["strict", "replace", "backslashreplace"])
def test_a_word_that_is_not_utf_8_is_an_error(locale: str, encoding: str, errors: str) -> None:
    word = os.fsdecode(b"caf\xe9")
    assert run_in(locale, "--encoding", encoding, "--errors", errors, word, "essay") == (
        2,
        "",
        f"textcount: the word {word!r} has bytes that are not text: no text in {encoding} "
        "can equal it; give it in UTF-8, or count with --errors surrogateescape\n",
    )


@posix
@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize(
    ("encoding", "word"), [("utf-8", b"caf\xe9"), ("utf-8", b"\xc3\xba\xff"), ("ascii", b"caf\xe9")]
)
def test_with_surrogateescape_a_word_may_have_bytes_that_are_not_text(
    locale: str, encoding: str, word: bytes
) -> None:
    Path("essay").write_bytes(b"caf\xe9 \xc3\xba\xff caf\xe9 \xc3\xba\xff")
    options = ["--errors", "surrogateescape", "--encoding", encoding]
    assert run_in(locale, *options, os.fsdecode(word), "essay") == (0, "2 essay\n", "")


@posix
def test_with_surrogateescape_a_word_in_utf_8_may_occur_as_bytes_in_a_text_in_ascii() -> None:
    Path("essay").write_bytes("según".encode())
    options = ["--errors", "surrogateescape", "--encoding", "ascii"]
    status, output, _ = run_in("C", *options, "según", "essay")
    # On macOS, every locale decodes the word, and no text in ASCII has "ú".
    assert (status, output) == ((1, "0 essay\n") if sys.platform == "darwin" else (0, "1 essay\n"))


def test_a_word_that_the_system_cannot_have_given_is_an_error() -> None:
    assert outcome("\ud800", "essay")[0] == 2
    Path("essay").write_bytes("\ud800 a".encode("utf-8", "surrogatepass"))
    assert outcome("--errors", "surrogatepass", "\ud800", "essay") == (0, "1 essay\n", "")
