"""Bounded reader of text files: plain, or packed by gzip, bgzip, bzip2 or xz.

A file is unpacked in small steps, so that one that unpacks without end is refused before it fills
the memory. Files of other kinds, such as bigBed or a zip archive, are recognised by their first
bytes, and the message names the command that converts them.
"""

from __future__ import annotations

import bz2
import codecs
import io
import logging
import lzma
import os
import shlex
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol, cast

from tfmoe.core.errors import InputError
from tfmoe.core.file_kinds import refuse_kind
from tfmoe.core.regular_file import file_fault

logger = logging.getLogger(__name__)

SIZE_LIMIT = 1_000_000_000
"""Maximum size of a text file in bytes, after unpacking."""
LINE_LIMIT = 500_000
"""Maximum length of a line in bytes."""
RATIO_LIMIT = 200
"""Maximum ratio of unpacked to packed size; tables and genomes reach 10."""
RATIO_FROM = 64_000_000
"""Unpacked size in bytes from which the ratio counts: a genome may begin with a run of N."""
_HELD = 128_000_000  # a packed file that is larger is measured before it is kept
_XZ_MEMORY = 256_000_000
_READ = 1 << 18
_CHUNK = 1 << 20
# the empty block with which bgzip ends a file
_BGZIP_END = bytes.fromhex("1f8b08040000000000ff0600424302001b0003000000000000000000")
_NO_TEXT = bytes(code for code in range(32) if code not in range(9, 14))
_UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_UTF_32 = (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)


class _Unpacker(Protocol):
    """The methods that the decompressors of bz2 and lzma share."""

    @property
    def eof(self) -> bool: ...
    @property
    def needs_input(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int) -> bytes: ...


class _Gunzip:
    """A decompressor of one gzip member."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(31)

    @property
    def eof(self) -> bool:
        return self._stream.eof

    @property
    def needs_input(self) -> bool:
        return not self._stream.unconsumed_tail

    @property
    def unused_data(self) -> bytes:
        return self._stream.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        return self._stream.decompress(self._stream.unconsumed_tail + data, max_length)


_PACKED: tuple[tuple[bytes, str, Callable[[], _Unpacker]], ...] = (
    (b"\x1f\x8b", "gzip", _Gunzip),
    (b"BZh", "bzip2", bz2.BZ2Decompressor),
    (b"\xfd7zXZ\x00", "xz", lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, _XZ_MEMORY)),
)


def read_text(path: str | os.PathLike[str], remedy: str = "correct its path") -> str:
    """Read a text file, plain or packed.

    Parameters
    ----------
    path
        UTF-8, UTF-16 with a byte-order mark, or else Windows-1252 (Latin-1), which is logged.
    remedy
        Instruction for the message if the file does not exist.

    Raises
    ------
    InputError
        If the path is no regular file; if the file is of another kind, not text, truncated or
        damaged; or if it is larger than `SIZE_LIMIT` or has a line longer than `LINE_LIMIT`.
    """
    return _decode(_read_bounded(path, remedy), path)


@contextmanager
def open_unpacked(
    path: str | os.PathLike[str], remedy: str, source: IO[bytes] | None = None
) -> Iterator[io.BufferedReader[Any]]:
    """Open a plain or packed file as a stream of unpacked bytes, in a ``with`` block.

    Parameters
    ----------
    path
        The file.
    remedy
        Instruction for the message if the file does not exist.
    source
        A stream to read in place of a file, such as standard input; `path` is then its name in
        messages.

    Raises
    ------
    InputError
        As for `read_text`, but without limits of the total size and of lines.
    """
    if source is None:
        _require_file(path, remedy)
    with io.BufferedReader(_Stream(_chunks(path, source)), _CHUNK) as stream:
        yield stream


def read_rest(stream: IO[bytes], path: str | os.PathLike[str]) -> str:
    """Read the rest of a stream of `open_unpacked` as text, with the limits of `read_text`.

    Raises
    ------
    InputError
        As for `read_text`.
    """
    parts = []
    total = 0
    for chunk in _checked_lines(iter(lambda: stream.read(_CHUNK), b""), path):
        total += len(chunk)
        if total > SIZE_LIMIT:
            raise _too_large(path, "the file has")
        parts.append(chunk)
    return _decode(b"".join(parts), path)


def check_bgzip_end(path: str | os.PathLike[str]) -> None:
    """Check that a bgzipped file ends with bgzip's end-of-file block; other files always pass.

    A bgzipped file that was cut between two blocks is a valid gzip file with part of the content.

    Raises
    ------
    InputError
        If the end-of-file block is missing.
    """
    with Path(path).open("rb") as handle:
        start = handle.read(18)
        if start[:4] != b"\x1f\x8b\x08\x04" or start[12:14] != b"BC":
            return
        handle.seek(0, 2)
        handle.seek(max(handle.tell() - len(_BGZIP_END), 0))
        if handle.read() == _BGZIP_END:
            return
    raise InputError(
        f"{path}: the bgzip file is truncated (its end-of-file block is missing); fetch or copy it "
        "again"
    )


class _Stream(io.RawIOBase):
    """The chunks of a file as a raw stream."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        super().__init__()
        self._chunks = chunks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]
        while not self._rest:
            chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(chunk)
        size = min(len(buffer), len(self._rest))
        buffer[:size] = self._rest[:size]
        self._rest = self._rest[size:]
        return size


