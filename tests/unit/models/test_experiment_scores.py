import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from tfmoe.core.config import schema_defaults
from tfmoe.core.files import read_json, read_parquet, read_tsv, write_json
from tfmoe.data.datasets import read_sequences
from tfmoe.data.intervals import write_bed
from tfmoe.jaspar.matrices import Matrix, write_matrices
from tfmoe.jaspar.tables import MatrixFiles
from tfmoe.models.checkpoints import load_expert, load_mixture
from tfmoe.models.device import Compute
from tfmoe.models.encoding import one_hot
from tfmoe.models.experiment_scores import score_experiment
from tfmoe.models.fitting import fit_mixture
from tfmoe.models.gkm import GkmSettings, fit_gkm, load_gkm
from tfmoe.models.mixture_settings import MixtureSettings
from tfmoe.models.prediction import predict
from tfmoe.models.seed_scores import RecipeModels, ScoredRecipe, SeedCheckpoints, sort_checkpoints
from tfmoe.models.training_data import Member
from tolerance import close

NAMES = ("Alpha", "Beta", "Gamma")
CPU = torch.device("cpu")
MODELS = RecipeModels(
    "moe", list(NAMES), {name: f"expert_{name}" for name in NAMES}, "mean_of_experts", None
)
TERMS = 4 * 8  # of the longest sum in these networks: a filter's


@pytest.fixture(scope="module")
def matrices(tmp_path_factory: pytest.TempPathFactory) -> MatrixFiles:
    folder = tmp_path_factory.mktemp("jaspar")
    probabilities = np.full((4, 7), 0.01)
    probabilities[[3, 2, 0, 1, 3, 1, 0], range(7)] = 0.97  # TGACTCA
    files = MatrixFiles(
        folder / "m.meme", folder / "m.tsv", folder / "factors.tsv", folder / "families.tsv",
        ["ChIP-seq"],
    )  # fmt: skip
    matrix = Matrix("MA0001.1", "Alpha", "fungi", "4932", "", "", "ChIP-seq", probabilities)
    write_matrices([matrix], files.motifs, files.table)
    files.factors.write_text("factor\torganism\tfamily\tmatrix\tsource\n")
    files.families.write_text("family\tjaspar_term\tfactors\tpairs\tsimilar\n")
    return files


