"""Kind 4: separators, quotation marks, encodings and containers of peak files."""

from __future__ import annotations

import bz2
import gzip
import lzma
import zipfile
from dataclasses import dataclass
from io import BytesIO

CHROMOSOMES = {"chr1": 20_000, "chr2": 20_000}
ROWS = [["chr1", 1000, 1210], ["chr1", 3001, 3402], ["chr2", 7300, 7450]]
BED = b"chr1\t1000\t1210\tp1\nchr1\t3001\t3402\tp2\nchr2\t7300\t7450\tp3\n"
NOTED = "Intron (uc000.1/100, intron 2 of 3)"


@dataclass(frozen=True)
class Case:
    """The content of a peak file with its right reading.

    Attributes
    ----------
    name
        Name of the case, and of the file.
    content
        The bytes of the file.
    message
        Parts of the right message; empty if the file has the peaks of `ROWS`.
    warning
        Part of the right warning; empty if there must be none.
    """

    name: str
    content: bytes
    message: tuple[str, ...] = ()
    warning: str = ""


def lines(header: str, template: str) -> bytes:
    """Write the three peaks by a template of a line; the start counts from 0 or, as s1, from 1."""
    written = [
        template.format(c=chrom, s=start, s1=start + 1, e=end, w=end - start)
        for chrom, start, end in ROWS
    ]
    return "\n".join([*([header] if header else []), *written, ""]).encode()


def zipped(name: str) -> bytes:
    """Return a zip archive with one file."""
    target = BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(name, BED)
    return target.getvalue()


def of(name: str, begin: bytes, *message: str) -> Case:
    """Return a file that begins like another kind of file."""
    return Case(name, begin + b"\x00" * 600, (name, "the file is ", *message))