def _require_file(path: str | os.PathLike[str], remedy: str) -> None:
    fault = file_fault(path)
    if fault:
        raise InputError(f"{path}: the file {fault}; {remedy}")


def _read_bounded(path: str | os.PathLike[str], remedy: str) -> bytes:
    """Read a file; a large packed file is unpacked once to measure it, and again to keep it."""
    _require_file(path, remedy)
    if Path(path).stat().st_size > SIZE_LIMIT:
        raise _too_large(path, "the file has")
    held: list[bytes] | None = []
    total = 0
    for chunk in _checked_lines(_chunks(path), path):
        total += len(chunk)
        if total > SIZE_LIMIT:
            raise _too_large(path, "the file unpacks to")
        if total > _HELD and Path(path).stat().st_size < total:
            held = None
        if held is not None:
            held.append(chunk)
    return b"".join(_chunks(path) if held is None else held)


def _too_large(path: str | os.PathLike[str], found: str) -> InputError:
    return InputError(
        f"{path}: {found} more than {SIZE_LIMIT:,} bytes, expected at most that many; check that "
        "it is the right file, or keep only the lines that you need"
    )


def _chunks(path: str | os.PathLike[str], source: IO[bytes] | None = None) -> Iterator[bytes]:
    """Yield the unpacked content in chunks of at most 1 MB, after a check of the file's kind."""
    try:
        with Path(path).open("rb") if source is None else _peekable(source) as handle:
            start = handle.peek(512)[:512]
            kind = next((kind for kind in _PACKED if start.startswith(kind[0])), None)
            if kind is None:
                refuse_kind(start, path)
                yield from iter(lambda: handle.read(_CHUNK), b"")
                return
            _, name, unpacker = kind
            yield from _unpack(handle, unpacker, name, path, regular=source is None)
    except OSError as error:
        raise InputError(f"{path}: the file cannot be read ({error.strerror or error})") from None


@contextmanager
def _peekable(source: IO[bytes]) -> Iterator[io.BufferedReader[Any]]:
    """Yield a buffered stream that stays open."""
    if isinstance(source, io.BufferedReader):
        yield source
        return
    buffered = io.BufferedReader(cast(io.RawIOBase, source))
    try:
        yield buffered
    finally:
        buffered.detach()


def _unpack(
    handle: IO[bytes],
    unpacker: Callable[[], _Unpacker],
    name: str,
    path: str | os.PathLike[str],
    *,
    regular: bool,
) -> Iterator[bytes]:
    """Yield the content of all members of a packed file, which is checked where it is regular."""
    if name == "gzip" and regular:
        check_bgzip_end(path)
    total = 0
    try:
        for chunk in _members(handle, unpacker):
            if total == 0:
                refuse_kind(chunk[:512], path, packed=name)
            total += len(chunk)
            if regular and total > RATIO_FROM and total > RATIO_LIMIT * handle.tell():
                raise InputError(
                    f"{path}: the {name} file unpacks to more than {RATIO_LIMIT} times its size, "
                    "which no table and no genome does; check that it is the right file"
                )
            yield chunk
    except (EOFError, OSError, ValueError, zlib.error, lzma.LZMAError) as error:
        raise InputError(
            f"{path}: the {name} file is truncated or damaged ({error}); fetch or copy it again"
        ) from None


