"""Kind 6: names of factors as people write them, and the matrices that they get."""

from __future__ import annotations

from dataclasses import dataclass

VERTEBRATES = (
    "MYC", "MAX", "MAX::MYC", "Spi1", "POU5F1", "TP53", "REST", "FOS", "FOS::JUN", "JUN", "Gata3",
    "FOXA1", "CEBPB", "NR3C1", "Nkx2-1", "Nrf1", "NFE2", "TCF4", "TCF7L2", "HNF4A", "ESR1", "SOX2",
    "CTCF", "ZNF143", "RELA", "Arntl", "MYCN", "GABPA", "RUNX1", "mix-a", "JUND", "FOSB",
)  # fmt: skip
FUNGI = ("REB1", "RAP1", "ABF1", "CBF1", "GAL4", "MBP1::SWI6", "SPT15")
INSECTS = ("Trl", "Mad", "CTCF", "Max")
MEME = (
    "(GATA3)_(Homo_sapiens)_(DBD_1.00)", "(Tp53)_(Mus_musculus)", "SPI1_HUMAN", "OCT4", "NRSF",
)  # fmt: skip
TAKEN_FOR = "no matrix in JASPAR (vertebrates)"


@dataclass(frozen=True)
class Case:
    """A name of a factor.

    Attributes
    ----------
    given
        The name in the experiment table.
    matrix
        The name of the matrix that it gets; `None` for no matrix.
    logged
        Parts of the log.
    group
        JASPAR's taxonomic group; ``-`` for a user's MEME file.
    """

    given: str
    matrix: str | None
    logged: tuple[str, ...] = ()
    group: str = "vertebrates"


def alias(given: str, matrix: str, symbol: str, kind: str = "HGNC alias symbol") -> Case:
    """Return the case of a synonym."""
    return Case(given, matrix, (f"is taken as {symbol} ({kind})",))


def tagged(given: str, matrix: str, symbol: str) -> Case:
    """Return the case of a name with a tag or a species."""
    return alias(given, matrix, symbol, "tag or species removed")


