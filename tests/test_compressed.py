"""A compressed file is counted to its end, or is an error. An archive is an error."""

import codecs
import errno
import gzip
import io
import os
import struct
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import pytest
from compressions import COMPRESSIONS, zstd
from helpers import limits, needs_threads, outcome, peak_memory, posix, run

from textcount import FileCount, count_file, count_files, count_stream

lzma = pytest.importorskip("lzma")

PADDINGS = {".gz": [1, 2, 3, 300_000], ".xz": [4, 8, 300_000], ".bz2": [], ".zst": []}
"""The numbers of zero bytes that may follow a stream."""

NAMES = {".gz": "gzip", ".bz2": "bzip2", ".xz": "xz", ".zst": "zstd"}

FIRST, SECOND = "né the the".encode(), " the né the end the".encode()
WHOLE = ({"the": 5, "né": 2}, len(FIRST + SECOND), None)


@pytest.fixture(params=COMPRESSIONS)
def ending(request: pytest.FixtureRequest) -> str:
    """Return a suffix; skip the test if this Python cannot compress such files."""
    COMPRESSIONS[request.param](b"")
    return str(request.param)


@pytest.fixture
def count(tmp_path: Path, ending: str) -> Callable[[bytes], FileCount]:
    """Return a function that counts in a file with this suffix and these contents."""
    path = tmp_path / f"file{ending}"

    def count(contents: bytes) -> FileCount:
        path.write_bytes(contents)
        (record,) = count_files([path], ["the", "né"])
        if isinstance(record.error, OSError):
            assert type(record.error) is OSError
            assert (record.error.errno, record.error.filename) == (errno.EIO, str(path))
        return record

    return count


def fields(record: FileCount) -> tuple[dict[str, int], int, OSError | UnicodeError | None]:
    return dict(record.counts), record.size, record.error


@pytest.fixture(params=[1, 2, 3, 7, 1 << 17])
def block(request: pytest.FixtureRequest) -> Iterator[int]:
    """Read and decompress so many bytes at a time."""
    from textcount import _compressed

    with mock.patch.object(_compressed, "_INPUT", request.param), limits(BLOCK=request.param):
        yield request.param


def random_words() -> bytes:
    """Return a text of 1000 times "the" that does not compress well."""
    return b"".join(os.urandom(9).hex().encode() + b" the " for _ in range(1000))


# Streams


def test_all_streams_of_a_file_are_counted(
    count: Callable[[bytes], FileCount], ending: str, block: int
) -> None:
    pack = COMPRESSIONS[ending]
    assert fields(count(pack(FIRST) + pack(SECOND))) == WHOLE
    assert fields(count(pack(b"") + pack(FIRST) + pack(b"") + pack(SECOND) + pack(b""))) == WHOLE
    assert fields(count(pack(b""))) == ({"the": 0, "né": 0}, 0, None)


def test_zeros_between_and_after_streams_are_skipped_where_the_format_has_them(
    count: Callable[[bytes], FileCount], ending: str, block: int
) -> None:
    first, second = map(COMPRESSIONS[ending], (FIRST, SECOND))
    for zeros in map(bytes, PADDINGS[ending]):
        assert fields(count(first + zeros + second)) == WHOLE
        assert fields(count(first + zeros + second + zeros)) == WHOLE


def test_what_is_no_stream_is_an_error_wherever_it_stands(
    count: Callable[[bytes], FileCount], ending: str, block: int
) -> None:
    pack = COMPRESSIONS[ending]
    first, second = pack(FIRST), pack(SECOND)
    wrong = [b"\n", b"x", b"the the", first[:1], first[1:], FIRST * 1000]
    wrong.append(lzma.compress(FIRST, format=lzma.FORMAT_ALONE))
    other = {".gz": [], ".xz": [1, 2, 3, 5, 300_001]}.get(ending, [1, 4, 300_000])
    for garbage in wrong + [bytes(zeros) for zeros in other]:
        assert count(first + garbage).error, garbage
        assert count(first + garbage + second).error, garbage
    for garbage in [*wrong, bytes(4), bytes(300_000)]:
        assert count(garbage + first).error, garbage
    for others in COMPRESSIONS.keys() - {ending, ".zst"}:
        assert count(first + COMPRESSIONS[others](SECOND)).error, others


