"""The plain-text summary of a run."""

from __future__ import annotations

from tfmoe.core.files import Pathlike
from tfmoe.figures.style import ROLES, kind_label, label
from tfmoe.report.headline import Scores, roles_of, score_run
from tfmoe.report.narrative.highlights import motif_sentence, truth_sentence
from tfmoe.report.run_tables import Run, RunTables
from tfmoe.report.text import decimals, plural


def write_summary(tables: RunTables, run: Run, report: Pathlike) -> str:
    """Return the summary: mean AUROCs, motifs, planted truth, and the path of the page.

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
    lines = [f"tfmoe: run {run.name}{simulated}", "", *_auroc_lines(scores), ""]
    lines.append(motif_sentence(tables, run))
    if truth := truth_sentence(tables, run):
        lines.append(truth)
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


def _score(scores: Scores, role: str, model: str) -> str:
    found = scores.of(role, model)
    if found is None:
        return "-"
    partial = found.sets < scores.sizes[role]
    return decimals(found.auroc) + (f" ({plural(found.sets, 'set')})" if partial else "")
