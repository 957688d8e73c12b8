"""The conclusion of the study of ShiftSmooth in words, written from its tables by rules."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from tfmoe.attribution.faithfulness import BASELINE
from tfmoe.attribution.measures import MEASURES
from tfmoe.studies.attribution.summary import (
    CORRECTION,
    HELPS,
    HURTS,
    MARGIN,
    MEAN,
    NETWORKS,
    NOTHING,
    SEEDS,
    SMOOTHING,
    STRANDS,
    UNDECIDED,
)
from tfmoe.studies.recipes.comparison import FEWEST_SEEDS

SIZE = 5
"""The n that is judged, in bases: one that was not chosen by its results."""
ROUNDED = 5e-4  # what is less reads as zero
_VERDICTS = {
    HELPS: "helps",
    HURTS: "hurts",
    NOTHING: "does next to nothing to",
    UNDECIDED: "cannot be told to change",
}
# what is added to the plain gradient, in words
_ADDED = {
    CORRECTION: ("the simplex correction", f"{BASELINE}_corrected"),
    STRANDS: ("the mean over both strands", f"{BASELINE}_both_strands"),
    SEEDS: ("the mean over training seeds", BASELINE),
}
_EXPLAINED = f"""\
How to read it. Differences are means over experiments, with the 95 % interval of the t distribution
over them; with fewer than {FEWEST_SEEDS} there is none. An effect *helps* or *hurts* where that
interval excludes zero (without one: where the intervals of all experiments over their sequences
do), and is *next to nothing* where it lies within {MARGIN} of zero. No level is adjusted for the
number of measures. Stability is no sign of truth: a map that is the same everywhere is stable. A
small area of deletion is good, and a large one of insertion; both are in units of the mean
difference between the logits of a sequence and of its shuffles. Maps are means over the training
seeds, but for stability over seeds."""

Row = Mapping[Any, Any]


def write_conclusion(values: pd.DataFrame, summary: pd.DataFrame) -> str:
    """Write the study as Markdown.

    Parameters
    ----------
    values
        The tables of all experiments, as in `tfmoe.studies.attribution.measure.StudyTables`.
    summary
        `tfmoe.studies.attribution.summary.summarise_effects` of its effects.
    """
    lines = ["# Does ShiftSmooth help?", ""]
    kinds = [(str(one), str(two)) for one, two in values[[*NETWORKS]].drop_duplicates().to_numpy()]
    for kind in kinds:
        lines += [f"- {_conclude(kind, _of(values, kind), _of(summary, kind))}"]
    lines += ["", _EXPLAINED]
    for kind in kinds:
        lines += ["", f"## {_name(kind)}", *_sections(_of(values, kind), _of(summary, kind))]
    return "\n".join(lines) + "\n"


def _of(table: pd.DataFrame, kind: Sequence[str]) -> pd.DataFrame:
    return table[(table["recipe"] == kind[0]) & (table["backbone"] == kind[1])]


def _name(kind: Sequence[str]) -> str:
    return f"{kind[1]}, recipe {kind[0]}"


def sizes(methods: Sequence[str]) -> list[int]:
    """Return the n of plain ShiftSmooth among methods, sorted."""
    numbers = {name.removeprefix("shiftsmooth_n") for name in methods}
    return sorted(int(number) for number in numbers if number.isdigit())


def _conclude(kind: Sequence[str], values: pd.DataFrame, summary: pd.DataFrame) -> str:
    """Say what ShiftSmooth does on one kind of network, and what else does."""
    known = sizes(values["method"].tolist())
    if not known:
        return f"**{_name(kind)}**: windows have no flanks, and nothing can be shifted."
    size = min(SIZE, known[-1])
    alone = _effects(summary, SMOOTHING, f"shiftsmooth_n{size}", BASELINE)
    experiments = max((int(row["experiments"]) for row in alone.values()), default=0)
    sentences = [
        f"**{_name(kind)}** ({_plural(experiments, 'experiment')}): ShiftSmooth with n = {size} "
        f"{'; it '.join(_by_verdict(alone))}."
    ]
    likeness = _mean(values, "likeness", f"shiftsmooth_n{size}")
    if likeness is not None:
        sentences.append(f"Its maps correlate with the gradient's by {likeness:.3f}.")
    both = "_both_strands_corrected"
    beside = _effects(summary, SMOOTHING, f"shiftsmooth_n{size}{both}", f"{BASELINE}{both}")
    if "faithfulness" in beside:
        verdict = _VERDICTS[beside["faithfulness"]["verdict"]]
        what = f"{verdict} faithfulness ({_difference(beside['faithfulness'])})"
        sentences.append(f"Where the map is corrected and of both strands, it {what}.")
    sentences += _best_size(summary, known)
    sentences += [
        f"In its place {words} {'; it '.join(parts)}."
        for effect, (words, method) in _ADDED.items()
        if (parts := _by_verdict(_effects(summary, effect, method, BASELINE)))
    ]
    return " ".join(sentences)


def _by_verdict(rows: Mapping[str, Row]) -> list[str]:
    """Say of each verdict which measures have it, in the order of `_VERDICTS`."""
    if rows and all(abs(row["difference"]) < ROUNDED for row in rows.values()):
        return ["changes nothing"]
    parts = []
    for verdict, words in _VERDICTS.items():
        found = [
            f"{MEASURES[measure]} ({_difference(row)})"
            for measure, row in rows.items()
            if row["verdict"] == verdict
        ]
        if found:
            parts.append(f"{words} {', '.join(found)}")
    return parts


def _best_size(summary: pd.DataFrame, known: Sequence[int]) -> Iterator[str]:
    """Say which n has the largest gain in localisation, or in faithfulness without it."""
    found = {size: _effects(summary, SMOOTHING, f"shiftsmooth_n{size}", BASELINE) for size in known}
    for measure in ("auprc", "faithfulness"):
        gains = {size: rows[measure] for size, rows in found.items() if measure in rows}
        if len(gains) > 1:
            best = max(gains, key=lambda size: gains[size]["difference"])
            yield (
                f"Of n = {known[0]} to {known[-1]} the largest gain in {MEASURES[measure]} is that "
                f"of n = {best} ({_difference(gains[best])}), which flatters it, as the best of "
                f"{len(gains)} does."
            )
            return


def _sections(values: pd.DataFrame, summary: pd.DataFrame) -> Iterator[str]:
    known = sizes(values["method"].tolist())
    size = min(SIZE, known[-1]) if known else 0
    shown = [measure for measure in MEASURES if (values["measure"] == measure).any()]
    missing = values[["experiment", "note"]].dropna().drop_duplicates()
    for experiment, note in missing[missing["note"] != ""].to_numpy():
        yield from ("", f"No localisation on {experiment}: {note}.")
    yield from ("", "What ShiftSmooth brings over the gradient, by n:", "")
    rows = {
        f"n = {one}": _effects(summary, SMOOTHING, f"shiftsmooth_n{one}", BASELINE) for one in known
    }
    yield from _table("n", shown, rows)
    yield from ("", f"What each thing brings (n = {size}):", "")
    smooth = f"shiftsmooth_n{size}"
    both = "_both_strands"
    parts = {
        "ShiftSmooth": (SMOOTHING, smooth, BASELINE),
        "ShiftSmooth, beside the correction": (
            SMOOTHING, f"{smooth}_corrected", f"{BASELINE}_corrected",
        ),
        "ShiftSmooth, beside both strands": (SMOOTHING, f"{smooth}{both}", f"{BASELINE}{both}"),
        "ShiftSmooth, beside both": (
            SMOOTHING, f"{smooth}{both}_corrected", f"{BASELINE}{both}_corrected",
        ),
        "correction": (CORRECTION, f"{BASELINE}_corrected", BASELINE),
        "correction, beside ShiftSmooth": (CORRECTION, f"{smooth}_corrected", smooth),
        "both strands": (STRANDS, f"{BASELINE}{both}", BASELINE),
        "both strands, beside ShiftSmooth": (STRANDS, f"{smooth}{both}", smooth),
        "mean over seeds": (SEEDS, BASELINE, BASELINE),
        "mean over seeds, beside ShiftSmooth": (SEEDS, smooth, smooth),
    }  # fmt: skip
    yield from _table(
        "what", shown, {name: _effects(summary, *pair) for name, pair in parts.items()}
    )
    yield from ("", "Means over experiments, of all methods:", "")
    yield from _means(values, [*shown, "likeness", "seconds"])


def _table(head: str, shown: Sequence[str], rows: Mapping[str, Mapping[str, Row]]) -> list[str]:
    """Write a Markdown table of differences, a column a measure."""
    filled = {name: found for name, found in rows.items() if found}
    body = [
        [name, *(_cell(found[measure]) if measure in found else "" for measure in shown)]
        for name, found in filled.items()
    ]
    return _markdown([head, *(MEASURES[measure] for measure in shown)], body)


def _means(values: pd.DataFrame, measures: Sequence[str]) -> list[str]:
    titles = MEASURES | {"likeness": "likeness to the gradient", "seconds": "seconds a sequence"}
    body = []
    for method in dict.fromkeys(values["method"]):
        found = [(measure, _mean(values, measure, method)) for measure in measures]
        cells = [
            "" if value is None else f"{value:.2g}" if measure == "seconds" else f"{value:.3f}"
            for measure, value in found
        ]
        body.append([f"`{method}`", *cells])
    chance = values["chance"].mean()
    if pd.notna(chance):
        cells = [
            f"{chance:.3f}" if measure in ("auprc", "hit_rate") else "" for measure in measures
        ]
        body.append(["a map at random", *cells])
    return _markdown(["method", *(titles[measure] for measure in measures)], body)


def _markdown(header: Sequence[str], body: Sequence[Sequence[str]]) -> list[str]:
    lines = [header, ["---"] * len(header), *body]
    return [f"| {' | '.join(cells)} |" for cells in lines]


def _effects(summary: pd.DataFrame, effect: str, method: str, without: str) -> dict[str, Row]:
    """Return an effect by measure: on maps averaged over seeds where that can be measured."""
    rows = summary[
        (summary["effect"] == effect)
        & (summary["method"] == method)
        & (summary["without"] == without)
    ]
    found: dict[str, Row] = {}
    for measure in MEASURES:
        own = rows[rows["measure"] == measure]
        averaged = own[own["networks"] == MEAN]
        for row in (averaged if len(averaged) else own).to_dict("records"):
            found[measure] = row
    return found


def _mean(values: pd.DataFrame, measure: str, method: str) -> float | None:
    """Return the mean over experiments of a value; None where there is none."""
    own = values[(values["measure"] == measure) & (values["method"] == method)]
    averaged = own[own["networks"] == MEAN]
    found = (averaged if len(averaged) else own)["value"].dropna()
    return float(found.mean()) if len(found) else None


def _difference(row: Row) -> str:
    """Write a difference with its interval, or with how many experiments exclude zero."""
    if pd.notna(row["difference_low"]):
        interval = f"{row['difference_low']:+.3f} to {row['difference_high']:+.3f}"
    else:
        interval = f"better in {row['better']}, worse in {row['worse']} of {row['experiments']}"
    return f"{row['difference']:+.3f}, {interval}"


def _cell(row: Row) -> str:
    return f"{_difference(row)}: {row['verdict']}"


def _plural(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
