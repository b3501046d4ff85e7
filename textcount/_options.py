"""Checked options: what to count (``CountOptions``), and with which workers (``RunOptions``)."""

from __future__ import annotations

import codecs
from _collections_abc import Callable  # importing collections.abc would import collections, too

from textcount._arguments import AUTO

TYPE_CHECKING = False
if TYPE_CHECKING:
    from concurrent.futures import Executor

OnProgress = Callable[[int], object]

HANDLERS = (
    "strict",
    "replace",
    "ignore",
    "surrogateescape",
    "surrogatepass",
    "backslashreplace",
)
"""Error handlers that look at nothing but the invalid bytes. Any other handler is the
caller's own and may look at every byte, so it is given the whole file."""

_WHOLE_ENCODINGS = ("punycode", "unicode_escape", "iso2022_", "utf_7")
"""Encodings that are decoded in one piece, because decoding block by block gives other results.
The decoder of punycode decodes each block as if it were the whole text. The decoder of
unicode_escape loses an octal escape that straddles two blocks (``b"\\\\6", b"6"``). The iso2022
decoders fail on an unknown escape sequence that straddles two blocks
(``b"\\x1b(\\x85  foo\\r\\n +"``). PyPy's decoder of utf-7 loses a shift sequence that straddles
two blocks."""

_IN_PLACE = ("utf_8", "ascii")
"""Encodings that the extension counts without decoding. Text in these encodings can also be
cut at any space or line feed."""


class CountOptions:
    """The words to count, and how the bytes of each text are decoded.

    Args:
        needles: the words, distinct.
        encoding: the name of an encoding that exists, or AUTO.
        errors: the name of an error handler that exists.
        stop_at_match: true if the rest of a text does not matter once a word has been found.

    Attributes:
        needles: the words as the keys of a dict. Each value is 0, the count before counting.
        threads: the number of threads that count at the same time with one GIL.
        by_mark: true if a byte-order mark selects the encoding of each text.
        is_whole: true if the bytes must be decoded in one piece.
        is_ascii: true for the encoding ASCII.
        in_place: true if the extension can count the bytes without decoding them.
        overlap: how many characters on each side of a boundary are counted again.
    """

    __slots__ = (
        "by_mark",
        "encoding",
        "errors",
        "in_place",
        "is_ascii",
        "is_whole",
        "needles",
        "overlap",
        "stop_at_match",
        "threads",
    )

    def __init__(
        self, needles: list[str], encoding: str, errors: str, *, stop_at_match: bool = False
    ) -> None:
        self.needles = dict.fromkeys(needles, 0)
        self.threads = 1
        self.by_mark = encoding == AUTO
        self.encoding = encoding = "utf-8" if self.by_mark else encoding
        self.errors = errors
        self.stop_at_match = stop_at_match
        name = codecs.lookup(encoding).name.replace("-", "_")
        self.is_whole = errors not in HANDLERS or name.startswith(_WHOLE_ENCODINGS)
        self.is_ascii = name == "ascii"
        self.in_place = name in _IN_PLACE and not self.is_whole
        self.overlap = max(map(len, needles), default=0) + 1

    def size_limit(self, range_size: int) -> int:
        """Return the minimum size in bytes of a file that is divided into ranges; 0 means never.

        Most encodings give 0, because a range could begin inside a character.
        """
        return 2 * range_size if self.in_place else 0

    def with_encoding(self, encoding: str) -> CountOptions:
        """Return the same options with another encoding."""
        needles = [*self.needles]
        made = CountOptions(needles, encoding, self.errors, stop_at_match=self.stop_at_match)
        made.threads = self.threads
        return made

    def decoder(self) -> codecs.IncrementalDecoder:
        """Return a new decoder for the blocks of one text."""
        return codecs.getincrementaldecoder(self.encoding)(self.errors)


class RunOptions:
    """How the sources of one call are counted.

    Args:
        options: the words to count, and how to decode.
        jobs: the number of threads that may count.
        on_progress: called with the number of bytes read since its last call.
        executor: the caller's executor, which counts all sources except descriptors,
            pipes and devices.

    Attributes:
        tasks_by_backend: the number of tasks that each backend has run in the executor.
    """

    def __init__(
        self,
        options: CountOptions,
        jobs: int,
        on_progress: OnProgress | None = None,
        executor: Executor | None = None,
    ) -> None:
        self.options = options
        self.jobs = jobs
        self.on_progress = on_progress
        self.executor = executor
        self.tasks_by_backend: dict[str, int] = {}
