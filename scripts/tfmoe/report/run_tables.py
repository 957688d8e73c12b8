"""Inputs of the report: the run's tables, read and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike, read_json, read_tsv
from tfmoe.core.run_record import read_record
from tfmoe.evaluation.control_summary import SUMMARY_COLUMNS as CONTROL_COLUMNS
from tfmoe.evaluation.expectation import COLUMNS as EXPECTED_COLUMNS
from tfmoe.evaluation.matrix_choice import COLUMNS as MATRIX_COLUMNS
from tfmoe.evaluation.sets import EvaluationSet, unadapted
from tfmoe.motifs.find import PATTERN_COLUMNS
from tfmoe.motifs.gating import GATE_MOTIF_COLUMNS
from tfmoe.motifs.match_run import SUMMARY_COLUMNS
from tfmoe.motifs.matching import MATCH_COLUMNS
from tfmoe.motifs.recovery import RECOVERY_COLUMNS

METRICS = [
    "model",
    "experiment",
    "factor",
    "role",
    "stratum",
    "negatives",
    "subset",
    "seed",
    "n_pos",
    "n_neg",
    "auroc",
    "auroc_low",
    "auroc_high",
    "auprc",
    "brier",
    "ece",
    "ece_expected",
]
REQUIRED: Mapping[str, Sequence[str]] = {
    "check": ["experiment", "peaks", "on_genome", "naming"],
    "windows": ["experiment", "kept"],
    "negatives": [
        "experiment",
        "kind",
        "split",
        "positives",
        "asked",
        "drawn",
        "why",
        "ks_gc",
        "ks_repeat",
        "chromosomes_unused",
    ],
    "audit": [
        "experiment",
        "negatives",
        "n_pos",
        "n_neg",
        "gc_pos",
        "gc_neg",
        "ks_gc",
        "repeat_pos",
        "repeat_neg",
        "ks_repeat",
        "shuffle_share",
        "detector_auroc",
        "detector_4mer_auroc",
        "overlap_share",
        "identical_share",
    ],
    "overlaps": ["experiment", "stratum", "training_experiment", "share", "by"],
    "homology": ["experiment", "training_experiment", "share_31mer", "near_identical"],
    "detectability": ["first", "second", "features", "auroc"],
    "metrics": METRICS,
    "pairwise": [
        "role",
        "negatives",
        "subset",
        "stratum",
        "peaks",
        "sets",
        "model",
        "other",
        "difference",
        "low",
        "high",
        "margin",
        "p_holm",
        "p_equivalence_holm",
        "p_not_worse_holm",
        "verdict",
    ],
    "best_expert": ["expert", "experiment", "negatives", "auroc", "chosen"],
    "matrices": MATRIX_COLUMNS,
    "faithfulness": [
        "experiment",
        "model",
        "method",
        "n_sequences",
        "spearman",
        "spearman_low",
        "spearman_high",
        "gain",
    ],
    "quality": ["experiment", "model", "method", "measure", "n_sequences", "value", "gain"],
    "localisation": [
        "experiment",
        "model",
        "method",
        "n_sequences",
        "prevalence",
        "auprc",
        "hit_rate",
        "auprc_gain",
        "truth",
        "note",
    ],
    "matches": MATCH_COLUMNS,
    "motifs": SUMMARY_COLUMNS,
    "gate_motifs": GATE_MOTIF_COLUMNS,
    "null_control": [
        "shuffles",
        "passing",
        "share",
        "share_high",
        "passing_alone",
        "share_family",
    ],
}
OPTIONAL: Mapping[str, Sequence[str]] = {
    "recovery": RECOVERY_COLUMNS,
    "expected": EXPECTED_COLUMNS,
    "controls": CONTROL_COLUMNS,
}


@dataclass(frozen=True)
class ReportFiles:
    """Paths of all files that the report reads.

    Attributes
    ----------
    tables
        One path per key of `REQUIRED`, and of `OPTIONAL` in runs that have these tables.
    patterns
        ``motifs/<x>/<model>/patterns.tsv`` by experiment and model.
    statistics
        ``statistics/report.md``.
    checkpoints
        ``config.json`` of the networks, which has the versions that they were trained with.
    figures
        Folder of the figures.
    logos
        Folder of the patterns' logos.
    record
        ``run.json``.
    """

    tables: Mapping[str, Pathlike]
    patterns: Mapping[tuple[str, str], Pathlike]
    statistics: Pathlike
    checkpoints: Sequence[Pathlike]
    figures: Path
    logos: Path
    record: Pathlike


@dataclass(frozen=True)
class Run:
    """Name, config and sets of a run.

    Attributes
    ----------
    name
        Name of the run.
    config
        Validated config.
    sets
        Evaluation sets, in order.
    experts
        Training experiments of each expert.
    """

    name: str
    config: Mapping[str, Any]
    sets: Sequence[EvaluationSet]
    experts: Mapping[str, Sequence[str]]

    @property
    def simulated(self) -> bool:
        """Whether genome and peaks are simulated."""
        return self.config["simulation"] is not None


@dataclass(frozen=True, eq=False)
class RunTables:
    """The tables of a run, named as in `REQUIRED` and `OPTIONAL`.

    `recovery` exists in simulated runs only, `expected` and `controls` in runs with a conditioned
    mixture. The metrics of models that learned from peaks of an unseen factor are in `adapted`, not
    in `metrics`.
    """

    check: pd.DataFrame
    windows: pd.DataFrame
    negatives: pd.DataFrame
    audit: pd.DataFrame
    overlaps: pd.DataFrame
    homology: pd.DataFrame
    detectability: pd.DataFrame
    metrics: pd.DataFrame
    pairwise: pd.DataFrame
    best_expert: pd.DataFrame
    matrices: pd.DataFrame
    faithfulness: pd.DataFrame
    quality: pd.DataFrame
    localisation: pd.DataFrame
    matches: pd.DataFrame
    motifs: pd.DataFrame
    gate_motifs: pd.DataFrame
    null_control: pd.DataFrame
    adapted: pd.DataFrame
    recovery: pd.DataFrame | None
    expected: pd.DataFrame | None
    controls: pd.DataFrame | None


def read_tables(files: ReportFiles) -> RunTables:
    """Read all tables.

    Raises
    ------
    InputError
        If a required table is missing, or a table lacks a column.
    """
    missing = [name for name in REQUIRED if name not in files.tables]
    if missing:
        raise InputError(f"the report needs the table {', '.join(missing)}, which is missing")
    tables = {name: read_tsv(files.tables[name], columns) for name, columns in REQUIRED.items()}
    metrics = tables["metrics"]
    tables["metrics"] = unadapted(metrics)
    tables["adapted"] = metrics.drop(tables["metrics"].index)
    optional = {
        name: read_tsv(files.tables[name], columns) if name in files.tables else None
        for name, columns in OPTIONAL.items()
    }
    return RunTables(**tables, **optional)  # type: ignore[arg-type]


def read_patterns_tables(files: ReportFiles) -> dict[tuple[str, str], pd.DataFrame]:
    """Read the patterns of each experiment and model; a table may be empty."""
    return {pair: read_tsv(path, PATTERN_COLUMNS) for pair, path in files.patterns.items()}


def read_run_record(files: ReportFiles) -> dict[str, Any]:
    """Read ``run.json``.

    Raises
    ------
    InputError
        If it is missing or damaged.
    """
    record = read_record(Path(files.record))
    if record is None:
        raise InputError(
            f"{files.record}: the record of the run is missing or damaged; run the pipeline again"
        )
    return record


def read_versions(files: ReportFiles) -> dict[str, str]:
    """Return the versions from the networks' configs; all of them where they differ."""
    found: dict[str, set[str]] = {}
    for path in files.checkpoints:
        for name, version in read_json(path).get("versions", {}).items():
            found.setdefault(name, set()).add(str(version))
    return {name: ", ".join(sorted(versions)) for name, versions in sorted(found.items())}
