"""Fitting of a mixture: its head over frozen experts, then all of it on request, then calibration.

By default the head is fitted on the gate split, which the experts have not seen, and the validation
split only says when to stop and what the logits are worth.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import torch

from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike, write_parquet, write_tsv
from tfmoe.core.seeds import generator
from tfmoe.models.calibration import calibrate_head, strongest_rows
from tfmoe.models.checkpoints import (
    ExpertConfig,
    MixtureConfig,
    read_expert,
    save_mixture,
    versions,
    weights_hash,
)
from tfmoe.models.device import Compute, prepare_torch, resolve_device
from tfmoe.models.expert import Expert
from tfmoe.models.fine_tuning import fine_tune
from tfmoe.models.head_fitting import (
    History,
    Judgement,
    MixtureLoss,
    fit_head,
    judge_mixture,
    mixture_logits,
)
from tfmoe.models.mixture_data import (
    Readings,
    check_classes,
    draw_examples,
    make_examples,
    read_examples,
)
from tfmoe.models.mixture_settings import MixtureSettings
from tfmoe.models.moe import HeadOptions, Mixture, MixtureHead

logger = logging.getLogger(__name__)


def fit_mixture(
    experts: Mapping[str, Path],
    sequences: Mapping[str, Path],
    training_peaks: Path,
    negatives: Mapping[str, float],
    settings: MixtureSettings,
    run_seed: int,
    seed: int,
    compute: Compute,
    folder: Pathlike,
) -> None:
    """Fit a mixture and write its checkpoint, its history and its gate weights.

    Parameters
    ----------
    experts
        Checkpoint folder by name of the network, in the order of the gate's columns. The networks
        may have different backbones, and be specialists or pooled networks; what each was trained
        on stands in its checkpoint.
    sequences
        Path of ``sequences/<x>.parquet`` by training experiment.
    training_peaks
        As in `tfmoe.models.training.drop_bound_negatives`.
    negatives
        Negatives of each kind a positive, as the config's ``negatives.training``: its kinds are
        used.
    settings
        How to fit.
    run_seed, seed
        The run's seed, and the number of this mixture's experts among those of their name.
    compute
        Device, threads, batch size.
    folder
        Where ``model.safetensors``, ``config.json``, ``history.tsv`` and ``gate.parquet`` (name,
        split, one column an expert) are written. The epochs of fine-tuning follow those of the
        head's fit.

    Raises
    ------
    TrainingError, InputError, ConfigError
        Naming the mixture and seed: splits without positives or negatives, experts that do not
        match, more weights to keep than experts, divergence.
    """
    place = f"mixture {settings.name}, seed {seed}"
    prepare_torch(compute.threads)
    device = resolve_device(compute.device)
    pool = read_pool(experts, settings.head, place)
    mixture = pool.mixture.to(device)
    read = {}
    for key, splits in (
        ("fit_splits", settings.fit_splits),
        ("judge_splits", settings.judge_splits),
    ):
        part = read_examples(sequences, splits, negatives, training_peaks, run_seed)
        part = draw_examples(part, settings.most_examples, run_seed, splits)
        check_classes(part, key, splits, place)
        examples = make_examples(part, pool.configs, device)
        read[key] = Readings(mixture, examples, compute.batch_size)
    fit, judged = read["fit_splits"], read["judge_splits"]
    rng = generator(run_seed, "mixture", settings.name, seed)
    history = fit_weights(mixture, fit, judged, settings, rng, place)
    if settings.calibrate:
        rng = generator(run_seed, "calibration", settings.name, seed)
        _calibrate(mixture, judged, settings, rng, place)
    config = _config(pool, experts, settings, seed, history.best)
    save_mixture(mixture, config, folder)
    write_tsv(history.table, Path(folder) / "history.tsv")
    gates = pd.concat([_gate_table(mixture, part) for part in (fit, judged)], ignore_index=True)
    write_parquet(gates, Path(folder) / "gate.parquet")


@dataclass(frozen=True)
class Pool:
    """Networks under a head that is not started yet, and what each of them was trained on."""

    mixture: Mixture
    configs: dict[str, ExpertConfig]


def read_pool(experts: Mapping[str, Path], options: HeadOptions, place: str) -> Pool:
    """Load the networks that are to be mixed.

    Raises
    ------
    InputError
        If they differ in window length, embedding or averaging over strands.
    ConfigError
        If the options do not fit their number.
    """
    loaded = {name: read_expert(folder) for name, folder in experts.items()}
    configs = {name: config for name, (_, config) in loaded.items()}
    shapes = {
        name: (config.window, config.embedding, config.averages_strands)
        for name, config in configs.items()
    }
    if len(set(shapes.values())) > 1:
        raise InputError(
            f"{place}: the experts differ in (window, embedding, averages strands): {shapes}; "
            "train them anew with one config"
        )
    networks = {name: expert for name, (expert, _) in loaded.items()}
    _, embedding, averages_strands = next(iter(shapes.values()))
    head = MixtureHead(len(networks), embedding, options)
    return Pool(Mixture(networks, head, averages_strands).eval(), configs)


def start_head(mixture: Mixture, fit: Readings) -> None:
    """Start a mixture's head as the mean of its experts' logits.

    A normalised embedding takes the mean norm over what the head is to be fitted on for the norm
    that it has lost (see `MixtureHead.start_from`).
    """
    heads = [expert.head for expert in mixture.experts if isinstance(expert, Expert)]
    norms = torch.cat([part.embeddings.norm(dim=2) for part in fit]).mean(0)
    weights = torch.cat([head.weight for head in heads])
    mixture.head.start_from(weights, torch.cat([head.bias for head in heads]), norms)


def fit_weights(
    mixture: Mixture,
    fit: Readings,
    judged: Readings,
    settings: MixtureSettings,
    rng: np.random.Generator,
    place: str,
) -> History:
    """Start and fit a mixture's head, then fine-tune all of it if that is asked for.

    Parameters
    ----------
    mixture
        It is left with the weights of the best epoch, not calibrated, in evaluation mode.
    fit, judged
        What to fit on, and what to judge by.
    settings
        How to fit.
    rng
        For all that is drawn.
    place
        The mixture, for messages.
    """

    def judge() -> Judgement:
        return judge_mixture(mixture, judged, settings.leave_own_out)

    start_head(mixture, fit)
    history = History()
    history.add(math.nan, judge(), settings.learning_rate)
    loss = MixtureLoss(mixture.head, settings)
    fit_head(mixture, fit, loss, history, judge, settings, rng, place)
    if settings.fine_tune.epochs > 0:
        fit.forget()
        judged.forget()
        fine_tune(mixture, fit.examples, loss, history, judge, settings, rng, place)
    logger.info(
        "%s: validation AUROC %.4f in epoch %d of %d (mean of the experts %.4f)",
        place,
        history.rows[history.best]["validation_auroc"],
        history.best,
        len(history.rows) - 1,
        history.rows[0]["validation_auroc"],
    )
    return history


def _calibrate(
    mixture: Mixture,
    judged: Readings,
    settings: MixtureSettings,
    rng: np.random.Generator,
    place: str,
) -> None:
    """Calibrate on all that the mixture was judged by, or on its strongest positives."""
    logits, sequences = mixture_logits(mixture, judged), judged.examples.sequences
    labels = sequences.labels
    if settings.calibration_strongest is not None:
        rows = strongest_rows(sequences, settings.calibration_strongest, rng, place)
        logits, labels = logits[rows], labels[rows]
    calibrate_head(mixture.head, logits, labels, place)


def _gate_table(mixture: Mixture, read: Readings) -> pd.DataFrame:
    with torch.no_grad():
        parts = [mixture.reduce(mixture.head.weigh(outputs)).cpu().numpy() for outputs in read]
    table = pd.DataFrame(np.concatenate(parts), columns=list(mixture.expert_names))
    described = read.examples.sequences.table
    table.insert(0, "name", described["name"].to_numpy())
    table.insert(1, "split", described["split"].to_numpy())
    return table


def _config(
    pool: Pool, experts: Mapping[str, Path], settings: MixtureSettings, seed: int, best_epoch: int
) -> MixtureConfig:
    return MixtureConfig(
        name=settings.name,
        seed=seed,
        experts={name: weights_hash(folder) for name, folder in experts.items()},
        expert_names=list(pool.mixture.expert_names),
        embedding=next(iter(pool.configs.values())).embedding,
        averages_strands=pool.mixture.averages_strands,
        head=asdict(settings.head),
        fine_tuned=pool.mixture.fine_tuned,
        fit={**settings.without_head(), "best_epoch": best_epoch},
        versions=versions(),
    )
