"""count_occurrences counts the words that equal a needle, and refuses wrong types."""

import array
import itertools
import mmap
import re
from typing import Any
from unittest import mock

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from reference import WHITESPACE, near_misses, oracle

import textcount._pure


@pytest.mark.parametrize(
    ("contents", "needle", "expected"),
    [
        ("to be or not to be", "be", 2),
        ("the then other theatre the", "the", 2),
        ("the The THE", "the", 1),
        ("the, the. the", "the", 1),
        ("foo", "foo", 1),
        ("foofoo", "foo", 0),
        ("foo foofoo foo", "foo", 2),
        ("aa aaa aa", "aa", 2),
        ("", "foo", 0),
        (" \n\t ", "foo", 0),
        ("foo", "foobar", 0),
        ("a\tb\rb\x0bb", "b", 3),
        ("foo\x0bfoo\u2028foo", "foo", 3),
        ("\x1cfoo\x1dfoo\x1efoo\x1f", "foo", 3),
        ("foo\r\nfoo\x85foo\xa0foo", "foo", 4),
        ("foo\u200bfoo foo", "foo", 1),  # a zero-width space is not whitespace
        ("foo\x00foo foo", "foo", 1),
        ("\ufefffoo foo", "foo", 1),  # a byte-order mark is a character
        ("caf\xe9 cafe\u0301 caf\xe9", "caf\xe9", 2),  # no normalisation
        ("caf\xe9 cafe\u0301 caf\xe9", "cafe\u0301", 1),
        ("영화 영화를 영화", "영화", 2),
        ("😀 😀😀 😀", "😀", 2),
        ("\ud800 \ud800\udc00 \udc00", "\ud800", 1),
        ("x \udcff x", "\udcff", 1),
        ("x \U0010ffff", "x", 1),
    ],
)
def test_counts_whole_words(contents: str, needle: str, expected: int) -> None:
    assert textcount.count_occurrences(contents, needle) == expected


@pytest.mark.parametrize("needle", ["", " ", "a b", "a\n", "\u2028a", "a\x1f"])
def test_a_needle_that_is_empty_or_has_whitespace_is_never_found(needle: str) -> None:
    assert textcount.count_occurrences(f"a b {needle} a\n \x1f", needle) == 0


def test_every_whitespace_character_of_this_python_separates_words() -> None:
    assert len(WHITESPACE) >= 29
    for space in WHITESPACE:
        assert textcount.count_occurrences(f"foo{space}foo{space}{space}bar{space}foo", "foo") == 3


@given(st.text(st.characters(codec=None)), st.text(st.characters(codec=None), max_size=4))
def test_agrees_with_split_on_any_text(contents: str, needle: str) -> None:
    assert textcount.count_occurrences(contents, needle) == oracle(contents, needle)
    for word in contents.split()[:3]:
        assert textcount.count_occurrences(contents, word) == oracle(contents, word)


@given(near_misses())
@example(("foo\x1cfoofoo\x1dfo\x1eoo", "foo"))
def test_agrees_with_split_on_near_misses(pair: tuple[str, str]) -> None:
    assert textcount.count_occurrences(*pair) == oracle(*pair)


@given(near_misses())
def test_bytes_are_counted_as_utf8(pair: tuple[str, str]) -> None:
    contents, needle = (part.encode("utf-8", "replace").decode() for part in pair)
    assert textcount.count_occurrences(contents.encode(), needle) == oracle(contents, needle)


@given(st.binary())
def test_invalid_utf8_raises_the_error_that_decoding_it_raises(contents: bytes) -> None:
    try:
        expected = oracle(contents.decode("utf-8"), "a")
    except UnicodeDecodeError as error:
        with pytest.raises(UnicodeDecodeError, match=re.escape(str(error))) as raised:
            textcount.count_occurrences(contents, "a")
        assert raised.value.args == error.args
    else:
        assert textcount.count_occurrences(contents, "a") == expected


def test_arguments_may_be_given_by_name() -> None:
    assert textcount.count_occurrences(needle="a", contents="a a") == 2


class Overriding(str):
    """A str that overrides every method that counting might call."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0

    def __str__(self) -> str:
        return "b b b"

    def split(self, *_: Any, **__: Any) -> list[str]:
        return ["b"] * 9

    splitlines = split


class OverridingBytes(bytes):
    """A bytes object that overrides ``decode``, which counting might call."""

    __slots__ = ()

    def decode(self, *_: Any, **__: Any) -> str:
        return "b b b"


def test_a_subclass_is_counted_by_its_characters_whatever_it_overrides() -> None:
    assert textcount.count_occurrences(Overriding("a b a"), "a") == 2
    assert textcount.count_occurrences("a b a", Overriding("b")) == 1
    assert textcount.count_occurrences(OverridingBytes(b"a b a"), "b") == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((None, "a"), "argument 'contents' must be str or bytes, not NoneType"),
        ((3, "a"), "argument 'contents' must be str or bytes, not int"),
        ((["a"], "a"), "argument 'contents' must be str or bytes, not list"),
        (("a", None), "argument 'needle' must be str, not NoneType"),
        (("a", b"a"), "argument 'needle' must be str, not bytes"),
        ((b"\xff", 1), "argument 'needle' must be str, not int"),
        ((None, None), "argument 'contents' must be str or bytes, not NoneType"),
    ],
)
def test_an_argument_of_the_wrong_type_is_named_in_the_error(
    arguments: tuple[Any, Any], message: str
) -> None:
    with pytest.raises(TypeError) as raised:
        textcount.count_occurrences(*arguments)
    assert raised.value.args == (f"count_occurrences() {message}",)


def released() -> memoryview:
    """Return a memoryview that has been released."""
    view = memoryview(b"a")
    view.release()
    return view


@pytest.mark.parametrize(
    "buffer",
    [
        bytearray(b"a"),
        memoryview(b"a"),
        mmap.mmap(-1, 1),
        array.array("b", b"a"),
        released(),
    ],
    ids=["bytearray", "memoryview", "mmap", "array", "released"],
)
def test_mutable_buffers_are_refused(buffer: Any) -> None:
    with pytest.raises(TypeError) as raised:
        textcount.count_occurrences(buffer, "a")
    assert raised.value.args == (
        "count_occurrences() argument 'contents' must be str or bytes, "
        f"not {type(buffer).__name__}; pass bytes(contents)",
    )


@given(near_misses())
def test_the_oracle_agrees_with_split_and_with_isspace(pair: tuple[str, str]) -> None:
    contents, needle = pair
    if not textcount._pure.PYPY_MISSED:
        assert oracle(contents, needle) == contents.split().count(needle)
    runs = ["".join(run) for space, run in itertools.groupby(contents, str.isspace) if not space]
    assert oracle(contents, needle) == runs.count(needle)


def test_whitespace_that_split_misses_on_pypy_separates_words() -> None:
    with mock.patch.object(textcount._pure, "PYPY_MISSED", ["\x1c", "x"]):
        assert textcount._pure.count_occurrences("a\x1caxa", "a") == 3
