"""The audit in the section on data: four figures with what they show in words, and its table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tfmoe.core.vocabulary import KINDS, kind_order
from tfmoe.report.blocks import (
    Block,
    Heading,
    Table,
    count,
    decimals,
    list_words,
    number,
    percent,
    text,
)
from tfmoe.report.pictures import picture
from tfmoe.report.run_tables import Run, RunTables

_ANY = "any"
_POSITIVES = "positives"


def audit_blocks(tables: RunTables, run: Run, figures: Path) -> list[Block]:
    """Return what the audit of sequences has found.

    Parameters
    ----------
    tables
        The run's tables.
    run
        The run.
    figures
        The folder of the figures.

    Raises
    ------
    InputError
        If a figure is missing.
    """
    return [
        Heading("Audit"),
        picture(figures, "audit_overlaps", describe_overlaps(tables.overlaps)),
        picture(figures, "audit_homology", describe_homology(tables.homology, run)),
        picture(figures, "audit_detectability", describe_detectability(tables.detectability)),
        picture(figures, "audit_composition", describe_composition(tables.audit, run)),
        _audit(tables.audit),
    ]


def describe_overlaps(overlaps: pd.DataFrame) -> str:
    """Say what the heat map of overlaps shows."""
    by = "31-mers" if (overlaps["by"] == "31-mers").any() else "coordinates"
    told = (
        "shares a 31-mer, on either strand, with what the experts of the training set see"
        if by == "31-mers"
        else "overlaps a peak, or its window, of the training set"
    )
    caption = (
        f"Overlap with training sets: share of a set's test positives that {told}. Training sets "
        "of the set's own factor count in none of the columns, but a set without coordinates is "
        "also compared with the other splits of its own. What overlaps is left out of the results "
        "on the non-overlapping part."
    )
    ood = overlaps[(overlaps["stratum"] != "-") & (overlaps["training_experiment"] == _ANY)]
    return caption + _extremes(ood.set_index("experiment")["share"], "OOD sets")


def describe_homology(homology: pd.DataFrame, run: Run) -> str:
    """Say what the bars of shared sequence show."""
    caption = (
        "Sequence shared between splits: share of test positives with a 31-mer, on either strand, "
        "of a positive that some expert is trained, fitted or chosen on (light), and with at least "
        "half of their 31-mers there (dark); the mark is the share within the experiment itself."
    )
    if run.config["genome"] is not None:
        caption += " Splits of a genome part places; what is left are repeats and duplications."
    whole = homology[homology["training_experiment"] == _ANY].set_index("experiment")
    return caption + _extremes(whole["share_31mer"], "sets")


def describe_detectability(detectability: pd.DataFrame) -> str:
    """Say what the dots of detectability show."""
    caption = (
        "Detectability: cross-validated AUROC, within each set, of logistic regressions that see "
        "GC and dinucleotides, or 4-mers, and no motif as such. Near 0.5, nothing but what a motif "
        "model finds tells the sequences apart. 4-mers see pieces of motifs, too, and any shuffle "
        "differs from real sequence in them. Dots: sets (the farthest from 0.5 is named); larger "
        "marks: their median."
    )
    rows = detectability[detectability["first"] == _POSITIVES]
    medians = rows.groupby(["second", "features"])["auroc"].median().dropna()
    parts = [
        f"{_median(medians, kind, 'composition')} and {_median(medians, kind, '4-mers')} against "
        f"{KINDS.get(kind, kind)}"
        for kind in sorted(set(medians.index.get_level_values("second")), key=kind_order)
    ]
    return f"{caption} Medians over sets: {list_words(parts)}." if parts else caption


def _median(medians: pd.Series[float], kind: str, features: str) -> str:
    return decimals(medians.get((kind, features)))


def describe_composition(audit: pd.DataFrame, run: Run) -> str:
    """Say what the distributions of GC and repeats show."""
    caption = "GC content of positives and negatives"
    known = bool(audit["repeat_pos"].notna().any())
    if known:
        caption += ", and the share of their bases that lie in repeats (soft-masked)"
    if run.config["genome"] is not None:
        caption += ", beside windows drawn anywhere in the genome: what matching has changed"
    caption += "."
    if not known:
        caption += " Repeats are not known: no sequence has lower case beside upper case."
    genomic = audit[audit["negatives"] == "genomic"]
    if genomic["ks_gc"].notna().any():
        caption += (
            " Largest distance (Kolmogorov-Smirnov) of positives and genomic negatives: GC "
            f"{decimals(genomic['ks_gc'].max())}"
        )
        if known:
            caption += f", repeats {decimals(genomic['ks_repeat'].max())}"
        caption += "."
    return caption


def _extremes(shares: pd.Series[float], what: str) -> str:
    """Name the median and the largest of some shares; nothing if there are none."""
    known = shares.dropna()
    if known.empty:
        return ""
    middle, most = (f"{100 * value:.0f} %" for value in (known.median(), known.max()))
    if len(known) == 1:
        return f" It is {most} for {known.index[0]}."
    return f" Median over {len(known)} {what}: {middle}; the largest: {most}, {known.idxmax()}."


def _audit(audit: pd.DataFrame) -> Table:
    rows = [
        [
            text(row["experiment"]),
            text(KINDS.get(row["negatives"], row["negatives"])),
            count(row["n_pos"]),
            count(row["n_neg"]),
            number(row["gc_pos"]),
            number(row["gc_neg"]),
            number(row["repeat_pos"]),
            number(row["repeat_neg"]),
            number(row["detector_auroc"]),
            number(row["detector_4mer_auroc"]),
            percent(row["shuffle_share"]),
            percent(row["overlap_share"], 1),
            percent(row["identical_share"], 1),
        ]
        for row in audit.to_dict("records")
    ]
    return Table(
        "Audit by experiment and kind of negatives, in the splits in which there are such "
        "negatives. Shuffles: share of negatives with exactly the dinucleotide counts of a "
        "positive. Overlap: share of test positives that overlap a training set of another factor. "
        "Identical: share whose very sequence is a positive of another split too.",
        [
            "experiment",
            "negatives",
            "positives",
            "negatives, n",
            "GC, positives",
            "GC, negatives",
            "repeats, positives",
            "repeats, negatives",
            "AUROC, composition",
            "AUROC, 4-mers",
            "shuffles",
            "overlap",
            "identical",
        ],
        rows,
        folded=len(rows) > 12,
    )
