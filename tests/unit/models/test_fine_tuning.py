from pathlib import Path

import numpy as np
import pytest
import torch

from tfmoe.core.config import schema_defaults
from tfmoe.core.files import read_parquet
from tfmoe.data.datasets import read_sequences
from tfmoe.jaspar.matrices import Matrix, write_matrices
from tfmoe.jaspar.tables import MatrixFiles
from tfmoe.models.checkpoints import load_expert, load_mixture
from tfmoe.models.device import Compute
from tfmoe.models.experiment_scores import score_experiment
from tfmoe.models.fitting import fit_mixture
from tfmoe.models.mixture_settings import MixtureSettings
from tfmoe.models.prediction import predict, predict_mixture
from tfmoe.models.seed_scores import RecipeModels, ScoredRecipe, SeedCheckpoints
from tolerance import close

NAMES = ("Alpha", "Beta")
CPU = torch.device("cpu")
TERMS = 4 * 8  # of the longest sum in these networks: a filter's


@pytest.fixture(scope="module")
def tuned(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tuned")
    changes = {"epochs": 2, "fine_tune": {"epochs": 2, "learning_rate": 0.003}}
    fit_mixture(
        {name: project / "experts" / name for name in NAMES},
        {name: project / f"{name}.parquet" for name in NAMES},
        project / "training_peaks.bed.gz",
        {"genomic": 2},
        MixtureSettings.from_section({**schema_defaults("mixture"), **changes}),
        1,
        0,
        Compute("cpu", 1, 64),
        folder,
    )
    return folder


@pytest.fixture
def matrices(tmp_path: Path) -> MatrixFiles:
    files = MatrixFiles(
        tmp_path / "m.meme", tmp_path / "m.tsv", tmp_path / "factors.tsv", tmp_path / "families.tsv"
    )
    other = Matrix("MA1.1", "Other", "fungi", "4932", "", "", "ChIP-seq", np.full((4, 5), 0.25))
    write_matrices([other], files.motifs, files.table)
    files.factors.write_text("factor\torganism\tfamily\tmatrix\tsource\n")
    files.families.write_text("family\tjaspar_term\tfactors\tpairs\tsimilar\n")
    return files


def test_experts_are_scored_as_they_were_trained(
    project: Path, tuned: Path, tmp_path: Path, matrices: MatrixFiles
) -> None:
    pool = {name: project / "experts" / name for name in NAMES}
    models = RecipeModels(
        "moe", list(NAMES), {name: f"expert_{name}" for name in NAMES}, "mean_of_experts", None
    )
    score_experiment(
        project / "Alpha.parquet",
        "Alpha",
        ["test"],
        [SeedCheckpoints(0, [ScoredRecipe(models, pool, tuned)], [], None)],
        project / "training_peaks.bed.gz",
        matrices,
        Compute("cpu", 1, 50),
        tmp_path / "x.parquet",
        tmp_path / "x.gates.parquet",
    )
    table = read_parquet(tmp_path / "x.parquet")
    codes = read_sequences(project / "Alpha.parquet", splits=["test"]).windows
    alone = np.stack([predict(load_expert(pool[name]), codes, 50, CPU) for name in NAMES])
    mixture = load_mixture(tuned, pool)
    for name, logits in zip(NAMES, alone, strict=True):
        close(table[f"expert_{name}_seed0"], logits, terms=TERMS)
    close(table["mean_of_experts_seed0"], alone.mean(0), terms=TERMS)
    close(table["moe_seed0"], predict(mixture, codes, 50, CPU), terms=TERMS)
    # the mixture's own experts differ
    own = predict_mixture(mixture, codes, 50, CPU).experts.T
    assert np.abs(own - alone).max(axis=1).min() > 0.01
