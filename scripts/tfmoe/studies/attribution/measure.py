"""The study of ShiftSmooth: what each n, correction, strands and seeds bring, on one backbone.

All is measured twice: on the maps of ``single`` networks, each against what is so of that network
(a sequence's value is the mean over networks), and on their ``mean``, which explains the mean of
the networks' logits. Insertion and deletion are of the mean only, stability over seeds and time of
single networks. The measures are those of `tfmoe.attribution.measures`; localisation is measured on
further sequences, all of which have a site.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import nn

from tfmoe.attribution.attribute import REFERENCE, choose
from tfmoe.attribution.estimates import Values
from tfmoe.attribution.faithfulness import BASELINE, faithfulness_of
from tfmoe.attribution.localisation import Labels, has_sites, localise, prevalence
from tfmoe.attribution.maps import Maps
from tfmoe.attribution.measures import SECONDS, STABILITY, estimate, quality_table
from tfmoe.attribution.method_names import LARGEST_STUDIED, STUDY_VARIANTS
from tfmoe.attribution.quality import Passes, measure_quality
from tfmoe.attribution.sites import SiteSource
from tfmoe.attribution.stability import pearson
from tfmoe.core.errors import InputError
from tfmoe.core.seeds import derive_seed
from tfmoe.data.datasets import SequenceSet
from tfmoe.studies.attribution.summary import (
    CORRECTION,
    MEAN,
    SEEDS,
    SINGLE,
    SMOOTHING,
    STRANDS,
)

Study = Mapping[str, Mapping[str, Mapping[str, Values]]]
"""By `SINGLE` or `MEAN`, measure and method: a value a sequence, (N,)."""


@dataclass(frozen=True)
class StudySettings:
    """Methods, the number of sequences, and what the config's section `attribution` says."""

    methods: list[str]
    sequences: int
    batch_size: int
    bootstrap: int


@dataclass(frozen=True)
class StudyTables:
    """What was measured on one experiment and kind of network.

    Attributes
    ----------
    table
        One row a method and measure, of single networks and of their mean, as in
        `tfmoe.attribution.measures.quality_table`, with the column ``networks``; and what sites are
        told by (``truth``), why there are none (``note``), and what a map at random would find of
        them (``chance``).
    effects
        One row an effect: what a method has beyond another that lacks one thing. ``effect``,
        ``networks``, ``measure``, ``method``, ``without``, ``n_sequences``, the mean paired
        ``difference`` and its interval over sequences, ``difference_low`` and ``_high``.
    """

    table: pd.DataFrame
    effects: pd.DataFrame


def study_experiment(
    networks: Sequence[nn.Module],
    positives: SequenceSet,
    source: SiteSource,
    settings: StudySettings,
    labels: Mapping[str, str],
    seed: int,
    device: torch.device,
) -> StudyTables:
    """Measure all methods on one experiment's positives.

    Parameters
    ----------
    networks
        The expert, once for each training seed.
    positives
        The experiment's positives, of all splits.
    source
        What says where motifs are.
    settings
        Methods and numbers.
    labels
        ``experiment``, ``factor``, ``recipe`` and ``backbone``. Sequences are chosen by the
        experiment only, so that backbones are compared on the same ones.
    seed
        The run's seed.
    device
        Where to compute.

    Raises
    ------
    InputError
        If there are no positives.
    """
    if len(positives) == 0:
        raise InputError(f"{labels['experiment']}: there are no positives to attribute")
    drawn = derive_seed(seed, "study", labels["experiment"])
    name = f"{labels['backbone']} of {labels['recipe']} on {labels['experiment']}"
    passes = Passes(settings.batch_size, device, drawn, name, positives.flank)
    sites = source.label(positives.table, positives.windows, labels["factor"])
    sample = positives.select(choose(len(positives), settings.sequences, drawn, "sample"))
    found = np.flatnonzero(has_sites(sites.labels))
    found = found[choose(len(found), settings.sequences, drawn, "sites")]
    measured = _measure(networks, sample, settings.methods, passes, drawn)
    if len(found):
        scores = passes.score(networks, positives.codes[found], settings.methods)
        _localise(measured, scores, sites.labels[found], source.settings.top)
    tables = [
        quality_table(measured[kind], {**labels, "networks": kind}, settings.bootstrap, drawn)
        for kind in (SINGLE, MEAN)
    ]
    values = pd.concat(tables, ignore_index=True).assign(truth=sites.truth, note=sites.note)
    located = values["measure"].isin(["auprc", "hit_rate"])
    values["chance"] = np.where(located, prevalence(sites.labels[found]), np.nan)
    effects = effects_table(measured, labels, settings.bootstrap, drawn)
    return StudyTables(values, effects)