READ = (
    Case("csv.csv", lines("", "{c},{s},{e}")),
    Case("csv-header.csv", lines("chrom,start,end,name", "{c},{s},{e},x")),
    Case("csv-comma.csv", lines("chrom,start,end,note", f'{{c}},{{s}},{{e}},"{NOTED}"')),
    Case("csv-all-quoted.csv", lines('"chrom","start","end"', '"{c}","{s}","{e}"')),
    Case(
        "csv-r.csv",
        lines(
            '"seqnames","start","end","width","strand","annotation"',
            f'"{{c}}",{{s1}},{{e}},{{w}},"*","{NOTED}"',
        ),
    ),
    Case(
        "csv-row-names.csv",
        lines('"","seqnames","start","end","width"', '"1","{c}",{s1},{e},{w}'),
    ),
    Case("csv-marks.csv", lines("", '{c},{s},{e},"a ""b"", c"')),
    Case("csv-escaped.csv", lines("", '{c},{s},{e},"a \\"b\\", c"')),
    Case("csv-blanks.csv", lines("", "{c}, {s}, {e}")),
    Case("csv-semicolons.csv", lines("chrom;start;end;score", "{c};{s};{e};0")),
    Case("csv-semicolons-quoted.csv", lines("", '"{c}";{s};{e};"a; b, c"')),
    Case("tsv-quoted.tsv", lines('"chrom"\t"start"\t"end"', '"{c}"\t{s}\t{e}')),
    Case("tsv-quoted-tab.tsv", lines("", '"{c}"\t{s}\t{e}\t"a\tb"')),
    Case("tsv-inches.tsv", lines("", '{c}\t{s}\t{e}\t5" left')),
    Case("tsv-open-mark.tsv", lines("", '{c}\t{s}\t{e}\t"left')),
    Case("tsv-last-quoted.tsv", BED.replace(b"p3", b'"p3"')),
    Case("blanks.bed", lines("", "{c} {s}  {e}")),
    Case("blanks-quoted.txt", lines('"chrom" "start" "end" "note"', '"{c}" {s} {e} "a b, c"')),
    Case("bed12-blanks.bed", lines("", "{c} {s} {e} n 0 + {s} {e} 0 2 10,20, 0,80,")),
    Case("windows.bed", BED.replace(b"\n", b"\r\n")),
    Case("macintosh.bed", BED.replace(b"\n", b"\r")),
    Case("no-last-end.bed", BED.rstrip()),
    Case("bom.bed", b"\xef\xbb\xbf" + BED),
    Case("joined-boms.bed", BED.replace(b"chr2", b"\xef\xbb\xbfchr2")),
    Case("utf16.bed", BED.decode().encode("utf-16"), warning="the file is UTF-16 text"),
    Case("utf16be.bed", b"\xfe\xff" + BED.decode().encode("utf-16-be"), warning="UTF-16 text"),
    Case("utf8.bed", BED.replace(b"p1", "Schlüssel ✓".encode())),
    Case("latin1.bed", BED.replace(b"p2", b"Schl\xfcssel"), warning="line 2: the byte 0xfc is not"),
    Case("latin1-comment.bed", b"# caf\xe9\n" + BED, warning="line 1: the byte 0xe9 is not UTF-8"),
    Case("latin1-ellipsis.bed", lines("", "{c} {s} {e} a").replace(b"a\n", b"\x85\n", 1),
         warning="was read as Latin-1 (Windows-1252)"),
    Case("peaks.bed.gz", gzip.compress(BED)),
    Case("gzip-as.bed", gzip.compress(BED)),
    Case("members.bed.gz", b"".join(gzip.compress(line + b"\n") for line in BED.splitlines())),
    Case("padded.bed.gz", gzip.compress(BED) + b"\x00" * 512),
    Case("peaks.bed.bz2", bz2.compress(BED)),
    Case("streams.bed.bz2", bz2.compress(BED[:20]) + bz2.compress(BED[20:])),
    Case("peaks.bed.xz", lzma.compress(BED)),
    Case("quoted.csv.xz", lzma.compress(lines("", '{c},{s},{e},"a, b"'))),
    Case("utf16.bed.gz", gzip.compress(BED.decode().encode("utf-16")), warning="UTF-16 text"),
)  # fmt: skip
REFUSED = (
    of("peaks.bb", bytes.fromhex("ebf28987"), "a bigBed file", "bigBedToBed ", "peaks.bed"),
    of("big-endian.bb", bytes.fromhex("8789f2eb"), "a bigBed file", "big-endian.bed"),
    of("signal.bw", bytes.fromhex("26fc8f88"), "a bigWig file", "it has a signal and no peaks"),
    of("peaks.bed.zst", bytes.fromhex("28b52ffd"), "a zstd file", "zstd -d "),
    of("peaks.bed.lz4", bytes.fromhex("04224d18"), "an lz4 file", "lz4 -d "),
    of("peaks.7z", b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    of("peaks.rar", b"Rar!", "a rar archive"),
    of("peaks.bed.Z", b"\x1f\x9d", "a file of compress", "uncompress "),
    of("peaks.xls", bytes.fromhex("d0cf11e0a1b11ae1"), "an Excel workbook", "tab-separated text"),
    of("peaks.pdf", b"%PDF-1.7", "a PDF"),
    of("peaks.rds", b"X\n\x00\x00\x00", "an RDS file of R", "write.table"),
    of("peaks.parquet", b"PAR1", "a Parquet file"),
    of("peaks.bam", b"BAM\x01", "a BAM file", "reads and no peaks"),
    of("genome.2bit", bytes.fromhex("4327411a"), "a 2bit genome"),
    Case("peaks.zip", zipped("peaks.bed"), ("peaks.zip: the file is a zip archive", "unzip ")),
    Case("peaks.xlsx", zipped("xl/workbook.xml"), ("an Excel workbook", "tab-separated text")),
    Case("bam.gz", gzip.compress(b"BAM\x01" + b"\x00" * 600), ("a BAM file packed by gzip",)),
    Case("twice.gz", gzip.compress(gzip.compress(BED)), ("a gzip file packed by gzip", "twice")),
    Case("twice.xz", lzma.compress(bz2.compress(BED)), ("a bzip2 file packed by xz", "twice")),
    Case(
        "peaks.tar.gz", gzip.compress(b"\x00" * 257 + b"ustar" + b"\x00" * 300),
        ("a tar archive packed by gzip", "tar -xf "),
    ),
    Case("page.bed", b"<!DOCTYPE html>\n<html><body>404</body></html>\n", ("a web page or XML",)),
    Case("page.xml", b'\n<?xml version="1.0"?>\n<Error/>\n', ("a web page or XML", "fetch the")),
    Case("pointer.bed", b"version https://git-lfs.github.com/spec/v1\n", ("Git LFS",)),
    Case("utf16-no-mark.bed", BED.decode().encode("utf-16-le"), ("UTF-16 text without", "iconv")),
    Case("utf16be-no-mark.bed", BED.decode().encode("utf-16-be"), ("UTF-16 text without",)),
    Case("utf16-cut.bed", BED.decode().encode("utf-16")[:-1], ("UTF-16 text is truncated",)),
    Case("utf32.bed", BED.decode().encode("utf-32"), ("not text, expected plain or packed",)),
    Case("bytes.bed", bytes(range(256)) * 4, ("not text", "save a spreadsheet as tab-separated")),
    Case("nul.bed", BED + b"\x00\n", ("the file is not text",)),
    Case("cut.gz", gzip.compress(BED)[:-9], ("the gzip file is truncated or damaged",)),
    Case("cut.bz2", bz2.compress(BED)[:-9], ("the bzip2 file is truncated or damaged",)),
    Case("cut.xz", lzma.compress(BED)[:-9], ("the xz file is truncated or damaged",)),
    Case("broken.xz", lzma.compress(BED)[:30] + b"z" * 40, ("the xz file is truncated",)),
    Case("rest.gz", gzip.compress(BED) + b"more", ("the gzip file is truncated or damaged",)),
    Case(
        "open-quote.csv", lines("", '{c},{s},{e},"a').replace(b'"a\n', b'"a"\n', 1),
        ("open-quote.csv, line 2: a quotation mark is not closed",),
    ),
    Case(
        "line-break.csv", lines("", '{c},{s},{e},"a\nb"'),
        ("line-break.csv, line 1: a quotation mark is not closed",),
    ),
    Case(
        "ragged.csv", b"chr1,1,20\nchr1,30,60,x\n",
        ("ragged.csv, line 2: 4 fields, but the lines before have 3",),
    ),
    Case("pipes.txt", lines("", "{c}|{s}|{e}"), ("line 1: 1 fields, expected at least",)),
    Case("empty.bed", b"", ("empty.bed: the file has no peaks",)),
    Case("empty.bed.gz", gzip.compress(b""), ("the file has no peaks",)),
    Case("comments.bed", b"# x\ntrack name=x\nbrowser hide\n", ("the file has no peaks",)),
    Case("header.tsv", b"chrom\tstart\tend\n", ("the file has no peaks",)),
)  # fmt: skip