def _members(handle: IO[bytes], unpacker: Callable[[], _Unpacker]) -> Iterator[bytes]:
    """Unpack member after member; zeros after a member are padding."""
    rest = handle.read(_READ)
    while rest:
        stream = unpacker()
        while not stream.eof:
            if stream.needs_input and not rest:
                rest = handle.read(_READ)
                if not rest:
                    raise EOFError("its end is missing")
            chunk, rest = stream.decompress(rest, _CHUNK), b""
            if chunk:
                yield chunk
        rest = stream.unused_data.lstrip(b"\x00")
        while not rest and (more := handle.read(_READ)):
            rest = more.lstrip(b"\x00")


def _checked_lines(chunks: Iterator[bytes], path: str | os.PathLike[str]) -> Iterator[bytes]:
    """Pass chunks on, and raise if a line is too long, or if the beginning is not text."""
    line, open_line = 1, 0
    for number, chunk in enumerate(chunks):
        if number == 0:
            _check_text(chunk, path)
        end = b"\n" if b"\n" in chunk else b"\r"
        first = chunk.find(end)
        if open_line + (len(chunk) if first < 0 else first) > LINE_LIMIT:
            raise InputError(
                f"{path}, line {line}: the line has more than {LINE_LIMIT:,} bytes, expected a "
                "text file with shorter lines; check that it is the right file"
            )
        if first >= 0 and len(chunk) > LINE_LIMIT:
            _check_lengths(chunk, end, line, path)
        open_line = open_line + len(chunk) if first < 0 else len(chunk) - chunk.rfind(end) - 1
        line += chunk.count(end)
        yield chunk


def _check_lengths(chunk: bytes, end: bytes, line: int, path: str | os.PathLike[str]) -> None:
    """Raise if a line that begins and ends in a chunk is too long."""
    at = 0
    while (last := at + LINE_LIMIT) < len(chunk):
        # a line end among the next bytes starts the next search; only long lines have none
        following = chunk.rfind(end, at, last + 1)
        if following < 0:
            number = line + chunk.count(end, 0, at)
            raise InputError(
                f"{path}, line {number}: the line has more than {LINE_LIMIT:,} bytes, expected a "
                "text file with shorter lines; check that it is the right file"
            )
        at = following + 1


def _check_text(content: bytes, path: str | os.PathLike[str]) -> None:
    """Raise if content has control characters or is in an encoding without a mark."""
    if content.startswith(_UTF_16) and not content.startswith(_UTF_32):
        return
    if _is_utf_16(content[:1000]):
        raise InputError(
            f"{path}: the file is UTF-16 text without a byte-order mark, expected UTF-8; convert "
            f"it, for example with: iconv -f UTF-16LE -t UTF-8 {shlex.quote(str(path))}"
        )
    if any(code in content for code in _NO_TEXT):
        raise InputError(
            f"{path}: the file is not text, expected plain or packed text (gzip, bzip2 or xz); "
            "save a spreadsheet as tab-separated text"
        )


def _is_utf_16(start: bytes) -> bool:
    """Return whether every second byte is NUL, as in ASCII characters that take two bytes."""
    halves = (start[0::2], start[1::2])
    shares = sorted(half.count(0) / max(len(half), 1) for half in halves)
    return shares[0] < 0.1 and shares[1] > 0.8


def _decode(content: bytes, path: str | os.PathLike[str]) -> str:
    _check_text(content, path)
    if content.startswith(_UTF_16):
        try:
            text = content.decode("utf-16")
        except UnicodeDecodeError:
            raise InputError(
                f"{path}: the UTF-16 text is truncated or damaged; save the file as UTF-8"
            ) from None
        logger.warning("%s: the file is UTF-16 text, and was read as such", path)
        _check_text(text.encode(), path)
    else:
        text = _decode_bytes(content, path)
    # a mark within the text is left from files that were joined
    return text.replace("\ufeff", "") if "\ufeff" in text else text


def _decode_bytes(content: bytes, path: str | os.PathLike[str]) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        logger.warning(
            "%s, line %d: the byte 0x%02x is not UTF-8; the file was read as Latin-1 "
            "(Windows-1252)",
            path, line, content[error.start],
        )  # fmt: skip
        return content.decode("cp1252", "replace")
