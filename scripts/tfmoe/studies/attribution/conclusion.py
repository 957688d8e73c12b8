"""Write the conclusion of the attribution study as Markdown, from its tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import pandas as pd

from tfmoe.attribution.measures import MEASURES
from tfmoe.attribution.method_names import BASELINE
from tfmoe.core.paired_interval import MIN_REPEATS
from tfmoe.core.text import plural
from tfmoe.studies.attribution.methods import (
    CORRECTION,
    SEEDS,
    SMOOTHING,
    STRANDS,
    shiftsmooth,
    shiftsmooth_sizes,
)
from tfmoe.studies.attribution.summary import (
    HELPS,
    HURTS,
    MARGIN,
    MEAN,
    NETWORKS,
    NOTHING,
    UNDECIDED,
)

SIZE = 5
"""n of ShiftSmooth in the conclusion, in bases; fixed in advance, not chosen by its results."""
NEGLIGIBLE = 5e-4
"""Smaller differences round to zero."""
# in the order of the sentence
_VERDICTS = {
    HELPS: "improves",
    HURTS: "worsens",
    NOTHING: "hardly changes",
    UNDECIDED: "has no clear effect on",
}
_BOTH_STRANDS = "_both_strands"
# alternatives to smoothing, applied to the plain gradient
_ALTERNATIVES = {
    CORRECTION: ("the simplex correction", f"{BASELINE}_corrected"),
    STRANDS: ("averaging over both strands", f"{BASELINE}{_BOTH_STRANDS}"),
    SEEDS: ("averaging over training seeds", BASELINE),
}
_READING_GUIDE = f"""\
How to read the tables. Differences are means over experiments, with the 95 % interval of the t
distribution over experiments; with fewer than {MIN_REPEATS} experiments there is no interval. An
effect *helps* or *hurts* if this interval excludes zero (without an interval: if the intervals over
sequences of all experiments exclude zero), and is *next to nothing* if it lies within {MARGIN} of
zero. Levels are not adjusted for the number of measures. Stability does not imply correctness: a
constant map is stable. Small deletion areas and large insertion areas are good; both are in units
of the mean difference between the logits of sequences and of their shuffles. Maps are means over
training seeds, except for stability over seeds."""

Row = Mapping[Any, Any]


def write_conclusion(values: pd.DataFrame, summary: pd.DataFrame) -> str:
    """Write the conclusion as Markdown.

    Parameters
    ----------
    values
        Tables of all experiments; see `tfmoe.studies.attribution.measure.StudyTables`.
    summary
        Result of `tfmoe.studies.attribution.summary.summarise_effects`.
    """
    lines = ["# Does ShiftSmooth help?", ""]
    kinds = [(str(one), str(two)) for one, two in values[[*NETWORKS]].drop_duplicates().to_numpy()]
    for kind in kinds:
        lines += [f"- {_conclude(kind, _select(values, kind), _select(summary, kind))}"]
    lines += ["", _READING_GUIDE]
    for kind in kinds:
        lines += [
            "",
            f"## {_title(kind)}",
            *_sections(_select(values, kind), _select(summary, kind)),
        ]
    return "\n".join(lines) + "\n"


def _select(table: pd.DataFrame, kind: Sequence[str]) -> pd.DataFrame:
    return table[(table["recipe"] == kind[0]) & (table["backbone"] == kind[1])]


def _title(kind: Sequence[str]) -> str:
    return f"{kind[1]}, recipe {kind[0]}"


def _conclude(kind: Sequence[str], values: pd.DataFrame, summary: pd.DataFrame) -> str:
    """Summarise the effects of ShiftSmooth and its alternatives on one kind of network."""
    sizes = shiftsmooth_sizes(values["method"].tolist())
    if not sizes:
        return f"**{_title(kind)}**: ShiftSmooth was not measured, because windows have no flanks."
    size = min(SIZE, sizes[-1])
    alone = _effects(summary, SMOOTHING, shiftsmooth(size), BASELINE)
    experiments = max((int(row["experiments"]) for row in alone.values()), default=0)
    sentences = [
        f"**{_title(kind)}** ({plural(experiments, 'experiment')}): ShiftSmooth with n = {size} "
        f"{'; it '.join(_by_verdict(alone))}."
    ]
    likeness = _mean(values, "likeness", shiftsmooth(size))
    if likeness is not None:
        sentences.append(
            f"The mean correlation of its maps with those of the gradient is {likeness:.3f}."
        )
    suffix = f"{_BOTH_STRANDS}_corrected"
    combined = _effects(summary, SMOOTHING, f"{shiftsmooth(size)}{suffix}", f"{BASELINE}{suffix}")
    if "faithfulness" in combined:
        row = combined["faithfulness"]
        effect = f"{_VERDICTS[row['verdict']]} faithfulness ({_difference(row)})"
        sentences.append(f"Added to correction and both strands, it {effect}.")
    sentences += _best_size(summary, sizes)
    sentences += [
        f"Instead of ShiftSmooth, {alternative} {'; it '.join(parts)}."
        for effect, (alternative, method) in _ALTERNATIVES.items()
        if (parts := _by_verdict(_effects(summary, effect, method, BASELINE)))
    ]
    return " ".join(sentences)


def _by_verdict(rows: Mapping[str, Row]) -> list[str]:
    """Return one phrase per verdict, which lists its measures, in the order of `_VERDICTS`."""
    if rows and all(abs(row["difference"]) < NEGLIGIBLE for row in rows.values()):
        return [f"changes no measure by more than {NEGLIGIBLE}"]
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


def _best_size(summary: pd.DataFrame, sizes: Sequence[int]) -> Iterator[str]:
    """Name the n with the largest gain in localisation, or in faithfulness if that is missing."""
    found = {size: _effects(summary, SMOOTHING, shiftsmooth(size), BASELINE) for size in sizes}
    for measure in ("auprc", "faithfulness"):
        gains = {size: rows[measure] for size, rows in found.items() if measure in rows}
        if len(gains) > 1:
            best = max(gains, key=lambda size: gains[size]["difference"])
            yield (
                f"Among n = {sizes[0]} to {sizes[-1]}, n = {best} has the largest gain in "
                f"{MEASURES[measure]} ({_difference(gains[best])}); as the best of {len(gains)} "
                "values, this gain is optimistic."
            )
            return


def _sections(values: pd.DataFrame, summary: pd.DataFrame) -> Iterator[str]:
    """Yield the lines with the tables for one kind of network."""
    sizes = shiftsmooth_sizes(values["method"].tolist())
    size = min(SIZE, sizes[-1]) if sizes else 0
    shown = [measure for measure in MEASURES if (values["measure"] == measure).any()]
    missing = values[["experiment", "note"]].dropna().drop_duplicates()
    for experiment, note in missing[missing["note"] != ""].to_numpy():
        yield from ("", f"No localisation on {experiment}: {note}.")
    yield from ("", "Effect of ShiftSmooth relative to the gradient, by n:", "")
    by_size = {
        f"n = {one}": _effects(summary, SMOOTHING, shiftsmooth(one), BASELINE) for one in sizes
    }
    yield from _effect_table("n", shown, by_size)
    yield from ("", f"Effect of each step (n = {size}):", "")
    by_step = {name: _effects(summary, *pair) for name, pair in _steps(shiftsmooth(size)).items()}
    yield from _effect_table("step", shown, by_step)
    yield from ("", "Means over experiments for all methods:", "")
    yield from _mean_table(values, [*shown, "likeness", "seconds"])


def _steps(smooth: str) -> dict[str, tuple[str, str, str]]:
    """Return (effect, method, method without it) for each step and context."""
    strands, corrected = _BOTH_STRANDS, "_corrected"
    both = f"{strands}{corrected}"
    return {
        "ShiftSmooth": (SMOOTHING, smooth, BASELINE),
        "ShiftSmooth, with correction": (
            SMOOTHING, f"{smooth}{corrected}", f"{BASELINE}{corrected}",
        ),
        "ShiftSmooth, with both strands": (SMOOTHING, f"{smooth}{strands}", f"{BASELINE}{strands}"),
        "ShiftSmooth, with correction and both strands": (
            SMOOTHING, f"{smooth}{both}", f"{BASELINE}{both}",
        ),
        "correction": (CORRECTION, f"{BASELINE}{corrected}", BASELINE),
        "correction, with ShiftSmooth": (CORRECTION, f"{smooth}{corrected}", smooth),
        "both strands": (STRANDS, f"{BASELINE}{strands}", BASELINE),
        "both strands, with ShiftSmooth": (STRANDS, f"{smooth}{strands}", smooth),
        "mean over seeds": (SEEDS, BASELINE, BASELINE),
        "mean over seeds, with ShiftSmooth": (SEEDS, smooth, smooth),
    }  # fmt: skip


def _effect_table(
    head: str, shown: Sequence[str], rows: Mapping[str, Mapping[str, Row]]
) -> list[str]:
    """Write a Markdown table of differences with one column per measure."""
    filled = {name: found for name, found in rows.items() if found}
    body = [
        [name, *(_cell(found[measure]) if measure in found else "" for measure in shown)]
        for name, found in filled.items()
    ]
    return _markdown([head, *(MEASURES[measure] for measure in shown)], body)


def _mean_table(values: pd.DataFrame, measures: Sequence[str]) -> list[str]:
    """Write a Markdown table of means over experiments with one row per method."""
    titles = MEASURES | {
        "likeness": "correlation with the gradient",
        "seconds": "seconds per sequence",
    }
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
        body.append(["random map", *cells])
    return _markdown(["method", *(titles[measure] for measure in measures)], body)


def _markdown(header: Sequence[str], body: Sequence[Sequence[str]]) -> list[str]:
    lines = [header, ["---"] * len(header), *body]
    return [f"| {' | '.join(cells)} |" for cells in lines]


def _effects(summary: pd.DataFrame, effect: str, method: str, without: str) -> dict[str, Row]:
    """Return an effect by measure, on maps averaged over seeds if that measure has them."""
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
    """Return the mean of a measure over experiments; None without values."""
    own = values[(values["measure"] == measure) & (values["method"] == method)]
    averaged = own[own["networks"] == MEAN]
    found = (averaged if len(averaged) else own)["value"].dropna()
    return float(found.mean()) if len(found) else None


def _difference(row: Row) -> str:
    """Format a difference with its interval or, without one, with counts of experiments."""
    if pd.notna(row["difference_low"]):
        interval = f"{row['difference_low']:+.3f} to {row['difference_high']:+.3f}"
    else:
        interval = f"better in {row['better']}, worse in {row['worse']} of {row['experiments']}"
    return f"{row['difference']:+.3f}, {interval}"


def _cell(row: Row) -> str:
    return f"{_difference(row)}: {row['verdict']}"
