import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.fixtures.conditioned import NAMES, Run
from tests.fixtures.models import COMPUTE

from tfmoe.core.dna import decode
from tfmoe.core.errors import InputError, TrainingError
from tfmoe.core.files import read_json, read_parquet, read_tsv
from tfmoe.data.datasets import read_sequences, write_sequences
from tfmoe.models.conditioned.fit import find_factor_models, fit_conditioned
from tfmoe.models.conditioned.model import load_conditioned
from tfmoe.models.training_loop import auroc

CALIBRATIONS = ["known", "known_without_matrix", "unseen", "unseen_without_matrix"]


def test_the_fit_writes_its_files(run: Run, fitted: Path) -> None:
    assert sorted(path.name for path in fitted.iterdir()) == [
        "background.parquet", "config.json", "left_out.tsv", "left_out_scores.parquet",
    ]  # fmt: skip
    config = read_json(fitted / "config.json")
    assert sorted(config) == ["calibrations", "experts", "gate"]
    assert sorted(config["gate"]["weights"]) == ["kmers", "matrix", "networks"]
    assert sum(config["gate"]["weights"].values()) == pytest.approx(3)
    assert sorted(config["calibrations"]) == CALIBRATIONS
    assert all(found["scale"] > 0 for found in config["calibrations"].values())
    assert config["experts"] == {name: name for name in NAMES}
    left_out = read_tsv(fitted / "left_out.tsv")
    assert list(left_out.columns) == [
        "factor", "matrix_id", "independent", "related", "positives", "negatives", "networks",
        "kmers", "matrix", "equal_weight_sum", "moe_conditioned",
    ]  # fmt: skip
    assert left_out["factor"].tolist() == list(NAMES)
    assert left_out["matrix_id"].tolist() == ["MA0001.1", "-", "-"]
    # 20 positives and 40 negatives in each of the splits gate and validation
    assert left_out["positives"].tolist() == [40] * 3
    assert left_out["negatives"].tolist() == [80] * 3
    assert left_out["matrix"].isna().tolist() == [False, True, True]
    assert left_out["matrix"][0] > 0.9


def test_the_scores_of_left_out_factors_are_those_of_the_aurocs(fitted: Path) -> None:
    aurocs = read_tsv(fitted / "left_out.tsv").set_index("factor")["moe_conditioned"]
    scores = read_parquet(fitted / "left_out_scores.parquet")
    counts = scores.groupby(["factor", "matrix"], sort=False).size()
    assert counts.to_dict() == {
        ("Alpha", True): 120, ("Alpha", False): 120, ("Beta", False): 120, ("Gamma", False): 120,
    }  # fmt: skip
    assert set(scores["kind"]) == {"peak", "genomic"}
    first = scores[scores["matrix"] | (scores["factor"] != "Alpha")]
    for factor, part in first.groupby("factor"):
        found = auroc(part["logit"].to_numpy(), part["label"].to_numpy())
        assert found == pytest.approx(aurocs[factor], abs=1e-3)


def test_the_background_is_of_gate_negatives_with_all_scores(run: Run, fitted: Path) -> None:
    background = read_parquet(fitted / "background.parquet")
    assert list(background.columns) == [
        "sequence", *(f"expert_{name}_seed0" for name in NAMES), "mean_of_experts_seed0",
        "moe_seed0", "pooled_seed0", "generalist_seed0",
    ]  # fmt: skip
    gate = [read_sequences(run.sequences(name), splits=["gate"]) for name in NAMES]
    expected = {word for part in gate for word in decode(part.windows[part.labels == 0])}
    assert set(background["sequence"]) == expected
    assert len(background) == 3 * 40


def test_a_loaded_mixture_is_the_one_that_was_written(fitted: Path) -> None:
    mixture, background = load_conditioned(fitted)
    config = read_json(fitted / "config.json")
    assert {kind.value: weight for kind, weight in mixture.gate.weights.items()} == config["gate"][
        "weights"
    ]
    assert mixture.gate.fitted is config["gate"]["fitted"]
    assert mixture.calibrations["unseen"].scale == config["calibrations"]["unseen"]["scale"]
    assert len(background) == 120


def test_the_same_seed_fits_the_same_mixture(run: Run, fitted: Path, tmp_path: Path) -> None:
    run.fit(tmp_path)
    for name in ("config.json", "left_out.tsv"):
        assert (tmp_path / name).read_text() == (fitted / name).read_text()


def test_with_one_training_factor_the_weights_are_equal(run: Run, tmp_path: Path) -> None:
    run.fit(tmp_path, names=["Alpha"])
    gate = read_json(tmp_path / "config.json")["gate"]
    assert gate == {
        "weights": {"networks": 1.0, "kmers": 1.0, "matrix": 1.0},
        "fitted": False, "difference": None, "low": None, "high": None,
    }  # fmt: skip
    assert len(read_tsv(tmp_path / "left_out.tsv")) == 0
    assert len(read_parquet(tmp_path / "left_out_scores.parquet")) == 0
    mixture, _ = load_conditioned(tmp_path)
    assert np.isnan(mixture.gate.difference)
    assert sorted(mixture.calibrations) == CALIBRATIONS


