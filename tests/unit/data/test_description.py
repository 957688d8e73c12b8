"""Splits and negatives of a run in words."""

import re
from typing import Any

import pytest
from tests.fixtures.config import configure

from tfmoe.data.description import describe_negatives, describe_quick, describe_splits


@pytest.mark.parametrize(
    ("splits", "facts"),
    [
        (
            {"test": ["II", "IV"], "validation": ["III"], "gate": ["V"]},
            ["test split: II, IV", "validation split: III", "gate split: V"],
        ),
        ({"folds": 5, "fold": 2}, ["5 folds", "fold 2 is the test split"]),
        (
            {"by": "blocks", "block_length": 50000, "gap": 200},
            ["50,000 bases", "test split has 20 %", "validation split 10 %", "200 bases are left"],
        ),
        (
            {"by": "blocks", "folds": 5, "fold": 3},
            ["This is fold 3 of 5.", "a window with its flanks is left out"],
        ),
        (
            {"by": "rank", "held_out_ranks": 400},
            ["even ranks among the first 400", "10 % are the validation split", "10 % the gate"],
        ),
        (
            {"by": "rank", "strongest_shares": {"validation": 0.5, "gate": 0.2}},
            ["10 % are the validation split", "50 % and 20 %"],
        ),
    ],
)
def test_splits_of_every_kind(splits: dict[str, Any], facts: list[str]) -> None:
    text = describe_splits(configure(splits=splits))
    assert [fact for fact in facts if fact not in text] == []


def test_negatives_of_every_kind() -> None:
    kinds = ("genomic", "dinucleotide", "neighbour", "other_factor", "file")
    ratios = dict.fromkeys(kinds, 2)
    negatives = {"training": ratios, "evaluation": ratios, "match_repeats": True, "margin": 1500}
    lines = describe_negatives(configure(negatives=negatives))
    assert len(lines) == 5
    assert lines[0].startswith("genomic negatives (training 2, test 2 per positive): ")
    assert "GC content and share of repeats" in lines[0]
    assert "1,500 bases from all peaks" in lines[0]
    assert "1,000 bases" in lines[2]
    assert "regions" in lines[4] and "sequences" not in lines[4]


def test_only_the_kinds_of_the_run_are_described() -> None:
    lines = describe_negatives(configure())
    assert [line.split(" (")[0] for line in lines] == ["genomic negatives", "dinucleotide shuffles"]
    assert "training 5, test 5 per positive" in lines[0]


def test_what_a_quick_run_changed() -> None:
    assert describe_quick(configure()) == []
    config = configure(quick=True, training={"seeds": 4})
    few = {key: config[key] for key in ("quick", "windows", "training", "gkm")}
    assert describe_quick(few) == [
        "This is a quick run (quick: true), a first look: at most 10,000 peaks per experiment.",
        "These are the strongest peaks, also in the test. They are easier to predict than all.",
        "1 further key of the preset has another value than in a full run; run.json has it.",
    ]
    first, _, last = describe_quick(configure(quick=True))
    assert first.endswith("1 training seed instead of 3 and at most 10,000 peaks per experiment.")
    assert re.match(r"\d+ further keys of the preset have other values", last)


def test_a_quick_run_on_all_peaks() -> None:
    config = configure(quick=True, windows={"max_peaks": None})
    few = {key: config[key] for key in ("quick", "windows", "training")}
    assert describe_quick(few) == [
        "This is a quick run (quick: true), a first look: 1 training seed instead of 3."
    ]
    few.pop("training")
    assert describe_quick(few) == [
        "This is a quick run (quick: true), but the config sets all keys of that preset."
    ]
