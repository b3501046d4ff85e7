"""In real texts, textcount's functions and its command give the counts that str.split gives."""

import random
from collections import Counter
from pathlib import Path

import pytest
from helpers import outcome

import textcount
from textcount import FileCount, count_file, count_files, count_stream

CORPORA = Path(__file__).parents[2] / "shared" / "corpora"
FILES = sorted(CORPORA.glob("*.txt"))

pytestmark = [
    pytest.mark.corpora,
    pytest.mark.skipif(not FILES, reason="no corpora on this machine"),
]


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_counts_of_400_words_agree_with_split(path: Path) -> None:
    contents = path.read_text(encoding="utf-8")
    words = Counter(contents.split())
    generator = random.Random(path.stem)
    present = generator.sample(sorted(words), 200)
    absent: list[str] = []
    while len(absent) < 200:  # parts of words, joined words and words spelled backwards
        one, other = generator.sample(present, 2)
        candidate = generator.choice([one[:-1], one[1:], one + other, one + one[-1], other[::-1]])
        if candidate and candidate not in words:
            absent.append(candidate)
    for needle in present + absent:
        assert textcount.count_occurrences(contents, needle) == words[needle]


@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_files_streams_and_the_command_agree_with_split(path: Path) -> None:
    contents = path.read_text(encoding="utf-8")
    words = Counter(contents.split())
    ranked = [word for word, _ in words.most_common()]
    frequent = ranked[0]
    substring = next(word[1:] for word in ranked if word[1:] and word[1:] not in words)
    needles = [frequent, ranked[len(ranked) // 2], ranked[-1], substring, "zyzzyva"]
    assert words[frequent] > 1000
    expected = {needle: words[needle] for needle in needles}

    assert {needle: textcount.count_occurrences(contents, needle) for needle in needles} == expected
    assert count_file(path, needles) == expected
    with path.open(encoding="utf-8") as text:
        assert count_stream(text, needles) == expected
    assert list(count_files([path], needles)) == [
        FileCount(str(path), expected, size=path.stat().st_size)
    ]
    for needle, count in expected.items():
        _, output, errors = outcome("-e", needle, path)
        assert (output.split()[0], errors) == (str(count), "")
