"""Fit of a mixture: the head over frozen experts, optional fine-tuning, then calibration.

By default the head is fitted on the gate split, which the experts have not seen. The validation
split only determines when to stop and calibrates the logits.
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
    CachedOutputs,
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
        Checkpoint folder by network name, in the order of the gate's columns. The networks may be
        specialists or pooled networks, with different backbones; their checkpoints list their
        training factors.
    sequences
        Path of ``sequences/<x>.parquet`` by training experiment.
    training_peaks
        As for `tfmoe.models.training_data.drop_bound_negatives`.
    negatives
        Negatives of each kind per positive, as in the config's ``negatives.training``.
    settings
        Settings of the fit.
    run_seed, seed
        The run's seed, and the seed number of this mixture's experts.
    compute
        Device, threads, batch size.
    folder
        Output folder: ``model.safetensors``, ``config.json``, ``history.tsv`` and ``gate.parquet``
        (name, split, one column per expert). The epochs of fine-tuning follow those of the head.

    Raises
    ------
    TrainingError, InputError, ConfigError
        Naming the mixture and seed: a split lacks positives or negatives, the experts do not match,
        the gate has to keep more weights than there are experts, or the fit diverged.
    """
    label = f"mixture {settings.name}, seed {seed}"
    prepare_torch(compute.threads)
    device = resolve_device(compute.device)
    pool = load_pool(experts, settings.head, label)
    mixture = pool.mixture.to(device)
    cached = {}
    for key, splits in (
        ("fit_splits", settings.fit_splits),
        ("judge_splits", settings.judge_splits),
    ):
        part = read_examples(sequences, splits, negatives, training_peaks, run_seed)
        part = draw_examples(part, settings.most_examples, run_seed, splits)
        check_classes(part, key, splits, label)
        examples = make_examples(part, pool.configs, device)
        cached[key] = CachedOutputs(mixture, examples, compute.batch_size)
    fit, judged = cached["fit_splits"], cached["judge_splits"]
    rng = generator(run_seed, "mixture", settings.name, seed)
    history = fit_weights(mixture, fit, judged, settings, rng, label)
    if settings.calibrate:
        rng = generator(run_seed, "calibration", settings.name, seed)
        _calibrate(mixture, judged, settings, rng, label)
    config = _build_config(pool, experts, settings, seed, history.best)
    save_mixture(mixture, config, folder)
    write_tsv(history.table, Path(folder) / "history.tsv")
    gates = pd.concat([_gate_table(mixture, part) for part in (fit, judged)], ignore_index=True)
    write_parquet(gates, Path(folder) / "gate.parquet")


@dataclass(frozen=True)
class Pool:
    """Networks under a head that is not yet initialised, and the config of each network."""

    mixture: Mixture
    configs: dict[str, ExpertConfig]


def load_pool(experts: Mapping[str, Path], options: HeadOptions, label: str) -> Pool:
    """Load the networks to be mixed.

    Raises
    ------
    InputError
        If they differ in window length, embedding or averaging over strands.
    ConfigError
        If the options do not fit the number of networks.
    """
    loaded = {name: read_expert(folder) for name, folder in experts.items()}
    configs = {name: config for name, (_, config) in loaded.items()}
    shapes = {
        name: (config.window, config.embedding, config.averages_strands)
        for name, config in configs.items()
    }
    if len(set(shapes.values())) > 1:
        raise InputError(
            f"{label}: the experts differ in (window, embedding, averages strands): {shapes}; "
            "retrain them with one config"
        )
    networks = {name: expert for name, (expert, _) in loaded.items()}
    _, embedding, averages_strands = next(iter(shapes.values()))
    head = MixtureHead(len(networks), embedding, options)
    return Pool(Mixture(networks, head, averages_strands).eval(), configs)


def start_head(mixture: Mixture, fit: CachedOutputs) -> None:
    """Initialise a mixture's head as the mean of its experts' logits.

    A normalised embedding has lost its norm. It is replaced by the mean norm over the examples that
    the head will be fitted on (see `MixtureHead.start_from`).
    """
    heads = [expert.head for expert in mixture.experts if isinstance(expert, Expert)]
    norms = torch.cat([part.embeddings.norm(dim=2) for part in fit]).mean(0)
    weights = torch.cat([head.weight for head in heads])
    mixture.head.start_from(weights, torch.cat([head.bias for head in heads]), norms)


def fit_weights(
    mixture: Mixture,
    fit: CachedOutputs,
    judged: CachedOutputs,
    settings: MixtureSettings,
    rng: np.random.Generator,
    label: str,
) -> History:
    """Initialise and fit a mixture's head, then fine-tune all weights if requested.

    Parameters
    ----------
    mixture
        Left with the weights of the best epoch, uncalibrated, in evaluation mode.
    fit, judged
        Expert outputs of the examples to fit on and of those to validate on.
    settings
        Settings of the fit.
    rng
        Source of all random draws.
    label
        Name of the mixture, for messages.
    """

    def judge() -> Judgement:
        return judge_mixture(mixture, judged, settings.leave_own_out)

    start_head(mixture, fit)
    history = History()
    history.add(math.nan, judge(), settings.learning_rate)
    loss = MixtureLoss(mixture.head, settings)
    fit_head(mixture, fit, loss, history, judge, settings, rng, label)
    if settings.fine_tune.epochs > 0:
        fit.stop_caching()
        judged.stop_caching()
        fine_tune(mixture, fit.examples, loss, history, judge, settings, rng, label)
    logger.info(
        "%s: validation AUROC %.4f in epoch %d of %d (mean of the experts %.4f)",
        label,
        history.rows[history.best]["validation_auroc"],
        history.best,
        len(history.rows) - 1,
        history.rows[0]["validation_auroc"],
    )
    return history


def _calibrate(
    mixture: Mixture,
    judged: CachedOutputs,
    settings: MixtureSettings,
    rng: np.random.Generator,
    label: str,
) -> None:
    """Calibrate on all validation examples, or on the strongest positives among them."""
    logits, sequences = mixture_logits(mixture, judged), judged.examples.sequences
    labels = sequences.labels
    if settings.calibration_strongest is not None:
        rows = strongest_rows(sequences, settings.calibration_strongest, rng, label)
        logits, labels = logits[rows], labels[rows]
    calibrate_head(mixture.head, logits, labels, label)


def _gate_table(mixture: Mixture, cached: CachedOutputs) -> pd.DataFrame:
    with torch.no_grad():
        parts = [mixture.reduce(mixture.head.weigh(outputs)).cpu().numpy() for outputs in cached]
    table = pd.DataFrame(np.concatenate(parts), columns=list(mixture.expert_names))
    described = cached.examples.sequences.table
    table.insert(0, "name", described["name"].to_numpy())
    table.insert(1, "split", described["split"].to_numpy())
    return table


def _build_config(
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
