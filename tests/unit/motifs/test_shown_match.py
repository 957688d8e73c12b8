"""The match that is shown with a pattern."""

import numpy as np
import pandas as pd
import pytest

from tfmoe.core.errors import InputError
from tfmoe.jaspar.matrices import Matrix
from tfmoe.motifs.shown_match import MatchedPattern, choose_match, choose_match_row


def matrix(matrix_id: str) -> Matrix:
    return Matrix(matrix_id, "TF", "fungi", "4932", "", "", "ChIP-seq", np.eye(4))


def matches(**columns: list[object]) -> pd.DataFrame:
    base = {
        "matrix_id": ["MA0001.1", "MA0002.1", "MA0003.1"],
        "q": [1e-9, 1e-4, 0.5],
        "rank": [1, 2, 3],
        "is_family": [False, True, True],
        "is_own_factor": [False, False, True],
        "independent": [True, True, True],
        "offset": [0, 0, 0],
        "strand": ["+", "+", "-"],
    }
    return pd.DataFrame({**base, **columns})


@pytest.mark.parametrize(
    ("q", "matrix_id", "relation"),
    [
        ([1e-9, 1e-4, 0.5], "MA0002.1", "family"),
        ([1e-9, 0.2, 0.5], "MA0001.1", "other factor"),
        ([1e-9, 0.2, 0.01], "MA0003.1", "own matrix"),
    ],
)
def test_the_family_is_shown_if_it_passes_and_the_best_match_otherwise(
    q: list[object], matrix_id: str, relation: str
) -> None:
    row = choose_match_row(matches(q=q), 0.05)
    assert row is not None
    assert (row["matrix_id"], row["relation"]) == (matrix_id, relation)


def test_a_pattern_without_matches_is_shown_with_none() -> None:
    assert choose_match_row(matches().iloc[:0], 0.05) is None
    assert choose_match(matches().iloc[:0], {}, 0.05) is None
    assert not MatchedPattern("p", np.eye(4), 10, None).reverse


def test_a_match_carries_its_matrix_and_strand() -> None:
    match = choose_match(matches(q=[1e-9, 0.2, 0.01]), {"MA0003.1": matrix("MA0003.1")}, 0.05)
    assert match is not None
    assert (match.matrix.matrix_id, match.rank, match.reverse) == ("MA0003.1", 3, True)
    assert MatchedPattern("p", np.eye(4), 10, match).reverse


@pytest.mark.parametrize(
    ("own_q", "turned"),
    [(0.01, True), (0.5, False)],
)
def test_a_significant_own_matrix_gives_the_direction(own_q: float, turned: bool) -> None:
    # the family's matrix is shown and matches forwards, the own matrix matches backwards
    table = matches(q=[1e-9, 1e-4, own_q])
    match = choose_match(table, {"MA0002.1": matrix("MA0002.1")}, 0.05)
    assert match is not None
    assert (match.matrix.matrix_id, match.reverse, match.turned) == ("MA0002.1", False, turned)
    assert MatchedPattern("p", np.eye(4), 10, match).reverse == turned
    assert match.significant


def test_a_match_above_the_threshold_is_not_significant() -> None:
    match = choose_match(matches(q=[0.05, 0.2, 0.5]), {"MA0001.1": matrix("MA0001.1")}, 0.05)
    assert match is not None
    assert not match.significant


def test_an_unknown_matrix_is_named() -> None:
    with pytest.raises(InputError, match=r"MA0002\.1.*run's matrices"):
        choose_match(matches(), {"MA0001.1": matrix("MA0001.1")}, 0.05)
