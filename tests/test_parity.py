"""Both backends give the same counts and errors, and have the same signature and docstring."""

import gc
import inspect
import os
import pickle
import sys
import sysconfig
import threading
import time
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
from helpers import python, wait_until
from hypothesis import given
from hypothesis import strategies as st
from reference import WHITESPACE, near_misses, oracle, texts, words

import textcount
from textcount import _pure

if textcount.BACKEND == "pure":
    pytest.skip("needs both backends", allow_module_level=True)

from textcount import _native

pytestmark = pytest.mark.own_backend

NATIVE, PURE = _native.count_occurrences, _pure.count_occurrences


def both(contents: Any, needle: str) -> int:
    """Count with both backends; fail if the counts differ, else return the count."""
    native, pure = NATIVE(contents, needle), PURE(contents, needle)
    assert native == pure, (contents, needle)
    return native


# Counts


@given(near_misses())
def test_backends_agree_on_near_misses(pair: tuple[str, str]) -> None:
    assert both(*pair) == oracle(*pair)


@given(texts(0, 60), st.data())
def test_backends_agree_on_words_cut_from_the_text(contents: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(contents)))
    end = data.draw(st.integers(start, len(contents)))
    needle = contents[start:end]
    for changed in (needle, needle[:-1], needle * 2, needle + "\U0010ffff", needle + "\u0100"):
        both(contents, changed)
    for word in contents.split():
        assert both(contents, word) == oracle(contents, word)


@given(words, words)
def test_backends_agree_between_every_whitespace_character(needle: str, other: str) -> None:
    contents = "".join(needle + space + other + space for space in WHITESPACE)
    assert both(contents, needle) >= len(WHITESPACE)


@pytest.mark.parametrize("wide", ["", "\xe9", "\u0100", "\ud800", "\U0001f600"])
@pytest.mark.parametrize("needle", ["a", "\xe9", "\u0100", "\ud800", "\U0001f600"])
def test_backends_agree_in_every_width_of_text_and_word(wide: str, needle: str) -> None:
    """A word may take fewer bytes for each character than the text."""
    contents = f"a {needle} {wide}{needle} \xe9a a{wide} {wide}"
    assert both(contents, needle) == oracle(contents, needle)
    long = contents * 30_000  # so long that the GIL is released
    assert both(long, needle) == oracle(long, needle)


def test_backends_agree_with_split_on_every_character_there_is() -> None:
    for char in map(chr, range(sys.maxunicode + 1)):
        text = f"a{char}a"
        found = text.split()
        assert NATIVE(text, "a") == PURE(text, "a") == found.count("a"), ascii(char)
        assert NATIVE(text, text) == PURE(text, text) == found.count(text), ascii(char)


# Errors


class Odd:
    """An object that is neither text nor bytes."""


CALLS: list[tuple[tuple[Any, ...], dict[str, Any]]] = [
    ((), {}),
    (("a",), {}),
    ((), {"contents": "a"}),
    ((), {"needle": "a"}),
    (("a", "a", "a"), {}),
    (("a", "a", "a", "a"), {}),
    (("a", "a"), {"contents": "a"}),
    (("a", "a"), {"needle": "a"}),
    (("a",), {"contents": "a"}),
    (("a", "a"), {"word": "a"}),
    (("a", "a"), {"NEEDLE": "a"}),
    ((None, "a"), {}),
    ((Odd(), "a"), {}),
    ((Odd, "a"), {}),
    ((bytearray(b"a"), "a"), {}),
    ((memoryview(b"a"), "a"), {}),
    ((b"a", b"a"), {}),
    (("a", None), {}),
    (("a", Odd()), {}),
    ((3, 3), {}),
    ((mock.Mock(spec=str), "a"), {}),
    ((mock.Mock(spec=bytes), "a"), {}),
    (("a", mock.Mock(spec=str)), {}),
    ((b"\xff", 3), {}),
    ((b"a \xff", "a"), {}),
    ((b"a \xed\xa0\x80 \xff", "a"), {}),
    ((b"\xf0\x9f\x98", ""), {}),
]


def raised(function: Any, arguments: tuple[Any, ...], keywords: dict[str, Any]) -> Any:
    """Return the type and the arguments of the error that a call raises."""
    with pytest.raises((TypeError, UnicodeDecodeError)) as error:
        function(*arguments, **keywords)
    # Newer interpreters append a suggestion, which can differ between the backends.
    args = [
        part.split(". Did you mean")[0] if isinstance(part, str) else part
        for part in error.value.args
    ]
    return type(error.value), args


@pytest.mark.parametrize(("arguments", "keywords"), CALLS, ids=map(str, range(len(CALLS))))
def test_backends_raise_the_same_errors(
    arguments: tuple[Any, ...], keywords: dict[str, Any]
) -> None:
    assert raised(NATIVE, arguments, keywords) == raised(PURE, arguments, keywords)


