"""Audit of the sequences: four figures with captions, and a table."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from tfmoe.core.text import decimals, list_words, percent
from tfmoe.core.vocabulary import Kind, Stratum, kind_order
from tfmoe.figures.style import kind_label
from tfmoe.report.blocks import (
    Block,
    Heading,
    Table,
    count_cell,
    number_cell,
    percent_cell,
    text_cell,
)
from tfmoe.report.pictures import picture
from tfmoe.report.run_tables import Run, RunTables

_ANY = "any"
_POSITIVES = "positives"


def audit_blocks(tables: RunTables, run: Run, figures: Path) -> list[Block]:
    """Return the results of the audit.

    Parameters
    ----------
    tables
        Tables of the run.
    run
        The run.
    figures
        Folder of the figures.

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
    """Return the caption of the heat map of overlaps."""
    by_kmers = (overlaps["by"] == "31-mers").any()
    criterion = (
        "share a 31-mer, on either strand, with sequences seen by the experts of a training set"
        if by_kmers
        else "overlap a peak of a training set, or the window of a peak"
    )
    caption = (
        f"Overlap with training sets: share of a set's test positives that {criterion}. "
        "Training sets of the set's own factor are excluded, unless it is the factor in other "
        "cells. A set without "
        "coordinates is also compared with its own other splits. Overlapping sequences are left "
        "out of the results on the part without overlaps."
    )
    unseen = ~overlaps["stratum"].isin(["-", Stratum.SAME_FACTOR])
    ood = overlaps[unseen & (overlaps["training_experiment"] == _ANY)]
    return caption + _extremes(ood.set_index("experiment")["share"], "OOD sets")


def describe_homology(homology: pd.DataFrame, run: Run) -> str:
    """Return the caption of the bars of shared sequence."""
    caption = (
        "Sequence shared between splits: share of test positives that share 31-mers, on either "
        "strand, with positives that are used to train, fit or choose an expert. Light: at least "
        "one 31-mer; dark: at least half of them. The mark is the share within the experiment."
    )
    if run.config["genome"] is not None:
        caption += (
            " Splits of a genome separate positions, so the rest is repeats and duplications."
        )
    whole = homology[homology["training_experiment"] == _ANY].set_index("experiment")
    return caption + _extremes(whole["share_31mer"], "sets")


def describe_detectability(detectability: pd.DataFrame) -> str:
    """Return the caption of the dots of detectability."""
    caption = (
        "Detectability: cross-validated AUROC, within each set, of logistic regressions on GC and "
        "dinucleotides, or on 4-mers. They cannot see a whole motif. Near 0.5, only a motif model "
        "can separate the sequences. But 4-mers contain pieces of motifs, and any shuffle differs "
        "from real sequence in its 4-mers. Dots: sets (the one farthest from 0.5 has its name); "
        "larger marks: their median."
    )
    rows = detectability[detectability["first"] == _POSITIVES]
    medians = rows.groupby(["second", "features"])["auroc"].median().dropna()
    parts = [
        f"{_median(medians, kind, 'composition')} and {_median(medians, kind, '4-mers')} against "
        f"{kind_label(kind)}"
        for kind in sorted(set(medians.index.get_level_values("second")), key=kind_order)
    ]
    return f"{caption} Medians over sets: {list_words(parts)}." if parts else caption


def _median(medians: pd.Series[float], kind: str, features: str) -> str:
    return decimals(medians.get((kind, features)))


def describe_composition(audit: pd.DataFrame, run: Run) -> str:
    """Return the caption of the distributions of GC and repeats."""
    caption = "GC content of positives and negatives"
    known = bool(audit["repeat_pos"].notna().any())
    if known:
        caption += ", and the share of their bases in repeats (soft-masked)"
    caption += "."
    if run.config["genome"] is not None:
        caption += " Windows from anywhere in the genome show the effect of matching."
    if not known:
        caption += " Repeats are not known, because no sequence mixes lower and upper case."
    genomic = audit[audit["negatives"] == Kind.GENOMIC]
    if genomic["ks_gc"].notna().any():
        caption += (
            " Largest distance (Kolmogorov-Smirnov) between positives and genomic negatives: GC "
            f"{decimals(genomic['ks_gc'].max())}"
        )
        if known:
            caption += f", repeats {decimals(genomic['ks_repeat'].max())}"
        caption += "."
    return caption


def _extremes(shares: pd.Series[float], noun: str) -> str:
    """Return the median and the largest of some shares as a sentence; empty without any."""
    known = shares.dropna()
    if known.empty:
        return ""
    middle, most = (percent(value, 0) for value in (known.median(), known.max()))
    if len(known) == 1:
        return f" It is {most} for {known.index[0]}."
    return f" Median over {len(known)} {noun}: {middle}; largest: {most} ({known.idxmax()})."


def _audit(audit: pd.DataFrame) -> Table:
    rows = [
        [
            text_cell(row["experiment"]),
            text_cell(kind_label(row["negatives"])),
            count_cell(row["n_pos"]),
            count_cell(row["n_neg"]),
            number_cell(row["gc_pos"]),
            number_cell(row["gc_neg"]),
            number_cell(row["repeat_pos"]),
            number_cell(row["repeat_neg"]),
            number_cell(row["detector_auroc"]),
            number_cell(row["detector_4mer_auroc"]),
            percent_cell(row["shuffle_share"]),
            percent_cell(row["overlap_share"], 1),
            percent_cell(row["identical_share"], 1),
        ]
        for row in audit.to_dict("records")
    ]
    return Table(
        "Audit per experiment and kind of negatives, in the splits with such negatives. Shuffles: "
        "share of negatives with exactly the dinucleotide counts of a positive. Overlap: share of "
        "test positives that overlap a training set of another factor. Identical: share of test "
        "positives whose sequence is also a positive of another split.",
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
