"""Page of one factor: results, motifs and their matches, positions, and five sequences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from tfmoe.attribution.maps import AttributionMaps, read_maps
from tfmoe.core.files import Pathlike
from tfmoe.core.text import (
    capitalise,
    decimals,
    list_words,
    p_value,
    percent,
    plural,
    q_value,
    whole,
)
from tfmoe.evaluation.sets import (
    EvaluationSet,
)
from tfmoe.figures.examples import choose_example
from tfmoe.figures.logos import Heights, draw_contributions
from tfmoe.figures.marked_seqlets import (
    Marked,
    choose_sequences,
    draw_examples,
    draw_positions,
    sequences_with_hits,
)
from tfmoe.figures.motifs import (
    MOST_LOGOS,
    match_text,
    read_found,
)
from tfmoe.figures.style import figure_style, label, network_label
from tfmoe.motifs.seqlets import read_bed
from tfmoe.motifs.shown_match import MatchedPattern
from tfmoe.report.blocks import (
    Block,
    Bullets,
    Heading,
    Paragraph,
    Pictures,
    Section,
    Table,
    complement,
    count_cell,
    number_cell,
    percent_cell,
    probability_cell,
    text_cell,
)
from tfmoe.report.factor_files import FactorFiles, FactorSearch
from tfmoe.report.factor_results import results_section
from tfmoe.report.findings import MotifTables
from tfmoe.report.pictures import comparison, drawn
from tfmoe.report.render import Page, packed
from tfmoe.report.sections.factors import relation

MOST_FILTERS = 8
REPORT = "report.html"


def factor_sections(
    sets: Sequence[EvaluationSet],
    searches: Sequence[FactorSearch],
    files: FactorFiles,
    fdr: float,
) -> list[Section]:
    """Return the sections of a factor: results, one per search, gate and filters.

    Parameters
    ----------
    sets
        The factor's experiments.
    searches
        All searches of the run, also those of other factors: one of these may explain this one.
    files
        Tables of the run.
    fdr
        Level of the joint q-values.

    Raises
    ------
    InputError
        If a file is missing or damaged.
    """
    experiments = [found.experiment for found in sets]
    own = [item for item in searches if item.search.experiment in experiments]
    patterns = {(item.search.experiment, item.search.model): item.patterns for item in searches}
    motifs = MotifTables(patterns, files.match_table, files.summary_table, files.gate_table, fdr)
    with figure_style():
        sections = [
            results_section(sets, searches, files, motifs),
            *(_search_section(item, files, fdr) for item in own),
        ]
    sections.append(gate_section(motifs, experiments))
    sections.append(_filter_section(files.filter_table, experiments))
    return [section for section in sections if section.blocks]


def factor_head(
    factor: str, sets: Sequence[EvaluationSet], run: str, path: Pathlike, simulated: bool
) -> Page:
    """Return the head of a factor's page, with the way back to the report.

    Parameters
    ----------
    factor
        Name of the factor.
    sets
        Its experiments.
    run
        Name of the run.
    path
        Path of the page, in a folder next to the report.
    simulated
        Whether the data is simulated.
    """
    relations = list_words(list(dict.fromkeys(relation(found.stratum) for found in sets)))
    report = PurePosixPath(path).parent.parent / REPORT
    return Page(
        title=f"Binding of {factor}",
        subtitle=f"{capitalise(relations)}; {plural(len(sets), 'experiment')} of run {run}.",
        path=str(path),
        simulated=simulated,
        back=f"../{REPORT}",
        back_packed=packed(report),
    )


def gate_section(motifs: MotifTables, experiments: Sequence[str]) -> Section:
    """Return the section on the experts that the gate prefers on a factor's experiments.

    Parameters
    ----------
    motifs
        Tables on motifs.
    experiments
        The factor's experiments.
    """
    own = motifs.gate[motifs.gate["experiment"].isin(list(experiments))]
    rows = [
        [
            text_cell(row["experiment"]),
            text_cell(network_label(row["expert"])),
            number_cell(row["weight"], 2),
            # on the strand of the logo, as elsewhere
            text_cell(motifs.consensus_of(*search, row) if search else row["consensus"]),
            text_cell(row["match"]),
            percent_cell(row["rate_positives"], 1),
            percent_cell(row["rate_negatives"], 1),
            probability_cell(row["q"]),
            number_cell(row["weight_with_hit"], 2),
            number_cell(row["weight_without_hit"], 2),
        ]
        for row in own.to_dict("records")
        for search in [motifs.search_of(row)]
    ]
    caption = (
        "Weight: mean gate weight of each network of the mixture's pool on the test positives. "
        "Hits: share of test positives and negatives with a hit of the expert's motif, which was "
        "found on the expert's own factor. q: Fisher's test, adjusted over all such rows of the "
        "run. The last columns are gate weights on positives with and without a hit."
    )
    header = [
        "experiment", "expert", "weight", "its motif", "best match", "hits, positives",
        "hits, negatives", "q", "weight with hit", "weight without",
    ]  # fmt: skip
    blocks: list[Block] = [Table(caption, header, rows)] if rows else []
    return Section("gate", "Gate weights and the experts' motifs", blocks)


def _search_section(item: FactorSearch, files: FactorFiles, fdr: float) -> Section:
    search, summary = item.search, files.summary_table
    found = read_found(search, files.match_table, files.matrices_by_id, fdr)
    patterns = item.patterns.to_dict("records")
    maps, seqlets = read_maps(search.maps), read_bed(item.seqlets)
    own = summary[(summary["experiment"] == search.experiment) & (summary["model"] == search.model)]
    blocks: list[Block] = [Paragraph(_search_sentences(own.iloc[0].to_dict()))]
    length = maps.sequences.shape[1]
    for pattern, row in list(zip(found, patterns, strict=True))[:MOST_LOGOS]:
        blocks += _pattern_blocks(
            pattern, row, files.logo(search, pattern.pattern), seqlets, length
        )
    blocks += _example_blocks(found, patterns, maps, seqlets)
    key = f"{search.experiment}-{search.model}"
    return Section(key, search.title, blocks)


def _search_sentences(row: Mapping[Any, Any]) -> str:
    """Return the result of a search and the ranks of the expected matrices."""
    searched = f"{plural(int(row['n_sequences']), 'sequence')} searched"
    if not row["n_patterns"]:
        return f"No pattern found: {row['note']}. ({searched}.)"
    found = (
        f"{plural(int(row['n_patterns']), 'pattern')} among {whole(row['n_seqlets'])} seqlets, "
        f"{searched}."
    )
    if pd.isna(row["family_rank"]):
        return f"{found} No matrix of this factor or of its family is known."
    best = f"{row['family_name']} {row['family_matrix']}"
    rank = f"has rank {whole(row['family_rank'])} ({q_value(row['family_q'])})"
    if row["own_matrix"] == row["family_matrix"]:
        ranks = f"the factor's own matrix, {best}, {rank}."
    elif pd.notna(row["own_rank"]):
        ranks = (
            f"the factor's own matrix has rank {whole(row['own_rank'])} ({q_value(row['own_q'])}). "
            f"The best matrix of its family, {best}, {rank}."
        )
    else:
        ranks = (
            f"the best matrix of the factor's family, {best}, {rank}. The factor has no matrix of "
            "its own."
        )
    return (
        f"{found} Among the matches of the first pattern, {ranks} Of shuffled patterns, "
        f"{percent(row['family_chance'])} match one of these matrices as well."
    )


def _pattern_blocks(
    pattern: MatchedPattern, row: Mapping[Any, Any], logo: Path, seqlets: pd.DataFrame, length: int
) -> list[Block]:
    consensus = str(row["consensus"])
    if pattern.reverse:  # the logo is reversed, too
        consensus = complement(consensus)
    title = f"{pattern.pattern.replace('_', ' ')}: {consensus}"
    turned = " Both are reversed to match JASPAR's orientation." if pattern.reverse else ""
    caption = f"The pattern above its match: {match_text(pattern)}.{turned}"
    sequences = plural(int(row["n_sequences"]), "sequence")
    facts = [
        f"{plural(int(row['n_seqlets']), 'seqlet')} in {sequences}.",
        _confirmation(row),
        f"Median distance from the middle of the window: {decimals(row['distance'], 0)} bp. For "
        f"random positions, {decimals(row['expected_distance'], 0)} bp are expected "
        f"({p_value(row['centrality_p'])}).",
    ]
    positions = draw_positions(seqlets, pattern.pattern, pattern.probabilities.shape[1], length)
    where = "Where the motif lies: positions of its seqlets. 0 is the peak's summit."
    return [
        Heading(title),
        Pictures([comparison(pattern, logo, caption), drawn(positions, where)]),
        Bullets(facts),
    ]


def _confirmation(row: Mapping[Any, Any]) -> str:
    """Return the hit rates of a pattern on the test split."""
    if pd.isna(row["rate_positives"]) or pd.isna(row["rate_negatives"]):
        return "Not confirmed: the test split has no positives or no negatives."
    low, high = row["rate_positives_low"], row["rate_positives_high"]
    return (
        f"Test split: {percent(row['rate_positives'])} of positives have a hit (95 % interval "
        f"{decimals(100 * low, 1)} to {percent(high)}), and {percent(row['rate_negatives'])} of "
        f"negatives; {p_value(row['fisher_p'])}."
    )


def _example_blocks(
    found: Sequence[MatchedPattern],
    patterns: Sequence[Mapping[Any, Any]],
    maps: AttributionMaps,
    seqlets: pd.DataFrame,
) -> list[Block]:
    if not found:
        example = choose_example(maps, None)
        figure = Figure(figsize=(9.2, 1.2), layout="constrained")
        draw_contributions(figure.subplots(), example.logo)
        caption = f"Contributions in a typical sequence, {example.name}."
        return [drawn(figure, caption)]
    motifs: list[tuple[str, Heights]] = [(item.pattern, item.probabilities) for item in found]
    marked = [
        Marked(name, motif, float(row["threshold"]))
        for (name, motif), row in zip(motifs, patterns, strict=True)
    ]
    names = choose_sequences(seqlets, found[0].pattern, sequences_with_hits(maps, marked[0]))
    caption = (
        f"Contributions of the bases in {plural(len(names), 'sequence')} with the first pattern, "
        "evenly spread from its strongest seqlet to its weakest. If enough sequences have a hit of "
        "the pattern, only these are shown. Shaded: seqlets, with the pattern's strand; bars "
        "below: hits of the patterns."
    )
    return [
        Heading(f"In {plural(len(names), 'sequence')}"),
        drawn(draw_examples(maps, names, seqlets, marked), caption),
    ]


def _filter_section(filters: pd.DataFrame, experiments: Sequence[str]) -> Section:
    blocks: list[Block] = []
    for (experiment, model), part in filters.groupby(["experiment", "model"], sort=False):
        if experiment not in experiments:
            continue
        rows = [
            [
                text_cell(row["filter"].replace("_", " ")),
                text_cell(row["consensus"]),
                count_cell(row["n_sites"]),
                number_cell(row["correlation"], 2),
                percent_cell(row["rate_positives"], 1),
                percent_cell(row["rate_negatives"], 1),
                text_cell(row["best_name"]),
                probability_cell(row["best_q"]),
                text_cell(row["family_name"]),
                count_cell(row["family_rank"]),
                probability_cell(row["family_q"]),
            ]
            for row in part.head(MOST_FILTERS).to_dict("records")
        ]
        caption = (
            f"{experiment}, {label(str(model))}: filters of the first convolution whose activity "
            "correlates best with the network's output (Spearman, test split). "
            f"{plural(len(part), 'filter')} of this network {'has' if len(part) == 1 else 'have'} "
            "a motif. This is a cross-check: q is adjusted over all filters of the run."
        )
        header = [
            "filter", "consensus", "sites", "correlation", "hits, positives", "hits, negatives",
            "best match", "q", "best of family", "rank", "q",
        ]  # fmt: skip
        blocks.append(Table(caption, header, rows))
    return Section("filters", "Filters of the first convolution", blocks)
