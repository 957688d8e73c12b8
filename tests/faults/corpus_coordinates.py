"""Kind 1: tables that count from 1, and files for which that has to be found out."""

from tests.faults.peak_cases import NO_SIGNALS, STARTS, SUMMITS, Case

R_NARROW = "seqnames start end width strand name score signalValue pValue qValue peak"
MANORM = "chr start end summit M_value A_value P_value Peak_Group normalized_read_density_in_a"
BED_TABLE = "chrom start end name"

CASES = (
    Case(
        "HOMER annotatePeaks",
        "p{n}\t{c}\t{s1}\t{e}\t+\t{x}\tNA\tIntergenic\t-{n}\t",
        "PeakID (cmd=annotatePeaks.pl x.txt hg38)\tChr\tStart\tEnd\tStrand\tPeak Score\t"
        "Focus Ratio/Region Size\tAnnotation\tDistance to TSS\tGene Name",
        base=1, raw=True,
    ),
    Case(
        "HOMER findPeaks",
        "{c}-{n}\t{c}\t{s1}\t{e}\t+\t{x}\t0.9\t12\t300",
        "# HOMER Peaks\n#PeakID\tchr\tstart\tend\tstrand\tNormalized Tag Count\tfocus ratio\t"
        "findPeaks Score\tControl Tags",
        base=1, raw=True,
    ),
    Case(
        "HOMER mergePeaks",
        "m{n}\t{c}\t{s1}\t{e}\t+\t{x}\ta.txt\t1",
        "#name (cmd = mergePeaks a.txt b.txt)\tchr\tstart\tend\tstrand\tStat\tParent files\t"
        "Total subpeaks",
        base=1, signals=NO_SIGNALS, raw=True,
    ),
    Case("HOMER without a header", "{c}-{n} {c} {s1} {e} + {x} 0.9", base=1),
    Case("HOMER with strands 0 and 1", "{c}-{n} {c} {s1} {e} 0 {x} 0.9", base=1),
    Case(
        "narrowPeak of rtracklayer", "{c} {s1} {e} {w} * p{n} 9 {x} 3 2 {o}", R_NARROW,
        summits=SUMMITS, base=1,
    ),
    Case(
        "narrowPeak of rtracklayer without summits", "{c} {s1} {e} {w} * p{n} 9 {x} 3 2 -1",
        R_NARROW, base=1,
    ),
    Case(
        "narrowPeak of rtracklayer whose summit is the first base",
        "{c} {s1} {e} {w} * p{n} 9 {x} 3 2 0", R_NARROW, summits=STARTS, base=1,
    ),
    Case(
        "narrowPeak of rtracklayer without a header", "{c} {s1} {e} {w} * p{n} 9 {x} 3 2 {o}",
        summits=SUMMITS, base=1,
    ),
    Case(
        "narrowPeak of ChIPseeker without a header", "{c} {s1} {e} {w} * p{n} 9 . {x} 3 2 {o}",
        summits=SUMMITS, base=1,
    ),
    Case(
        "broadPeak of rtracklayer without a header", "{c} {s1} {e} {w} * p{n} 9 {x} 3 2", base=1
    ),
    Case("GRanges without a header", "{c} {s1} {e} {w} *", base=1, signals=NO_SIGNALS),
    Case(
        "GRanges with row names, without a header", '"{n}" "{c}" {s1} {e} {w} "*"', base=1,
        signals=NO_SIGNALS,
    ),
    Case(
        "GRanges with a header for all but the row names", "{n} {c} {s1} {e} {w} * {x}",
        "seqnames start end width strand score", base=1,
    ),
    Case(
        "GRanges as CSV", '"{n}","{c}",{s1},{e},{w},"+",{x}',
        '"","seqnames","start","end","width","strand","score"', base=1,
    ),
    Case(
        "ChIPseeker as CSV", '"{c}",{s1},{e},{w},"*","p",9,".",{x},3,2,{o},"Exon (a/1, exon 2)"',
        '"seqnames","start","end","width","strand","V4","V5","V6","V7","V8","V9","V10","annotation"',
        summits=SUMMITS, base=1, raw=True,
    ),
    Case(
        "DiffBind", "{c} {s1} {e} {w} * {x} 3.1 8.8 -2.2 1e-5 1e-4",
        "seqnames start end width strand Conc Conc_treated Conc_control Fold p-value FDR", base=1,
    ),
    Case(
        "MAnorm", "{c} {s1} {e} {p1} 0.5 7.1 0.01 a_unique {x}", MANORM, summits=SUMMITS, base=1,
        signals=NO_SIGNALS,
    ),
    Case("SAF", "p{n} {c} {s1} {e} .", "GeneID Chr Start End Strand", base=1, signals=NO_SIGNALS),
    Case(
        "featureCounts", "p{n} {c} {s1} {e} . {w} 120",
        "# Program:featureCounts v2.0\nGeneid Chr Start End Strand Length a.bam".replace("# ", "#"),
        base=1, signals=NO_SIGNALS,
    ),
    Case(
        "GFF3", "{c}\tmacs\tpeak\t{s1}\t{e}\t{x}\t.\t.\tID=p{n};Note=a peak", "##gff-version 3",
        base=1, raw=True,
    ),
    Case("GTF", '{c}\tx\texon\t{s1}\t{e}\t{x}\t+\t0\tgene_id "p{n}";', base=1, raw=True),
    Case(
        "MACS .xls without its column of lengths", "{c} {s1} {e} {p1} 30 8 {x} 5 p{n}",
        "chr start end abs_summit pileup -log10(pvalue) fold_enrichment -log10(qvalue) name",
        summits=SUMMITS, base=1,
    ),
    Case(
        "MACS .xls whose start was made 0-based", "{c} {s0} {e} {w} {p1} 30 8 {x} 5 p{n}",
        "chr start end length abs_summit pileup -log10(pvalue) fold_enrichment -log10(qvalue) name",
        summits=SUMMITS, base=0,
    ),
    Case(
        "MACS .xls without its header", "{c} {s1} {e} {w} {p1} 30 8 {x} 5 p{n}", summits=SUMMITS,
        base=1,
    ),
    Case(
        "MACS 1.4 .xls without its header", "{c} {s1} {e} {w} {o1} 30 80 {x} 5", summits=SUMMITS,
        base=1,
    ),
    Case("broad MACS .xls without its header", "{c} {s1} {e} {w} 30 8 {x} 5 p{n}", base=1),
    Case(
        "R without widths", "{c} {s1} {e} * {x}", "seqnames start end strand score", base=1
    ),
    Case(
        "rtracklayer's BED with a thick part of one base",
        "{c} {s1} {e} {w} * p{n} {x} NA {p1} {p1} 1",
        "seqnames start end width strand name score itemRgb thick.start thick.end thick.width",
        summits=SUMMITS, base=1,
    ),
    Case(
        "MOSAiCS", "{c} {s1} {e} {w} 20 30 {x}",
        "chrID peakStart peakStop peakSize logAveP logMinP aveChipCount", base=1,
        signals=NO_SIGNALS,
    ),
    Case(
        "a table of unknown base", "{c} {s0} {e} p{n}", BED_TABLE, signals=NO_SIGNALS,
        warning="cannot determine whether starts count from 0 or from 1",
    ),
    Case(
        "the same with coordinates 1", "{c} {s1} {e} p{n}", BED_TABLE, base=1,
        signals=NO_SIGNALS, given={"coordinates": "1"},
    ),
    Case(
        "the same with coordinates 0", "{c} {s0} {e} p{n}", BED_TABLE, signals=NO_SIGNALS,
        given={"coordinates": "0"},
    ),
    Case(
        "a table with R's strand", "{c} {s1} {e} *", "chr start end strand", base=1,
        signals=NO_SIGNALS, warning="R writes * as strand); assumed 1",
    ),
    Case(
        "a header that is not understood", "{c} {s0} {e} p{n} {x} *",
        "seqname_ starts ends names scores strands", warning="assumed 0, which column",
    ),
    Case(
        "a header in a comment", "{c} {s0} {e} p{n}", "#chrom start end name", signals=NO_SIGNALS,
    ),
    Case("three words in a comment", "{c} {s0} {e}", "# two\twords more", signals=NO_SIGNALS),
    Case("UCSC's names", "{c} {s0} {e} {x}", "chrom chromStart chromEnd score"),
    Case("UCSC's #bin", "585 {c} {s0} {e} p{n} {x}", "#bin chrom chromStart chromEnd name score"),
    Case("UCSC's bin without a header", "585 {c} {s0} {e} p{n} {x} +"),
    Case(
        "BED with R's strand", "{c} {s0} {e} p{n} {x} *",
        warning="R writes * as strand); assumed 0",
    ),
    Case("BED with R's strand and coordinates 1", "{c} {s1} {e} p{n} {x} *", base=1,
         given={"coordinates": "1"}),
    Case("BED with widths", "{c} {s0} {e} {w} {x}", signals=NO_SIGNALS),
    Case(
        "narrowPeak with coordinates 1", "{c} {s1} {e} p{n} 9 . {x} 3 2 {o}", summits=SUMMITS,
        base=1, given={"coordinates": "1"},
    ),
    Case("BED3 with coordinates 1", "{c} {s1} {e}", base=1, signals=NO_SIGNALS,
         given={"coordinates": "1"}),
    Case(
        "SAF by name", "p{n} {c} {s1} {e} x", base=1, signals=NO_SIGNALS, given={"format": "saf"}
    ),
    Case(
        "widths that fit neither base are ignored", "{c} {s1} {e} 17 * {x}",
        "seqnames start end width strand score", base=1,
    ),
    Case(
        "coordinates that contradict the widths", "{c} {s1} {e} {w} * {x}",
        "seqnames start end width strand score", given={"coordinates": "0"},
        message=("line 2", "the length (column 4) is 210, expected 209 bases"),
    ),
    Case(
        "coordinates 1 and a start of 0", "{c} 0 {e} p{n} {x} +", given={"coordinates": "1"},
        message=("line 1", "start 0 is less than 1"),
    ),
    Case(
        "a format that needs a header", "{c} {s0} {e}", given={"format": "table"},
        message=("found no header with the columns chrom, start and end", "add a header"),
    ),
)  # fmt: skip
