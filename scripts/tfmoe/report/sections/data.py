"""The section on data: what was read, the splits, what each filter dropped, and the negatives."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from tfmoe.core.vocabulary import KINDS
from tfmoe.evaluation.sets import by_stratum
from tfmoe.figures.style import stratum_label
from tfmoe.report.blocks import (
    Block,
    Bullets,
    Cell,
    Paragraph,
    Section,
    Table,
    count,
    decimals,
    group_row,
    list_words,
    number,
    plural,
    text,
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
    "max_peaks": "beyond the top",
}
# more rows than this are folded
_MANY = 12


def data_section(tables: RunTables, run: Run, figures: Path) -> Section:
    """Return the section.

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
        If a figure of the audit is missing.
    """
    blocks: list[Block] = [
        Paragraph(f"{_source(run.config)} {describe_splits(run.config)}"),
        _positives(tables, run),
        Paragraph("Kinds of negatives, and how many of them there are to be for each positive:"),
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
            f"Ready sequences, of which the middle {length} bases are used; they have no "
            "coordinates, so that overlap is told by shared 31-mers on either strand."
        )
    return f"Windows of {length} bp about the summit of each peak."


def describe_splits(config: Mapping[str, Any]) -> str:
    """Say in words how a run deals sequences to its four splits."""
    splits = config["splits"]
    if splits["by"] == "rank":
        return _by_rank(splits)
    if splits["by"] == "blocks":
        return _by_blocks(splits)
    if splits["folds"] is None:
        test, validation, gate = (
            ", ".join(splits[name]) for name in ("test", "validation", "gate")
        )
        return (
            f"Test chromosomes: {test}; validation: {validation}; gate: {gate}; all others train "
            "the experts."
        )
    return (
        f"Chromosomes are dealt to {splits['folds']} folds of about equal length. In this run fold "
        f"{splits['fold']} is the test, the next one the validation, and the one after it the "
        "gate's; all others train the experts."
    )


def _by_blocks(splits: Mapping[str, Any]) -> str:
    shares = splits["shares"]
    fold = ""
    if splits["folds"] is not None:
        fold = f" This is fold {splits['fold']} of {splits['folds']}."
    gap = "a window with its flanks is" if splits["gap"] is None else f"{splits['gap']:,} bases are"
    return (
        f"Each chromosome is cut into blocks of {splits['block_length']:,} bases, of which "
        f"{_share(shares['test'])} are the test, {_share(shares['validation'])} the validation and "
        f"{_share(shares['gate'])} the gate's, spread evenly; all others train the experts.{fold} "
        f"Between two blocks of different splits {gap} left out."
    )


def _by_rank(splits: Mapping[str, Any]) -> str:
    shares, strongest = splits["shares"], splits["strongest_shares"]
    apart = ""
    if strongest is not None:
        apart = (
            f" (of those as strong as the test {_share(strongest['validation'])} and "
            f"{_share(strongest['gate'])})"
        )
    return (
        f"Of the first {splits['held_out_ranks']:,} positives the even ranks are the test, as in "
        f"the paper; of the others {_share(shares['validation'])} are the validation and "
        f"{_share(shares['gate'])} the gate's{apart}, and the rest trains the experts. Such "
        "splits part neighbours on the genome: how much sequence they share is shown below."
    )


def _share(value: float) -> str:
    return f"{100 * value:g} %"


def describe_negatives(config: Mapping[str, Any]) -> list[str]:
    """Say in words what each kind of negatives of a run is, and its ratios to positives."""
    negatives = config["negatives"]
    repeats = " and share of repeats" if negatives["match_repeats"] else ""
    meanings = {
        "genomic": f"windows of the genome with the positives' GC content{repeats}, in the same "
        f"split, outside all peaks of the factor and {negatives['margin']:,} bases around them, "
        "the blacklist and stretches of N",
        "dinucleotide": "exact shuffles of the positives, which keep the dinucleotide counts of "
        "each; those of the split train are made afresh each epoch and not counted below",
        "neighbour": f"windows {negatives['neighbour_distance']:,} bases from a positive, on "
        "either side, outside all peaks of the factor",
        "other_factor": "positives of the training experiments of other factors that are none "
        "here; the pooled network and the mixture never see them",
        "file": "supplied with the positives"
        if config["genome"] is None
        else "supplied as regions, of which none touches a peak of the factor",
    }
    lines = []
    for kind, meaning in meanings.items():
        training, evaluation = negatives["training"][kind], negatives["evaluation"][kind]
        if training or evaluation:
            ratios = f"training {training:g}, test {evaluation:g}"
            lines.append(f"{KINDS[kind]} ({ratios} a positive): {meaning}.")
    return lines


def _positives(tables: RunTables, run: Run) -> Table:
    # a file of ready sequences holds sequences, a peak file peaks
    read = "sequences" if "sequences" in tables.windows.columns else "peaks"
    known = [name for name in _FILTERS if name in tables.windows.columns]
    filters = [name for name in known if tables.windows[name].any()]
    idle = [_FILTERS[name] for name in known if name not in filters]
    caption = (
        f"Positive {read} read, those that each filter dropped in turn, and windows kept, by "
        "experiment."
    )
    if idle:
        caption += f" None was dropped for: {', '.join(idle)}."
    windows = _records(tables.windows)
    checked = _records(tables.check)
    named = run.config["genome"] is not None
    rows: list[list[Cell]] = []
    for stratum, members in by_stratum(run.sets).items():
        rows.append(group_row(stratum_label(stratum)))
        for found in members:
            kept = windows.get(found.experiment, {})
            row = [text(found.experiment), text(found.factor), count(kept.get(read))]
            row += [count(kept.get(name)) for name in filters]
            row.append(count(kept.get("kept")))
            if named:
                row.append(text(checked.get(found.experiment, {}).get("naming")))
            rows.append(row)
    header = ["experiment", "factor", read, *(_FILTERS[name] for name in filters), "kept"]
    return Table(caption, [*header, "chromosome names"] if named else header, rows)


def _negatives(negatives: pd.DataFrame, repeats: bool) -> Table:
    """Count negatives by kind and split; `repeats` says whether repeats are known in this run."""
    distances = {"ks_gc": "largest distance in GC"}
    if repeats:
        distances["ks_repeat"] = "in repeats"
    rows = [
        [
            text(KINDS.get(str(kind), str(kind))),
            text(split),
            count(part["positives"].sum()),
            count(part["asked"].sum()),
            count(part["drawn"].sum()),
            *(number(part[name].max()) for name in distances),
        ]
        for (kind, split), part in negatives.groupby(["kind", "split"], sort=False)
    ]
    return Table(
        "Negatives asked for and drawn, over all experiments. The distance (Kolmogorov-Smirnov, 0 "
        "to 1) is that of the experiment whose positives and negatives differ most.",
        ["negatives", "split", "positives", "asked for", "drawn", *distances.values()],
        rows,
    )


def _shortfalls(negatives: pd.DataFrame) -> list[Block]:
    """List where fewer negatives were drawn than asked for, and where none were looked for."""
    blocks: list[Block] = []
    short = negatives[negatives["drawn"] < negatives["asked"]]
    if len(short):
        share = (short["drawn"] / short["asked"]).min()
        rows = [
            [
                text(row["experiment"]),
                text(KINDS.get(row["kind"], row["kind"])),
                text(row["split"]),
                count(row["asked"]),
                count(row["drawn"]),
                text(row["why"]),
            ]
            for row in short.to_dict("records")
        ]
        caption = (
            f"Fewer negatives than asked for, in {plural(len(short), 'case')}; the lowest share "
            f"drawn is {decimals(share, 2)}."
        )
        header = ["experiment", "negatives", "split", "asked for", "drawn", "why"]
        blocks.append(Table(caption, header, rows, folded=len(rows) > _MANY))
    unused = negatives[negatives["chromosomes_unused"] != "-"]
    if len(unused):
        names = sorted(set(unused["experiment"]))
        shown = list_words(names[:_MANY]) + (" and others" if len(names) > _MANY else "")
        blocks.append(
            Paragraph(
                "Chromosomes on which a factor has no peak at all may never have been looked at "
                f"and give no genomic negatives: {plural(len(names), 'experiment')} had such "
                f"chromosomes ({shown}; sequences/negatives.tsv names them)."
            )
        )
    return blocks


def _records(table: pd.DataFrame) -> dict[str, dict[str, Any]]:
    records: list[dict[str, Any]] = table.to_dict("records")  # type: ignore[assignment]
    return {str(row["experiment"]): row for row in records}