def test_an_empty_file_is_no_compressed_file(count: Callable[[bytes], FileCount]) -> None:
    assert "EOFError: Compressed file ended before" in str(count(b"").error)


@pytest.mark.parametrize("end", [b"", bytes(4), b"\x1f\x8b"], ids=["sound", "zeros", "damaged"])
def test_the_answer_is_the_same_wherever_a_block_ends(
    count: Callable[[bytes], FileCount], ending: str, end: bytes
) -> None:
    from textcount import _compressed

    contents = COMPRESSIONS[ending](FIRST) + COMPRESSIONS[ending](SECOND) + end
    is_whole = not end or (ending in (".gz", ".xz") and not any(end))
    for size in range(1, len(contents) + 2):
        with mock.patch.object(_compressed, "_INPUT", size):
            record = count(contents)
        assert (fields(record) == WHOLE) if is_whole else record.error, size


@pytest.mark.once
def test_a_flipped_bit_never_loses_a_part_silently(
    count: Callable[[bytes], FileCount], ending: str
) -> None:
    zeros = bytes(4) if PADDINGS[ending] else b""
    contents = COMPRESSIONS[ending](FIRST) + zeros + COMPRESSIONS[ending](SECOND)
    assert fields(count(contents)) == WHOLE
    errors = 0
    for place in range(len(contents)):
        for bit in range(8):
            flipped = bytearray(contents)
            flipped[place] ^= 1 << bit
            record = count(bytes(flipped))
            errors += record.error is not None
            assert record.error or fields(record) == WHOLE, (place, bit)
    assert errors > 6 * len(contents)  # the other bits carry no text, such as a gzip file's time


def test_a_file_that_is_cut_inside_a_stream_is_an_error(
    count: Callable[[bytes], FileCount], ending: str
) -> None:
    first, second = map(COMPRESSIONS[ending], (FIRST, SECOND))
    for size in range(len(first + second)):
        record = count((first + second)[:size])
        if size == len(first):
            assert record.size == len(FIRST)
        else:
            assert record.error, size


def test_skippable_frames_of_zstd_have_no_text(tmp_path: Path) -> None:
    path = tmp_path / "file.zst"
    frames = [struct.pack("<II", 0x184D2A50 + n, n) + b"the the the the "[:n] for n in range(16)]
    first, second = zstd(FIRST), zstd(SECOND)
    for frame in frames:
        path.write_bytes(frame + first + frame + frame + second + frame)
        assert count_file(path, ["the"]) == {"the": 5}
        path.write_bytes(frame)
        assert count_file(path, ["the"]) == {"the": 0}
        path.write_bytes(first + frame[:-1])
        with pytest.raises(OSError, match="EOFError"):
            count_file(path, ["the"])


def test_memory_stays_bounded_however_small_a_large_text_was_compressed(
    count: Callable[[bytes], FileCount], ending: str
) -> None:
    size = 20 << 20
    packed = COMPRESSIONS[ending](bytes(size))
    records: list[FileCount] = []
    with limits(BLOCK=1 << 16):
        peak = peak_memory(lambda: records.append(count(packed * 2)))
    assert [record.size for record in records] == [2 * size]
    assert peak < 10 << 20  # the dictionary of .xz has 8 MB


def test_a_read_that_has_no_data_yet_is_an_error_and_not_the_end(ending: str) -> None:
    from textcount._compressed import DecompressedFile

    for data in (b"", COMPRESSIONS[ending](FIRST)):
        blocks = iter([data, None] if data else [None])
        raw = SimpleNamespace(read=lambda _, blocks=blocks: next(blocks), close=lambda: None)
        with DecompressedFile(raw, ending, "name") as file, pytest.raises(BlockingIOError):
            while file.read(100):
                pass


