import gzip
import io
from collections.abc import Iterable

import numpy as np
import pytest

from tfmoe.core.dna import encode_text
from tfmoe.core.errors import InputError
from tfmoe.core.packed_files import open_unpacked
from tfmoe.data.reading import fasta_stream
from tfmoe.data.reading.fasta_stream import Records, as_records, read_records, record_table

TEXT = ">one first of two\nACgt\nNRyn\n\n>two\n>one again\nTTT"


def read(content: str | bytes) -> list[Records]:
    data = content.encode() if isinstance(content, str) else content
    return list(read_records(io.BytesIO(data), "x.fa"))


def joined(blocks: Iterable[Records]) -> Records:
    parts = list(blocks)
    return Records(
        [name for part in parts for name in part.names],
        [text for part in parts for text in part.descriptions],
        np.concatenate([part.codes for part in parts]),
        np.concatenate([part.lengths for part in parts]),
        np.concatenate([part.lines for part in parts]),
    )


def sequences(records: Records) -> list[list[int]]:
    ends = np.cumsum(records.lengths)
    return [part.tolist() for part in np.split(records.codes, ends[:-1])]


def test_records_in_order() -> None:
    records = joined(read(TEXT))
    assert len(records) == 3
    assert records.names == ["one", "two", "one"]
    assert records.descriptions == ["first of two", "", "again"]
    assert sequences(records) == [[0, 1, 2, 3, 4, 4, 4, 4], [], [3, 3, 3]]
    assert records.codes.dtype == np.uint8
    assert records.lengths.tolist() == [8, 0, 3]
    assert records.lines.tolist() == [1, 5, 6]


@pytest.mark.parametrize(
    "content",
    [
        TEXT + "\n",
        TEXT.replace("\n", "\r\n"),
        TEXT.replace("\n", "\r"),
        TEXT.replace("ACgt", "AC gt\t"),
        b"\xef\xbb\xbf" + TEXT.encode(),
    ],
)
def test_as_files_come(content: str | bytes) -> None:
    expected, found = joined(read(TEXT)), joined(read(content))
    assert found.names == expected.names
    assert found.descriptions == expected.descriptions
    assert sequences(found) == sequences(expected)
    assert found.lines.tolist() == expected.lines.tolist()


def test_empty_lines_before_the_first_header() -> None:
    records = joined(read("\n \r\n>a\nAC\n>b\nGT\n"))
    assert records.lines.tolist() == [3, 5]
    assert sequences(records) == [[0, 1], [2, 3]]


def test_blocks_of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    for _ in range(60):
        monkeypatch.setattr(fasta_stream, "BLOCK", int(rng.integers(1, 60)))
        monkeypatch.setattr(fasta_stream, "_FIRST_BLOCK", int(rng.integers(1, 60)))
        lines, expected, places = [], [], []
        for number in range(rng.integers(1, 9)):
            lines.append(f">n{number} > text")
            places.append(len(lines))
            pieces = ["".join(rng.choice([*"ACGTNacgt"], 7)) for _ in range(rng.integers(0, 5))]
            lines += pieces
            expected.append(encode_text("".join(pieces)).tolist())
        blocks = read("\n".join(lines) + "\n" * rng.integers(0, 2))
        assert [name for block in blocks for name in block.names] == [
            f"n{number}" for number in range(len(expected))
        ]
        assert [one for block in blocks for one in sequences(block)] == expected
        assert [line for block in blocks for line in block.lines.tolist()] == places


def test_a_block_ends_where_a_record_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fasta_stream, "_FIRST_BLOCK", 4)
    monkeypatch.setattr(fasta_stream, "BLOCK", 12)
    blocks = read(">a\nACG\n>b\nACGTACGTACG\nACG\n>c\nAC\n>d\nGT\n")
    assert [block.names for block in blocks] == [["a"], ["b"], ["c"], ["d"]]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "x.fa: the file is empty, expected sequences (FASTA)"),
        ("\n\n", "x.fa: the file is empty, expected sequences (FASTA)"),
        (
            "\nACGT\n>a\nACGT\n",
            "x.fa, line 2: found 'ACGT', expected FASTA, whose first line starts with >",
        ),
        (">a\nAC\n> \nGT\n", "x.fa, line 3: the sequence has no name after its >"),
        (
            ">a\nAC\n>b c\nMKTAYIAK\nQRQISFVK\n>d\nEEEE\n",
            "x.fa, line 4: sequence b: found F, I, Q, expected DNA: A, C, G, T or an IUPAC code "
            "such as N, in either case; this is a protein",
        ),
        (
            ">a\nAC\nGU\n",
            "x.fa, line 3: sequence a: found U, expected DNA: A, C, G, T or an IUPAC code such as "
            "N, in either case; in RNA, replace U with T",
        ),
        (
            ">a\nAC--GT.\n",
            "x.fa, line 2: sequence a: found -, ., expected DNA: A, C, G, T or an IUPAC code such "
            "as N, in either case; remove the gaps of an alignment",
        ),
        (
            ">a\n1 AC\x00\n",
            "x.fa, line 2: sequence a: found '\\x00', 1, expected DNA: A, C, G, T or an IUPAC code "
            "such as N, in either case",
        ),
        (
            TEXT.encode("utf-16"),
            "x.fa: the file is UTF-16 text, expected UTF-8; convert it, for example with: "
            "iconv -f UTF-16 -t UTF-8 x.fa",
        ),
    ],
)
def test_faults(content: str | bytes, message: str) -> None:
    with pytest.raises(InputError) as error:
        read(content)
    assert str(error.value) == message


def test_lines_of_later_blocks_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fasta_stream, "_FIRST_BLOCK", 8)
    monkeypatch.setattr(fasta_stream, "BLOCK", 8)
    with pytest.raises(InputError, match=r"x\.fa, line 10: sequence d: found J"):
        read(">a\r\nACGT\r\n>b\r\nAC\r\nGT\r\nTT\r\n>c\r\nACGT\r\n>d\r\nAJ\r\n")


def test_names_in_latin_1() -> None:
    (records,) = read(b">caf\xe9 \xb5\nAC\n")
    assert records.names == ["caf\u00e9"]
    assert records.descriptions == ["\u00b5"]


def test_standard_input_may_be_packed() -> None:
    packed = io.BytesIO(gzip.compress(TEXT.encode()))
    with open_unpacked("standard input", "", packed) as stream:
        records = joined(read_records(stream, "standard input"))
    assert records.names == ["one", "two", "one"]
    assert not packed.closed
    with (
        open_unpacked("standard input", "", io.BytesIO(packed.getvalue()[:-9])) as stream,
        pytest.raises(InputError, match="standard input: the gzip file is truncated or damaged"),
    ):
        list(read_records(stream, "standard input"))


def test_sequences_in_memory() -> None:
    records = as_records(["x", "y"], ["ACn", ""])
    assert sequences(records) == [[0, 1, 4], []]
    assert records.lines.tolist() == [1, 2]
    with pytest.raises(InputError) as error:
        as_records(["x", "", "y"], ["ACGT", "", "AC T"])
    assert str(error.value) == (
        "sequence 3 of 3 (y): found  , expected DNA: A, C, G, T or an IUPAC code such as N, in "
        "either case"
    )


def test_table_of_names() -> None:
    (records,) = read(">1\tx\ty\nAC\n")
    assert record_table(records, descriptions=False).to_dict("list") == {"name": ["1"]}
    assert record_table(records, descriptions=True).to_dict("list") == {
        "name": ["1"],
        "description": ["x y"],
    }
