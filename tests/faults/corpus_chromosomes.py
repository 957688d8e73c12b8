"""Kind 9: names of chromosomes in peak files and in genomes."""

from __future__ import annotations

from dataclasses import dataclass, field

# lengths as in the assembly report below
MOUSE = {"chr1": 195_471_971, "chr2": 182_113_224, "chrX": 171_031_299, "chrM": 16_299}
REPORT = """\
# Assembly name:  GRCm38.p6
# Sequence-Name\tSequence-Role\tAssigned-Molecule\tAssigned-Molecule-Location/Type\tGenBank-Accn\t\
Relationship\tRefSeq-Accn\tAssembly-Unit\tSequence-Length\tUCSC-style-name
1\tassembled-molecule\t1\tChromosome\tCM000994.2\t=\tNC_000067.6\tC57BL/6J\t195471971\tchr1
2\tassembled-molecule\t2\tChromosome\tCM000995.2\t=\tNC_000068.7\tC57BL/6J\t182113224\tchr2
X\tassembled-molecule\tX\tChromosome\tCM001013.2\t=\tNC_000086.7\tC57BL/6J\t171031299\tchrX
MT\tassembled-molecule\tMT\tMitochondrion\tAY172335.1\t=\tNC_005089.1\tnon-nuclear\t16299\tchrM
MSCHR1\tunlocalized\t1\tChromosome\tGL456210.1\t=\tNT_166280.1\tC57BL/6J\t169725\tchr1_GL_random
MMCHR9\talt-scaffold\t9\tChromosome\tGL456211.1\t=\tna\tC57BL/6J\t100\tna
"""
CHROM_ALIAS = "# ucsc\tassembly\tgenbank\trefseq\nchr1\t1\tCM000994.2\tNC_000067.6\n"
OLD_CHROM_ALIAS = (
    "# sequenceName\talias names\tUCSC database: toy\nNC_1\tchr1\trefseq\nNC_2\tchr2\trefseq\n"
)


@dataclass(frozen=True)
class Case:
    """Names of a file and of a genome with their right matching.

    Attributes
    ----------
    name
        Name of the case.
    found
        Names in the file.
    genome
        Names of the genome's sequences, possibly with their lengths.
    names
        The right name in the genome for each name that has one.
    assembly
        The config's `genome.assembly`.
    aliases
        The config's `genome.aliases`; a text is the content of a file.
    ambiguous
        Names that have to be left out because they are ambiguous.
    message
        Parts of the right message.
    """

    name: str
    found: list[str]
    genome: list[str] | dict[str, int]
    names: dict[str, str] = field(default_factory=dict)
    assembly: str = "toy"
    aliases: dict[str, str] | str = field(default_factory=dict)
    ambiguous: tuple[str, ...] = ()
    message: tuple[str, ...] = ()


def accession(assembly: str, number: str, plain: str) -> Case:
    """Return a genome with names of NCBI and a file with those of UCSC, as in most downloads."""
    return Case(f"{number} {assembly}", [plain], [number], {plain: number}, assembly)


def shown(assembly: str, number: str, plain: str) -> Case:
    """Return a file with names of NCBI and a genome with those of UCSC or Ensembl."""
    return Case(f"{plain} {assembly}", [number], [plain], {number: plain}, assembly)


