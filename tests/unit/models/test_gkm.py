import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file, save_file

from tfmoe.core.dna import reverse_complement
from tfmoe.core.errors import InputError, TrainingError
from tfmoe.core.files import read_tsv
from tfmoe.data.datasets import SequenceSet, read_sequences, write_sequences
from tfmoe.models.gkm import GkmSettings, fit_gkm, load_gkm
from tfmoe.models.gkm_features import count_gapped_kmers
from tfmoe.models.training_data import Member
from tfmoe.models.training_loop import auroc
from tolerance import close

Make = Callable[..., SequenceSet]
SETTINGS = GkmSettings(True, 6, 5, [0.1, 10], 1, 10_000)
SMALL = GkmSettings(True, 4, 3, [1], 1, 1000)
NEGATIVES = {"genomic": 2, "dinucleotide": 0.5}
TERMS = 36  # gapped k-mers of a window


@pytest.fixture(scope="module")
def fitted(project: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("gkm")
    members = [Member(x, [x], {x: project / f"{x}.parquet"}) for x in ("Beta", "Alpha")]
    fit_gkm(members, NEGATIVES, SETTINGS, False, 1, folder)
    return folder


def test_each_factor_has_a_model_of_its_own(project: Path, fitted: Path) -> None:
    model = load_gkm(fitted)
    assert model.experts == ["Beta", "Alpha"]
    test = read_sequences(project / "Alpha.parquet", splits=["test"])
    own, other = (model.score(test.windows, name) for name in ("Alpha", "Beta"))
    assert own.dtype == np.float32
    assert auroc(own, test.labels) > 0.75 > auroc(other, test.labels)
    np.testing.assert_array_equal(model.score_all(test.windows), np.stack([other, own], axis=1))
    close(model.score(reverse_complement(test.windows), "Alpha"), own, terms=TERMS)


def test_logits_are_those_of_the_counts(project: Path, fitted: Path) -> None:
    model = load_gkm(fitted)
    codes = read_sequences(project / "Alpha.parquet", splits=["test"]).windows
    counts = count_gapped_kmers(codes, 6, 5)
    close(model.score_all(codes), counts @ model.weights.T + model.intercepts, terms=TERMS)


def test_the_models_have_one_scale_on_negatives_of_the_gate_split(
    project: Path, fitted: Path
) -> None:
    model = load_gkm(fitted)
    gate = [read_sequences(project / f"{x}.parquet", splits=["gate"]) for x in ("Alpha", "Beta")]
    codes = np.concatenate([part.windows[part.labels == 0] for part in gate])
    logits = model.score_all(codes)
    assert len(logits) == 2 * 20 * 2
    close(model.location, logits.mean(axis=0), terms=len(logits), size=logits)
    close(model.scale, logits.std(axis=0), terms=len(logits), size=logits)
    standardised = model.standardise(logits)
    close(standardised.mean(axis=0), [0, 0], terms=len(logits), size=1)
    close(standardised.std(axis=0), [1, 1], terms=len(logits))
    close(model.score(codes, None), (standardised[:, 0] + standardised[:, 1]) / 2, terms=2)


def test_the_largest_scale_does_not_decide(project: Path, fitted: Path) -> None:
    model = load_gkm(fitted)
    codes = read_sequences(project / "Alpha.parquet", splits=["test"]).windows
    factor = np.array([1, 64], dtype=np.float32)
    larger = replace(
        model,
        weights=model.weights * factor[:, None],
        intercepts=model.intercepts * factor,
        location=model.location * factor,
        scale=model.scale * factor,
    )
    close(larger.score(codes, None), model.score(codes, None), terms=TERMS)


def write_kinds(project: Path, path: Path, kinds: list[str]) -> Member:
    """Write sequences whose negatives in the gate split have these kinds in turn; "" is none."""
    data = read_sequences(project / "Alpha.parquet")
    table = data.table.copy()
    chosen = table.index[(table["split"] == "gate") & (table["label"] == 0)]
    table.loc[chosen, "kind"] = [kinds[index % len(kinds)] for index in range(len(chosen))]
    kept = (table["kind"] != "").to_numpy()
    table = table[kept].reset_index(drop=True)
    write_sequences(SequenceSet(table, data.codes[kept], data.flank), path)
    return Member("Alpha", ["Alpha"], {"Alpha": path})


@pytest.mark.parametrize(
    ("kinds", "used"),
    [
        (["genomic", "dinucleotide"], [0]),
        (["neighbour", "other_factor", "file"], [0, 2]),
        (["dinucleotide", "other_factor"], [0]),
    ],
)
def test_the_scale_is_that_of_shuffles_only_without_other_negatives(
    project: Path, tmp_path: Path, kinds: list[str], used: list[int]
) -> None:
    member = write_kinds(project, tmp_path / "x.parquet", kinds)
    fit_gkm([member], NEGATIVES, SMALL, True, 1, tmp_path)
    gate = read_sequences(tmp_path / "x.parquet", splits=["gate"])
    negatives = gate.windows[gate.labels == 0]
    chosen = np.isin(np.arange(len(negatives)) % len(kinds), used)
    model = load_gkm(tmp_path)
    logits = model.score_all(negatives[chosen])
    close(model.location, logits.mean(axis=0), terms=len(logits), size=logits)


@pytest.mark.parametrize("kind", ["", "other_factor"])
def test_without_negatives_in_the_gate_split_there_is_no_scale(
    project: Path, tmp_path: Path, kind: str
) -> None:
    member = write_kinds(project, tmp_path / "x.parquet", [kind])
    with pytest.raises(TrainingError, match="gkm: the gate split has no negatives, expected"):
        fit_gkm([member], NEGATIVES, SMALL, True, 1, tmp_path)


def test_constant_logits_are_not_divided_by_their_spread(project: Path, tmp_path: Path) -> None:
    data = read_sequences(project / "Alpha.parquet")
    gate = ((data.table["split"] == "gate") & (data.table["label"] == 0)).to_numpy()
    codes = data.codes.copy()
    codes[gate] = codes[gate][0]
    write_sequences(SequenceSet(data.table, codes, data.flank), tmp_path / "x.parquet")
    member = Member("Alpha", ["Alpha"], {"Alpha": tmp_path / "x.parquet"})
    fit_gkm([member], NEGATIVES, SMALL, True, 1, tmp_path)
    model = load_gkm(tmp_path)
    assert model.scale.tolist() == [1]
    windows = read_sequences(tmp_path / "x.parquet", splits=["gate"]).windows
    logits = model.score(windows, "Alpha")
    close(model.score(windows, None), logits - logits[-1], terms=TERMS, size=logits)


def test_the_penalty_is_chosen_on_validation(fitted: Path) -> None:
    table = read_tsv(fitted / "validation.tsv")
    assert table["expert"].tolist() == ["Beta", "Beta", "Alpha", "Alpha"]
    assert set(table["examples"]) == {40 * 3 + 20}, (
        "stored examples, and a shuffle of every second positive"
    )
    best = table.loc[table.groupby("expert")["validation_auroc"].idxmax(), "expert"]
    assert sorted(best) == sorted(table.loc[table["chosen"], "expert"])
    assert table["chosen"].sum() == 2


def test_fitting_again_gives_the_same_bytes(project: Path, fitted: Path, tmp_path: Path) -> None:
    members = [Member(x, [x], {x: project / f"{x}.parquet"}) for x in ("Beta", "Alpha")]
    fit_gkm(members, NEGATIVES, SETTINGS, False, 1, tmp_path)
    for name in ("model.safetensors", "config.json", "validation.tsv"):
        assert (tmp_path / name).read_bytes() == (fitted / name).read_bytes()


def test_many_examples_are_subsampled(project: Path, tmp_path: Path) -> None:
    few = replace(SMALL, most_examples=100)
    member = Member("Alpha", ["Alpha"], {"Alpha": project / "Alpha.parquet"})
    fit_gkm([member], NEGATIVES, few, True, 1, tmp_path)
    assert read_tsv(tmp_path / "validation.tsv")["examples"].tolist() == [100]


def test_without_negatives_there_is_nothing_to_fit(sequences: Make, tmp_path: Path) -> None:
    write_sequences(sequences("x", "TGACTCA", {"train": 12, "validation": 5}, 0), tmp_path / "x")
    member = Member("x", ["F"], {"x": tmp_path / "x"})
    with pytest.raises(TrainingError, match="gkm x: the train split has no positives or no neg"):
        fit_gkm([member], {"genomic": 2}, SETTINGS, False, 1, tmp_path)


def test_damaged_and_mismatched_weights(fitted: Path, tmp_path: Path) -> None:
    shutil.copytree(fitted, tmp_path, dirs_exist_ok=True)
    config = tmp_path / "config.json"
    config.write_text(config.read_text().replace('"length": 6', '"length": 7'))
    with pytest.raises(InputError, match=r"found weights of shape .* expected .* to config.json"):
        load_gkm(tmp_path)
    (tmp_path / "model.safetensors").write_bytes(b"x")
    with pytest.raises(InputError, match="the checkpoint is missing or damaged"):
        load_gkm(tmp_path)


def test_weights_of_an_older_version_have_no_scale(fitted: Path, tmp_path: Path) -> None:
    shutil.copytree(fitted, tmp_path, dirs_exist_ok=True)
    tensors = load_file(fitted / "model.safetensors")
    assert sorted(tensors) == ["intercepts", "location", "scale", "weights"]
    del tensors["scale"]
    save_file(tensors, tmp_path / "model.safetensors")
    with pytest.raises(InputError, match=r"found no scale, an older version .* remove its folder"):
        load_gkm(tmp_path)
    save_file({**tensors, "scale": np.ones(3)}, tmp_path / "model.safetensors")
    with pytest.raises(InputError, match=r"found scale of shape \(3,\), expected \(2,\) acc"):
        load_gkm(tmp_path)
