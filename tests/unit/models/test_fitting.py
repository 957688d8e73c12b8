from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor

from tfmoe.core.config import schema_defaults
from tfmoe.core.errors import ConfigError, InputError, TrainingError
from tfmoe.core.files import read_json, read_parquet, read_tsv
from tfmoe.data.datasets import SequenceSet, read_sequences, write_sequences
from tfmoe.models.checkpoints import load_expert, load_mixture
from tfmoe.models.device import Compute
from tfmoe.models.encoding import one_hot
from tfmoe.models.fitting import fit_mixture, load_pool
from tfmoe.models.mixture_settings import MixtureSettings
from tfmoe.models.prediction import predict, predict_mixture
from tfmoe.models.training import train_expert
from tfmoe.models.training_data import Member
from tfmoe.models.training_settings import TrainingSettings
from tolerance import close

NAMES = ("Gamma", "Alpha", "Beta")
TERMS = 4 * 8  # of the longest sum in these networks: a filter's


def settings(**changes: object) -> MixtureSettings:
    return MixtureSettings.from_section({**schema_defaults("mixture"), "epochs": 20, **changes})


def fit(
    project: Path,
    folder: Path,
    compute: Compute,
    experts: dict[str, Path] | None = None,
    **changes: object,
) -> None:
    fit_mixture(
        experts or folders(project),
        {name: project / f"{name}.parquet" for name in NAMES},
        project / "training_peaks.bed.gz",
        {"genomic": 2, "dinucleotide": 0.5},
        settings(**changes),
        1,
        0,
        compute,
        folder,
    )


def folders(project: Path) -> dict[str, Path]:
    return {name: project / "experts" / name for name in NAMES}


def windows(project: Path, *splits: str) -> Tensor:
    parts = [read_sequences(project / f"{x}.parquet", splits=splits).windows for x in NAMES]
    return one_hot(torch.from_numpy(np.concatenate(parts)))


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
    close(history["validation_loss"][0], loss, terms=len(labels), dtype=np.float32)


def test_fitting_lowers_the_validation_loss(fitted: Path) -> None:
    history = read_tsv(fitted / "history.tsv")
    best = int(history["validation_loss"].idxmin())
    assert best > 0
    assert history["validation_auroc"][best] > history["validation_auroc"][0]
    assert read_json(fitted / "config.json")["fit"]["best_epoch"] == best


def test_gate_weights_are_written_per_sequence(project: Path, fitted: Path) -> None:
    gate = read_parquet(fitted / "gate.parquet")
    assert list(gate.columns) == ["name", "split", *NAMES]
    close(gate[list(NAMES)].sum(axis=1), 1, terms=3)
    assert gate.groupby("split").size().to_dict() == {"gate": 180, "validation": 180}
    assert gate["name"].is_unique
    mixture = load_mixture(fitted, folders(project))
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
    mixture = load_mixture(fitted, folders(project))
    start = load_pool(folders(project), settings().head, "mixture").mixture
    for found, expected in zip(mixture.experts, start.experts, strict=True):
        for name, value in found.state_dict().items():
            assert torch.equal(value, expected.state_dict()[name])


