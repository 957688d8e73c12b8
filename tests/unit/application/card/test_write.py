"""Content of a card: every number against the files that it comes from."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.fixtures.card import CODE, INPUTS, MD5, SHA, card_inputs

from tfmoe import __version__
from tfmoe.application.card.write import write_card
from tfmoe.core.files import read_json, read_tsv


def made(folder: Path, **sections: Any) -> dict[str, Any]:
    """Write the card of a run and return it."""
    files, run = card_inputs(folder, **sections)
    write_card(files, run, folder / "model")
    card: dict[str, Any] = read_json(folder / "model/card.json")
    return card


@pytest.fixture
def card(tmp_path: Path) -> dict[str, Any]:
    return made(tmp_path)


def test_training_data_with_sources_checksums_and_positives(card: dict[str, Any]) -> None:
    first, second = card["training"]["experiments"]
    assert first == {
        "experiment": "a1", "factor": "CTCF", "family": "-", "biosample": "K562",
        "files": [{"source": "peaks/a1.bed", "sha256": SHA}],
        "positives": {"train": 6, "gate": 2, "validation": 20, "test": 4},
    }  # fmt: skip
    assert second["files"] == [{"source": "https://example.org/x/b1.bed.gz", "md5": MD5}]
    assert card["training"]["genome"] == {
        "assembly": "R64-1-1", "source": "genome.fa", "sha256": "1" * 64,
        "chromosomes": {"I": 1000},
    }  # fmt: skip
    assert "test split: II;" in card["training"]["splits"]
    assert card["training"]["negatives"][0].startswith("genomic negatives")


def test_metrics_are_means_over_seeds_of_the_primary_negatives(card: dict[str, Any]) -> None:
    rows = {
        (row["experiment"], row["model"], row["subset"]): row for row in card["evaluation"]["sets"]
    }
    assert set(rows) == {
        *(("a1", model, "all") for model in ("moe_conditioned", "moe", "own_expert")),
        *(("b1", model, "all") for model in ("moe_conditioned", "moe", "own_expert")),
        *(("x1", model, subset) for model in ("moe_conditioned", "moe")
          for subset in ("all", "no_overlap")),
    }  # fmt: skip
    assert card["evaluation"]["negatives"] == "genomic"
    one = rows["a1", "moe_conditioned", "all"]
    assert one["auroc"] == pytest.approx(0.9)
    assert (one["auroc_low"], one["auroc_high"]) == pytest.approx((0.8, 0.95))
    assert (one["auprc"], one["n_pos"], one["n_neg"], one["n_seeds"]) == (0.45, 40, 160, 2)
    assert (one["factor"], one["biosample"], one["role"]) == ("CTCF", "K562", "in_distribution")
    assert rows["x1", "moe_conditioned", "no_overlap"]["auroc"] == pytest.approx(0.65)
    assert rows["x1", "moe", "all"]["role"] == "ood"


def test_the_model_in_short(card: dict[str, Any]) -> None:
    assert (card["kind"], card["format"], card["name"]) == ("tfmoe model card", 1, "fake")
    assert card["model"]["experts"] == {"a1": "CTCF", "b1": "MAX"}
    assert (card["model"]["window"], card["model"]["conditioned"]) == (101, True)
    assert card["versions"]["tfmoe"] == __version__
    assert card["versions"]["numpy"] == np.__version__
    assert card["inputs"] == INPUTS
    assert card["code"] == CODE
    assert card["expected"]["low"] == 0.6
    assert card["expected"]["text"].startswith("For a factor without peaks, expect an AUROC of 0.6")
    assert card["simulated"] is False


def test_thresholds_are_those_of_the_table(card: dict[str, Any], tmp_path: Path) -> None:
    table = read_tsv(tmp_path / "model/thresholds.tsv")
    assert len(card["thresholds"]) == len(table) == 7 * 2 * 4
    known = card["thresholds"][0]
    assert (known["asked"], known["logit"], known["called"]) == ("CTCF", 1.0, 20)
    # one left-out factor without negatives
    assert card["thresholds"][-1]["logit"] is None


def test_the_card_is_json_that_any_program_reads(card: dict[str, Any], tmp_path: Path) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(f"found {constant}")

    json.loads((tmp_path / "model/card.json").read_text(), parse_constant=refuse)


def test_equal_runs_have_equal_cards(card: dict[str, Any], tmp_path: Path) -> None:
    before = {path.name: path.read_bytes() for path in (tmp_path / "model").iterdir()}
    made(tmp_path)
    assert before == {path.name: path.read_bytes() for path in (tmp_path / "model").iterdir()}


def test_a_run_on_ready_sequences_has_no_genome(tmp_path: Path) -> None:
    card = made(tmp_path, genome=None, splits={"by": "rank"}, conditioned={"fit": False})
    assert card["training"]["genome"] is None
    assert card["expected"] is None
    assert {row["model"] for row in card["thresholds"]} == {"moe"}
    assert any("without coordinates" in line for line in card["limits"])
    text = (tmp_path / "model/card.md").read_text()
    assert "ready sequences" in text and "does not know which factor" in text


def test_a_simulated_run_is_named_as_one(tmp_path: Path) -> None:
    card = made(tmp_path, simulation={}, genome=None)
    assert card["simulated"] is True
    assert card["limits"][0].startswith("The genome and the peaks are simulated.")
