"""Training of an expert, or of the pooled network, from the stored sequences."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from tfmoe.core.errors import ConfigError, InputError, TrainingError
from tfmoe.core.files import Pathlike, write_tsv
from tfmoe.core.seeds import derive_seed, generator
from tfmoe.core.vocabulary import OWN_RECIPE
from tfmoe.data.datasets import SequenceSet, concatenate, read_sequences
from tfmoe.data.training_overlap import overlaps_training
from tfmoe.models.augmentation import EpochSampler, EpochSettings, Examples
from tfmoe.models.background_network import BACKGROUND, SOURCE, background_sequences
from tfmoe.models.background_network import NEGATIVES as SHUFFLES_ALONE
from tfmoe.models.checkpoints import ExpertConfig, build_expert, save_expert, versions
from tfmoe.models.device import Compute, prepare_torch, resolve_device
from tfmoe.models.optimiser import OptimiserSettings
from tfmoe.models.registry import check_backbone
from tfmoe.models.robust import RobustSettings
from tfmoe.models.training_loop import fit_network
from tfmoe.models.training_state import TrainingState, digest

SHUFFLE = "dinucleotide"


@dataclass(frozen=True)
class TrainingSettings:
    """The config's section ``training``, but for what says how many experts and seeds there are.

    Attributes
    ----------
    recipe, backbone
        Names; the recipe is part of the path only.
    backbones
        Hyper-parameters by backbone.
    embedding, dropout
        As in `tfmoe.models.expert.Expert`.
    weight_std
        Standard deviation of the normal distribution that the backbone's filters start from, with
        biases of 0; `None` starts them as torch does.
    optimiser
        The settings of the optimiser, which the section holds beside the others.
    fit_splits, judge_splits
        The splits that are trained on, and those that each epoch is judged by; none is both.
    positives_per_epoch, shuffle, max_shift, reverse_complement
        As in `tfmoe.models.augmentation.EpochSettings`.
    average_strands
        Whether logits are averaged over both strands, in validation and in use.
    minimum_positives
        Fewer positives to train on are an error.
    """

    backbone: str
    backbones: dict[str, dict[str, Any]]
    embedding: int
    dropout: float
    weight_std: float | None
    optimiser: OptimiserSettings
    fit_splits: list[str]
    judge_splits: list[str]
    positives_per_epoch: int
    shuffle: str
    max_shift: int
    reverse_complement: bool
    average_strands: bool
    minimum_positives: int
    recipe: str = OWN_RECIPE

    @classmethod
    def from_section(cls, section: Mapping[str, Any]) -> TrainingSettings:
        """Take the settings from the config's section, without ``seeds`` and ``expert_per``.

        Raises
        ------
        ConfigError
            If a batch is to be shown more often than there are epochs.
        """
        names = [field.name for field in fields(OptimiserSettings)]
        values = {name: section[name] for name in names}
        values["robust"] = RobustSettings(**section["robust"])
        optimiser = OptimiserSettings(**values)
        if optimiser.robust.shows > optimiser.epochs:
            raise ConfigError(
                f"training.robust.replays: found {optimiser.robust.replays}, expected at most "
                f"training.epochs = {optimiser.epochs}, which are divided by it"
            )
        others = {key: value for key, value in section.items() if key not in names}
        return cls(**{**others, "optimiser": optimiser})

    def section(self) -> dict[str, Any]:
        """Return the section that `from_section` takes."""
        section = asdict(self)
        optimiser: dict[str, Any] = section.pop("optimiser")
        return section | optimiser


@dataclass(frozen=True)
class Member:
    """One expert's share of what a network is trained on: for an expert, its own and nothing else.

    Attributes
    ----------
    name
        The expert's name.
    factors
        The factors of its experiments.
    sequences
        Path of ``sequences/<x>.parquet`` by experiment.
    """

    name: str
    factors: list[str]
    sequences: dict[str, Path]


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

    If a training with the same settings, data and code was killed, this one goes on from the last
    epoch that was kept, and ends with the same weights as one that was never interrupted.

    Parameters
    ----------
    name
        The expert's name, ``pooled`` or ``background_vs_shuffle``.
    members
        One for an expert, all experts' for the pooled network. The pooled network sees in each
        epoch what all experts see in theirs. ``background_vs_shuffle`` has one with all training
        experiments, of which it sees genomic negatives alone.
    training_peaks
        The peaks of all training experiments (BED), or the 31-mers of their positives where there
        are no coordinates (.npz): negatives that overlap one are dropped. Given for the pooled
        network, whose label says "bound by the factor of its own set", and for
        ``background_vs_shuffle``; an expert's label is about its own factor, so it is `None` there,
        and no other factor's peaks can change the expert.
    negatives
        Negatives of each kind a positive, as the config's ``negatives.training``;
        ``background_vs_shuffle`` has one shuffle a window instead.
    settings
        The recipe.
    run_seed, seed
        The run's seed, and the number of this network among those of its name.
    compute
        Device and threads.
    folder
        Where ``model.safetensors``, ``config.json`` and ``history.tsv`` are written.
    state_folder
        Where the training is kept while it runs; removed at the end. With `None` nothing is kept.
    code
        Fingerprint of the code: a state kept by other code is not resumed.
    on_epoch
        Called with each epoch's validation AUROC; what it raises ends the training.

    Raises
    ------
    TrainingError, InputError, ConfigError
        Naming the network and seed: too few positives, one class only, windows of several lengths,
        divergence, no such backbone, no GPU.
    """
    place = _place(name, members, seed)
    check_backbone(settings.backbone)
    prepare_torch(compute.threads)
    device = resolve_device(compute.device)
    kinds = ["peak", *(kind for kind, share in negatives.items() if share > 0)]
    if name == BACKGROUND:
        kinds, negatives = [SOURCE], SHUFFLES_ALONE
    splits = [*settings.fit_splits, *settings.judge_splits]
    parts = [read_member(member, splits, kinds, training_peaks, place) for member in members]
    if name == BACKGROUND:
        shuffles = generator(run_seed, "validation shuffles", name)
        parts = [background_sequences(part, settings.judge_splits, shuffles) for part in parts]
    for part, member in zip(parts, members, strict=True):
        _check(part, member, settings, place)
    samplers = [_sampler(part, negatives, settings, place) for part in parts]
    validation = _validation(parts, settings.judge_splits)

    config = _config(name, members, settings, seed, validation.codes.shape[1])
    torch.manual_seed(derive_seed(run_seed, "weights", name, seed))
    expert = build_expert(config)
    start_filters(expert.backbone, settings.weight_std)
    rng = generator(run_seed, "examples", name, seed)
    state = TrainingState(
        state_folder,
        {
            "settings": digest(json.dumps([asdict(config), dict(negatives), run_seed]).encode()),
            "data": _data_digest(samplers, validation),
            "code": code,
            "device or threads": f"{device}, {compute.threads}",
        },
        place,
    )
    fit = fit_network(
        expert,
        samplers,
        validation,
        settings.optimiser,
        settings.average_strands,
        rng,
        device,
        place,
        state,
        on_epoch,
    )
    config.training["best_epoch"] = fit.best_epoch
    save_expert(expert, config, folder)
    write_tsv(fit.history, Path(folder) / "history.tsv")
    state.remove()


