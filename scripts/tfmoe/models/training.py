"""Training of one network: an expert, a pooled network or the background network."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path

import torch
from torch import nn

from tfmoe.core.files import Pathlike, write_tsv
from tfmoe.core.seeds import derive_seed, generator
from tfmoe.core.vocabulary import BACKGROUND
from tfmoe.models.background_network import NEGATIVES as ONLY_SHUFFLES
from tfmoe.models.checkpoints import ExpertConfig, build_expert, save_expert, versions
from tfmoe.models.device import Compute, prepare_torch, resolve_device
from tfmoe.models.expert import Expert
from tfmoe.models.registry import check_backbone
from tfmoe.models.training_data import Member, read_training_data
from tfmoe.models.training_loop import fit_network
from tfmoe.models.training_settings import TrainingSettings
from tfmoe.models.training_state import TrainingState, digest


def train_expert(
    name: str,
    members: list[Member],
    training_peaks: Path | None,
    negatives: Mapping[str, float],
    settings: TrainingSettings,
    run_seed: int,
    seed: int,
    compute: Compute,
    folder: Pathlike,
    state_folder: Pathlike | None = None,
    code: str = "",
    on_epoch: Callable[[float], None] = lambda _: None,
) -> None:
    """Train one network and write its checkpoint and history.

    If an earlier training with the same settings, data and code was killed, this one resumes after
    the last saved epoch. It ends with the same weights as an uninterrupted training.

    Parameters
    ----------
    name
        The expert's name, ``pooled`` or ``background_vs_shuffle``.
    members
        The expert itself, or all experts for the pooled network, which sees in each epoch the
        examples that all experts see in theirs. For ``background_vs_shuffle``, one member with all
        training experiments, of which only the genomic negatives are used.
    training_peaks
        The peaks of all training experiments (BED), or without coordinates the 31-mers of their
        positives (.npz). Negatives that overlap one are dropped. Needed for the pooled network,
        whose label means "bound by the factor of its own set", and for ``background_vs_shuffle``.
        For an expert it is `None`: its label concerns its own factor only, and peaks of other
        factors must not change it.
    negatives
        Negatives of each kind per positive, as in the config's ``negatives.training``;
        ``background_vs_shuffle`` has one shuffle per window instead.
    settings
        Settings of the training.
    run_seed, seed
        The run's seed, and the seed number of this network.
    compute
        Device and threads.
    folder
        Output folder for ``model.safetensors``, ``config.json`` and ``history.tsv``.
    state_folder
        Folder that stores the training state while it runs, removed at the end. With `None` no
        state is stored.
    code
        Fingerprint of the code; a state written by other code is not resumed.
    on_epoch
        Called with the validation AUROC of each epoch. An exception that it raises ends the
        training.

    Raises
    ------
    TrainingError, InputError, ConfigError
        Naming the network and seed: the data cannot be used, the training diverged, the backbone
        does not exist, or the requested GPU is missing.
    """
    label = _label(name, members, seed)
    check_backbone(settings.backbone)
    prepare_torch(compute.threads)
    device = resolve_device(compute.device)
    if name == BACKGROUND:
        negatives = ONLY_SHUFFLES
    data = read_training_data(name, members, training_peaks, negatives, settings, run_seed, label)
    config = _build_config(name, members, settings, seed, data.validation.codes.shape[1])
    expert = _initial_expert(config, settings, derive_seed(run_seed, "weights", name, seed))
    fingerprint = {
        "settings": digest(json.dumps([asdict(config), dict(negatives), run_seed]).encode()),
        "data": data.digest(),
        "code": code,
        "device or threads": f"{device}, {compute.threads}",
    }
    state = TrainingState(state_folder, fingerprint, label)
    fit = fit_network(
        expert,
        data.samplers,
        data.validation,
        settings.optimiser,
        settings.average_strands,
        generator(run_seed, "examples", name, seed),
        device,
        label,
        state,
        on_epoch,
    )
    config.training["best_epoch"] = fit.best_epoch
    save_expert(expert, config, folder)
    write_tsv(fit.history, Path(folder) / "history.tsv")
    state.remove()


def _initial_expert(config: ExpertConfig, settings: TrainingSettings, seed: int) -> Expert:
    """Seed torch, and build an expert with its initial weights."""
    torch.manual_seed(seed)
    expert = build_expert(config)
    start_filters(expert.backbone, settings.weight_std)
    return expert


@torch.no_grad()
def start_filters(backbone: nn.Module, std: float | None) -> None:
    """Initialise a backbone's filters and matrices from a normal distribution, its biases with 0.

    The paper's networks start this way, with a standard deviation found by its search. The biases
    have to start at 0: next to such small filters, any other bias would decide alone whether a ReLU
    is ever active. With `None` torch's initialisation is kept.
    """
    if std is None:
        return
    for module in backbone.modules():
        if isinstance(module, nn.Conv1d | nn.Linear):
            module.weight.normal_(0, std)
            if module.bias is not None:
                module.bias.zero_()


def _label(name: str, members: list[Member], seed: int) -> str:
    """Return a network's name for messages, with its factor unless that is the name."""
    factors = sorted({factor for member in members for factor in member.factors})
    of = f" ({', '.join(factors)})" if len(members) == 1 and factors != [name] else ""
    return f"expert {name}{of}, seed {seed}"


def _build_config(
    name: str, members: list[Member], settings: TrainingSettings, seed: int, window: int
) -> ExpertConfig:
    section = {key: value for key, value in settings.section().items() if key != "backbones"}
    return ExpertConfig(
        name=name,
        experiments=[experiment for member in members for experiment in member.sequences],
        factors=sorted({factor for member in members for factor in member.factors}),
        seed=seed,
        recipe=settings.recipe,
        backbone=settings.backbone,
        hyperparameters=settings.backbones.get(settings.backbone, {}),
        embedding=settings.embedding,
        dropout=settings.dropout,
        window=window,
        averages_strands=settings.average_strands,
        training=section,
        versions=versions(),
    )