def test_without_kmers_their_column_is_empty(run: Run, tmp_path: Path) -> None:
    run.fit(tmp_path, kmers=False)
    left_out = read_tsv(tmp_path / "left_out.tsv")
    assert left_out["kmers"].isna().all()
    assert left_out["networks"].notna().all()


def test_a_factor_with_one_class_in_gate_and_validation_is_an_error(
    run: Run, tmp_path: Path
) -> None:
    data = read_sequences(run.sequences("Beta"))
    kept = (data.labels == 0) | (data.table["split"] == "train").to_numpy()
    write_sequences(data.select(kept), tmp_path / "Beta.parquet")
    factors = run.factors()
    factors[1] = replace(factors[1], sequences=[tmp_path / "Beta.parquet"])
    peaks = run.project / "training_peaks.bed.gz"
    with pytest.raises(TrainingError, match="splits gate and validation of Beta have no positives"):
        fit_conditioned(factors, run.checkpoints(), run.files(tmp_path / "out"), peaks, COMPUTE, 1)


def test_without_negatives_in_the_gate_split_is_an_error(run: Run, tmp_path: Path) -> None:
    data = read_sequences(run.sequences("Alpha"))
    kept = (data.labels > 0.5) | (data.table["split"] != "gate").to_numpy()
    write_sequences(data.select(kept), tmp_path / "Alpha.parquet")
    factors = [replace(run.factors(["Alpha"])[0], sequences=[tmp_path / "Alpha.parquet"])]
    peaks = run.project / "training_peaks.bed.gz"
    with pytest.raises(TrainingError, match="the split gate has no negatives, expected some"):
        fit_conditioned(factors, run.checkpoints(), run.files(tmp_path / "out"), peaks, COMPUTE, 1)


def test_files_are_assigned_to_factors(run: Run) -> None:
    params = [
        {
            "factor": "Alpha", "family": "bZIP", "experiments": ["Alpha"], "expert": "Alpha",
            "experts": {"Beta": "Beta"}, "pooled": "pooled_without_Alpha",
        }
    ]  # fmt: skip
    files = [run.sequences(name) for name in NAMES]
    (found,) = find_factor_models(
        params, run.checkpoints()[0], files, ["networks/x/model.safetensors"]
    )
    assert found.sequences == [run.sequences("Alpha")]
    assert found.experts == {"Beta": ("Beta", run.project / "experts/Beta")}
    assert found.pooled == Path("networks/x")
    (alone,) = find_factor_models(params, run.checkpoints()[0], files, [])
    assert alone.pooled is None


@pytest.mark.parametrize("name", ["config.json", "background.parquet"])
def test_a_missing_file_is_named(fitted: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(fitted, tmp_path / "copy")
    (tmp_path / "copy" / name).unlink()
    with pytest.raises(InputError, match=rf"copy/{name}: the file does not exist"):
        load_conditioned(tmp_path / "copy")


@pytest.mark.parametrize("name", ["config.json", "background.parquet"])
def test_a_damaged_file_is_named(fitted: Path, tmp_path: Path, name: str) -> None:
    shutil.copytree(fitted, tmp_path / "copy")
    path = tmp_path / "copy" / name
    path.write_bytes(path.read_bytes()[:50])
    with pytest.raises(InputError, match=rf"copy/{name}: the .*run again"):
        load_conditioned(tmp_path / "copy")


@pytest.mark.parametrize(
    "changes",
    [
        {"gate": None},
        {"gate": {"weights": {"networks": 1}, "fitted": False}},
        {"calibrations": []},
        {"calibrations": {}},
        {"calibrations": {"known": {"scale": 1}}},
        {"experts": None},
    ],
)
def test_other_content_is_an_error_that_names_the_file(
    fitted: Path, tmp_path: Path, changes: dict[str, object]
) -> None:
    shutil.copytree(fitted, tmp_path / "copy")
    path = tmp_path / "copy/config.json"
    path.write_text(json.dumps(read_json(path) | changes))
    with pytest.raises(InputError, match=r"copy/config.json: found other content .*run again"):
        load_conditioned(tmp_path / "copy")


def test_a_background_without_sequences_is_an_error(fitted: Path, tmp_path: Path) -> None:
    shutil.copytree(fitted, tmp_path / "copy")
    path = tmp_path / "copy/background.parquet"
    read_parquet(path).drop(columns="sequence").to_parquet(path)
    with pytest.raises(InputError, match=r"copy/background.parquet: .*sequence"):
        load_conditioned(tmp_path / "copy")
