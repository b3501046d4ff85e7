"""Counting in streams, files and directories gives the right counts in bounded memory."""

import codecs
import copy
import errno
import io
import itertools
import os
import pickle
import random
import sys
from collections.abc import Iterable, Iterator
from fnmatch import fnmatch
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from helpers import limits, peak_memory, posix, without_privileges
from hypothesis import given
from hypothesis import strategies as st
from reference import HANDLERS, near_misses, oracle

from textcount import FileCount, _limits, _reader, _walk, count_file, count_files, count_stream


class Pieces(io.RawIOBase):
    """A stream whose reads return the given pieces, one after the other."""

    def __init__(self, *pieces: Any) -> None:
        self._pieces = [*pieces]

    def read(self, size: int = -1) -> Any:
        del size
        return self._pieces.pop(0) if self._pieces else b""


# Streams


def test_counts_in_a_text_stream() -> None:
    assert count_stream(io.StringIO("to be or not to be"), ["be", "or", "so"]) == {
        "be": 2,
        "or": 1,
        "so": 0,
    }


def test_counts_in_a_binary_stream_of_utf8() -> None:
    assert count_stream(io.BytesIO("영화 영화".encode()), ["영화"]) == {"영화": 2}


@pytest.mark.parametrize("stream", [io.StringIO(), io.BytesIO()], ids=["text", "binary"])
def test_an_empty_stream_counts_nothing(stream: Any) -> None:
    assert count_stream(stream, ["a", ""]) == {"a": 0, "": 0}


def test_a_stream_is_counted_from_its_position_and_left_open() -> None:
    stream = io.StringIO("a a a")
    stream.read(2)
    assert count_stream(stream, ["a"]) == {"a": 2}
    assert not stream.closed


@pytest.mark.parametrize(
    "text", ["foo\r\nfoo 한국\u2028foo😀 foofoo\xa0foo", "a a aa a", "foo", " foo ", "foo\x1c"]
)
def test_a_text_cut_anywhere_into_blocks_gives_the_same_counts(text: str) -> None:
    needles = ["foo", "한국", "a", "foofoo", "foo😀", "aa", "o"]
    expected = {needle: oracle(text, needle) for needle in needles}
    data = text.encode()
    for cut in range(1, len(text)):
        assert count_stream(Pieces(text[:cut], text[cut:], ""), needles) == expected
    for cut in range(1, len(data)):
        assert count_stream(Pieces(data[:cut], data[cut:]), needles) == expected
    for size in range(1, len(data) + 1):
        with limits(BLOCK=size):
            assert count_stream(io.StringIO(text), needles) == expected
            assert count_stream(io.BytesIO(data), needles) == expected


@given(near_misses(), st.integers(1, 9))
def test_blocks_of_any_size_give_the_same_counts(pair: tuple[str, str], size: int) -> None:
    contents, needle = pair
    with limits(BLOCK=size):
        assert count_stream(io.StringIO(contents, newline=""), [needle]) == {
            needle: oracle(contents, needle)
        }


@pytest.mark.parametrize("length", [9, 10, 11, 40])
def test_words_longer_than_many_blocks_are_counted_once(length: int) -> None:
    needle = "x" * 10
    text = f"{'x' * length} {needle} {'x' * length}y"
    with limits(BLOCK=3):
        assert count_stream(io.StringIO(text), [needle, "x"])[needle] == oracle(text, needle)


class LongWord(io.RawIOBase):
    """A stream that is one word of ``size`` bytes."""

    def __init__(self, size: int) -> None:
        self._left = size

    def read(self, size: int = -1) -> bytes:
        size = min(size, self._left)
        self._left -= size
        return b"x" * size


def test_memory_is_bounded_without_any_whitespace() -> None:
    def count() -> None:
        assert count_stream(LongWord(200 * _limits.BLOCK), ["xyzzy"]) == {"xyzzy": 0}

    assert peak_memory(count) < 20 * _limits.BLOCK


