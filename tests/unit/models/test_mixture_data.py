from pathlib import Path

import numpy as np
import pytest
import torch

from tfmoe.core.errors import TrainingError
from tfmoe.data.datasets import read_sequences
from tfmoe.models.checkpoints import ExpertConfig, read_expert
from tfmoe.models.mixture_data import (
    CachedOutputs,
    check_classes,
    draw_examples,
    make_examples,
    own_experts,
    read_examples,
)
from tfmoe.models.moe import HeadOptions, Mixture, MixtureHead

NAMES = ("Gamma", "Alpha")


def trained_on(experiments: list[str], factors: list[str]) -> ExpertConfig:
    return ExpertConfig(
        "x", experiments, factors, 0, "tfmoe", "convnet", {}, 8, 0.0, 20, True, {}, {}
    )


def test_own_experts_know_the_factor_and_no_other() -> None:
    pool = {
        "a1": trained_on(["a1"], ["A"]),
        "a2": trained_on(["a2"], ["A"]),
        "B": trained_on(["b1", "b2"], ["B"]),
        "B_legnet": trained_on(["b1", "b2"], ["B"]),
        "pooled": trained_on(["a1", "a2", "b1", "b2"], ["A", "B"]),
    }
    found = own_experts(np.array(["b2", "a1", "left_out"]), pool)
    assert found.tolist() == [
        [False, False, True, True, False],
        [True, True, False, False, False],
        [False, False, False, False, False],
    ]


def test_spellings_of_a_factor_are_one_factor() -> None:
    pool = {
        "A": trained_on(["a1", "a2"], ["Gata3", "GATA3"]),
        "a3": trained_on(["a3"], ["gata3"]),
        "B": trained_on(["b"], ["B"]),
    }
    found = own_experts(np.array(["a1", "a3", "b"]), pool)
    assert found.tolist() == [[True, True, False], [True, True, False], [False, False, True]]


def read(project: Path, *splits: str, run_seed: int = 1, shuffles: float = 0.5):  # type: ignore[no-untyped-def]
    return read_examples(
        {name: project / f"{name}.parquet" for name in NAMES},
        splits,
        {"genomic": 2, "dinucleotide": shuffles},
        project / "training_peaks.bed.gz",
        run_seed,
    )


def test_the_train_split_gets_exact_shuffles_of_its_positives(project: Path) -> None:
    data = read(project, "train", "gate")
    table = data.table
    counts = table.groupby(["experiment", "split", "kind"]).size().to_dict()
    for name in NAMES:
        assert counts[name, "train", "peak"] == 40
        assert counts[name, "train", "genomic"] == 80
        assert counts[name, "train", "dinucleotide"] == 20
        assert (name, "gate", "dinucleotide") not in counts
    row = int(table.index[table["kind"] == "dinucleotide"][0])
    parent = int(table.index[table["name"] == table["parent"][row]][0])
    assert table["label"][row] == 0
    assert table["split"][row] == "train"
    shuffled, original = data.windows[row], data.windows[parent]
    assert (shuffled != original).any()
    pairs = [np.bincount(x[:-1] * 4 + x[1:], minlength=16) for x in (shuffled, original)]
    assert (pairs[0] == pairs[1]).all()


def test_shuffles_depend_on_the_runs_seed_only(project: Path) -> None:
    codes = [read(project, "train", run_seed=seed).codes for seed in (1, 1, 2)]
    assert (codes[0] == codes[1]).all()
    assert (codes[0] != codes[2]).any()
    assert len(read(project, "train", shuffles=0.0)) == 2 * 120


def test_one_class_only(project: Path) -> None:
    data = read(project, "gate")
    positives = data.select(data.labels == 1)
    message = r"mixture x, seed 2: mixture\.fit_splits \(gate, train\) has 40 positives and 0 neg"
    with pytest.raises(TrainingError, match=message):
        check_classes(positives, "fit_splits", ["gate", "train"], "mixture x, seed 2")


@pytest.mark.parametrize("averages_strands", [False, True])
def test_outputs_are_the_same_from_the_cache_and_recomputed(
    project: Path, averages_strands: bool
) -> None:
    loaded = {name: read_expert(project / "experts" / name) for name in NAMES}
    head = MixtureHead(2, 8, HeadOptions("logits", "logits", False, 1.0, None))
    experts = {name: expert for name, (expert, _) in loaded.items()}
    mixture = Mixture(experts, head, averages_strands).eval()
    pool = {name: config for name, (_, config) in loaded.items()}
    part = read(project, "gate", shuffles=0.0)
    examples = make_examples(part, pool, torch.device("cpu"))
    assert examples.own.sum(0).tolist() == [60, 60]
    found = CachedOutputs(mixture, examples, 50)
    kept = [outputs.embeddings for outputs in found]
    strands = 2 if averages_strands else 1
    assert [len(batch) for batch in kept] == [50 * strands, 50 * strands, 20 * strands]
    found.stop_caching()
    for before, after in zip(kept, found, strict=True):
        assert torch.equal(before, after.embeddings)
    labels = examples.labels[found.rows]
    assert labels[: 50 * strands].tolist() == examples.labels[:50].tolist() * strands
    assert len(found.joined) == len(found.rows) == 120 * strands
    whole = read_sequences(project / "Gamma.parquet", splits=["gate"])
    assert examples.windows[:60].tolist() == whole.windows.tolist()


def test_no_more_examples_than_asked_for_are_drawn(project: Path) -> None:
    whole = read(project, "gate", "validation")
    assert draw_examples(whole, len(whole), 3, ["gate"]) is whole
    few, again, other = (draw_examples(whole, 7, seed, ["gate"]) for seed in (3, 3, 4))
    names = list(whole.table["name"])
    places = [names.index(name) for name in few.table["name"]]
    assert len(places) == 7
    assert places == sorted(places), "the order does not change"
    assert list(again.table["name"]) == list(few.table["name"])
    assert list(other.table["name"]) != list(few.table["name"])
