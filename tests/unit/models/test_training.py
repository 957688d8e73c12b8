from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch

from tfmoe.core.config import schema_defaults
from tfmoe.core.errors import ConfigError, InputError, TrainingError
from tfmoe.core.files import read_json, read_tsv
from tfmoe.core.vocabulary import BACKGROUND
from tfmoe.data.datasets import SequenceSet, read_sequences, write_sequences
from tfmoe.data.intervals import write_bed
from tfmoe.models.checkpoints import read_expert
from tfmoe.models.device import Compute
from tfmoe.models.registry import build_backbone
from tfmoe.models.training import start_filters, train_expert
from tfmoe.models.training_data import Member, drop_bound_negatives
from tfmoe.models.training_settings import TrainingSettings

Make = Callable[..., SequenceSet]
Settings = Callable[..., TrainingSettings]
NEGATIVES = {"genomic": 2, "dinucleotide": 0.5}


def train(
    folder: Path,
    member: Member,
    settings: TrainingSettings,
    compute: Compute,
    negatives: dict[str, float] = NEGATIVES,
) -> None:
    train_expert(member.name, [member], None, negatives, settings, 1, 0, compute, folder)


def test_an_expert_learns_its_motif(project: Path) -> None:
    history = read_tsv(project / "experts" / "Alpha" / "history.tsv")
    assert history["validation_auroc"].max() > 0.95
    config = read_json(project / "experts" / "Alpha" / "config.json")
    assert config["name"] == "Alpha"
    assert config["factors"] == ["Alpha"]
    assert config["seed"] == 0
    assert config["window"] == 41
    best = history["epoch"][history["validation_auroc"].idxmax()]
    assert config["training"]["best_epoch"] == best


def test_training_again_gives_the_same_bytes(
    project: Path, reference: Path, tmp_path: Path, settings: Settings, compute: Compute
) -> None:
    member = Member("Alpha", ["Alpha"], {"Alpha": project / "Alpha.parquet"})
    train(tmp_path / "again", member, settings(), compute)
    for name in ("model.safetensors", "config.json", "history.tsv"):
        again = (tmp_path / "again" / name).read_bytes()
        assert again == (reference / name).read_bytes()


def test_the_config_records_the_section_it_was_trained_with(project: Path) -> None:
    recorded = read_json(project / "experts" / "Alpha" / "config.json")["training"]
    section = schema_defaults("training")
    left_out = {"seeds", "expert_per", "backbones", "pooled_ensemble", "background_vs_shuffle"}
    assert recorded.keys() - {"best_epoch", "recipe"} == section.keys() - left_out
    assert recorded["learning_rate"] == 0.02


def test_small_filters_learn_with_the_papers_optimiser(
    project: Path, tmp_path: Path, settings: Settings, compute: Compute
) -> None:
    changes = {"optimiser": "sgd", "learning_rate": 0.02, "momentum": 0.95, "weight_std": 1e-4}
    member = Member("Alpha", ["Alpha"], {"Alpha": project / "Alpha.parquet"})
    train(tmp_path, member, settings(**changes, epochs=30), compute)
    history = read_tsv(tmp_path / "history.tsv")
    assert (history["learning_rate"] == 0.02).all()
    assert history["validation_auroc"].max() > 0.9


def test_divergence_names_factor_and_seed(
    project: Path, tmp_path: Path, settings: Settings, compute: Compute
) -> None:
    member = Member("Alpha_K562", ["Alpha"], {"Alpha": project / "Alpha.parquet"})
    wild = settings(optimiser="sgd", learning_rate=1e30, gradient_clip=None)
    with pytest.raises(
        TrainingError, match=r"expert Alpha_K562 \(Alpha\), seed 0, epoch 1: the training diverged"
    ):
        train(tmp_path / "out", member, wild, compute)
    assert not (tmp_path / "out").exists()


def test_filters_start_as_asked() -> None:
    torch.manual_seed(0)
    backbone = build_backbone("convnet", 41, {"filters": 64, "kernel_width": 8, "pool": "max"})
    before = backbone.convolution.weight.detach().clone()
    start_filters(backbone, None)
    assert torch.equal(backbone.convolution.weight, before)
    start_filters(backbone, 1e-3)
    assert backbone.convolution.weight.std().item() == pytest.approx(1e-3, rel=0.05)
    assert not backbone.convolution.bias.any()