def test_the_error_for_invalid_utf8_in_a_stream_names_the_byte() -> None:
    with pytest.raises(UnicodeDecodeError) as near:
        count_stream(io.BytesIO(b"ab \xff"), ["ab"])
    assert str(near.value) == (
        "'utf-8' codec can't decode byte 0xff in position 3: invalid start byte"
    )
    with limits(BLOCK=4), pytest.raises(UnicodeDecodeError, match=r"\(byte 11 of the input\)"):
        count_stream(io.BytesIO(b"abc def \xed\x95\x9c\xff"), ["ab"])
    with limits(BLOCK=4), pytest.raises(UnicodeDecodeError, match=r"end of data \(byte 4 of"):
        count_stream(io.BytesIO(b"abc \xed\x95"), ["ab"])


@pytest.mark.parametrize("stream", [None, 3, "a text", ["a"]])
def test_an_object_that_is_no_stream_is_refused(stream: Any) -> None:
    with pytest.raises(TypeError) as raised:
        count_stream(stream, ["a"])
    assert raised.value.args == (
        f"count_stream() argument 'stream' must be a readable stream, not {type(stream).__name__}",
    )


@pytest.mark.parametrize(
    "pieces",
    [
        ("a", b"b"),
        (b"a", "b"),
        (3,),
        (bytearray(b"a"),),
        (b"a", bytearray(b"a")),
        ("a", 0),
        (b"a", 0),
    ],
)
def test_a_stream_that_returns_neither_only_str_nor_only_bytes_is_refused(
    pieces: tuple[Any, ...],
) -> None:
    given_type = type(pieces[-1]).__name__
    with pytest.raises(TypeError, match=rf"'stream' must give str or bytes.*, not {given_type}$"):
        count_stream(Pieces(*pieces), ["a"])


@pytest.mark.parametrize("piece", ["a", b"a"], ids=["text", "bytes"])
def test_a_non_blocking_stream_without_data_is_an_error(piece: Any) -> None:
    with pytest.raises(BlockingIOError) as raised:
        count_stream(Pieces(piece, None), ["a"])
    assert raised.value.errno == errno.EAGAIN


# Needles


def test_duplicate_needles_collapse_and_keep_their_order() -> None:
    assert list(count_stream(io.StringIO("b a"), iter(["b", "a", "b"]))) == ["b", "a"]


def test_no_needles_give_no_counts() -> None:
    assert count_stream(io.StringIO("a"), []) == {}


@pytest.mark.parametrize(
    ("needles", "message"),
    [
        ("the", "an iterable of str, not str; pass a list: [needles]"),
        (b"the", "an iterable of str, not bytes; pass a list: [needles]"),
        (None, "an iterable of str, not NoneType"),
        (3, "an iterable of str, not int"),
        (["a", 3], "an iterable of str, not int inside"),
        ([b"a"], "an iterable of str, not bytes inside"),
    ],
)
def test_all_functions_refuse_wrong_needles_with_the_same_message(
    needles: Any, message: str
) -> None:
    calls: list[tuple[Any, tuple[Any, ...]]] = [
        (count_stream, (io.StringIO(),)),
        (count_file, (os.devnull,)),
        (count_files, ([os.devnull],)),
    ]
    for function, arguments in calls:
        with pytest.raises(TypeError) as raised:
            function(*arguments, needles)
        assert raised.value.args == (f"{function.__name__}() argument 'needles' must be {message}",)


# Files


def whole(path: Path, needle: str, encoding: str, errors: str) -> object:
    """Read a whole file at once; return the count, or the type of the error."""
    try:
        with open(path, encoding=encoding, errors=errors, newline="") as file:
            return oracle(file.read(), needle)
    except UnicodeError:  # for utf-16 the block size decides the exact type of the error
        return UnicodeError
    except TypeError:
        return TypeError


def blockwise(path: Path, needle: str, encoding: str, errors: str) -> object:
    """Count with count_file; return the count, or the type of the error."""
    try:
        return count_file(path, [needle], encoding=encoding, errors=errors)[needle]
    except UnicodeError:  # for utf-16 the block size decides the exact type of the error
        return UnicodeError
    except TypeError:
        return TypeError


ENCODINGS = [
    "ascii", "latin-1", "cp1252", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32",
    "utf-32-be", "utf-7", "shift_jis", "euc-jp", "gb18030", "big5", "cp949", "hz", "iso2022_jp",
    "iso2022_kr", "unicode_escape", "raw_unicode_escape", "punycode", "idna", "koi8-r", "locale",
]  # fmt: skip

if sys.implementation.name == "pypy":
    ENCODINGS.remove("unicode_escape")  # PyPy's decoder never returns if the data ends with b"\\"

