"""Kind 10, content: numbers, ready sequences and matrices that cannot be used."""

from __future__ import annotations

import bz2
import gzip
import lzma
from dataclasses import dataclass

BED = "chr1\t1000\t1210\nchr1\t3001\t3402\n"
HEAD = "MEME version 5\n\n"
PLAIN = "ALPHABET= ACGT\n\n"
DEFINED = 'ALPHABET "DNA" DNA-LIKE\nA "Adenine" CC0000 ~ T "Thymine" 008000\n'
DEFINED += 'C "Cytosine" 0000CC ~ G "Guanine" FFB300\nN "Any ~ base" = ACGT\nEND ALPHABET\n\n'
MOTIF = "MOTIF M1 GATA3\nletter-probability matrix: alength= 4 w= 2 nsites= 20 E= 0\n"
ROWS = "0.7 0.1 0.1 0.1\n0.1\t0.2\t0.3\t0.4\n"
MATRIX = [[0.7, 0.1], [0.1, 0.2], [0.1, 0.3], [0.1, 0.4]]
SEQUENCES = "FoldID\tEventID\tseq\tBound\nA\tseq_00001_peak\tACGT\t1\n"
HEXADECIMAL = "expected whole numbers; write hexadecimal numbers as decimal numbers"
EXPONENT = "in R, set options(scipen=999)"


@dataclass(frozen=True)
class Case:
    """The content of a file with the parts of the right message; none if it can be read."""

    name: str
    content: str | bytes
    message: tuple[str, ...] = ()

    @property
    def written(self) -> bytes:
        """The bytes of the file."""
        return self.content if isinstance(self.content, bytes) else self.content.encode()


def row(text: str) -> str:
    """Return a peak file whose third line is given, with blanks in place of tabs."""
    return BED + text.replace(" ", "\t") + "\n"


