"""The few lines that a run ends with."""

from __future__ import annotations

from tfmoe.core.files import Pathlike
from tfmoe.core.vocabulary import KINDS
from tfmoe.figures.style import label
from tfmoe.report.blocks import plural
from tfmoe.report.headline import Scores, count_motifs, roles_of, score_run, score_truth
from tfmoe.report.run_tables import Run, RunTables

_ROLES = {"in_distribution": "in-distribution", "ood": "OOD"}


def write_summary(tables: RunTables, run: Run, report: Pathlike) -> str:
    """Return the lines: mean AUROCs, motifs matched, truth scores, and where to look.

    Parameters
    ----------
    tables
        The run's tables; every number comes from them.
    run
        The run.
    report
        Path of the page, to be named.
    """
    scores = score_run(tables, run)
    simulated = " (simulated genome and peaks)" if run.simulated else ""
    lines = [f"tfmoe: run {run.name}{simulated}", "", *_auroc_lines(scores), ""]
    lines.append(motif_line(tables, run))
    truth = truth_line(tables, run)
    if truth:
        lines.append(truth)
    return "\n".join([*lines, f"Report: {report}"]) + "\n"


def motif_line(tables: RunTables, run: Run) -> str:
    """Say in how many searches a motif was found, and how many of the first ones match JASPAR."""
    counts = count_motifs(tables.motifs)
    release = run.config["jaspar"]["file"] or run.config["jaspar"]["release"]
    fdr = run.config["motifs"]["fdr"]
    # what a simulation plants are JASPAR's own matrices
    evidence = (
        "which is where the planted motifs come from"
        if run.simulated
        else f"{counts.independent} independent of the run's own kind of data"
    )
    return (
        f"Motifs: a pattern was found in {counts.with_pattern} of "
        f"{plural(counts.searches, 'search', 'searches')}; the first one matches the factor's own "
        f"or its family's matrix of {release} at q < {fdr:g} in {counts.matched} of "
        f"{counts.checkable} that have such a matrix ({evidence})."
    )


def truth_line(tables: RunTables, run: Run) -> str:
    """Say how a simulated run did against what was planted; empty for real data."""
    truth = score_truth(tables, run.config["motifs"]["method"])
    if truth is None:
        return ""
    line = (
        f"Planted truth: {truth.recovered} of {plural(truth.searches, 'search', 'searches')} found "
        "the planted motif"
    )
    if truth.instances:
        line += f"; {100 * truth.hit / truth.instances:.0f} % of the planted instances are hit"
    if truth.auprc == truth.auprc:
        line += (
            f"; attribution points at planted positions with AUPRC {truth.auprc:.3f} "
            f"(chance: {truth.prevalence:.3f})"
        )
    return line + "."


def _auroc_lines(scores: Scores) -> list[str]:
    roles = roles_of(scores)
    kind = KINDS[scores.kind]
    heads = [f"{_ROLES[role]}, {plural(scores.sizes[role], 'set')}" for role in roles]
    names = [label(model) for model in scores.models]
    width = max(len(name) for name in [*names, ""]) + 2
    lines = [
        f"AUROC on the test split against {kind}, mean over sets and "
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
    return f"{found.auroc:.3f}" + (f" ({plural(found.sets, 'set')})" if partial else "")