TRICKY = [
    "foo\r\nfoo 한국 foo漢字 foo\u2028é foo \ufefffoo\x00 foo".encode(),
    "\ufefffoo foo".encode(),
    "\ufefffoo foo\r\n漢 foo".encode("utf-16-le"),
    "foo 漢字 foo".encode("iso2022_jp"),
    "foo 漢字 foo".encode("gb18030"),
    "foo 漢字 foo 漢字漢字漢 foo".encode("utf-7"),
    b"\\60foo \\66foo\\40foo \\u5b57foo \\N{SPACE}foo \\",
    b"foo \xff foo\xed\xa0\x80 foo \xf0\x9f\x98",
    b"foo\x1b(\x85  foo\r\n + foo",
    b"foo-bar foo 9-",
    b"",
]


@pytest.mark.filterwarnings("ignore:.*invalid.*escape:DeprecationWarning")
@pytest.mark.parametrize("errors", [*HANDLERS, "surrogatepass", "xmlcharrefreplace"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_a_file_counts_as_its_whole_text(tmp_path: Path, encoding: str, errors: str) -> None:
    generator = random.Random(f"{encoding} {errors}")
    noise = [
        bytes(generator.choices(b"fo \r\n\\6\x1b(\x85\xff\xed\xa0~{}-+AZ", k=24)) for _ in range(4)
    ]
    path = tmp_path / "file"
    for data in TRICKY + noise:
        path.write_bytes(data)
        expected = whole(path, "foo", encoding, errors)
        for size in (1, 3, 1000):
            with limits(BLOCK=size):
                assert blockwise(path, "foo", encoding, errors) == expected, (data, size)


def skipping(error: UnicodeError) -> tuple[str, int]:
    """Replace an invalid byte, and up to three bytes after it, by the length of the input."""
    assert isinstance(error, UnicodeDecodeError)
    return (f"<{len(error.object)}>", min(error.start + 4, len(error.object)))


def test_an_error_handler_of_the_caller_gets_the_whole_file(tmp_path: Path) -> None:
    codecs.register_error("textcount-skipping", skipping)
    path = tmp_path / "file"
    path.write_bytes(b"foo \xfffoo foo <14> \xff")
    for size in (1, 2, 5, 100):
        with limits(BLOCK=size):
            for needle in ("foo", "<19>", "<19>oo"):
                assert blockwise(path, needle, "utf-8", "textcount-skipping") == whole(
                    path, needle, "utf-8", "textcount-skipping"
                )


def test_a_file_may_be_named_by_str_bytes_or_a_path(tmp_path: Path) -> None:
    path = tmp_path / "é.txt"
    path.write_text("a a", encoding="utf-8")
    for name in (path, str(path), os.fsencode(path)):
        assert count_file(name, ["a"]) == {"a": 2}
        assert [file.path for file in count_files([name], ["a"])] == [str(path)]


@pytest.mark.parametrize(
    ("path", "error"), [("missing", FileNotFoundError), (".", IsADirectoryError)]
)
@posix
def test_a_file_that_cannot_be_opened_raises(path: str, error: type[OSError]) -> None:
    with pytest.raises(error) as caught:
        count_file(path, ["a"])
    assert caught.value.filename == path


def test_a_file_that_cannot_be_decoded_raises(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"a \xff")
    with pytest.raises(UnicodeDecodeError):
        count_file(path, ["a"])


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"encoding": "no-such"}, LookupError, "unknown encoding: no-such"),
        ({"encoding": "rot13"}, LookupError, "'rot13' is not a text encoding"),
        ({"errors": "no-such"}, LookupError, "unknown error handler name '?no-such"),
        ({"encoding": "a\0b"}, LookupError, "unknown encoding"),
        ({"errors": "\udcff"}, LookupError, "unknown encoding 'utf-8' or error handler"),
        ({"encoding": 3}, TypeError, r"\(\) argument 'encoding' must be str, not int"),
        ({"errors": None}, TypeError, r"\(\) argument 'errors' must be str, not NoneType"),
    ],
)
def test_bad_decoding_options_fail_before_anything_is_read(
    options: dict[str, Any], error: type[Exception], message: str
) -> None:
    calls: list[tuple[Any, Any]] = [(count_file, "missing"), (count_files, ["missing"])]
    for function, argument in calls:
        with pytest.raises(error, match=message):
            function(argument, ["a"], **options)