def test_a_memory_error_is_raised_and_not_recorded(count: Callable[[bytes], FileCount]) -> None:
    stream = SimpleNamespace(
        eof=False, needs_input=True, decompress=mock.Mock(side_effect=MemoryError)
    )
    with (
        mock.patch("textcount._compressed._new_stream", lambda *_: stream),
        pytest.raises(MemoryError),
    ):
        count(b"any")


@needs_threads
def test_a_large_compressed_file_is_not_divided(
    count: Callable[[bytes], FileCount], ending: str
) -> None:
    contents = COMPRESSIONS[ending](random_words())
    assert len(contents) > 4000
    with limits(cores=lambda: 2, RANGE=1000, EXECUTOR_RANGE=1000), ThreadPoolExecutor(1) as pool:
        path = count(contents).path
        (record,) = count_files([path], ["the"], executor=pool)
    assert (count(contents).counts["the"], record.counts["the"]) == (1000, 1000)


# Libraries


def test_compressed_files_do_not_need_fsspec(
    count: Callable[[bytes], FileCount], ending: str
) -> None:
    contents = COMPRESSIONS[ending](FIRST + SECOND)
    with mock.patch.dict(sys.modules, {"fsspec": None, "fsspec.core": None}):
        assert fields(count(contents)) == WHOLE


@pytest.mark.parametrize(
    ("version", "module", "way"),
    [
        ((3, 13), "backports.zstd", "install backports.zstd, or textcount with the extra remote"),
        ((3, 14), "compression.zstd", "this Python was built without it"),
    ],
)
def test_a_missing_library_is_an_error_of_its_files(
    tmp_path: Path, version: tuple[int, int], module: str, way: str
) -> None:
    modules = {".gz": "zlib", ".bz2": "bz2", ".xz": "lzma", ".zst": module}
    paths = [tmp_path / f"file{ending}" for ending in modules]
    for path in paths:
        path.touch()
    (tmp_path / "plain").write_bytes(FIRST)
    with (
        mock.patch.object(sys, "version_info", version),
        mock.patch.dict(sys.modules, dict.fromkeys(modules.values())),
    ):
        *records, plain = count_files([*paths, tmp_path / "plain"], ["the"])
    assert [getattr(record.error, "errno", 0) for record in records] == [errno.ENOTSUP] * 4
    assert [getattr(record.error, "strerror", "") for record in records] == [
        "cannot load a library for .gz: this Python was built without it",
        "cannot load a library for .bz2: this Python was built without it",
        "cannot load a library for .xz: this Python was built without it",
        f"cannot load a library for .zst: {way}",
    ]
    assert plain.counts == {"the": 2}


# Names


def test_the_suffix_may_be_in_capitals(tmp_path: Path, ending: str) -> None:
    for suffix in (ending.upper(), ending.title(), f".txt{ending.upper()}"):
        path = tmp_path / f"file{suffix}"
        path.write_bytes(COMPRESSIONS[ending](FIRST + SECOND))
        assert count_file(path, ["the"]) == {"the": 5}
        (record,) = count_files([tmp_path], ["the"], recursive=True, include=["*" + suffix])
        assert record.counts == {"the": 5}
        path.unlink()


@pytest.mark.own_backend
def test_the_compression_is_told_by_the_suffix_of_the_name() -> None:
    from textcount._sources import compression

    told = {
        "": "",
        ".": "",
        "file": "",
        "dir.gz/file": "",
        "a.gz?b": "",
        "a.txt.GZ": ".gz",
        ".gz": ".gz",
        "a://b.gz": ".gz",
    }
    assert {name: compression(name) for name in told} == told


