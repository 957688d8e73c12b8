from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from tfmoe.core.config import schema_defaults
from tfmoe.core.errors import InputError, TrainingError
from tfmoe.core.files import read_json, read_parquet, read_tsv
from tfmoe.data.datasets import SequenceSet, read_sequences, write_sequences
from tfmoe.models.checkpoints import load_expert, load_mixture
from tfmoe.models.device import Compute
from tfmoe.models.fitting import MixtureSettings, fit_mixture, start_mixture
from tfmoe.models.prediction import predict
from tfmoe.models.training import Member, TrainingSettings, train_expert

NAMES = ("Gamma", "Alpha", "Beta")


def settings(**changes: object) -> MixtureSettings:
    return MixtureSettings(**{**schema_defaults("mixture"), "epochs": 20, **changes})


def fit(project: Path, folder: Path, compute: Compute, **changes: object) -> None:
    fit_mixture(
        {name: project / "experts" / name for name in NAMES},
        {name: project / f"{name}.parquet" for name in NAMES},
        project / "training_peaks.bed.gz",
        {"genomic": 2, "dinucleotide": 0.5},
        settings(**changes),
        1,
        0,
        compute,
        folder,
    )


@pytest.fixture(scope="module")
def fitted(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mixture")
    fit(
        project,
        folder,
        Compute("cpu", 1, 64),
        learning_rate=0.02,
        uniform_penalty=0.0,
        batch_size=32,
    )
    return folder


def test_epoch_0_is_the_mean_of_the_experts(project: Path, fitted: Path) -> None:
    history = read_tsv(fitted / "history.tsv")
    assert history["epoch"].tolist() == list(range(len(history)))
    parts = [read_sequences(project / f"{x}.parquet", splits=["validation"]) for x in NAMES]
    codes = np.concatenate([part.windows for part in parts])
    labels = np.concatenate([part.labels for part in parts])
    logits = [
        predict(load_expert(project / "experts" / x), codes, 64, torch.device("cpu")) for x in NAMES
    ]
    mean = np.mean(logits, axis=0)
    loss = np.mean(np.logaddexp(0, mean) - labels * mean)
    assert history["validation_loss"][0] == pytest.approx(loss, rel=1e-4)


def test_fitting_lowers_the_validation_loss(fitted: Path) -> None:
    history = read_tsv(fitted / "history.tsv")
    best = int(history["validation_loss"].idxmin())
    assert best > 0
    assert history["validation_auroc"][best] > history["validation_auroc"][0]
    assert read_json(fitted / "config.json")["fit"]["best_epoch"] == best


def test_gate_weights_are_written_per_sequence(project: Path, fitted: Path) -> None:
    gate = read_parquet(fitted / "gate.parquet")
    assert list(gate.columns) == ["name", "split", *NAMES]
    np.testing.assert_allclose(gate[list(NAMES)].sum(axis=1), 1, rtol=1e-5)
    assert gate.groupby("split").size().to_dict() == {"gate": 180, "validation": 180}
    assert gate["name"].is_unique
    mixture = load_mixture(fitted, {name: project / "experts" / name for name in NAMES})
    assert mixture.expert_names == NAMES


def test_the_gate_prefers_the_expert_of_the_factor(project: Path, fitted: Path) -> None:
    gate = read_parquet(fitted / "gate.parquet").set_index("name")
    table: pd.DataFrame = read_sequences(project / "Alpha.parquet", splits=["gate"]).table
    positives = table["name"][table["label"] == 1]
    means = gate.loc[positives, list(NAMES)].mean()
    assert means.idxmax() == "Alpha"
    assert means["Alpha"] > 0.4


def test_a_heavy_penalty_keeps_the_gate_uniform(
    project: Path, tmp_path: Path, compute: Compute
) -> None:
    furthest = {}
    for penalty in (0.0, 100.0):
        fit(project, tmp_path, compute, learning_rate=0.02, uniform_penalty=penalty)
        gate = read_parquet(tmp_path / "gate.parquet")[list(NAMES)]
        furthest[penalty] = float((gate - 1 / 3).abs().to_numpy().max())
    assert furthest[100.0] < 0.05
    assert furthest[0.0] > 3 * furthest[100.0]


def test_fitting_again_gives_the_same_bytes(
    project: Path, fitted: Path, tmp_path: Path, compute: Compute
) -> None:
    fit(project, tmp_path, compute, learning_rate=0.02, uniform_penalty=0.0, batch_size=32)
    for name in ("model.safetensors", "config.json", "history.tsv", "gate.parquet"):
        assert (tmp_path / name).read_bytes() == (fitted / name).read_bytes()


def test_fitting_leaves_the_experts_alone(project: Path, fitted: Path) -> None:
    mixture = load_mixture(fitted, {name: project / "experts" / name for name in NAMES})
    start = start_mixture({name: project / "experts" / name for name in NAMES}, "mixture")
    for found, expected in zip(mixture.experts, start.experts, strict=True):
        for name, value in found.state_dict().items():
            assert torch.equal(value, expected.state_dict()[name])


def test_a_gate_split_without_positives(project: Path, tmp_path: Path, compute: Compute) -> None:
    for name in NAMES:
        data: SequenceSet = read_sequences(project / f"{name}.parquet")
        keep = (data.table["split"] != "gate") | (data.table["label"] == 0)
        write_sequences(data.select(keep), tmp_path / f"{name}.parquet")
    with pytest.raises(TrainingError, match=r"mixture default, seed 0: the gate split .*0 positi"):
        fit_mixture(
            {name: project / "experts" / name for name in NAMES},
            {name: tmp_path / f"{name}.parquet" for name in NAMES},
            project / "training_peaks.bed.gz",
            {"genomic": 2},
            settings(),
            1,
            0,
            compute,
            tmp_path / "out",
        )


def test_experts_that_do_not_match(
    project: Path,
    tmp_path: Path,
    compute: Compute,
    settings: Callable[..., TrainingSettings],
) -> None:
    small = settings(embedding=4, epochs=1)
    members = [Member("Beta", ["Beta"], {"Beta": project / "Beta.parquet"})]
    train_expert("Beta", members, None, {"genomic": 2}, small, 1, 0, compute, tmp_path)
    with pytest.raises(InputError, match=r"experts differ in .*Alpha.*Beta"):
        start_mixture({"Alpha": project / "experts" / "Alpha", "Beta": tmp_path}, "mixture")
