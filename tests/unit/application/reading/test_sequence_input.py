import gzip
import io
import logging
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from tfmoe.application.reading import intervals
from tfmoe.application.reading.sequence_input import open_stretches
from tfmoe.application.reading.tiling import Stretches
from tfmoe.core import packed_files
from tfmoe.core.dna import decode
from tfmoe.core.errors import InputError

CHR1 = "ACGTTGCAACCGGTTAACGT"
CHR2 = "TTTTTCCCCC"


@pytest.fixture
def genome(tmp_path: Path) -> Path:
    path = tmp_path / "g.fa"
    path.write_text(f">chr1\n{CHR1}\n>chr2\n{CHR2}\n>chr1_alt\nAC\n")
    return path


def read(path: Path | str, genome: Path | None = None, window: int = 8) -> list[Stretches]:
    with open_stretches(path, genome, window) as found:
        return list(found)


def write(folder: Path, content: str | bytes, name: str = "x.bed") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def cut(block: Stretches) -> list[str]:
    codes = np.split(block.codes, np.cumsum(block.lengths)[:-1])
    return [decode(part[None])[0] if len(part) else "" for part in codes]


def test_fasta_is_found_by_content(tmp_path: Path) -> None:
    path = write(tmp_path, "\n>a one\nACGTACGT\n>b\nAC\n", "x.bed")
    first, second = read(path)
    assert first.table.to_dict("list") == {"name": ["a"]}
    assert cut(first) + cut(second) == ["ACGTACGT", ""]
    assert [first.lines.tolist(), second.lines.tolist()] == [[2], [4]]
    with open_stretches(path, None, 8, descriptions=True) as found:
        assert next(found).table["description"].tolist() == ["one"]


def test_intervals_in_their_order(tmp_path: Path, genome: Path) -> None:
    text = "track name=x\nchr1\t2\t10\tpeak\t0\t-\n2\t0\t10\t.\t0\t+\nchr1\t9\t12\t\t0\t+\n"
    (block,) = read(write(tmp_path, text), genome)
    assert block.table.to_dict("list") == {
        "name": ["peak", "2:0-10", "chr1:9-12"],
        "chrom": ["chr1", "2", "chr1"],
        "start": [2, 0, 9],
        "end": [10, 10, 12],
    }
    # the third is extended about its middle, 10
    assert cut(block) == [CHR1[2:10], CHR2, CHR1[6:14]]
    assert block.origins.tolist() == [2, 0, 6]
    assert block.lines.tolist() == [2, 3, 4]


@pytest.mark.parametrize(
    ("start", "end", "expected", "origin", "left", "right"),
    [
        (0, 8, CHR1[:8], 0, 0, 0),
        (3, 4, "N" + CHR1[:7], 0, 1, 0),
        (0, 1, "NNNN" + CHR1[:4], 0, 4, 0),
        (19, 20, CHR1[15:] + "NNN", 15, 0, 3),
        (0, 20, CHR1, 0, 0, 0),
    ],
)
def test_bases_beyond_the_ends_are_unknown(
    tmp_path: Path,
    genome: Path,
    start: int,
    end: int,
    expected: str,
    origin: int,
    left: int,
    right: int,
) -> None:
    (block,) = read(write(tmp_path, f"chr1\t{start}\t{end}\n"), genome)
    assert cut(block) == [expected]
    assert (block.origins[0], block.left[0], block.right[0]) == (origin, left, right)


@pytest.mark.parametrize("bases_per_fetch", [0, 20_000])
def test_parts_and_ways_of_reading(
    tmp_path: Path, genome: Path, bases_per_fetch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intervals, "_BASES", 20)
    monkeypatch.setattr(intervals, "_BASES_PER_FETCH", bases_per_fetch)
    rows = [("chr1", 0, 20), ("chr2", 1, 9), ("chr1", 3, 11), ("chr2", 0, 10), ("chr1", 1, 20)]
    path = write(tmp_path, "".join(f"{c}\t{s}\t{e}\n" for c, s, e in rows))
    blocks = read(path, genome)
    assert [len(block.table) for block in blocks] == [1, 2, 1, 1]
    expected = [{"chr1": CHR1, "chr2": CHR2}[c][s:e] for c, s, e in rows]
    assert [one for block in blocks for one in cut(block)] == expected


