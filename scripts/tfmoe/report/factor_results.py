"""First section of a factor's page: the finding, and the AUROC of each model."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from tfmoe.core.text import MISSING, whole
from tfmoe.evaluation.sets import (
    EvaluationSet,
    mean_over_seeds,
    name_own_expert,
    primary_kind,
    unadapted,
)
from tfmoe.figures.motifs import match_text, read_found
from tfmoe.figures.style import kind_label, label
from tfmoe.report.blocks import Block, Cell, Heading, Paragraph, Section, Table, text_cell
from tfmoe.report.factor_files import FactorFiles, FactorSearch
from tfmoe.report.findings import Finding, MotifTables, find
from tfmoe.report.pictures import comparison
from tfmoe.report.sections.factors import count_peaks, scores_of

_NOT_SEARCHED = (
    "No motif was searched for on these peaks. The config key attribution.ood adds attribution "
    "and motifs of unseen factors."
)

_NO_MATRIX = " A dash: JASPAR has no matrix of the factor."


def results_section(
    sets: Sequence[EvaluationSet],
    searches: Sequence[FactorSearch],
    files: FactorFiles,
    motifs: MotifTables,
) -> Section:
    """Return what was found, the AUROCs, and the logo of the motif that explains the factor."""
    metrics = unadapted(files.metric_table)
    kind = primary_kind(metrics)
    per_set = name_own_expert(mean_over_seeds(metrics, kind), sets)
    windows = files.window_table
    searched = {experiment for experiment, _ in motifs.patterns}
    blocks: list[Block] = []
    for found in sets:
        if len(sets) > 1:
            blocks.append(Heading(found.name))
        finding = find(found, motifs)
        blocks.append(Paragraph(" ".join(finding.sentences)))
        if finding.experiment and finding.experiment != found.experiment:
            blocks += _explaining_logo(finding, searches, files, motifs.fdr)
        if found.experiment not in searched:
            blocks.append(Paragraph(_NOT_SEARCHED))
        blocks.append(Paragraph(_sizes(found, per_set, windows)))
    blocks.append(_scores_table(sets, per_set, kind))
    return Section("results", "What was found", blocks)


def _scores_table(sets: Sequence[EvaluationSet], per_set: pd.DataFrame, kind: str) -> Table:
    several = len(sets) > 1
    rows = [
        [
            *([text_cell(found.name)] if several else []),
            text_cell(model),
            Cell(score, number=True),
        ]
        for found in sets
        for model, score in scores_of(found, per_set)
    ]
    missing = any(row[-1].text == MISSING for row in rows)
    caption = (
        f"AUROC on the test split against {kind_label(kind)}, mean over training seeds, with its "
        f"95 % bootstrap interval over sequences.{_NO_MATRIX if missing else ''}"
    )
    return Table(caption, [*(["experiment"] if several else []), "model", "AUROC"], rows)


def _sizes(found: EvaluationSet, per_set: pd.DataFrame, windows: pd.DataFrame) -> str:
    """Return the numbers of peaks and test sequences of an experiment."""
    own = per_set[per_set["experiment"] == found.experiment]
    return (
        f"{count_peaks(windows, found.experiment)} peaks gave a window. The test split has "
        f"{whole(own['n_pos'].max())} positives and {whole(own['n_neg'].max())} negatives."
    )


def _explaining_logo(
    finding: Finding,
    searches: Sequence[FactorSearch],
    files: FactorFiles,
    fdr: float,
) -> list[Block]:
    """Return the logo of another factor's motif above its match."""
    names = (finding.experiment, finding.model)
    search = next(
        item.search for item in searches if (item.search.experiment, item.search.model) == names
    )
    found = read_found(search, files.match_table, files.matrices_by_id, fdr)
    pattern = next(item for item in found if item.pattern == finding.pattern)
    caption = (
        f"{finding.alternative}, the motif of {label(finding.model)}. Below: its match in JASPAR, "
        f"{match_text(pattern)}."
    )
    return [comparison(pattern, files.logo(search, pattern.pattern), caption)]
