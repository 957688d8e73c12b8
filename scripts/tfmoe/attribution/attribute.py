"""All maps of one model on one experiment, averaged over training seeds."""

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
from tfmoe.attribution.quality import Passes, measure_quality
from tfmoe.core.errors import InputError, TrainingError
from tfmoe.core.files import Pathlike
from tfmoe.core.seeds import derive_seed, generator
from tfmoe.data.datasets import SequenceSet
from tfmoe.models.checkpoints import load_expert, load_mixture

if TYPE_CHECKING:
    import pandas as pd

logger = logging.getLogger(__name__)

REFERENCE = "ism"


@dataclass(frozen=True)
class AttributionSettings:
    """What the config's section `attribution` says about maps; the schema describes each key."""

    methods: list[str]
    batch_size: int
    max_sequences: int | None
    ism_sequences: int
    bootstrap: int


@dataclass(frozen=True)
class ExperimentAttributions:
    """Maps by the method's name, and what is measured on them.

    Attributes
    ----------
    maps
        By the method's name.
    faithfulness
        One row a method, as in `tfmoe.attribution.faithfulness`.
    quality
        One row a method and measure, as in `tfmoe.attribution.measures`.
    """

    maps: dict[str, AttributionMaps]
    faithfulness: pd.DataFrame
    quality: pd.DataFrame


def load_models(
    weights: Sequence[Pathlike], networks: Sequence[Pathlike], members: Sequence[str]
) -> Iterator[nn.Module]:
    """Load one model's training seeds, one after the other.

    Parameters
    ----------
    weights
        The model's weights for each seed, ``.../model.safetensors``.
    networks, members
        For a mixture, the weights of the networks of its pool, by seed and member, and the names of
        the members; both empty for a single network.
    """
    left = iter(networks)
    for folder in (Path(path).parent for path in weights):
        if members:
            yield load_mixture(folder, {member: Path(next(left)).parent for member in members})
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
    """Attribute one model on one experiment's positives by all configured methods.

    The map of a model is the mean of the maps of its training seeds: that of the mean of their
    logits, as the methods are linear in the logit (DeepLIFT is, where the networks stand side by
    side; a gate is each seed's own). In-silico mutagenesis, the reference of
    faithfulness, is averaged in the same way.

    Parameters
    ----------
    models
        The model, once for each training seed.
    positives
        The experiment's positives, of all splits.
    settings
        The config's section.
    labels
        ``experiment`` and ``model``, and what else the table shall have in each row. Sequences are
        chosen by the experiment only, so that its models are compared on the same ones.
    seed
        The run's seed.
    device
        Where to compute.

    Raises
    ------
    InputError
        If there are no positives.
    TrainingError
        If a map is not finite.
    """
    if len(positives) == 0:
        raise InputError(
            f"{labels['experiment']}: there are no positives to attribute; look at "
            "regions/summary.tsv for the filters that dropped its peaks"
        )
    networks = list(models)
    if not networks:
        raise ValueError("no model was given")
    experiment = labels["experiment"]
    kept = positives.select(
        choose(len(positives), settings.max_sequences, seed, "attribution", experiment)
    )
    rows = choose(len(kept), settings.ism_sequences, seed, "faithfulness", experiment)
    sample = kept.select(rows)
    # the same references and noise for each network
    stream = derive_seed(seed, "attribution", experiment)
    passes = Passes(
        settings.batch_size, device, stream, f"{labels['model']} on {experiment}", kept.flank
    )
    totals: dict[str, Maps] = {}
    single: dict[str, list[Maps]] = {method: [] for method in settings.methods}
    references: list[Maps] = []
    for count, network in enumerate(networks, start=1):
        found = passes.attribute(network, kept.codes, settings.methods)
        own = {name: maps[rows] for name, maps in found.items()}
        if REFERENCE not in own:
            own |= passes.attribute(network, sample.codes, [REFERENCE])
        references.append(own[REFERENCE])
        for method, values in single.items():
            values.append(at_observed_base(own[method], sample.windows))
        totals = {name: totals.get(name, 0) + maps for name, maps in found.items()}
        done = (labels["model"], count, len(kept), experiment, ", ".join(found))
        logger.info("%s, network %d: %d sequences of %s by %s", *done)
    averaged = {name: maps / np.float32(len(networks)) for name, maps in totals.items()}
    _require_finite(averaged, labels)
    faithfulness = faithfulness_table(
        {name: maps[rows] for name, maps in averaged.items()},
        np.mean(references, axis=0),
        sample.windows,
        labels,
        settings.bootstrap,
        derive_seed(seed, "faithfulness"),
    )
    scores = {method: np.stack(values) for method, values in single.items()}
    drawn = derive_seed(seed, "quality", experiment)
    shifted = passes.shift(networks, sample.codes, settings.methods, drawn)
    measured = measure_quality(networks, sample, scores, shifted, passes, drawn)
    quality = quality_table(measured, labels, settings.bootstrap, derive_seed(seed, "quality"))
    names = kept.table["name"].to_numpy().astype(np.str_)
    return ExperimentAttributions(
        {name: AttributionMaps(maps, kept.windows, names) for name, maps in averaged.items()},
        faithfulness,
        quality,
    )


def choose(total: int, most: int | None, seed: int, *purpose: str) -> NDArray[np.int64]:
    """Choose at most `most` of `total` rows at random, in their own order; None chooses all."""
    if most is None or total <= most:
        return np.arange(total)
    return np.sort(generator(seed, *purpose).choice(total, size=most, replace=False))


def _require_finite(maps: Mapping[str, Maps], labels: Mapping[str, str]) -> None:
    for name, values in maps.items():
        if not np.isfinite(values).all():
            raise TrainingError(
                f"{labels['model']} on {labels['experiment']}: {name} is not finite, so the "
                "network's weights are not; lower its learning rate and train it again"
            )
