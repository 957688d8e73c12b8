"""Differences between two runs or models."""

import json
from pathlib import Path

import pytest
from tests.fixtures.card import SHA, VERSIONS, card_inputs, write_run

from tfmoe.application.card.compare import compare
from tfmoe.application.card.write import write_card
from tfmoe.core.errors import InputError
from tfmoe.core.files import read_json, read_tsv, write_json, write_tsv
from tfmoe.core.run_record import Difference


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Path, Path]:
    """Return two runs, of which the second has an AUROC that is higher by 0.05 everywhere."""
    write_run(tmp_path / "a")
    write_run(tmp_path / "b", shift=0.05, run="other", training={"seeds": 7})
    return tmp_path / "a", tmp_path / "b"


def test_equal_runs_do_not_differ(runs: tuple[Path, Path]) -> None:
    found = compare(runs[0], runs[0])
    assert found.config == found.data == found.versions == []
    assert found.code == found.only_first == found.only_second == []
    assert {row.difference for row in found.sets} == {0.0}


def test_keys_of_the_config_that_differ(runs: tuple[Path, Path]) -> None:
    found = compare(*runs)
    seeds = read_json(runs[0] / "run.json")["config"]["training"]["seeds"]
    assert found.config == [Difference("config.training.seeds", seeds, 7)]
    assert (found.first.name, found.second.name) == ("fake", "other")


def test_aurocs_of_shared_sets_by_role_and_model(runs: tuple[Path, Path]) -> None:
    found = compare(*runs)
    assert [(row.role, row.experiment, row.model) for row in found.sets] == [
        ("in_distribution", "a1", "moe_conditioned"), ("in_distribution", "a1", "moe"),
        ("in_distribution", "a1", "own_expert"), ("in_distribution", "b1", "moe_conditioned"),
        ("in_distribution", "b1", "moe"), ("in_distribution", "b1", "own_expert"),
        ("ood", "x1", "moe_conditioned"), ("ood", "x1", "moe"),
    ]  # fmt: skip
    first = found.sets[0]
    assert (first.first, first.second) == pytest.approx((0.9, 0.95))
    assert first.difference == pytest.approx(0.05)
    assert first.note == ""
    mean = found.means[0]
    assert (mean.role, mean.model, mean.sets) == ("in_distribution", "moe_conditioned", 2)
    assert (mean.first, mean.second) == pytest.approx((0.8, 0.85))
    assert mean.difference == pytest.approx(0.05)
    # two sets are too few for an interval
    assert mean.low is None and mean.high is None


def test_other_test_sequences_are_noted(runs: tuple[Path, Path]) -> None:
    table = read_tsv(runs[1] / "evaluation/metrics.tsv")
    write_tsv(table.assign(n_neg=80), runs[1] / "evaluation/metrics.tsv")
    assert compare(*runs).sets[0].note == "test sequences: 40 + 160 and 40 + 80"
    other = table[table["negatives"] == "dinucleotide"]
    write_tsv(other, runs[1] / "evaluation/metrics.tsv")
    assert compare(*runs).sets[0].note == "negatives: genomic and dinucleotide"


def test_data_code_and_versions_that_differ(runs: tuple[Path, Path]) -> None:
    state = read_json(runs[1] / "run.json")
    state["experiments"]["a1"]["biosample"] = "HeLa"
    state["experiments"]["new"] = state["experiments"].pop("b1") | {"experiment": "new"}
    # the same file in another folder is the same
    state["inputs"] = {"elsewhere/a1.bed": SHA, "genome.fa": "2" * 64}
    state["code"] = {"predict": "abd", "adapt": "1"}
    state["versions"]["torch"] = "2.10.0"
    write_json(state, runs[1] / "run.json")
    found = compare(*runs)
    assert found.data == [
        Difference("a1.biosample", "K562", "HeLa"),
        Difference("file b1.bed.gz", "f" * 32, None),
        Difference("file genome.fa", "1" * 64, "2" * 64),
    ]
    assert (found.only_first, found.only_second) == (["b1"], ["new"])
    assert found.code == ["adapt", "predict"]
    assert found.versions == [Difference("versions.torch", VERSIONS["torch"], "2.10.0")]
    assert {row.experiment for row in found.sets} == {"a1", "x1"}


def test_a_run_and_its_model_are_equal(tmp_path: Path) -> None:
    files, run = card_inputs(tmp_path)
    write_card(files, run, tmp_path / "model")
    found = compare(tmp_path, tmp_path / "model")
    assert (found.first.kind, found.second.kind) == ("run", "model")
    assert found.config == found.data == found.versions == []
    assert len(found.sets) == 8
    assert {row.difference for row in found.sets} == {0.0}


def test_a_run_without_metrics_has_no_shared_sets(runs: tuple[Path, Path]) -> None:
    (runs[1] / "evaluation/metrics.tsv").unlink()
    found = compare(*runs)
    assert found.sets == found.means == []
    assert found.second.negatives == ""


def test_three_sets_have_an_interval(runs: tuple[Path, Path]) -> None:
    for folder, values in zip(runs, ((0.5, 0.5, 0.5), (0.6, 0.7, 0.8)), strict=True):
        state = read_json(folder / "run.json")
        state["experiments"]["x1"] |= {"role": "train", "stratum": "-"}
        write_json(state, folder / "run.json")
        table = read_tsv(folder / "evaluation/metrics.tsv")
        table = table[table["model"].eq("moe") & table["subset"].eq("all")]
        table["auroc"] = table["experiment"].map(dict(zip(("a1", "b1", "x1"), values, strict=True)))
        write_tsv(table, folder / "evaluation/metrics.tsv")
    (mean,) = compare(*runs).means
    # 0.2, plus and minus 4.303 * 0.1 / sqrt(3)
    assert mean.difference == pytest.approx(0.2)
    assert mean.low == pytest.approx(0.2 - 0.24841, abs=1e-4)
    assert mean.high == pytest.approx(0.2 + 0.24841, abs=1e-4)


def test_a_folder_that_is_neither_is_an_error(runs: tuple[Path, Path], tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match=r"empty: found neither run\.json nor card\.json"):
        compare(runs[0], tmp_path / "empty")
    with pytest.raises(InputError, match="nowhere: the model does not exist"):
        compare(tmp_path / "nowhere", runs[0])
    (runs[0] / "run.json").write_text(json.dumps({"config": {}}))
    with pytest.raises(InputError, match=r"run\.json: the record of the run is damaged"):
        compare(*runs)
