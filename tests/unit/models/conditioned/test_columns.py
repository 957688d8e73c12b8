from pathlib import Path

import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray
from tests.fixtures.conditioned import NAMES, Run

from tfmoe.core.files import read_parquet
from tfmoe.data.datasets import read_sequences, write_sequences
from tfmoe.models.conditioned.columns import (
    Background,
    ConditionedFiles,
    ConditionedModels,
    Question,
)
from tfmoe.models.conditioned.model import ConditionedMixture
from tfmoe.models.gkm import load_gkm
from tfmoe.models.training_loop import auroc
from tolerance import close

CONDITIONED = [
    "moe_conditioned_seed0",
    "equal_weight_sum_seed0",
    "ensemble_kmers_matrix_seed0",
    "kmers_and_matrix",
]
TERMS = 2000  # of the mean and standard deviation over the background windows


def z(windows: ArrayLike, background: ArrayLike) -> NDArray[np.float64]:
    """Return scores standardised by those of the background windows."""
    found, reference = (np.asarray(values, dtype=np.float64) for values in (windows, background))
    return (found - reference.mean()) / reference.std()


@pytest.mark.parametrize("factor", ["Delta", "Beta", "Nobody"])
def test_the_columns_exist_with_and_without_a_matrix(
    run: Run, fitted: Path, tmp_path: Path, factor: str
) -> None:
    run.score(run.files(fitted), factor, run.sequences("Delta"), tmp_path / "x.parquet")
    table = read_parquet(tmp_path / "x.parquet")
    matrix = ["pwm"] if factor == "Delta" else []
    assert list(table.columns[8:]) == [
        *(f"expert_{name}_seed0" for name in NAMES), "mean_of_experts_seed0", "moe_seed0",
        "pooled_seed0", "gkm", *matrix, *CONDITIONED,
    ]  # fmt: skip
    assert {str(dtype) for dtype in table[CONDITIONED].dtypes} == {"float32"}
    assert np.isfinite(table[CONDITIONED].to_numpy()).all()
    members = read_parquet(tmp_path / "x.members.parquet")
    assert members["name"].tolist() == table["name"].tolist()
    assert ("matrix" in members) == (factor == "Delta")
    assert {"networks_seed0", "kmers", "generalist_seed0", "pooled_gkm"} <= set(members)


def test_the_matrix_of_an_unseen_factor_lifts_its_mixture(
    run: Run, fitted: Path, tmp_path: Path
) -> None:
    found = {}
    for factor in ("Delta", "Nobody"):
        run.score(run.files(fitted), factor, run.sequences("Delta"), tmp_path / "x.parquet")
        table = read_parquet(tmp_path / "x.parquet")
        found[factor] = auroc(table["moe_conditioned_seed0"].to_numpy(), table["label"].to_numpy())
    assert found["Delta"] > 0.8
    assert found["Delta"] > found["Nobody"] + 0.1


def test_an_own_expert_lifts_the_mixture_of_a_training_factor(
    run: Run, fitted: Path, tmp_path: Path
) -> None:
    found: dict[str | None, float] = {}
    for own in ("Beta", None):
        run.score(run.files(fitted), "Beta", run.sequences("Beta"), tmp_path / "x.parquet", own)
        table = read_parquet(tmp_path / "x.parquet")
        found[own] = auroc(table["moe_conditioned_seed0"].to_numpy(), table["label"].to_numpy())
    assert found["Beta"] > 0.8
    assert found["Beta"] > found[None]


def test_the_sums_are_of_standardised_scores_with_equal_weights(
    run: Run, fitted: Path, tmp_path: Path
) -> None:
    run.score(run.files(fitted), "Delta", run.sequences("Delta"), tmp_path / "x.parquet")
    table = read_parquet(tmp_path / "x.parquet")
    matrix = read_parquet(tmp_path / "x.members.parquet")["matrix"].to_numpy()
    background = ConditionedModels.load(run.files(fitted)).background
    kmers = z(table["gkm"], load_gkm(run.kmers).score(background.codes, None))
    mixture = z(table["moe_seed0"], background.table["moe_seed0"])
    pooled = z(table["pooled_seed0"], background.table["pooled_seed0"])
    close(table["equal_weight_sum_seed0"], (mixture + kmers + matrix) / 3, terms=TERMS)
    close(table["ensemble_kmers_matrix_seed0"], (pooled + kmers + matrix) / 3, terms=TERMS)
    close(table["kmers_and_matrix"], (kmers + matrix) / 2, terms=TERMS)


