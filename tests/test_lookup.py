"""Counting many words by one split gives what a pass for each word gives, in bounded memory."""

import codecs
import io
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from helpers import as_tuples, limits, needs_threads, outcome, peak_memory, with_workers
from hypothesis import given
from hypothesis import strategies as st
from reference import HANDLERS, near_misses, oracle, texts, words

import textcount
from textcount import _backend, _limits, _lookup, _pure, count_file, count_files, count_stream
from textcount._options import CountOptions, RunOptions
from textcount._workers import Workers

PROSE = "to be or not to be that is the question whether 'tis nobler in the mind to suffer\n" * 2000
MANY = [f"word{number}" for number in range(10_000)]


def method(*, is_split: bool) -> Any:
    """Return a context in which every text is split, or no text."""
    return mock.patch.object(_lookup, "splitting_is_faster", lambda *_: is_split)


def no_passes() -> Any:
    """Return a context in which a pass for one word raises an exception."""
    failing = mock.Mock(side_effect=AssertionError("a pass"))
    active = _backend.active
    part = active.count_part and failing
    backend = _backend.Backend(active.name, active.reason, failing, part, active.kernel)
    return mock.patch.object(_backend, "active", backend)


def splits(text: str, needles: list[str], threads: int = 1) -> bool:
    """Return the choice on CPython."""
    with limits(READ_PER_WORD={**_limits.READ_PER_WORD, "": 100}):
        return _lookup.splitting_is_faster(text, dict.fromkeys(needles, 0), threads)


@given(near_misses(), st.lists(words, max_size=5), st.integers(1, 9), st.integers(1, 9))
def test_splitting_a_stream_gives_the_right_counts_whatever_the_blocks(
    pair: tuple[str, str], others: list[str], block: int, chunk: int
) -> None:
    text, needle = pair
    needles = [needle, *others, "", "a b", needle[:1], needle[1:]]
    right = {each: oracle(text, each) for each in needles}
    for is_split in (True, False):
        with (
            method(is_split=is_split),
            limits(BLOCK=block),
            mock.patch.object(_pure, "CHUNK", chunk),
        ):
            assert count_stream(io.StringIO(text, newline=""), needles) == right


@given(texts(0, 40), st.integers(1, 9), st.sampled_from([1, 9]))
def test_splitting_bytes_gives_the_right_counts_whatever_the_blocks(
    text: str, block: int, in_place: int
) -> None:
    text = text.encode("utf-8", "ignore").decode()
    needles = [*text.split(), "a", "é", "한"]
    right = {each: oracle(text, each) for each in needles}
    with method(is_split=True), limits(BLOCK=block, IN_PLACE_WORDS=in_place):
        assert count_stream(io.BytesIO(text.encode()), needles) == right


