"""Real text, whole, where there is any: the function, the files and the command agree."""

import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

import textcount
from textcount import FileCount, count_file, count_files, count_stream

pytestmark = pytest.mark.corpora

CORPORA = Path(__file__).parents[2] / "shared" / "corpora"
FILES = sorted(CORPORA.glob("*.txt"))


@pytest.mark.skipif(not FILES, reason="no corpora on this machine")
@pytest.mark.parametrize("path", FILES, ids=[path.stem for path in FILES])
def test_counts_of_400_words_agree_with_split(path: Path) -> None:
    contents = path.read_text(encoding="utf-8")
    words = Counter(contents.split())
    generator = random.Random(path.stem)
    present = generator.sample(sorted(words), 200)
    absent: list[str] = []
    while len(absent) < 200:  # parts of words, two words in one, and whole words misspelt
        one, other = generator.sample(present, 2)
        candidate = generator.choice([one[:-1], one[1:], one + other, one + one[-1], other[::-1]])
        if candidate and candidate not in words:
            absent.append(candidate)
    for needle in present + absent:
        assert textcount.count_occurrences(contents, needle) == words[needle]


@pytest.mark.skipif(not FILES, reason="no corpora on this machine")
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
        command = [sys.executable, "-m", "textcount", "-e", needle, str(path)]
        output = subprocess.run(command, capture_output=True, check=False).stdout
        assert output.split()[0] == str(count).encode()
