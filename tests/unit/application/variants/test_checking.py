import pytest
from tests.fixtures.variants import WINDOW

from tfmoe.application.variants.checking import Allele, AlleleChecker, shortened
from tfmoe.application.variants.reading import Record, Skip
from tfmoe.application.variants.windows import Change
from tfmoe.core.dna import decode
from tfmoe.data.reading.genome import Genome


def record(chrom: str, pos: int, ref: str, *alts: str) -> Record:
    return Record(chrom, pos - 1, ".", ref, alts, "")


@pytest.fixture
def checker(genome: Genome) -> AlleleChecker:
    return AlleleChecker(genome, {"1": "chr1", "chr2": "chr2"}, WINDOW, WINDOW)


def test_each_allele_of_a_record_is_scored_or_skipped(checker: AlleleChecker) -> None:
    found = checker.check([record("1", 5, "T", "G", "<DEL>", "TA", "*"), record("1", 1, "A", "C")])
    assert found.alleles == [
        Allele(0, 0, "chr1", Change(4, "T", "G")),
        Allele(0, 2, "chr1", Change(5, "", "A")),
        Allele(1, 0, "chr1", Change(0, "A", "C")),
    ]
    assert [(one.index, one.number, one.alt, one.reason) for one in found.skipped] == [
        (0, 1, "<DEL>", Skip.SYMBOLIC),
        (0, 3, "*", Skip.SPANNING_DELETION),
    ]
    assert (found.compared, found.mismatched) == (2, 0)


@pytest.mark.parametrize(
    "line",
    [
        record("1", 1, "a", "C"),
        # the genome is in lower case there
        record("chr2", 1, "TTTT", "T"),
        # the genome has R, which is A or G
        record("1", 28, "GA", "G"),
        record("1", 28, "AA", "G"),
    ],
)
def test_references_match_in_any_case_and_at_ambiguous_bases(
    checker: AlleleChecker, line: Record
) -> None:
    found = checker.check([line])
    assert (len(found.alleles), found.compared, found.mismatched) == (1, 1, 0)


@pytest.mark.parametrize(
    ("line", "reason", "mismatched"),
    [
        (record("1", 5, "G", "C"), Skip.REFERENCE_MISMATCH, 1),
        # the genome has N
        (record("1", 27, "A", "C"), Skip.REFERENCE_MISMATCH, 1),
        # the genome has R
        (record("1", 28, "C", "G"), Skip.REFERENCE_MISMATCH, 1),
        (record("1", 41, "A", "C"), Skip.OFF_CHROMOSOME, 1),
        (record("1", 40, "AA", "C"), Skip.OFF_CHROMOSOME, 1),
        (record("1", 0, "A", "C"), Skip.OFF_CHROMOSOME, 1),
        (record("7", 5, "T", "C"), Skip.UNKNOWN_CHROMOSOME, 0),
        (record("1", 27, "N", "C"), Skip.UNKNOWN_BASES, 0),
        (record("1", 5, "T", "N"), Skip.UNKNOWN_BASES, 0),
        (record("1", 5, "T"), Skip.NO_ALTERNATIVE, 0),
        (record("1", 5, "T", "t"), Skip.SAME, 0),
        (record("1", 5, "T", "TACGTACGTACGT"), Skip.TOO_LONG, 0),
        (record("1", 1, "ACGTTGCAACGGA", "A"), Skip.TOO_LONG, 0),
        # a faulty allele is named as such even if the reference differs
        (record("1", 5, "G", "<INS>"), Skip.SYMBOLIC, 1),
    ],
)
def test_reasons(checker: AlleleChecker, line: Record, reason: Skip, mismatched: int) -> None:
    found = checker.check([line])
    assert found.alleles == []
    assert [one.reason for one in found.skipped] == [reason]
    assert found.mismatched == mismatched


def test_a_mismatch_shows_the_bases_of_the_genome(checker: AlleleChecker) -> None:
    (skipped,) = checker.check([record("1", 10, "CAG", "C")]).skipped
    assert skipped.found == "CGG"
    assert shortened("A" * 21) == "AAAAAAAAAAAAAAAAAAAA... (21 bases)"


def test_long_alleles_are_scored_if_little_of_them_changes(checker: AlleleChecker) -> None:
    (allele,) = checker.check([record("1", 1, "ACGTTGCAACGGA", "ACGTTGCTACGGA")]).alleles
    assert allele.change == Change(7, "A", "T")


def test_surroundings_come_from_the_allele_s_chromosome(checker: AlleleChecker) -> None:
    lines = [record("1", 5, "T", "G"), record("chr2", 5, "a", "G"), record("1", 40, "A", "G")]
    alleles = checker.check(lines).alleles
    contexts = decode(checker.contexts(alleles))
    assert [text[WINDOW] for text in contexts] == ["T", "A", "A"]
    assert contexts[1] == "N" * 7 + "TTTTACGTTTGGGG" + "N" * 12
    assert contexts[2] == "CCGTANNACTTGACGTCAA"[-12:] + "N" * 21
