from pathlib import Path

import numpy as np
import pytest

from tfmoe.application.reading.stretches import (
    LONGEST,
    Locus,
    locus_stretch,
    parse_locus,
    read_stretch,
    sequence_stretch,
)
from tfmoe.application.reading.tiling import pad_records
from tfmoe.core.dna import decode, encode_text
from tfmoe.core.errors import InputError
from tfmoe.data.reading.fasta_stream import as_records, record_table
from tfmoe.data.reading.genome import Genome, prepare_genome

CHR1 = "ACGTTGCAAC" + "GGGGGTTTTT" + "acgtnACGTA"


@pytest.fixture
def fasta(tmp_path: Path) -> Path:
    source = tmp_path / "source.fa"
    source.write_text(f">chr1\n{CHR1}\n>chrM\nACGT\n>10\nACGT\n>chr10_alt\nACGT\n")
    prepare_genome(source, ["chr1", "chrM"], tmp_path / "g.fa", tmp_path / "g.tsv")
    return tmp_path / "g.fa"


def text(codes: np.ndarray) -> str:
    return decode(codes[None])[0]


def test_a_locus_counts_from_1_and_includes_its_end() -> None:
    assert parse_locus("chr1:1,001-1,100") == Locus("chr1", 1000, 1100)
    assert parse_locus(" HLA-A*01:01:5-5 ") == Locus("HLA-A*01:01", 4, 5)
    assert str(Locus("chr1", 1000, 1100)) == "chr1:1,001-1,100"


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("chr1:5", "expected a locus such as chr1:1,001-1,100"),
        ("chr1:5-", "expected a locus"),
        ("chr1:-5-10", "expected a locus"),
        ("chr1:,-10", "expected a locus"),
        (":5-10", "expected a locus"),
        ("chr1:5-1" + "0" * 20, "expected a locus"),
        ("chr1:0-10", "starts at 0; bases count from 1"),
        ("chr1:10-9", "ends before its start"),
    ],
)
def test_other_loci_are_refused(given: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        parse_locus(given)


def test_a_locus_as_long_as_the_window_is_read_as_it_is(fasta: Path) -> None:
    with Genome(fasta) as genome:
        found = locus_stretch(Locus("chr1", 8, 14), genome, fasta, 6, 2, "+")
        turned = locus_stretch(Locus("chr1", 8, 14), genome, fasta, 6, 2, "-")
    assert text(found.codes) == CHR1[6:16]
    assert text(found.core) == "ACGGGG"
    assert found.positions.tolist() == [8, 9, 10, 11, 12, 13]
    assert found.describe() == "chr1:9-14 (+)"
    assert text(turned.core) == "CCCCGT"
    assert turned.positions.tolist() == [13, 12, 11, 10, 9, 8]
    assert turned.describe() == "chr1:9-14 (-)"


def test_a_short_locus_is_extended_about_its_middle(fasta: Path) -> None:
    with Genome(fasta) as genome:
        found = locus_stretch(Locus("chr1", 15, 16), genome, fasta, 5, 0, "+")
        first = locus_stretch(Locus("chr1", 0, 1), genome, fasta, 5, 1, "-")
    assert found.positions.tolist() == [13, 14, 15, 16, 17]
    assert text(found.core) == CHR1[13:18]
    # two bases of the window and one of the flank are off the chromosome
    assert text(first.codes) == "ACGTNNN"
    assert first.positions.tolist() == [2, 1, 0, -1, -2]
    assert first.inside.tolist() == [True, True, True, False, False]


def test_names_of_chromosomes_are_matched_as_in_the_pipeline(fasta: Path) -> None:
    with Genome(fasta) as genome:
        for name, own in (("1", "chr1"), ("CHR1", "chr1"), ("MT", "chrM")):
            assert locus_stretch(Locus(name, 0, 4), genome, fasta, 4, 0, "+").name == own
        with pytest.raises(
            InputError, match=r"chr7:1-4: chr7 is no sequence of .*g\.fa, which has"
        ):
            locus_stretch(Locus("chr7", 0, 4), genome, fasta, 4, 0, "+")


def test_a_locus_off_its_chromosome_is_refused(fasta: Path) -> None:
    with Genome(fasta) as genome:
        assert locus_stretch(Locus("chr1", 20, 30), genome, fasta, 4, 0, "+").size == 30
        with pytest.raises(
            InputError, match=r"chr1:21-31: off the end of chr1, which has 30 bases"
        ):
            locus_stretch(Locus("chr1", 20, 31), genome, fasta, 4, 0, "+")


def test_a_short_sequence_is_padded_on_both_sides() -> None:
    found = sequence_stretch("acgR", 9, 1, "+")
    assert text(found.codes) == "NNNACGNNNNN"
    assert found.positions.tolist() == list(range(-2, 7))
    assert found.positions[found.inside].tolist() == [0, 1, 2, 3]
    assert found.describe() == "sequence:1-4 (+)"
    turned = sequence_stretch("ACGG", 9, 0, "-")
    assert text(turned.core) == "NNNCCGTNN"
    assert turned.positions[turned.inside].tolist() == [3, 2, 1, 0]


@pytest.mark.parametrize("window", [8, 9])
@pytest.mark.parametrize("letters", ["ACGT", "ACGTA"])
def test_a_short_sequence_is_padded_as_by_predictions(letters: str, window: int) -> None:
    records = as_records(["1"], [letters])
    padded = pad_records(records, window, record_table(records, False))
    np.testing.assert_array_equal(sequence_stretch(letters, window, 0, "+").core, padded.codes)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("ACGZ", "expected a locus .* or a sequence"),
        ("", "^'': expected a locus .* or a sequence"),
        ("ACGUU", "^ACGUU: found U, expected DNA: .*; in RNA, replace U with T"),
        ("AC-G", "^AC-G: found -, expected DNA: .*; remove the gaps of an alignment"),
        ("MKVLEF", "^MKVLEF: found E, F, L, expected DNA: .*; this is a protein"),
        ("chr22", "expected a locus .* or a sequence"),
        ("NNRY", "the sequence has no A, C, G or T"),
        ("A" * (LONGEST + 1), "found 10,001 bases, expected at most 10,000"),
    ],
)
def test_other_sequences_are_refused(given: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        sequence_stretch(given, 9, 0, "+")


@pytest.mark.parametrize("strand", ["+", "-"])
def test_a_cut_keeps_positions_and_flanks(strand: str) -> None:
    letters = "ACGTTGCAACGGA"
    found = sequence_stretch(letters, 5, 2, strand).cut(3, 5)
    complement = str.maketrans("ACGT", "TGCA")
    for base, position in zip(text(found.core), found.positions, strict=True):
        own = letters[position]
        assert base == (own if strand == "+" else own.translate(complement))
    assert found.positions.tolist() == ([3, 4, 5, 6, 7] if strand == "+" else [9, 8, 7, 6, 5])
    assert len(found.codes) == 9
    whole = sequence_stretch(letters, 5, 2, strand).codes
    np.testing.assert_array_equal(found.codes, whole[3:12])


def test_a_target_with_a_colon_is_a_locus(fasta: Path) -> None:
    found = read_stretch("1:3-6", fasta, 4, 0, "+")
    np.testing.assert_array_equal(found.core, encode_text("GTTG"))
    assert read_stretch("ACGT", None, 4, 0, "+").on_genome is False
    with pytest.raises(InputError, match="chr1:3-6: a locus needs its genome"):
        read_stretch("chr1:3-6", None, 4, 0, "+")
    with pytest.raises(InputError, match=r"--strand: found 'x', expected \+ or -"):
        read_stretch("ACGT", None, 4, 0, "x")
