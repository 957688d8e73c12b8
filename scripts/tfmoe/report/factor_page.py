"""The page of one factor: its motifs beside JASPAR's, where they lie, and five sequences."""

from __future__ import annotations

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from tfmoe.attribution.maps import AttributionMaps, read_maps
from tfmoe.core.files import Pathlike, read_tsv
from tfmoe.figures.examples import choose_example
from tfmoe.figures.logos import Heights, draw_comparison, draw_letters
from tfmoe.figures.marked_seqlets import (
    Marked,
    choose_sequences,
    draw_examples,
    draw_places,
    sequences_with_hits,
)
from tfmoe.figures.motifs import (
    MOST_LOGOS,
    Search,
    match_text,
    read_found,
    read_matches,
)
from tfmoe.figures.style import figure_style, label
from tfmoe.jaspar.matrices import Matrix, read_matrices
from tfmoe.motifs.filter_table import MATCHED_COLUMNS
from tfmoe.motifs.find import PATTERN_COLUMNS
from tfmoe.motifs.gating import GATE_MOTIF_COLUMNS
from tfmoe.motifs.match_run import SUMMARY_COLUMNS
from tfmoe.motifs.seqlets import read_bed
from tfmoe.motifs.shown_match import MatchedPattern
from tfmoe.report.blocks import (
    Block,
    Bullets,
    Heading,
    Paragraph,
    Picture,
    Section,
    Table,
    complement,
    count,
    number,
    percent,
    plural,
    probability,
    small,
    text,
)

DPI = 110
MOST_FILTERS = 8


@dataclass(frozen=True)
class FactorSearch:
    """One search for motifs of the factor, and the BED of its seqlets."""

    search: Search
    seqlets: Pathlike


@dataclass(frozen=True)
class FactorFiles:
    """What all pages are written from.

    Attributes
    ----------
    matches, summary, filters, gate
        ``motifs/jaspar.tsv``, ``summary.tsv``, ``filters.tsv`` and ``gate_motifs.tsv``.
    meme, matrices
        ``jaspar/matrices.meme`` and ``jaspar/matrices.tsv``.
    """

    matches: Pathlike
    summary: Pathlike
    filters: Pathlike
    gate: Pathlike
    meme: Pathlike
    matrices: Pathlike


def factor_sections(
    searches: Sequence[FactorSearch], files: FactorFiles, fdr: float
) -> list[Section]:
    """Return a factor's sections: one a search, then filters, then what the mixture makes of it.

    Parameters
    ----------
    searches
        All searches of the factor's experiments; there may be none.
    files
        The run's tables.
    fdr
        Level of the joint q-values.

    Raises
    ------
    InputError
        If a file is missing or damaged.
    """
    matches = read_matches(files.matches)
    matrices = {matrix.matrix_id: matrix for matrix in read_matrices(files.meme, files.matrices)}
    summary = read_tsv(files.summary, SUMMARY_COLUMNS)
    with figure_style():
        sections = [_search_section(item, matches, matrices, summary, fdr) for item in searches]
    experiments = list(dict.fromkeys(item.search.experiment for item in searches))
    sections.append(_filter_section(read_tsv(files.filters, MATCHED_COLUMNS), experiments))
    return [section for section in sections if section.blocks]


def gate_section(gate: Pathlike, experiments: Sequence[str]) -> Section:
    """Return the section on which experts the mixture turns to on a factor's experiments."""
    table = read_tsv(gate, GATE_MOTIF_COLUMNS)
    own = table[table["experiment"].isin(list(experiments))]
    rows = [
        [
            text(row["experiment"]),
            text(row["expert"]),
            number(row["weight"], 2),
            text(row["consensus"]),
            text(row["match"]),
            percent(row["rate_positives"], 1),
            percent(row["rate_negatives"], 1),
            small(row["q"]),
            number(row["weight_with_hit"], 2),
            number(row["weight_without_hit"], 2),
        ]
        for row in own.to_dict("records")
    ]
    caption = (
        "Mean weight that the gate gives each network of the mixture's pool on the test positives; "
        "for each motif of the expert (found on its own factor) the share of test positives and "
        "negatives with a hit, q of Fisher's test over all such rows of the run, and the gate's "
        "weight on positives with a hit and without."
    )
    header = [
        "experiment", "expert", "weight", "its motif", "best match", "hits, positives",
        "hits, negatives", "q", "weight with hit", "without",
    ]  # fmt: skip
    blocks: list[Block] = [Table(caption, header, rows)] if rows else []
    return Section("gate", "What the mixture turns to", blocks)


def _search_section(
    item: FactorSearch,
    matches: pd.DataFrame,
    matrices: Mapping[str, Matrix],
    summary: pd.DataFrame,
    fdr: float,
) -> Section:
    search = item.search
    found = read_found(search, matches, matrices, fdr)
    patterns = read_tsv(search.patterns, PATTERN_COLUMNS).to_dict("records")
    maps, seqlets = read_maps(search.maps), read_bed(item.seqlets)
    own = summary[(summary["experiment"] == search.experiment) & (summary["model"] == search.model)]
    blocks: list[Block] = [Paragraph(_sentence(own.iloc[0].to_dict()))]
    length = maps.sequences.shape[1]
    for pattern, row in list(zip(found, patterns, strict=True))[:MOST_LOGOS]:
        blocks += _pattern_blocks(pattern, row, seqlets, length)
    blocks += _example_blocks(found, patterns, maps, seqlets)
    key = f"{search.experiment}-{search.model}"
    return Section(key, search.title, blocks)