def test_another_seed_gives_other_weights(
    project: Path, reference: Path, tmp_path: Path, settings: Settings, compute: Compute
) -> None:
    members = [Member("Alpha", ["Alpha"], {"Alpha": project / "Alpha.parquet"})]
    train_expert("Alpha", members, None, NEGATIVES, settings(epochs=1), 1, 1, compute, tmp_path)
    first = read_expert(reference)[0].head.weight
    assert not np.allclose(first.detach(), read_expert(tmp_path)[0].head.weight.detach())


def test_the_pooled_network_is_trained_on_all(
    project: Path, tmp_path: Path, settings: Settings, compute: Compute
) -> None:
    members = [Member(x, [x], {x: project / f"{x}.parquet"}) for x in ("Alpha", "Beta", "Gamma")]
    peaks = project / "training_peaks.bed.gz"
    train_expert("pooled", members, peaks, NEGATIVES, settings(), 1, 0, compute, tmp_path)
    config = read_json(tmp_path / "config.json")
    assert config["experiments"] == ["Alpha", "Beta", "Gamma"]
    assert config["name"] == "pooled"
    assert read_tsv(tmp_path / "history.tsv")["validation_auroc"].max() > 0.7


def test_the_background_network_never_sees_a_peak(
    project: Path, tmp_path: Path, settings: Settings, compute: Compute
) -> None:
    names = ["Alpha", "Beta", "Gamma"]
    members = [Member(BACKGROUND, names, {x: project / f"{x}.parquet" for x in names})]
    peaks = project / "training_peaks.bed.gz"
    train_expert(BACKGROUND, members, peaks, NEGATIVES, settings(), 1, 0, compute, tmp_path / "a")
    assert read_json(tmp_path / "a" / "config.json")["experiments"] == names
    # other positives, the same network
    for name in names:
        data = read_sequences(project / f"{name}.parquet")
        data.codes[(data.table["label"] == 1).to_numpy()] = 0
        write_sequences(data, tmp_path / f"{name}.parquet")
    other = [Member(BACKGROUND, names, {x: tmp_path / f"{x}.parquet" for x in names})]
    train_expert(BACKGROUND, other, peaks, {}, settings(), 1, 0, compute, tmp_path / "b")
    first, second = (tmp_path / part / "model.safetensors" for part in "ab")
    assert first.read_bytes() == second.read_bytes()


def test_negatives_in_training_peaks_are_dropped(sequences: Make, tmp_path: Path) -> None:
    data = sequences("Alpha", "TGACTCA", {"train": 2})
    table = data.table.copy()
    table.loc[3, ["kind", "parent"]] = ["dinucleotide", table["name"][0]]
    table.loc[3, ["start", "end"]] = table.loc[0, ["start", "end"]].to_numpy()
    table.loc[4, "kind"] = "other_factor"
    bound = table.loc[[0, 2], ["chrom", "start", "end"]].assign(factor="Beta", experiment="b")
    write_bed(bound, tmp_path / "peaks.bed.gz")
    kept = drop_bound_negatives(
        SequenceSet(table, data.codes, data.flank), tmp_path / "peaks.bed.gz"
    )
    assert kept.table["name"].tolist() == table["name"][[0, 1, 3, 5]].tolist()
    assert drop_bound_negatives(data, None) is data


def test_splits_of_training_and_judging(
    project: Path, tmp_path: Path, settings: Settings, compute: Compute
) -> None:
    """The contents of all other splits do not matter."""
    member = Member("Alpha", ["Alpha"], {"Alpha": project / "Alpha.parquet"})
    chosen = settings(epochs=2, fit_splits=["train", "validation"], judge_splits=["gate"])
    train(tmp_path / "whole", member, chosen, compute)
    data = read_sequences(member.sequences["Alpha"], splits=["train", "gate", "validation"])
    write_sequences(data, tmp_path / "without_test.parquet")
    other = Member("Alpha", ["Alpha"], {"Alpha": tmp_path / "without_test.parquet"})
    train(tmp_path / "without_test", other, chosen, compute)
    weights = [(tmp_path / x / "model.safetensors").read_bytes() for x in ("whole", "without_test")]
    assert weights[0] == weights[1]
    for left_out in ("train", "gate", "validation"):
        part = data.select((data.table["split"] != left_out).to_numpy())
        write_sequences(part, tmp_path / "without_test.parquet")
        if left_out == "gate":
            with pytest.raises(TrainingError, match=r"0 positives .*training\.judge_splits: gate"):
                train(tmp_path / left_out, other, chosen, compute)
            continue
        train(tmp_path / left_out, other, chosen, compute)
        assert (tmp_path / left_out / "model.safetensors").read_bytes() != weights[0]


