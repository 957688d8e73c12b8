"""The card of a model as text: the same parts for ``card.md`` and for the terminal."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from tfmoe.core.text import decimals, list_words, percent, plural, whole
from tfmoe.core.vocabulary import (
    CONDITIONED,
    GKM,
    KINDS,
    MIXTURE,
    MODELS,
    OWN_EXPERT,
    PWM,
    EvaluationRole,
    Split,
    Subset,
)

ADAPTED = "adapted"
"""Key of the adaptation in ``card.json``."""
ROLES: Mapping[str, str] = {
    EvaluationRole.IN_DISTRIBUTION: "training factors",
    EvaluationRole.SAME_FACTOR: "training factors in other cells",
    EvaluationRole.OOD: "unseen factors",
}
"""Groups of sets in the table of metrics."""
_OTHERS = {MIXTURE: "mixture", OWN_EXPERT: "expert", GKM: "k-mers", PWM: "matrix"}
_BALANCES = {"validation": "as in validation", "1to10": "ten per positive"}
_ASKED = {
    "any": "any factor",
    "unseen": "unseen factor",
    "unseen_without_matrix": "unseen factor without matrix",
}
_LINK = re.compile(r"https?://\S+/([^/\s;|]+)")
_TAG = re.compile(r"<(?=[A-Za-z/!?])")
# characters of Markdown that a table's cells have in names only
_SPECIAL = re.compile(r"[\\`<>\[\]|]")
_SHOWN_DIGITS = 12
_MANY = 8


@dataclass(frozen=True)
class Table:
    """A table of text; columns from `numbers` on are aligned to the right."""

    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: int


@dataclass(frozen=True)
class Part:
    """A part of the card: a heading, paragraphs, a table, a list and lines of code."""

    title: str
    paragraphs: Sequence[str] = ()
    table: Table | None = None
    items: Sequence[str] = ()
    code: str = ""


def card_parts(card: Mapping[str, Any]) -> list[Part]:
    """Return the parts of a card.

    Parameters
    ----------
    card
        The content of ``card.json``.
    """
    return [
        _summary(card),
        *_adaptation(card),
        *_metrics(card),
        _thresholds(card),
        _usage(card),
        Part("Limits", items=card["limits"]),
        _training(card),
        _versions(card),
    ]


def markdown(name: str, parts: Iterable[Part]) -> str:
    """Return a card as Markdown."""
    lines = [f"# tfmoe model `{name}`"]
    for part in parts:
        if part.title:
            lines += ["", f"## {_plain(part.title)}"]
        for paragraph in part.paragraphs:
            lines += ["", _plain(paragraph)]
        if part.table is not None:
            lines += ["", *_markdown_table(part.table)]
        if part.items:
            lines += ["", *(f"- {_plain(item)}" for item in part.items)]
        if part.code:
            lines += ["", "```", *part.code.splitlines(), "```"]
    return "\n".join(lines) + "\n"


def without_folders(cell: str) -> str:
    """Return a cell of a table with the file names of its URLs only."""
    return _LINK.sub(r"\1", cell)


def _plain(text: str) -> str:
    """Return a text in which nothing starts an HTML tag; a tissue may be called ``<b>``."""
    return _TAG.sub(r"\\<", text)


def _markdown_cell(cell: str) -> str:
    return _LINK.sub(r"[\1](\g<0>)", _SPECIAL.sub(r"\\\g<0>", cell))


def _markdown_table(table: Table) -> list[str]:
    rules = ["---:" if index >= table.numbers else "---" for index in range(len(table.columns))]
    rows = [table.columns, rules, *([_markdown_cell(cell) for cell in row] for row in table.rows)]
    return [f"| {' | '.join(row)} |" for row in rows]


def main_model(card: Mapping[str, Any]) -> str:
    """Return the mixture that the card is about first."""
    return CONDITIONED if card["model"]["conditioned"] else MIXTURE


def _summary(card: Mapping[str, Any]) -> Part:
    model = card["model"]
    factors = list(dict.fromkeys(model["experts"].values()))
    genome = card["training"]["genome"]
    source = "ready sequences" if genome is None else f"the genome {genome['assembly']}"
    source = "a simulated genome" if card["simulated"] else source
    members = f"{plural(len(model['experts']), 'expert network')} ({_short_list(factors)})"
    pooled = model["pooled_networks"]
    if pooled:
        members += f" and {plural(pooled, 'pooled network')}"
    knows = (
        "Ask it about one of these factors, about another factor by its JASPAR matrix or a matrix "
        "of yours, or about no factor in particular."
        if model["conditioned"]
        else "It scores whether any factor binds; it does not know which factor it is asked about."
    )
    text = (
        f"A mixture of {members}, trained with {plural(model['seeds'], 'seed')} on peaks in "
        f"{source}. For a window of {model['window']} bases it predicts whether a transcription "
        f"factor binds. {knows}"
    )
    return Part("", [text])


def _short_list(names: Sequence[str]) -> str:
    if len(names) <= _MANY:
        return list_words(names)
    return f"{', '.join(names[:_MANY])} and {len(names) - _MANY} more"


def _adaptation(card: Mapping[str, Any]) -> list[Part]:
    """Return the part about the factor that the model was adapted to, if there is one."""
    adapted = card.get(ADAPTED)
    if adapted is None:
        return []
    return [Part(f"Adaptation to {adapted['factor']}", adapted["text"])]


def _metrics(card: Mapping[str, Any]) -> list[Part]:
    """Return a table of metrics per role, after the definition of its columns."""
    evaluation, main = card["evaluation"], main_model(card)
    kind = KINDS.get(evaluation["negatives"], evaluation["negatives"])
    shares = [row["prevalence"] for row in evaluation["sets"] if row["prevalence"] is not None]
    balance = f" ({percent(fmean(shares), 0)} positives)" if shares else ""
    text = (
        f"On the test split against {kind}{balance}, on which nothing was fitted. AUROC and AUPRC "
        f"are of the {MODELS[main]}, means over seeds, with the interval over sequences. No "
        "overlap: AUROC without the sequences that overlap a training peak. The next columns are "
        "AUROCs of other models on the same sequences; n: positives + negatives."
    )
    parts = [Part("Metrics", [text])]
    expected = card.get("expected")
    for role, label in ROLES.items():
        rows = [row for row in evaluation["sets"] if row["role"] == role]
        notes = [expected["text"]] if role == EvaluationRole.OOD and expected else []
        if rows or notes:
            table = _metric_table(rows, main, evaluation["level"]) if rows else None
            parts.append(Part(f"Metrics: {label}", notes, table))
    return parts


def _metric_table(rows: Sequence[Mapping[str, Any]], main: str, level: float) -> Table:
    """Return one row per set, and their mean; columns without any value are left out."""
    values: dict[str, dict[str, float | None]] = {}
    first: dict[str, Mapping[str, Any]] = {}
    for row in rows:
        own = values.setdefault(row["experiment"], {})
        if row["model"] == main and row["subset"] == Subset.ALL:
            own |= {"AUROC": row["auroc"], "AUPRC": row["auprc"]}
            first[row["experiment"]] = row
        elif row["model"] == main:
            own["no overlap"] = row["auroc"]
        elif row["subset"] == Subset.ALL and row["model"] in _OTHERS:
            own[_OTHERS[row["model"]]] = row["auroc"]
            first.setdefault(row["experiment"], {**row, "auroc_low": None, "auroc_high": None})
    order = ("AUPRC", "no overlap", *_OTHERS.values())
    known = [name for name in order if any(own.get(name) is not None for own in values.values())]
    used = ["AUROC", *known]
    cells = []
    for name, row in first.items():
        between = " to ".join(decimals(row[key]) for key in ("auroc_low", "auroc_high"))
        numbers = [decimals(values[name].get(column)) for column in used]
        counts = f"{whole(row['n_pos'])} + {whole(row['n_neg'])}"
        cells.append([row["factor"], row["biosample"], numbers[0], between, *numbers[1:], counts])
    if len(cells) > 1:
        means = [_mean([own.get(column) for own in values.values()]) for column in used]
        cells.append([f"mean of {len(cells)}", "", means[0], "", *means[1:], ""])
    header = ["factor", "cells", "AUROC", f"{percent(level, 0)} interval", *known, "n"]
    return Table(header, cells, 2)


def _mean(values: Sequence[float | None]) -> str:
    """Return the mean of the known values, with their number if some are missing."""
    known = [value for value in values if value is not None]
    partial = f" ({len(known)} sets)" if 0 < len(known) < len(values) else ""
    return decimals(fmean(known) if known else None) + partial


def _thresholds(card: Mapping[str, Any]) -> Part:
    """Return the thresholds, one row per question and balance."""
    found: dict[tuple[str, str], dict[float, Mapping[str, Any]]] = {}
    for row in card["thresholds"]:
        if row["model"] == main_model(card) or row["asked"] == "any":
            key = (row["asked"], row["balance"])
            found.setdefault(key, {})[row["precision"]] = row
    precisions = sorted({precision for row in found.values() for precision in row})
    rows = [
        [
            _ASKED.get(asked, asked),
            _BALANCES[balance],
            *(_threshold(cells.get(precision)) for precision in precisions),
        ]
        for (asked, balance), cells in found.items()
    ]
    text = (
        "The calibrated logit from which windows are called bound, by the precision that this has "
        "on validation windows; in brackets the share of positives found. Precision depends on the "
        "number of negatives per positive, here that of the validation split, or ten. Where a cell "
        "is empty, no ten windows reach the precision, all windows together have it, or there are "
        "too few negatives (thresholds.tsv has the reason)."
    )
    header = ["asked about", "negatives", *(f"precision {value:g}" for value in precisions)]
    return Part("Thresholds", [text], Table(header, rows, 2))


def _threshold(row: Mapping[str, Any] | None) -> str:
    if row is None or row["logit"] is None:
        return ""
    return f"{decimals(row['logit'], 2)} ({percent(row['recall'], 0)})"


def _usage(card: Mapping[str, Any]) -> Part:
    factor = next(iter(card["model"]["experts"].values()))
    asked = f" --factor {shlex.quote(factor)}" if card["model"]["conditioned"] else ""
    argument = f", factor={json.dumps(factor)}" if card["model"]["conditioned"] else ""
    code = "\n".join(
        [
            "pip install .                      # in a checkout of tfmoe; needs no Snakemake",
            f"tfmoe predict MODEL sequences.fa{asked} -o predictions.tsv",
            f"tfmoe predict MODEL regions.bed --genome genome.fa{asked} -o predictions.tsv",
            f"tfmoe scan MODEL --genome genome.fa{asked} -o scores.bw --hits hits.bed",
            f"tfmoe variants MODEL variants.vcf.gz --genome genome.fa{asked} -o scored.vcf.gz",
            "",
            "# in Python",
            "import tfmoe",
            'model = tfmoe.load("MODEL")',
            f"table = model.predict(sequences{argument})",
        ]
    )
    text = "MODEL is this folder or its zip file. `tfmoe --help` lists all commands."
    return Part("How to use it", [text], code=code)


def _training(card: Mapping[str, Any]) -> Part:
    training = card["training"]
    rows = [
        [
            one["experiment"],
            one["factor"],
            one["biosample"],
            "; ".join(file["source"] for file in one["files"]),
            "; ".join(_digits(file) for file in one["files"]),
            *(whole(one["positives"][split.value]) for split in Split),
        ]
        for one in training["experiments"]
    ]
    header = [
        "experiment",
        "factor",
        "cells",
        "peaks",
        "sha256",
        *(split.value for split in Split),
    ]
    genome = training["genome"]
    facts = [] if genome is None else [_genome(genome)]
    facts.append(training["splits"])
    facts += [f"Negatives: {line}" for line in training["negatives"]]
    facts.append(f"Matrices: {card['model']['matrices']}.")
    text = "Peak files, and the number of positives in each split. card.json has whole checksums."
    return Part("Training data", [text], Table(header, rows, 5), facts)


def _genome(genome: Mapping[str, Any]) -> str:
    names = list(genome["chromosomes"])
    shown = f"{genome['source']}, checksum {_digits(genome)}"
    return f"Genome {genome['assembly']} ({shown}), {plural(len(names), 'sequence')}."


def _digits(file: Mapping[str, Any]) -> str:
    """Return the first digits of a checksum."""
    if file.get("md5"):
        return f"md5 {file['md5'][:_SHOWN_DIGITS]}"
    return (file.get("sha256") or "-")[:_SHOWN_DIGITS]


def _versions(card: Mapping[str, Any]) -> Part:
    versions = ", ".join(f"{name} {version}" for name, version in card["versions"].items())
    return Part("Versions and licences", [f"Made with {versions}."], items=card["licences"])
