import os
from pathlib import Path

import numpy as np
import pytest

from tfmoe.application.genome import open_genome
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


def test_lines_of_unequal_length(tmp_path: Path) -> None:
    path = tmp_path / "g.fa"
    path.write_text(">chr1\nAC\nACGT\nA\n")
    with (
        pytest.raises(InputError, match="the genome cannot be indexed") as error,
        open_genome(path),
    ):
        pass
    assert str(error.value).startswith(f"{path}: the genome cannot be indexed, expected FASTA")
    assert [entry.name for entry in tmp_path.iterdir()] == ["g.fa"]
