"""The sections on attribution and motifs, and on what a simulated run recovered."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd

from tfmoe.attribution.measures import MEASURES, SECONDS
from tfmoe.attribution.sites import PLANTED
from tfmoe.core.vocabulary import is_expert
from tfmoe.figures.style import label
from tfmoe.motifs.shown_match import choose_match_row
from tfmoe.report.blocks import (
    MISSING,
    Block,
    Cell,
    Heading,
    Paragraph,
    Section,
    Table,
    complement,
    count,
    decimals,
    interval,
    number,
    percent,
    plural,
    probability,
    signed,
    small,
    text,
    truths,
)
from tfmoe.report.pictures import data_uri, picture
from tfmoe.report.run_tables import Run, RunTables
from tfmoe.report.summary import motif_line, truth_line

_HEADER = [
    "model",
    "pattern (above) and match (below)",
    "consensus",
    "seqlets",
    "match in JASPAR",
    "q",
    "rank",
    "hits, test positives",
    "hits, test negatives",
    "p",
]


def attribution_section(tables: RunTables) -> Section:
    """Return the section on the quality of the maps."""
    table = tables.faithfulness.assign(
        group=[
            "experts" if is_expert(model) else "mixture" for model in tables.faithfulness["model"]
        ]
    )
    rows = []
    for (group, method), part in table.groupby(["group", "method"], sort=False):
        rows.append(
            [
                text(group),
                text(method),
                count(len(part)),
                number(part["spearman"].mean()),
                Cell(f"{decimals(part['spearman'].min())} to {decimals(part['spearman'].max())}"),
                Cell(signed(part["gain"].mean()), number=True),
            ]
        )
    details = [
        [
            text(row["experiment"]),
            text(label(row["model"])),
            text(row["method"]),
            count(row["n_sequences"]),
            interval(row["spearman"], row["spearman_low"], row["spearman_high"]),
            Cell(signed(row["gain"]), number=True),
        ]
        for row in tables.faithfulness.to_dict("records")
    ]
    caption = (
        "Faithfulness: Spearman correlation, within a sequence, of map x input with centred "
        "in-silico mutagenesis."
    )
    return Section(
        "attribution",
        "Attribution",
        [
            Table(
                f"{caption} Mean and range, over models and experiments, of the medians over "
                "sequences; gain: mean paired difference to the plain gradient. shiftsmooth_n<k> "
                "averages gradients over shifts by up to k bases; _corrected subtracts the mean "
                "over A, C, G and T at each position.",
                ["models", "method", "maps, n", "mean", "range", "gain over the gradient"],
                rows,
            ),
            Table(
                f"{caption} Median over sequences, with its 95 % bootstrap interval.",
                ["experiment", "model", "method", "sequences", "median", "gain over the gradient"],
                details,
                folded=True,
            ),
            _quality(tables.quality),
            *_localisation(tables.localisation),
        ],
    )


def _quality(quality: pd.DataFrame) -> Table:
    """Return the measures beside faithfulness and localisation, a column each."""
    shown = [name for name in (*MEASURES, SECONDS) if (quality["measure"] == name).any()]
    rows = []
    for method, part in quality.groupby("method", sort=False):
        means = part.groupby("measure")["value"].mean()
        gains = part.groupby("measure")["gain"].mean()
        cells = [
            small(means.get(name))
            if name == SECONDS
            else Cell(_with_gain(means.get(name), gains.get(name)), number=True)
            for name in shown
        ]
        rows.append([text(method), *cells])
    titles = MEASURES | {SECONDS: "seconds a sequence"}
    return Table(
        "Other measures, means over models and experiments, with the gain over the gradient. "
        "Insertion and deletion: area under the logit while the positions that a map ranks first "
        "come into, or go from, an exact dinucleotide shuffle of the sequence, in units of the "
        "mean difference between the two; a good map has a small area of deletion and a large one "
        "of insertion. Stability: correlation of the maps of inputs 1 to 3 bases apart, and of "
        "training seeds; it is no sign of truth. Seconds: on this machine, one network.",
        ["method", *(titles[name] for name in shown)],
        rows,
    )


def _with_gain(value: Any, gain: Any) -> str:
    if value is None or pd.isna(value):
        return MISSING
    return decimals(value) if pd.isna(gain) else f"{decimals(value)} ({signed(gain)})"


def _localisation(localisation: pd.DataFrame) -> list[Block]:
    found = localisation[localisation["auprc"].notna()]
    rows = [
        [
            text(method),
            count(len(part)),
            number(part["auprc"].mean()),
            Cell(signed(part["auprc_gain"].mean()), number=True),
            number(part["hit_rate"].mean()),
            number(part["prevalence"].mean()),
        ]
        for method, part in found.groupby("method", sort=False)
    ]
    planted = (localisation["truth"] == PLANTED).all()
    where = (
        "of planted instances"
        if planted
        else "where the factor's own JASPAR matrix hits, in positives where it hits one place only"
    )
    table = Table(
        f"Localisation: do the maps point at the informative positions {where}? Mean over "
        "experiments and models of average precision and of the share of hits among the highest "
        "scores, within a sequence; chance is the share of such positions.",
        ["method", "maps, n", "AUPRC", "gain over the gradient", "hit rate", "chance"],
        rows,
    )
    missing = localisation[localisation["auprc"].isna()][["experiment", "note"]].drop_duplicates()
    reasons = [f"{row['experiment']}: {row['note']}" for row in missing.to_dict("records")]
    said = [Paragraph(f"No localisation for {'; '.join(reasons)}.")] if reasons else []
    return [*([table] if rows else []), *said]


def motifs_section(
    tables: RunTables,
    patterns: Mapping[tuple[str, str], pd.DataFrame],
    run: Run,
    figures: Path,
    logos: Path,
) -> Section:
    """Return the section on motifs: what was found for each factor, and what JASPAR has."""
    blocks: list[Block] = [Paragraph(motif_line(tables, run)), Paragraph(_null(tables))]
    fdr = run.config["motifs"]["fdr"]
    caption = (
        "Left: contributions ("
        f"{run.config['motifs']['method']}, mean of the seeds) in one sequence, chosen by rule: of "
        "the sequences with the better hits of the first pattern, the one whose contribution under "
        "the hit is the median; turned so that it reads as the logos at the right. Right: the "
        "pattern with the most seqlets above its match in JASPAR, which stands as in JASPAR "
        "(height 2 bits, uniform background). q is adjusted jointly over all patterns of the run. "
        f"Shown is the factor's own or its family's matrix if that has q < {fdr:g}, else the best "
        "match."
    )
    blocks.append(picture(figures, "motifs", caption))
    if (figures / "motifs_ood.svg").is_file():
        ood = "The same for the mixture on factors that no expert has seen."
        blocks.append(picture(figures, "motifs_ood", ood))
    caption = (
        "Left: mean weight that the gate gives each network of the mixture's pool on the test "
        "positives. Right: how much commoner hits of the expert's top motif are in these than in "
        "test negatives (dot: q < .05). An expert explains a set where both are high."
    )
    blocks.append(picture(figures, "gate_motifs", caption))
    blocks.append(_pages(run))
    notes = {
        (str(row["experiment"]), str(row["model"])): row for row in tables.motifs.to_dict("records")
    }
    for found in run.sets:
        own = [pair for pair in patterns if pair[0] == found.experiment]
        if not own:
            continue
        rows = []
        for pair in own:
            rows += _search_rows(
                pair, patterns[pair], tables.matches, notes.get(pair, {}), fdr, logos
            )
        blocks += [Heading(found.name), Table("", _HEADER, rows)]
    return Section("motifs", "Motifs", blocks)


def _pages(run: Run) -> Table:
    """List the pages of the factors, which lie in a folder beside this one."""
    factors: dict[str, tuple[str, list[str]]] = {}
    for found in run.sets:
        key = found.factor.upper()
        factors.setdefault(key, (found.factor, []))[1].append(found.experiment)
    rows = [
        [Cell(name, link=f"factors/{quote(name)}.html"), text(", ".join(experiments))]
        for name, experiments in factors.values()
    ]
    caption = "A page for each factor: motifs, where they lie, five sequences, filters and gate."
    return Table(caption, ["factor", "experiments"], rows, folded=True)


def _null(tables: RunTables) -> str:
    row = tables.null_control.iloc[0]
    if not row["shuffles"]:
        return "No null control was asked for."
    return (
        f"Null control: {row['passing']:,.0f} of {row['shuffles']:,.0f} column-shuffled patterns "
        f"match some matrix at that level ({100 * row['share']:.1f} %; 95 % interval up to "
        f"{100 * row['share_high']:.1f} %) when they are adjusted with the run's own patterns, and "
        f"{row['passing_alone']:,.0f} when among themselves. As a factor's own or its family's "
        f"motif {percent(row['share_family'], 1).text} of them would pass at the run's largest p."
    )


def _search_rows(
    pair: tuple[str, str],
    patterns: pd.DataFrame,
    matches: pd.DataFrame,
    summary: Mapping[Any, Any],
    fdr: float,
    logos: Path,
) -> list[list[Cell]]:
    name = label(pair[1])
    if not len(patterns):
        note = summary.get("note")
        reason = "" if note is None or pd.isna(note) else f" ({note})"
        searched = summary.get("n_sequences")
        where = f" in {plural(int(searched), 'sequence')}" if searched else ""
        return [[Cell(f"{name}: no pattern found{where}{reason}", group=True)]]
    own = matches[(matches["experiment"] == pair[0]) & (matches["model"] == pair[1])]
    return [
        _pattern_row(
            name, pair, row, choose_match_row(own[own["pattern"] == row["pattern"]], fdr), logos
        )
        for row in patterns.to_dict("records")
    ]


def _pattern_row(
    name: str,
    pair: tuple[str, str],
    row: Mapping[Any, Any],
    match: Mapping[str, Any] | None,
    logos: Path,
) -> list[Cell]:
    path = logos / f"{pair[0]}.{pair[1]}.{row['pattern']}.png"
    # only the first patterns of a search have a logo
    consensus = str(row["consensus"])
    if match and match["strand"] == "-":
        # as in the logo, which is turned to stand as its match does in JASPAR
        consensus = complement(consensus)
    logo = Cell(f"logo of {consensus}", image=data_uri(path)) if path.is_file() else text("")
    return [
        text(name),
        logo,
        text(consensus),
        count(row["n_seqlets"]),
        Cell(_describe(match)) if match else Cell(MISSING),
        small(match["q"]) if match else Cell(MISSING),
        count(match["rank"]) if match else Cell(MISSING),
        _rate(row, "positives"),
        _rate(row, "negatives"),
        small(row["fisher_p"]),
    ]


def _describe(match: Mapping[str, Any]) -> str:
    data = "" if pd.isna(match["data_type"]) else f", {match['data_type']}"
    independent = str(match["independent"]).lower() == "true"
    doubt = "" if independent else ", not independent of the run's own kind of data"
    return f"{match['name']} {match['matrix_id']} ({match['relation']}{data}{doubt})"


def _rate(row: Mapping[Any, Any], kind: str) -> Cell:
    if pd.isna(row[f"rate_{kind}"]):
        return Cell(MISSING, number=True)
    share = percent(row[f"rate_{kind}"]).text
    return Cell(f"{share} of {row[kind]:,.0f}", number=True)


def truth_section(tables: RunTables, run: Run) -> Section | None:
    """Return how a simulated run did against what was planted; `None` for real data."""
    if tables.recovery is None:
        return None
    recovered = truths(tables.recovery["recovered"])
    rows = [
        [
            text(row["experiment"]),
            text(label(row["model"])),
            text(row["planted_matrix"]),
            text("yes" if found else "no"),
            small(row["q"]),
            count(row["instances"]),
            interval(row["share_hit"], row["share_hit_low"], row["share_hit_high"], 2),
        ]
        for row, found in zip(tables.recovery.to_dict("records"), recovered, strict=True)
    ]
    blocks: list[Block] = [
        Paragraph(truth_line(tables, run)),
        Table(
            "Recovery of planted motifs. Recovered: a pattern matches the planted matrix at joint "
            f"q < {probability(run.config['motifs']['fdr'])}. Hit: share of the planted instances "
            "in positive windows that hits of the pattern cover, with its 95 % Wilson interval.",
            ["experiment", "model", "planted", "recovered", "q", "instances", "hit"],
            rows,
        ),
    ]
    return Section("truth", "Against the planted truth", blocks)
