"""Claims about a reference model and each other model: one sentence per verdict."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from tfmoe.core.text import (
    MISSING,
    capitalise,
    interval,
    list_words,
    p_value,
    plural,
    probability,
    signed,
)
from tfmoe.core.vocabulary import Verdict, is_expert
from tfmoe.evaluation.pairwise import decide
from tfmoe.evaluation.statistics import Statistics
from tfmoe.figures.style import stratum_label
from tfmoe.report.narrative.prose import SHORT_VERDICTS, VERDICTS, name, reason, table
from tfmoe.report.narrative.scope import WITHOUT_OVERLAP, Scope

DECIDED_BY: Mapping[str, str] = {
    Verdict.EQUIVALENT: "p_equivalence_holm",
    Verdict.NOT_WORSE: "p_not_worse_holm",
}
"""Column of the p value that decides a verdict; ``p_holm`` for all others."""
MOST_LISTED = 3
"""More single experts than this with the same verdict are summarised as a range."""


def claims(statistics: Statistics, scope: Scope, alpha: float) -> list[str]:
    """Return the claims that the tests support on the sets of a scope, see `comparisons`.

    Parameters
    ----------
    statistics
        Tables of the tests.
    scope
        Sets.
    alpha
        Level of the tests.

    Returns
    -------
    list
        How many models the reference beats, then the models and sets that were not compared with
        the reason, and whether the claims extend to retrained networks.
    """
    pairs = scope.pairs(statistics.pairwise)
    tested = [row for row in pairs if row.verdict != Verdict.UNTESTED]
    lines = [_lead(tested)] if tested else []
    lines += _untested([row for row in pairs if row.verdict == Verdict.UNTESTED])
    lines += [f"{capitalise(reason(note))}." for note in left_out(scope, statistics)]
    if tested:
        lines.append(retrained(tested, alpha))
    return lines or ["Nothing could be compared."]


def _lead(tested: Sequence[Any]) -> str:
    """Return how many of the other models the reference beats, and how many beat it."""
    sets = plural(int(tested[0].sets), "set")
    if all(row.verdict == Verdict.UNDECIDED for row in tested):
        return f"With {sets}, no difference could be shown."
    better, worse = (
        sum(row.verdict == verdict for row in tested) for verdict in (Verdict.BETTER, Verdict.WORSE)
    )
    subject = name(tested[0].model)
    if not better + worse:
        return (
            f"No difference between {subject} and any of {plural(len(tested), 'other model')} is "
            f"proven on these {sets}."
        )
    return (
        f"{capitalise(subject)} is better than {better or 'none'} of "
        f"{plural(len(tested), 'other model')} on these {sets}, and worse than {worse or 'none'}."
    )


def comparisons(pairs: Sequence[Any], best: str = "") -> str:
    """Return a table of one reference's pairs: difference, result in words, and p.

    Parameters
    ----------
    pairs
        Rows of ``statistics/pairwise.tsv`` of one reference; pairs that were not tested are left
        out.
    best
        Expert with the highest AUROC on validation data.
    """
    tested = [row for row in pairs if row.verdict != Verdict.UNTESTED]
    experts = [row for row in tested if is_expert(row.other)]
    summarised = experts if len(experts) > MOST_LISTED else []
    listed = [row for row in tested if row not in summarised]
    cells = [
        [
            name(row.other) + " (best on validation)" * (bool(best) and row.other == best),
            difference(row),
            result(row),
            probability(_deciding_p(row, row.verdict)),
        ]
        for row in listed
    ]
    for verdict in VERDICTS:
        if own := [row for row in summarised if row.verdict == verdict]:
            cells.append(_range(own, verdict, best))
    if not cells:
        return ""
    header = ["compared with", f"{name(tested[0].model)} minus it, AUROC", "result", "p"]
    return table(header, cells)


def result(row: Any) -> str:
    """Return the verdict on a pair in words, with the direction that its own interval shows."""
    words = SHORT_VERDICTS[row.verdict]
    if row.verdict not in (Verdict.NOT_WORSE, Verdict.UNDECIDED):
        return words
    if row.low > 0:
        likely = "probably better"
    elif row.high < 0:
        likely = "probably worse"
    else:
        return words
    return f"{words}, {likely}" if row.verdict == Verdict.NOT_WORSE else f"{likely}, not proven"


def _deciding_p(row: Any, verdict: str) -> float:
    return float(getattr(row, DECIDED_BY.get(verdict, "p_holm")))


def _with_numbers(row: Any) -> str:
    return f"{name(row.other)} ({difference(row)}, {p_value(_deciding_p(row, row.verdict))})"


def _range(experts: list[Any], verdict: str, best: str) -> list[str]:
    """Return the cells of several single experts with the same verdict."""
    low, high = (limit(row.difference for row in experts) for limit in (min, max))
    p_values = [_deciding_p(row, verdict) for row in experts]
    chosen = ", with the best on validation" * any(row.other == best for row in experts)
    bound = (
        f"at least {probability(min(p_values))}"
        if verdict == Verdict.UNDECIDED
        else f"at most {probability(max(p_values))}"
    )
    span = f"{signed(low)} to {signed(high)}"
    return [f"{len(experts)} single experts{chosen}", span, SHORT_VERDICTS[verdict], bound]


def difference(row: Any) -> str:
    """Return a difference of AUROCs with its interval."""
    return interval(row.difference, row.low, row.high, sign=True)


def _untested(pairs: list[Any]) -> Iterator[str]:
    """Yield the models that were not compared, grouped by reason."""
    for note in dict.fromkeys(row.note for row in pairs):
        others = list_words([name(row.other) for row in pairs if row.note == note])
        subject = capitalise(name(pairs[0].model))
        yield f"{subject} was **not compared** with {others}: {reason(note)}."


def left_out(scope: Scope, statistics: Statistics) -> list[str]:
    """Return the models and sets that the tests leave out, because scores are missing."""
    notes = [note for row in scope.of(statistics.two_way) for note in row.note.split("; ")]
    return [note for note in notes if note.startswith("left out")]


def retrained(pairs: list[Any], alpha: float) -> str:
    """Return whether the claims extend to retrained networks, by the test with random seeds."""
    if all(np.isnan(row.p_seeds_holm) for row in pairs):
        return (
            "With one training seed, all claims hold for these networks only. How retrained "
            "networks would compare is unknown."
        )
    by_outcome: dict[str, list[Any]] = {}
    for row in pairs:
        by_outcome.setdefault(_outcome(row, alpha), []).append(row)
    parts = []
    if kept := by_outcome.get(_KEPT):
        parts.append(f"It confirms: {_by_verdict(kept)}.")
    if lost := by_outcome.get(_LOST):
        parts.append(
            f"It does **not confirm**: {_by_verdict(lost)}. This holds for these networks only."
        )
    if gained := by_outcome.get(_GAINED):
        parts.append(
            f"It finds a difference to {list_words(_with_seed_p(gained))}. That is not claimed, "
            "because the main test does not find it."
        )
    verdicts = {row.verdict for row in pairs}
    if bounds := [f'"{VERDICTS[verdict]}"' for verdict in DECIDED_BY if verdict in verdicts]:
        parts.append(
            f"It does not cover claims of {list_words(bounds)}, which hold for these networks only."
        )
    if not parts:
        parts.append("It shows no difference either.")
    lead = "A second t test, with random training seeds, covers retrained networks."
    return " ".join([lead, *parts])


_LOST, _KEPT, _GAINED = "lost", "kept", "gained"


def _outcome(row: Any, alpha: float) -> str:
    """Classify a verdict by the test with random seeds; empty if neither test finds anything."""
    again = decide(row.difference, row.p_seeds_holm, alpha)
    if row.verdict in (Verdict.BETTER, Verdict.WORSE):
        return _KEPT if again == row.verdict else _LOST
    return _GAINED if again in (Verdict.BETTER, Verdict.WORSE) else ""


def _by_verdict(pairs: list[Any]) -> str:
    parts = []
    for verdict, words in VERDICTS.items():
        own = [row for row in pairs if row.verdict == verdict]
        if own:
            parts.append(f"{words} {list_words(_with_seed_p(own))}")
    return list_words(parts)


def _with_seed_p(pairs: list[Any]) -> list[str]:
    """Return models with the p value of the test with random seeds; many experts are one item."""
    experts = [row for row in pairs if is_expert(row.other)]
    many = len(experts) > MOST_LISTED
    listed = [row for row in pairs if not (many and is_expert(row.other))]
    models = [f"{name(row.other)} ({p_value(row.p_seeds_holm)})" for row in listed]
    if many:
        largest = probability(max(row.p_seeds_holm for row in experts))
        models.append(f"{len(experts)} single experts (each p is at most {largest})")
    return models


def changed_without_overlap(statistics: Statistics, scope: Scope, reduced: Scope) -> str:
    """Return the verdicts that change without sequences that overlap a training peak."""
    before = {row.other: row.verdict for row in scope.pairs(statistics.pairwise)}
    after = reduced.pairs(statistics.pairwise)
    lead = capitalise(WITHOUT_OVERLAP)
    if not after or all(row.verdict == Verdict.UNTESTED for row in after):
        notes = list(dict.fromkeys(reason(row.note) for row in after))
        why = f": {'; '.join(notes)}" if notes else ""
        return f"{lead}, nothing was compared{why}."
    lead = f"{lead} ({plural(int(after[0].sets), 'set')})"
    changed = [row for row in after if before.get(row.other) != row.verdict]
    if not changed:
        return f"{lead}, all verdicts stay the same."
    parts = [
        f"{words} {list_words([_with_numbers(row) for row in own])}"
        for verdict, words in VERDICTS.items()
        if (own := [row for row in changed if row.verdict == verdict])
    ]
    parts += [
        f"not compared with {name(row.other)}, {reason(row.note)}"
        for row in changed
        if row.verdict == Verdict.UNTESTED
    ]
    same = " All other verdicts stay the same." if len(changed) < len(after) else ""
    subject = capitalise(name(scope.reference))
    return f"{lead}, some verdicts change. {subject} is now {'; '.join(parts)}.{same}"


def strata_table(statistics: Statistics, scope: Scope) -> str:
    """Return a table of the verdicts by kind of unseen factor; single experts are only counted."""
    cells = []
    others: list[str] = []
    for own in scope.strata(statistics.two_way):
        pairs = own.pairs(statistics.pairwise)
        others = [row.other for row in pairs if not is_expert(row.other)]
        size = plural(scope_size(own, statistics), "set")
        cells.append([f"{stratum_label(own.stratum)} ({size})", *_stratum_cells(pairs)])
    return table(["kind of factor", *(name(other) for other in others), "single experts"], cells)


def _stratum_cells(pairs: list[Any]) -> list[str]:
    """Return one cell per model that is no expert, and one for all experts."""
    single = [row.verdict for row in pairs if is_expert(row.other)]
    counts = {words: single.count(verdict) for verdict, words in SHORT_VERDICTS.items()}
    return [
        *(_stratum_cell(row) for row in pairs if not is_expert(row.other)),
        ", ".join(f"{words}: {count}" for words, count in counts.items() if count) or MISSING,
    ]


def _stratum_cell(row: Any) -> str:
    if row.verdict == Verdict.UNTESTED:
        return reason(row.note.split("; ")[0]) or SHORT_VERDICTS[Verdict.UNTESTED]
    return f"{difference(row)}, {result(row)}"


def scope_size(scope: Scope, statistics: Statistics) -> int:
    """Return the number of sets that were tested."""
    return max((int(row.sets) for row in scope.of(statistics.two_way)), default=0)