def test_standard_input(tmp_path: Path, genome: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def give(content: bytes) -> None:
        monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(content)))

    give(gzip.compress(b">a\nACGTACGT\n"))
    assert cut(read("-")[0]) == ["ACGTACGT"]
    give(b"chr1\t0\t8\n")
    assert cut(read("-", genome)[0]) == [CHR1[:8]]
    give(b"chr1\t0\t8\nchr1\t7\t3\n")
    with pytest.raises(InputError, match=r"^standard input, line 2: end 3 is not greater than"):
        read("-", genome)


def test_utf_16(tmp_path: Path, genome: Path) -> None:
    (block,) = read(write(tmp_path, "chr1\t0\t8\n".encode("utf-16")), genome)
    assert cut(block) == [CHR1[:8]]
    with pytest.raises(InputError, match="the file is UTF-16 text, expected UTF-8"):
        read(write(tmp_path, ">a\nACGT\n".encode("utf-16")))


def test_intervals_of_limited_size(
    tmp_path: Path, genome: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packed_files, "SIZE_LIMIT", 20)
    path = write(tmp_path, "chr1\t0\t8\n" * 3)
    with pytest.raises(InputError) as error:
        read(path, genome)
    assert str(error.value) == (
        f"{path}: the file has more than 20 bytes, expected at most that many; check that it is "
        "the right file, or keep only the lines that you need"
    )


def test_an_unused_genome_is_named(
    tmp_path: Path, genome: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = write(tmp_path, ">a\nACGTACGT\n")
    with caplog.at_level(logging.WARNING):
        read(path, genome)
    assert caplog.messages == [f"{path}: has sequences, so the genome is not read"]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "{path}: the file is empty, expected sequences or intervals"),
        ("# only\n\n", "{path}: the file is empty, expected sequences or intervals"),
        (
            "hello\n",
            "{path}, line 1: found 'hello', expected FASTA, whose first line starts with >, or "
            "BED: chromosome, start and end",
        ),
        (
            "MKTAYIAKQR\nSGSG\n",
            "{path}, line 1: found 'MKTAYIAKQR', expected FASTA, whose first line starts with >, "
            "or BED: chromosome, start and end",
        ),
        (
            "@r\nACGT\n+\nIIII\n",
            "{path}: the file is FASTQ, expected FASTA or BED; convert it, for example with: "
            "seqtk seq -a {path}",
        ),
        (
            # the line + is beyond the bytes that decide about the format
            f"@r\n{'ACGT' * 2000}\n+\n{'IIII' * 2000}\n",
            "{path}: the file is FASTQ, expected FASTA or BED; convert it, for example with: "
            "seqtk seq -a {path}",
        ),
        (
            "@SQ\tSN:chr1\n",
            "{path}, line 1: found '@SQ\\tSN:chr1', expected FASTA, whose first line starts with "
            ">, or BED: chromosome, start and end",
        ),
        (
            "##fileformat=VCFv4.2\n#CHROM\n",
            "{path}: the file is a VCF, expected FASTA or BED; score it with `tfmoe variants`",
        ),
        (
            "chr1\t0\t8\nchr1\t4\t4\n",
            "{path}, line 2: end 4 is not greater than start 4; correct or remove the line",
        ),
        (
            "chr1\t0\t8\nchrom9\t0\t8\n",
            "{path}, line 2: chrom9 is no sequence of {genome}, which has chr1, chr2, chr1_alt",
        ),
        (
            "2\t0\t8\nchr1\t12\t21\n",
            "{path}, line 2: the interval ends at 21, but chr1 has 20 bases in {genome}; is it the "
            "genome of these intervals?",
        ),
        (
            "chr1\t0\t8\nchr1\t12\n",
            "{path}, line 2: 2 fields, expected at least chromosome, start and end",
        ),
    ],
)
def test_faults(tmp_path: Path, genome: Path, content: str, message: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(InputError) as error:
        read(path, genome)
    assert str(error.value) == message.format(path=path, genome=genome)


def test_intervals_need_a_genome(tmp_path: Path) -> None:
    path = write(tmp_path, "chr1\t0\t8\n")
    with pytest.raises(InputError) as error:
        read(path)
    assert str(error.value) == f"{path}: the file has intervals; name their genome with --genome"
