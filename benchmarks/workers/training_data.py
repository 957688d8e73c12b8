"""Positives to train on, and how the benchmarks divide them."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import numpy as np
from recipe import TRAINING

from tfmoe.core.dna import Codes, encode_text
from tfmoe.data.negatives.dinucleotide_shuffle import dinucleotide_shuffle
from tfmoe.models.augmentation import EpochSampler, EpochSettings, Examples

VALIDATION_SHARE = 0.2  # the division in the authors' script


def read_positives(path: Path) -> Codes:
    """Read the sequences, all of one length, of a file in DeepBind's format."""
    with gzip.open(path, "rt") as handle:
        rows = csv.DictReader(handle, delimiter="\t")
        return np.stack([encode_text(row["seq"]) for row in rows if row["Bound"] == "1"])


def divide(
    positives: Codes, rng: np.random.Generator, limit: int = 0
) -> tuple[EpochSampler, Examples]:
    """Return a sampler of epochs, with one fresh shuffle per positive, and the validation split.

    With a limit other than 0, so many randomly drawn positives are used.
    """
    positives = rng.permutation(positives)[: limit or None]
    validation = round(len(positives) * VALIDATION_SHARE)
    epoch = EpochSettings(
        positives_per_epoch=TRAINING["positives_per_epoch"], stored=0, dinucleotide=1,
        shuffle="dinucleotide", max_shift=0, reverse_complement=TRAINING["reverse_complement"],
    )  # fmt: skip
    none = np.zeros((0, positives.shape[1]), dtype=np.uint8)
    held_out = positives[:validation]
    codes = np.concatenate([held_out, dinucleotide_shuffle(held_out, rng)])
    labels = np.repeat(np.array([1, 0], dtype=np.float32), validation)
    return EpochSampler(positives[validation:], none, 0, epoch), Examples(codes, labels)
