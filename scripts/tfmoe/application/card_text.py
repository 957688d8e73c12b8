"""The card of a model as text: the same parts for ``card.md`` and for the terminal."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from tfmoe.core.text import decimals, interval, list_words, percent, plural, whole
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

ROLES: Mapping[str, str] = {
    EvaluationRole.IN_DISTRIBUTION: "training factors",
    EvaluationRole.SAME_FACTOR: "training factors in other cells",
    EvaluationRole.OOD: "unseen factors",
}
"""Groups of sets in the table of metrics."""
_BALANCES = {"validation": "validation", "1to10": "1:10"}
_ASKED = {
    "any": "any factor",
    "unseen": "unseen factor",
    "unseen_without_matrix": "unseen factor without matrix",
}
_LINK = re.compile(r"https?://\S+/([^/\s;|]+)")
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
    parts = [_summary(card), _metrics(card), _unseen(card), _thresholds(card), _usage(card)]
    parts += [Part("Limits", items=card["limits"]), _training(card), _versions(card)]
    return [part for part in parts if part is not None]


def markdown(name: str, parts: Iterable[Part]) -> str:
    """Return a card as Markdown."""
    lines = [f"# tfmoe model `{name}`"]
    for part in parts:
        if part.title:
            lines += ["", f"## {part.title}"]
        for paragraph in part.paragraphs:
            lines += ["", paragraph]
        if part.table is not None:
            lines += ["", *_markdown_table(part.table)]
        if part.items:
            lines += ["", *(f"- {item}" for item in part.items)]
        if part.code:
            lines += ["", "```", *part.code.splitlines(), "```"]
    return "\n".join(lines) + "\n"


def without_folders(cell: str) -> str:
    """Return a cell of a table with the file names of its URLs only."""
    return _LINK.sub(r"\1", cell)


def _markdown_cell(cell: str) -> str:
    return _LINK.sub(r"[\1](\g<0>)", cell.replace("|", "\\|"))


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


def _metrics(card: Mapping[str, Any]) -> Part:
    """Return the table of metrics per factor, with a mean per role."""
    evaluation, main = card["evaluation"], main_model(card)
    columns = _Columns.of(evaluation["sets"], main)
    rows: list[list[str]] = []
    for role, label in ROLES.items():
        names = list(
            dict.fromkeys(r["experiment"] for r in evaluation["sets"] if r["role"] == role)
        )
        own = [columns.numbers(name) for name in names]
        rows += [columns.row(name) for name in names]
        if len(names) > 1:
            rows.append([f"mean of {plural(len(names), 'set')}, {label}", "", *_means(own)])
    kind = KINDS.get(evaluation["negatives"], evaluation["negatives"])
    shares = [row["prevalence"] for row in evaluation["sets"] if row["prevalence"] is not None]
    balance = f" ({percent(fmean(shares), 0)} positives)" if shares else ""
    text = (
        f"On test sequences against {kind}{balance}, which nothing was fitted to. AUROC and AUPRC "
        f"are of the {MODELS[main]}, means over seeds, in brackets the "
        f"{percent(evaluation['level'], 0)} interval over sequences. Without overlap: without the "
        "sequences that overlap a training peak. The other columns are AUROCs of other models."
    )
    return Part("Metrics", [text], Table(columns.header, rows, 2))


@dataclass(frozen=True)
class _Columns:
    """Cells of the table of metrics, by experiment."""

    rows: Mapping[tuple[str, str, str], Mapping[str, Any]]
    main: str
    others: Sequence[str]
    overlaps: bool

    @classmethod
    def of(cls, sets: Sequence[Mapping[str, Any]], main: str) -> _Columns:
        rows = {(row["experiment"], row["subset"], row["model"]): row for row in sets}
        models = {model for _, _, model in rows}
        others = [
            name for name in (MIXTURE, OWN_EXPERT, GKM, PWM) if name in models and name != main
        ]
        overlaps = any(subset == Subset.NO_OVERLAP for _, subset, _ in rows)
        return cls(rows, main, others, overlaps)

    @property
    def header(self) -> list[str]:
        overlap = ["without overlap"] if self.overlaps else []
        counts = ["positives", "negatives"]
        others = [MODELS[name] for name in self.others]
        return ["factor", "cells", "AUROC", *overlap, "AUPRC", *others, *counts]

    def row(self, name: str) -> list[str]:
        found = next(row for (experiment, _, _), row in self.rows.items() if experiment == name)
        main = self.rows.get((name, Subset.ALL, self.main), {})
        auroc = interval(main.get("auroc"), main.get("auroc_low"), main.get("auroc_high"))
        cells = [decimals(value) for value in self.numbers(name)]
        counts = [whole(main.get(key)) for key in ("n_pos", "n_neg")]
        return [found["factor"], found["biosample"], auroc, *cells[1:], *counts]

    def numbers(self, name: str) -> list[float | None]:
        """Return all cells of a set that have a mean."""
        main = self.rows.get((name, Subset.ALL, self.main), {})
        apart = self.rows.get((name, Subset.NO_OVERLAP, self.main), {})
        others = [self.rows.get((name, Subset.ALL, other), {}) for other in self.others]
        overlap = [apart.get("auroc")] if self.overlaps else []
        return [
            main.get("auroc"), *overlap, main.get("auprc"), *(row.get("auroc") for row in others),
        ]  # fmt: skip


def _means(rows: Sequence[Sequence[float | None]]) -> list[str]:
    """Return the mean of each column over the sets that have it, and two empty counts."""
    cells = []
    for column in zip(*rows, strict=True):
        known = [value for value in column if value is not None]
        partial = f" ({len(known)} sets)" if 0 < len(known) < len(column) else ""
        cells.append(decimals(fmean(known) if known else None) + partial)
    return [*cells, "", ""]


def _unseen(card: Mapping[str, Any]) -> Part | None:
    expected = card.get("expected")
    return None if expected is None else Part("Factors without peaks", [expected["text"]])


def _thresholds(card: Mapping[str, Any]) -> Part:
    """Return the thresholds, one row per question and balance."""
    found: dict[tuple[str, str, str], dict[float, Mapping[str, Any]]] = {}
    for row in card["thresholds"]:
        if row["model"] == main_model(card) or row["asked"] == "any":
            key = (row["asked"], row["model"], row["balance"])
            found.setdefault(key, {})[row["precision"]] = row
    precisions = sorted({precision for row in found.values() for precision in row})
    rows = [
        [
            _ASKED.get(asked, asked),
            MODELS[model],
            _BALANCES[balance],
            *(_threshold(cells.get(precision)) for precision in precisions),
        ]
        for (asked, model, balance), cells in found.items()
    ]
    text = (
        "Logits from which windows are called bound at a precision of validation windows, in "
        "brackets the share of positives found. Precision depends on the number of negatives per "
        "positive: that of the validation split, or ten. An empty cell: no threshold with at least "
        "ten windows above it reaches the precision; thresholds.tsv has the reason."
    )
    header = ["asked about", "model", "balance", *(f"precision {p:g}" for p in precisions)]
    return Part("Thresholds", [text], Table(header, rows, 3))


def _threshold(row: Mapping[str, Any] | None) -> str:
    if row is None or row["logit"] is None:
        return ""
    return f"{decimals(row['logit'], 2)} ({percent(row['recall'], 0)})"


def _usage(card: Mapping[str, Any]) -> Part:
    factor = next(iter(card["model"]["experts"].values()))
    asked = f" --factor {factor}" if card["model"]["conditioned"] else ""
    argument = f'factor="{factor}"' if card["model"]["conditioned"] else ""
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
            "from tfmoe.core.dna import encode",
            'model = tfmoe.load("MODEL")',
            f"scores = model.score(encode(windows), model.query({argument}))",
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
        "checksum",
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
    shown = f"{genome['source']}, {_digits(genome)}"
    return f"Genome {genome['assembly']} ({shown}), {plural(len(names), 'sequence')}."


def _digits(file: Mapping[str, Any]) -> str:
    """Return the first digits of a checksum."""
    for kind in ("sha256", "md5"):
        if file.get(kind):
            return f"{kind} {file[kind][:_SHOWN_DIGITS]}"
    return "no checksum"


def _versions(card: Mapping[str, Any]) -> Part:
    versions = ", ".join(f"{name} {version}" for name, version in card["versions"].items())
    return Part("Versions and licences", [f"Made with {versions}."], items=card["licences"])
