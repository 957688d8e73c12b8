import gzip
import random
import struct
from pathlib import Path

import numpy as np
import pysam
import pytest

from tfmoe.core.errors import InputError
from tfmoe.data.reading import genome_files
from tfmoe.data.reading.genome_files import read_genome

FASTA = b">I first sequence\nACGTACGTAC\nGTN\n\n>II\r\nttttgggg\r\nRYKM\r\n>Mito\nCCC"
SEQUENCES = {"I": b"ACGTACGTACGTN", "II": b"ttttggggRYKM", "Mito": b"CCC"}


def write(folder: Path, content: bytes, name: str = "genome.fa") -> Path:
    (folder / name).write_bytes(content)
    return folder / name


def read(path: Path) -> dict[str, bytes]:
    return {name: letters.tobytes() for name, letters in read_genome(path)}


def two_bit(sequences: dict[str, bytes]) -> bytes:
    """Encode sequences as 2bit, which stores runs of N and of lower case apart from the bases."""

    def runs(letters: bytes, wanted: bytes) -> bytes:
        inside = np.isin(np.frombuffer(b"\n" + letters + b"\n", np.uint8), list(wanted))
        edges = np.flatnonzero(np.diff(inside.astype(int)))
        starts, ends = edges[::2], edges[1::2]
        return struct.pack(f"<{1 + 2 * len(starts)}I", len(starts), *starts, *(ends - starts))

    def record(letters: bytes) -> bytes:
        plain = letters.upper().replace(b"N", b"T")
        codes = [b"TCAG".index(letter) for letter in plain + b"T" * (-len(plain) % 4)]
        packed = bytes(
            sum(code << shift for code, shift in zip(codes[at : at + 4], (6, 4, 2, 0), strict=True))
            for at in range(0, len(codes), 4)
        )
        lower = runs(letters, b"acgtn")
        return struct.pack("<I", len(letters)) + runs(letters, b"Nn") + lower + bytes(4) + packed

    records = [record(letters) for letters in sequences.values()]
    at = 16 + sum(5 + len(name) for name in sequences)
    index = b""
    for name, content in zip(sequences, records, strict=True):
        index += bytes([len(name)]) + name.encode() + struct.pack("<I", at)
        at += len(content)
    return struct.pack("<4I", 0x1A412743, 0, len(sequences), 0) + index + b"".join(records)


def test_plain_gzipped_and_bgzipped(tmp_path: Path) -> None:
    plain = write(tmp_path, FASTA)
    assert read(plain) == SEQUENCES
    assert read(write(tmp_path, gzip.compress(FASTA), "x.fa.gz")) == SEQUENCES
    pysam.tabix_compress(str(plain), str(tmp_path / "y.fa.gz"))
    assert read(tmp_path / "y.fa.gz") == SEQUENCES
    assert read(write(tmp_path, b"\xef\xbb\xbf\n" + FASTA)) == SEQUENCES


@pytest.mark.parametrize("block", [1, 3, 10, 17, 30])
def test_size_of_blocks_does_not_matter(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int
) -> None:
    monkeypatch.setattr(genome_files, "BLOCK", block)
    assert read(write(tmp_path, FASTA)) == SEQUENCES


def test_two_bit_keeps_repeats_and_unknown_bases(tmp_path: Path) -> None:
    sequences = {"chr2": b"NNNACGTacgtACnnNG", "chr1": b"TTTTT", "chrM": b"gattaca"}
    path = write(tmp_path, two_bit(sequences), "genome.2bit")
    found = read(path)
    assert list(found) == ["chr2", "chr1", "chrM"]
    assert {name: text.upper() for name, text in found.items()} == {
        name: text.upper() for name, text in sequences.items()
    }
    assert found["chr2"].startswith(b"NNNACGTacgtAC")
    assert found["chrM"] == b"gattaca"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"chr1\t5\t6\n", r"the file is neither FASTA nor 2bit: it begins with 'chr1\\t5\\t6\\n'"),
        (b">\nACGT\n", "the sequence at the beginning has no name"),
        (b">a\nACGT\n>\nACGT\n", "the sequence after a has no name"),
        (b">a\nACGT\n>b\n", "sequence b has no bases; the file may be truncated"),
        (b">p\nMEEPQSDPSV\n", "sequence p contains 'E'"),
        (b">a\nACG\n>b\nA\n>a x\nACG\n", "two sequences are called a"),
        (gzip.compress(FASTA)[:40], "the gzip file is truncated or damaged"),
        (two_bit({"I": b"ACGTNNacgt" * 9})[:50], "the 2bit file is truncated or damaged"),
    ],
)
def test_bad_files(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=f"genome.fa: {message}"):
        read(write(tmp_path, content))


def test_truncated_bgzip(tmp_path: Path) -> None:
    plain = write(tmp_path, b">a\n" + b"ACGTTGCA" * 20_000)
    path = tmp_path / "genome.fa.gz"
    pysam.tabix_compress(str(plain), str(path))
    path.write_bytes(path.read_bytes()[:-28])  # without the block that marks the end
    with pytest.raises(InputError, match=r"genome.fa.gz: the bgzip file is truncated"):
        read(path)


def test_two_bit_without_its_last_bases(tmp_path: Path) -> None:
    content = two_bit({"a": b"ACGTNNacgt" * 9, "b": b"GATTACA" * 9})
    for missing in range(1, len(content) - 4):
        path = write(tmp_path, content[: len(content) - missing], "genome.2bit")
        with pytest.raises(InputError, match=r"genome.2bit: the 2bit file is truncated"):
            read(path)


def test_two_bit_with_any_changed_numbers_is_refused_or_read(tmp_path: Path) -> None:
    """Before its layout was checked, a fourteenth of such files crashed the library."""
    good = two_bit({"chr1": b"ACGTNNacgt" * 4, "b": b"gattaca"})
    rng = random.Random(1)
    refused = 0
    for _ in range(400):
        content = bytearray(good)
        for _ in range(rng.randint(1, 3)):
            at = rng.randrange(4, len(content) - 4)
            content[at : at + 4] = rng.choice([0, 1, 7, 2**31, 2**32 - 1]).to_bytes(4, "little")
        path = write(tmp_path, bytes(content), "genome.2bit")
        try:
            bases = sum(len(letters) for _, letters in genome_files.read_genome(path))
        except InputError:
            refused += 1
        else:
            assert bases <= 4 * len(content)
    assert refused > 200


@pytest.mark.parametrize("name", ["", "a b", "a\tb", "a\nb", "a\x1b[31m", "a\0b"])
def test_names_in_two_bit(tmp_path: Path, name: str) -> None:
    path = write(tmp_path, two_bit({name: b"ACGT"}), "genome.2bit")
    with pytest.raises(InputError, match=r"found the name .*, expected one without white space"):
        read(path)


def test_sequences_that_share_bytes_in_two_bit(tmp_path: Path) -> None:
    head = struct.pack("<4I", 0x1A412743, 0, 50, 0)
    index = b"".join(struct.pack("<B2sI", 2, f"{n:02}".encode(), 16 + 50 * 7) for n in range(50))
    record = struct.pack("<4I", 8000, 0, 0, 0) + bytes(2000)
    path = write(tmp_path, head + index + record, "genome.2bit")
    with pytest.raises(InputError, match="its sequences share bytes"):
        read(path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"none.fa: the file does not exist; correct `genome.fa"):
        read(tmp_path / "none.fa")
