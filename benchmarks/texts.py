"""The texts that are counted in: generated, so that they are the same everywhere.

They are as prose is in what counting depends on: how long words are, how often
the frequent ones come, how often a needle stands within other words.
"""

from __future__ import annotations

import random
from collections import Counter
from itertools import accumulate
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

KILOBYTE = 1 << 10
MEGABYTE = 1 << 20

FREQUENT = {
    "english": "the of and to a in that he was it his her with as for had you not be is at on by "
    "but they she which or from have all this were there their when other been more who",
    "spanish": "de la que el en y a los se del las un por con no una su para es al lo como más "
    "o pero sus le ha me si sin sobre este ya entre cuando todo esta ser era también",
    "korean": "영화 너무 정말 진짜 이 그 왜 더 그냥 다 좀 잘 수 최고 보고 안 내 재밌게 본 이런",
    "russian": "и в не на я что он с как это по но они мы все она так его только было меня уже для "
    "вот когда даже другие время человек который",
    "chinese": "的 是 在 了 我 有 和 人 这 中 大 为 上 个 "
    "国 我们 他们 中国 因为 自己 没有 什么 社会主义",
}
SYLLABLES = {
    "english": "er in re at en or ti on al st ing es an le de ro li ne ed ra nd te ly ce is ma co "
    "pe di om ca tra pro con ment sh ow gh",
    "spanish": "ra do ta te ci ón ar es re la da to en ri co ca se mo pa ma no de lo ti er an os "
    "ía me is qu ñe él ad tr ón",
    "korean": "가 나 다 라 마 바 사 아 자 하 고 기 는 을 지 리 어 스 한 인 도 게 서 해 들 이 연 감",
    "russian": "то по ко на ро ра не ни ва го но ка ли ре де те ма ста про ть ся ет ен ал ов",
    "chinese": "天 地 人 和 你 我 他 大 小 多 少 上 下 左 右 前 后 来 去 学 生 工 作 国 家",
}
LONGEST = "pneumonoultramicroscopicsilicovolcanoconiosis"[:40]
"""A word of 40 letters."""

TWELVE_WORDS = {
    "a": "short",
    "of": "short",
    "the": "short",
    "that": "short",
    "there": "frequent",
    "return": "frequent",
    "question": "frequent",
    "relationship": "frequent",
    "housewives": "rare",
    "zyzzyva": "absent",
    "er": "substring",
    LONGEST: "long",
}
"""Words of ``prose_with_long_words``, and what kind of word each is."""

KINDS = frozenset(TWELVE_WORDS.values())

ABSENT = ["zyzzyvazyzzyva"[:length] for length in (1, 2, 3, 4, 5, 6, 8, 12)]
"""Words that are not in that text, of the lengths of those that are frequent."""

UTF8_WORDS = {
    "english": ["the", "there", "housewives"],
    "spanish": ["de", "también", "ventanas"],
    "russian": ["не", "который", "абвгд"],
    "korean": ["영화", "재밌게", "가나다라마바"],
    "chinese": ["的", "我们", "社会主义"],
}
"""Words of each language, counted in UTF-8."""


class Case(NamedTuple):
    """A text, and a word to count in it."""

    name: str
    text: str
    needle: str
    kind: str
    """What the needle is in the text: frequent, rare, a letter; or the text: dense, hard."""


