"""Count the words of a text that equal a given word, exactly as ``str.split`` cuts them."""

from textcount._pure import count_occurrences
from textcount.files import FileCount, count_file, count_files, count_stream

__version__ = "1.0.0"

__all__ = [
    "FileCount",
    "__version__",
    "count_file",
    "count_files",
    "count_occurrences",
    "count_stream",
]

# Each public object says where it is imported from, not which file defines it,
# so that pickles and reprs survive when a definition moves.
for _public in (FileCount, count_file, count_files, count_occurrences, count_stream):
    _public.__module__ = __name__
del _public
