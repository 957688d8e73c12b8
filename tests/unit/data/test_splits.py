import pytest

from tfmoe.core.errors import ConfigError
from tfmoe.data.splits import assign_splits

SPLITS = {"test": ["IV"], "validation": ["V"], "gate": ["II", "I"]}


def test_the_rest_is_train() -> None:
    assert assign_splits(["I", "II", "III", "IV", "V"], SPLITS) == {
        "I": "gate",
        "II": "gate",
        "III": "train",
        "IV": "test",
        "V": "validation",
    }


def test_unknown_chromosome() -> None:
    with pytest.raises(ConfigError, match=r"splits.test: the genome has no chromosome IV in use;"):
        assign_splits(["I", "II", "III", "V"], SPLITS)


def test_nothing_left_to_train_on() -> None:
    with pytest.raises(ConfigError, match="no chromosome is left for training"):
        assign_splits(["I", "II", "IV", "V"], SPLITS)
