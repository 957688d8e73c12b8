"""The section on data: what was read, what each filter dropped, the negatives, the audit."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tfmoe.figures.sets import by_stratum
from tfmoe.figures.style import stratum_label
from tfmoe.report.inputs import Run, RunTables
from tfmoe.report.tables import (
    Block,
    Cell,
    Paragraph,
    Section,
    Table,
    count,
    group_row,
    number,
    percent,
    text,
)

_FILTERS = {
    "chromosome": "not on the genome",
    "edge": "at a chromosome's edge",
    "unknown_bases": "too many N",
    "blacklist": "blacklist",
    "duplicate": "duplicate",
    "max_peaks": "beyond the top",
}
_KINDS = {"genomic": "genomic", "dinucleotide": "dinucleotide shuffle"}


def data_section(tables: RunTables, run: Run) -> Section:
    """Return the section.

    Parameters
    ----------
    tables
        The run's tables.
    run
        The run.
    """
    blocks: list[Block] = []
    length = run.config["windows"]["length"]
    splits = run.config["splits"]
    blocks.append(
        Paragraph(
            f"Windows of {length} bp about the summit of each peak. Test chromosomes: "
            f"{', '.join(splits['test'])}; validation: {', '.join(splits['validation'])}; gate: "
            f"{', '.join(splits['gate'])}; all others train the experts."
        )
    )
    blocks += [_peaks(tables, run), _negatives(tables.negatives), _audit(tables.audit)]
    return Section("data", "Data", blocks)


def _peaks(tables: RunTables, run: Run) -> Table:
    known = [name for name in _FILTERS if name in tables.windows.columns]
    filters = [name for name in known if tables.windows[name].any()]
    idle = [_FILTERS[name] for name in known if name not in filters]
    caption = "Peaks read, peaks that each filter dropped in turn, and windows kept, by experiment."
    if idle:
        caption += f" No peak was dropped for: {', '.join(idle)}."
    windows = _records(tables.windows)
    checked = _records(tables.check)
    rows: list[list[Cell]] = []
    for stratum, members in by_stratum(run.sets).items():
        rows.append(group_row(stratum_label(stratum)))
        for found in members:
            kept = windows.get(found.experiment, {})
            rows.append(
                [
                    text(found.experiment),
                    text(found.factor),
                    count(kept.get("peaks")),
                    *(count(kept.get(name)) for name in filters),
                    count(kept.get("kept")),
                    text(checked.get(found.experiment, {}).get("naming")),
                ]
            )
    return Table(
        caption,
        [
            "experiment",
            "factor",
            "peaks",
            *(_FILTERS[name] for name in filters),
            "kept",
            "chromosome names",
        ],
        rows,
    )


def _negatives(negatives: pd.DataFrame) -> Table:
    sums = negatives.groupby(["kind", "split"], sort=False)[["asked", "drawn"]].sum()
    short = negatives[negatives["drawn"] < negatives["asked"]]
    rows = [
        [
            text(_KINDS.get(row["kind"], row["kind"])),
            text(row["split"]),
            count(row["asked"]),
            count(row["drawn"]),
        ]
        for row in sums.reset_index().to_dict("records")
    ]
    experiments = ", ".join(dict.fromkeys(short["experiment"]))
    note = f" Fewer than asked for: {experiments}." if len(short) else ""
    return Table(
        "Negatives asked for and drawn, over all experiments. Genomic negatives match the "
        "positives' GC content and lie in the same split, away from all peaks of the factor; "
        f"shuffles for training are made afresh each epoch and not counted.{note}",
        ["negatives", "split", "asked for", "drawn"],
        rows,
    )


def _audit(audit: pd.DataFrame) -> Table:
    rows = [
        [
            text(row["experiment"]),
            text(_KINDS.get(row["negatives"], row["negatives"])),
            count(row["n_pos"]),
            count(row["n_neg"]),
            number(row["gc_pos"]),
            number(row["gc_neg"]),
            number(row["detector_auroc"]),
            percent(row["overlap_share"], 1),
            percent(row["repeat_share"], 1),
        ]
        for row in audit.to_dict("records")
    ]
    return Table(
        "Audit. Detector: cross-validated AUROC of a logistic regression that sees GC content and "
        "dinucleotides but no motif; near 0.5 the negatives give nothing away. Overlap: share of "
        "test positives that overlap a training peak of another factor. Repeat: share whose very "
        "sequence is a positive of another split too.",
        [
            "experiment",
            "negatives",
            "positives",
            "negatives, n",
            "GC, positives",
            "GC, negatives",
            "detector AUROC",
            "overlap",
            "repeat",
        ],
        rows,
        folded=len(rows) > 12,
    )


def _records(table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    records: list[dict[str, Any]] = table.to_dict("records")  # type: ignore[assignment]
    return {str(row["experiment"]): row for row in records}