def test_a_directory_and_a_missing_file_are_errors_of_their_own_kind(tmp_path: Path) -> None:
    for suffix in (".gz", ".tar", ".zip"):
        (tmp_path / f"folder{suffix}").mkdir()
        (tmp_path / f"folder{suffix}" / "file").write_bytes(FIRST)
        folder, gone = count_files([tmp_path / f"folder{suffix}", tmp_path / f"x{suffix}"], ["the"])
        if os.name == "posix":
            assert isinstance(folder.error, IsADirectoryError)
        assert isinstance(gone.error, FileNotFoundError)
        assert gone.error.filename == str(tmp_path / f"x{suffix}")
    walked = count_files([tmp_path], ["the"], recursive=True)
    assert [record.counts for record in walked] == [{"the": 2}] * 3


# Archives

TARS = ".tar .tar.gz .tar.bz2 .tar.xz .tar.zst .tar.7z .tar.Z .tgz .tbz2 .txz .tzst .TGZ .Tar.Gz"


@needs_threads
@pytest.mark.parametrize("executor", [None, ThreadPoolExecutor])
def test_an_archive_is_an_error_that_says_what_to_do(tmp_path: Path, executor: Any) -> None:
    for suffix in [*TARS.split(), ".zip", ".ZIP"]:
        path = tmp_path / f"file{suffix}"
        path.write_bytes(FIRST)
        pool = executor and executor(1)
        (named,) = count_files([path], ["the"], executor=pool)
        (walked,) = count_files([tmp_path], ["the"], recursive=True, executor=pool)
        if pool:
            pool.shutdown()
        assert str(named.error) == str(walked.error)
        assert isinstance(named.error, OSError)
        assert named.error.filename == str(path)
        command = "unzip -p" if suffix.lower() == ".zip" else "tar -xOf"
        assert named.error.strerror == (
            "an archive is not a text: extract its files, or count them as one text: "
            f"{command} FILE | textcount WORD"
        )
        path.unlink()


def test_a_name_with_tar_inside_is_a_text(tmp_path: Path) -> None:
    names = ("notes.tar-txt", "tar", "x.tar.d/file", "guitar", "star.gzip", "zip", "a.lz4", "a.z")
    (tmp_path / "x.tar.d").mkdir()
    for name in names:
        (tmp_path / name).write_bytes(FIRST)
        assert count_file(tmp_path / name, ["the"]) == {"the": 2}
    for name in ("guitar.gz", "tar.gz"):
        (tmp_path / name).write_bytes(gzip.compress(FIRST))
        assert count_file(tmp_path / name, ["the"]) == {"the": 2}


def test_the_command_counts_the_other_files_of_an_archives_directory(tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(gzip.compress(FIRST))
    (tmp_path / "b.gz").write_bytes(gzip.compress(FIRST))
    status, output, errors = outcome("-r", "the", tmp_path)
    assert (status, output.split()[-1]) == (2, "total")
    assert output.split()[0] == "2"
    assert errors.startswith(f"textcount: {tmp_path / 'a.tar.gz'}: an archive is not a text: ")


# Compressed data under another name


def advice(ending: str) -> str:
    name = NAMES[ending]
    return (
        f"; the data is compressed with {name}: "
        f"add {ending} to the file's name, or: {name} -dc FILE | textcount WORD"
    )


@pytest.fixture
def unnamed(tmp_path: Path, ending: str) -> Path:
    """Return the path of a compressed file whose name does not tell the compression."""
    path = tmp_path / "file"
    path.write_bytes(COMPRESSIONS[ending](os.urandom(4000)))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "cp1252", "utf-7", "utf-16", "utf-32"])
def test_the_error_of_a_compressed_text_says_so(unnamed: Path, ending: str, encoding: str) -> None:
    with pytest.raises(UnicodeError) as caught:
        count_file(unnamed, ["the"], encoding=encoding)
    assert str(caught.value).endswith(advice(ending))


