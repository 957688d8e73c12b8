from tfmoe.core.config import schema_defaults
from tfmoe.core.vocabulary import Split
from tfmoe.data.negatives.parts import (
    NegativeSettings,
    Part,
    config_path,
    matching_section,
    part_of,
    part_section,
)


def test_the_parts_have_all_splits_in_order() -> None:
    assert [split for part in Part for split in part.splits] == list(Split)
    assert all(part_of(split) is part for part in Part for split in part.splits)


def test_only_training_experiments_have_negatives_in_the_training_part() -> None:
    assert Part.TRAINING.splits_with_negatives("train") == Part.TRAINING.splits
    assert Part.TRAINING.splits_with_negatives("ood") == ()
    for role in ("train", "ood"):
        assert Part.TEST.splits_with_negatives(role) == (Split.TEST,)


def test_the_settings_of_a_part_do_not_contain_those_of_the_other() -> None:
    section = schema_defaults("negatives")
    changed = section | {"evaluation": {**section["evaluation"], "genomic": 99}}
    assert part_section(changed, Part.TRAINING) == part_section(section, Part.TRAINING)
    assert part_section(changed, Part.TEST) != part_section(section, Part.TEST)
    assert part_section(changed, Part.TEST)["ratios"]["genomic"] == 99
    assert NegativeSettings(**matching_section(section)).ratios == {}
    shared = set(section) - {"training", "evaluation"}
    assert set(matching_section(section)) == shared


def test_messages_name_the_key_of_a_split() -> None:
    assert config_path("gate") == "negatives.training"
    assert config_path("test") == "negatives.evaluation"
