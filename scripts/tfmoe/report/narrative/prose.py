"""Phrases for models, sets and verdicts, and Markdown for the statistics report."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Any

import pandas as pd

from tfmoe.core.text import plural, signed
from tfmoe.core.vocabulary import (
    ADAPTED,
    BACKGROUND,
    BEST_EXPERT,
    CONDITIONED,
    ENSEMBLE_SUM,
    EQUAL_SUM,
    FINE_TUNED,
    GKM,
    KMERS_MATRIX,
    MEAN_OF_EXPERTS,
    MEAN_OF_POOL,
    MIXTURE,
    OWN_EXPERT,
    POOLED,
    POOLED_ENSEMBLE,
    PWM,
    SCRATCH,
    EvaluationRole,
    Verdict,
    is_expert,
    learned_from,
)
from tfmoe.figures.style import label

_MODELS = {
    MIXTURE: "the mixture",
    CONDITIONED: "the conditioned mixture",
    OWN_EXPERT: "the factor's own expert",
    BEST_EXPERT: "the best single expert",
    MEAN_OF_EXPERTS: "the mean of the experts",
    MEAN_OF_POOL: "the mean of all networks in the pool",
    POOLED: "the pooled network",
    POOLED_ENSEMBLE: "the mean of an equal number of pooled networks",
    GKM: "the gapped k-mer model",
    BACKGROUND: "a network that never saw a peak",
    PWM: "the factor's own JASPAR matrix",
    EQUAL_SUM: "the equal-weight sum of networks, k-mers and matrix",
    KMERS_MATRIX: "the sum of k-mers and matrix",
    ENSEMBLE_SUM: "the sum of pooled networks, k-mers and matrix",
    ADAPTED: "the adapted mixture",
    FINE_TUNED: "the fine-tuned pooled network",
    SCRATCH: "the gapped k-mer model trained from scratch",
}
ROLES: Mapping[str, str] = {
    EvaluationRole.IN_DISTRIBUTION: "factors that have an expert",
    EvaluationRole.SAME_FACTOR: "training factors in other cells",
    EvaluationRole.OOD: "factors that no expert has seen (OOD)",
    EvaluationRole.ADAPTED: "unseen factors with some of their peaks",
}
VERDICTS: Mapping[str, str] = {
    Verdict.BETTER: "better than",
    Verdict.WORSE: "worse than",
    Verdict.EQUIVALENT: "equivalent to",
    Verdict.NOT_WORSE: "at least as good as",
    Verdict.UNDECIDED: "not significantly different from",
}
"""Verdicts on a reference model, in the order in which they are reported."""
SHORT_VERDICTS: Mapping[str, str] = {
    Verdict.BETTER: "better",
    Verdict.WORSE: "worse",
    Verdict.EQUIVALENT: "equivalent",
    Verdict.NOT_WORSE: "at least as good",
    Verdict.UNDECIDED: "no difference shown",
    Verdict.UNTESTED: "not tested",
}
"""Verdicts in a cell of a table."""
_REASONS = (
    (r"^(\d+ sets?), at least (\d+) are needed", r"only \1; at least \2 are needed"),
    (r"^two models, at least 3 are needed", "only two models; at least 3 are needed"),
    (r"left out pwm: no matrix of ([^;]+)", r"the JASPAR matrix is left out; it is missing for \1"),
    (
        r"sets whose factor has a matrix: no matrix of ([^;]+)",
        r"only sets whose factor has a matrix, so without \1",
    ),
    (
        r"^no outcome of (\d+ sets?) can reject for (\d+) pairs after Holm's adjustment, "
        r"(\d+) sets are needed",
        r"with \1 and \2 pairs, no outcome is significant after Holm's adjustment; "
        r"\3 sets are needed",
    ),
    (
        r"all differences are taken to vary equally from set to set, which so few sets cannot test",
        "the test assumes that all differences vary equally from set to set, and these sets are "
        "too few to check this",
    ),
    (
        r"all differences are taken to vary equally from set to set, which they do not "
        r"\(Mauchly's test\)",
        "the test assumes that all differences vary equally from set to set, and Mauchly's test "
        "rejects this",
    ),
    (
        r"no Greenhouse-Geisser and no Mauchly: they need fewer models than sets",
        "Greenhouse and Geisser's correction and Mauchly's test need fewer models than sets",
    ),
)
"""Notes of the tables, as patterns, and how the report words them."""


def name(model: str) -> str:
    """Return the phrase for a model within a sentence, which states the number of peaks itself."""
    if learned := learned_from(model):
        return _MODELS[learned[0]]
    return label(model) if is_expert(model) else _MODELS.get(model, f"the {label(model)}")


def reason(note: str) -> str:
    """Return why a test was skipped, from the note of its row, or what the note remarks."""
    text = note.removeprefix("skipped: ").removeprefix("not tested: ")
    for pattern, words in _REASONS:
        text = re.sub(pattern, words, text)
    return text


def with_interval(estimate: str, low: float, high: float, level: float, sets: int) -> str:
    """Return a difference with its interval, which needs several sets, and the number of sets.

    Parameters
    ----------
    estimate
        The difference as text.
    low, high
        Bounds; NaN with too few sets.
    level
        Coverage of the interval, 0 to 1.
    sets
        Number of sets.
    """
    if math.isnan(low):
        return f"{estimate} ({plural(sets, 'set')}, too few for an interval)"
    bounds = f"{100 * level:g} % interval {signed(low)} to {signed(high)}"
    return f"{estimate} ({bounds}, {plural(sets, 'set')})"


def rows(table: pd.DataFrame) -> list[Any]:
    """Return the rows as named tuples; a note that was empty in the file is empty text again."""
    return list((table.fillna({"note": ""}) if "note" in table else table).itertuples())


def bullets(lines: Iterable[str]) -> str:
    """Return a Markdown list; empty without lines."""
    return "\n".join(f"- {line}" for line in lines)


def table(header: list[str], cells: list[list[str]]) -> str:
    """Return a Markdown table; empty without rows."""
    if not cells:
        return ""
    lines = [header, ["---"] * len(header), *cells]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
