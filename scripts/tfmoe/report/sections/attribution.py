"""Section on attribution: the quality of the maps."""

from __future__ import annotations

from typing import Any

import pandas as pd

from tfmoe.attribution.measures import MEASURES
from tfmoe.attribution.method_names import parse_method
from tfmoe.attribution.sites import PLANTED
from tfmoe.core.text import MISSING, decimals, signed
from tfmoe.core.vocabulary import is_expert
from tfmoe.figures.style import label
from tfmoe.report.blocks import (
    Block,
    Cell,
    Paragraph,
    Section,
    Table,
    count_cell,
    interval_cell,
    number_cell,
    signed_cell,
    text_cell,
)
from tfmoe.report.narrative.highlights import faithfulness_sentence
from tfmoe.report.run_tables import RunTables

_FAITHFULNESS = (
    "Faithfulness: Spearman correlation, within a sequence, of map x input with centred in-silico "
    "mutagenesis."
)


def attribution_section(tables: RunTables) -> Section:
    """Return the section on the quality of the attribution maps."""
    lead = faithfulness_sentence(tables.faithfulness)
    blocks: list[Block] = [
        *([Paragraph(lead)] if lead else []),
        _mean_faithfulness(tables.faithfulness),
        _faithfulness(tables.faithfulness),
        _quality(tables.quality),
        *_localisation(tables.localisation),
    ]
    return Section("attribution", "Attribution", blocks)


def _mean_faithfulness(faithfulness: pd.DataFrame) -> Table:
    models = ["experts" if is_expert(model) else "mixture" for model in faithfulness["model"]]
    groups = faithfulness.assign(models=models).groupby(["models", "method"], sort=False)
    rows = [
        [
            text_cell(name),
            text_cell(parse_method(str(method)).title),
            count_cell(len(part)),
            number_cell(part["spearman"].mean()),
            Cell(f"{decimals(part['spearman'].min())} to {decimals(part['spearman'].max())}"),
            signed_cell(part["gain"].mean()),
        ]
        for (name, method), part in groups
    ]
    return Table(
        f"{_FAITHFULNESS} The table gives the mean and range, over models and experiments, of the "
        "medians over sequences. Gain: mean paired difference to the plain gradient. "
        "ShiftSmooth averages gradients over shifts by up to n bases. Corrected: without the mean "
        "over A, C, G and T at each position.",
        ["models", "method", "maps, n", "mean", "range", "gain over the gradient"],
        rows,
    )


def _faithfulness(faithfulness: pd.DataFrame) -> Table:
    rows = [
        [
            text_cell(row["experiment"]),
            text_cell(label(row["model"])),
            text_cell(parse_method(row["method"]).title),
            count_cell(row["n_sequences"]),
            interval_cell(row["spearman"], row["spearman_low"], row["spearman_high"]),
            signed_cell(row["gain"]),
        ]
        for row in faithfulness.to_dict("records")
    ]
    return Table(
        f"{_FAITHFULNESS} Median over sequences, with its 95 % bootstrap interval.",
        ["experiment", "model", "method", "sequences", "median", "gain over the gradient"],
        rows,
        folded=True,
    )


def _quality(quality: pd.DataFrame) -> Table:
    """Return the measures other than faithfulness and localisation, one per column."""
    shown = [name for name in MEASURES if (quality["measure"] == name).any()]
    rows = []
    for method, part in quality.groupby("method", sort=False):
        means = part.groupby("measure")["value"].mean()
        gains = part.groupby("measure")["gain"].mean()
        cells = [Cell(_with_gain(means.get(name), gains.get(name)), number=True) for name in shown]
        rows.append([text_cell(parse_method(str(method)).title), *cells])
    return Table(
        "Other measures: means over models and experiments, with the gain over the gradient. "
        "Insertion: area under the logit as the top positions of a map are moved into an exact "
        "dinucleotide shuffle of the sequence. Deletion: the same as they are replaced by bases of "
        "the shuffle. The unit is the "
        "mean difference between sequence and shuffle. A good map has a small area for deletion "
        "and a large one for insertion. Stability: correlation between maps of inputs 1 to 3 bases "
        "apart, and between training seeds; a stable map need not be true.",
        ["method", *(MEASURES[name] for name in shown)],
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
            text_cell(parse_method(str(method)).title),
            count_cell(len(part)),
            number_cell(part["auprc"].mean()),
            signed_cell(part["auprc_gain"].mean()),
            number_cell(part["hit_rate"].mean()),
            number_cell(part["prevalence"].mean()),
        ]
        for method, part in found.groupby("method", sort=False)
    ]
    planted = (localisation["truth"] == PLANTED).all()
    where = (
        "the planted instances"
        if planted
        else "hits of the factor's own JASPAR matrix, in positives with a single hit"
    )
    table = Table(
        f"Localisation: how well the maps find {where}. Mean over experiments and models of "
        "average precision within a sequence, and of the share of informative positions among "
        "those with the highest scores. Chance is the share of such positions.",
        ["method", "maps, n", "AUPRC", "gain over the gradient", "hit rate", "chance"],
        rows,
    )
    missing = localisation[localisation["auprc"].isna()][["experiment", "note"]].drop_duplicates()
    reasons = [f"{row['experiment']}: {row['note']}" for row in missing.to_dict("records")]
    note = [Paragraph(f"No localisation for {'; '.join(reasons)}.")] if reasons else []
    return [*([table] if rows else []), *note]
