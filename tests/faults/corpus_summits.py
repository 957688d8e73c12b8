"""Kind 2: summits in other columns than narrowPeak's, and columns that are no summits."""

from tests.faults.peak_cases import NO_SIGNALS, SUMMITS, Case

NARROW = "{c} {s0} {e} p{n} 9 . {x} 3.5 2.5 {o}"
GAPPED = "{c} {s0} {e} p{n} 9 . %s 0 3 1,9,1 0,50,100 {x} 3 2"
IGNORED = "the middles of the peaks are taken as summits"

CASES = (
    Case("narrowPeak", NARROW, summits=SUMMITS),
    Case("narrowPeak without summits", "{c} {s0} {e} p{n} 9 . {x} 3 2 -1"),
    Case("narrowPeak and a note", NARROW + " note", summits=SUMMITS),
    Case("narrowPeak and coverage", NARROW + " 55 200 300 0.66 1.5", summits=SUMMITS),
    Case(
        "narrowPeak of whole numbers and five columns", "{c} {s0} {e} p{n} 9 . 7 3 2 {o} 5 2 3 0 1",
        summits=SUMMITS, signals=[7.0, 7.0, 7.0],
    ),
    Case("narrowPeak with R's strand", NARROW.replace(" . ", " * "), summits=SUMMITS),
    Case("narrowPeak with positions", "{c} {s0} {e} p{n} 9 . {x} 3 2 {p0}", summits=SUMMITS),
    Case("narrowPeak by name", NARROW, summits=SUMMITS, given={"format": "narrowPeak"}),
    Case("narrowPeak read as BED", NARROW, signals=[9.0] * 3, given={"format": "bed"}),
    Case(
        "narrowPeak's names in another order", "{o} {x} 3 2 {c} {s0} {e}",
        "peak signalValue pValue qValue chrom chromStart chromEnd", summits=SUMMITS,
    ),
    Case(
        "IDR of narrowPeak", NARROW + " 1.2 1.3 {s0} {e} 7 5 {s1} {e} 8 6", summits=SUMMITS
    ),
    Case("IDR of broadPeak", "{c} {s0} {e} . 9 . {x} 3 2 1.2 1.3 {s0} {e} 7 {s1} {e} 8"),
    Case(
        "IDR of BED", "{c} {s0} {e} . 1000 . 1.20 {x} {s0} {e} 2042.0 {s1} {e} 1633.6"
    ),
    Case("SEACR", "{c} {s0} {e} 2042.5 {x} {c}:{p0}-{p}", summits=SUMMITS),
    Case("SEACR and a count", "{c} {s0} {e} 2042.5 {x} {c}:{p0}-{p} 12", summits=SUMMITS),
    Case(
        "SEACR by name", "{c} {s0} {e} 2042.5 {x} {c}:{p0}-{p}", summits=SUMMITS,
        given={"format": "seacr"},
    ),
    Case(
        "SEACR with a header", "{c} {s0} {e} 2042.5 {x} {c}:{p0}-{p}",
        "chrom chromStart chromEnd AUC max_signal max_signal_region", summits=SUMMITS,
    ),
    Case(
        "SEACR with a region elsewhere", "{c} {s0} {e} 2042.5 {x} {c}:1-2",
        given={"format": "seacr"},
        message=("line 1", "the region of the maximum (column 6) is 'chr1:1-2'", "chr1:1000-1210"),
    ),
    Case("ReMap", "{c} {s0} {e} GSE.CTCF.K562 {x} . {p0} {p} 0,102,204", summits=SUMMITS),
    Case("BED8 and a colour of 0", "{c} {s0} {e} p{n} {x} + {p0} {p} 0", summits=SUMMITS),
    Case(
        "BED12 with a thick part of one base",
        "{c} {s0} {e} p{n} {x} + {p0} {p} 0 2 5,5, 0,50,", summits=SUMMITS,
    ),
    Case("BED9 whose thick part is the whole", "{c} {s0} {e} p{n} {x} + {s0} {e} 255,0,0"),
    Case("BED9 without a thick part", "{c} {s0} {e} p{n} {x} + {s0} {s0} 255,0,0"),
    Case(
        "BED9 with a longer thick part", "{c} {s0} {e} p{n} {x} + {s1} {p} 255,0,0",
        warning="columns 7 and 8 hold a part of each peak, but " + IGNORED,
    ),
    Case(
        "the same with format bed_thick", "{c} {s0} {e} p{n} {x} + {p0} {p} 255,0,0",
        summits=SUMMITS, given={"format": "bed_thick"},
    ),
    Case(
        "BED9 with names of columns", "{c} {s0} {e} p{n} {x} + {p0} {p} 0",
        "chrom chromStart chromEnd name score strand thickStart thickEnd itemRgb",
        summits=SUMMITS,
    ),
    Case("gappedPeak", GAPPED % "{p0} {p}", summits=SUMMITS),
    Case("gappedPeak whose thick part is the whole", GAPPED % "{s0} {e}"),
    Case(
        "HMMRATAC", "{c} {s0} {e} Peak_{n} . . {p0} {p} 255,0,0 3 1,9,1 0,50,100 {x} -1 -1",
        "track name=peaks type=gappedPeak", summits=SUMMITS,
    ),
    Case(
        "HMMRATAC without an open part",
        "{c} {s0} {e} Peak_{n} . . 0 0 255,0,0 1 1 0 {x} -1 -1",
    ),
    Case("gappedPeak by name", GAPPED % "{p0} {p}", summits=SUMMITS,
         given={"format": "gappedPeak"}),
    Case("bedtools: narrowPeak and BED", NARROW + " {c} {s1} {e} gene 5 +", summits=SUMMITS),
    Case("bedtools: two narrowPeak files", f"{NARROW} {NARROW}", summits=SUMMITS),
    Case(
        "bedtools: narrowPeak and BED of several files", NARROW + " 1 {c} {s1} {e} gene",
        summits=SUMMITS,
    ),
    Case("bedtools: narrowPeak without a partner", NARROW + " . -1 -1 .", summits=SUMMITS),
    Case("bedtools: BED4 and BED6", "{c} {s0} {e} p{n} {c} {s1} {e} gene 5 +", signals=NO_SIGNALS),
    Case(
        "bedtools: BED6 and narrowPeak", "{c} {s0} {e} p{n} {x} + " + NARROW,
        warning="the peaks from column 7 on have a summit (column 16), but " + IGNORED,
    ),
    Case("narrowPeak without strengths", "{c} {s0} {e} p{n} 0 . 0 0 0 {o}", summits=SUMMITS,
         signals=NO_SIGNALS),
    Case("narrowPeak without strengths, unset", "{c} {s0} {e} p{n} 0 . 0 -1 -1 {o}",
         summits=SUMMITS, signals=NO_SIGNALS),
    Case("BED8", "{c} {s0} {e} p{n} {x} + {p0} {p}", summits=SUMMITS),
    Case(
        "IDR without merged summits",
        "{c} {s0} {e} . 9 . {x} 3 2 -1 1.2 1.3 {s0} {e} 7 {p0} {s1} {e} 8 {p1}",
        warning="column 16 holds a position within each peak, but " + IGNORED,
    ),
    Case(
        "GRanges with a position", "{c} {s1} {e} {w} * {p1} {x}",
        warning="column 6 holds a position within each peak", signals=NO_SIGNALS, base=1,
    ),
    Case(
        "narrowPeak of peaks that were cut", "{c} {s0} {e} p{n} 9 . {x} 3 2 {s0}00",
        message=("line 1: the summit (column 10)", "expected an offset from 0 to 209", "`format`"),
    ),
    Case(
        "the same read as BED", "{c} {s0} {e} p{n} {x} . 7 3 2 {s0}00", given={"format": "bed"}
    ),
    Case("ten columns of numbers", "{c} {s0} {e} 1 2 3 4 5 6 7", signals=NO_SIGNALS),
    Case("twelve columns of numbers", "{c} {s0} {e} 1 2 3 4 5 6 7 8 9", signals=NO_SIGNALS),
    Case(
        "a summit as the fourth column", "{c} {s0} {e} {p0} {x}",
        warning="column 4 holds a position within each peak", signals=NO_SIGNALS,
    ),
    Case(
        "a summit as the seventh column", "{c} {s0} {e} p{n} {x} . {p0}",
        warning="column 7 holds a position within each peak, but " + IGNORED,
    ),
    Case(
        "a named position", "{c} {s0} {e} {p0} {x}", "chrom chromStart chromEnd summit score",
        summits=SUMMITS,
    ),
    Case(
        "a named offset", "{c} {s0} {e} {o} {x}", "chrom chromStart chromEnd summit score",
        summits=SUMMITS,
    ),
    Case(
        "a position under another name", "{c} {s0} {e} {p0} {x}",
        "chrom chromStart chromEnd maxPos score",
        warning="column 4 (maxPos) holds a position within each peak",
    ),
    Case(
        "a summit beyond its peak", "{c} {s0} {e} p{n} 9 . {x} 3 2 9999",
        given={"format": "narrowPeak"},
        message=("line 1", "the summit (column 10) is 9999; expected an offset from 0 to 209"),
    ),
    Case(
        "too few columns for the format", "{c} {s0} {e} p{n}", given={"format": "narrowPeak"},
        message=("line 1: 4 fields, which are too few for narrowPeak", "column `format`"),
    ),
)  # fmt: skip
