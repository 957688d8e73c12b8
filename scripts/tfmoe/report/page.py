"""The report of a run: one self-contained HTML page."""

from __future__ import annotations

from tfmoe.core.files import Pathlike
from tfmoe.core.text import list_words, plural
from tfmoe.core.vocabulary import EvaluationRole
from tfmoe.report.blocks import Section
from tfmoe.report.findings import MotifTables
from tfmoe.report.headline import score_run
from tfmoe.report.narrative.verdict import verdict
from tfmoe.report.provenance import count_looks, provenance_section
from tfmoe.report.render import Page, render_page
from tfmoe.report.run_tables import (
    ReportFiles,
    Run,
    read_patterns_tables,
    read_run_record,
    read_tables,
    read_versions,
)
from tfmoe.report.sections.attribution import attribution_section
from tfmoe.report.sections.data import data_section
from tfmoe.report.sections.evaluation import evaluation_section
from tfmoe.report.sections.factors import factors_section
from tfmoe.report.sections.models import gate_section, models_section
from tfmoe.report.sections.motifs import motifs_section, truth_section
from tfmoe.report.sections.statistics import statistics_section
from tfmoe.report.summary import write_summary

MOST_NAMED = 4
"""More training factors than this are counted in the title, not named."""


def write_report(files: ReportFiles, run: Run, ledger: Pathlike, page: Pathlike) -> tuple[str, str]:
    """Return the page (HTML) and the summary (plain text) of a run.

    Parameters
    ----------
    files
        Input files.
    run
        Name, config and sets of the run.
    ledger
        See `tfmoe.report.provenance.count_looks`.
    page
        Future path of the page, for the summary and for links between pages.

    Raises
    ------
    InputError
        If a table or figure is missing or damaged.
    """
    tables = read_tables(files)
    motifs = MotifTables(
        patterns=read_patterns_tables(files),
        matches=tables.matches,
        summary=tables.motifs,
        gate=tables.gate_motifs,
        fdr=run.config["motifs"]["fdr"],
    )
    scores = score_run(tables, run)
    figures = files.figures
    looks = count_looks(files.tables["metrics"], ledger)
    sections = [
        Section("verdict", "In short", list(verdict(tables, run, scores))),
        factors_section(tables, motifs, run, scores, files.logos, page),
        motifs_section(tables, motifs, run, figures, files.logos),
        truth_section(tables, run),
        attribution_section(tables),
        evaluation_section(tables, run, scores, figures),
        gate_section(scores, figures),
        models_section(tables, run, figures),
        data_section(tables, run, figures),
        statistics_section(files.statistics, figures),
        provenance_section(run, read_run_record(files), read_versions(files), looks),
    ]
    head = Page(study_title(run), describe_run(run, scores.seeds), str(page), run.simulated)
    html = render_page([section for section in sections if section is not None], head)
    return html, write_summary(tables, run, page)


def study_title(run: Run) -> str:
    """Return what a run studied: its training factors, and the number of unseen ones."""
    known = list(dict.fromkeys(found.factor for found in run.sets if found.expert))
    unseen = {found.factor for found in run.sets if found.role == EvaluationRole.OOD}
    named = (
        list_words(known)
        if len(known) <= MOST_NAMED
        else plural(len(known), "transcription factor")
    )
    further = f", and of {plural(len(unseen), 'unseen factor')}" if unseen else ""
    return f"Binding of {named}{further}"


def describe_run(run: Run, seeds: int) -> str:
    """Return the name of a run, its genome, matrices and seeds in a line."""
    genome = run.config["genome"]
    if run.simulated:
        source = "simulated genome"
    else:
        source = "ready sequences" if genome is None else f"genome {genome['assembly']}"
    matrices = run.config["jaspar"]["file"] or run.config["jaspar"]["release"]
    return f"Run {run.name} of tfmoe: {source}, {matrices}, {plural(seeds, 'training seed')}."
