"""``FileCount``: the result of counting in one file."""

# Annotations are evaluated, so that typing.get_type_hints works without this module's names.
# Importing collections.abc would import collections, too.
from _collections_abc import Callable, Mapping

TYPE_CHECKING = False

_new = object.__new__
_ReadOnly = type(type.__dict__)  # types.MappingProxyType; importing types would take 1 ms


class FileCount:
    """The result of counting in one file. Immutable.

    Attributes:
        path: the file's name, as ``str``.
        counts: how often each needle occurs; empty if there was an error.
        size: how many bytes were read.
        error: why the file could not be read or decoded, or ``None``.

    >>> FileCount("essay.txt", {"the": 12}, size=843)
    FileCount('essay.txt', {'the': 12}, size=843, error=None)
    """

    if TYPE_CHECKING:  # so that type checkers reject every change of an attribute

        @property
        def path(self) -> str: ...
        @property
        def counts(self) -> Mapping[str, int]: ...
        @property
        def size(self) -> int: ...
        @property
        def error(self) -> OSError | UnicodeError | None: ...

    else:
        __slots__ = ("counts", "error", "path", "size")

        path: str
        counts: Mapping[str, int]
        size: int
        error: OSError | UnicodeError | None

        def __setattr__(self, name: str, value: object) -> None:
            raise AttributeError(f"FileCount is immutable: cannot set {name!r}")

        def __delattr__(self, name: str) -> None:
            raise AttributeError(f"FileCount is immutable: cannot delete {name!r}")

    def __new__(
        cls,
        path: str,
        counts: Mapping[str, int],
        *,
        size: int,
        error: OSError | UnicodeError | None = None,
    ) -> "FileCount":
        return new_record(path, dict(counts), size, error, cls)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, FileCount):
            return NotImplemented
        return self.__reduce__() == other.__reduce__()

    def __hash__(self) -> int:
        return hash((self.path, self.size))

    def __repr__(self) -> str:
        return (
            f"FileCount({self.path!r}, {dict(self.counts)!r}, "
            f"size={self.size!r}, error={self.error!r})"
        )

    def __reduce__(self) -> "tuple[Callable[..., FileCount], tuple[object, ...]]":
        return _file_count, (self.path, dict(self.counts), self.size, self.error)


# Bypass __setattr__, which refuses every change.
_set_path, _set_counts, _set_size, _set_error = (
    vars(FileCount)[name].__set__ for name in ("path", "counts", "size", "error")
)


def new_record(
    path: str,
    counts: dict[str, int],
    size: int,
    error: OSError | UnicodeError | None = None,
    cls: type[FileCount] = FileCount,
) -> FileCount:
    """Return a FileCount that keeps counts without a copy; twice as fast as calling the class."""
    self = _new(cls)
    _set_path(self, path)
    _set_counts(self, _ReadOnly(counts))
    _set_size(self, size)
    _set_error(self, error)
    return self


def mark_binary(error: UnicodeError) -> None:
    """Mark the error of a binary file that the user did not name. Only the command uses it."""
    vars(error)["is_binary"] = True


def is_marked_binary(error: OSError | UnicodeError) -> bool:
    """Return whether an error has the mark."""
    return "is_binary" in vars(error)


def _file_count(
    path: str, counts: Mapping[str, int], size: int, error: OSError | UnicodeError | None
) -> FileCount:
    """Make a FileCount from the parts that a pickle keeps."""
    return FileCount(path, counts, size=size, error=error)


# Pickles name textcount.files, as in 1.1 to 1.4, so that these versions can load them.
_file_count.__module__ = "textcount.files"
