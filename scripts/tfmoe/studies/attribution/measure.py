"""Measure the effects of ShiftSmooth, correction, strands and seeds on one experiment.

The measures are those of `tfmoe.attribution.measures`, and each has two versions: for the maps of
``single`` networks, each compared with the reference of the same network and then averaged over
networks, and for the ``mean`` map, which explains the mean logit of the networks. Insertion and
deletion exist for the mean only, stability over seeds and time for single networks only.
Localisation uses a separate sample of sequences, all of which have a site.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import torch
from torch import nn

from tfmoe.attribution.attribute import sample_rows
from tfmoe.attribution.estimates import Values
from tfmoe.attribution.faithfulness import faithfulness_of
from tfmoe.attribution.localisation import Labels, has_sites, localise, prevalence
from tfmoe.attribution.maps import Maps
from tfmoe.attribution.measures import SECONDS, STABILITY, estimate, quality_table
from tfmoe.attribution.method_names import BASELINE, REFERENCE
from tfmoe.attribution.quality import Attributor, measure_quality, time_methods
from tfmoe.attribution.sites import SiteSource
from tfmoe.attribution.stability import pearson
from tfmoe.core.errors import InputError
from tfmoe.core.seeds import derive_seed
from tfmoe.data.datasets import SequenceSet
from tfmoe.studies.attribution.methods import SEEDS, method_pairs
from tfmoe.studies.attribution.summary import MEAN, SINGLE

Study = Mapping[str, Mapping[str, Mapping[str, Values]]]
"""By `SINGLE` or `MEAN`, measure and method: one value per sequence, (N,)."""


@dataclass(frozen=True)
class StudySettings:
    """Methods, number of sequences, and keys of the config's section `attribution`."""

    methods: list[str]
    sequences: int
    batch_size: int
    bootstrap: int


@dataclass(frozen=True)
class StudyTables:
    """Measurements on one experiment, for the networks of one recipe and backbone.

    Attributes
    ----------
    table
        One row per method and measure, for single networks and for their mean: the columns of
        `tfmoe.attribution.measures.quality_table`, ``networks``, the origin of the sites
        (``truth``), the reason if there are no sites (``note``), and the expected value for a
        random map (``chance``).
    effects
        One row per effect, the paired difference between two methods that differ in one property:
        ``effect``, ``networks``, ``measure``, ``method``, ``without``, ``n_sequences``, the mean
        ``difference``, and its interval over sequences, ``difference_low`` and ``_high``.
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
    """Measure all methods on the positives of one experiment.

    Parameters
    ----------
    networks
        The expert, once per training seed.
    positives
        Positives of the experiment, all splits.
    source
        Source of motif sites.
    settings
        Methods and numbers.
    labels
        ``experiment``, ``factor``, ``recipe`` and ``backbone``. Sequences are sampled by experiment
        only, so that backbones are compared on the same sequences.
    seed
        Seed of the run.
    device
        Device for the computation.

    Raises
    ------
    InputError
        If there are no positives.
    """
    if len(positives) == 0:
        raise InputError(f"{labels['experiment']}: there are no positives to attribute")
    drawn = derive_seed(seed, "study", labels["experiment"])
    name = f"{labels['backbone']} of {labels['recipe']} on {labels['experiment']}"
    attributor = Attributor(settings.batch_size, device, drawn, name, positives.flank)
    sites = source.label(positives.table, positives.windows, labels["factor"])
    sample = positives.select(sample_rows(len(positives), settings.sequences, drawn, "sample"))
    found = np.flatnonzero(has_sites(sites.labels))
    found = found[sample_rows(len(found), settings.sequences, drawn, "sites")]
    measured = _measure(networks, sample, settings.methods, attributor, drawn)
    if len(found):
        scores = attributor.score(networks, positives.codes[found], settings.methods)
        _add_localisation(measured, scores, sites.labels[found], source.settings.top)
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
    attributor: Attributor,
    seed: int,
) -> dict[str, dict[str, dict[str, Values]]]:
    """Measure everything except localisation."""
    scores = attributor.score(networks, sample.codes, methods)
    shifted = attributor.shift(networks, sample.codes, methods, seed)
    mean: dict[str, dict[str, Values]] = {}
    mean |= measure_quality(networks, sample, scores, shifted, attributor, seed)
    averaged = {method: values.mean(axis=0) for method, values in scores.items()}
    mean |= _compare(averaged)
    timed = time_methods(networks[0], sample.codes, methods, attributor)
    single: dict[str, dict[str, Values]] = {SECONDS: timed}
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
    """Correlate the maps (N, L) of one model with its in-silico mutagenesis and its gradient."""
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


def _add_localisation(
    measured: dict[str, dict[str, dict[str, Values]]],
    scores: Mapping[str, Maps],
    labels: Labels,
    top: int,
) -> None:
    """Add localisation to `measured`, from the scores (K, N, L) of the networks."""
    networks = range(len(next(iter(scores.values()))))
    measured[MEAN] |= _localise_methods(
        {name: part.mean(axis=0) for name, part in scores.items()}, labels, top
    )
    each = [
        _localise_methods({name: part[index] for name, part in scores.items()}, labels, top)
        for index in networks
    ]
    measured[SINGLE] |= _average(each)


def _localise_methods(
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
    """Average the values of each measure and method over networks."""
    return {
        measure: {
            method: np.mean([part[measure][method] for part in each], axis=0) for method in methods
        }
        for measure, methods in each[0].items()
    }


def effects_table(
    measured: Study, labels: Mapping[str, str], resamples: int, seed: int
) -> pd.DataFrame:
    """Return the table of effects; see `StudyTables.effects`."""
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
    """Yield (networks, measure, effect, method, method without it) for all effects."""
    for kind, by_measure in measured.items():
        for measure, by_method in by_measure.items():
            for effect, method, without in method_pairs():
                if method in by_method and without in by_method:
                    yield kind, measure, effect, method, without
            # a single network has no effect of averaging
            if kind == MEAN and measure in measured[SINGLE] and STABILITY in measured[SINGLE]:
                yield from ((MEAN, measure, SEEDS, method, method) for method in by_method)
