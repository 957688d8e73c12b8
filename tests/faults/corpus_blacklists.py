"""Kind 5: blacklists in the formats in which people have them, and of other assemblies."""

from __future__ import annotations

import gzip
import lzma
from dataclasses import dataclass

CHROMOSOMES = {"chr1": 20_000, "chr2": 20_000, "chr3": 20_000}
ROWS = (("chr1", 1000, 1100), ("chr1", 3000, 3500), ("chr2", 7000, 7450))


@dataclass(frozen=True)
class Case:
    """A blacklist with its right reading.

    Attributes
    ----------
    name
        Name of the file.
    content
        The bytes of the file.
    message
        Parts of the right message; empty if the file has the regions of `ROWS`.
    """

    name: str
    content: bytes
    message: tuple[str, ...] = ()


def lines(template: str, header: str = "") -> bytes:
    """Write the regions by a template of a line, whose separators are ``|``, written as tabs."""
    written = [
        template.format(c=chrom, s=start, s1=start + 1, e=end, w=end - start)
        for chrom, start, end in ROWS
    ]
    return "\n".join([*([header] if header else []), *written, ""]).replace("|", "\t").encode()


BED = lines("{c}|{s}|{e}")
FIRST = ("the blacklist has no regions; correct `genome.blacklist`, or set it to null",)
R_HEADER = "seqnames|start|end|width|strand"

CASES = (
    Case("three-columns.bed", BED),
    Case("encode.bed", lines("{c}|{s}|{e}|High Signal Region")),
    Case("encode.bed.gz", gzip.compress(lines("{c}|{s}|{e}|Low Mappability"))),
    Case("packed.bed.xz", lzma.compress(BED)),
    Case("names-with-blanks.bed", BED.replace(b"\t", b" ").replace(b"3500", b"3500 High Signal")),
    Case("ragged.bed", BED.replace(b"3500", b"3500\tHigh Signal\t1")),
    Case("bed6.bed", lines("{c}|{s}|{e}|x|1000|.")),
    Case("of-r.tsv", lines("{c}|{s1}|{e}|{w}|*", R_HEADER)),
    Case("of-r.csv", lines('"{c}",{s1},{e},{w},"*"', '"seqnames","start","end","width","strand"')),
    Case("of-r-quoted.tsv", lines('"{c}"|{s1}|{e}|{w}|"*"', R_HEADER.replace("start", '"start"'))),
    Case("of-r-row-names.tsv", lines("1|{c}|{s1}|{e}|{w}|*", R_HEADER)),
    Case("ucsc.txt", lines("585|{c}|{s}|{e}|x", "#bin|chrom|chromStart|chromEnd|name")),
    Case("ucsc-header.txt", lines("585|{c}|{s}|{e}|x", "bin|chrom|chromStart|chromEnd|name")),
    Case("ucsc-no-header.txt", lines("585|{c}|{s}|{e}|x")),
    Case("ucsc-no-header-three.txt", lines("585|{c}|{s}|{e}")),
    Case("track.bed", b'track name="blacklist"\n' + BED),
    Case("other-names.bed", BED.replace(b"chr", b"")),
    Case("other-chromosomes.bed", BED + b"chrUn_1\t5\t90\n"),
    Case("windows.bed", BED.replace(b"\n", b"\r\n")),
    Case("utf16.bed", BED.decode().encode("utf-16")),
    Case("empty.bed", b"", FIRST),
    Case("empty.bed.gz", gzip.compress(b""), FIRST),
    Case("comments.bed", b"#a\ntrack x\n", FIRST),
    Case("latin1.bed", b"#caf\xe9\ntrack x\n", FIRST),
    Case("header.bed", b"chrom\tstart\tend\n", FIRST),
    Case("header-of-r.bed", b"seqnames\tstart\tend\twidth\tstrand\n", FIRST),
    Case(
        "other-assembly.bed", lines("{c}|{s}00|{e}00"),
        ("3 of 3 regions end beyond", "chr1:100000-110000 on a chromosome of 20000 bases",
         "the blacklist is of another assembly than toy: use the one of toy"),
    ),
    Case(
        "one-beyond.bed", BED + b"chr3\t25000\t26000\n",
        ("1 of 4 regions end beyond the end of their chromosome, such as chr3:25000-26000",),
    ),
    Case(
        "of-yeast.bed", BED.replace(b"chr", b"scaffold_"),
        ("none of its chromosome names is in the genome; the file has", "`genome.aliases`"),
    ),
    Case("end-before-start.bed", BED + b"chr3\t90\t80\n", ("line 4: end 80 is not greater than",)),
    Case("negative.bed", BED + b"chr3\t-5\t80\n", ("line 4: start -5 is negative",)),
    Case("words.bed", BED + b"chr3\tx\t80\n", ("line 4: found start 'x' and end '80', expected",)),
    Case("two-columns.bed", b"chr1\t5\n", ("line 1: 2 fields, expected at least chromosome",)),
    Case("big.bb", bytes.fromhex("ebf28987") + b"\x00" * 60, ("a bigBed file", "bigBedToBed")),
)  # fmt: skip
