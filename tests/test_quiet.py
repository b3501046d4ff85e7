"""Test -q: the first match ends the command with status 0, as in grep."""

import codecs
import itertools
import os
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import closing, nullcontext
from pathlib import Path
from typing import Any

import pytest
from helpers import DEADLINE, limits, needs_threads, outcome, posix, start, wait_until_empty

from textcount import FileCount, _limits, cli
from textcount._blocks import BlockCounter
from textcount._options import CountOptions, RunOptions
from textcount._sources import Source
from textcount.files import count_sources


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Change to a new folder that has a file "essay"; return the folder."""
    monkeypatch.chdir(tmp_path)
    Path("essay").write_text("the cat", encoding="utf-8")
    return tmp_path


def test_the_status_is_0_for_a_match_even_after_an_error_else_2_or_1() -> None:
    gone = "textcount: gone: No such file or directory\n"
    assert outcome("-q", "the", "essay") == (0, "", "")
    assert outcome("-q", "dog", "essay") == (1, "", "")
    assert outcome("-q", "the", "gone", "essay") == (0, "", gone)
    assert outcome("-q", "the", "essay", "gone") == (0, "", "")
    assert outcome("-q", "dog", "gone", "essay") == (2, "", gone)
    assert outcome("-q", "dog", "essay", "gone") == (2, "", gone)


def test_any_of_the_words_is_a_match_in_any_format() -> None:
    for options in ([], ["--total"], ["--format", "json"], ["--format", "csv", "--total"]):
        assert outcome("-q", *options, "-e", "dog", "-e", "cat", "essay") == (0, "", "")
        assert outcome("-q", *options, "-e", "dog", "-e", "cow", "essay") == (1, "", "")


def test_without_q_an_error_still_outweighs_a_match() -> None:
    assert outcome("the", "gone", "essay")[0] == 2
    assert outcome("--total", "the", "essay", "gone")[0] == 2


# Within one text


@posix
@pytest.mark.parametrize(
    ("encoding", "mark", "codec"),
    [
        ("utf-8", b"", "utf-8"),
        ("latin-1", b"", "latin-1"),
        ("auto", codecs.BOM_UTF16_BE, "utf-16-be"),
    ],
)
@pytest.mark.parametrize("name", ["-", "pipe"])
@pytest.mark.parametrize(
    ("texts", "status"),
    [
        (["a the "], 0),  # the pipe stays open: no end of file, and no whole block
        (["a the", "n\nth", "e\n"], 0),
        (["a the", "n", ""], 1),  # "" closes the pipe
        (["a the", ""], 0),
    ],
)
def test_a_pipe_is_read_up_to_the_first_whole_word_that_matches(
    encoding: str, mark: bytes, codec: str, name: str, texts: list[str], status: int
) -> None:
    if name == "-":
        out, into = os.pipe()
    else:
        os.mkfifo(name)
        out, into = os.open(name, os.O_RDONLY | os.O_NONBLOCK), os.open(name, os.O_WRONLY)
    with start("-q", "--encoding", encoding, "the", name, stdin=out) as process:
        try:
            for text in texts:
                if text:
                    os.write(into, mark + text.encode(codec))
                    mark = b""
                    wait_until_empty(out)
                else:
                    os.close(into)
                    into = -1
            assert process.wait(DEADLINE) == status
            assert process.communicate() == (b"", b"")
        finally:
            process.kill()
            for descriptor in {out, into} - {-1}:
                os.close(descriptor)


def test_a_word_is_a_match_only_when_it_has_ended() -> None:
    options = CountOptions(["a", "é"], "utf-8", "strict")
    for text in map("".join, itertools.product("aé \u2003", repeat=5)):
        for size in (1, 2, 3):
            data = text.encode()
            blocks = [data[place : place + size] for place in range(0, len(data), size)]
            counter = BlockCounter(options)
            so_far = b""
            for read in counter.feed_bytes((block, len(block)) for block in blocks):
                so_far += blocks[len(so_far) // size][:read]
                words = (so_far.decode(errors="ignore") + "x").split()[:-1]
                assert counter.has_match() == any(word in {"a", "é"} for word in words)


def test_what_follows_the_block_of_the_match_is_not_read() -> None:
    for data in (b"the \n", b"x " * _limits.BLOCK + b" the\n"):
        Path("invalid").write_bytes(data + b" " * 2 * _limits.BLOCK + b"\xff")
        assert outcome("-q", "the", "invalid") == (0, "", "")
        assert outcome("-q", "dog", "invalid")[0] == 2
        assert outcome("-q", "-r", "the", ".") == (0, "", "")
        assert outcome("the", "invalid")[0] == 2


# Workers


def first_record(
    data: bytes, jobs: int, executor: Executor | None = None, **changes: int
) -> tuple[FileCount, int]:
    """Return the first record of a file, and the number of bytes read until the workers ended."""
    Path("data").write_bytes(data)
    sizes: list[int] = []
    options = CountOptions(["the"], "utf-8", "strict", stop_at_match=True)
    run = RunOptions(options, jobs, sizes.append, executor)
    with limits(**changes), closing(count_sources([Source("data")], run)) as records:
        record = next(records)
    return record, sum(sizes)


@needs_threads
@pytest.mark.parametrize("jobs", [1, 3])
def test_the_ranges_of_a_file_are_counted_up_to_the_first_match(jobs: int) -> None:
    data = b"x the " + b"x " * 50_000
    for executor in (None, ThreadPoolExecutor(jobs)):
        small = {"RANGE": 100, "BLOCK": 50, "EXECUTOR_RANGE": 100, "EXECUTOR_TASKS": 8}
        record, size = first_record(data, jobs, executor, **small)
        assert (record.error, record.counts) == (None, {"the": 1})
        assert size < len(data) // 10


@needs_threads
def test_a_match_in_any_range_is_found() -> None:
    for place in range(0, 1000, 50):
        data = b"x " * place + b"the " + b"x " * (1000 - place)
        assert first_record(data, 2, RANGE=100, BLOCK=50)[0].counts == {"the": 1}


@needs_threads
def test_a_match_after_invalid_bytes_does_not_hide_the_error() -> None:
    data = b"\xff " + b"x " * 1000 + b"the"
    record, _ = first_record(data, 2, RANGE=100, BLOCK=50)
    assert isinstance(record.error, UnicodeDecodeError)
    assert not record.counts


@needs_threads
def test_with_a_cluster_the_first_match_ends_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    submitted = 0

    class Counting(ThreadPoolExecutor):
        def submit(self, *task: Any) -> Any:  # type: ignore[override]
            nonlocal submitted
            submitted += 1
            return super().submit(*task)

    executor = Counting(2)
    monkeypatch.setattr(cli, "_cluster", lambda _: nullcontext(executor))
    with limits(EXECUTOR_BATCH=1, EXECUTOR_TASKS=4):
        assert outcome("-q", "--dask", "address", "the", *["essay"] * 100) == (0, "", "")
        assert submitted <= 5
        assert outcome("-q", "--dask", "address", "dog", *["essay"] * 100) == (1, "", "")
