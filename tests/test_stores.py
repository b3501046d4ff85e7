"""Names and keys are read as they are, and every object below a prefix is counted once."""

import ftplib
import gzip
import io
import os
import pickle
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar
from unittest import mock

import pytest
from helpers import Pickling, limits, needs_threads, outcome, posix

from textcount import FileCount, count_file, count_files
from textcount._remote import RemoteFile, _object_name
from textcount._sources import Source, compression, is_url
from textcount._stores import Store, _sorted

pytestmark = needs_threads
fsspec: Any = pytest.importorskip("fsspec")


@pytest.fixture(params=["one", "two", "executor"])
def how(request: pytest.FixtureRequest) -> Iterator[dict[str, Any]]:
    """Yield the arguments for one thread, two threads, or an executor."""
    jobs = 1 if request.param == "one" else 2
    executor = Pickling() if request.param == "executor" else None
    with limits(cores=lambda: jobs, RANGE=1000, EXECUTOR_RANGE=1000):
        yield {"executor": executor}


def counts(found: Any) -> dict[str, int]:
    """Return the count of the only word in each file; fail if a file is there twice."""
    records: list[FileCount] = [*found]
    assert [record.error for record in records] == [None] * len(records)
    assert len({record.path for record in records}) == len(records)
    return {record.path: sum(record.counts.values()) for record in records}


# Local files


@pytest.mark.own_backend
@pytest.mark.parametrize(
    "name",
    [
        "s3://bucket/key",
        "x-y.z+1://host",
        "zip://a.txt::b.zip",
        "zip://::b.zip",
        "simplecache::https://host/a",
        "memory://log::2",
        "file:///a://b",
    ],
)
def test_a_name_that_begins_with_a_scheme_is_a_url(name: str) -> None:
    assert is_url(name)


@pytest.mark.own_backend
@pytest.mark.parametrize(
    "name",
    [
        *("", "a", "a:b", "a:/b", "://b", "a b://c", "./s3://bucket/key", "/s3://bucket/key"),
        *("names/://n", "C://x", "1a://b", "éa://b", "a_b://c", "::a://b", "a/b::c://d"),
        *("simplecache::b.gz", "std::vec.gz", "zip::a.zip", "~/f.gz"),
    ],
)
def test_every_other_name_is_a_path(name: str) -> None:
    assert not is_url(name)


NAMES = [
    "simplecache::b",
    "std::vec",
    "b.gz::r",
    "zip::z",
    "~/f",
    "names/://n",
    "1://one",
    "[a]*?#%20",
]


@posix
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_local_file_may_have_any_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: dict[str, Any], suffix: str
) -> None:
    monkeypatch.chdir(tmp_path)
    names = [f"{name}{suffix}" for name in NAMES]
    for number, name in enumerate(names, 1):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        data = b"the " * number
        Path(name).write_bytes(gzip.compress(data) if suffix else data)
    expected = {name: number for number, name in enumerate(names, 1)}
    assert counts(count_files(names, ["the"], **how)) == expected
    walked = counts(count_files(["."], ["the"], recursive=True, **how))
    assert walked == {os.path.join(".", os.path.normpath(n)): c for n, c in expected.items()}


@posix
def test_a_path_object_and_a_name_with_a_dot_are_local(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: dict[str, Any]
) -> None:
    class Named:
        def __fspath__(self) -> str:
            return "memory://n"

    monkeypatch.chdir(tmp_path)
    Path("memory:").mkdir()
    Path("memory:/n").write_text("the")
    found = [*count_files([Named(), "./memory://n", "memory://n"], ["the"], **how)]
    assert [dict(record.counts) for record in found] == [{"the": 1}, {"the": 1}, {}]
    assert type(found[2].error) is FileNotFoundError
    assert count_file(Named(), ["the"]) == {"the": 1}
    root = os.path.join(".", "memory:")
    assert counts(count_files([root + "//"], ["the"], recursive=True, **how)) == {"./memory://n": 1}


# A storage that lists keys


class FlatFile(fsspec.spec.AbstractBufferedFile):  # type: ignore[misc]
    """An object that is open for reading. A read may replace the object."""

    def _fetch_range(self, start: int, end: int) -> bytes:
        data = Flat.objects[self.path][start:end]
        Flat.on_read(self.path)
        return data


