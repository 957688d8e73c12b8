"""Config of a run in words: splits, negatives, preset; for the report and the model card."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tfmoe.core.config import quick_settings
from tfmoe.core.text import list_words, plural
from tfmoe.core.vocabulary import KINDS, Kind

_SEEDS, _PEAKS = "training.seeds", "windows.max_peaks"


def describe_splits(config: Mapping[str, Any]) -> str:
    """Return how a run assigns sequences to its four splits."""
    splits = config["splits"]
    if splits["by"] == "rank":
        return _by_rank(splits)
    if splits["by"] == "blocks":
        return _by_blocks(splits)
    if splits["folds"] is None:
        test, validation, gate = (
            ", ".join(splits[name]) for name in ("test", "validation", "gate")
        )
        return (
            f"Chromosomes of the test split: {test}; validation split: {validation}; gate split: "
            f"{gate}. The experts are trained on all others."
        )
    return (
        f"Chromosomes are divided into {splits['folds']} folds of about equal length. In this run, "
        f"fold {splits['fold']} is the test split, the next fold is the validation split and the "
        "one after it the gate split. The experts are trained on all others."
    )


def _by_blocks(splits: Mapping[str, Any]) -> str:
    shares = splits["shares"]
    fold = ""
    if splits["folds"] is not None:
        fold = f" This is fold {splits['fold']} of {splits['folds']}."
    gap = "a window with its flanks" if splits["gap"] is None else f"{splits['gap']:,} bases"
    return (
        f"Each chromosome is cut into blocks of {splits['block_length']:,} bases. The test split "
        f"has {_share(shares['test'])} of them, the validation split {_share(shares['validation'])}"
        f" and the gate split {_share(shares['gate'])}, spread evenly. The experts are trained on "
        f"all others.{fold} Between two blocks of different splits, {gap} "
        f"{'is' if splits['gap'] is None else 'are'} left out."
    )


def _by_rank(splits: Mapping[str, Any]) -> str:
    shares, strongest = splits["shares"], splits["strongest_shares"]
    exception = ""
    if strongest is not None:
        exception = (
            f" Positives as strong as the test split are an exception: "
            f"{_share(strongest['validation'])} and {_share(strongest['gate'])}."
        )
    return (
        f"The even ranks among the first {splits['held_out_ranks']:,} positives are the test split,"
        f" as in the paper. Of the others, {_share(shares['validation'])} are the validation split "
        f"and {_share(shares['gate'])} the gate split.{exception} The experts are trained on the "
        "rest. Such splits separate neighbours on the genome; the run's audit shows how much "
        "sequence the splits share."
    )


def _share(value: float) -> str:
    return f"{100 * value:g} %"


def describe_negatives(config: Mapping[str, Any]) -> list[str]:
    """Return one line per kind of negatives of a run: its ratios to positives and its source."""
    negatives = config["negatives"]
    repeats = " and share of repeats" if negatives["match_repeats"] else ""
    meanings = {
        Kind.GENOMIC: f"windows of the genome with the positives' GC content{repeats}, in the same "
        f"split. They lie at least {negatives['margin']:,} bases from all peaks of the factor, and "
        "outside the blacklist and stretches of N",
        Kind.DINUCLEOTIDE: "exact shuffles of the positives, which keep the dinucleotide counts of "
        "each. For training they are drawn again in each epoch and are not counted in tables",
        Kind.NEIGHBOUR: f"windows {negatives['neighbour_distance']:,} bases to either side of a "
        "positive, outside all peaks of the factor",
        Kind.OTHER_FACTOR: "positives of the training experiments of other factors that are not "
        "peaks of this factor. The pooled network and the mixture never see them",
        Kind.FILE: "supplied with the positives"
        if config["genome"] is None
        else "supplied as regions; none touches a peak of the factor",
    }
    lines = []
    for kind, meaning in meanings.items():
        training, evaluation = negatives["training"][kind], negatives["evaluation"][kind]
        if training or evaluation:
            ratios = f"training {training:g}, test {evaluation:g} per positive"
            lines.append(f"{KINDS[kind]} ({ratios}): {meaning}.")
    return lines


def describe_quick(config: Mapping[str, Any]) -> list[str]:
    """Return sentences on the changes by the preset `quick`; none if the run is not quick.

    Parameters
    ----------
    config
        The validated config, or the sections of it that matter to the reader.
    """
    if not config["quick"]:
        return []
    changed = quick_settings(config)
    if not changed:
        return ["This is a quick run (quick: true), but the config sets all keys of that preset."]
    seeds, peaks = changed.pop(_SEEDS, None), changed.pop(_PEAKS, None)
    parts = [
        *([f"{plural(seeds[0], 'training seed')} instead of {seeds[1]}"] if seeds else []),
        *([f"at most {peaks[0]:,} peaks per experiment"] if peaks else []),
    ]
    main = f": {list_words(parts)}" if parts else ""
    sentences = [f"This is a quick run (quick: true), a first look{main}."]
    if peaks:
        sentences.append(
            "These are the strongest peaks, also in the test. They are easier to predict than all."
        )
    if changed:
        one = len(changed) == 1
        sentences.append(
            f"{plural(len(changed), 'further key')} of the preset "
            f"{'has another value' if one else 'have other values'} than in a full run; run.json "
            f"has {'it' if one else 'them'}."
        )
    return sentences
