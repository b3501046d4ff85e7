"""Each kernel of the extension counts correctly. The crate has more tests of kernels."""

import itertools
import re
from collections.abc import Iterator
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import WHITESPACE, near_misses, oracle, texts

import textcount

if textcount.BACKEND == "pure":
    pytest.skip("needs the extension", allow_module_level=True)

from textcount import _native

FAR = 2 * 64 + 3
"""A length in characters: two blocks of 64 and a part of a third block."""
WIDTHS = {"ASCII": "e", "1 byte": "é", "2 bytes": "한", "4 bytes": "😀"}

pytestmark = pytest.mark.own_backend


@pytest.fixture(scope="module", params=_native._kernels)
def kernel(request: pytest.FixtureRequest) -> str:
    """Return the name of a kernel."""
    name: str = request.param
    return name


@pytest.fixture
def count(kernel: str) -> Any:
    """Return a function that counts with one kernel of the extension."""
    return partial(_native._count_on, kernel)


@given(pair=near_misses(), times=st.integers(1, 9))
def test_near_misses_are_counted(kernel: str, pair: tuple[str, str], times: int) -> None:
    contents, needle = pair[0] * times, pair[1]
    assert _native._count_on(kernel, contents, needle) == oracle(contents, needle)
    data = contents.encode(errors="replace")
    assert _native._count_on(kernel, data, needle) == oracle(data.decode(), needle)


@given(contents=texts(0, 3 * 64), data=st.data())
def test_words_and_parts_of_words_of_the_text_are_counted(
    kernel: str, contents: str, data: st.DataObject
) -> None:
    words = contents.split() or ["a"]
    word = data.draw(st.sampled_from(words))
    start = data.draw(st.integers(0, len(word) - 1))
    for needle in (word, word[start:], word[: start + 1]):
        assert _native._count_on(kernel, contents, needle) == oracle(contents, needle)


def around(needle: str) -> Iterator[str]:
    """Yield texts that contain a needle, alone or in a word, at many distances from both ends."""
    for left, right in itertools.product(range(FAR), (0, 1, 2, 62, 63, 64, 65, FAR)):
        for fill in (" ", needle[0], needle + " ", needle + "x\u3000"):
            yield (fill * left)[:left] + needle + (fill * right)[:right]


@pytest.mark.parametrize("letter", WIDTHS.values(), ids=WIDTHS)
@pytest.mark.parametrize("length", [1, 2, 3, 4, 5, 16, 17, 40, 61, 62, 63, 64, 65, 100, 1000])
def test_a_needle_is_found_at_every_distance_from_both_ends(
    count: Any, length: int, letter: str
) -> None:
    needle = (letter + "ab")[:length] + "c" * (length - 3)
    for contents in around(needle):
        assert count(contents, needle) == oracle(contents, needle), (contents, needle)


@pytest.mark.parametrize("letter", WIDTHS.values(), ids=WIDTHS)
def test_every_whitespace_character_separates_at_every_place_of_a_block(
    count: Any, letter: str
) -> None:
    for space, place in itertools.product(WHITESPACE, range(FAR)):
        contents = "." * place + space + letter + space + "." * (FAR - place)
        assert count(contents, letter) == 1, (ascii(space), place)
        assert count(contents.encode(), letter) == 1, (ascii(space), place)


def test_a_needle_longer_than_the_text_is_not_found(count: Any) -> None:
    assert [count("a" * size, "a" * (size + 1)) for size in range(FAR)] == [0] * FAR
    assert [count("a" * size, "a" * size) for size in range(1, FAR)] == [1] * (FAR - 1)


def test_an_unknown_kernel_is_refused(kernel: str) -> None:
    choices = ", ".join(_native._kernels)
    with pytest.raises(ValueError, match=re.escape(f'kernel "x" is not one of {choices}')):
        _native._count_on("x", "a", "a")
    assert kernel in _native._kernels