class Flat(fsspec.AbstractFileSystem):  # type: ignore[misc]
    """A storage of objects by key, which lists them as S3 does, and remembers what it listed."""

    protocol: Any = "flat"
    objects: ClassVar[dict[str, bytes]] = {}
    on_read: ClassVar[Callable[[str], object]] = staticmethod(lambda _: None)
    finds_one: ClassVar[bool] = False  # true in adlfs
    opened: ClassVar[list[dict[str, Any]]] = []

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.opened.append(options)
        self.listed: dict[str, dict[str, Any]] = {}
        self.found: dict[str, Any] = {}

    def _file(self, key: str) -> dict[str, Any]:
        data = self.objects[key]
        return {"name": key, "size": len(data), "type": "file", "ETag": hash(data)}

    def invalidate_cache(self, path: str | None = None) -> None:
        self.listed.clear()
        self.found.clear()

    def find(self, path: str, *, detail: bool, prefix: str = "", **_: Any) -> Any:
        if self.finds_one and path in self.objects and not prefix:
            return [path]
        if path in self.found:
            return self.found[path]
        found = {key: self._file(key) for key in self.objects if key.startswith(f"{path}/{prefix}")}
        self.listed.update(found)
        self.found[path] = found or ({path: self._file(path)} if path in self.objects else {})
        return self.found[path]

    def ls(self, path: str, **__: Any) -> list[Any]:
        path = self._strip_protocol(path)
        found: dict[tuple[str, str], dict[str, Any]] = {}
        start = f"{path}/" if path else ""
        for key in self.objects:
            if key.startswith(start):
                name, slash, _ = key[len(start) :].partition("/")
                whole = f"{start}{name}"
                directory = {"name": whole, "size": 0, "type": "directory"}
                found[whole, slash] = directory if slash else self._file(whole)
        if not found:
            raise FileNotFoundError(path)
        return [*found.values()]

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        path = self._strip_protocol(path)
        if path in self.objects:
            return self.listed.get(path) or self._file(path)
        if any(key.startswith(f"{path}/") for key in self.objects):
            return {"name": path, "size": 0, "type": "directory"}
        raise FileNotFoundError(path)

    def cat_file(self, path: str, *_: Any, **__: Any) -> bytes:
        try:
            return self.objects[path]
        except KeyError:
            raise FileNotFoundError(path) from None

    def _open(self, path: str, *_: Any, **__: Any) -> Any:
        return FlatFile(self, path, "rb", block_size=100, cache_type="none")


@pytest.fixture
def flat() -> Iterator[dict[str, bytes]]:
    """Yield the objects of an empty storage, by key."""
    fsspec.register_implementation("flat", Flat, clobber=True)
    with mock.patch.multiple(Flat, objects={}, opened=[]):
        Flat.clear_instance_cache()
        yield Flat.objects


KEYS = [
    *("b/log", "b/log::2", "b/log/1", "b/log/1/2.gz", "b/a//b", "b//c", "b/data/", "b/q?x=1"),
    *("b/h#x", "b/p%20x", "b/s p", "b/[x]", "b/*x", "b/~/t", "b/memory://log", "b/n/flat://b/log"),
]


def fill(objects: dict[str, bytes], *keys: str) -> dict[str, int]:
    """Put a text with another number of words under each key; return the numbers, by URL."""
    for number, key in enumerate(keys, 1):
        data = b"the " * number
        objects[key] = gzip.compress(data) if key.endswith(".gz") else data
    return {f"flat://{key}": number for number, key in enumerate(keys, 1)}


def test_each_key_is_read_as_itself(flat: dict[str, bytes], how: dict[str, Any]) -> None:
    expected = fill(flat, *KEYS)
    assert counts(count_files(expected, ["the"], **how)) == expected


def test_every_object_below_a_prefix_is_counted_once(
    flat: dict[str, bytes], how: dict[str, Any]
) -> None:
    expected = fill(flat, *KEYS)
    flat["b/empty/"] = b""
    for url in ("flat://b", "flat://b/"):
        assert counts(count_files([url], ["the"], recursive=True, **how)) == expected


