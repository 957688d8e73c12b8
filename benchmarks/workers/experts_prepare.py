"""Write experts and sequences for the benchmark of mixtures.

Arguments: folder, number of experts, sequences per split. The experts are networks with fresh
weights, saved as checkpoints; the sequences are random, and every second one is a positive.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import torch
from measuring import answer
from recipe import BACKBONE, HYPERPARAMETERS, TRAINING, convnet

from tfmoe.core.vocabulary import OWN_RECIPE
from tfmoe.data.datasets import SequenceSet, write_sequences
from tfmoe.data.intervals import write_bed
from tfmoe.models.checkpoints import ExpertConfig, save_expert, versions

LENGTH = 101
SPLITS = ("gate", "validation")


def expert_config(index: int) -> ExpertConfig:
    """Return the settings in the checkpoint of an expert."""
    name = f"x{index:03d}"
    return ExpertConfig(
        name=name, experiments=[name], factors=[name], seed=0, recipe=OWN_RECIPE,
        backbone=BACKBONE, hyperparameters=HYPERPARAMETERS, embedding=TRAINING["embedding"],
        dropout=TRAINING["dropout"], window=LENGTH, averages_strands=TRAINING["average_strands"],
        training={}, versions=versions(),
    )  # fmt: skip


def sequence_set(number: int) -> SequenceSet:
    """Return random sequences for each split, at successive positions."""
    total = len(SPLITS) * number
    start = 1000 * np.arange(1, total + 1)
    label = np.arange(total) % 2
    table = pd.DataFrame(
        {
            "name": [f"s{index}" for index in range(total)],
            "chrom": "1",
            "start": start,
            "end": start + LENGTH,
            "strand": ".",
            "label": label,
            "kind": np.where(label == 1, "peak", "genomic"),
            "parent": None,
            "split": np.repeat(SPLITS, number),
            "repeat_share": 0.0,
            "rank": -1,
        }
    )
    codes = np.random.default_rng(0).integers(0, 4, (total, LENGTH)).astype(np.uint8)
    return SequenceSet(table, codes, 0)


folder, experts, number = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
torch.manual_seed(1)
for index in range(experts):
    config = expert_config(index)
    save_expert(convnet(LENGTH), config, folder / "experts" / config.name)
sequences = sequence_set(number)
write_sequences(sequences, folder / "x000.parquet")
bound = sequences.table[sequences.table["label"] == 1][["chrom", "start", "end"]]
write_bed(bound.assign(factor="x000", experiment="x000"), folder / "training_peaks.bed.gz")
answer(experts=experts)
