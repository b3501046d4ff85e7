"""The pure backend gives the same count whatever the size of its chunks."""

from typing import Any
from unittest import mock

import pytest
from hypothesis import given
from hypothesis import strategies as st
from reference import near_misses, oracle, texts

from textcount import _pure
from textcount._pure import count_occurrences

pytestmark = pytest.mark.own_backend

sizes = st.integers(1, 40)
decisions = st.sampled_from([_pure._is_sparse, lambda *_: True, lambda *_: False])


@given(near_misses(), st.integers(1, 5), st.tuples(*[sizes] * 6), decisions)
def test_chunks_of_any_size_give_the_same_count_whether_split_or_searched(
    pair: tuple[str, str], times: int, limits: tuple[int, ...], is_sparse: object
) -> None:
    contents, needle = " ".join([pair[0]] * times), pair[1]
    names = ["CHUNK", "FIRST_CHUNK", "LONG_WORD", "DENSE", "SAMPLE_PIECE", "SAMPLE_STEP"]
    replaced: dict[str, Any] = dict(zip(names, limits, strict=True))
    with mock.patch.multiple(_pure, _is_sparse=is_sparse, **replaced):
        assert count_occurrences(contents, needle) == oracle(contents, needle)


@given(texts(0, 20), texts(0, 5), sizes)
def test_needles_that_are_empty_or_have_whitespace_are_never_found(
    contents: str, needle: str, size: int
) -> None:
    with mock.patch.multiple(
        _pure, CHUNK=size, FIRST_CHUNK=size, LONG_WORD=1, _is_sparse=lambda *_: True
    ):
        assert count_occurrences(contents * 3, needle) == oracle(contents * 3, needle)
        assert count_occurrences(contents * 3, "") == 0
        assert count_occurrences("a  b " * 99, "a ") == 0


LONG = _pure.CHUNK


@pytest.mark.parametrize("needle", ["the", ".*", "a|b", "\\", "[", "(?i)", "aa", "\ud800", "😀"])
@pytest.mark.parametrize("gap", [" ", "\n", "\u3000", " and so on, as before, and once more "])
def test_long_texts_with_frequent_and_rare_needles_are_counted(needle: str, gap: str) -> None:
    dense = (needle + gap) * (LONG // len(needle + gap))
    sparse = (f"{needle * 2} {needle}. .{needle} words{gap}" * 40 + needle + gap) * (LONG // 1000)
    for contents in (dense, sparse, dense + sparse, sparse + dense, sparse * 3, dense[:-1] + "x"):
        assert count_occurrences(contents, needle) == oracle(contents, needle)


def test_text_with_rare_needles_is_searched_and_other_text_is_split() -> None:
    prose = "these are the words of a text in which the word is not frequent " * (LONG // 20)
    with mock.patch.object(_pure, "_searcher", wraps=_pure._searcher) as searcher:
        for gap in (" ", "\t", " " * 9):
            assert count_occurrences(prose.replace(" ", gap), "frequent") == LONG // 20
            assert searcher.called
            searcher.reset_mock()
        assert count_occurrences("a " * LONG, "a") == LONG
        assert count_occurrences("a" * LONG, "a") == 0
        assert count_occurrences("aaaa " * LONG, "a") == 0
        assert count_occurrences(prose, "absent") == 0
        assert count_occurrences(("the" + " " * 40) * (LONG // 10), "the of") == 0
        assert count_occurrences(("abcdefghij" * 10 + " " * 50) * (LONG // 10), "a") == 0
        assert not searcher.called