@pytest.mark.parametrize("finds_one", [False, True])
def test_a_key_may_be_a_prefix_too(flat: dict[str, bytes], finds_one: bool) -> None:
    expected = fill(flat, "b/log", "b/log/1", "b/log/2/3", "b/log2")
    del expected["flat://b/log2"]
    with mock.patch.object(Flat, "finds_one", finds_one):
        assert counts(count_files(["flat://b/log"], ["the"], recursive=True)) == expected
        del expected["flat://b/log"]
        assert counts(count_files(["flat://b/log/"], ["the"], recursive=True)) == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("b/*", ["b/a.txt", "b/d/e.txt", "b/d/f/g.txt", "b/h", "b/h/i.txt"]),
        ("b/**", ["b//k.txt", "b/a.txt", "b/d/e.txt", "b/d/f/g.txt", "b/h", "b/h/i.txt"]),
        ("b/*.txt", ["b/a.txt"]),
        ("b/**/*.txt", ["b/a.txt", "b/d/e.txt", "b/d/f/g.txt", "b/h/i.txt"]),
        ("b/*/*.txt", ["b/d/e.txt", "b/h/i.txt"]),
        ("b/[dh]", ["b/d/e.txt", "b/d/f/g.txt", "b/h", "b/h/i.txt"]),
        ("b//*", ["b//k.txt"]),
        ("*/a.txt", ["b/a.txt"]),
    ],
)
def test_each_match_of_a_pattern_is_counted_once(
    flat: dict[str, bytes], pattern: str, expected: list[str]
) -> None:
    fill(flat, "b//k.txt", "b/a.txt", "b/d/e.txt", "b/d/f/g.txt", "b/h", "b/h/i.txt")
    found = count_files([f"flat://{pattern}"], ["the"], recursive=True)
    assert sorted(counts(found)) == [f"flat://{key}" for key in expected]


def test_wildcards_are_literal_if_an_object_has_that_name(flat: dict[str, bytes]) -> None:
    expected = fill(flat, "b/[a]", "b/*", "b/a", "b/a?c", "b/abc")
    for url in ("flat://b/[a]", "flat://b/*"):
        assert counts(count_files([url], ["the"], recursive=True)) == {url: expected[url]}
    # A question mark is literal anyway.
    assert [*counts(count_files(["flat://b/[a]?*"], ["the"], recursive=True))] == ["flat://b/a?c"]
    del flat["b/[a]"]
    assert [*counts(count_files(["flat://b/[a]"], ["the"], recursive=True))] == ["flat://b/a"]


@pytest.mark.parametrize("url", ["flat://b/no*", "flat://b/gone", "flat://b/gone/", "flat://b/a/"])
def test_what_does_not_exist_is_an_error(flat: dict[str, bytes], url: str) -> None:
    fill(flat, "b/a")
    (record,) = count_files([url], ["the"], recursive=True)
    assert type(record.error) is FileNotFoundError
    assert record.error.filename == url


def test_a_prefix_is_an_error_unless_recursive(flat: dict[str, bytes]) -> None:
    fill(flat, "b/log/1")
    found = [*count_files(["flat://b", "flat://b/log", "flat://b/log/"], ["the"])]
    assert [type(record.error) for record in found] == [IsADirectoryError] * 3
    status, output, errors = outcome("the", "flat://b/log")
    assert (status, output) == (2, "")
    assert "flat://b/log: " in errors
    assert "-r" in errors


def test_patterns_select_parts_of_keys(flat: dict[str, bytes]) -> None:
    fill(flat, "b/a.txt", "b/skip/c.txt", "b/d//e.txt", "b/d/f.md")
    found = count_files(["flat://b"], ["the"], recursive=True, include=["*.txt"], exclude=["skip"])
    assert [*counts(found)] == ["flat://b/a.txt", "flat://b/d//e.txt"]


def test_a_listing_that_fails_is_an_error(flat: dict[str, bytes]) -> None:
    fill(flat, "b/a")
    with mock.patch.object(Flat, "find", side_effect=PermissionError(13, "denied", "b")):
        (record,) = count_files(["flat://b"], ["the"], recursive=True)
    assert isinstance(record.error, PermissionError)
    assert record.path == "flat://b"


