"""Sections on motifs, and on the recovery of planted motifs in a simulated run."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from tfmoe.attribution.method_names import parse_method
from tfmoe.core.text import MISSING, percent, plural, whole
from tfmoe.figures.style import label
from tfmoe.motifs.shown_match import choose_match_row
from tfmoe.report.blocks import (
    Block,
    Cell,
    Fold,
    Paragraph,
    Section,
    Table,
    count_cell,
    interval_cell,
    probability_cell,
    text_cell,
    truths,
)
from tfmoe.report.findings import MotifTables
from tfmoe.report.narrative.highlights import match_sentence, searches_sentence, truth_sentences
from tfmoe.report.pictures import data_uri, picture
from tfmoe.report.run_tables import Run, RunTables

_HEADER = [
    "model",
    "pattern (above) and match (below)",
    "consensus",
    "seqlets",
    "match in JASPAR",
    "q",
    "rank",
    "hits, test positives",
    "hits, test negatives",
    "p",
]


def motifs_section(
    tables: RunTables, motifs: MotifTables, run: Run, figures: Path, logos: Path
) -> Section:
    """Return the section on the motifs of each factor and their matches in JASPAR."""
    blocks: list[Block] = [
        Paragraph(match_sentence(tables, run)),
        Paragraph(searches_sentence(tables, run)),
        Paragraph(_null_control(tables)),
    ]
    method = parse_method(run.config["motifs"]["method"]).title
    caption = (
        "Each search's first pattern, the one with the most seqlets. Left: contributions "
        f"by {method}, mean of the seeds, in one sequence. Among the sequences with the better "
        "hits, it is the one with the median contribution under the hit. "
        "Right: the pattern above its match in JASPAR. The match is the factor's own or its "
        f"family's matrix if that has q < {motifs.fdr:g}, or else the best one. All q are adjusted "
        "jointly over the patterns of the run."
    )
    blocks.append(picture(figures, "motifs", caption))
    if (figures / "motifs_ood.svg").is_file():
        ood = "The same for the mixture on experiments that train no expert."
        blocks.append(picture(figures, "motifs_ood", ood))
    caption = (
        "Left: mean gate weight of each network of the mixture's pool on the test positives. "
        "Right: enrichment of hits of the expert's top motif in the test positives over the test "
        "negatives (dot: q < 0.05). An expert explains a set if both are high."
    )
    blocks.append(picture(figures, "gate_motifs", caption))
    blocks.append(
        Fold("All patterns of each search, with their hits", _patterns(motifs, run, logos))
    )
    return Section("motifs", "Motifs", blocks)


def _patterns(motifs: MotifTables, run: Run, logos: Path) -> list[Block]:
    """Return a table of patterns per experiment."""
    summary = motifs.summary.to_dict("records")
    notes = {(str(row["experiment"]), str(row["model"])): row for row in summary}
    blocks: list[Block] = []
    for found in run.sets:
        own = [pair for pair in motifs.patterns if pair[0] == found.experiment]
        rows = [
            row for pair in own for row in _search_rows(pair, motifs, notes.get(pair, {}), logos)
        ]
        if rows:
            blocks.append(Table(f"Patterns of {found.name}", _HEADER, rows))
    return blocks


def _null_control(tables: RunTables) -> str:
    row = tables.null_control.iloc[0]
    if not row["shuffles"]:
        return "No null control was requested."
    return (
        f"Null control: {whole(row['passing'])} of {whole(row['shuffles'])} column-shuffled "
        f"patterns match some matrix at that level ({percent(row['share'])}; 95 % interval up to "
        f"{percent(row['share_high'])}). Their q is adjusted together with the run's own patterns. "
        f"Adjusted among themselves, {whole(row['passing_alone'])} match. At the run's largest "
        f"significant p, {percent(row['share_family'])} would match a factor's own or its family's "
        "matrix."
    )


def _search_rows(
    pair: tuple[str, str], motifs: MotifTables, summary: Mapping[Any, Any], logos: Path
) -> list[list[Cell]]:
    name, patterns = label(pair[1]), motifs.patterns[pair]
    if not len(patterns):
        note = summary.get("note")
        reason = "" if pd.isna(note) else f" ({note})"
        searched = summary.get("n_sequences")
        where = f" in {plural(int(searched), 'sequence')}" if searched else ""
        return [[Cell(f"{name}: no pattern found{where}{reason}", group=True)]]
    return [_pattern_row(name, pair, row, motifs, logos) for row in patterns.to_dict("records")]


def _pattern_row(
    name: str, pair: tuple[str, str], row: Mapping[Any, Any], motifs: MotifTables, logos: Path
) -> list[Cell]:
    match = choose_match_row(motifs.matches_of(*pair, row["pattern"]), motifs.fdr)
    path = logos / f"{pair[0]}.{pair[1]}.{row['pattern']}.png"
    consensus = motifs.consensus_of(*pair, row)
    # only the first patterns of a search have a logo
    logo = Cell(f"logo of {consensus}", image=data_uri(path)) if path.is_file() else text_cell("")
    return [
        text_cell(name),
        logo,
        text_cell(consensus),
        count_cell(row["n_seqlets"]),
        Cell(_describe(match)) if match else Cell(MISSING),
        probability_cell(match["q"]) if match else Cell(MISSING),
        count_cell(match["rank"]) if match else Cell(MISSING),
        _rate(row, "positives"),
        _rate(row, "negatives"),
        probability_cell(row["fisher_p"]),
    ]


def _describe(match: Mapping[str, Any]) -> str:
    data = "" if pd.isna(match["data_type"]) else f", {match['data_type']}"
    independent = str(match["independent"]).lower() == "true"
    doubt = "" if independent else ", not independent of the run's own kind of data"
    return f"{match['name']} {match['matrix_id']} ({match['relation']}{data}{doubt})"


def _rate(row: Mapping[Any, Any], kind: str) -> Cell:
    if pd.isna(row[f"rate_{kind}"]):
        return Cell(MISSING, number=True)
    share = percent(row[f"rate_{kind}"], 0)
    return Cell(f"{share} of {whole(row[kind])}", number=True)


def truth_section(tables: RunTables, run: Run) -> Section | None:
    """Return the section on the recovery of planted motifs; `None` for real data."""
    if tables.recovery is None:
        return None
    recovered = truths(tables.recovery["recovered"])
    rows = [
        [
            text_cell(row["experiment"]),
            text_cell(label(row["model"])),
            text_cell(row["planted_matrix"]),
            text_cell("yes" if found else "no"),
            probability_cell(row["q"]),
            count_cell(row["instances"]),
            interval_cell(row["share_hit"], row["share_hit_low"], row["share_hit_high"], 2),
        ]
        for row, found in zip(tables.recovery.to_dict("records"), recovered, strict=True)
    ]
    blocks: list[Block] = [
        Paragraph(" ".join(truth_sentences(tables, run))),
        Table(
            "Recovery of planted motifs. Recovered: a pattern matches the planted matrix at joint "
            f"q < {run.config['motifs']['fdr']:g}. Hit: share of the planted instances in positive "
            "windows that are covered by hits of the pattern, with its 95 % Wilson interval.",
            ["experiment", "model", "planted", "recovered", "q", "instances", "hit"],
            rows,
        ),
    ]
    return Section("truth", "Recovery of the planted motifs", blocks)
