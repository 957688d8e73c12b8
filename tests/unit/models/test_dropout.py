from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tfmoe.core.config import schema_defaults
from tfmoe.core.files import read_tsv
from tfmoe.core.seeds import derive_seed
from tfmoe.data.datasets import SequenceSet, read_sequences, write_sequences
from tfmoe.evaluation.delong import auroc
from tfmoe.models.checkpoints import load_expert, load_mixture
from tfmoe.models.device import Compute
from tfmoe.models.dropout import (
    expert_logits_with_dropout,
    mixture_logits_with_dropout,
    score_with_dropout,
)
from tfmoe.models.expert import Expert, StrandAveraged
from tfmoe.models.fitting import fit_mixture
from tfmoe.models.mixture_settings import MixtureSettings
from tfmoe.models.prediction import predict, predict_mixture
from tfmoe.models.seed_scores import RecipeModels, ScoredRecipe, SeedCheckpoints
from tolerance import close

NAMES = ("Alpha", "Beta", "Gamma")
CPU = torch.device("cpu")
COMPUTE = Compute("cpu", 1, 50)
TERMS = 4 * 8  # of the longest sum in these networks: a filter's


@pytest.fixture(scope="module")
def checkpoints(project: Path, tmp_path_factory: pytest.TempPathFactory) -> SeedCheckpoints:
    folder = tmp_path_factory.mktemp("mixture")
    pool = {name: project / "experts" / name for name in NAMES}
    section = {**schema_defaults("mixture"), "learning_rate": 0.02, "epochs": 5}
    fit_mixture(
        pool,
        {name: project / f"{name}.parquet" for name in NAMES},
        project / "training_peaks.bed.gz",
        {"genomic": 2},
        MixtureSettings.from_section(section),
        1,
        0,
        COMPUTE,
        folder,
    )
    experts = {name: f"expert_{name}" for name in NAMES}
    models = RecipeModels("moe", list(NAMES), experts, "mean_of_experts", None)
    return SeedCheckpoints(0, [ScoredRecipe(models, pool, folder)], [], None)


def set_dropout(network: torch.nn.Module, probability: float) -> None:
    """Set the dropout of the embedding of all experts inside a network."""
    for module in network.modules():
        if isinstance(module, Expert):
            module.dropout.p = probability


def test_the_table_of_trials_is_reproducible(
    project: Path, tmp_path: Path, checkpoints: SeedCheckpoints
) -> None:
    for name in ("a.tsv", "b.tsv"):
        score_with_dropout(project / "Beta.parquet", checkpoints, 4, 1, COMPUTE, tmp_path / name)
    assert (tmp_path / "a.tsv").read_bytes() == (tmp_path / "b.tsv").read_bytes()
    table = read_tsv(tmp_path / "a.tsv")
    assert list(table.columns) == ["negatives", "model", "seed", "dropout", "trial", "auroc"]
    assert set(table["negatives"]) == {"genomic"}
    assert set(table["dropout"]) == {0.2}
    assert table.groupby("model").size().to_dict() == dict.fromkeys(
        ["moe", *(f"expert_{name}" for name in NAMES)], 4
    )
    assert (table.groupby("model")["auroc"].nunique() > 1).all()
    score_with_dropout(project / "Beta.parquet", checkpoints, 4, 2, COMPUTE, tmp_path / "c.tsv")
    assert not table.equals(read_tsv(tmp_path / "c.tsv"))


def test_the_table_is_made_of_single_passes_over_each_kind_of_negatives(
    project: Path, tmp_path: Path, checkpoints: SeedCheckpoints
) -> None:
    made = read_sequences(project / "Beta.parquet", splits=["test"])
    table = made.table.copy()
    negatives = np.flatnonzero(made.labels < 0.5)
    table.loc[negatives[::2], "kind"] = "dinucleotide"
    write_sequences(replace(made, table=table), tmp_path / "Beta.parquet")
    score_with_dropout(tmp_path / "Beta.parquet", checkpoints, 3, 1, COMPUTE, tmp_path / "a.tsv")
    found = read_tsv(tmp_path / "a.tsv")
    assert list(dict.fromkeys(found["negatives"])) == ["dinucleotide", "genomic"]
    recipe = checkpoints.recipes[0]
    mixture = load_mixture(recipe.mixture, recipe.pool)
    torch.manual_seed(derive_seed(1, "dropout trials", "Beta", 0))
    scores = mixture_logits_with_dropout(mixture, made.windows, 3, 50, CPU).astype(np.float64)
    own = found[found["model"] == "moe"]
    for kind in ("dinucleotide", "genomic"):
        rows = (table["kind"] == kind).to_numpy()
        expected = auroc(scores[:, made.labels > 0.5], scores[:, rows])
        np.testing.assert_allclose(own.loc[own["negatives"] == kind, "auroc"], expected, atol=1e-8)


def test_each_sequence_has_its_own_mask(project: Path) -> None:
    expert = load_expert(project / "experts" / "Alpha")
    data = read_sequences(project / "Alpha.parquet", splits=["test"])
    one = np.repeat(data.windows[:1], 200, axis=0)
    drawn = expert_logits_with_dropout(expert, one, 3, 64, CPU)
    assert drawn.shape == (3, 200)
    assert all(len(np.unique(row)) > 20 for row in drawn), (
        "one mask per batch would yield four values"
    )
    # the remaining values are scaled up, so the mean is that without dropout
    logits = expert_logits_with_dropout(expert, one, 200, 64, CPU)
    spread = logits.std() / np.sqrt(logits.size)
    assert abs(logits.mean() - predict(expert, one[:1], 1, CPU)[0]) < 5 * spread


def test_without_dropout_every_trial_is_the_prediction(
    project: Path, checkpoints: SeedCheckpoints
) -> None:
    recipe = checkpoints.recipes[0]
    codes = read_sequences(project / "Gamma.parquet", splits=["test"]).windows
    mixture = load_mixture(recipe.mixture, recipe.pool)
    expert = load_expert(recipe.pool["Gamma"])
    both = StrandAveraged(expert if isinstance(expert, Expert) else expert.network)
    for network in (mixture, expert, both):
        set_dropout(network, 0.0)
    expected = predict_mixture(mixture, codes, 64, CPU).mixture
    for row in mixture_logits_with_dropout(mixture, codes, 2, 50, CPU):
        close(row, expected, terms=TERMS)
    for network in (expert, both):
        for row in expert_logits_with_dropout(network, codes, 2, 50, CPU):
            close(row, predict(network, codes, 64, CPU), terms=TERMS)


def test_a_split_without_negatives_has_no_trials(
    project: Path,
    tmp_path: Path,
    checkpoints: SeedCheckpoints,
    sequences: Callable[..., SequenceSet],
) -> None:
    made = sequences("Beta", "CCACGTGG", {"test": 5})
    positive = made.labels > 0.5
    only = replace(
        made, table=made.table[positive].reset_index(drop=True), codes=made.codes[positive]
    )
    write_sequences(only, tmp_path / "Beta.parquet")
    score_with_dropout(tmp_path / "Beta.parquet", checkpoints, 2, 1, COMPUTE, tmp_path / "a.tsv")
    assert read_tsv(tmp_path / "a.tsv").empty
