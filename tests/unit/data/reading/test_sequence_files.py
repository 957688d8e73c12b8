import gzip
from pathlib import Path

import pysam
import pytest

from tfmoe.core.errors import InputError
from tfmoe.data.reading.sequence_files import read_experiment, read_sequence_file

HEADER = "FoldID\tEventID\tseq\tBound\n"
SEQ = (
    HEADER + "A\tseq_00002_peak\tACGT\t1\nA\tseq_00004_peak\tTTTA\t1\nA\tseq_00002_shuf\tAGCT\t0\n"
)


def write(folder: Path, content: str | bytes, name: str = "x.seq") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_deepbind(tmp_path: Path) -> None:
    table = read_sequence_file(write(tmp_path, SEQ))
    assert table["name"].tolist() == ["seq_00002_peak", "seq_00004_peak", "seq_00002_shuf"]
    assert table["rank"].tolist() == [2, 4, 2]
    assert table["label"].tolist() == [1, 1, 0]
    assert table["sequence"].tolist() == ["ACGT", "TTTA", "AGCT"]
    assert table["soft_masked"].tolist() == [False] * 3
    assert table["line"].tolist() == [f"{tmp_path / 'x.seq'}, line {line}" for line in (2, 3, 4)]


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(SEQ.encode()),
        SEQ.replace("\n", "\r\n"),
        SEQ.rstrip("\n"),
        b"\xef\xbb\xbf" + SEQ.replace("\n", "\r\n").encode(),
        "# a comment\n\n" + SEQ.replace("\n", "\n\n"),
    ],
)
def test_as_files_come(tmp_path: Path, content: str | bytes) -> None:
    expected = read_sequence_file(write(tmp_path, SEQ))
    found = read_sequence_file(write(tmp_path, content, "y.seq"))
    assert found.drop(columns="line").equals(expected.drop(columns="line"))


def test_fasta(tmp_path: Path) -> None:
    text = ">chr1:10-18 a peak\nACgt\nNRyn\n\n>second\r\nGGGG\n"
    table = read_sequence_file(write(tmp_path, text, "x.fa"))
    assert table["name"].tolist() == ["chr1:10-18", "second"]
    assert table["sequence"].tolist() == ["ACgtNRyn", "GGGG"]
    assert table["label"].tolist() == [1, 1]
    assert table["rank"].tolist() == [0, 0]
    assert table["soft_masked"].tolist() == [True, True]
    assert table["line"].tolist() == [f"{tmp_path / 'x.fa'}, line {line}" for line in (1, 5)]
    assert read_sequence_file(tmp_path / "x.fa", label=0)["label"].tolist() == [0, 0]
    pysam.tabix_compress(str(tmp_path / "x.fa"), str(tmp_path / "x.fa.bgz"))
    assert read_sequence_file(tmp_path / "x.fa.bgz")["sequence"].tolist() == ["ACgtNRyn", "GGGG"]


