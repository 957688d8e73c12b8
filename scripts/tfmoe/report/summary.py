"""The plain-text summary of a run."""

from __future__ import annotations

import pandas as pd

from tfmoe.core.files import Pathlike
from tfmoe.core.text import decimals, plural
from tfmoe.figures.style import ROLES, kind_label, label, peaks_label
from tfmoe.report.headline import Scores, roles_of, score_run
from tfmoe.report.narrative.verdict import verdict
from tfmoe.report.ranking import by_peaks
from tfmoe.report.run_tables import Run, RunTables


def write_summary(tables: RunTables, run: Run, report: Pathlike) -> str:
    """Return the summary: the three answers, mean AUROCs, and the path of the page.

    Parameters
    ----------
    tables
        Tables of the run, the source of every number.
    run
        The run.
    report
        Path of the page.
    """
    scores = score_run(tables, run)
    simulated = " (simulated genome and peaks)" if run.simulated else ""
    lines = [f"tfmoe: run {run.name}{simulated}", ""]
    for answer in verdict(tables, run, scores):
        lines += [answer.question, *(f"  {sentence}" for sentence in answer.sentences), ""]
    lines += [*_auroc_lines(scores), "", *_adapted_lines(tables, scores)]
    return "\n".join([*lines, f"Report: {report}"]) + "\n"


def _auroc_lines(scores: Scores) -> list[str]:
    roles = roles_of(scores)
    heads = [f"{ROLES[role]}, {plural(scores.sizes[role], 'set')}" for role in roles]
    names = [label(model) for model in scores.models]
    width = max(len(name) for name in [*names, ""]) + 2
    lines = [
        f"AUROC on the test split against {kind_label(scores.kind)}, mean over sets and "
        f"{plural(scores.seeds, 'seed')}:",
        "  " + " " * width + "".join(f"{head:>26}" for head in heads),
    ]
    for model, name in zip(scores.models, names, strict=True):
        cells = [_score(scores, role, model) for role in roles]
        lines.append(f"  {name:<{width}}" + "".join(f"{cell:>26}" for cell in cells))
    return [line.rstrip() for line in lines]


def _adapted_lines(tables: RunTables, scores: Scores) -> list[str]:
    """Return mean AUROCs by number of peaks of a new factor; empty if nothing was adapted."""
    found = by_peaks(tables, scores.kind)
    models = list(dict.fromkeys(model for table in found.values() for model in table.columns))
    if not models:
        return []
    names = [label(model) for model in models]
    width = max(map(len, names)) + 2
    heads = [f"{peaks_label(peaks)}, {plural(len(table), 'set')}" for peaks, table in found.items()]
    lines = [
        "The same on unseen factors, with some of their peaks, mean over draws of these:",
        "  " + " " * width + "".join(f"{head:>22}" for head in heads),
    ]
    for model, name in zip(models, names, strict=True):
        cells = [_adapted_score(table, model) for table in found.values()]
        lines.append(f"  {name:<{width}}" + "".join(f"{cell:>22}" for cell in cells))
    return [*(line.rstrip() for line in lines), ""]


def _adapted_score(table: pd.DataFrame, model: str) -> str:
    values = table[model].dropna() if model in table else table.iloc[:0, 0]
    if values.empty:
        return "-"
    partial = len(values) < len(table)
    return decimals(values.mean()) + (f" ({plural(len(values), 'set')})" if partial else "")


def _score(scores: Scores, role: str, model: str) -> str:
    found = scores.of(role, model)
    if found is None:
        return "-"
    partial = found.sets < scores.sizes[role]
    return decimals(found.auroc) + (f" ({plural(found.sets, 'set')})" if partial else "")
