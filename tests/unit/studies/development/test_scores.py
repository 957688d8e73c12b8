from pathlib import Path

import numpy as np
import pytest
import torch

from tfmoe.core.config import schema_defaults
from tfmoe.data.datasets import read_sequences
from tfmoe.models.checkpoints import load_expert
from tfmoe.models.device import Compute
from tfmoe.models.fitting import fit_mixture
from tfmoe.models.mixture_settings import MixtureSettings
from tfmoe.models.prediction import predict
from tfmoe.studies.development.scores import CaseModels, group_models, score_cases
from tolerance import close

CPU = torch.device("cpu")
TERMS = 4 * 8  # of the longest sum in these networks: a filter's


def test_files_are_assigned_by_case_seed_and_member():
    cases = [
        {"left_out": "-", "members": ["A", "pooled"], "experts": ["A"], "experiments": ["A", "B"]},
        {"left_out": "B", "members": ["A"], "experts": ["A"], "experiments": ["B"]},
    ]
    cases = [case | {"own": {}} for case in cases]
    networks = [f"{name}/model" for name in ("a0", "p0", "a1", "p1", "wa0", "wa1")]
    pooled = [f"{name}/model" for name in ("p0", "p1", "wp0", "wp1")]
    mixtures = [f"{name}/model" for name in ("m0", "m1", "wm0", "wm1")]
    found = group_models(cases, [0, 1], networks, pooled, mixtures)
    assert [(case.left_out, case.seed) for case in found] == [
        ("-", 0),
        ("-", 1),
        ("B", 0),
        ("B", 1),
    ]
    assert found[1].pool == {"A": Path("a1"), "pooled": Path("p1")}
    assert (found[3].pool, found[3].pooled, found[3].mixture) == (
        {"A": Path("wa1")},
        Path("wp1"),
        Path("wm1"),
    )


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ((5, 2, 2), "found 5 files of networks, expected 4"),
        ((3, 2, 2), "found 3 files of networks, expected 4"),
        ((4, 3, 2), "found 3 files of pooled networks, expected 2"),
        ((4, 2, 1), "found 1 files of mixtures, expected 2"),
    ],
)
def test_a_wrong_number_of_files_is_rejected(numbers, message):
    case = {"left_out": "-", "members": ["A", "B"], "experts": ["A"], "experiments": [], "own": {}}
    group_models([case], [0, 1], ["a/w"] * 4, ["p/w"] * 2, ["m/w"] * 2)
    files = [["x/w"] * number for number in numbers]
    with pytest.raises(ValueError, match=message):
        group_models([case], [0, 1], *files)


@pytest.fixture(scope="module")
def mixture(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fit a mixture over Alpha and Beta; Gamma is left out and serves as the pooled network."""
    folder = tmp_path_factory.mktemp("without")
    tuned = {"epochs": 1, "learning_rate": 0.01}
    section = {**schema_defaults("mixture"), "epochs": 2, "fine_tune": tuned}
    fit_mixture(
        {name: project / "experts" / name for name in ("Alpha", "Beta")},
        {name: project / f"{name}.parquet" for name in ("Alpha", "Beta")},
        project / "training_peaks.bed.gz",
        {"genomic": 2},
        MixtureSettings.from_section(section),
        1,
        0,
        Compute("cpu", 1, 64),
        folder,
    )
    return folder


def case(project: Path, mixture: Path, **changes: object) -> CaseModels:
    values: dict[str, object] = {
        "left_out": "Gamma",
        "seed": 0,
        "experiments": ["Gamma"],
        "own": {},
        "experts": ["Alpha", "Beta"],
        "pool": {name: project / "experts" / name for name in ("Alpha", "Beta")},
        "pooled": project / "experts" / "Gamma",
        "mixture": mixture,
    }
    return CaseModels(**{**values, **changes})  # type: ignore[arg-type]


def test_the_validation_split_is_scored_by_mixture_means_and_pooled_network(
    project: Path, mixture: Path
) -> None:
    sequences = {name: project / f"{name}.parquet" for name in ("Alpha", "Gamma")}
    compute = Compute("cpu", 1, 50)
    (found,) = score_cases([case(project, mixture)], sequences, compute)
    data = read_sequences(sequences["Gamma"], ["validation"])
    assert found.label.tolist() == data.table["label"].tolist()
    assert list(found.logits) == ["moe", "mean_of_experts", "pooled"]
    alone = [
        predict(load_expert(project / "experts" / name), data.windows, 50, CPU)
        for name in ("Alpha", "Beta", "Gamma")
    ]
    mean = (alone[0] + alone[1]) / 2
    # logits of the original experts, although this mixture has fine-tuned copies
    close(found.logits["mean_of_experts"], mean, terms=TERMS)
    close(found.logits["pooled"], alone[2], terms=TERMS)
    assert np.abs(found.logits["moe"] - mean).max() > 1e-3


def test_an_experiment_has_its_own_expert_and_a_pool_with_generalists_a_mean(
    project: Path, mixture: Path
) -> None:
    sequences = {"Alpha": project / "Alpha.parquet"}
    known = case(
        project,
        mixture,
        left_out="-",
        experiments=["Alpha"],
        own={"Alpha": "Alpha"},
        experts=["Alpha"],
    )
    (found,) = score_cases([known], sequences, Compute("cpu", 1, 50))
    assert list(found.logits) == ["moe", "own_expert", "mean_of_experts", "mean_of_pool", "pooled"]
    np.testing.assert_array_equal(found.logits["own_expert"], found.logits["mean_of_experts"])
    assert not np.allclose(found.logits["own_expert"], found.logits["mean_of_pool"])


def test_a_pool_of_which_only_generalists_are_left_has_no_mean_of_experts(
    project: Path, mixture: Path
) -> None:
    sequences = {"Gamma": project / "Gamma.parquet"}
    (found,) = score_cases([case(project, mixture, experts=[])], sequences, Compute("cpu", 1, 50))
    assert list(found.logits) == ["moe", "mean_of_pool", "pooled"]
