"""Attribute one model on one experiment by all methods, averaged over training seeds."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from tfmoe.attribution.faithfulness import faithfulness_table
from tfmoe.attribution.maps import AttributionMaps, Maps, at_observed_base
from tfmoe.attribution.measures import quality_table
from tfmoe.attribution.method_names import REFERENCE
from tfmoe.attribution.quality import Attributor, measure_quality
from tfmoe.core.errors import InputError, TrainingError
from tfmoe.core.files import Pathlike
from tfmoe.core.seeds import derive_seed, generator
from tfmoe.data.datasets import SequenceSet
from tfmoe.models.checkpoints import load_expert, load_mixture

if TYPE_CHECKING:
    import pandas as pd

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class AttributionSettings:
    """Section `attribution` of the config; the schema describes each key."""

    methods: list[str]
    batch_size: int
    max_sequences: int | None
    ism_sequences: int
    bootstrap: int


@dataclass(frozen=True)
class ExperimentAttributions:
    """Maps of one model on one experiment, and their quality.

    Attributes
    ----------
    maps
        Maps by method.
    faithfulness
        One row per method, see `tfmoe.attribution.faithfulness`, with ``completeness_error``: the
        deviation of the summed contributions from the differences of the logits, relative to these,
        in the worst network; empty for methods without references.
    quality
        One row per method and measure, see `tfmoe.attribution.measures`.
    """

    maps: dict[str, AttributionMaps]
    faithfulness: pd.DataFrame
    quality: pd.DataFrame


@dataclass(frozen=True, eq=False)
class _NetworkMaps:
    """Maps of K networks on N sequences.

    Attributes
    ----------
    mean
        By method, the mean over networks, float32 (N, 4, L).
    reference
        Mean in-silico mutagenesis of the sample of M sequences, float32 (M, 4, L).
    scores
        By method, the maps of each network at the observed bases of the sample, float32 (K, M, L).
    errors
        By method, the largest error of completeness of any network, see
        `tfmoe.attribution.methods.Attributions`; NaN without references.
    """

    mean: dict[str, Maps]
    reference: Maps
    scores: dict[str, Maps]
    errors: dict[str, float]


def load_models(
    weights: Sequence[Pathlike], networks: Sequence[Pathlike], members: Sequence[str]
) -> Iterator[nn.Module]:
    """Load one model for each training seed in turn.

    Parameters
    ----------
    weights
        Weights of the model for each seed, ``.../model.safetensors``.
    networks, members
        For a mixture: weights of the networks of its pool, by seed and member, and the names of the
        members. Both are empty for a single network.
    """
    remaining = iter(networks)
    for folder in (Path(path).parent for path in weights):
        if members:
            yield load_mixture(folder, {member: Path(next(remaining)).parent for member in members})
        else:
            yield load_expert(folder)


def attribute_experiment(
    models: Iterable[nn.Module],
    positives: SequenceSet,
    settings: AttributionSettings,
    labels: Mapping[str, str],
    seed: int,
    device: torch.device,
) -> ExperimentAttributions:
    """Attribute one model on the positives of one experiment by all configured methods.

    The map of a model is the mean of the maps of its training seeds. It equals the map of the mean
    logit, because the methods are linear in the logit. (DeepLIFT is linear for networks in
    parallel; a gate is fixed per seed.) In-silico mutagenesis, the reference for faithfulness, is
    averaged in the same way.

    Parameters
    ----------
    models
        The model, once per training seed.
    positives
        Positives of the experiment, all splits.
    settings
        Section `attribution` of the config.
    labels
        Constant columns of the tables, including ``experiment`` and ``model``. Sequences are
        sampled by experiment only, so that its models are compared on the same sequences.
    seed
        Seed of the run.
    device
        Device for the computation.

    Raises
    ------
    InputError
        If there are no positives.
    TrainingError
        If a map is not finite.
    """
    experiment = labels["experiment"]
    if len(positives) == 0:
        raise InputError(
            f"{experiment}: there are no positives to attribute; regions/summary.tsv lists the "
            "filters that dropped its peaks"
        )
    networks = list(models)
    if not networks:
        raise ValueError("expected at least one model, found 0")
    kept = positives.select(
        sample_rows(len(positives), settings.max_sequences, seed, "attribution", experiment)
    )
    rows = sample_rows(len(kept), settings.ism_sequences, seed, "faithfulness", experiment)
    sample = kept.select(rows)
    attributor = Attributor(
        settings.batch_size,
        device,
        derive_seed(seed, "attribution", experiment),
        f"{labels['model']} on {experiment}",
        kept.flank,
    )
    found = _attribute_networks(networks, kept, rows, settings.methods, attributor)
    _require_finite(found.mean, labels)
    faithfulness = faithfulness_table(
        {name: maps[rows] for name, maps in found.mean.items()},
        found.reference,
        sample.windows,
        labels,
        settings.bootstrap,
        derive_seed(seed, "faithfulness"),
    )
    # with mutagenesis alone, the table has no rows
    errors = [found.errors[method] for method in faithfulness.get("method", ())]
    faithfulness = faithfulness.assign(completeness_error=errors)
    quality_seed = derive_seed(seed, "quality", experiment)
    shifted = attributor.shift(networks, sample.codes, settings.methods, quality_seed)
    measured = measure_quality(networks, sample, found.scores, shifted, attributor, quality_seed)
    quality = quality_table(measured, labels, settings.bootstrap, derive_seed(seed, "quality"))
    names = kept.table["name"].to_numpy().astype(np.str_)
    return ExperimentAttributions(
        {name: AttributionMaps(maps, kept.windows, names) for name, maps in found.mean.items()},
        faithfulness,
        quality,
    )


def sample_rows(total: int, most: int | None, seed: int, *purpose: str) -> NDArray[np.int64]:
    """Sample at most `most` of `total` rows, in ascending order; None selects all rows."""
    if most is None or total <= most:
        return np.arange(total)
    return np.sort(generator(seed, *purpose).choice(total, size=most, replace=False))


def _attribute_networks(
    networks: Sequence[nn.Module],
    sequences: SequenceSet,
    rows: NDArray[np.int64],
    methods: Sequence[str],
    attributor: Attributor,
) -> _NetworkMaps:
    """Attribute each network on all sequences, and compute mutagenesis for a sample of `rows`."""
    sample = sequences.select(rows)
    totals: dict[str, Maps] = {}
    scores: dict[str, list[Maps]] = {method: [] for method in methods}
    references: list[Maps] = []
    errors: dict[str, float] = {}
    for count, network in enumerate(networks, start=1):
        checked = attributor.attribute_and_check(network, sequences.codes, methods)
        found = checked.maps
        errors = {
            name: max(error, errors.get(name, error)) for name, error in checked.errors.items()
        }
        sampled = {name: maps[rows] for name, maps in found.items()}
        if REFERENCE not in sampled:
            sampled |= attributor.attribute(network, sample.codes, [REFERENCE])
        references.append(sampled[REFERENCE])
        for method, values in scores.items():
            values.append(at_observed_base(sampled[method], sample.windows))
        totals = {name: totals.get(name, 0) + maps for name, maps in found.items()}
        progress = (attributor.name, count, len(networks), len(sequences), ", ".join(found))
        logger.info("%s: network %d of %d attributed on %d sequences by %s", *progress)
    return _NetworkMaps(
        {name: maps / np.float32(len(networks)) for name, maps in totals.items()},
        np.mean(references, axis=0),
        {method: np.stack(values) for method, values in scores.items()},
        errors,
    )


def _require_finite(maps: Mapping[str, Maps], labels: Mapping[str, str]) -> None:
    for name, values in maps.items():
        if not np.isfinite(values).all():
            raise TrainingError(
                f"{labels['model']} on {labels['experiment']}: {name} is not finite, so the "
                "network's weights are not finite; train it again with a lower learning rate"
            )
