"""What holds of the mixture against each other model, a sentence a verdict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from tfmoe.core.vocabulary import EXPERT, is_expert
from tfmoe.evaluation.pairwise import (
    BETTER,
    EQUIVALENT,
    NOT_WORSE,
    UNDECIDED,
    UNTESTED,
    WORSE,
    decide,
)
from tfmoe.evaluation.statistics import Statistics
from tfmoe.report.narrative.prose import (
    difference,
    join,
    name,
    plural,
    probability,
    reason,
    stratum_name,
    table,
)
from tfmoe.report.narrative.scope import WITHOUT_OVERLAP, Scope

VERDICTS = {
    BETTER: "better than",
    WORSE: "worse than",
    EQUIVALENT: "equivalent to",
    NOT_WORSE: "not worse than",
    UNDECIDED: "cannot be told apart from",
}
"""Verdicts of ``pairwise.tsv`` in words, in the order in which they are told."""
SHORT_VERDICTS = {
    BETTER: "better",
    WORSE: "worse",
    EQUIVALENT: "equivalent",
    NOT_WORSE: "not worse",
    UNDECIDED: "not told apart",
    UNTESTED: "not tested",
}
"""Verdicts as they stand in a table."""
DECIDED_BY = {EQUIVALENT: "p_equivalence_holm", NOT_WORSE: "p_not_worse_holm"}
"""The p that carries a verdict, where it is not that of the test for a difference."""
MOST_LISTED = 3
"""With more single experts of one verdict than this, only their range is told."""


def claims(statistics: Statistics, scope: Scope, best: str, alpha: float) -> list[str]:
    """Say what holds on the sets of a scope.

    Parameters
    ----------
    statistics
        The tests' tables.
    scope
        The sets.
    best
        The expert with the highest AUROC on validation data.
    alpha
        Level of the tests.

    Returns
    -------
    list
        A sentence a verdict, one on what was not compared and why, and one on training again.
    """
    found = scope.of(statistics.pairwise)
    lines = []
    for verdict, words in VERDICTS.items():
        own = [row for row in found if row.verdict == verdict]
        if own:
            lead = "The mixture " + ("" if verdict == UNDECIDED else "is ")
            margin = _margin(verdict, own[0].margin)
            lines.append(f"{lead}**{words}**{margin} {'; '.join(_told(own, verdict, best))}.")
    lines += _untested([row for row in found if row.verdict == UNTESTED])
    lines += [f"{part[0].upper()}{part[1:]}." for part in left_out(scope, statistics)]
    if any(row.verdict != UNTESTED for row in found):
        lines.append(trained_again(found, alpha))
    return lines or ["Nothing could be compared."]


def _margin(verdict: str, margin: float) -> str:
    if verdict == EQUIVALENT:
        return f" (they differ by less than {margin:g}, either way)"
    return f" (if at all, by less than {margin:g})" if verdict == NOT_WORSE else ""


def _told(found: list[Any], verdict: str, best: str = "") -> Iterator[str]:
    """Give each rival with its numbers; many single experts as a range."""
    yield from (
        f"{name(row.other)} {_numbers(row, verdict)}" for row in found if not is_expert(row.other)
    )
    experts = [row for row in found if is_expert(row.other)]
    if len(experts) > MOST_LISTED:
        low, high = (limit(row.difference for row in experts) for limit in (min, max))
        p_values = [getattr(row, DECIDED_BY.get(verdict, "p_holm")) for row in experts]
        limit, words = (min, "at least") if verdict == UNDECIDED else (max, "at most")
        p = probability(limit(p_values)).removeprefix("p ").removeprefix("= ")
        chosen = " (with the best on validation)" * any(row.other == best for row in experts)
        yield (
            f"{len(experts)} single experts{chosen} {low:+.3f} to {high:+.3f}, each p {words} {p}"
        )
        return
    for row in experts:
        chosen = " (best on validation)" * (row.other == best)
        yield f"expert {row.other.removeprefix(EXPERT)}{chosen} {_numbers(row, verdict)}"


def _numbers(row: Any, verdict: str) -> str:
    p = getattr(row, DECIDED_BY.get(verdict, "p_holm"))
    return f"{difference(row)}, {probability(p)}"


def _untested(found: list[Any]) -> Iterator[str]:
    """Say what was not compared, models with one reason together."""
    for note in dict.fromkeys(row.note for row in found):
        others = join([name(row.other) for row in found if row.note == note])
        yield f"The mixture was **not compared** with {others}: {reason(note)}."


def left_out(scope: Scope, statistics: Statistics) -> list[str]:
    """Return what the tests leave out to have every model on every set, and why."""
    notes = [note for row in scope.of(statistics.two_way) for note in row.note.split("; ")]
    return [note for note in notes if note.startswith("left out")]


def trained_again(found: list[Any], alpha: float) -> str:
    """Say whether the claims hold for networks trained again, by the test with seeds random."""
    tested = [row for row in found if row.verdict != UNTESTED]
    if all(np.isnan(row.p_seeds_holm) for row in tested):
        return (
            "There is one training seed: all this holds for these networks, and nothing can be "
            "said of networks trained again."
        )
    by_outcome: dict[str, list[Any]] = {}
    for row in tested:
        by_outcome.setdefault(_outcome(row, alpha), []).append(row)
    parts = [
        words.format(_by_verdict(by_outcome[outcome]))
        for outcome, words in _OUTCOMES.items()
        if outcome in by_outcome
    ]
    verdicts = {row.verdict for row in tested}
    if bounds := [VERDICTS[verdict] for verdict in DECIDED_BY if verdict in verdicts]:
        quoted = join([f'"{words}"' for words in bounds])
        parts.append(f"claims of {quoted} are not tested that way and hold for these networks only")
    if not parts:
        parts.append("no difference is shown either")
    return f"With networks trained again (t test with training seeds random): {'; '.join(parts)}."


_LOST, _KEPT, _GAINED = "lost", "kept", "gained"
_OUTCOMES = {
    _LOST: "**not shown** is {}: that holds for these networks only",
    _KEPT: "{} holds, too",
    _GAINED: "it finds a difference to {}, which is not claimed, as the test that decides does not",
}


def _outcome(row: Any, alpha: float) -> str:
    """Say what the test with seeds random makes of a verdict; empty if neither shows anything."""
    again = decide(row.difference, row.p_seeds_holm, alpha)
    if row.verdict in (BETTER, WORSE):
        return _KEPT if again == row.verdict else _LOST
    return _GAINED if again in (BETTER, WORSE) else ""


def _by_verdict(found: list[Any]) -> str:
    """Name models by verdict, each with the p of the test with seeds random."""
    parts = []
    for verdict, words in VERDICTS.items():
        own = [row for row in found if row.verdict == verdict]
        experts = [row for row in own if is_expert(row.other)]
        if len(experts) > MOST_LISTED:
            own = [row for row in own if not is_expert(row.other)]
        models = [f"{name(row.other)} ({probability(row.p_seeds_holm)})" for row in own]
        if len(experts) > MOST_LISTED:
            largest = probability(max(row.p_seeds_holm for row in experts)).removeprefix("p ")
            models.append(
                f"{len(experts)} single experts (each p at most {largest.removeprefix('= ')})"
            )
        if models:
            parts.append(f"{'' if verdict == UNDECIDED else words} {join(models)}".strip())
    return join([f'"{part}"' for part in parts])


def changed_without_overlap(statistics: Statistics, scope: Scope, reduced: Scope) -> str:
    """Say which verdicts change when sequences that overlap a training peak are left out."""
    before = {row.other: row.verdict for row in scope.of(statistics.pairwise)}
    after = reduced.of(statistics.pairwise)
    if not after or all(row.verdict == UNTESTED for row in after):
        notes = list(dict.fromkeys(reason(row.note) for row in after))
        why = f": {'; '.join(notes)}" if notes else ""
        return f"{WITHOUT_OVERLAP[0].upper()}{WITHOUT_OVERLAP[1:]} nothing was compared{why}."
    sets = plural(after[0].sets, "set")
    lead = f"{WITHOUT_OVERLAP[0].upper()}{WITHOUT_OVERLAP[1:]} ({sets})"
    changed = [row for row in after if before.get(row.other) != row.verdict]
    if not changed:
        return f"{lead} all verdicts are the same."
    parts = [
        f"{words} {'; '.join(_told(own, verdict))}"
        for verdict, words in VERDICTS.items()
        if (own := [row for row in changed if row.verdict == verdict])
    ]
    parts += [
        f"not compared with {name(row.other)}, {reason(row.note)}"
        for row in changed
        if row.verdict == UNTESTED
    ]
    same = "; all other verdicts are the same" if len(changed) < len(after) else ""
    return f"{lead} these verdicts change, now: {'; '.join(parts)}{same}."


def strata_table(statistics: Statistics, scope: Scope) -> str:
    """Set out what holds for each kind of unseen factor; single experts are only counted."""
    cells = []
    others: list[str] = []
    for own in scope.strata(statistics.two_way):
        found = own.of(statistics.pairwise)
        others = [row.other for row in found if not is_expert(row.other)]
        cells.append([_stratum(own, statistics), *_stratum_cells(found)])
    header = ["kind of factor", *(name(other) for other in others), "single experts"]
    return table(header, cells)


def _stratum(own: Scope, statistics: Statistics) -> str:
    kind = stratum_name(own.stratum)
    return f"{kind[0].upper()}{kind[1:]} ({plural(scope_size(own, statistics), 'set')})"


def _stratum_cells(found: list[Any]) -> list[str]:
    """Give a cell for each model that is no expert, and one for all experts."""
    single = [row.verdict for row in found if is_expert(row.other)]
    counts = {words: single.count(verdict) for verdict, words in SHORT_VERDICTS.items()}
    return [
        *(_stratum_cell(row) for row in found if not is_expert(row.other)),
        ", ".join(f"{words} {count}" for words, count in counts.items() if count) or "-",
    ]


def _stratum_cell(row: Any) -> str:
    if row.verdict == UNTESTED:
        return reason(row.note) or SHORT_VERDICTS[UNTESTED]
    return f"{difference(row)}, {SHORT_VERDICTS[row.verdict]}"


def scope_size(scope: Scope, statistics: Statistics) -> int:
    """Return the number of sets that were tested."""
    return max((int(row.sets) for row in scope.of(statistics.two_way)), default=0)
