from collections.abc import Callable

import numpy as np
import pytest

from tfmoe.data.datasets import SequenceSet
from tfmoe.jaspar.matrices import Matrix
from tfmoe.models.pwm import score_matrices

Make = Callable[..., SequenceSet]


def matrix(matrix_id: str, word: str, data_type: str = "SELEX") -> Matrix:
    probabilities = np.full((4, len(word)), 0.01)
    probabilities[["ACGT".index(base) for base in word], range(len(word))] = 0.97
    return Matrix(matrix_id, "Alpha", "fungi", "4932", "", "", data_type, probabilities)


# the sequences hold TGACTCA
RIGHT = matrix("MA0002.1", "TGACTCA", "ChIP-seq")
WRONG = matrix("MA0001.1", "GGGGGGG")
LONG = matrix("MA0003.1", "TGACTCA" * 50)


@pytest.fixture
def data(sequences: Make) -> SequenceSet:
    return sequences("Alpha", "TGACTCA", {"validation": 30, "test": 5})


def test_the_best_on_the_validation_split_is_chosen(data: SequenceSet) -> None:
    found = score_matrices(data, [WRONG, RIGHT, LONG], ["ChIP-seq"])
    assert found.score is not None and found.score.shape == (len(data),)
    table = found.table.set_index("matrix_id")
    assert list(table.index) == ["MA0001.1", "MA0002.1"], "one is longer than a window"
    assert table["chosen"].tolist() == [False, True]
    assert table["independent"].tolist() == [True, False]
    assert table["auroc_validation"]["MA0002.1"] > 0.9
    alone = score_matrices(data, [RIGHT], [])
    assert alone.score is not None
    np.testing.assert_array_equal(found.score, alone.score)


def test_the_test_split_does_not_affect_the_choice(data: SequenceSet) -> None:
    """For an OOD factor, only the test split is scored."""
    test = data.select((data.table["split"] == "test").to_numpy())
    found = score_matrices(test, [WRONG, RIGHT], [])
    assert found.table["chosen"].tolist() == [True, False], "the first"
    assert found.table["auroc_validation"].isna().all()


def test_of_equal_ones_the_first_is_chosen(data: SequenceSet) -> None:
    again = matrix("MA0009.1", "TGACTCA", "")
    found = score_matrices(data, [RIGHT, again], [])
    assert found.table["chosen"].tolist() == [True, False]
    assert found.table["data_type"].tolist() == ["ChIP-seq", "not stated"]
    assert found.table["independent"].tolist() == [True, False], "an unstated type may be the same"


def test_a_factor_without_a_matrix_has_no_score(data: SequenceSet) -> None:
    for none in ([], [LONG]):
        found = score_matrices(data, none, [])
        assert found.score is None
        assert found.table.empty