@pytest.mark.parametrize("errors", HANDLERS)
@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1", "utf-16", "shift-jis", "utf-7"])
def test_splitting_a_file_gives_the_counts_and_errors_of_passes(
    tmp_path: Path, encoding: str, errors: str
) -> None:
    contents = [
        b"",
        b"a b a\n" * 9,
        "né 한 né a\u2003a".encode(),
        b"a \xff b \xed\xa0\x80 a",
        b"\xe9",
    ]
    paths = [tmp_path / f"{number}" for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    needles = ["a", "b", "né", "한", "\ufffd", "\udcff", "\\xff", "zz"]
    for block in (1, 2, 3, 5, 7, 1 << 20):
        with limits(BLOCK=block):
            with method(is_split=False):
                passes = list(count_files(paths, needles, encoding=encoding, errors=errors))
            with method(is_split=True), limits(IN_PLACE_WORDS=1):
                split = list(count_files(paths, needles, encoding=encoding, errors=errors))
        assert as_tuples(split) == as_tuples(passes)
        assert all(list(each.counts) in (needles, []) for each in split)


@pytest.mark.parametrize("many", [20, 2000])
def test_invalid_bytes_give_the_same_error_for_many_words(tmp_path: Path, many: int) -> None:
    path = tmp_path / "a"
    path.write_bytes(b"the end " * 1000 + b"\xff the")
    records = [
        list(count_files([path], [f"w{number}" for number in range(number)]))
        for number in (1, many)
    ]
    assert as_tuples(records[0]) == as_tuples(records[1])
    assert isinstance(records[1][0].error, UnicodeDecodeError)
    assert records[1][0].error.start == 8000


@needs_threads
@pytest.mark.parametrize("kind", ["threads", "our threads", "processes"])
def test_ranges_and_executors_count_many_words(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "a"
    path.write_bytes("to bé or not to bé ".encode() * 500)
    needles = ["to", "bé", "or", "t", "b", *MANY]
    right = dict.fromkeys(needles, 0) | {"to": 1000, "bé": 1000, "or": 500}
    with limits(RANGE=100, EXECUTOR_RANGE=1000, LOOKAHEAD=1, BLOCK=64), with_workers(2):
        if kind == "our threads":
            (record,) = count_files([path], needles)
        else:
            pool = ThreadPoolExecutor if kind == "threads" else ProcessPoolExecutor
            with pool(2) as executor:
                (record,) = count_files([path], needles, executor=executor)
    assert dict(record.counts) == right


def test_ten_thousand_words_take_no_pass_for_each(tmp_path: Path) -> None:
    path = tmp_path / "a"
    path.write_text(PROSE, "utf-8", newline="")
    needles = [*MANY, *dict.fromkeys(PROSE.split())]
    counter = Counter(PROSE.split())
    right = {needle: counter[needle] for needle in needles}
    with no_passes():
        assert count_file(path, needles) == right
        assert count_file(path, needles, encoding="latin-1") == right
        assert count_stream(io.StringIO(PROSE), needles) == right
        with limits(BLOCK=1000):  # nor do the words at the boundaries
            assert count_file(path, needles) == right


def test_the_command_counts_ten_thousand_words_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "words").write_text("\n".join([*MANY, "the"]), "utf-8")
    (tmp_path / "text").write_text(PROSE, "utf-8")
    with no_passes():
        status, out, _ = outcome("-f", tmp_path / "words", "--format", "csv", tmp_path / "text")
        assert status == 0
        assert out.rstrip().endswith('"the",4000,164000,""')
        assert outcome("-q", "-f", tmp_path / "words", tmp_path / "text")[0] == 0


def test_one_and_three_words_take_a_pass_each() -> None:
    for needles in (["the"], ["the", "be", "nobler"]):
        assert not splits(PROSE, needles)
        assert not splits(PROSE[:100], needles)
        assert not splits("", needles)


def test_more_words_are_needed_for_splitting_where_a_text_has_more_words() -> None:
    def fewest(text: str) -> int:
        return next(n for n in range(1, 10_000) if splits(text, MANY[:n]))

    dense, prose, sparse = "a " * 100_000, PROSE, ("x" * 99 + " ") * 2000
    assert fewest(sparse) < fewest(prose)
    if _backend.active.name == "native":
        assert fewest(prose) < fewest(dense)
        assert fewest("x" * 200_000) < fewest(sparse)


def test_the_extension_takes_passes_for_more_words_in_threads_of_one_gil() -> None:
    if _backend.active.name == "pure":
        pytest.skip("the pure backend starts no threads that share a GIL")
    assert splits(PROSE, MANY[:1500])
    assert not splits(PROSE, MANY[:1500], threads=64)


@needs_threads
@pytest.mark.parametrize("has_gil", [True, False])
def test_the_number_of_threads_counts_if_they_share_a_gil(has_gil: bool) -> None:
    run = RunOptions(CountOptions(["a"], "utf-8", "strict"), 3)
    with mock.patch.object(_backend, "has_gil", lambda: has_gil):
        assert list(Workers(run, 0).count(iter([]))) == []
    assert run.options.threads == (3 if has_gil else 1)


def test_whitespace_that_split_misses_on_pypy_ends_a_word_at_a_boundary() -> None:
    with mock.patch.object(_pure, "PYPY_MISSED", ["x"]), limits(BLOCK=3), method(is_split=True):
        assert count_stream(io.StringIO("axbcxd"), ["bc", "bcx", "d"]) == {
            "bc": 1,
            "bcx": 0,
            "d": 1,
        }


@pytest.mark.own_backend
@pytest.mark.skipif(textcount.BACKEND == "pure", reason="needs the extension")
def test_the_speed_of_every_kernel_is_known() -> None:
    from textcount import _native

    assert {*_native._kernels} <= {*_limits.READ_PER_WORD}


def test_frequent_letters_make_passes_of_the_pure_backend_slow() -> None:
    if _backend.active.name == "native":
        pytest.skip("the extension reads all words at nearly the same speed")

    def needles(letters: str) -> list[str]:
        return [letter * length for letter in letters for length in (2, 3, 4)]

    assert splits(PROSE, needles("etoi"))
    assert not splits(PROSE, needles("zxjk"))


@pytest.mark.parametrize("text", ["x" * (1 << 21), " ".join(map(str, range(300_000)))])
def test_memory_is_bounded_without_whitespace_and_with_distinct_words(text: str) -> None:
    stream = codecs.getreader("utf-8")(io.BytesIO(text.encode()))
    needles = MANY[:5000]
    with limits(BLOCK=1 << 16):
        count_stream(io.StringIO("a"), needles)  # imports
        assert peak_memory(lambda: count_stream(stream, needles)) < 4 << 20