def test_one_window_scored_alone_gets_the_number_that_it_gets_among_others(
    run: Run, fitted: Path, tmp_path: Path
) -> None:
    run.score(run.files(fitted), "Delta", run.sequences("Delta"), tmp_path / "x.parquet")
    many = read_parquet(tmp_path / "x.parquet")
    data = read_sequences(run.sequences("Delta"), splits=["test"])
    for row in (0, 37):
        write_sequences(data.select(np.array([row])), tmp_path / "one.parquet")
        run.score(run.files(fitted), "Delta", tmp_path / "one.parquet", tmp_path / "y.parquet")
        one = read_parquet(tmp_path / "y.parquet")
        assert one["name"].tolist() == [many["name"][row]]
        close(one[CONDITIONED].iloc[0], many[CONDITIONED].iloc[row], terms=40)


def test_without_kmers_and_matrix_the_mixture_of_networks_remains(run: Run, tmp_path: Path) -> None:
    run.fit(tmp_path / "fitted", kmers=False)
    files = run.files(tmp_path / "fitted", kmers=False)
    run.score(files, "Nobody", run.sequences("Delta"), tmp_path / "x.parquet")
    table = read_parquet(tmp_path / "x.parquet")
    # there is nothing to add to the networks, and nothing left without them
    assert "kmers_and_matrix" not in table
    background = ConditionedModels.load(files).background
    alone = z(table["moe_seed0"], background.table["moe_seed0"])
    close(table["equal_weight_sum_seed0"], alone, terms=TERMS)


def test_the_background_knows_its_members(run: Run, fitted: Path) -> None:
    models = ConditionedModels.load(run.files(fitted))
    assert isinstance(models.mixture, ConditionedMixture)
    assert isinstance(models.background, Background)
    assert models.window == 41
    members = models.reference(0)
    assert list(members.networks) == list(NAMES)
    assert list(members.kmers) == list(NAMES)
    logits = models.background.table["expert_Beta_seed0"]
    np.testing.assert_array_equal(members.networks["Beta"], logits.astype(np.float64))
    assert members.pooled_kmers is not None
    without = ConditionedModels.load(run.files(fitted, kmers=False))
    assert without.reference(0).pooled_kmers is None


def test_kmer_models_scored_in_one_pass_have_the_logits_that_each_has_alone(
    run: Run, fitted: Path
) -> None:
    models = ConditionedModels.load(run.files(fitted))
    assert models.kmers is not None
    codes = models.background.codes
    found = models.kmers.logits(codes)
    specialists, pooled = load_gkm(run.kmers), load_gkm(run.pooled_kmers)
    np.testing.assert_array_equal(found.each["Beta"], specialists.score(codes, "Beta"))
    np.testing.assert_array_equal(found.pooled, pooled.score(codes, "pooled"))
    for own in ("Beta", None):
        np.testing.assert_array_equal(
            models.kmers.baseline(found, own), specialists.score(codes, own)
        )


def test_a_question_gathers_what_is_known_of_its_factor(run: Run, fitted: Path) -> None:
    models = ConditionedModels.load(run.files(fitted))
    unseen = models.evidence(Question("Delta"))
    assert (unseen.source, unseen.matrix_ids, unseen.specialists) == ("own", "MA0002.1", {})
    known = models.evidence(Question("Beta", own_expert="Beta"))
    assert (known.source, known.specialists) == ("none", {"Beta": 1.0})


def test_folders_are_those_of_the_files(run: Run) -> None:
    found = ConditionedFiles.of_weights(
        "a/config.json", run.matrices, ["b/model.safetensors"], ["c/model.safetensors"]
    )
    assert (found.folder, found.gapped_kmers, found.pooled_kmers) == (
        Path("a"), Path("b"), Path("c"),
    )  # fmt: skip
    without = ConditionedFiles.of_weights("a/config.json", run.matrices, [], [])
    assert without.kmer_models() is None