def _sentence(row: Mapping[Any, Any]) -> str:
    searched = f"{plural(int(row['n_sequences']), 'sequence')} searched"
    if not row["n_patterns"]:
        return f"No pattern found: {row['note']}. ({searched}.)"
    said = (
        f"{plural(int(row['n_patterns']), 'pattern')} among {row['n_seqlets']:,.0f} seqlets, "
        f"{searched}."
    )
    if pd.isna(row["family_rank"]):
        return f"{said} The matrices have none of this factor or of its family."
    own = (
        f"rank {row['own_rank']:,.0f} (q = {probability(row['own_q'])})"
        if not pd.isna(row["own_rank"])
        else "none in the matrices"
    )
    return (
        f"{said} For the first pattern the factor's own matrix: {own}; the best of its family: "
        f"{row['family_name']} {row['family_matrix']}, rank {row['family_rank']:,.0f} (q = "
        f"{probability(row['family_q'])}), and {100 * row['family_chance']:.1f} % of shuffled "
        "patterns match one of these as well."
    )


def _pattern_blocks(
    pattern: MatchedPattern, row: Mapping[Any, Any], seqlets: pd.DataFrame, length: int
) -> list[Block]:
    consensus = str(row["consensus"])
    if pattern.reverse:  # as in the logo
        consensus = complement(consensus)
    title = f"{pattern.pattern.replace('_', ' ')}: {consensus}"
    turned = " Both are turned, so that the matrix stands as in JASPAR." if pattern.reverse else ""
    logo = f"Above the pattern, below its match: {match_text(pattern)}.{turned}"
    where = plural(int(row["n_sequences"]), "sequence")
    facts = [
        f"{plural(int(row['n_seqlets']), 'seqlet')} in {where}.",
        _told(row),
        f"Distance from the window's middle: median {row['distance']:.0f} bp (anywhere: "
        f"{row['expected_distance']:.0f} bp; p = {probability(row['centrality_p'])} that seqlets "
        "are no more central).",
    ]
    places = draw_places(seqlets, pattern.pattern, pattern.probabilities.shape[1], length)
    return [
        Heading(title),
        Picture("", png_uri(draw_comparison(pattern)), logo),
        Bullets(facts),
        Picture("", png_uri(places), "Places of the seqlets; the summits are in the middle."),
    ]


def _told(row: Mapping[Any, Any]) -> str:
    if pd.isna(row["rate_positives"]) or pd.isna(row["rate_negatives"]):
        return "Not confirmed: the test split has no positives or no negatives."
    return (
        f"Test split: hits in {100 * row['rate_positives']:.1f} % of positives (95 % interval "
        f"{100 * row['rate_positives_low']:.1f} to {100 * row['rate_positives_high']:.1f}) and in "
        f"{100 * row['rate_negatives']:.1f} % of negatives; p = {probability(row['fisher_p'])}."
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
        draw_letters(figure.subplots(), example.logo)
        said = f"Contributions in a typical sequence, {example.name}."
        return [Picture("", png_uri(figure), said)]
    motifs: list[tuple[str, Heights]] = [(item.pattern, item.probabilities) for item in found]
    marked = [
        Marked(name, motif, float(row["threshold"]))
        for (name, motif), row in zip(motifs, patterns, strict=True)
    ]
    names = choose_sequences(seqlets, found[0].pattern, sequences_with_hits(maps, marked[0]))
    caption = (
        f"Contributions of the bases in {plural(len(names), 'sequence')} with the first pattern "
        "(and a hit of it, where enough have one), evenly spread from its strongest seqlet to "
        "its weakest. Shaded: seqlets, with the pattern's strand; bars below: hits of the patterns."
    )
    return [
        Heading("In sequences"),
        Picture("", png_uri(draw_examples(maps, names, seqlets, marked)), caption),
    ]


def _filter_section(filters: pd.DataFrame, experiments: Sequence[str]) -> Section:
    blocks: list[Block] = []
    for (experiment, model), part in filters.groupby(["experiment", "model"], sort=False):
        if experiment not in experiments:
            continue
        rows = [
            [
                text(row["filter"].replace("_", " ")),
                text(row["consensus"]),
                count(row["n_sites"]),
                number(row["correlation"], 2),
                percent(row["rate_positives"], 1),
                percent(row["rate_negatives"], 1),
                text(row["best_name"]),
                small(row["best_q"]),
                text(row["family_name"]),
                count(row["family_rank"]),
                small(row["family_q"]),
            ]
            for row in part.head(MOST_FILTERS).to_dict("records")
        ]
        caption = (
            f"{experiment}, {label(str(model))}: the filters of the first convolution ({len(part)} "
            "have a motif) whose activity follows the network's answer most closely (Spearman, "
            "test split). A cross-check: their q-values are adjusted over all filters of the run."
        )
        header = [
            "filter", "consensus", "sites", "correlation", "hits, positives", "hits, negatives",
            "best match", "q", "best of family", "rank", "q",
        ]  # fmt: skip
        blocks.append(Table(caption, header, rows))
    return Section("filters", "Filters of the first convolution", blocks)


def png_uri(figure: Figure) -> str:
    """Return a figure as a PNG in a data URI; equal figures give equal bytes."""
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=DPI, metadata={"Software": None})
    return f"data:image/png;base64,{base64.b64encode(content.getvalue()).decode('ascii')}"