@torch.no_grad()
def start_filters(backbone: nn.Module, std: float | None) -> None:
    """Draw a backbone's filters and matrices from a normal distribution; its biases start at 0.

    It is how the paper's networks start, whose search has the standard deviation among what it
    draws. The biases have to start at 0, because beside so small filters any other would decide
    alone whether a ReLU ever lets anything through. With `None` all stays as torch made it.
    """
    if std is None:
        return
    for module in backbone.modules():
        if isinstance(module, nn.Conv1d | nn.Linear):
            module.weight.normal_(0, std)
            if module.bias is not None:
                module.bias.zero_()


def _place(name: str, members: list[Member], seed: int) -> str:
    """Name a network for messages, with its factor where its own name does not say it."""
    factors = sorted({factor for member in members for factor in member.factors})
    of = f" ({', '.join(factors)})" if len(members) == 1 and factors != [name] else ""
    return f"expert {name}{of}, seed {seed}"


def read_member(
    member: Member,
    splits: Collection[str],
    kinds: list[str],
    training_peaks: Path | None,
    place: str,
) -> SequenceSet:
    """Read some splits of a member's sequences, without negatives that someone binds.

    Parameters
    ----------
    member
        The expert and its sequences.
    splits
        The splits to read.
    kinds
        The kinds of sequences to read.
    training_peaks
        As in `drop_bound_negatives`.
    place
        What is trained, for messages.
    """
    sets = {
        path: read_sequences(path, splits=splits, kinds=kinds) for path in member.sequences.values()
    }
    lengths = {path: part.codes.shape[1] for path, part in sets.items() if len(part)}
    if len(set(lengths.values())) > 1:
        found = ", ".join(f"{path}: {length} bases" for path, length in lengths.items())
        raise InputError(f"{place}: the sequences differ in length ({found}); make them anew")
    return drop_bound_negatives(concatenate(list(sets.values())), training_peaks)