CASES = (
    Case("MYC", "MYC", ("factor MYC (experiment x): matrix MA0001.1 (MYC, vertebrates)",)),
    Case("ctcf", "CTCF", ("factor ctcf (experiment x): matrix",)),
    Case("GATA3", "Gata3", ("(Gata3, vertebrates)",)),
    alias("c-Myc", "MYC", "MYC"),
    alias("C-MYC", "MYC", "MYC"),
    alias("PU.1", "Spi1", "SPI1"),
    alias("OCT4", "POU5F1", "POU5F1"),
    alias("Oct-4", "POU5F1", "POU5F1"),
    alias("p53", "TP53", "TP53"),
    alias("NRSF", "REST", "REST"),
    alias("GR", "NR3C1", "NR3C1"),
    alias("c-Jun", "JUN", "JUN"),
    alias("N-Myc", "MYCN", "MYCN"),
    alias("AML1", "RUNX1", "RUNX1", "HGNC previous symbol"),
    alias("BMAL1", "Arntl", "Arntl", "HGNC approved symbol"),
    alias("Trp53", "TP53", "TP53", "MGI symbol of the orthologue"),
    alias("C-EBPb", "CEBPB", "CEBPB", "other punctuation"),
    alias("NKX2.1", "Nkx2-1", "Nkx2-1", "other punctuation"),
    alias("HNF4alpha", "HNF4A", "HNF4A", "other punctuation"),
    alias("MYC-MAX", "MAX::MYC", "MAX::MYC", "partners of a heterodimer"),
    alias("JUN_FOS", "FOS::JUN", "FOS::JUN", "partners of a heterodimer"),
    Case("MYC::MAX", "MAX::MYC"),
    tagged("eGFP-FOS", "FOS", "FOS"),
    tagged("3xFLAG-FOXA1", "FOXA1", "FOXA1"),
    tagged("FLAG-CTCF", "CTCF", "CTCF"),
    tagged("HA-GATA3", "Gata3", "GATA3"),
    tagged("GATA3-HA", "Gata3", "GATA3"),
    tagged("V5-SOX2", "SOX2", "SOX2"),
    tagged("FOXA1-eGFP-FLAG", "FOXA1", "FOXA1"),
    tagged("Myc-FOXA1", "FOXA1", "FOXA1"),
    tagged("GATA3_(Homo_sapiens)", "Gata3", "GATA3"),
    tagged("(GATA3)_(Homo_sapiens)", "Gata3", "GATA3"),
    tagged("GATA3_MOUSE", "Gata3", "GATA3"),
    tagged("hGATA3", "Gata3", "GATA3"),
    Case("HA-c-Myc", "MYC", ("taken as MYC (tag or species removed; HGNC alias symbol)",)),
    # exact symbols that are also names of others
    Case("NRF1", "Nrf1", ("NRF1 is also a name of NFE2L1 (HGNC alias symbol)", "write NFE2L1")),
    Case("TCF4", "TCF4", ("TCF4 is also a name of TCF7L2 (HGNC previous symbol)",)),
    # ambiguous names are never resolved
    Case("p65", None, ("the name is ambiguous", "GORASP1, RELA, SYT1")),
    Case("AP-1", None, ("it may be FOS, FOSB, JUN, JUND: write one of them",)),
    Case("Nrf2", None, ("it may be GABPA, NFE2L2",)),
    # unknown names, and factors without a matrix
    Case("GATA33", None, (TAKEN_FOR, "nearest name: GATA3")),
    Case("CTFC", None, (TAKEN_FOR, "nearest name: CTCF")),
    Case("H3K27ac", None, (TAKEN_FOR, "no name is similar")),
    Case("POLR2A", None, ("no matrix (curated: no DNA-binding domain of its own",)),
    Case("Reb1", None, ("resources/factors.tsv lists Reb1 of Saccharomyces cerevisiae",)),
    # other organisms
    Case("Reb1p", "REB1", ("taken as Reb1 (tag or species removed)",), "fungi"),
    Case("YNL216W", "RAP1", ("SGD systematic name",), "fungi"),
    Case("CPF1", "CBF1", ("SGD alias",), "fungi"),
    Case("TBP", "SPT15", ("SGD alias",), "fungi"),
    Case("Gal4-13myc", "GAL4", (), "fungi"),
    Case("RAP1-TAP", "RAP1", (), "fungi"),
    Case("MBP1-SWI6", "MBP1::SWI6", (), "fungi"),
    Case("Myc", None, ("lists MYC of Homo sapiens, another organism",), "insects"),
    Case("E2F1", None, ("lists E2F1 of Homo sapiens",), "insects"),
    Case("c-Myc", None, ("no matrix in JASPAR (insects)",), "insects"),
    Case("dMax", "Max", ("taken as Max (tag or species removed)",), "insects"),
    Case("CTCF", "CTCF", ("(CTCF, insects)",), "insects"),
    Case("YAP1", None, ("Yap1 of Saccharomyces cerevisiae",), "vertebrates"),
    # names in a user's MEME file
    Case("GATA3", "(GATA3)_(Homo_sapiens)_(DBD_1.00)", (), "-"),
    Case("TP53", "(Tp53)_(Mus_musculus)", (), "-"),
    Case("p53", "(Tp53)_(Mus_musculus)", (), "-"),
    Case("PU.1", "SPI1_HUMAN", (), "-"),
    Case("POU5F1", "OCT4", (), "-"),
    Case("REST", "NRSF", (), "-"),
    Case("CTCF", None, (), "-"),
)

# rows of the experiment table: experiment, factor, role; and parts of the message or the warning
ROLES = (
    ((("a", "FOS", "train"), ("b", "eGFP-FOS", "ood")), ("a (factor FOS, role train)", "b (")),
    ((("a", "NRSF", "train"), ("b", "REST", "ood")), ("NRSF is REST (HGNC alias symbol)",)),
    ((("a", "TP53", "ood"), ("b", "p53", "train")), ("have the same factor under two names",)),
    ((("a", "c-Myc", "train"), ("b", "HA-MYC", "ood")), ("c-Myc is MYC", "HA-MYC is MYC")),
    ((("a", "XYZ1", "train"), ("b", "FLAG-XYZ1", "ood")), ("tag or species removed",)),
    ((("a", "Trp53", "train"), ("b", "P53", "ood")), ("give them one name and one role",)),
)
SEPARATE = (
    (("a", "MYC", "train"), ("b", "MYC-MAX", "ood")),
    (("a", "NRF1", "train"), ("b", "NFE2L1", "ood")),
    (("a", "TCF4", "train"), ("b", "TCF7L2", "ood")),
    (("a", "AP-1", "train"), ("b", "FOS", "ood")),
    (("a", "CTCF", "train"), ("b", "ctcf", "train")),
)
