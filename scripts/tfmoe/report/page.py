"""The page: one self-contained HTML file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tfmoe.core.files import Pathlike
from tfmoe.core.vocabulary import OWN_EXPERT, is_expert
from tfmoe.figures.style import label
from tfmoe.report.blocks import (
    Bullets,
    Section,
    decimals,
    list_words,
    plural,
    probability,
    signed,
)
from tfmoe.report.headline import Scores, roles_of, score_run
from tfmoe.report.provenance import count_looks, provenance_section
from tfmoe.report.run_tables import (
    ReportFiles,
    Run,
    RunTables,
    read_patterns_tables,
    read_tables,
    read_versions,
)
from tfmoe.report.sections.attribution import attribution_section, motifs_section, truth_section
from tfmoe.report.sections.data import data_section
from tfmoe.report.sections.evaluation import (
    GROUPS,
    evaluation_section,
    gate_section,
    means_table,
    models_section,
    statistics_section,
)
from tfmoe.report.summary import motif_line, truth_line, write_summary

TEMPLATES = Path(__file__).parent / "templates"
_VERDICTS = {
    "better": "better than",
    "worse": "worse than",
    "equivalent": "as good as, give or take the margin,",
    "not_worse": "not worse than, give or take the margin,",
    "not_distinguishable": "not to be told apart from",
}


def write_report(files: ReportFiles, run: Run, ledger: Pathlike, page: Pathlike) -> tuple[str, str]:
    """Return the page (HTML) and the summary (plain text) of a run.

    Parameters
    ----------
    files
        What it is written from.
    run
        What it is called and was set to.
    ledger
        See `tfmoe.report.provenance.count_looks`.
    page
        Where the page will lie, for the summary.

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
        provenance_section(run, read_versions(files), looks),
    ]
    html = render_page([section for section in sections if section is not None], run)
    return html, write_summary(tables, run, page)


@dataclass(frozen=True)
class Title:
    """What stands above a page: a name, and whether the data is simulated."""

    name: str
    simulated: bool


def render_page(sections: list[Section], run: Run | Title) -> str:
    """Render sections as one HTML page without scripts and without any other file."""
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
    return template.render(sections=sections, run=run, style=style)


def summary_section(tables: RunTables, run: Run, scores: Scores) -> Section:
    """Return the section that says in plain words what came of the run."""
    sentences = [
        sentence for role in roles_of(scores) for sentence in _role_sentences(tables, scores, role)
    ]
    sentences.append(motif_line(tables, run))
    sentences += [line for line in (_faithfulness(tables), truth_line(tables, run)) if line]
    return Section("summary", "In short", [Bullets(sentences), means_table(scores)])


def _role_sentences(tables: RunTables, scores: Scores, role: str) -> list[str]:
    where = (
        "factors that have an expert"
        if role == "in_distribution"
        else "factors that no expert has seen (OOD)"
    )
    size = scores.sizes[role]
    mixture = scores.of(role, "moe")
    full = {
        model: found.auroc
        for model in scores.models
        if (found := scores.of(role, model)) and found.sets == size
    }
    if mixture is None or not full:
        return [f"On the {plural(size, 'set')} of {where} the mixture could not be scored."]
    best = max(full, key=lambda model: full[model])
    lead = (
        "the highest of all models"
        if best == "moe"
        else f"the highest is that of {_the(best)}, {decimals(full[best])}"
    )
    told = (OWN_EXPERT, "pwm", "gkm") if role == "in_distribution" else (OWN_EXPERT, "pwm")
    if best in told:
        lead += ", which is told the factor"
    first = (
        f"On the {plural(size, 'set')} of {where} the mixture has a mean AUROC of "
        f"{decimals(mixture.auroc)}; {lead}."
    )
    return [first, *_verdicts(tables, scores, role)]


def _verdicts(tables: RunTables, scores: Scores, role: str) -> list[str]:
    """Say which differences of the mixture a test over sets carries."""
    table = tables.pairwise
    whole = table[(table["subset"] == "all") & (table["stratum"] == "all")]
    rows = whole[(whole["role"] == role) & (whole["negatives"] == scores.kind)]
    by_verdict: dict[str, list[str]] = {}
    for row in rows[~rows["other"].map(is_expert)].to_dict("records"):
        numbers = f"({signed(row['difference'])}, p = {probability(row['p_holm'])})"
        by_verdict.setdefault(row["verdict"], []).append(f"{_the(row['other'])} {numbers}")
    experts = rows.loc[rows["other"].map(is_expert), "verdict"].value_counts()
    for verdict, found in experts.items():
        said = f"{found} of {plural(int(experts.sum()), 'single expert')}"
        by_verdict.setdefault(str(verdict), []).append(said)
    parts = [
        f"{words} {list_words(by_verdict[verdict])}"
        for verdict, words in _VERDICTS.items()
        if verdict in by_verdict
    ]
    if not parts:
        return []
    sets = GROUPS[role].split(",")[0]
    return [f"By paired tests over the {sets} sets, Holm-adjusted, it is {'; '.join(parts)}."]


def _faithfulness(tables: RunTables) -> str:
    means = tables.faithfulness.groupby("method", sort=False)["spearman"].mean().dropna()
    if not len(means):
        return ""
    ordered = means.sort_values(ascending=False)
    others = ", ".join(f"{name} {decimals(value)}" for name, value in ordered.items())
    return f"Faithfulness of attribution to in-silico mutagenesis (mean correlation): {others}."


def _the(model: str) -> str:
    return label(model) if is_expert(model) else f"the {label(model)}"
