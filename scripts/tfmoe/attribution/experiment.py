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
from tfmoe.attribution.maps import AttributionMaps, Maps
from tfmoe.attribution.methods import attribute, attribute_all
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
    """Maps by the method's name, and the table of their faithfulness (one row a method)."""

    maps: dict[str, AttributionMaps]
    faithfulness: pd.DataFrame


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
    experiment = labels["experiment"]
    kept = choose(len(positives), settings.max_sequences, seed, "attribution", experiment)
    codes, flank = positives.codes[kept], positives.flank
    sample = choose(len(kept), settings.ism_sequences, seed, "faithfulness", experiment)
    totals: dict[str, Maps] = {}
    reference: Maps | None = None
    count = 0
    for count, model in enumerate(models, start=1):
        # the same references and noise for each network
        stream = derive_seed(seed, "attribution", experiment)
        arguments = (settings.batch_size, device, stream, f"{labels['model']} on {experiment}")
        found = attribute_all(model, codes, flank, settings.methods, *arguments)
        own = (
            found[REFERENCE][sample]
            if REFERENCE in found
            else attribute(model, codes[sample], flank, REFERENCE, *arguments)
        )
        totals = {name: totals.get(name, 0) + maps for name, maps in found.items()}
        reference = own if reference is None else reference + own
        done = (labels["model"], count, len(codes), experiment, ", ".join(found))
        logger.info("%s, network %d: %d sequences of %s by %s", *done)
    if reference is None:
        raise ValueError("no model was given")
    averaged = {name: maps / np.float32(count) for name, maps in totals.items()}
    _require_finite(averaged, labels)
    windows = positives.windows[kept]
    names = positives.table["name"].to_numpy()[kept].astype(np.str_)
    table = faithfulness_table(
        {name: maps[sample] for name, maps in averaged.items()},
        reference / np.float32(count),
        windows[sample],
        labels,
        settings.bootstrap,
        derive_seed(seed, "faithfulness"),
    )
    return ExperimentAttributions(
        {name: AttributionMaps(maps, windows, names) for name, maps in averaged.items()}, table
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