def prose(language: str, size: int) -> str:
    """A text of that many characters, of words as frequent as Zipf and Mandelbrot have it.

    The word of some rank comes in proportion to 1 / (rank + 2.7): "the" is one word in
    twenty-five.
    """
    source = random.Random(language)
    syllables = SYLLABLES[language].split()
    longest = 3 if language == "korean" else 4
    made = ("".join(source.choices(syllables, k=source.randint(1, longest))) for _ in range(20_000))
    words = list(dict.fromkeys([*FREQUENT[language].split(), *made]))
    weights = list(accumulate(1 / (rank + 2.7) for rank in range(len(words))))
    # What is made once is repeated: a branch predictor does not remember so much.
    chosen = source.choices(words, cum_weights=weights, k=min(size, 4_000_000) // 4)
    for place in range(0, len(chosen), 9):
        chosen[place] += source.choice([",", ".", ".\n", ";", "\n"])
    # Each rare word a few times in all.
    for place in source.sample(range(len(chosen)), 3):
        chosen[place] = "housewives"
    return repeated(" ".join(chosen), size)


def prose_with_long_words(size: int) -> str:
    """English prose in which one word in a hundred is there, return, question or relationship."""
    words = prose("english", min(size, 8 * MEGABYTE)).split(" ")
    source = random.Random("long words")
    for word in ("there", "return", "question", "relationship"):
        for place in source.sample(range(len(words)), len(words) // 100):
            words[place] = word
    return repeated(" ".join(words), size)


def repeated(piece: str, size: int) -> str:
    """The piece again and again, to that many characters."""
    return (piece * (size // len(piece) + 1))[:size]


def cases(size: int) -> list[Case]:
    """All the cases, of that many bytes each (but what a text has by width)."""
    english, spanish, korean = (
        prose("english", size),
        prose("spanish", size),
        prose("korean", size // 2),
    )
    # A piece of some length is as wide as the whole.
    two_bytes = repeated("— “" + spanish[:4000], size // 2)
    four_bytes = repeated("😀 " + english[:4000], size // 4)
    return [
        Case("English", english, "the", "frequent"),
        Case("English", english, "er", "seldom"),
        Case("English", english, "a", "letter"),
        Case("English", english, "housewives", "rare"),
        Case("English", english, "zyzzyva", "rare"),
        Case("English", english, LONGEST, "long"),
        Case('"a " * n', repeated("a ", size), "a", "dense"),
        Case("Spanish, Latin-1", spanish, "de", "frequent"),
        Case("Spanish, Latin-1", spanish, "ventanas", "rare"),
        Case("Spanish, 2 bytes", two_bytes, "de", "frequent"),
        Case("Spanish, 2 bytes", two_bytes, "ventanas", "rare"),
        Case("Korean, 2 bytes", korean, "영화", "frequent"),
        Case("Korean, 2 bytes", korean, "zyzzyva", "rare"),
        Case("Emoji, 4 bytes", four_bytes, "the", "frequent"),
        Case("Emoji, 4 bytes", four_bytes, "zyzzyva", "rare"),
    ]


def corpora(folder: Path, size: int) -> list[Case]:
    """Real texts, repeated to that many characters, with a frequent and an absent word."""
    found = []
    for path in sorted(folder.glob("*.txt")):
        text = repeated(path.read_text(encoding="utf-8"), size)
        found += [
            Case(path.stem, text, frequent(text), "frequent"),
            Case(path.stem, text, "zyzzyva", "rare"),
        ]
    return found


def frequent(text: str) -> str:
    """The most frequent word of a text's beginning."""
    return Counter(text[:1_000_000].split()).most_common(1)[0][0]


def for_pure() -> list[Case]:
    """Prose, where the pure backend must be fast, and where it may be slow."""
    found = []
    for size in (MEGABYTE // 16, MEGABYTE, 16 * MEGABYTE):
        for language, often, seldom in [
            ("english", "the", "housewives"),
            ("english", "of", "zyzzyva"),
            ("spanish", "que", "ventanas"),
            ("korean", "영화", "zyzzyva"),
        ]:
            name, text = f"{language}, {size >> 10} KB", prose(language, size)
            found.append(Case(name, text, often, "frequent"))
            found.append(Case(name, text, seldom, "rare"))
    size = MEGABYTE // 4
    text = prose("english", size)
    hard = {
        "empty": ("", "a"),
        **{f"{length} characters": (text[:length], "the") for length in (1, 5, 20, 100)},
        "dense": ("a " * (size // 2), "a"),
        "dense, longer words": ("error " * (size // 6), "error"),
        "no whitespace, one letter": ("a" * size, "a"),
        "no whitespace, four letters": ("a" * size, "aaaa"),
        "no whitespace, other letters": (text.replace(" ", "").replace("\n", ""), "the"),
        "near misses": ("aab aaab " * (size // 9), "aab"),
        "near misses in front": ("xthe " * (size // 5), "the"),
        "near misses behind": ("thex " * (size // 5), "the"),
        "sparse, then dense": (text + "a " * (size // 2), "a"),
        "dense, then sparse": ("the " * (size // 4) + text, "the"),
        "whitespace alone": (" " * size, "a"),
        "one letter in many words": (text, "e"),
        "4 bytes a character": ((text[:1000] + " 😀 ") * (size // 1000), "the"),
        "needle of 1,000": (text, "a" * 1000),
        "needle longer than the text": (text[:40_000], "a" * 50_000),
    }
    return found + [Case(name, *pair, "hard") for name, pair in hard.items()]