@given(st.binary(max_size=20))
def test_backends_raise_the_same_errors_for_any_bytes(contents: bytes) -> None:
    try:
        expected = PURE(contents, "a")
    except UnicodeDecodeError as error:
        with pytest.raises(UnicodeDecodeError) as native:
            NATIVE(contents, "a")
        assert native.value.args == error.args
        assert type(native.value.object) is bytes
    else:
        assert NATIVE(contents, "a") == expected


# Attributes


def test_backends_have_the_same_name_signature_and_docstring() -> None:
    assert inspect.getdoc(NATIVE) == inspect.getdoc(PURE)
    for attribute in ("__name__", "__qualname__", "__module__"):
        assert getattr(NATIVE, attribute) == getattr(PURE, attribute)
    native, pure = inspect.signature(NATIVE), inspect.signature(PURE)
    assert [(each.name, each.kind, each.default) for each in native.parameters.values()] == [
        (each.name, each.kind, each.default) for each in pure.parameters.values()
    ]


def test_the_extension_adds_no_public_name() -> None:
    assert {name for name in dir(_native) if not name.startswith("_")} == {"count_occurrences"}
    assert _native.__version__ == textcount.__version__


@pytest.mark.parametrize(("writer", "reader"), [("native", "pure"), ("pure", "native")])
def test_a_pickle_made_on_one_backend_loads_on_the_other(writer: str, reader: str) -> None:
    def run(backend: str, script: str, given: str = "") -> str:
        result = python(
            *("-c", f"import pickle, textcount; {script}"),
            input=given,
            env={**os.environ, "TEXTCOUNT_BACKEND": backend},
        )
        assert (result.returncode, result.stderr) == (0, "")
        return result.stdout

    dump = "print(pickle.dumps(textcount.count_occurrences).hex())"
    load = "count = pickle.loads(bytes.fromhex(input())); print(count('a b a', 'a'))"
    dumped = run(writer, dump)
    assert run(reader, load + "; print(textcount.BACKEND)", dumped).split() == ["2", reader]
    assert pickle.loads(bytes.fromhex(dumped)) is textcount.count_occurrences


# Memory and threads


def test_counting_leaves_no_utf8_copy_on_the_text() -> None:
    for contents in ("é a " * 50_000, "한 a " * 50_000, "😀 a " * 50_000):
        fresh = "".join(list(contents))
        size = sys.getsizeof(fresh)
        assert NATIVE(fresh, "a") == 50_000
        assert sys.getsizeof(fresh) == size


def test_counting_leaks_no_references() -> None:
    contents, needle = "a é " * 30_000, "é" * 3
    references = sys.getrefcount(contents), sys.getrefcount(needle)
    for _ in range(10):
        NATIVE(contents, needle)
        for bad in ((3, needle), (bytearray(b""), needle), (contents, 3), (b"\xff", needle)):
            with pytest.raises((TypeError, UnicodeDecodeError)):
                NATIVE(*bad)
    del bad
    gc.collect()
    assert (sys.getrefcount(contents), sys.getrefcount(needle)) == references


def test_other_threads_run_while_a_large_text_is_counted() -> None:
    contents = "ab " * 20_000_000
    stop = threading.Event()
    ticks = 0

    def tick() -> None:
        nonlocal ticks
        while not stop.is_set():
            ticks += 1
            time.sleep(0.0001)

    def lets_others_run() -> bool:
        """Count; return whether the other thread ran at least three times during the count."""
        before = ticks
        NATIVE(contents, "ab")
        return ticks >= before + 3

    thread = threading.Thread(target=tick)
    interval = sys.getswitchinterval()
    # Python now asks no thread for the GIL. A thread keeps the GIL until the thread waits.
    sys.setswitchinterval(1000)
    try:
        thread.start()
        wait_until(lets_others_run)
    finally:
        sys.setswitchinterval(interval)
        stop.set()
        thread.join()


def run_in_threads(number: int, action: Callable[[], object]) -> None:
    """Run an action in ``number`` threads at once, and join the threads."""
    threads = [threading.Thread(target=action) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_many_threads_count_the_same_text() -> None:
    contents = "a é " * 40_000
    counts: list[int] = []
    run_in_threads(8, lambda: counts.extend(NATIVE(contents, "é") for _ in range(20)))
    assert counts == [40_000] * 160


@pytest.mark.skipif(
    not sysconfig.get_config_var("Py_GIL_DISABLED"), reason="needs a free-threaded Python"
)
def test_a_free_threaded_python_counts_correctly_and_stays_without_gil() -> None:
    contents = ["a " * size + "é " * size for size in (10, 1_000, 100_000)]
    wrong: list[int] = []

    def count() -> None:
        for text in contents * 200:
            if NATIVE(text, "é") * 2 != len(text.split()):
                wrong.append(len(text))  # noqa: PERF401 - several threads append

    run_in_threads(8, count)
    assert not wrong
    assert not sys._is_gil_enabled()  # type: ignore[attr-defined, unused-ignore]
