"""Kind 3: the two strongest peaks are wanted (`windows.max_peaks: 2`)."""

from tests.faults.peak_cases import SUMMITS, Case

NARROW = "{c} {s0} {e} p{n} 9 . %s 3.5 2.5 {o}"
R_TABLE = "seqnames start end width strand"
UNKNOWN = ("windows.max_peaks = 2 keeps the strongest of 3 peaks", "known to be the strength")

CASES = (
    Case("narrowPeak", NARROW % "{x}", summits=SUMMITS),
    Case("broadPeak", "{c} {s0} {e} p{n} 9 . {x} 3 2"),
    Case("BED5", "{c} {s0} {e} p{n} {x}"),
    Case("BED6", "{c} {s0} {e} p{n} {x} +"),
    Case("SICER", "{c} {s0} {e} 183 21{n} 1e-9 {x} 1e-8"),
    Case("SICER by name", "{c} {s0} {e} 183 21{n} 1e-9 {x} 1e-8", given={"format": "sicer"}),
    Case(
        "epic2", "{c} {s0} {e} 1e-9 {x} . 183 21{n} 1e-8 1.5",
        "#Chromosome Start End PValue Score Strand ChIPCount InputCount FDR log2FoldChange",
    ),
    Case("epic2 without a header", "{c} {s0} {e} 1e-9 {x} . 183 21{n} 1e-8 1.5"),
    Case(
        "DiffBind", "{c} {s1} {e} {w} * {x} 3.{n} 8 -2.2 0.1",
        f"{R_TABLE} Conc Conc_control Conc_treated Fold FDR", base=1,
    ),
    Case(
        "DiffBind without the mean", "{c} {s1} {e} {w} * 3.{n} 8 -2.2 0.1",
        f"{R_TABLE} Conc_control Conc_treated Fold FDR",
        message=(*UNKNOWN, "column 6 (Conc_control), column 7 (Conc_treated), column 8 (Fold)"),
    ),
    Case(
        "DiffBind with a named strength", "{c} {s1} {e} {w} * 3.{n} {x} -2.2 0.1",
        f"{R_TABLE} Conc_control Conc_treated Fold FDR", base=1,
        given={"strength": "Conc_treated"},
    ),
    Case(
        "MAnorm", "{c} {s1} {e} {p1} 0.5 7.1 0.01 a_unique {x} 4",
        "chr start end summit M_value A_value P_value Peak_Group "
        "normalized_read_density_in_chip normalized_read_density_in_control",
        message=(*UNKNOWN, "(MAnorm)", "(normalized_read_density_in_chip)", "`strength`"),
    ),
    Case(
        "MAnorm with a numbered strength", "{c} {s1} {e} {p1} 0.5 7.1 0.01 a_unique {x} 4",
        "chr start end summit M_value A_value P_value Peak_Group "
        "normalized_read_density_in_chip normalized_read_density_in_control",
        summits=SUMMITS, base=1, given={"strength": "9"},
    ),
    Case(
        "LanceOtron", "{c} {s0} {e} {x} 0.9 0.{n}",
        "chrom start end overall_peak_score shape_score enrichment_score",
    ),
    Case(
        "csaw", "{c} {s1} {e} {w} * 1.5 7.1 0.01", f"{R_TABLE} logFC logCPM PValue",
        message=(*UNKNOWN, "column 6 (logFC), column 7 (logCPM), column 8 (PValue)"),
    ),
    Case("BED3", "{c} {s0} {e}", message=(*UNKNOWN, "it has no others", "to null")),
    Case("BED4 of names", "{c} {s0} {e} p{n}", message=(*UNKNOWN, "(BED4)")),
    Case("score in column 4", "{c} {s0} {e} {x}", message=(*UNKNOWN, "columns of numbers are "
         "column 4; name the column in `strength`")),
    Case("score in column 4, named", "{c} {s0} {e} {x}", given={"strength": "4"}),
    Case(
        "reads of sample and control", "{c} {s0} {e} 183.5 21{n}",
        message=(*UNKNOWN, "column 4, column 5"),
    ),
    Case(
        "ten columns of numbers", "{c} {s0} {e} 1 2 3 4 5 6 7",
        message=(*UNKNOWN, "column 4, column 5, column 6"),
    ),
    Case(
        "GRanges without a score", "{c} {s1} {e} {w} *",
        message=(*UNKNOWN, "(table of R (GRanges))"),
    ),
    Case(
        "SAF", "p{n} {c} {s1} {e} .", "GeneID Chr Start End Strand",
        message=(*UNKNOWN, "(SAF)"),
    ),
    Case(
        "an equal score", "{c} {s0} {e} p{n} 1000 +", signals=[1000.0] * 3,
        warning="all 3 peaks have the same strength (column 5)",
    ),
    Case(
        "an equal signal", NARROW % "4", summits=SUMMITS, signals=[4.0] * 3,
        warning="all 3 peaks have the same strength (column 7)",
    ),
    Case("a score of dots", "{c} {s0} {e} p{n} . +", message=UNKNOWN),
    Case(
        "an infinite signal", "{c} {s0} {e} p{n} 9 . {x}e400 3 2", signals=[1.0] * 3,
        warning="the signalValue (column 7) is infinite in 3 peaks",
    ),
    Case(
        "an infinite strength of R", "{c} {s1} {e} {w} * Inf", f"{R_TABLE} score", base=1,
        signals=[1.0] * 3, warning="the score (column 6) is infinite in 3 peaks",
    ),
    Case(
        "a strength that is no number", NARROW % "nan", given={"format": "narrowPeak"},
        message=("line 1", "the signalValue (column 7) is 'nan', expected a number"),
    ),
    Case(
        "a strength of text", "{c} {s0} {e} p{n} {x} +", given={"strength": "4"},
        message=("line 1", "(column 4) is 'p0', expected a number"),
    ),
    Case(
        "a strength beyond the columns", "{c} {s0} {e} p{n} {x} +", given={"strength": "7"},
        message=("column `strength` of the experiment table is 7", "from 1 to 6"),
    ),
    Case(
        "a strength that no column is called", "{c} {s1} {e} {w} * {x}", f"{R_TABLE} score",
        given={"strength": "Fold"},
        message=("is Fold, expected the number of a column from 1 to 6 or one of the names seqn",),
    ),
)  # fmt: skip