PEAKS = (
    Case("hexadecimal", row("chr1 0x10 0x80"), ("line 3: found start '0x10'", HEXADECIMAL)),
    Case("hexadecimal end", row("chr1 16 0X80"), ("line 3", "end '0X80'", HEXADECIMAL)),
    Case("hexadecimal first", "chr1\t0x10\t0x80\n" + BED, ("line 1: found start", HEXADECIMAL)),
    Case("exponent", row("chr1 1e+05 100200"), ("line 3: found start '1e+05'", EXPONENT)),
    Case("thousands", 'chr1,"1,000","2,000"\n', ("line 1: found start '1,000'", "separators of")),
    Case("thousands later", row("chr1 1,000 2,000"), ("line 3: found start", "separators of")),
    Case("decimal places", row("chr1 1000.0 1200.0"), ("line 3", "remove the decimal places")),
    Case("underscore", row("chr1 1_000 1_200"), ("line 3: found start '1_000'", "whole numbers")),
    Case("letters", row("chr1 x 1200"), ("line 3: found start 'x'", "if this is a header")),
    Case("missing first", "chr1\tNA\tNA\n" + BED, ("line 1: found start 'NA' and end 'NA'",)),
    Case("dots first", "chr1\t.\t.\n" + BED, ("line 1: found start '.' and end '.'",)),
    Case("beyond 64 bits", row(f"chr1 5 {9 * 10**30}"), ("line 3", "expected whole numbers")),
    Case("18 digits", row(f"chr1 5 {10**18}"), ("line 3", "expected whole numbers")),
    Case("digits of Arabic", row("chr1 ١٢ ٢٠"), ("line 3: found start", "whole numbers")),
    Case("a long number", row("chr1 5 " + "9" * 5000), ("line 3: found start '5'",)),
    Case("negative", row("chr1 -5 80"), ("line 3: start -5 is negative",)),
    Case("no chromosome", row(" 5 80"), ("line 3: the chromosome's name is missing",)),
    Case("second header", row("chrom start end"), ("line 3: found start 'start'", "header")),
    Case("long line", BED + "chr1\t1\t2\t" + "x" * 600_000, ("line 3: the line has more than",)),
    Case("long first line", "x" * 600_000 + "\n" + BED, ("line 1: the line has more",)),
    Case("long line in gzip", gzip.compress((BED + "x" * 3_000_000).encode()), ("line 3",)),
    Case("many fields", "\t".join(["chr1", "5", "80", *["."] * 20_000]), ("line 1: 20003 fields",)),
)  # fmt: skip
READY = (
    Case("huge number", SEQUENCES + f"A\tseq_{'9' * 20}_peak\tACGT\t1\n",
         ("line 3: the number in EventID has 20 digits", "a rank of at most 18 digits")),
    Case("5,000 digits", SEQUENCES + f"A\tseq_{'9' * 5000}_peak\tACGT\t1\n",
         ("line 3: the number in EventID has 5000 digits",)),
    Case("18 digits", SEQUENCES + f"A\tseq_{'9' * 18}_peak\tACGT\t1\n"),
    Case("digits of Arabic", SEQUENCES + "A\tseq_٣_peak\tACGT\t1\n"),
    Case("label", SEQUENCES + "A\tseq_00002_peak\tACGT\t7\n", ("line 3: Bound is '7'",)),
    Case("label of many digits", SEQUENCES + f"A\tx\tACGT\t{10**30}\n", ("line 3: Bound is",)),
    Case("no letter", SEQUENCES + "A\tseq_00002_peak\tACQT\t1\n", ("line 3: found 'Q' as base 3",)),
    Case("long sequence", SEQUENCES + f"A\tx\t{'A' * 600_000}\t1\n", ("line 3: the line has",)),
    Case("zip", b"PK\x03\x04" + b"\x00" * 90, ("the file is a zip archive", "unzip ")),
    Case("bzip2", bz2.compress(SEQUENCES.encode())),
    Case("xz", lzma.compress(b">a\nACGT\nAC\n>b\nGG\n")),
)  # fmt: skip
MEME = (
    Case("plain", HEAD + PLAIN + MOTIF + ROWS),
    Case("no blank after ALPHABET", HEAD + "ALPHABET=ACGT\n" + MOTIF + ROWS),
    Case("defined alphabet", HEAD + DEFINED + MOTIF + ROWS),
    Case("defined without a name", HEAD + DEFINED.replace('"DNA" ', "") + MOTIF + ROWS),
    Case("defined without colours", HEAD + "ALPHABET DNA-LIKE\nA ~ T\nC ~ G\nN = ACGT\n"
         "END ALPHABET\n" + MOTIF + ROWS),
    Case("no alphabet", HEAD + MOTIF + ROWS),
    Case("gzip", gzip.compress((HEAD + PLAIN + MOTIF + ROWS).encode())),
    Case("bzip2", bz2.compress((HEAD + PLAIN + MOTIF + ROWS).encode())),
    Case("xz", lzma.compress((HEAD + DEFINED + MOTIF + ROWS).encode())),
    Case("utf-16", (HEAD + PLAIN + MOTIF + ROWS).encode("utf-16")),
    Case("Windows line ends", (HEAD + PLAIN + MOTIF + ROWS).replace("\n", "\r\n")),
    Case("latin-1", (HEAD + "# é\n" + PLAIN + MOTIF + ROWS).encode("latin-1")),
    Case("width not given", HEAD + PLAIN + MOTIF.replace("w= 2 ", "") + ROWS),
    Case("width not given, URL", HEAD + PLAIN + MOTIF.replace("w= 2 ", "") + ROWS + "URL x\n"),
    Case("blank line in matrix", HEAD + PLAIN + MOTIF + ROWS.replace("\n", "\n\n")),
    Case("methylated", HEAD + 'ALPHABET "x" DNA-LIKE\nA ~ T\nC ~ G\nm ~ 1\nEND ALPHABET\n' + MOTIF,
         ("line 3: the alphabet has the symbols A T C G m 1", "a definition of A, C, G and T")),
    Case("alphabet without end", HEAD + "ALPHABET DNA-LIKE\nA ~ T\n" + MOTIF + ROWS,
         ("line 3: the alphabet has no end; add the line END ALPHABET",)),
    Case("RNA", HEAD + "ALPHABET= ACGU\n" + MOTIF + ROWS, ("line 3", "expected the DNA alphabet")),
    Case("protein", HEAD + "ALPHABET= ACDEFGHIKLMNPQRSTVWY\n" + MOTIF, ("expected the DNA alph",)),
    Case("protein in the matrix", HEAD + MOTIF.replace("alength= 4", "alength= 20"),
         ("line 4", "expected DNA, which has `alength= 4`")),
    Case("width of 10,000", HEAD + PLAIN + MOTIF.replace("w= 2", "w= 10000") + ROWS * 5000,
         ("line 6: the motif has 10000 positions, expected at most 300",)),
    Case("width of 301", HEAD + MOTIF.replace("w= 2", "w= 301"), ("has 301 positions",)),
    Case("width of 30 digits", HEAD + MOTIF.replace("w= 2", f"w= {10**30}"), ("a positive width",)),
    Case("10,000 rows, no width", HEAD + MOTIF.replace("w= 2 ", "") + ROWS * 5000,
         ("line 305: the motif has more than 300 positions",)),
    Case("next motif too early", HEAD + MOTIF + "0.7 0.1 0.1 0.1\nMOTIF M2\n",
         ("line 6: motif M1 has 1 rows of probabilities, expected 2",)),
    Case("infinite", HEAD + MOTIF + "inf 0 0 0\n", ("line 5: motif M1 has the row 'inf 0 0 0'",)),
    Case("JASPAR", ">MA0001.1\tx\nA [1 2]\n", ("in JASPAR's format", "jaspar2meme -bundle")),
    Case("HOMER", ">GATA\tx\t6.5\n0.7\t0.1\t0.1\t0.1\n", ("in HOMER's format, expected MEME's",)),
    Case("TRANSFAC", "AC M1\nXX\n", ("in TRANSFAC's format", "transfac2meme")),
    Case("XML", "<?xml version='1.0'?>\n<MEME/>\n", ("a web page or XML",)),
    Case("zip", b"PK\x03\x04" + b"\x00" * 90, ("the file is a zip archive", "unzip ")),
    Case("cut gzip", gzip.compress((HEAD + MOTIF + ROWS).encode())[:-9], ("is truncated",)),
    Case("empty", "", ("this MEME file contains no motif",)),
)  # fmt: skip