def test_an_error_without_a_reason_says_so_too(tmp_path: Path) -> None:
    def refuse(error: UnicodeError) -> tuple[str, int]:
        raise UnicodeError("refused")

    codecs.register_error("textcount-refuse", refuse)
    packed, other = tmp_path / "packed", tmp_path / "other"
    packed.write_bytes(gzip.compress(FIRST))
    other.write_bytes(b"\xff")
    records = count_files([packed, other], ["the"], errors="textcount-refuse")
    assert [str(record.error) for record in records] == ["refused" + advice(".gz"), "refused"]


@needs_threads
def test_ranges_streams_and_executors_give_the_same_advice(unnamed: Path, ending: str) -> None:
    errors = []
    with pytest.raises(UnicodeDecodeError) as caught, unnamed.open("rb") as file:
        count_stream(file, ["the"])
    errors.append(caught.value)
    with pytest.raises(UnicodeDecodeError) as caught:
        count_stream(io.BytesIO(unnamed.read_bytes()), ["the"])
    errors.append(caught.value)
    with limits(cores=lambda: 2, RANGE=1000), pytest.raises(UnicodeDecodeError) as caught:
        count_file(unnamed, ["the"])
    errors.append(caught.value)
    with limits(EXECUTOR_RANGE=1000), ThreadPoolExecutor(1) as executor:
        for path in (unnamed, unnamed.parent):
            (record,) = count_files([path], ["the"], executor=executor, recursive=True)
            assert isinstance(record.error, UnicodeDecodeError)
            errors.append(record.error)
    assert {str(error) for error in errors} == {str(errors[0])}
    assert errors[0].reason.endswith(advice(ending))


def test_small_blocks_do_not_hide_how_a_text_begins(ending: str) -> None:
    contents = COMPRESSIONS[ending](FIRST)
    for size in (1, 2, 6, 7):
        with limits(BLOCK=size), pytest.raises(UnicodeDecodeError) as caught:
            count_stream(io.BytesIO(contents), ["the"])
        # xz and zstd begin with an invalid byte, so that the error may come before the rest.
        is_known = size >= 6 or ending in (".gz", ".bz2")
        assert caught.value.reason.endswith(advice(ending)) == is_known


@needs_threads
def test_the_advice_follows_the_place_of_the_byte(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"BZh " + b"the " * 5000 + b"\xff" + b" the" * 5000)
    with limits(BLOCK=1 << 13), ThreadPoolExecutor(1) as executor:
        (here,) = count_files([path], ["the"])
        (there,) = count_files([path], ["the"], executor=executor)
    for record in (here, there):
        assert isinstance(record.error, UnicodeDecodeError)
        place = "invalid start byte (byte 20004 of the input)"
        assert record.error.reason == place + advice(".bz2")


@posix
def test_the_command_says_that_standard_input_is_compressed(unnamed: Path, ending: str) -> None:
    with unnamed.open("rb") as file:
        result = run("the", input=None, stdin=file)
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("textcount: -: ")
    assert result.stderr.endswith(advice(ending) + "\n")


@pytest.mark.parametrize(
    "contents", [b"\xff the", b"the BZh\xff", b"\x1f\xff", b"BZ\xff", b"\xfd7z"]
)
def test_other_texts_that_cannot_be_decoded_are_not_called_compressed(
    tmp_path: Path, contents: bytes
) -> None:
    path = tmp_path / "file"
    path.write_bytes(contents)
    with pytest.raises(UnicodeDecodeError, match=r"(byte|data)$"):
        count_file(path, ["the"])


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_compressed_file_after_large_ones_is_one_task(tmp_path: Path, jobs: int) -> None:
    large, packed = tmp_path / "large", tmp_path / "packed.gz"
    large.write_bytes(b"the " * 1000)
    packed.write_bytes(gzip.compress(b"the cat"))
    with limits(cores=lambda: jobs, BLOCK=100, RANGE=100):
        records = [*count_files([large, packed, large], ["the"])]
    assert [record.counts for record in records] == [{"the": 1000}, {"the": 1}, {"the": 1000}]