def drop_bound_negatives(sequences: SequenceSet, training_peaks: Path | None) -> SequenceSet:
    """Drop negatives that overlap a peak of any training experiment, and kind ``other_factor``.

    A shuffle has its parent's coordinates but is no genomic sequence, so it stays. Without
    coordinates, a sequence overlaps a peak if it shares a 31-mer with a positive. With `None` for
    the peaks, nothing is dropped.
    """
    if training_peaks is None or len(sequences) == 0:
        return sequences
    table = sequences.table
    genomic = (table["label"] == 0) & (table["kind"] != SHUFFLE)
    bound = genomic.to_numpy() & overlaps_training(sequences, training_peaks)
    return sequences.select(~(bound | (table["kind"] == "other_factor").to_numpy()))


def _check(part: SequenceSet, member: Member, settings: TrainingSettings, place: str) -> None:
    """Check that there is something to learn from, and something to judge it by."""
    table = part.table
    of = f"{', '.join(member.sequences)} ({', '.join(member.factors)})"
    train = table["split"].isin(settings.fit_splits).to_numpy()
    positive = (table["label"] == 1).to_numpy()
    found = int((train & positive).sum())
    if found < settings.minimum_positives:
        raise TrainingError(
            f"{place}: {found} positives of {of} to train on ({_named('fit', settings)}), expected "
            f"at least {settings.minimum_positives}; give more peaks, make the split larger "
            "(`splits`), or lower training.minimum_positives"
        )
    counts = [int((~train & positive).sum()), int((~train & ~positive).sum())]
    if min(counts) == 0:
        raise TrainingError(
            f"{place}: there are {counts[0]} positives and {counts[1]} negatives of {of} to judge "
            f"it by ({_named('judge', settings)}), and an AUROC needs both; change the section "
            "`splits`, or negatives.training"
        )
    if settings.max_shift > part.flank:
        raise ConfigError(
            f"training.max_shift is {settings.max_shift}, but {place} has flanks of {part.flank} "
            "bases; raise windows.flank or lower training.max_shift"
        )


def _named(use: str, settings: TrainingSettings) -> str:
    """Name the splits of one use, ``fit`` or ``judge``, for messages."""
    splits = settings.fit_splits if use == "fit" else settings.judge_splits
    return f"training.{use}_splits: {', '.join(splits)}"


def _sampler(
    part: SequenceSet, negatives: Mapping[str, float], settings: TrainingSettings, place: str
) -> EpochSampler:
    table = part.table
    train = table["split"].isin(settings.fit_splits).to_numpy()
    positive = (table["label"] == 1).to_numpy()
    stored = train & ~positive & (table["kind"] != SHUFFLE).to_numpy()
    epoch = EpochSettings(
        positives_per_epoch=settings.positives_per_epoch,
        stored=sum(share for kind, share in negatives.items() if kind != SHUFFLE),
        dinucleotide=negatives.get(SHUFFLE, 0.0),
        shuffle=settings.shuffle,
        max_shift=settings.max_shift,
        reverse_complement=settings.reverse_complement,
    )
    if not stored.any() and epoch.dinucleotide == 0:
        raise TrainingError(
            f"{place}: there are positives only to train on ({_named('fit', settings)}); set "
            "negatives.training so that there are negatives"
        )
    return EpochSampler(part.codes[train & positive], part.codes[stored], part.flank, epoch)


def _validation(parts: list[SequenceSet], splits: Collection[str]) -> Examples:
    """Gather some splits of all parts: windows without flanks, shuffles as stored."""
    whole = concatenate(parts)
    chosen = whole.select(whole.table["split"].isin(list(splits)).to_numpy())
    return Examples(np.ascontiguousarray(chosen.windows), chosen.labels)


def _data_digest(samplers: list[EpochSampler], validation: Examples) -> str:
    """Hash all that a network is trained on and judged by."""
    sources = [codes for sampler in samplers for codes in sampler.sources]
    return digest(*sources, validation.codes, validation.labels)


def _config(
    name: str, members: list[Member], settings: TrainingSettings, seed: int, window: int
) -> ExpertConfig:
    chosen = {key: value for key, value in settings.section().items() if key != "backbones"}
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
        training=chosen,
        versions=versions(),
    )