def test_settings_that_contradict_each_other(settings: Settings) -> None:
    robust = {"substitutions": 1, "replays": 13, "share": 1.0}
    with pytest.raises(ConfigError, match=r"robust\.replays: found 13, expected at most .* = 12"):
        settings(robust=robust)
    assert settings(robust={**robust, "substitutions": 0}).optimiser.robust.passes_per_batch == 1


def test_a_missing_gpu_or_backbone_is_reported_before_training(
    project: Path, tmp_path: Path, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    member = Member("Alpha", ["Alpha"], {"Alpha": project / "Alpha.parquet"})
    gpu = Compute(device="cuda", threads=1, batch_size=64)
    with pytest.raises(ConfigError, match=r"compute\.device: found cuda"):
        train(tmp_path / "out", member, settings(), gpu)
    with pytest.raises(ConfigError, match=r"training\.backbone"):
        train(tmp_path / "out", member, settings(backbone="resnet"), replace(gpu, device="cpu"))
    assert not (tmp_path / "out").exists()


def test_several_experiments_make_one_expert(
    project: Path, tmp_path: Path, settings: Settings, compute: Compute
) -> None:
    paths = {x: project / f"{x}.parquet" for x in ("Alpha", "Beta")}
    train(tmp_path, Member("AB", ["Alpha", "Beta"], paths), settings(epochs=1), compute)
    assert read_json(tmp_path / "config.json")["experiments"] == ["Alpha", "Beta"]


@pytest.mark.parametrize(
    ("counts", "ratio", "message"),
    [
        (
            {"train": 9, "validation": 5},
            2,
            r"9 positives of x \(F\) to train on \(.*fit_splits: train\).*least 10",
        ),
        (
            {"train": 12, "validation": 0},
            2,
            r"0 positives and 0 negatives of x .*judge_splits: val",
        ),
        (
            {"train": 12, "validation": 5},
            0,
            r"5 positives and 0 negatives of x .*judge_splits: val",
        ),
    ],
)
def test_data_that_cannot_be_learned_from(
    counts: dict[str, int],
    ratio: int,
    message: str,
    tmp_path: Path,
    sequences: Make,
    settings: Settings,
    compute: Compute,
) -> None:
    write_sequences(sequences("x", "TGACTCA", counts, ratio), tmp_path / "x.parquet")
    member = Member("Reb1", ["F"], {"x": tmp_path / "x.parquet"})
    with pytest.raises(TrainingError, match=rf"expert Reb1 \(F\), seed 0: .*{message}"):
        train(tmp_path / "out", member, settings(), compute)
    assert not (tmp_path / "out").exists()


def test_a_train_split_of_one_class(
    tmp_path: Path, sequences: Make, settings: Settings, compute: Compute
) -> None:
    data = sequences("x", "TGACTCA", {"train": 12, "validation": 5})
    split, label = data.table["split"], data.table["label"]
    keep = (split == "validation") | (label == 1)
    write_sequences(data.select(keep), tmp_path / "x.parquet")
    member = Member("Reb1", ["F"], {"x": tmp_path / "x.parquet"})
    with pytest.raises(
        TrainingError, match=r"seed 0: found no negatives to train on \(training\.fit"
    ):
        train(tmp_path / "out", member, settings(), compute, {"genomic": 2})


def test_windows_of_two_lengths(
    project: Path, tmp_path: Path, sequences: Make, settings: Settings, compute: Compute
) -> None:
    longer = sequences("y", "TGACTCA", {"train": 12, "validation": 5}, length=51)
    write_sequences(longer, tmp_path / "y.parquet")
    paths = {"Alpha": project / "Alpha.parquet", "y": tmp_path / "y.parquet"}
    with pytest.raises(InputError, match=r"expert AB \(F\), seed 0: .*differ in length"):
        train(tmp_path / "out", Member("AB", ["F"], paths), settings(), compute)


def test_a_shift_beyond_the_flanks(
    project: Path, tmp_path: Path, settings: Settings, compute: Compute
) -> None:
    member = Member("Alpha", ["Alpha"], {"Alpha": project / "Alpha.parquet"})
    with pytest.raises(ConfigError, match=r"max_shift is 5, .* flanks of 4 bases"):
        train(tmp_path / "out", member, settings(max_shift=5), compute)


def test_the_fixture_has_the_expected_counts(project: Path) -> None:
    table: pd.DataFrame = read_sequences(project / "Alpha.parquet").table
    assert table.groupby(["split", "label"]).size().to_dict() == {
        ("gate", 0): 40,
        ("gate", 1): 20,
        ("test", 0): 40,
        ("test", 1): 20,
        ("train", 0): 80,
        ("train", 1): 40,
        ("validation", 0): 40,
        ("validation", 1): 20,
    }
