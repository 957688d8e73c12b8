"""The run as a table that MultiQC reads: one row per experiment.

MultiQC (https://docs.seqera.io/multiqc/custom_content) shows files named ``*_mqc.tsv`` as sections
of its report; comments at the beginning of the file describe the section in YAML.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
import yaml

from tfmoe.core.files import Pathlike, read_tsv
from tfmoe.core.vocabulary import (
    CONDITIONED,
    MIXTURE,
    OWN_EXPERT,
    PWM,
    EvaluationRole,
    is_expert,
)
from tfmoe.evaluation.sets import (
    EvaluationSet,
    mean_over_seeds,
    name_own_expert,
    primary_kind,
    unadapted,
)
from tfmoe.figures.style import kind_label

COLUMNS = {
    "Experiment": "",
    "factor": "Factor",
    "role": "Role",
    "peaks": "Peaks",
    "kept": "Peaks kept",
    "test_positives": "Test positives",
    "own_expert": "AUROC own expert",
    "mixture": "AUROC mixture",
    "conditioned": "AUROC conditioned",
    "matrix": "AUROC JASPAR matrix",
    "motif": "Top motif",
    "match": "Match in JASPAR",
    "q": "q",
}
"""Columns and their titles in MultiQC; the first is the sample."""
_MODELS = {OWN_EXPERT: "own_expert", MIXTURE: "mixture", CONDITIONED: "conditioned", PWM: "matrix"}
_ROLES = {
    EvaluationRole.IN_DISTRIBUTION: "training",
    EvaluationRole.SAME_FACTOR: "other cells",
    EvaluationRole.OOD: "unseen",
}
_METRICS = (
    "model", "experiment", "role", "negatives", "subset", "seed", "n_pos", "n_neg", "auroc",
    "auroc_low", "auroc_high",
)  # fmt: skip
_WINDOWS = ("experiment", "kept")  # and, unless sequences were given, "peaks"
_MOTIFS = ("experiment", "model", "consensus", "best_name", "best_q")


@dataclass(frozen=True)
class Tables:
    """Paths of ``evaluation/metrics.tsv``, ``regions/summary.tsv`` and ``motifs/summary.tsv``."""

    metrics: Pathlike
    windows: Pathlike
    motifs: Pathlike


def multiqc_text(run: str, tables: Tables, sets: Sequence[EvaluationSet]) -> str:
    """Return the text of a run's ``*_mqc.tsv``.

    Parameters
    ----------
    run
        Name of the run.
    tables
        Files of the run.
    sets
        See `tfmoe.evaluation.sets.evaluation_sets`.

    Raises
    ------
    InputError
        If a file is missing, damaged or lacks a column, or if no set was scored.
    """
    metrics = unadapted(read_tsv(tables.metrics, _METRICS))
    kind = primary_kind(metrics)
    rows = _rows(metrics, kind, read_tsv(tables.windows, _WINDOWS), sets)
    motifs = _top_motifs(read_tsv(tables.motifs, _MOTIFS))
    table = pd.DataFrame([row | motifs.get(row["Experiment"], {}) for row in rows])
    table = table.reindex(columns=list(COLUMNS)).dropna(axis="columns", how="all")
    head = yaml.safe_dump(_section(run, kind, list(table.columns)), sort_keys=False, width=1000)
    comments = "".join(f"# {line}\n" for line in head.splitlines())
    return comments + table.to_csv(sep="\t", index=False, float_format="%.4g", lineterminator="\n")


def _rows(
    metrics: pd.DataFrame, kind: str, windows: pd.DataFrame, sets: Sequence[EvaluationSet]
) -> list[dict[str, Any]]:
    """Return the peaks and AUROCs of each set."""
    means = mean_over_seeds(name_own_expert(metrics, sets), kind)
    aurocs = means.pivot_table("auroc", "experiment", "model")
    sizes = means.groupby("experiment")["n_pos"].max()
    found = windows.set_index("experiment").filter(["peaks", "kept"])
    rows = []
    for one in sets:
        row: dict[str, Any] = {"Experiment": one.experiment, "factor": one.factor}
        row["role"] = _ROLES[EvaluationRole(one.role)]
        if one.experiment in found.index:
            counts = found.loc[one.experiment].to_dict()
            row |= {str(name): int(count) for name, count in counts.items()}
        if one.experiment in aurocs.index:
            row["test_positives"] = int(sizes[one.experiment])
            values = aurocs.loc[one.experiment].dropna()
            row |= {name: values[model] for model, name in _MODELS.items() if model in values}
        rows.append(row)
    return rows


def _top_motifs(table: pd.DataFrame) -> Mapping[str, dict[str, Any]]:
    """Return the first motif of each experiment, of an expert if it was searched."""
    table = table.assign(of_expert=table["model"].map(is_expert))
    ordered = table.sort_values("of_expert", ascending=False, kind="stable")
    return {
        str(row["experiment"]): {
            "motif": row["consensus"],
            "match": row["best_name"],
            "q": row["best_q"],
        }
        for row in ordered.drop_duplicates("experiment").to_dict("records")
    }


def _section(run: str, kind: str, columns: Sequence[str]) -> dict[str, Any]:
    """Return the description of the section for MultiQC."""
    headers: dict[str, Any] = {}
    for name in columns[1:]:
        headers[name] = {"title": COLUMNS[name]}
        if name in _MODELS.values():
            scale = {"min": 0.5, "max": 1, "scale": "Blues", "format": "{:,.3f}"}
            headers[name] |= scale
        elif name in ("peaks", "kept", "test_positives"):
            headers[name] |= {"format": "{:,.0f}", "scale": False}
        elif name == "q":
            headers[name] |= {"format": "{:.2g}", "scale": False}
    return {
        "id": f"tfmoe_{run}",
        "section_name": f"tfmoe: {run}",
        "description": (
            f"AUROC on the test split against {kind_label(kind)}, mean over training seeds "
            "(chance: 0.5); peaks kept after filters; the motif with the most seqlets and its best "
            f"match in JASPAR with the joint q-value. Details: results/{run}/report.html."
        ),
        "plot_type": "table",
        "pconfig": {"id": f"tfmoe_{run}_table", "title": f"tfmoe: {run}", "namespace": "tfmoe"},
        "headers": headers,
    }
