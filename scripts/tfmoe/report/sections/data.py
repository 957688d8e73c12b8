"""Section on the data: sources, splits, windows dropped by each filter, and negatives."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from tfmoe.core.text import decimals, list_words, plural
from tfmoe.data.description import describe_negatives, describe_splits
from tfmoe.evaluation.sets import by_stratum
from tfmoe.figures.style import kind_label, stratum_label
from tfmoe.report.blocks import (
    Block,
    Bullets,
    Cell,
    Paragraph,
    Section,
    Table,
    count_cell,
    group_row,
    number_cell,
    text_cell,
)
from tfmoe.report.run_tables import Run, RunTables
from tfmoe.report.sections.audit import audit_blocks

_FILTERS = {
    "chromosome": "not on the genome",
    "edge": "at a chromosome's edge",
    "split_gap": "in no split",
    "short": "shorter than a window",
    "unknown_bases": "too many N",
    "blacklist": "blacklist",
    "duplicate": "duplicate",
    "merged": "merged with another file's",
    "max_peaks": "beyond the strongest",
}
_MANY = 12
"""Longer tables are folded, and longer lists are cut."""


def data_section(tables: RunTables, run: Run, figures: Path) -> Section:
    """Return the section.

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
        If a figure of the audit is missing.
    """
    blocks: list[Block] = [
        Paragraph(f"{_source(run.config)} {describe_splits(run.config)}"),
        _positives(tables, run),
        *peak_files(tables.windows),
        Paragraph("Kinds of negatives, with the number requested per positive:"),
        Bullets(describe_negatives(run.config)),
        _negatives(tables.negatives, bool(tables.audit["repeat_pos"].notna().any())),
        *_shortfalls(tables.negatives),
        *audit_blocks(tables, run, figures),
    ]
    return Section("data", "Data", blocks)


def _source(config: Mapping[str, Any]) -> str:
    length = config["windows"]["length"]
    if config["genome"] is None:
        return (
            f"Ready sequences, of which the middle {length} bases are used. They have no "
            "coordinates, so overlap is measured by shared 31-mers on either strand."
        )
    return f"Windows of {length} bp around the summit of each peak."


def _positives(tables: RunTables, run: Run) -> Table:
    # the column is "sequences" for ready sequences, "peaks" for peak files
    read = "sequences" if "sequences" in tables.windows.columns else "peaks"
    known = [name for name in _FILTERS if name in tables.windows.columns]
    filters = [name for name in known if tables.windows[name].any()]
    idle = [_FILTERS[name] for name in known if name not in filters]
    caption = (
        f"Positive {read} read, dropped by each filter in turn, and windows kept, per experiment."
    )
    if idle:
        caption += f" No window was dropped by these filters: {', '.join(idle)}."
    # the files of an experiment have a row each
    summed = tables.windows.groupby("experiment", sort=False).sum(numeric_only=True)
    windows = _records(summed.reset_index())
    checked = _records(tables.check)
    named = run.config["genome"] is not None
    rows: list[list[Cell]] = []
    for stratum, members in by_stratum(run.sets).items():
        rows.append(group_row(stratum_label(stratum)))
        for found in members:
            kept = windows.get(found.experiment, {})
            row = [text_cell(found.experiment), text_cell(found.factor), count_cell(kept.get(read))]
            row += [count_cell(kept.get(name)) for name in filters]
            row.append(count_cell(kept.get("kept")))
            if named:
                row.append(text_cell(checked.get(found.experiment, {}).get("naming")))
            rows.append(row)
    header = ["experiment", "factor", read, *(_FILTERS[name] for name in filters), "kept"]
    return Table(caption, [*header, "chromosome names"] if named else header, rows)


def _negatives(negatives: pd.DataFrame, repeats: bool) -> Table:
    """Count negatives by kind and split; `repeats`: whether repeats are known in this run."""
    distances = {"ks_gc": "largest distance in GC"}
    if repeats:
        distances["ks_repeat"] = "in repeats"
    rows = [
        [
            text_cell(kind_label(str(kind))),
            text_cell(split),
            count_cell(part["positives"].sum()),
            count_cell(part["asked"].sum()),
            count_cell(part["drawn"].sum()),
            *(number_cell(part[name].max()) for name in distances),
        ]
        for (kind, split), part in negatives.groupby(["kind", "split"], sort=False)
    ]
    return Table(
        "Negatives requested and drawn, over all experiments. The distance (Kolmogorov-Smirnov, 0 "
        "to 1) is that of the experiment whose positives and negatives differ most.",
        ["negatives", "split", "positives", "requested", "drawn", *distances.values()],
        rows,
    )


def _shortfalls(negatives: pd.DataFrame) -> list[Block]:
    """List shortfalls of negatives, and chromosomes that were not searched for them."""
    blocks: list[Block] = []
    short = negatives[negatives["drawn"] < negatives["asked"]]
    if len(short):
        share = (short["drawn"] / short["asked"]).min()
        rows = [
            [
                text_cell(row["experiment"]),
                text_cell(kind_label(row["kind"])),
                text_cell(row["split"]),
                count_cell(row["asked"]),
                count_cell(row["drawn"]),
                text_cell(row["why"]),
            ]
            for row in short.to_dict("records")
        ]
        caption = (
            f"Fewer negatives than requested, in {plural(len(short), 'case')}; the lowest share "
            f"drawn is {decimals(share, 2)}."
        )
        header = ["experiment", "negatives", "split", "requested", "drawn", "reason"]
        blocks.append(Table(caption, header, rows, folded=len(rows) > _MANY))
    unused = negatives[negatives["chromosomes_unused"] != "-"]
    if len(unused):
        names = sorted(set(unused["experiment"]))
        shown = list_words(names[:_MANY]) + (" and others" if len(names) > _MANY else "")
        blocks.append(
            Paragraph(
                "A chromosome without any peak of a factor may never have been assayed, so no "
                f"genomic negatives come from it. {plural(len(names), 'experiment')} had such "
                f"chromosomes ({shown}; listed in sequences/negatives.tsv)."
            )
        )
    return blocks


def peak_files(windows: pd.DataFrame) -> list[Table]:
    """Return a table of the peak files, their formats and counts; none for ready sequences."""
    if "format" not in windows.columns:
        return []
    filters = [name for name in _FILTERS if name in windows.columns and windows[name].any()]
    described = ("format", "summits", "strength", "first_base")
    rows: list[list[Cell]] = []
    for row in windows.to_dict("records"):
        cells = [text_cell(row["experiment"]), text_cell(Path(str(row["file"])).name)]
        cells += [text_cell(row[name]) for name in described]
        rows.append(cells + [count_cell(row[name]) for name in ("peaks", *filters, "kept")])
    caption = (
        "Peak files: the format that was found or given, and the columns of the summit and of the "
        "strength. First base: the number of a chromosome's first base. The other columns count "
        "the peaks read, dropped by each filter and kept."
    )
    header = [
        "experiment", "file", "format", "summit", "strength", "first base", "peaks",
        *(_FILTERS[name] for name in filters), "kept",
    ]  # fmt: skip
    return [Table(caption, header, rows, folded=len(rows) > _MANY)]


def _records(table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    records: list[dict[str, Any]] = table.to_dict("records")  # type: ignore[assignment]
    return {str(row["experiment"]): row for row in records}
