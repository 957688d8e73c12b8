"""The card as Markdown."""

from pathlib import Path
from typing import Any

import pytest
from tests.fixtures.card import card_inputs

from tfmoe.application.card.text import Part, Table, card_parts, markdown, without_folders
from tfmoe.application.card.write import write_card
from tfmoe.core.files import read_json


@pytest.fixture
def card(tmp_path: Path) -> dict[str, Any]:
    files, run = card_inputs(tmp_path)
    write_card(files, run, tmp_path)
    card: dict[str, Any] = read_json(tmp_path / "card.json")
    return card


def rows_of(card: dict[str, Any], title: str) -> list[list[str]]:
    """Return the header and the rows of the table of a part."""
    (part,) = (part for part in card_parts(card) if part.title == title)
    assert part.table is not None
    return [list(part.table.columns), *(list(row) for row in part.table.rows)]


def test_a_table_of_metrics_per_role_with_means(card: dict[str, Any]) -> None:
    assert rows_of(card, "Metrics: training factors") == [
        ["factor", "cells", "AUROC", "95 % interval", "AUPRC", "mixture", "expert", "n"],
        ["CTCF", "K562", "0.900", "0.800 to 0.950", "0.450", "0.800", "0.850", "40 + 160"],
        ["MAX", "HepG2", "0.700", "0.600 to 0.750", "0.350", "0.600", "0.650", "40 + 160"],
        ["mean of 2", "", "0.800", "", "0.400", "0.700", "0.750", ""],
    ]
    assert rows_of(card, "Metrics: unseen factors") == [
        ["factor", "cells", "AUROC", "95 % interval", "AUPRC", "no overlap", "mixture", "n"],
        ["JUND", "K562", "0.750", "0.650 to 0.800", "0.375", "0.650", "0.600", "40 + 160"],
    ]


def test_a_mean_over_some_of_the_sets_names_their_number(card: dict[str, Any]) -> None:
    sets = card["evaluation"]["sets"]
    card["evaluation"]["sets"] = [
        row for row in sets if (row["experiment"], row["model"]) != ("b1", "own_expert")
    ]
    assert rows_of(card, "Metrics: training factors")[-1][-2] == "0.850 (1 sets)"


def test_thresholds_by_question_and_balance(card: dict[str, Any]) -> None:
    found = rows_of(card, "Thresholds")
    assert found[0] == [
        "asked about", "negatives", "precision 0.5", "precision 0.75", "precision 0.9",
        "precision 0.95",
    ]  # fmt: skip
    assert found[1] == ["CTCF", "as in validation", *["1.00 (100 %)"] * 4]
    assert [row[0] for row in found[1::2]] == [
        "CTCF", "MAX", "any factor", "unseen factor", "unseen factor without matrix",
    ]  # fmt: skip
    assert found[-1][2:] == [""] * 4


def test_training_data_with_the_first_digits_of_checksums(card: dict[str, Any]) -> None:
    found = rows_of(card, "Training data")
    assert found[1] == [
        "a1", "CTCF", "K562", "peaks/a1.bed", "0123456789ab", "6", "2", "20", "4",
    ]  # fmt: skip
    assert found[2][4] == "md5 ffffffffffff"
    text = markdown("x", card_parts(card))
    assert "[b1.bed.gz](https://example.org/x/b1.bed.gz)" in text
    assert "Genome R64-1-1 (genome.fa, checksum 111111111111), 1 sequence." in text


def test_a_model_without_conditioned_mixture_is_used_without_a_factor(card: dict[str, Any]) -> None:
    assert "--factor CTCF" in markdown("x", card_parts(card))
    card["model"]["conditioned"] = False
    text = markdown("x", card_parts(card))
    assert "--factor" not in text
    assert rows_of(card, "Metrics: training factors")[1][2] == "0.800"


def test_a_set_without_the_main_model_has_a_dash(card: dict[str, Any]) -> None:
    card["evaluation"]["sets"] = [
        row for row in card["evaluation"]["sets"]
        if (row["experiment"], row["model"]) != ("b1", "moe_conditioned")
    ]  # fmt: skip
    dash = "\N{EN DASH}"
    assert rows_of(card, "Metrics: training factors")[2][2:5] == [dash, f"{dash} to {dash}", dash]


def test_markdown_of_every_element() -> None:
    table = Table(["name", "n"], [["a|b", "1"], ["https://x.org/c/d.bed; https://x.org/e", "2"]], 1)
    text = markdown("demo", [Part("", ["Text."]), Part("Title", [], table, ["one"], "code")])
    assert text.splitlines() == [
        "# tfmoe model `demo`", "", "Text.", "", "## Title", "",
        "| name | n |", "| --- | ---: |", "| a\\|b | 1 |",
        "| [d.bed](https://x.org/c/d.bed); [e](https://x.org/e) | 2 |",
        "", "- one", "", "```", "code", "```",
    ]  # fmt: skip


def test_cells_on_a_terminal_have_file_names_only() -> None:
    assert without_folders("https://x.org/c/d.bed; local/e.bed") == "d.bed; local/e.bed"
