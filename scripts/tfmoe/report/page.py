"""The report of a run: one self-contained HTML page."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tfmoe.core.files import Pathlike
from tfmoe.data.description import describe_quick
from tfmoe.report.blocks import Block, Bullets, Section
from tfmoe.report.headline import Scores, roles_of, score_run
from tfmoe.report.narrative.highlights import (
    faithfulness_sentence,
    motif_sentence,
    role_sentences,
    truth_sentence,
)
from tfmoe.report.narrative.recommendation import headline
from tfmoe.report.provenance import count_looks, provenance_section
from tfmoe.report.run_tables import (
    ReportFiles,
    Run,
    RunTables,
    read_patterns_tables,
    read_run_record,
    read_tables,
    read_versions,
)
from tfmoe.report.sections.adaptation import adapted_table
from tfmoe.report.sections.attribution import attribution_section
from tfmoe.report.sections.data import data_section
from tfmoe.report.sections.evaluation import evaluation_section, means_table
from tfmoe.report.sections.models import gate_section, models_section
from tfmoe.report.sections.motifs import motifs_section, truth_section
from tfmoe.report.sections.statistics import statistics_section
from tfmoe.report.summary import write_summary

TEMPLATES = Path(__file__).parent / "templates"
POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'"
)
"""A browser may show the pictures of a page by the styles in it, and do nothing else.

No script runs and nothing is fetched, whatever a name in the page contains. Styles are allowed as a
whole because some browsers apply the policy of a page to the styles in its SVG pictures too.
"""


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
        Future path of the page, for the summary.

    Raises
    ------
    InputError
        If a table or figure is missing or damaged.
    """
    tables = read_tables(files)
    patterns = read_patterns_tables(files)
    scores = score_run(tables, run)
    figures = files.figures
    looks = count_looks(files.tables["metrics"], ledger)
    sections = [
        summary_section(tables, run, scores),
        data_section(tables, run, figures),
        models_section(tables, run, figures),
        evaluation_section(tables, run, scores, figures),
        statistics_section(files.statistics, figures),
        gate_section(scores, figures),
        attribution_section(tables),
        motifs_section(tables, patterns, run, figures, files.logos),
        truth_section(tables, run),
        provenance_section(run, read_run_record(files), read_versions(files), looks),
    ]
    html = render_page([section for section in sections if section is not None], run)
    return html, write_summary(tables, run, page)


@dataclass(frozen=True)
class Title:
    """Heading of a page: a name, and whether the data is simulated."""

    name: str
    simulated: bool


def render_page(sections: list[Section], run: Run | Title) -> str:
    """Render sections as one HTML page without scripts or external files."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["kind"] = lambda block: type(block).__name__
    template = environment.get_template("report.html.j2")
    style = (TEMPLATES / "style.css").read_text(encoding="utf-8")
    return template.render(sections=sections, run=run, style=style, policy=POLICY)


def summary_section(tables: RunTables, run: Run, scores: Scores) -> Section:
    """Return the section with the main results."""
    quick = describe_quick(run.config)
    sentences = [*([quick] if quick else []), *headline(tables, run, scores)]
    sentences += [
        sentence
        for role in roles_of(scores)
        for sentence in role_sentences(tables.pairwise, scores, role)
    ]
    sentences.append(motif_sentence(tables, run))
    more = (faithfulness_sentence(tables.faithfulness), truth_sentence(tables, run))
    sentences += [sentence for sentence in more if sentence]
    blocks: list[Block] = [Bullets(sentences), means_table(scores)]
    blocks += [table for table in [adapted_table(tables, scores)] if table]
    return Section("summary", "In short", blocks)