@pytest.mark.parametrize("path", [3, None, ["a"]])
def test_a_path_of_another_type_is_refused(path: Any) -> None:
    expected = f"argument 'path' must be str, bytes or os.PathLike, not {type(path).__name__}"
    with pytest.raises(TypeError) as raised:
        count_file(path, ["a"])
    assert raised.value.args == (f"count_file() {expected}",)


# Many files


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a folder of files, each of which holds the word "a" once."""
    names = ["b.txt", "a.md", "sub/c.txt", "sub/deep/d.txt", "sub/e.md", "build/f.txt", "z.txt"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("a", encoding="utf-8")
    return tmp_path


def names(root: Path, records: Iterable[FileCount]) -> list[str]:
    """Return the paths of records, relative to a folder."""
    return [Path(record.path).relative_to(root).as_posix() for record in records]


def test_each_path_gives_a_record_in_the_order_given(tree: Path) -> None:
    paths = [tree / "z.txt", tree / "b.txt", tree / "z.txt"]
    records = list(count_files(paths, ["a", "b"]))
    assert names(tree, records) == ["z.txt", "b.txt", "z.txt"]
    assert all(record.counts == {"a": 1, "b": 0} and record.size == 1 for record in records)


def test_a_file_is_counted_when_its_record_is_requested(tree: Path) -> None:
    def paths() -> Iterator[Path]:
        yield tree / "b.txt"
        raise AssertionError

    assert next(count_files(paths(), ["a"])).counts == {"a": 1}


@posix
def test_a_file_that_cannot_be_counted_is_a_record_and_the_rest_is_counted(tree: Path) -> None:
    (tree / "bad.txt").write_bytes(b"a a \xff")
    paths: list[Any] = ["missing", tree, "nul\0", "\ud800", tree / "bad.txt", tree / "b.txt"]
    records = list(count_files(paths, ["a"]))
    assert [type(record.error) for record in records] == [
        FileNotFoundError,
        IsADirectoryError,
        OSError,
        UnicodeEncodeError,
        UnicodeDecodeError,
        type(None),
    ]
    assert [dict(record.counts) for record in records] == [{}, {}, {}, {}, {}, {"a": 1}]
    assert [record.size for record in records] == [0, 0, 0, 0, 5, 1]


def test_directories_are_walked_in_sorted_order(tree: Path) -> None:
    assert names(tree, count_files([tree], ["a"], recursive=True)) == [
        "a.md",
        "b.txt",
        "build/f.txt",
        "sub/c.txt",
        "sub/deep/d.txt",
        "sub/e.md",
        "z.txt",
    ]


@pytest.mark.parametrize(
    ("include", "exclude", "expected"),
    [
        (["*.md"], None, ["a.md", "sub/e.md"]),
        (["*.md", "z*"], ["sub"], ["a.md", "z.txt"]),
        (None, ["*.txt"], ["a.md", "sub/e.md"]),
        (None, ["sub/deep", "build", "?.md"], ["b.txt", "sub/c.txt", "z.txt"]),
        (["sub/*.txt"], None, ["sub/c.txt", "sub/deep/d.txt"]),
        ([], None, []),
        (
            None,
            [],
            ["a.md", "b.txt", "build/f.txt", "sub/c.txt", "sub/deep/d.txt", "sub/e.md", "z.txt"],
        ),
    ],
)
def test_globs_select_files_in_a_directory(
    tree: Path, include: list[str] | None, exclude: list[str] | None, expected: list[str]
) -> None:
    records = count_files([tree], ["a"], recursive=True, include=include, exclude=exclude)
    assert names(tree, records) == expected


@pytest.mark.parametrize(
    ("glob", "matched"),
    [
        ("x/", ["a/b/x/f", "a/x/f", "x/f"]),
        ("**/x/**", ["a/b/x/f", "a/x/f", "x/f"]),
        ("**/x/", ["a/b/x/f", "a/x/f", "x/f"]),
        ("./x", ["x/f"]),
        ("./x/", ["x/f"]),
        (".//x/**/**", ["x/f"]),
        ("x/**", ["x/f"]),
        ("a/x/", ["a/x/f"]),
        ("a/**/x/", ["a/b/x/f", "a/x/f"]),
        ("a/**/**/f", ["a/b/f", "a/b/x/f", "a/x/f"]),
        ("a/**/", ["a/b/f", "a/b/x/f", "a/x/f"]),
        ("[!a-w]/", ["a/b/x/f", "a/x/f", "x/f", "y/x"]),
        ("**/f", ["a/b/f", "a/b/x/f", "a/x/f", "f", "x/f"]),
        ("**/", ["a/b/f", "a/b/x/f", "a/x/f", "x/f", "y/x"]),
        ("./", ["a/b/f", "a/b/x/f", "a/x/f", "f", "x/f", "y/x"]),
        ("/x/", []),
    ],
)
def test_globs_of_directories_select_the_files_in_them(
    tmp_path: Path, glob: str, matched: list[str]
) -> None:
    files = ["a/b/f", "a/b/x/f", "a/x/f", "f", "x/f", "y/x"]
    for name in files:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    for each in (glob, glob.replace("/", os.sep)):
        included = count_files([tmp_path], ["a"], recursive=True, include=[each])
        assert names(tmp_path, included) == matched
        excluded = count_files([tmp_path], ["a"], recursive=True, exclude=[each])
        assert names(tmp_path, excluded) == [name for name in files if name not in matched]


def test_globs_match_all_that_fnmatch_matches() -> None:
    paths = ["x", "x/f", "a/x", "a/x/f", "a/b/x", "f.md", "a/f.md"]
    globs = ["x", "**", "**/x", "x/**", "a/**/x", "*/x", "?/x", "a?x", "a*f", "*.md", "[ax]/*"]
    for path, glob in itertools.product(paths, globs):
        name = path.rpartition("/")[2]
        if fnmatch(name, glob) or fnmatch(path, glob):
            for kind in ("file", "directory"):
                assert _walk.Patterns([glob], []).select(name, path, kind)
                assert not _walk.Patterns(None, [glob]).select(name, path, kind)


def test_globs_do_not_apply_to_a_file_given_by_name(tree: Path) -> None:
    records = count_files([tree / "b.txt"], ["a"], recursive=True, include=["*.md"], exclude=["b*"])
    assert names(tree, records) == ["b.txt"]


@posix
def test_links_to_files_are_counted_and_links_to_directories_are_not_followed(tree: Path) -> None:
    (tree / "sub/loop").symlink_to(tree)
    (tree / "sub/link").symlink_to(tree / "b.txt")
    records = list(count_files([tree / "sub"], ["a"], recursive=True))
    assert names(tree / "sub", records) == ["c.txt", "deep/d.txt", "e.md", "link"]
    assert not any(record.error for record in records)
    assert len(list(count_files([tree / "sub/loop"], ["a"], recursive=True))) == 8


@posix
def test_links_that_lead_nowhere_are_skipped_by_a_walk_and_are_errors_if_named(tree: Path) -> None:
    targets = {"gone": "nowhere", "self": "self", "below": "../b.txt/x", "one": "two", "two": "one"}
    for name, target in targets.items():
        (tree / "sub" / name).symlink_to(target)
    walked = count_files([tree / "sub"], ["a"], recursive=True)
    assert [(Path(record.path).name, record.error) for record in walked] == [
        ("c.txt", None), ("d.txt", None), ("e.md", None),
    ]  # fmt: skip
    for recursive in (False, True):
        named = count_files([tree / "sub" / name for name in targets], ["a"], recursive=recursive)
        assert [record.error.errno for record in named if isinstance(record.error, OSError)] == [
            errno.ENOENT, errno.ELOOP, errno.ENOTDIR, errno.ELOOP, errno.ELOOP,
        ]  # fmt: skip


@posix
def test_links_that_cannot_be_followed_or_read_are_errors(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tree)
    tree.chmod(0o755)  # without privileges, the parents of a temporary folder are closed
    for name, target in {"followed": "../build/f.txt", "read": "../b.txt"}.items():
        Path("sub", name).symlink_to(target)
    Path("build").chmod(0)
    Path("b.txt").chmod(0)
    with without_privileges():
        records = list(count_files(["sub"], ["a"], recursive=True))
    Path("build").chmod(0o700)
    failed = [record for record in records if record.error is not None]
    assert [record.path for record in failed] == ["sub/followed", "sub/read"]
    assert {type(record.error) for record in failed} == {PermissionError}


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (OSError(errno.ELOOP, "a loop"), "other"),
        (OSError(errno.ENOTDIR, "below a file"), "other"),
        (OSError(errno.ENAMETOOLONG, "in a deep tree"), "file"),
        (OSError(errno.EIO, "a fault"), "file"),
    ],
)
def test_only_errors_that_say_that_nothing_is_there_skip_a_link(error: OSError, kind: str) -> None:
    entry = mock.Mock(spec=os.DirEntry)
    entry.is_dir.return_value = False
    entry.is_file.side_effect = [False, error]
    assert _walk._kind(entry) == kind


def test_on_windows_the_error_of_a_loop_skips_a_link() -> None:
    error = OSError(errno.EINVAL, "a loop")
    error.winerror = 1921  # type: ignore[attr-defined,unused-ignore]
    test_only_errors_that_say_that_nothing_is_there_skip_a_link(error, "other")


@posix
def test_pipes_in_a_directory_are_skipped(tree: Path) -> None:
    os.mkfifo(tree / "pipe")
    (tree / "link").symlink_to("pipe")
    assert "pipe" not in names(tree, count_files([tree / "sub", tree], ["a"], recursive=True))


@posix
def test_a_directory_that_cannot_be_listed_is_a_record(tree: Path) -> None:
    real = os.scandir

    def scandir(path: str) -> Any:
        if path.endswith("deep"):
            raise PermissionError(errno.EACCES, "Permission denied", path)
        return real(path)

    with mock.patch.object(os, "scandir", scandir):
        records = list(count_files([tree / "sub"], ["a"], recursive=True))
    assert [type(record.error).__name__ for record in records] == [
        "NoneType", "PermissionError", "NoneType",
    ]  # fmt: skip
    assert records[1].path == str(tree / "sub/deep")


def test_an_entry_of_unknown_kind_is_taken_for_a_file(tree: Path) -> None:
    entry = mock.Mock(spec=os.DirEntry)
    entry.is_file.side_effect = entry.is_dir.side_effect = PermissionError
    assert _walk._kind(entry) == "file"


def test_an_error_in_on_progress_is_raised(tree: Path) -> None:
    def broken(size: int) -> None:
        raise OSError(size)

    with pytest.raises(OSError, match="1"):
        list(count_files([tree / "b.txt"], ["a"], on_progress=broken))


@posix
def test_a_file_without_permission_is_a_record(tree: Path) -> None:
    (tree / "b.txt").chmod(0)
    with without_privileges():
        (record,) = count_files([tree / "b.txt"], ["a"])
    assert isinstance(record.error, PermissionError)


def test_a_file_that_fails_while_it_is_read_is_a_record(tree: Path) -> None:
    class Failing(Pieces):
        def read(self, size: int = -1) -> Any:
            return super().read() or self.fail()

        def fail(self) -> Any:
            raise OSError(errno.EIO, "Input/output error")

    with mock.patch.object(_reader, "_open", lambda _: Failing(b"a a ")):
        (record,) = count_files([tree / "b.txt"], ["a"], encoding="latin-1")
    assert isinstance(record.error, OSError)
    assert (record.error.errno, record.size, record.counts) == (errno.EIO, 4, {})


def test_on_progress_gets_the_bytes_of_each_block(tree: Path) -> None:
    (tree / "b.txt").write_bytes(b"a" * 10)
    reported: list[int] = []
    with limits(BLOCK=4):
        list(count_files([tree / "b.txt", tree / "z.txt"], ["a"], on_progress=reported.append))
    assert reported == [4, 4, 2, 1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"paths": "a"}, "'paths' must be an iterable of paths, not str; pass a list: [paths]"),
        ({"paths": Path()}, f"'paths' must be an iterable of paths, not {type(Path()).__name__}; "
                            "pass a list: [paths]"),
        ({"paths": 3}, "'paths' must be an iterable of paths, not int"),
        ({"include": "*.md"}, "'include' must be an iterable of str, not str; "
                              "pass a list: [include]"),
        ({"exclude": [3]}, "'exclude' must be an iterable of str, not int inside"),
        ({"on_progress": 3}, "'on_progress' must be callable, not int"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused_before_iterating(
    arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(TypeError) as raised:
        count_files(**{"paths": [], "needles": ["a"], **arguments})
    assert raised.value.args == (f"count_files() argument {message}",)


def test_a_path_of_the_wrong_type_is_refused_after_the_files_before_it(tree: Path) -> None:
    paths: list[Any] = [tree / "b.txt", 3]
    records = count_files(paths, ["a"])
    assert next(records).counts == {"a": 1}
    with pytest.raises(TypeError, match="'paths' must be str, bytes or os.PathLike, not int"):
        next(records)


# FileCount


RECORD = FileCount("a.txt", {"a": 1}, size=3)


def test_a_file_count_cannot_be_changed() -> None:
    source = {"a": 1}
    record = FileCount("a.txt", source, size=3)
    source["a"] = 2
    assert record == RECORD
    for attribute in ("path", "counts", "size", "error", "other"):
        with pytest.raises(AttributeError, match=f"immutable: cannot set '{attribute}'"):
            setattr(record, attribute, None)
    with pytest.raises(AttributeError, match="immutable: cannot delete 'path'"):
        del record.path
    with pytest.raises(TypeError):
        record.counts["a"] = 2  # type: ignore[index]


def test_file_counts_compare_and_hash_by_value() -> None:
    assert FileCount("a.txt", {"a": 1}, size=3) == RECORD
    assert hash(FileCount("a.txt", {"a": 1}, size=3)) == hash(RECORD)
    for other in (
        FileCount("b.txt", {"a": 1}, size=3),
        FileCount("a.txt", {"a": 2}, size=3),
        FileCount("a.txt", {"a": 1}, size=4),
        FileCount("a.txt", {"a": 1}, size=3, error=OSError()),
        ("a.txt", {"a": 1}, 3, None),
    ):
        assert other != RECORD


def test_a_file_count_shows_its_fields() -> None:
    assert repr(RECORD) == "FileCount('a.txt', {'a': 1}, size=3, error=None)"


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_file_count_can_be_pickled_and_copied(protocol: int) -> None:
    assert pickle.loads(pickle.dumps(RECORD, protocol)) == RECORD
    assert copy.deepcopy(RECORD) == RECORD
    (failed,) = count_files(["missing"], ["a"])
    assert pickle.loads(pickle.dumps(failed, protocol)).error.args == failed.error.args  # type: ignore[union-attr]


PICKLES = {
    "1.0": (
        b"\x80\x02cfunctools\npartial\nq\x00c__builtin__\ngetattr\nq\x01ctextcount\nFileCount\n"
        b"q\x02X\x07\x00\x00\x00__new__q\x03\x86q\x04Rq\x05\x85q\x06Rq\x07(h\x05h\x02X\x05"
        b"\x00\x00\x00a.txtq\x08}q\tX\x01\x00\x00\x00bq\nK\x01s\x87q\x0b}q\x0c(X\x04\x00\x00"
        b"\x00sizeq\rK\x02X\x05\x00\x00\x00errorq\x0ecexceptions\nOSError\nq\x0fK\x02X\x0c\x00"
        b"\x00\x00No such fileq\x10\x86q\x11Rq\x12uNtq\x13b)Rq\x14."
    ),
    "1.1 to 1.4": (
        b"\x80\x02ctextcount.files\n_file_count\nq\x00(X\x05\x00\x00\x00a.txtq\x01}q\x02X\x01\x00"
        b"\x00\x00bq\x03K\x01sK\x02cexceptions\nOSError\nq\x04K\x02X\x0c\x00\x00\x00No such file"
        b"q\x05\x86q\x06Rq\x07tq\x08Rq\t."
    ),
}


@pytest.mark.parametrize("version", PICKLES)
def test_pickles_of_earlier_versions_can_be_loaded(version: str) -> None:
    record = pickle.loads(PICKLES[version])
    assert (record.path, dict(record.counts), record.size) == ("a.txt", {"b": 1}, 2)
    assert record.error.args == (2, "No such file")


def test_pickles_name_the_function_that_earlier_versions_load_them_with() -> None:
    assert b"ctextcount.files\n_file_count\n" in pickle.dumps(RECORD, 2)


def test_an_error_keeps_no_frames_alive(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"\xff")
    (record,) = count_files([tmp_path / "file"], ["a"])
    assert record.error is not None
    assert record.error.__traceback__ is None