def test_the_progress_bar_lists_nothing(flat: dict[str, bytes]) -> None:
    pytest.importorskip("rich")
    fill(flat, "b/a")
    with mock.patch.object(Flat, "find", autospec=True, side_effect=Flat.find) as find:
        status, output, _ = outcome("--progress", "-r", "the", "flat://b")
    assert (status, output.split()) == (0, ["1", "flat://b/a"])
    assert find.call_count == 1


def test_an_object_written_after_a_listing_is_found(flat: dict[str, bytes]) -> None:
    fill(flat, "b/a")
    assert len([*count_files(["flat://b"], ["the"], recursive=True)]) == 1
    flat["b/c"] = b"the the"
    flat["b/a"] = b"the the the"
    found = counts(count_files(["flat://b"], ["the"], recursive=True))
    assert found == {"flat://b/a": 3, "flat://b/c": 2}


def test_an_object_replaced_after_its_listing_is_read_whole(flat: dict[str, bytes]) -> None:
    fill(flat, "b/a", "b/c")
    with limits(cores=lambda: 1):
        found = count_files(["flat://b"], ["the"], recursive=True)
        next(found)
        flat["b/c"] = b"the " * 9
        assert next(found).counts == {"the": 9}


def test_options_and_secrets_stay_here(flat: dict[str, bytes]) -> None:
    fill(flat, "b/a")
    executor = Pickling()
    with mock.patch.dict(fsspec.config.conf, flat={"secret": "hush"}):
        found = counts(count_files(["flat://b"], ["the"], recursive=True, executor=executor))
    assert found == {"flat://b/a": 1}
    assert {options["secret"] for options in Flat.opened} == {"hush"}
    assert executor.sent
    assert not any(b"hush" in each for each in executor.sent)


# Versions


def replace(objects: dict[str, bytes], key: str, reads: int) -> Any:
    """Return a context in which an object is replaced once it has been read so many times."""
    count = 0

    def on_read(path: str) -> None:
        nonlocal count
        count += path == key
        if count == reads:
            objects[key] = b"not a " * 2000

    return mock.patch.object(Flat, "on_read", staticmethod(on_read))


@pytest.mark.parametrize("reads", [1, 5, 9])
def test_an_object_replaced_while_it_is_read_is_an_error(
    flat: dict[str, bytes], how: dict[str, Any], reads: int
) -> None:
    flat["b/a"] = b"the and " * 1500
    flat["b/c"] = b"the"
    with limits(BLOCK=1000), replace(flat, "b/a", reads):
        record, good = count_files(["flat://b/a", "flat://b/c"], ["the"], **how)
    assert str(record.error) == "[Errno 5] the object changed while it was read: 'flat://b/a'"
    assert record.counts == {}
    assert good.counts == {"the": 1}


def test_an_object_that_stays_is_counted_in_ranges(
    flat: dict[str, bytes], how: dict[str, Any]
) -> None:
    flat["b/a"] = b"the and " * 1500
    assert counts(count_files(["flat://b/a"], ["the"], **how)) == {"flat://b/a": 1500}


class Checked(Flat):
    """A storage that answers from its listings and compares ETags at each open, as s3fs does."""

    protocol = ("flat", "s3")

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        path = self._strip_protocol(path)
        if any(key.startswith(f"{path}/") for key in self.listed):
            return {"name": path, "size": 0, "type": "directory"}
        return super().info(path)

    def _open(self, path: str, *_: Any, **__: Any) -> Any:
        if self.info(path).get("ETag", 0) not in {0, hash(self.objects.get(path))}:
            raise OSError(16, "the object has changed")
        return super()._open(path)


def test_a_storage_that_checks_versions_may_answer_from_its_lists(
    flat: dict[str, bytes], how: dict[str, Any]
) -> None:
    expected = fill(flat, "b/log", "b/log/1", "b/log/1/2", "b/large")
    flat["b/large"] = b"the and " * 1500
    fsspec.register_implementation("flat", Checked, clobber=True)
    found = counts(count_files(["flat://b"], ["the"], recursive=True, **how))
    assert found == {**expected, "flat://b/large": 1500}
    del flat["b/log/1"], flat["b/log/1/2"]
    forget = mock.patch.object(
        Checked, "invalidate_cache", autospec=True, side_effect=Flat.invalidate_cache
    )
    with forget as forgotten:
        counts(count_files(["flat://b"], ["the"], recursive=True, **how))
    assert forgotten.call_count == 1


