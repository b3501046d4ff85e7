"""Count the words of a text that equal a given word, exactly as ``str.split`` cuts them."""

from textcount import _backend
from textcount._record import FileCount
from textcount._version import __version__
from textcount.files import count_file, count_files, count_stream

TYPE_CHECKING = False
if TYPE_CHECKING:  # type checkers see the Python function with either backend
    from textcount._pure import count_occurrences
else:
    count_occurrences = _backend.active.count

BACKEND = _backend.active.name
"""``"native"`` if the extension in Rust counts, ``"pure"`` if Python does."""

BACKEND_REASON = _backend.active.reason
"""A sentence that says why this backend was selected."""

__all__ = [
    "BACKEND",
    "BACKEND_REASON",
    "FileCount",
    "__version__",
    "count_file",
    "count_files",
    "count_occurrences",
    "count_stream",
]

# Pickles and reprs name an object's module. Set the package as the module, so that a pickle
# still loads after the definition moves. Both backends set the module of count_occurrences.
for _public in (FileCount, count_file, count_files, count_stream):
    _public.__module__ = __name__
del _public