def test_a_file_in_lower_case_tells_nothing_of_repeats(tmp_path: Path) -> None:
    table = read_sequence_file(write(tmp_path, ">a\nacgt\n>b\nnnnn\n"))
    assert table["soft_masked"].tolist() == [False, False]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "x.seq: the file is empty, expected sequences"),
        ("\n# nothing\n", "x.seq: the file is empty, expected sequences"),
        (HEADER, "x.seq: the file has a header but no sequences"),
        (
            "chr1\t10\t20\n",
            r"x.seq, line 1: found 'chr1\\t10\\t20', expected DeepBind's header \(FoldID, EventID, "
            r"seq, Bound, separated by tabs\), or FASTA, .* peaks, set the section `genome`",
        ),
        ("ACGT\nACGT\n", "x.seq, line 1: found 'ACGT', expected DeepBind's header"),
        (HEADER.replace("\t", " ") + "A x ACGT 1\n", "line 1: found 'FoldID EventID seq Bound'"),
        (HEADER.replace("Bound", "bound") + "A\tx\tACGT\t1\n", "line 1: found .*expected DeepBind"),
        (SEQ + "A\tseq_00006_peak\tACGT\n", r"line 5: 3 fields, expected 4 \(FoldID, EventID"),
        (
            SEQ.replace("TTTA\t1", "TTTA\t2"),
            "line 3: Bound is '2', expected 1 for a positive or 0 for a negative",
        ),
        (SEQ.replace("TTTA", "TT-A"), "line 3: found '-' as base 3 of the sequence, expected A, C"),
        (SEQ.replace("TTTA", "UUUA"), "line 3: found 'U' as base 1 of the sequence"),
        (SEQ.replace("TTTA", ""), "line 3: the sequence is empty"),
        (SEQ.replace("seq_00004_peak", ""), "line 3: the sequence has no name"),
        (">\nACGT\n", "line 1: the sequence has no name"),
        (">a\n>b\nACGT\n", "line 1: record a has no sequence"),
        (">a\nACGT\n>b\nAC\nA*\n", r"line 5: found '\*' as base 2"),
        (">a\nAC GT\n", "line 2: found ' ' as base 3"),
        (gzip.compress(SEQ.encode() * 50)[:-20], "x.seq: the gzip file is truncated or damaged"),
        (b"\x00\x01\x02", "x.seq: the file is not text"),
    ],
)
def test_bad_files(tmp_path: Path, content: str | bytes, message: str) -> None:
    path = write(tmp_path, content)
    with pytest.raises(InputError, match=message):
        read_sequence_file(path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"x.seq: the file does not exist"):
        read_sequence_file(tmp_path / "x.seq")


def test_several_files_of_an_experiment(tmp_path: Path) -> None:
    first = write(tmp_path, HEADER + "A\tseq_00001_peak\tAAAA\t1\n", "first.seq")
    second = write(tmp_path, SEQ, "second.seq")
    table = read_experiment([first, second], None)
    assert table["rank"].tolist() == [1, 2, 4, 2]
    assert table["label"].tolist() == [1, 1, 1, 0]


def test_ranks_by_place(tmp_path: Path) -> None:
    first = write(tmp_path, ">a\nAAAA\n>seq_7_peak\nCCCC\n", "first.fa")
    second = write(tmp_path, ">c\nACAC\n", "second.fa")
    negatives = write(tmp_path, ">a\nAATT\n>b\nCCGG\n", "negatives.fa")
    table = read_experiment([first, second], negatives)
    assert table["rank"].tolist() == [1, 2, 3, 1, 2]
    assert table["label"].tolist() == [1, 1, 1, 0, 0]
    # a name without a number: all ranks of the file are positions
    mixed = write(tmp_path, SEQ.replace("seq_00004_peak", "chr1_5_peak_2"), "mixed.seq")
    assert read_experiment([mixed], None)["rank"].tolist() == [1, 2, 1]


def test_negatives_in_deepbinds_format(tmp_path: Path) -> None:
    positives = write(tmp_path, ">a\nAAAA\n", "x.fa")
    negatives = write(tmp_path, HEADER + "A\tseq_00003_shuf\tACGT\t0\n", "n.seq")
    assert read_experiment([positives], negatives)["label"].tolist() == [1, 0]
    with pytest.raises(
        InputError, match=r"x.seq, line 2: Bound is 1 in a file of negatives .*takes both"
    ):
        read_experiment([positives], write(tmp_path, SEQ))


def test_a_name_twice(tmp_path: Path) -> None:
    first = write(tmp_path, ">a\nAAAA\n>b\nCCCC\n>a\nCCTC\n", "first.fa")
    with pytest.raises(
        InputError, match=r"first.fa, line 5: the name a is already used in .*first.fa, line 1"
    ):
        read_experiment([first], None)
    first.write_text(">a\nAAAA\n")
    second = write(tmp_path, ">b\nAATA\n>a\nAAAA\n", "second.fa")
    with pytest.raises(InputError, match=r"second.fa, line 3: the name a is already .*first.fa"):
        read_experiment([first, second], None)
    # a positive and a negative may have the same name
    assert len(read_experiment([first], second)) == 3


def test_no_positives(tmp_path: Path) -> None:
    path = write(tmp_path, HEADER + "A\tseq_00003_shuf\tACGT\t0\n")
    with pytest.raises(InputError, match=r"x.seq: found no positive sequences \(Bound 1\)"):
        read_experiment([path], None)
