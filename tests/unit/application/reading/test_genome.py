import os
from pathlib import Path

import numpy as np
import pytest

from tfmoe.application.reading.genome import open_genome
from tfmoe.core.errors import InputError


def test_the_index_is_written_once_and_again_for_a_newer_genome(tmp_path: Path) -> None:
    path = tmp_path / "g.fa"
    path.write_text(">chr1 x\nACGT\nAC\n>chr2\nGG\n")
    with open_genome(path) as genome:
        assert genome.lengths == {"chr1": 6, "chr2": 2}
        assert genome.windows("chr1", np.array([3]), 3).tobytes() == b"TAC"
    index = tmp_path / "g.fa.fai"
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["g.fa", "g.fa.fai"]
    written = index.stat().st_mtime_ns
    with open_genome(path):
        pass
    assert index.stat().st_mtime_ns == written
    path.write_text(">chr3\nACG\n")
    os.utime(index, (0, 0))
    with open_genome(path) as genome:
        assert genome.lengths == {"chr3": 3}


def test_a_read_only_folder_gets_no_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "g.fa"
    path.write_text(">chr1\nACGT\n")
    monkeypatch.setattr(os, "access", lambda *_: False)
    monkeypatch.setattr("tfmoe.core.regular_file.os.access", lambda found, _: found == path)
    with open_genome(path) as genome:
        assert genome.letters("chr1").tobytes() == b"ACGT"
    assert [entry.name for entry in tmp_path.iterdir()] == ["g.fa"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "{path}: the genome does not exist"),
        (
            b"\x1f\x8b\x08\x00",
            "{path}: the genome is packed, expected plain FASTA, of which parts can be read; "
            "unpack it, for example with: gunzip -k {path}",
        ),
        (
            bytes.fromhex("4327411a"),
            "{path}: the genome is a 2bit file, expected plain FASTA; convert it with: "
            "twoBitToFa {path} {path}",
        ),
    ],
)
def test_faults(tmp_path: Path, content: bytes | None, message: str) -> None:
    path = tmp_path / "g.fa"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(InputError) as error, open_genome(path):
        pass
    assert str(error.value) == message.format(path=path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "{path}: the genome is empty, expected FASTA"),
        (
            b"chr1\t5\t20\n",
            "{path}: the genome begins with 'chr1\\t5\\t20', expected FASTA, whose first line "
            "starts with >",
        ),
        (
            b"@chr1\nACGT\n+\nIIII\n",
            "{path}: the genome begins with '@chr1', expected FASTA, whose first line starts "
            "with >",
        ),
        (
            b"\xef\xbb\xbf>chr1\nACGT\n",
            "{path}: the genome begins with a byte-order mark, which an index cannot skip; remove "
            "it, for example with: sed -i '1s/^\\xEF\\xBB\\xBF//' {path}",
        ),
        (
            b">p\nMKVLE\n",
            "{path}: the genome has the letters 'E', 'L', expected DNA: A, C, G, T and other IUPAC "
            "codes",
        ),
        (b">r\nACGU\nacgu\n", "{path}: the genome is RNA, expected DNA; replace U with T"),
        (
            b">chr1\nAC\nACGT\nA\n",
            "{path}: the genome cannot be indexed; line 3 is longer than the first one of its "
            "sequence; rewrite it with lines of equal length, for example with: seqtk seq -l 60 "
            "{path}",
        ),
        (
            b">chr1\nACGT\nAC\nACGT\n",
            "{path}: the genome cannot be indexed; line 4 follows a shorter or empty line of the "
            "same sequence; rewrite it with lines of equal length, for example with: seqtk seq -l "
            "60 {path}",
        ),
        (
            b">chr1\nACGT\n>chr2\nAC\n>chr1\nGG\n>chr3\nT\n",
            "{path}: two sequences are called chr1; remove or rename one of them",
        ),
        (
            b">chr1\nACGT\n>chr2\n",
            "{path}: the genome cannot be indexed; its last sequence has no bases; the file may be "
            "cut off: fetch or copy it again",
        ),
        (
            b">chr1\nACGT\n>chr1\nGG\n",
            "{path}: two sequences are called chr1; remove or rename one of them",
        ),
    ],
)
def test_faulty_content(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], content: bytes, message: str
) -> None:
    path = tmp_path / "g.fa"
    path.write_bytes(content)
    with pytest.raises(InputError) as error, open_genome(path):
        pass
    assert str(error.value) == message.format(path=path)
    # no line of htslib, and no index
    assert capfd.readouterr().err == ""
    assert [entry.name for entry in tmp_path.iterdir()] == ["g.fa"]


def test_line_ends_of_windows_and_an_empty_sequence(tmp_path: Path) -> None:
    path = tmp_path / "g.fa"
    path.write_bytes(b">chr1 x y\r\nACGT\r\nAC\r\n>empty\r\n>chr2\r\nGGG")
    with open_genome(path) as genome:
        assert genome.lengths == {"chr1": 6, "chr2": 3}
        assert genome.letters("chr1").tobytes() == b"ACGTAC"
        assert genome.windows("chr2", np.array([1]), 2).tobytes() == b"GG"