ACCESSIONS = (
    accession("mm10", "NC_000067.6", "chr1"),
    accession("GRCm38.p6", "NC_000068.7", "2"),
    accession("GRCm38", "NC_000086.7", "chrX"),
    accession("mm10", "NC_000087.7", "Y"),
    accession("mm10", "NC_005089.1", "chrM"),
    accession("mm10", "CM001012.2", "chr19"),
    accession("mm39", "NC_000067.7", "chr1"),
    accession("GRCm39", "NC_000068.8", "chr2"),
    accession("mm39", "CM001014.3", "chrY"),
    accession("danRer11", "NC_007112.7", "chr1"),
    accession("GRCz11", "NC_007136.7", "25"),
    accession("GRCz11", "NC_002333.2", "MT"),
    accession("GRCz11", "CM002909.2", "chr25"),
    accession("dm6", "NT_033779.5", "chr2L"),
    accession("BDGP6.32", "NT_033777.3", "3R"),
    accession("dm6", "NC_004354.4", "chrX"),
    accession("dm6", "AE014135.4", "chr4"),
    accession("ce11", "NC_003279.8", "chrI"),
    accession("WBcel235", "NC_003284.9", "X"),
    accession("WBcel235", "BX284603.4", "III"),
    accession("WBcel235", "NC_001328.1", "MtDNA"),
    accession("TAIR10", "NC_003070.9", "Chr1"),
    accession("TAIR10.1", "NC_003076.8", "5"),
    accession("TAIR10", "NC_000932.1", "Pt"),
    accession("TAIR10", "CP002685.1", "2"),
    accession("GRCh38.p14", "NC_000001.11", "chr1"),
    accession("grch38.p13", "CM000685.2", "chrX"),
    accession("GRCh37.p13", "NC_000024.9", "chrY"),
    accession("hs37d5", "NC_000001.10", "1"),
    accession("hg19", "CM000663.1", "chr1"),
    accession("sacCer3", "BK006947.3", "chrXIV"),
    accession("R64-1-1", "NC_001136.10", "chrIV"),
    accession("ASM584v2", "NC_000913.3", "Chromosome"),
    shown("mm10", "NC_000067.6", "chr1"),
    shown("GRCm39", "NC_000087.8", "Y"),
    shown("GRCz11", "NC_007121.7", "chr10"),
    shown("dm6", "NT_037436.4", "3L"),
    shown("WBcel235", "NC_003282.8", "chrIV"),
    shown("TAIR10", "NC_003074.8", "Chr3"),
    shown("GRCh38.p14", "CM000684.2", "chr22"),
)
MATCHED = (
    Case("padded", ["01", "02", "10"], ["1", "2", "10"], {"01": "1", "02": "2", "10": "10"}),
    Case("padded genome", ["1", "chr2"], ["01", "02"], {"1": "01", "chr2": "02"}),
    Case("padded with chr", ["chr01"], ["chr1"], {"chr01": "chr1"}),
    Case("octal", ["010"], ["8", "10"], {"010": "10"}),
    Case("exponent", ["1e5"], ["1e5", "100000"], {"1e5": "1e5"}),
    Case("digits", ["9" * 5000, "1"], ["1"], {"1": "1"}),
    Case("versions", ["NC_000067.6"], ["chr1"], {}, "mm39",
         message=("NC_000067.6 in the file is chromosome 1 of mm10", "{assembly: mm10}")),
    Case("versions of a genome", ["chr1"], ["NC_000067.6"], {}, "toy",
         message=("NC_000067.6 in the genome is chromosome 1 of mm10", "{assembly: mm10}")),
    Case("no patch", ["chr1"], ["NC_000001.11"], {}, "GRCh3", message=("chromosome 1 of hg38",)),
)  # fmt: skip
ALIASES = (
    Case("alias", ["seq1"], ["chr1"], {"seq1": "chr1"}, aliases={"seq1": "chr1"}),
    Case("own name", ["chr1"], ["chr1"], {"chr1": "chr1"}, aliases={"chr1": "chr1"}),
    Case("shadow", ["chr1"], ["chr1", "chr2"], aliases={"chr1": "chr2"},
         message=("genome.aliases.chr1: the genome has a sequence chr1, so this alias has no",)),
    Case("swap", ["chr1"], ["chr1", "chr2"], aliases={"chr1": "chr2", "chr2": "chr1"},
         message=("genome.aliases.chr1: the genome has a sequence chr1",)),
    Case("unknown", ["a"], ["chr1"], aliases={"a": "chr7"},
         message=("genome.aliases.a: the genome has no sequence chr7; it has chr1",)),
    Case("report", ["1", "NC_000068.7", "CM001013.2", "AY172335.1"], MOUSE,
         {"1": "chr1", "NC_000068.7": "chr2", "CM001013.2": "chrX", "AY172335.1": "chrM"},
         aliases=REPORT),
    Case("report of a genome of NCBI", ["chr1", "X", "chr1_GL_random"],
         ["NC_000067.6", "NC_000086.7", "NT_166280.1"],
         {"chr1": "NC_000067.6", "X": "NC_000086.7", "chr1_GL_random": "NT_166280.1"},
         aliases=REPORT),
    Case("report and a genome of GenBank", ["MSCHR1", "chr1"], ["GL456210.1", "CM000994.2"],
         {"MSCHR1": "GL456210.1", "chr1": "CM000994.2"}, aliases=REPORT),
    Case("report with Windows line ends", ["NC_000068.7"], MOUSE, {"NC_000068.7": "chr2"},
         aliases=REPORT.replace("\n", "\r\n")),
    Case("report of another assembly", ["1"], MOUSE | {"chr1": 195_154_279}, aliases=REPORT,
         message=("chr1 has 195471971 bases, but 195154279 in the genome", "another assembly")),
    Case("report of another organism", ["1"], ["2L", "2R"], aliases=REPORT,
         message=("none of its names is a sequence of the genome", "the genome has 2L, 2R")),
    Case("chromAlias", ["CM000994.2", "NC_000067.6"], ["1"],
         {"CM000994.2": "1", "NC_000067.6": "1"}, aliases=CHROM_ALIAS),
    Case("old chromAlias", ["chr1", "chr2"], ["NC_1", "NC_2"], {"chr1": "NC_1", "chr2": "NC_2"},
         aliases=OLD_CHROM_ALIAS),
    Case("two columns", ["a", "b"], ["s1", "s2"], {"a": "s1", "b": "s2"},
         aliases="a\ts1\nb\ts2\n"),
    Case("two columns, turned", ["a", "b"], ["s1", "s2"], {"a": "s1", "b": "s2"},
         aliases="s1\ta\ns2\tb\n"),
    Case("a name of two sequences", ["a", "b"], ["s1", "s2"], {"b": "s2"},
         aliases="s1\ta\ns2\ta\ns2\tb\n"),
    Case("one column", ["a"], ["s1"], aliases="s1\ns2\n",
         message=("line 1: found 1 fields, expected names of one sequence", "assembly report")),
    Case("empty alias file", ["a"], ["s1"], aliases="# x\n",
         message=("the file has no names of chromosomes; correct `genome.aliases`",)),
)  # fmt: skip
