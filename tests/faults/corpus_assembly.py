"""Kind 8: sequences of a genome file that repeat a chromosome, or are no part of it."""

from __future__ import annotations

from dataclasses import dataclass

_NCBI = "Homo sapiens chromosome 1"
PRIMARY = ("chr1", "chr2")


@dataclass(frozen=True)
class Case:
    """A genome: header lines of its sequences.

    Attributes
    ----------
    name
        The publisher and the kind of sequence.
    headers
        The header lines, without ``>``.
    left_out
        For each kind of sequence, the names that are left out and named in the warning.
    listed
        The config's `genome.chromosomes`.
    """

    name: str
    headers: tuple[str, ...]
    left_out: dict[str, str]
    listed: tuple[str, ...] | None = None


CASES = (
    Case(
        "UCSC hg38, alternative", (*PRIMARY, "chr1_KI270762v1_alt"),
        {"alternative sequence": "chr1_KI270762v1_alt"},
    ),
    Case(
        "UCSC hg19, haplotypes", (*PRIMARY, "chr6_apd_hap1", "chr17_ctg5_hap1"),
        {"alternative sequence": "chr6_apd_hap1, chr17_ctg5_hap1"},
    ),
    Case("UCSC, fix patch", (*PRIMARY, "chr1_MU273333v1_fix"), {"patch": "chr1_MU273333v1_fix"}),
    Case("UCSC, unplaced stay", (*PRIMARY, "chrUn_KI270302v1", "chr1_KI270706v1_random"), {}),
    Case("UCSC, mitochondria stay", (*PRIMARY, "chrM", "chrY"), {}),
    Case(
        "decoys of bwakit", (*PRIMARY, "chrUn_KN707606v1_decoy  AC:KN707606.1  rl:decoy", "chrEBV"),
        {"decoy": "chrUn_KN707606v1_decoy", "virus": "chrEBV"},
    ),
    Case(
        "HLA of bwakit", (*PRIMARY, "HLA-A*01:01:01:01  HLA00001 3503 bp", "HLA-DRB1*15:01:01:01"),
        {"HLA allele": "HLA-A*01:01:01:01, HLA-DRB1*15:01:01:01"},
    ),
    Case(
        "decoy of hs37d5", ("1", "2", "hs37d5", "NC_007605"),
        {"decoy": "hs37d5", "virus": "NC_007605"},
    ),
    Case("unplaced of hs37d5 stay", ("1", "2", "MT", "GL000191.1"), {}),
    Case(
        "Ensembl, haplotypes and patches by name",
        ("1", "2", "CHR_HSCHR1_1_CTG3", "CHR_HG2030_PATCH", "KI270728.1"),
        {"alternative sequence": "CHR_HSCHR1_1_CTG3", "patch": "CHR_HG2030_PATCH"},
    ),
    Case(
        "Ensembl GRCh37", ("1", "2", "HSCHR6_MHC_APD", "HG1007_PATCH"),
        {"alternative sequence": "HSCHR6_MHC_APD", "patch": "HG1007_PATCH"},
    ),
    Case(
        "Ensembl, mouse", ("1", "2", "CHR_MG3829_PATCH", "CHR_MMCHR1_CHORI29_IDD5_1_CTG1"),
        {"patch": "CHR_MG3829_PATCH", "alternative sequence": "CHR_MMCHR1_CHORI29_IDD5_1_CTG1"},
    ),
    Case(
        "Ensembl, by the header line",
        ("1 dna:chromosome chromosome:GRCh38:1:1:1000:1 REF", "X7 dna:x x:GRCh38:X7:1:9:1 HAP",
         "X8 dna:x x:GRCh38:X8:1:9:1 PATCH_NOVEL"),
        {"alternative sequence": "X7", "patch": "X8"},
    ),
    Case(
        "RefSeq, by the header line",
        (f"NC_000001.11 {_NCBI}, GRCh38.p14 Primary Assembly",
         f"NT_187361.1 {_NCBI} unlocalized genomic scaffold, GRCh38.p14 Primary Assembly",
         f"NT_187515.1 {_NCBI} genomic scaffold, GRCh38.p14 alternate locus group ALT_REF_LOCI_1",
         f"NW_009646194.1 {_NCBI} genomic patch of type FIX, GRCh38.p14 PATCHES"),
        {"alternative sequence": "NT_187515.1", "patch": "NW_009646194.1"},
    ),
    Case(
        "RefSeq, man without header lines", ("NC_000001.11", "NT_187361.1", "NW_009646194.1"),
        {"patch": "NW_009646194.1"},
    ),
    Case("RefSeq, mouse", ("NC_000067.7", "NW_023337853.1"), {"patch": "NW_023337853.1"}),
    Case("RefSeq, an organism with unplaced sequences", ("NC_006088.5", "NW_020109737.1"), {}),
    Case("RefSeq, a genome of unplaced sequences", ("NW_004190323.1", "NW_004190324.1"), {}),
    Case(
        "GenBank, by the header line",
        (f"CM000663.2 {_NCBI}, GRCh38 reference primary assembly",
         f"KI270762.1 {_NCBI} genomic scaffold, GRCh38 alternate locus group ALT_REF_LOCI_1"),
        {"alternative sequence": "KI270762.1"},
    ),
    Case("names that look alike", ("chr1", "alternative", "patchy", "fix", "chrHLA", "salt"), {}),
    Case(
        "genome.chromosomes overrules", (*PRIMARY, "chr1_KI270762v1_alt", "chr2_GL383521v1_alt"),
        {}, ("chr1", "chr1_KI270762v1_alt"),
    ),
    Case(
        "many names", (*PRIMARY, *(f"chr1_KI2707{n}v1_alt" for n in range(10, 20))),
        {"alternative sequence": "chr1_KI270710v1_alt, chr1_KI270711v1_alt, chr1_KI270712v1_alt, "
         "chr1_KI270713v1_alt, chr1_KI270714v1_alt, chr1_KI270715v1_alt and 4 more"},
    ),
)  # fmt: skip