@pytest.fixture(scope="module")
def mixture(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mixture")
    fit_mixture(
        {name: project / "experts" / name for name in NAMES},
        {name: project / f"{name}.parquet" for name in NAMES},
        project / "training_peaks.bed.gz",
        {"genomic": 2},
        MixtureSettings.from_section(
            {**schema_defaults("mixture"), "learning_rate": 0.02, "epochs": 5}
        ),
        1,
        0,
        Compute("cpu", 1, 64),
        folder,
    )
    return folder


def found(
    project: Path,
    mixture: Path,
    pooled: list[Path] | None = None,
    background: Path | None = None,
    models: RecipeModels = MODELS,
) -> list[SeedCheckpoints]:
    """Return the checkpoints of the one seed."""
    pool = {name: project / "experts" / name for name in NAMES}
    return [SeedCheckpoints(0, [ScoredRecipe(models, pool, mixture)], pooled or [], background)]


def score(
    project: Path,
    folder: Path,
    mixture: Path,
    matrices: MatrixFiles,
    factor: str,
    peaks: Path | None = None,
    pooled: list[Path] | None = None,
    ignored: str | None = None,
) -> None:
    score_experiment(
        project / f"{factor}.parquet",
        factor,
        ["validation", "test"],
        found(project, mixture, pooled),
        peaks or project / "training_peaks.bed.gz",
        matrices,
        Compute("cpu", 1, 50),
        folder / "x.parquet",
        folder / "x.gates.parquet",
        ignore_overlaps_with=ignored,
        matrix=folder / "x.matrix.tsv",
    )


def test_all_models_are_scored_in_the_order_of_the_table(
    project: Path, tmp_path: Path, mixture: Path, matrices: MatrixFiles
) -> None:
    score(project, tmp_path, mixture, matrices, "Alpha")
    table = read_parquet(tmp_path / "x.parquet")
    data = read_sequences(project / "Alpha.parquet", splits=["validation", "test"])
    described = ["name", "chrom", "start", "end", "label", "kind", "split"]
    logits = [f"{model}_seed0" for model in ("expert_Alpha", "expert_Beta", "expert_Gamma")]
    assert list(table.columns) == [
        *described,
        "overlaps_training_peak",
        *logits,
        "mean_of_experts_seed0",
        "moe_seed0",
        "pwm",
    ]
    assert table[described].equals(data.table[described])
    assert {str(table[column].dtype) for column in table.columns[8:]} == {"float32"}
    expert = predict(load_expert(project / "experts" / "Beta"), data.windows, 7, CPU)
    close(table["expert_Beta_seed0"], expert, terms=TERMS)
    mean = table[logits].mean(axis=1)
    close(table["mean_of_experts_seed0"], mean, terms=3)


def test_the_gate_is_written_per_seed(
    project: Path, tmp_path: Path, mixture: Path, matrices: MatrixFiles
) -> None:
    score(project, tmp_path, mixture, matrices, "Alpha")
    gates = read_parquet(tmp_path / "x.gates.parquet")
    assert list(gates.columns) == ["name", "seed", *NAMES]
    table = read_parquet(tmp_path / "x.parquet")
    assert gates["name"].tolist() == table["name"].tolist()
    loaded = load_mixture(mixture, {name: project / "experts" / name for name in NAMES})
    data = read_sequences(project / "Alpha.parquet", splits=["validation", "test"])
    with torch.no_grad():
        sequences = one_hot(torch.from_numpy(data.windows.copy()))
        close(gates[list(NAMES)], loaded.gate(sequences), terms=TERMS)
        close(table["moe_seed0"], loaded(sequences), terms=TERMS)


def test_the_matrix_of_the_factor_is_a_model_where_there_is_one(
    project: Path, tmp_path: Path, mixture: Path, matrices: MatrixFiles
) -> None:
    score(project, tmp_path, mixture, matrices, "Alpha")
    table = read_parquet(tmp_path / "x.parquet")
    assert table["pwm"][table["label"] == 1].min() > table["pwm"][table["label"] == 0].median()
    named = read_tsv(tmp_path / "x.matrix.tsv")
    assert named[["matrix_id", "data_type", "chosen"]].to_numpy().tolist() == [
        ["MA0001.1", "ChIP-seq", True]
    ]
    assert not named["independent"].any()
    assert named["auroc_validation"][0] > 0.9
    score(project, tmp_path, mixture, matrices, "Beta")
    assert "pwm" not in read_parquet(tmp_path / "x.parquet").columns
    assert read_tsv(tmp_path / "x.matrix.tsv").empty


def as_pooled(expert: Path, folder: Path, seed: int) -> Path:
    """Copy an expert as if it were a pooled network of a seed."""
    copy = folder / f"pooled{seed}"
    shutil.copytree(expert, copy)
    write_json(
        read_json(copy / "config.json") | {"name": "pooled", "seed": seed}, copy / "config.json"
    )
    return copy


def test_the_mean_of_pooled_networks_is_a_model_where_there_are_several(
    project: Path, tmp_path: Path, mixture: Path, matrices: MatrixFiles
) -> None:
    pooled = [
        as_pooled(project / "experts" / name, tmp_path, seed)
        for name, seed in (("Alpha", 0), ("Beta", 100))
    ]
    score(project, tmp_path, mixture, matrices, "Beta", pooled=pooled)
    table = read_parquet(tmp_path / "x.parquet")
    assert table["pooled_seed0"].equals(table["expert_Alpha_seed0"].rename("pooled_seed0"))
    mean = table[["expert_Alpha_seed0", "expert_Beta_seed0"]].mean(axis=1)
    close(table["pooled_ensemble_seed0"], mean, terms=2)
    score(project, tmp_path, mixture, matrices, "Beta", pooled=pooled[:1])
    assert "pooled_ensemble_seed0" not in read_parquet(tmp_path / "x.parquet").columns


def test_the_background_network_is_a_model_and_no_expert(
    project: Path, tmp_path: Path, mixture: Path, matrices: MatrixFiles
) -> None:
    network = as_pooled(project / "experts" / "Gamma", tmp_path, 0)
    config = network / "config.json"
    write_json(read_json(config) | {"name": "background_vs_shuffle"}, config)
    score_experiment(
        project / "Beta.parquet",
        "Beta",
        ["test"],
        found(project, mixture, background=network),
        project / "training_peaks.bed.gz",
        matrices,
        Compute("cpu", 1, 50),
        tmp_path / "x.parquet",
        tmp_path / "x.gates.parquet",
    )
    table = read_parquet(tmp_path / "x.parquet")
    own = table["expert_Gamma_seed0"].to_numpy()
    close(table["background_vs_shuffle_seed0"], own, terms=TERMS)
    assert list(read_parquet(tmp_path / "x.gates.parquet").columns) == ["name", "seed", *NAMES]


def test_gapped_kmers_score_by_the_own_model_or_by_all(
    project: Path, tmp_path: Path, mixture: Path, matrices: MatrixFiles
) -> None:
    members = [Member(x, [x], {x: project / f"{x}.parquet"}) for x in ("Alpha", "Beta")]
    small = GkmSettings(True, 5, 4, [1.0], 1, 1000)
    fit_gkm(members, {"genomic": 2}, small, False, 1, tmp_path)
    codes = read_sequences(project / "Beta.parquet", splits=["test"]).windows
    for own in ("Beta", None):
        score_experiment(
            project / "Beta.parquet",
            "Beta",
            ["test"],
            found(project, mixture),
            project / "training_peaks.bed.gz",
            matrices,
            Compute("cpu", 1, 50),
            tmp_path / "x.parquet",
            tmp_path / "x.gates.parquet",
            gapped_kmers=tmp_path,
            own_expert=own,
        )
        scores = read_parquet(tmp_path / "x.parquet")["gkm"].to_numpy()
        np.testing.assert_array_equal(scores, load_gkm(tmp_path).score(codes, own))


def test_overlaps_are_with_peaks_of_other_factors(
    project: Path, tmp_path: Path, mixture: Path, matrices: MatrixFiles
) -> None:
    data = read_sequences(project / "Alpha.parquet", splits=["validation", "test"]).table
    rows = data.loc[[0, 1, 1, 25], ["chrom", "start", "end"]].assign(
        factor=["Alpha", "Alpha", "Beta", "Gamma"], experiment=["a", "a", "b", "c"]
    )
    peaks = tmp_path / "peaks.bed.gz"
    write_bed(rows, peaks)
    score(project, tmp_path, mixture, matrices, "Alpha", peaks, ignored="Alpha")
    table = read_parquet(tmp_path / "x.parquet")
    assert table["overlaps_training_peak"].dtype == bool
    assert table.index[table["overlaps_training_peak"]].tolist() == [1, 25]


def test_overlaps_in_other_cells_are_also_with_peaks_of_the_own_factor(
    project: Path, tmp_path: Path, mixture: Path, matrices: MatrixFiles
) -> None:
    data = read_sequences(project / "Alpha.parquet", splits=["validation", "test"]).table
    rows = data.loc[[0, 25], ["chrom", "start", "end"]]
    peaks = tmp_path / "peaks.bed.gz"
    write_bed(rows.assign(factor=["Alpha", "Gamma"], experiment=["a", "c"]), peaks)
    score(project, tmp_path, mixture, matrices, "Alpha", peaks)
    table = read_parquet(tmp_path / "x.parquet")
    assert table.index[table["overlaps_training_peak"]].tolist() == [0, 25]


def test_another_recipe_has_names_of_its_own_and_a_mean_with_its_pooled_networks(
    project: Path, tmp_path: Path, mixture: Path, matrices: MatrixFiles
) -> None:
    experts = {"Alpha": "expert_Alpha_other", "Beta": "expert_Beta_other"}
    other = RecipeModels("moe_other", list(NAMES), experts, "mean_of_experts_other", "mean_of_pool")
    score_experiment(
        project / "Beta.parquet",
        "Beta",
        ["test"],
        found(project, mixture, models=other),
        project / "training_peaks.bed.gz",
        matrices,
        Compute("cpu", 1, 50),
        tmp_path / "x.parquet",
        tmp_path / "x.gates.parquet",
    )
    table = read_parquet(tmp_path / "x.parquet")
    assert list(table.columns[8:]) == [
        "expert_Alpha_other_seed0",
        "expert_Beta_other_seed0",
        "mean_of_experts_other_seed0",
        "mean_of_pool_seed0",
        "moe_other_seed0",
    ]
    experts_alone = table[["expert_Alpha_other_seed0", "expert_Beta_other_seed0"]].mean(axis=1)
    close(table["mean_of_experts_other_seed0"], experts_alone, terms=2)
    assert not np.allclose(table["mean_of_pool_seed0"], experts_alone)


def test_weights_are_sorted_by_seed() -> None:
    models = [
        RecipeModels("moe", ["A", "B"], {}, "mean", None),
        RecipeModels("moe_other", ["A"], {}, "mean_other", None),
    ]
    networks = [f"own{seed}{name}/w" for seed in (0, 1) for name in "AB"]
    networks += [f"other{seed}A/w" for seed in (0, 1)]
    mixtures = [f"{recipe}{seed}/w" for recipe in ("own", "other") for seed in (0, 1)]
    pooled = [f"pooled{seed}{number}/w" for seed in (0, 1) for number in (0, 1)]
    first, second = sort_checkpoints(
        [0, 1], models, networks, mixtures, pooled, ["back0/w", "back1/w"]
    )
    assert first.seed == 0
    assert second.seed == 1
    assert second.recipes == [
        ScoredRecipe(models[0], {"A": Path("own1A"), "B": Path("own1B")}, Path("own1")),
        ScoredRecipe(models[1], {"A": Path("other1A")}, Path("other1")),
    ]
    assert second.pooled == [Path("pooled10"), Path("pooled11")]
    assert second.background == Path("back1")
    assert (
        sort_checkpoints([0], models[:1], networks[:2], mixtures[:1], [], [])[0].background is None
    )


@pytest.mark.parametrize(
    ("index", "files", "message"),
    [
        (0, ["a/w"] * 5, "found 5 files of networks, expected 4"),
        (0, ["a/w"] * 3, "found 3 files of networks, expected 4"),
        (1, ["m/w"] * 3, "found 3 files of mixtures, expected 2"),
        (2, ["p/w"] * 3, "found 3 files of pooled networks, expected 2"),
        (3, ["b/w"], "found 1 files of background networks, expected 2"),
    ],
)
def test_surplus_or_missing_files_are_an_error(index: int, files: list[str], message: str) -> None:
    models = [RecipeModels("moe", ["A", "B"], {}, "mean", None)]
    given = [["a/w"] * 4, ["m/w"] * 2, ["p/w"] * 2, ["b/w"] * 2]
    sort_checkpoints([0, 1], models, *given)
    given[index] = files
    with pytest.raises(ValueError, match=message):
        sort_checkpoints([0, 1], models, *given)
