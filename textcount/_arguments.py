"""Check the arguments of the public functions, and create the exceptions for wrong ones."""

from __future__ import annotations

import codecs
import errno
import io
import os

TYPE_CHECKING = False  # importing typing takes longer than importing the rest of the package
if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from typing import TypeVar

    T = TypeVar("T")


AUTO = "auto"
"""The value of ``encoding`` with which a byte-order mark selects the encoding. Without a mark, the
encoding is UTF-8."""


def wrong_type(function: str, argument: str, expected: str, value: object) -> TypeError:
    """Return the ``TypeError`` for an argument of a type that the function does not take."""
    given = type(value).__name__
    return TypeError(f"{function}() argument {argument!r} must be {expected}, not {given}")


def wrong_call(contents: object, needle: object) -> TypeError:
    """Return the ``TypeError`` for a call of ``count_occurrences`` with wrong types."""
    if issubclass(type(contents), (str, bytes)):
        return wrong_type("count_occurrences", "needle", "str", needle)
    error = wrong_type("count_occurrences", "contents", "str or bytes", contents)
    return TypeError(f"{error}; pass bytes(contents)") if _is_buffer(contents) else error


def wrong_block(block: object) -> Exception:
    """Return the error for a ``read`` that returned None or an object of the wrong type."""
    if block is None:
        return BlockingIOError(errno.EAGAIN, "the stream is non-blocking and has no data")
    given = type(block).__name__
    return TypeError(
        f"count_stream() argument 'stream' must give str or bytes, one or the other, not {given}"
    )


def distinct_words(function: str, words: Iterable[str], argument: str = "needles") -> list[str]:
    """Return the strings of an iterable argument in order, without duplicates."""
    distinct: dict[str, None] = {}
    for word in iterate(function, argument, "str", words):
        if not isinstance(word, str):
            error = wrong_type(function, argument, "an iterable of str", word)
            raise TypeError(f"{error} inside")
        distinct[str.__str__(word)] = None
    return list(distinct)


def iterate(function: str, argument: str, items: str, values: Iterable[T]) -> Iterator[T]:
    """Return an iterator over an argument; raise TypeError for a bare string or path."""
    expected = f"an iterable of {items}"
    if isinstance(values, (str, bytes, os.PathLike)):
        error = wrong_type(function, argument, expected, values)
        raise TypeError(f"{error}; pass a list: [{argument}]")
    try:
        return iter(values)
    except TypeError:
        raise wrong_type(function, argument, expected, values) from None


def file_name(function: str, argument: str, path: object) -> str:
    """Return the name of a file as ``str``, with surrogates for bytes that are not text."""
    try:
        return os.fsdecode(path)  # type: ignore[arg-type]
    except TypeError:
        raise wrong_type(function, argument, "str, bytes or os.PathLike", path) from None


def check_decoding(function: str, encoding: object, errors: object) -> str:
    """Return the encoding's name; raise LookupError if ``open`` refuses encoding or errors."""
    if not isinstance(encoding, str):
        raise wrong_type(function, "encoding", "str", encoding)
    if not isinstance(errors, str):
        raise wrong_type(function, "errors", "str", errors)
    try:
        f"{encoding}{errors}".encode()  # outside CPython, only this line refuses a lone surrogate
        codecs.lookup_error(errors)
        is_auto = encoding == AUTO
        file = io.TextIOWrapper(io.BytesIO(), "utf-8" if is_auto else encoding, errors)
        return AUTO if is_auto else file.encoding
    except ValueError:  # one of the names has a lone surrogate or a NUL in it
        name = f"encoding {encoding!r} or error handler {errors!r}"
        raise LookupError(f"unknown {name}") from None


def _is_buffer(value: object) -> bool:
    try:
        with memoryview(value):  # type: ignore[arg-type]
            return True
    except TypeError:
        return False
    except Exception:  # a released or closed buffer may raise anything
        return True
