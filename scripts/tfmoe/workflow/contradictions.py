"""Contradictions of a config: keys that are valid each and cannot be used together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tfmoe.core.experiments import Experiment


def contradictions(config: Mapping[str, Any]) -> list[str]:
    """Return one message per contradiction that does not depend on the experiments.

    Parameters
    ----------
    config
        The validated config.
    """
    return [*_split_faults(config), *_setting_faults(config)]


def negative_faults(
    config: Mapping[str, Any], experiments: Mapping[str, Experiment]
) -> Iterator[str]:
    """Yield the requested negatives that this run cannot draw."""
    negatives = config["negatives"]
    for use in ("training", "evaluation"):
        if not any(negatives[use].values()):
            yield f"negatives.{use}: found no negatives, expected at least one kind"
        if config["genome"] is None:
            for kind in ("genomic", "neighbour"):
                if negatives[use][kind]:
                    yield (
                        f"negatives.{use}.{kind}: found {negatives[use][kind]:g} in a run on ready "
                        "sequences, which have no coordinates; set it to 0"
                    )
        elif negatives[use]["file"] and all(row.negatives == "-" for row in experiments.values()):
            yield (
                f"negatives.{use}.file: found {negatives[use]['file']:g}, but the column "
                "`negatives` of the experiment table names no file"
            )
    near, least = negatives["neighbour_distance"], config["windows"]["length"] + negatives["margin"]
    if near < least and any(negatives[use]["neighbour"] for use in ("training", "evaluation")):
        yield (
            f"negatives.neighbour_distance: found {near}, expected at least windows.length + "
            f"negatives.margin = {least}: closer windows touch the peak's margin"
        )
    if config["genome"] is None and negatives["match_repeats"]:
        yield "negatives.match_repeats: found true, but ready sequences have no repeats to match"


def has_background(config: Mapping[str, Any]) -> bool:
    """Return whether ``background_vs_shuffle`` is trained; see `tfmoe.workflow.plan.Plan`."""
    negatives = config["negatives"]
    if not config["training"]["background_vs_shuffle"]:
        return False
    if config["genome"] is None:
        # ready sequences may bring their own shuffles, of kind `file`
        return config["background"]["fasta"] is not None
    return bool(negatives["training"]["genomic"] and negatives["evaluation"]["dinucleotide"])


def _split_faults(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield the faults of the section `splits`."""
    splits = config["splits"]
    named = {name: splits[name] for name in ("test", "validation", "gate") if splits[name]}
    if (splits["by"] == "rank") != (config["genome"] is None):
        found = "no genome" if config["genome"] is None else "a genome"
        yield (
            f"splits.by: found {splits['by']} in a run with {found}; split ready sequences, which "
            "have no coordinates, by rank, and peaks on a genome by chromosome or blocks"
        )
    if splits["by"] != "chromosome" and named:
        yield f"splits.{next(iter(named))}: found chromosomes, but the splits are by {splits['by']}"
    if splits["by"] == "chromosome":
        yield from _named_faults(named, splits["folds"])
    if splits["folds"] is not None and splits["by"] == "rank":
        yield "splits.folds: found folds, but the splits are by rank"
    if splits["fold"] > (splits["folds"] or 1):
        yield (
            f"splits.fold: found {splits['fold']}, expected at most splits.folds = "
            f"{splits['folds'] or 'null'}"
        )
    windows, gap = config["windows"], splits["gap"]
    # windows on both sides of a gap can be shifted into it by their flank
    least = max(windows["length"], 2 * windows["flank"])
    if gap is not None and gap < least:
        yield (
            f"splits.gap: found {gap}, expected at least {least}, the larger of windows.length and "
            "twice windows.flank"
        )
    shares = {key: value for key, value in splits["shares"].items() if key != "test"}
    total = sum(splits["shares"].values()) if splits["by"] == "blocks" else sum(shares.values())
    if total >= 1:
        yield f"splits.shares: found a sum of {total:g}, expected less than 1: the rest trains"
    total = sum((splits["strongest_shares"] or {}).values())
    if total >= 1:
        yield (
            f"splits.strongest_shares: found a sum of {total:g}, expected less than 1: the rest "
            "trains"
        )


def _named_faults(named: Mapping[str, list[str]], folds: int | None) -> Iterator[str]:
    """Yield the faults of the chromosomes named for the splits."""
    if folds is not None and named:
        yield (
            f"splits.{next(iter(named))}: found chromosomes and splits.folds = {folds}; either "
            "name the chromosomes of the splits or deal them to folds"
        )
    if folds is None:
        missing = [f"splits.{name}" for name in ("test", "validation", "gate") if name not in named]
        if missing:
            yield (
                f"{', '.join(missing)}: found no chromosomes; name some, assign all "
                "chromosomes to folds (`folds: 5`), or split a single one (`by: blocks`)"
            )
    seen: dict[str, str] = {}
    for split, chromosomes in named.items():
        for chromosome in chromosomes:
            if chromosome in seen:
                yield (
                    f"splits: chromosome {chromosome} is in {seen[chromosome]} and in {split}; a "
                    "chromosome belongs to one split"
                )
            seen[chromosome] = split


def _background_faults(training: Mapping[str, Any]) -> Iterator[str]:
    """Yield a fault per key whose splits have no windows of another genome."""
    for key, dealt in (("fit_splits", "train"), ("judge_splits", "validation")):
        if dealt not in training[key]:
            yield (
                f"training.{key}: found {', '.join(training[key])}, expected {dealt} among them: "
                "background_vs_shuffle trains on windows of background.fasta, which are assigned "
                "to the splits train and validation only; to skip this baseline, set "
                "training.background_vs_shuffle to false"
            )


def _setting_faults(config: Mapping[str, Any]) -> Iterator[str]:
    """Yield settings that are valid each and contradict one another."""
    windows, motifs = config["windows"], config["motifs"]
    if config["background"]["fasta"] is not None and config["genome"] is not None:
        yield (
            "background.fasta: found a genome, but background_vs_shuffle trains on windows of the "
            "run's own (`genome`); remove the section `background`"
        )
    if config["genome"] is None and has_background(config):
        yield from _background_faults(config["training"])
    evaluated = config["negatives"]["evaluation"]
    if (motifs["window"] or 0) > windows["length"]:
        yield (
            f"motifs.window: found {motifs['window']}, expected at most windows.length = "
            f"{windows['length']}"
        )
    if motifs["method"] not in config["attribution"]["methods"]:
        yield (
            f"motifs.method: found {motifs['method']}, expected one of attribution.methods: "
            f"{', '.join(config['attribution']['methods'])}"
        )
    if not evaluated[motifs["confirmation_negatives"]]:
        yield (
            f"motifs.confirmation_negatives: found {motifs['confirmation_negatives']}, but "
            "negatives.evaluation draws none of this kind"
        )
    peaks = config["adaptation"]["peaks"]
    if peaks != sorted(peaks):
        yield (
            f"adaptation.peaks: found {', '.join(map(str, peaks))}, expected ascending numbers: "
            f"{', '.join(map(str, sorted(peaks)))}"
        )
    if config["gkm"]["informative"] > config["gkm"]["length"]:
        yield (
            f"gkm.informative: found {config['gkm']['informative']}, expected at most gkm.length = "
            f"{config['gkm']['length']}"
        )
    if "moe" not in config["evaluation"]["family"]:
        yield "evaluation.family: found no `moe`, the model that all others are compared with"
