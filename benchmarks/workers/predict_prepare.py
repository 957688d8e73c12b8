"""Write a model and sequences for the benchmark of `tfmoe predict`.

Arguments: folder, number of experts, sequences. The model is a mixture of experts and one pooled
network, convnets with fresh weights, and is told no factor. The sequences are random, in a FASTA.
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from measuring import answer
from recipe import BACKBONE, HYPERPARAMETERS, TRAINING, convnet

from tfmoe.application.model.assemble import ModelParts, write_members
from tfmoe.core.config import schema_defaults
from tfmoe.core.vocabulary import OWN_RECIPE, POOLED
from tfmoe.jaspar.tables import MatrixFiles
from tfmoe.models.checkpoints import (
    ExpertConfig,
    MixtureConfig,
    save_expert,
    save_mixture,
    versions,
    weights_hash,
)
from tfmoe.models.mixture_settings import MixtureSettings
from tfmoe.models.moe import Mixture, MixtureHead
from tfmoe.models.seed_scores import RecipeModels, ScoredRecipe, SeedCheckpoints

LENGTH, BATCH_SIZE = 101, 1024
BLOCK = 100_000
AVERAGES = TRAINING["average_strands"]


def write_network(name: str) -> None:
    """Write a network with fresh weights."""
    config = ExpertConfig(
        name=name, experiments=[name], factors=[name], seed=0, recipe=OWN_RECIPE,
        backbone=BACKBONE, hyperparameters=HYPERPARAMETERS, embedding=TRAINING["embedding"],
        dropout=TRAINING["dropout"], window=LENGTH, averages_strands=AVERAGES,
        training={}, versions=versions(),
    )  # fmt: skip
    save_expert(convnet(LENGTH), config, folder / name)


def write_mixture(members: list[str]) -> None:
    """Write a mixture whose gate has fresh weights."""
    settings = MixtureSettings.from_section(schema_defaults("mixture"))
    networks = {name: convnet(LENGTH) for name in members}
    head = MixtureHead(len(members), TRAINING["embedding"], settings.head)
    config = MixtureConfig(
        name="default", seed=0, experts={name: weights_hash(folder / name) for name in members},
        expert_names=members, embedding=TRAINING["embedding"], averages_strands=AVERAGES,
        head=asdict(settings.head), fine_tuned=False, fit={}, versions=versions(),
    )  # fmt: skip
    save_mixture(Mixture(networks, head, AVERAGES), config, folder / "moe")


def write_model(experts: list[str]) -> None:
    """Write the model folder."""
    members = [*experts, POOLED]
    names = {name: f"expert_{name}" for name in experts}
    models = RecipeModels("moe", members, names, "mean_of_experts", "mean_of_pool")
    recipe = ScoredRecipe(models, {name: folder / name for name in members}, folder / "moe")
    empty = folder / "empty"
    empty.touch()
    parts = ModelParts(
        [SeedCheckpoints(0, [recipe], [], None)], MatrixFiles(empty, empty, empty, empty), None
    )
    described = {
        "run": "benchmark",
        "seed": 0,
        "experts": {name: name for name in experts},
        "families": {},
        "batch_size": BATCH_SIZE,
    }
    write_members(parts, described, folder / "model")


def write_fasta(number: int) -> None:
    """Write random sequences."""
    rng = np.random.default_rng(0)
    letters = np.frombuffer(b"ACGT", dtype=np.uint8)
    with (folder / "sequences.fa").open("wb") as file:
        for start in range(0, number, BLOCK):
            block = letters[rng.integers(0, 4, (min(BLOCK, number - start), LENGTH))]
            for row, sequence in enumerate(block, start=start):
                file.write(b">sequence_%d\n%s\n" % (row, sequence.tobytes()))


folder, count, sequences = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
torch.manual_seed(1)
folder.mkdir(parents=True, exist_ok=True)
names = [f"x{index:02d}" for index in range(count)]
for network in (*names, POOLED):
    write_network(network)
write_mixture([*names, POOLED])
write_model(names)
write_fasta(sequences)
answer(networks=count + 1)
