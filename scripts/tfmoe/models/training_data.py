"""Training and validation examples of one network, read from the stored sequences."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tfmoe.core.errors import ConfigError, InputError, TrainingError
from tfmoe.core.seeds import generator
from tfmoe.core.vocabulary import BACKGROUND, Kind
from tfmoe.data.datasets import SequenceSet, concatenate, read_sequences
from tfmoe.data.training_overlap import overlaps_training
from tfmoe.models.augmentation import EpochSampler, EpochSettings, Examples
from tfmoe.models.background_network import SOURCE, background_sequences
from tfmoe.models.training_settings import TrainingSettings
from tfmoe.models.training_state import digest


@dataclass(frozen=True)
class Member:
    """One expert's part of a network's training data; an expert has only its own part.

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


@dataclass(frozen=True)
class TrainingData:
    """Samplers of the training examples, one per member, and the validation examples."""

    samplers: list[EpochSampler]
    validation: Examples

    def digest(self) -> str:
        """Hash all data that the network is trained and validated on."""
        sources = [codes for sampler in self.samplers for codes in sampler.sources]
        return digest(*sources, self.validation.codes, self.validation.labels)


def read_training_data(
    name: str,
    members: Sequence[Member],
    training_peaks: Path | None,
    negatives: Mapping[str, float],
    settings: TrainingSettings,
    run_seed: int,
    label: str,
) -> TrainingData:
    """Read and check the data of one network.

    Parameters
    ----------
    name, members, training_peaks, settings, run_seed
        As for `tfmoe.models.training.train_expert`.
    negatives
        Negatives of each kind per positive.
    label
        Name of the network, for messages.

    Raises
    ------
    TrainingError, InputError, ConfigError
        If there are too few positives, examples of one class only, windows of several lengths, or
        shifts beyond the flanks.
    """
    kinds = [Kind.PEAK, *(kind for kind, share in negatives.items() if share > 0)]
    if name == BACKGROUND:
        kinds = [SOURCE]
    splits = [*settings.fit_splits, *settings.judge_splits]
    parts = [read_member(member, splits, kinds, training_peaks, label) for member in members]
    if name == BACKGROUND:
        shuffles = generator(run_seed, "validation shuffles", name)
        parts = [background_sequences(part, settings.judge_splits, shuffles) for part in parts]
    for part, member in zip(parts, members, strict=True):
        _check_examples(part, member, settings, label)
    samplers = [_build_sampler(part, negatives, settings, label) for part in parts]
    return TrainingData(samplers, _validation_examples(parts, settings.judge_splits))


def read_member(
    member: Member,
    splits: Collection[str],
    kinds: Sequence[str],
    training_peaks: Path | None,
    label: str,
) -> SequenceSet:
    """Read the given splits of a member's sequences, without negatives in training peaks.

    Parameters
    ----------
    member
        The expert and its sequences.
    splits, kinds
        The splits and the kinds of sequences to read.
    training_peaks
        As for `drop_bound_negatives`.
    label
        Name of the model in training, for messages.
    """
    sets = {
        path: read_sequences(path, splits=splits, kinds=kinds) for path in member.sequences.values()
    }
    lengths = {path: part.codes.shape[1] for path, part in sets.items() if len(part)}
    if len(set(lengths.values())) > 1:
        found = ", ".join(f"{path}: {length} bases" for path, length in lengths.items())
        raise InputError(
            f"{label}: the sequences differ in length ({found}); remove them and run again"
        )
    return drop_bound_negatives(concatenate(list(sets.values())), training_peaks)


def drop_bound_negatives(sequences: SequenceSet, training_peaks: Path | None) -> SequenceSet:
    """Drop negatives that overlap a peak of any training experiment, and kind ``other_factor``.

    A shuffle has the coordinates of its parent but is not a genomic sequence, so it is kept.
    Without coordinates, a sequence overlaps a peak if it shares a 31-mer with a positive. If the
    peaks are `None`, nothing is dropped.
    """
    if training_peaks is None or len(sequences) == 0:
        return sequences
    table = sequences.table
    genomic = (table["label"] == 0) & (table["kind"] != Kind.DINUCLEOTIDE)
    bound = genomic.to_numpy() & overlaps_training(sequences, training_peaks)
    return sequences.select(~(bound | (table["kind"] == Kind.OTHER_FACTOR).to_numpy()))


def _check_examples(
    part: SequenceSet, member: Member, settings: TrainingSettings, label: str
) -> None:
    """Check that there are enough positives to train on, and both classes to validate on."""
    table = part.table
    source = f"{', '.join(member.sequences)} ({', '.join(member.factors)})"
    train = table["split"].isin(settings.fit_splits).to_numpy()
    positive = (table["label"] == 1).to_numpy()
    found = int((train & positive).sum())
    if found < settings.minimum_positives:
        raise TrainingError(
            f"{label}: found {found} positives of {source} to train on "
            f"({_splits_of('fit', settings)}), expected at least {settings.minimum_positives}; "
            "provide more peaks, enlarge the split (`splits`), or lower "
            "training.minimum_positives"
        )
    counts = [int((~train & positive).sum()), int((~train & ~positive).sum())]
    if min(counts) == 0:
        raise TrainingError(
            f"{label}: found {counts[0]} positives and {counts[1]} negatives of {source} to "
            f"validate on ({_splits_of('judge', settings)}), but an AUROC needs both; change the "
            "section `splits`, or negatives.training"
        )
    if settings.max_shift > part.flank:
        raise ConfigError(
            f"training.max_shift is {settings.max_shift}, but {label} has flanks of {part.flank} "
            "bases; raise windows.flank or lower training.max_shift"
        )


def _splits_of(use: str, settings: TrainingSettings) -> str:
    """Return the key and the splits of one use, ``fit`` or ``judge``, for messages."""
    splits = settings.fit_splits if use == "fit" else settings.judge_splits
    return f"training.{use}_splits: {', '.join(splits)}"


def _build_sampler(
    part: SequenceSet, negatives: Mapping[str, float], settings: TrainingSettings, label: str
) -> EpochSampler:
    table = part.table
    train = table["split"].isin(settings.fit_splits).to_numpy()
    positive = (table["label"] == 1).to_numpy()
    stored = train & ~positive & (table["kind"] != Kind.DINUCLEOTIDE).to_numpy()
    epoch = EpochSettings(
        positives_per_epoch=settings.positives_per_epoch,
        stored=sum(share for kind, share in negatives.items() if kind != Kind.DINUCLEOTIDE),
        dinucleotide=negatives.get(Kind.DINUCLEOTIDE, 0.0),
        shuffle=settings.shuffle,
        max_shift=settings.max_shift,
        reverse_complement=settings.reverse_complement,
    )
    if not stored.any() and epoch.dinucleotide == 0:
        raise TrainingError(
            f"{label}: found no negatives to train on ({_splits_of('fit', settings)}); set "
            "negatives.training so that some are drawn"
        )
    return EpochSampler(part.codes[train & positive], part.codes[stored], part.flank, epoch)


def _validation_examples(parts: list[SequenceSet], splits: Collection[str]) -> Examples:
    """Gather the validation splits of all parts: windows without flanks, and stored shuffles."""
    whole = concatenate(parts)
    chosen = whole.select(whole.table["split"].isin(list(splits)).to_numpy())
    return Examples(np.ascontiguousarray(chosen.windows), chosen.labels)
