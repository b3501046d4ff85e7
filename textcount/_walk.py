"""Replace each directory or store (a bucket, a web directory) with the files that it holds."""

from __future__ import annotations

import os

from textcount._sources import NOWHERE, Source

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from textcount._stores import Store

    Entry = tuple[str, str, str]  # an entry's name, path or key, and kind

_WINDOWS_LOOP = 1921
"""The Windows error of a link that leads to itself: ERROR_CANT_RESOLVE_FILENAME."""


class Patterns:
    """The include and exclude globs of a walk."""

    def __init__(self, include: Iterable[str] | None, exclude: Iterable[str]) -> None:
        self._include = None if include is None else [_Glob(pattern) for pattern in include]
        self._exclude = [_Glob(pattern) for pattern in exclude]
        self.select_all = self._include is None and not self._exclude

    def select(self, name: str, inside: str, kind: str) -> bool:
        """Return whether a walk should take an entry.

        Args:
            name: the entry's name.
            inside: the entry's path, relative to the directory where the walk began.
            kind: ``"directory"`` or ``"file"``.
        """
        if any(glob.matches(name, inside, kind) for glob in self._exclude):
            return False
        if kind == "directory" or self._include is None:
            return True
        return any(glob.matches(name, inside, kind) for glob in self._include)


class _Glob:
    """A glob, which is compared with an entry's name and with its path.

    A glob that begins with ``./``, ends with ``/`` or has a part ``**`` is also compared part by
    part. Then each part of the glob and of the path is put between slashes, and ``**`` becomes
    ``*``. For example, ``a/**/b`` becomes ``/a/*/b/``, which matches ``/a//b/`` and
    ``/a//x//b/``.
    """

    def __init__(self, pattern: str) -> None:
        from fnmatch import fnmatch  # imports re, which few walks need

        self._fnmatch = fnmatch
        self._pattern = pattern
        self._by_part = ""
        pattern = pattern.replace(os.sep, "/")
        parts = [part for part in pattern.split("/") if part not in {"", "."}]
        is_rooted = pattern.startswith("./")
        self._is_directory = pattern.endswith(("/", "/**"))
        if pattern.startswith("/") or not (is_rooted or self._is_directory or "**" in parts):
            return
        if pattern.endswith("/**"):
            while parts[-1:] == ["**"]:
                parts.pop()
        elif parts[-1:] == ["**"]:
            parts.append("*")
        if "/" not in pattern.rstrip("/"):
            parts.insert(0, "**")
        self._by_part = "".join("*" if part == "**" else f"/{part}/" for part in parts)
        if is_rooted or self._is_directory:
            self._by_part += "*"  # the files in a directory that matches

    def matches(self, name: str, inside: str, kind: str) -> bool:
        """Return whether the glob matches an entry. The arguments are those of ``select``."""
        if self._fnmatch(name, self._pattern) or self._fnmatch(inside, self._pattern):
            return True
        if not self._by_part:
            return False
        parts = inside.split("/")
        if self._is_directory and kind == "file":
            parts.pop()
        return self._fnmatch("".join(f"/{part}/" for part in parts), self._by_part)


def expand(sources: Iterable[Source], recursive: bool, patterns: Patterns) -> Iterator[Source]:
    """Yield the sources; if recursive, replace each directory or store with its files."""
    for source in sources:
        name = source.name
        if not recursive or isinstance(name, int):
            yield source
        elif source.is_url:
            yield from _expand_url(name, patterns)
        elif os.path.isdir(name):
            yield from _walk(name, _list_directory, patterns)
        else:
            yield source


def _expand_url(url: str, patterns: Patterns) -> Iterator[Source]:
    from textcount._stores import Store

    try:
        store = Store(url)
        named = store.named()
    except OSError as error:
        yield Source(url, error, is_walked=True, is_url=True)
        return
    for key, kind in named:
        if isinstance(kind, OSError):
            yield _found(store, key, kind)
        elif kind == "file":
            yield _found(store, key, is_walked=False)
        elif store.is_flat:
            yield from _select(store, key, patterns)
        else:
            yield from _walk(key, store.list_directory, patterns, store)


def _select(store: Store, prefix: str, patterns: Patterns) -> Iterator[Source]:
    """Yield the objects below a prefix, as if the parts of their keys were directories."""
    try:
        objects = store.list_objects(prefix)
    except OSError as error:
        yield _found(store, prefix, error)
        return
    for inside, key in objects:
        *directories, name = inside.split("/")
        above = ""
        for directory in directories:
            above += directory
            if not patterns.select(directory, above, "directory"):
                break
            above += "/"
        else:
            if patterns.select(name, inside, "file"):
                yield _found(store, key)


def _found(
    store: Store, key: str, error: OSError | None = None, *, is_walked: bool = True
) -> Source:
    """Return the source of a key that a listing returned."""
    return Source(store.url, error, is_walked, 0, True, key, store.show(key))


def _walk(
    root: str,
    list_entries: Callable[[str], list[Entry]],
    patterns: Patterns,
    store: Store | None = None,
) -> Iterator[Source]:
    """Yield the files below root in sorted order.

    A tree may be deeper than Python can recurse. So a stack keeps the remaining entries of
    each directory on the current path, and the directory's path inside root.
    """
    stack = [("", iter([("", root, "directory")]))]
    while stack:
        above, entries = stack[-1]
        for name, path, kind in entries:
            if kind == "other":
                continue
            if name and not patterns.select_all and not patterns.select(name, above + name, kind):
                continue
            if kind == "file":
                yield Source(path, None, True) if store is None else _found(store, path)
                continue
            try:
                found = sorted(list_entries(path))
            except OSError as error:
                yield Source(path, error, True) if store is None else _found(store, path, error)
            else:
                stack.append((f"{above}{name}/" if name else "", iter(found)))
                break
        else:
            stack.pop()


def _list_directory(directory: str) -> list[Entry]:
    """Return the entries of a local directory."""
    with os.scandir(directory) as entries:
        return [(entry.name, entry.path, _kind(entry)) for entry in entries]


def _kind(entry: os.DirEntry[str]) -> str:
    """Classify an entry as directory, file or other.

    A link to a directory is "other", because following links could loop. A link that leads
    nowhere is "other", too.
    """
    try:
        if entry.is_file(follow_symlinks=False):
            return "file"
        if entry.is_dir(follow_symlinks=False):
            return "directory"
        return "file" if entry.is_file() else "other"
    except OSError as error:
        leads_nowhere = error.errno in NOWHERE or getattr(error, "winerror", 0) == _WINDOWS_LOOP
        return "other" if leads_nowhere else "file"  # opening the file will raise the error
