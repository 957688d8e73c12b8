import numpy as np
import pandas as pd
import pytest

from tfmoe.application.variants.windows import (
    Change,
    Kind,
    allele_windows,
    context_start,
    context_width,
    gc_content,
    trim,
)
from tfmoe.core.dna import Codes, decode, encode, encode_text
from tfmoe.data.reading.genome import cut_windows
from tfmoe.data.windows.select import window_starts

GENOME = "ACGTTGCAACGGATCCATTAGCCGTA"


def contexts(genome: str, changes: list[Change], window: int) -> Codes:
    starts = np.array([context_start(change, window) for change in changes])
    return cut_windows(encode_text(genome), starts, context_width(window))


def windows(genome: str, change: Change, window: int, offset: int = 0) -> tuple[str, str]:
    ref, alt = allele_windows(contexts(genome, [change], window), [change], window, offset)
    return decode(ref)[0], decode(alt)[0]


@pytest.mark.parametrize(
    ("ref", "alt", "expected", "kind"),
    [
        ("A", "c", Change(10, "A", "C"), Kind.SNV),
        ("ACG", "ATG", Change(11, "C", "T"), Kind.SNV),
        ("AC", "GT", Change(10, "AC", "GT"), Kind.MNV),
        ("A", "AT", Change(11, "", "T"), Kind.INSERTION),
        ("ATT", "A", Change(11, "TT", ""), Kind.DELETION),
        # the right end goes first, so that the leftmost of equal bases is the one that changes
        ("CAA", "CA", Change(11, "A", ""), Kind.DELETION),
        ("TGA", "TCCA", Change(11, "G", "CC"), Kind.INSERTION),
        ("AGG", "TC", Change(10, "AGG", "TC"), Kind.DELETION),
        ("ac", "AC", Change(10, "", ""), Kind.MNV),
    ],
)
def test_shared_bases_are_trimmed(ref: str, alt: str, expected: Change, kind: Kind) -> None:
    assert trim(10, ref, alt) == expected
    assert expected.kind == kind
    # exchanged alleles are trimmed in the same way
    assert trim(10, alt, ref) == Change(expected.start, expected.alt, expected.ref)


def test_an_snv_is_in_the_middle_of_its_windows() -> None:
    assert windows(GENOME, Change(10, "G", "T"), 7) == ("AACGGAT", "AACTGAT")


def test_in_a_window_of_even_length_an_snv_is_where_training_has_the_summit() -> None:
    start = int(window_starts(pd.Series([10]), 6)[0])
    assert GENOME[start : start + 6] == "AACGGA"
    assert windows(GENOME, Change(10, "G", "T"), 6) == ("AACGGA", "AACTGA")


def test_each_allele_of_an_indel_is_centred_in_its_own_window() -> None:
    # CAAC|GG|ATCC
    assert windows(GENOME, Change(10, "GG", ""), 6) == ("ACGGAT", "AACATC")
    assert windows(GENOME, Change(10, "", "TTT"), 7) == ("AACGGAT", "ACTTTGG")


def test_an_allele_may_fill_its_window() -> None:
    assert windows(GENOME, Change(10, "G", "TTTTTTT"), 7) == ("AACGGAT", "TTTTTTT")


def test_windows_are_filled_up_with_unknown_bases_at_the_ends_of_a_chromosome() -> None:
    assert windows(GENOME, Change(0, "A", "C"), 7) == ("NNNACGT", "NNNCCGT")
    assert windows(GENOME, Change(25, "A", ""), 7) == ("CGTANNN", "CGTNNNN")


def test_an_offset_moves_both_windows_to_the_right() -> None:
    assert windows(GENOME, Change(10, "G", "T"), 7, 2) == ("CGGATCC", "CTGATCC")
    assert windows(GENOME, Change(10, "G", "T"), 7, -3) == ("TGCAACG", "TGCAACT")
    assert windows(GENOME, Change(10, "G", "TTT"), 7, -2) == ("GCAACGG", "CAACTTT")


@pytest.mark.parametrize("offset", [-2, 0, 1])
@pytest.mark.parametrize(
    ("ref", "alt"), [("G", "T"), ("GG", "AC"), ("G", "GTT"), ("GGA", "G"), ("GGATC", "TTC")]
)
def test_a_genome_with_the_other_allele_exchanges_the_windows(
    ref: str, alt: str, offset: int
) -> None:
    other = GENOME[:10] + alt + GENOME[10 + len(ref) :]
    first = windows(GENOME, trim(10, ref, alt), 9, offset)
    second = windows(other, trim(10, alt, ref), 9, offset)
    assert first == second[::-1]
    assert first[0] != first[1]


def test_many_variants_have_the_windows_that_each_has_alone() -> None:
    changes = [
        Change(10, "G", "T"),
        Change(3, "", "ACGT"),
        Change(20, "GCC", ""),
        Change(0, "A", "C"),
    ]
    ref, alt = allele_windows(contexts(GENOME, changes, 8), changes, 8)
    each = [windows(GENOME, change, 8) for change in changes]
    assert list(zip(decode(ref), decode(alt), strict=True)) == each


def test_no_variants_have_no_windows() -> None:
    ref, alt = allele_windows(np.zeros((0, 21), dtype=np.uint8), [], 7)
    assert ref.shape == alt.shape == (0, 7)


def test_gc_content_is_of_the_known_bases() -> None:
    assert gc_content(encode(["ACGT", "GGGG", "GANN", "NNNN"])).tolist() == [0.5, 1.0, 0.5, 0.0]