def _measure(
    networks: Sequence[nn.Module],
    sample: SequenceSet,
    methods: Sequence[str],
    passes: Passes,
    seed: int,
) -> dict[str, dict[str, dict[str, Values]]]:
    """Measure all but localisation."""
    scores = passes.score(networks, sample.codes, methods)
    shifted = passes.shift(networks, sample.codes, methods, seed)
    mean: dict[str, dict[str, Values]] = {}
    mean |= measure_quality(networks, sample, scores, shifted, passes, seed)
    averaged = {method: values.mean(axis=0) for method, values in scores.items()}
    mean |= _compare(averaged)
    single: dict[str, dict[str, Values]] = {SECONDS: mean.pop(SECONDS)}
    if STABILITY in mean:
        single[STABILITY] = mean.pop(STABILITY)
    each = [
        _compare({method: values[index] for method, values in scores.items()})
        | {"stability_shifts": shifted.stability(scores, [index])}
        for index in range(len(networks))
    ]
    single |= _average(each)
    return {SINGLE: single, MEAN: mean}


def _compare(scores: Mapping[str, Maps]) -> dict[str, dict[str, Values]]:
    """Compare the maps (N, L) of one model with its mutagenesis and its gradient."""
    reference, base = scores[REFERENCE], scores[BASELINE]
    return {
        "faithfulness": {
            method: faithfulness_of(values, reference)
            for method, values in scores.items()
            if method != REFERENCE
        },
        "likeness": {
            method: pearson(values, base) for method, values in scores.items() if method != BASELINE
        },
    }


def _localise(
    measured: dict[str, dict[str, dict[str, Values]]],
    scores: Mapping[str, Maps],
    labels: Labels,
    top: int,
) -> None:
    """Add localisation, from the scores (K, N, L) of the networks."""
    networks = range(len(next(iter(scores.values()))))
    measured[MEAN] |= _localised(
        {name: part.mean(axis=0) for name, part in scores.items()}, labels, top
    )
    each = [
        _localised({name: part[index] for name, part in scores.items()}, labels, top)
        for index in networks
    ]
    measured[SINGLE] |= _average(each)


def _localised(
    scores: Mapping[str, Maps], labels: Labels, top: int
) -> dict[str, dict[str, Values]]:
    found = {name: localise(np.abs(values), labels, top) for name, values in scores.items()}
    return {
        "auprc": {name: part.auprc for name, part in found.items()},
        "hit_rate": {name: part.hit_rate for name, part in found.items()},
    }


def _average(
    each: Sequence[Mapping[str, Mapping[str, Values]]],
) -> dict[str, dict[str, Values]]:
    """Return the mean over networks of values by measure and method."""
    return {
        measure: {
            method: np.mean([part[measure][method] for part in each], axis=0) for method in methods
        }
        for measure, methods in each[0].items()
    }


def effects_table(
    measured: Study, labels: Mapping[str, str], resamples: int, seed: int
) -> pd.DataFrame:
    """Return what one thing brings with all else equal, as `StudyTables.effects` has it."""
    rows = []
    for kind, measure, effect, method, without in _contrasts(measured):
        other = measured[SINGLE if effect == SEEDS else kind][measure][without]
        differences = measured[kind][measure][method] - other
        found = estimate(differences, resamples, seed, *labels.values(), measure)
        rows.append(
            {
                **labels,
                "effect": effect,
                "networks": kind,
                "measure": measure,
                "method": method,
                "without": without,
                "n_sequences": int((~np.isnan(differences)).sum()),
                **found.columns("difference"),
            }
        )
    return pd.DataFrame(rows)


def _contrasts(measured: Study) -> Iterator[tuple[str, str, str, str, str]]:
    """Give (networks, measure, effect, method, the method without it) of all effects."""
    for kind, by_measure in measured.items():
        for measure, by_method in by_measure.items():
            for effect, method, without in pairs_of_methods():
                if method in by_method and without in by_method:
                    yield kind, measure, effect, method, without
            # with one network there is nothing to average
            if kind == MEAN and measure in measured[SINGLE] and STABILITY in measured[SINGLE]:
                yield from ((MEAN, measure, SEEDS, method, method) for method in by_method)


def pairs_of_methods() -> Iterator[tuple[str, str, str]]:
    """Give (effect, method, the method without it) of all effects but that of seeds."""
    plain = [BASELINE, *(f"shiftsmooth_n{size}" for size in range(1, LARGEST_STUDIED + 1))]
    for variant in STUDY_VARIANTS:
        for name in plain[1:]:
            yield SMOOTHING, f"{name}{variant}", f"{BASELINE}{variant}"
    for name in plain:
        yield CORRECTION, f"{name}_corrected", name
        yield CORRECTION, f"{name}_both_strands_corrected", f"{name}_both_strands"
        yield STRANDS, f"{name}_both_strands", name
        yield STRANDS, f"{name}_both_strands_corrected", f"{name}_corrected"