def test_the_version_is_sent_with_each_range(flat: dict[str, bytes]) -> None:
    flat["b/a"] = b"the and " * 1500
    executor = Pickling()
    with limits(EXECUTOR_RANGE=1000):
        (record,) = count_files(["flat://b/a"], ["the"], executor=executor)
    assert record.counts == {"the": 1500}
    assert [b"ETag" in each for each in executor.sent] == [False] + [True] * 12


def test_without_etags_size_and_time_are_compared(flat: dict[str, bytes]) -> None:
    flat["b/a"] = b"the and " * 1500
    times = iter(range(1000))

    def info(self: Flat, path: str) -> dict[str, Any]:
        return {"name": path, "size": 12_000, "type": "file", "mtime": next(times) // 4 + 1}

    with limits(cores=lambda: 2, RANGE=1000), mock.patch.object(Flat, "info", info):
        (record,) = count_files(["flat://b/a"], ["the"])
    assert "changed while it was read" in str(record.error)


def test_the_version_travels_with_the_source() -> None:
    fields = ("flat://b", None, True, 5, True, "b/a", "flat://b/a", "ETag 1", True)
    copy = pickle.loads(pickle.dumps(Source(*fields)))
    assert [getattr(copy, name) for name in Source.__slots__] == [
        *("", None, True, True, True, True, "b/a", "flat://b", "flat://b/a", 5, "ETag 1")
    ]


# Other storages


@pytest.mark.own_backend
def test_the_compression_of_a_url_is_told_by_its_path(flat: dict[str, bytes]) -> None:
    pytest.importorskip("aiohttp")
    told = {
        "https://host/a.gz": ".gz",
        "https://host/dir/a.Bz2?key=v1.2/x#part.txt": ".bz2",
        "http://host/a.txt?from=a.gz": "",
        "http://host/a.txt#a.gz": "",
        "http://host/a.gz?from=s3://bucket/key": ".gz",
        "https://archive.zip": "",
        "https://archive.zip/a.txt": "",
        "flat://bucket/key?.xz": ".xz",
        "flat://bucket/a.gz#b": "",
        "flat://bucket/log::2.gz": ".gz",
        "simplecache::https://host/a.zst?x": ".zst",
    }
    assert {url: compression(_object_name(Store(url).key)) for url in told} == told


class FakeFTP:
    """A connection to an FTP server that has a few files."""

    files: ClassVar[dict[str, bytes]] = {"/dir/a.txt": b"the the", "/dir/sub/b?c#d": b"the"}
    hosts: ClassVar[list[str]] = []
    reads: ClassVar[list[str]] = []
    is_replaced: ClassVar[bool] = False

    def __init__(self, **_: Any) -> None: ...

    def connect(self, host: str, _: int) -> None:
        self.hosts.append(host)

    def login(self, *_: str) -> None: ...
    def close(self) -> None: ...

    def mlsd(self, path: str) -> Iterator[tuple[str, dict[str, str]]]:
        start = f"{path.rstrip('/')}/" if path else "/"
        names = {each[len(start) :].partition("/")[:2] for each in self.files if start in each}
        if path == "/dir/gone":
            raise ftplib.error_perm("550")
        for name, slash in names:
            size = len(self.files.get(start + name, b""))
            time = str(len(self.reads)) if self.is_replaced else "1"
            yield name, {"type": "dir" if slash else "file", "size": str(size), "modify": time}

    def retrbinary(self, command: str, callback: Any, **options: Any) -> None:
        self.reads.append(command)
        callback(self.files[command.removeprefix("RETR ")][options.get("rest") or 0 :])


def test_an_ftp_server_is_walked(how: dict[str, Any]) -> None:
    with (
        mock.patch("fsspec.implementations.ftp.FTP", FakeFTP),
        mock.patch.object(FakeFTP, "hosts", []),
    ):
        for url in ("ftp://host/dir", "ftp://host/dir/"):
            assert counts(count_files([url], ["the"], recursive=True, **how)) == {
                "ftp://host/dir/a.txt": 2,
                "ftp://host/dir/sub/b?c#d": 1,
            }
        found = count_files(["ftp://host/d*/*.txt", "ftp://host/dir/sub"], ["the"], recursive=True)
        assert counts(found) == {"ftp://host/dir/a.txt": 2, "ftp://host/dir/sub/b?c#d": 1}
        assert count_file("ftp://host/dir/sub/b?c#d", ["the"]) == {"the": 1}
        assert {*FakeFTP.hosts} == {"host"}
        with limits(BLOCK=2), mock.patch.object(FakeFTP, "is_replaced", new=True):
            (record,) = count_files(["ftp://host/dir/a.txt"], ["the"], **how)
        assert "changed while it was read" in str(record.error)
        (record,) = count_files(["ftp://host/dir"], ["the"])
        assert isinstance(record.error, IsADirectoryError)


@pytest.fixture
def archives(tmp_path: Path) -> Path:
    """Make an archive in zip and one in tar; return the directory."""
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("a.txt", "the the")
        archive.writestr("sub/b.txt", "the")
        archive.writestr("sub/c.gz", gzip.compress(b"the the the"))
    with tarfile.open(tmp_path / "x.tar", "w") as tar:
        tar.addfile(tarfile.TarInfo("sub"))
        for name, data in {"a.txt": b"the the", "s/b.txt": b"the"}.items():
            member = tarfile.TarInfo(name)
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return tmp_path


def test_an_archive_is_walked(archives: Path, how: dict[str, Any]) -> None:
    inside = f"::{archives}/x.zip"
    assert counts(count_files([f"zip://{inside}"], ["the"], recursive=True, **how)) == {
        f"zip://a.txt{inside}": 2,
        f"zip://sub/b.txt{inside}": 1,
        f"zip://sub/c.gz{inside}": 3,
    }
    assert counts(count_files([f"zip://s*{inside}"], ["the"], recursive=True, **how)) == {
        f"zip://sub/b.txt{inside}": 1,
        f"zip://sub/c.gz{inside}": 3,
    }
    inside = f"::{archives}/x.tar"
    found = counts(count_files([f"tar://{inside}"], ["the"], recursive=True, **how))
    assert found == {
        f"tar://a.txt{inside}": 2,
        f"tar://s/b.txt{inside}": 1,
        f"tar://sub{inside}": 0,
    }
    whole, part = count_files([f"zip://{inside}", f"tar://s{inside}"], ["the"], **how)
    assert whole.error is not None
    assert isinstance(part.error, IsADirectoryError)


def test_a_cache_in_front_of_a_storage_is_walked(flat: dict[str, bytes]) -> None:
    expected = fill(flat, "b/a", "b/log", "b/log/1")
    found = counts(count_files(["simplecache::flat://b"], ["the"], recursive=True))
    assert found == {f"simplecache::{url}": count for url, count in expected.items()}


def test_a_chain_with_an_ambiguous_name_is_an_error(flat: dict[str, bytes]) -> None:
    fill(flat, "b/log", "b/log::2")
    (record,) = count_files(["simplecache::flat://b/log::2"], ["the"])
    assert "cannot be followed by '::'" in str(record.error)
    (record,) = count_files(["zip://a.txt::no zip::b"], ["the"])
    assert "'no zip' cannot be followed by '::'" in str(record.error)


def test_files_in_memory_are_read_as_themselves_or_are_errors(how: dict[str, Any]) -> None:
    system = fsspec.filesystem("memory")
    names = ("log", "log::2", "q?x=1", "h#f", "p%20x", "p x", "[ab]", "a*")
    try:
        for number, name in enumerate(names, 1):
            system.pipe(f"/named/{name}", b"the " * number)
        urls = [f"memory://named/{name}" for name in names]
        expected = dict(zip(urls, range(1, 9), strict=True))
        assert counts(count_files(urls, ["the"], **how)) == expected
        (missing,) = count_files(["memory://named/no::thing"], ["the"], **how)
        assert isinstance(missing.error, FileNotFoundError)
        found = counts(count_files(["memory://named"], ["the"], recursive=True, **how))
        assert sorted(found.values()) == [*range(1, 9)]
        system.pipe({"/prefix/log/x": b"the the", "/prefix/log": b"the"})
        records = count_files(["memory://prefix/log"], ["the"], recursive=True, **how)
        assert ["nothing below it" in str(record.error) for record in records] == [True]
    finally:
        system.store.clear()
        system.pseudo_dirs[:] = [""]


def test_files_in_memory_have_a_position_for_each_reader() -> None:
    system = fsspec.filesystem("memory")
    system.pipe("/shared", b"abcdef")
    with RemoteFile(Source("memory://shared", is_url=True)) as one:
        assert one.read(2) == b"ab"
        with RemoteFile(Source("memory://shared", is_url=True)) as other:
            assert other.read(3) == b"abc"
        assert one.read(2) == b"cd"
    system.rm("/shared")


class Tree(fsspec.get_filesystem_class("file")):  # type: ignore[misc]
    """A storage with directories, links and pipes."""

    protocol = "tree"

    @classmethod
    def _strip_protocol(cls, path: Any) -> str:
        return os.fspath(path).removeprefix("tree://").rstrip("/") or "/"

    def ls(self, path: str, **options: Any) -> Any:
        if path.endswith("closed"):
            raise PermissionError(13, "Permission denied", path)
        return super().ls(path, **options)

    def info(self, path: Any, **options: Any) -> Any:
        if isinstance(path, str) and path.endswith("odd"):
            raise PermissionError(13, "Permission denied", path)
        return super().info(path, **options)


@pytest.mark.own_backend
@pytest.mark.parametrize("kinds", [("file", "directory"), ("directory", "file")])
def test_an_object_comes_before_the_objects_below_its_key(kinds: tuple[str, str]) -> None:
    found: dict[tuple[str, str], str | OSError] = {("log", kind): kind for kind in kinds}
    assert _sorted(found) == [("log", "file"), ("log", "directory")]


@posix
def test_a_storage_with_directories_is_walked_as_a_local_one(tmp_path: Path) -> None:
    fsspec.register_implementation("tree", Tree, clobber=True)
    for name in ("closed", "inner/closed", "inner/deep"):
        (tmp_path / name).mkdir(parents=True)
    for name in ("a.txt", "inner/b.txt", "inner/deep/c.txt", "inner/closed/d.txt"):
        (tmp_path / name).write_text("the")
    os.mkfifo(tmp_path / "pipe")
    links = {"to-a": "a.txt", "to-inner": "inner", "gone": "x", "loop": "loop", "odd": "x"}
    links["below-a-file"] = "a.txt/x"
    for name, target in links.items():
        (tmp_path / name).symlink_to(target)
    url = f"tree://{tmp_path}"
    found = {each.path: each.error or each for each in count_files([url], ["the"], recursive=True)}
    assert len(found) == 7
    assert isinstance(found[f"{url}/odd"], FileNotFoundError)
    closed = {f"{url}/{name}" for name in ("closed", "inner/closed")}
    assert {name for name, each in found.items() if isinstance(each, PermissionError)} == closed
    good = {f"{url}/{name}" for name in ("a.txt", "to-a", "inner/b.txt", "inner/deep/c.txt")}
    assert {name for name, each in found.items() if isinstance(each, FileCount)} == good
    found = {
        each.path: each.error or each
        for each in count_files([f"{url}/*/[bcd]*", f"{url}/no/*"], ["the"], recursive=True)
    }
    assert {name: type(each) for name, each in found.items()} == {
        f"{url}/closed": PermissionError,
        f"{url}/inner/b.txt": FileCount,
        f"{url}/inner/closed": PermissionError,
        f"{url}/inner/deep/c.txt": FileCount,
        f"{url}/no/*": FileNotFoundError,
    }


@posix
def test_a_local_directory_given_as_a_url_is_walked_as_one(tmp_path: Path) -> None:
    (tmp_path / "a#b?c").write_text("the the")
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "memory:::d").write_text("the")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to(tmp_path / "inner")
    url = f"file://{tmp_path}"
    assert counts(count_files([url], ["the"], recursive=True)) == {
        f"{url}/a#b?c": 2,
        f"{url}/inner/memory:::d": 1,
    }
