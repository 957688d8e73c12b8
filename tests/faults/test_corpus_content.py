"""Hostile content: one message each, soon and in little memory."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import time
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.faults.corpus_content import MATRIX, MEME, PEAKS, READY, Case

from tfmoe.core import packed_files
from tfmoe.core.errors import InputError
from tfmoe.data.reading.genome_files import read_genome
from tfmoe.data.reading.peaks import read_peaks
from tfmoe.data.reading.sequence_files import read_sequence_file
from tfmoe.data.reading.sources import check_checksum
from tfmoe.data.reading.text_columns import read_lines
from tfmoe.jaspar.meme import read_meme
from tfmoe.jaspar.user_matrices import read_user_matrices

MEMORY = 400_000_000


def refused(read: Callable[[Path], object], path: Path, *parts: str) -> None:
    """Check that a reader raises one message with these parts."""
    with pytest.raises(InputError) as error:
        read(path)
    message = str(error.value)
    assert message.startswith(str(path)) and "\n" not in message and len(message) < 600
    for part in parts:
        assert part in message


@contextmanager
def bounded() -> Iterator[None]:
    """Check that a block takes little time and memory."""
    tracemalloc.start()
    started = time.monotonic()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < MEMORY
        assert time.monotonic() - started < 10
    finally:
        tracemalloc.stop()


def written(case: Case, folder: Path) -> Path:
    (folder / "input").write_bytes(case.written)
    return folder / "input"


@pytest.mark.parametrize("case", PEAKS, ids=lambda case: case.name)
def test_peaks(case: Case, tmp_path: Path) -> None:
    refused(read_peaks, written(case, tmp_path), *case.message)


@pytest.mark.parametrize("case", READY, ids=lambda case: case.name)
def test_ready_sequences(case: Case, tmp_path: Path) -> None:
    path = written(case, tmp_path)
    if case.message:
        refused(read_sequence_file, path, *case.message)
    else:
        table = read_sequence_file(path)
        assert table["sequence"].iloc[0] in ("ACGT", "ACGTAC")
        assert table["rank"].tolist() in ([1], [1, 10**18 - 1], [0, 0])


@pytest.mark.parametrize("case", MEME, ids=lambda case: case.name)
def test_meme(case: Case, tmp_path: Path) -> None:
    path = written(case, tmp_path)
    if case.message:
        refused(read_user_matrices, path, *case.message)
        return
    (matrix,) = read_user_matrices(path)
    assert (matrix.matrix_id, matrix.name) == ("M1", "GATA3")
    assert matrix.probabilities.round(6).tolist() == MATRIX


BOMBS = {
    "short lines.gz": gzip.compress(b"chr1\t1\t2\n" * 100_000) * 3000,
    "short lines.bz2": bz2.compress(b"chr1\t1\t2\n" * 100_000) * 3000,
    "short lines.xz": lzma.compress(b"chr1\t1\t2\n" * 100_000) * 3000,
    "one line.gz": gzip.compress(b"A" * 1_000_000) * 2000,
    "one line.xz": lzma.compress(b"A" * 1_000_000) * 2000,
    "zeros.gz": gzip.compress(b"\x00" * 1_000_000) * 2000,
    "empty lines.gz": gzip.compress(b"\n" * 1_000_000) * 2000,
    "a return.gz": gzip.compress(b"\r" * 1_000_000) * 2000,
}


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("read", [read_lines, read_meme, read_sequence_file])
def test_files_that_unpack_without_end(
    name: str, read: Callable[[Path], object], tmp_path: Path
) -> None:
    path = tmp_path / name
    path.write_bytes(BOMBS[name])
    reason = {
        "short": "unpacks to more than 200 times its size",
        "empty": "unpacks to more than 200 times its size",
        "a": "unpacks to more than 200 times its size",
        "one": "line 1: the line has more than 500,000 bytes",
        "zeros.gz": "the file is not text",
    }[name.split()[0]]
    with bounded():
        refused(read, path, reason)


def test_a_genome_that_unpacks_without_end(tmp_path: Path) -> None:
    path = tmp_path / "genome.fa.gz"
    path.write_bytes(gzip.compress(b">chr1\n") + gzip.compress(b"N" * 1_000_000) * 3000)
    with bounded():
        refused(lambda path: list(read_genome(path)), path, "unpacks to more than 200 times")
    path.write_bytes(gzip.compress(b">chr1\n") + gzip.compress(b"N" * 1_000_000) * 20)
    with bounded():
        assert [len(letters) for _, letters in read_genome(path)] == [20_000_000]


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_the_limit_of_the_size(
    pack: Callable[[bytes], bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = b"".join(b"chr1\t%d\t%d\n" % (at, at + 50) for at in range(100_000))
    path = tmp_path / "peaks.bed"
    path.write_bytes(pack(content))
    whole = read_lines(path).lines
    monkeypatch.setattr(packed_files, "_HELD", 100_000)
    assert read_lines(path).lines == whole, "a large file is unpacked twice"
    monkeypatch.setattr(packed_files, "SIZE_LIMIT", 1_000_000)
    refused(read_lines, path, "the file unpacks to more than 1,000,000 bytes, expected at most")
    path.write_bytes(content)
    refused(read_lines, path, "the file has more than 1,000,000 bytes, expected at most that many")


def test_a_large_plain_file_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "peaks.bed"
    path.touch()
    os.truncate(path, 20_000_000_000)
    with bounded():
        refused(read_lines, path, "the file has more than 1,000,000,000 bytes")
    os.truncate(path, 900_000_000)
    with bounded():
        refused(read_lines, path, "the file is not text")


def test_an_xz_file_that_needs_too_much_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packed_files, "_XZ_MEMORY", 1_000_000)
    path = tmp_path / "peaks.bed.xz"
    path.write_bytes(lzma.compress(b"chr1\t1\t2\n", preset=9))
    refused(read_lines, path, "truncated or damaged (Memory usage limit exceeded)")


def no_file(kind: str, folder: Path) -> Path:
    """Make a path that is no regular file."""
    path = folder / "input"
    if kind == "FIFO":
        os.mkfifo(path)
    elif kind == "folder":
        path.mkdir()
    elif kind == "loop":
        path.symlink_to(path)
    elif kind == "lost":
        path.symlink_to(folder / "absent")
    elif kind == "device":
        path.symlink_to("/dev/zero")
    elif kind == "below a file":
        (folder / "file").touch()
        path = folder / "file" / "input"
    elif kind == "long name":
        path = folder / ("x" * 300)
    return path


@pytest.mark.parametrize(
    ("kind", "fault"),
    [
        ("FIFO", "is a FIFO (named pipe), expected a file"),
        ("folder", "is a folder, expected a file"),
        ("loop", "is a loop of symbolic links"),
        ("lost", "does not exist"),
        ("absent", "does not exist"),
        ("device", "is a device, expected a file"),
        ("below a file", "does not exist, because a part of its path is a file"),
        ("long name", "has too long a name"),
    ],
)
def test_paths_that_are_no_files(kind: str, fault: str, tmp_path: Path) -> None:
    path = no_file(kind, tmp_path)
    readers: list[Callable[[Path], object]] = [
        read_lines, read_peaks, read_sequence_file, read_meme, lambda path: list(read_genome(path)),
        lambda path: check_checksum(path, None),
    ]  # fmt: skip
    for read in readers:
        with bounded():
            refused(read, path, f": the file {fault}; correct")