def test_a_gate_split_without_positives(project: Path, tmp_path: Path, compute: Compute) -> None:
    for name in NAMES:
        data: SequenceSet = read_sequences(project / f"{name}.parquet")
        keep = (data.table["split"] != "gate") | (data.table["label"] == 0)
        write_sequences(data.select(keep), tmp_path / f"{name}.parquet")
    with pytest.raises(
        TrainingError, match=r"mixture default, seed 0: mixture\.fit_splits \(gate\) has 0 positi"
    ):
        fit_mixture(
            folders(project),
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
        experts = {"Alpha": project / "experts" / "Alpha", "Beta": tmp_path}
        fit(project, tmp_path / "out", compute, experts=experts)


def test_logits_combined_are_calibrated_and_come_back(
    project: Path, tmp_path: Path, compute: Compute
) -> None:
    options = {"combines": "logits", "gate_reads": "both", "top_k": 2, "learning_rate": 0.02}
    fit(project, tmp_path, compute, **options)
    config = read_json(tmp_path / "config.json")
    assert config["head"]["combines"] == "logits"
    assert config["fit"]["fit_splits"] == ["gate"]
    assert not config["fine_tuned"]
    mixture = load_mixture(tmp_path, folders(project))
    sequences = windows(project, "validation")
    with torch.no_grad():
        logits = mixture(sequences).double()
        gate = mixture.gate(sequences)
    assert mixture.head.calibration_scale.item() not in (0, 1)
    # at the largest likelihood the mean probability is the share of positives
    assert torch.sigmoid(logits).mean().item() == pytest.approx(1 / 3, abs=2e-3)
    assert (gate == 0).any()
    assert ((gate > 0).sum(1) <= 3).all()


def test_without_calibration_logits_stay_as_fitted(
    project: Path, tmp_path: Path, compute: Compute
) -> None:
    for calibrate in (False, True):
        fit(project, tmp_path / str(calibrate), compute, epochs=2, calibrate=calibrate)
    codes = read_sequences(project / "Alpha.parquet", splits=["test"]).windows
    plain, calibrated = (
        predict(load_mixture(tmp_path / x, folders(project)), codes, 64, torch.device("cpu"))
        for x in ("False", "True")
    )
    head = load_mixture(tmp_path / "True", folders(project)).head
    scale, offset = head.calibration_scale.item(), head.calibration_offset.item()
    assert scale > 0
    close(calibrated, scale * plain + offset, terms=TERMS)
    history = [(tmp_path / x / "history.tsv").read_bytes() for x in ("False", "True")]
    assert history[0] == history[1]


def test_fine_tuning_changes_the_experts_and_is_loaded_as_fitted(
    project: Path, tmp_path: Path, compute: Compute
) -> None:
    tuned = {"epochs": 3, "learning_rate": 0.002}
    fit(project, tmp_path, compute, epochs=5, learning_rate=0.02, batch_size=32, fine_tune=tuned)
    config, history = read_json(tmp_path / "config.json"), read_tsv(tmp_path / "history.tsv")
    assert config["fine_tuned"]
    assert history["learning_rate"].tolist() == [0.02] * 6 + [0.002] * 3
    best = int(history["validation_loss"].idxmin())
    assert config["fit"]["best_epoch"] == best > 5
    mixture = load_mixture(tmp_path, folders(project))
    assert not any(value.requires_grad for value in mixture.experts.parameters())
    frozen = load_pool(folders(project), settings().head, "mixture").mixture
    for found, before in zip(mixture.experts, frozen.experts, strict=True):
        assert not torch.equal(found.projection.weight, before.projection.weight)
    parts = [read_sequences(project / f"{x}.parquet", splits=["validation"]) for x in NAMES]
    labels = np.concatenate([part.labels for part in parts])
    with torch.no_grad():
        head, logits = mixture.head, mixture(windows(project, "validation"))
        fitted = ((logits - head.calibration_offset) / head.calibration_scale).numpy()
        gate = mixture.gate(windows(project, "validation"))
    loss = np.mean(np.logaddexp(0, fitted) - labels * fitted)
    close(history["validation_loss"][best], loss, terms=len(labels), dtype=np.float32)
    table = read_parquet(tmp_path / "gate.parquet")
    written = table.loc[table["split"] == "validation", list(NAMES)]
    close(written, gate, terms=TERMS)


def test_fine_tuning_that_only_harms_keeps_the_start(
    project: Path, tmp_path: Path, compute: Compute
) -> None:
    tuned = {"epochs": 5, "learning_rate": 1.0}
    fit(project, tmp_path, compute, epochs=3, patience=2, fine_tune=tuned)
    history = read_tsv(tmp_path / "history.tsv")
    assert len(history) == 4 + 2
    assert read_json(tmp_path / "config.json")["fit"]["best_epoch"] <= 3
    mixture = load_mixture(tmp_path, folders(project))
    frozen = load_pool(folders(project), settings().head, "mixture").mixture
    for found, before in zip(mixture.experts, frozen.experts, strict=True):
        assert torch.equal(found.projection.weight, before.projection.weight)


def test_fitted_on_train_with_shuffles_made_for_it(
    project: Path, tmp_path: Path, compute: Compute
) -> None:
    fit(project, tmp_path, compute, fit_splits=["train"], judge_splits=["gate"], epochs=2)
    gate = read_parquet(tmp_path / "gate.parquet")
    # 3 x (40 positives, 80 genomic, 20 shuffles), and 3 x (20 and 40)
    assert gate.groupby("split").size().to_dict() == {"gate": 180, "train": 420}
    assert gate["name"].str.contains(":dinucleotide:").sum() == 60
    assert gate["name"].is_unique


def test_a_gate_that_may_not_use_the_own_expert_learns_to_do_without(
    project: Path, tmp_path: Path, compute: Compute
) -> None:
    plain = {"learning_rate": 0.02, "uniform_penalty": 0.0, "batch_size": 32}
    gates = {}
    for share in (0.0, 1.0):
        fit(project, tmp_path / str(share), compute, leave_own_out=share, **plain)
        gates[share] = read_parquet(tmp_path / str(share) / "gate.parquet")[list(NAMES)]
    # the weight of an own expert that was never allowed is left to chance, but the others serve its
    # factor better than their mean
    loss = read_tsv(tmp_path / "1.0" / "history.tsv")["validation_loss"]
    assert loss.min() < 0.95 * loss[0]
    assert (gates[0.0] - gates[1.0]).abs().to_numpy().max() > 0.1


def test_the_start_is_judged_with_and_without_the_own_experts(
    project: Path, tmp_path: Path, compute: Compute
) -> None:
    fit(project, tmp_path, compute, leave_own_out=0.25, epochs=1)
    losses = []
    for own in (True, False):
        parts = []
        for name in NAMES:
            data = read_sequences(project / f"{name}.parquet", splits=["validation"])
            logits = [
                predict(load_expert(folders(project)[x]), data.windows, 64, torch.device("cpu"))
                for x in NAMES
                if own or x != name
            ]
            mean = np.mean(logits, axis=0)
            parts.append(np.logaddexp(0, mean) - data.labels * mean)
        losses.append(np.concatenate(parts).mean())
    expected = 0.75 * losses[0] + 0.25 * losses[1]
    assert losses[1] > losses[0]
    history = read_tsv(tmp_path / "history.tsv")
    close(history["validation_loss"][0], expected, terms=len(data.labels), dtype=np.float32)


def test_the_normalised_start_has_the_mean_norm_of_the_fit(
    project: Path, tmp_path: Path, compute: Compute
) -> None:
    # the learning rate is too low to move anything
    fit(project, tmp_path, compute, normalise=True, epochs=1, learning_rate=1e-12)
    mixture = load_mixture(tmp_path, folders(project))
    with torch.no_grad():
        norms = mixture.run_experts(windows(project, "gate")).embeddings.norm(dim=2).mean(0)
        weights = torch.cat([expert.head.weight for expert in mixture.experts])
        found = mixture.head.projections.sum(1) / 8**0.5
    close(found, norms.unsqueeze(1) * weights, terms=TERMS)


def test_an_entropy_penalty_sharpens_the_gate(
    project: Path, tmp_path: Path, compute: Compute
) -> None:
    entropy = {}
    plain = {"learning_rate": 0.02, "uniform_penalty": 0.0, "start_penalty": 0.0, "patience": 20}
    for penalty in (0.0, 0.2):
        fit(project, tmp_path, compute, entropy_penalty=penalty, **plain)
        gate = read_parquet(tmp_path / "gate.parquet")[list(NAMES)].to_numpy()
        entropy[penalty] = -(gate * np.log(gate.clip(1e-12))).sum(axis=1).mean()
    assert entropy[0.2] < entropy[0.0] - 0.1


def test_experts_of_two_backbones_and_a_generalist_are_one_pool(
    project: Path,
    tmp_path: Path,
    compute: Compute,
    settings: Callable[..., TrainingSettings],
) -> None:
    members = [Member(x, [x], {x: project / f"{x}.parquet"}) for x in NAMES]
    peaks = project / "training_peaks.bed.gz"
    backbones = {
        "convnet": {"filters": 3, "kernel_width": 7, "pool": "max"},
        "explainn": {
            "units": 3,
            "kernel_width": 7,
            "pool_width": 5,
            "hidden": 4,
            "dropout": 0.1,
        },
    }
    for name, parts, bound, backbone in (
        ("Beta", members[2:], None, "explainn"),
        ("pooled", members, peaks, "convnet"),
    ):
        small = settings(epochs=1, backbone=backbone, backbones=backbones)
        train_expert(name, parts, bound, {"genomic": 2}, small, 1, 0, compute, tmp_path / name)
    experts = {
        **folders(project),
        "Beta_explainn": tmp_path / "Beta",
        "pooled": tmp_path / "pooled",
    }
    fit(project, tmp_path / "out", compute, experts=experts, leave_own_out=0.5, epochs=2)
    mixture = load_mixture(tmp_path / "out", experts)
    assert mixture.expert_names == (*NAMES, "Beta_explainn", "pooled")
    codes = read_sequences(project / "Beta.parquet", splits=["test"]).windows
    found = predict_mixture(mixture, codes, 16, torch.device("cpu"))
    own = predict(load_expert(tmp_path / "Beta"), codes, 16, torch.device("cpu"))
    close(found.experts[:, 3], own, terms=TERMS)


def test_more_weights_to_keep_than_networks(
    project: Path, tmp_path: Path, compute: Compute
) -> None:
    with pytest.raises(ConfigError, match=r"mixture\.top_k: found 4, expected at most 3"):
        fit(project, tmp_path, compute, top_k=4)


def test_a_fit_that_diverges(project: Path, tmp_path: Path, compute: Compute) -> None:
    message = r"mixture default, seed 0, epoch \d+: the fit diverged; lower mixture\.learning_rate"
    with pytest.raises(TrainingError, match=message):
        fit(project, tmp_path, compute, learning_rate=1e30, start_penalty=1e30)
