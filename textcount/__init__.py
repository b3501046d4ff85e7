"""Count the words of a text that equal a given word, exactly as ``str.split`` cuts them."""

__version__ = "1.4.0"  # first: the backend holds the extension's against it

from textcount._backend import BACKEND, BACKEND_REASON, count_occurrences
from textcount.files import FileCount, count_file, count_files, count_stream

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

# Each public object says where it is imported from, not which file defines it,
# so that pickles and reprs survive when a definition moves. Both backends say so
# of count_occurrences themselves.
for _public in (FileCount, count_file, count_files, count_stream):
    _public.__module__ = __name__
del _public
