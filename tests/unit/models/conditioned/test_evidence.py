from pathlib import Path

import numpy as np
import pytest

from tfmoe.core.errors import InputError
from tfmoe.jaspar.factors import Factors, read_factors
from tfmoe.jaspar.matrices import Matrix
from tfmoe.jaspar.similarity import matrix_similarity
from tfmoe.models.conditioned.evidence import FAMILY, NONE, OWN, find_evidence


def matrix(name: str, word: str, number: int, data_type: str = "SELEX", family: str = "") -> Matrix:
    probabilities = np.full((4, len(word)), 0.05)
    probabilities[["ACGT".index(base) for base in word], range(len(word))] = 0.85
    identifier = f"MA000{number}.1"
    return Matrix(identifier, name, "fungi", "4932", "", family, data_type, probabilities)


FKH1 = matrix("FKH1", "GTAAACA", 1)
FKH2 = matrix("FKH2", "TGTTTAC", 2, "ChIP-exo")  # the other strand of the same motif
REB1 = matrix("REB1", "TTACCCG", 3)
ORPHAN = matrix("LEU3", "CCGGTACCGG", 4, family="Zip")
MATRICES = [FKH1, FKH2, REB1, ORPHAN]


@pytest.fixture
def factors(tmp_path: Path) -> Factors:
    (tmp_path / "factors.tsv").write_text("factor\torganism\tfamily\tmatrix\tsource\n")
    (tmp_path / "families.tsv").write_text(
        "family\tjaspar_term\tfactors\tpairs\tsimilar\nzipper\tZip\t3\t3\t0.9\n"
        "finger\tFinger\t3\t3\t0.1\n"
    )
    return read_factors(tmp_path / "factors.tsv", tmp_path / "families.tsv")


def find(factors: Factors, factor: str, own: str | None = None, **changes: object):
    given = {"family": "-", "window": 20, **changes}
    return find_evidence(
        factor, given["family"], own, {"Fkh1": "Fkh1", "Reb1": "Reb1"}, MATRICES, factors,
        given["window"], ["ChIP-exo"],
    )  # fmt: skip


def test_equal_matrices_are_similar_on_either_strand_and_others_are_not() -> None:
    assert matrix_similarity(FKH1, FKH1) == pytest.approx(1)
    assert matrix_similarity(FKH1, FKH2) == pytest.approx(1)
    assert matrix_similarity(FKH1, REB1) < 0.6
    flat = Matrix("MA9.1", "X", "", "", "", "", "", np.full((4, 5), 0.25))
    assert matrix_similarity(FKH1, flat) == 0


def test_half_of_a_motif_counts_by_its_information() -> None:
    # 7 of 10 columns of equal information: the norms are in proportion to the square roots
    longer = matrix("LONG", "GTAAACAGGG", 5)
    assert matrix_similarity(FKH1, longer) == pytest.approx(np.sqrt(0.7))


def test_a_factor_resembles_the_experts_of_similar_matrices(factors: Factors) -> None:
    found = find(factors, "Fkh2")
    assert found.specialists == {"Fkh1": 0.999}
    assert found.source == OWN
    assert found.matrix_ids == "MA0002.1"
    assert not found.independent
    assert find(factors, "Fkh1").independent


def test_a_training_factor_has_its_own_expert_alone(factors: Factors) -> None:
    assert find(factors, "Fkh1", own="Fkh1").specialists == {"Fkh1": 1.0}


def test_without_a_matrix_an_informative_family_replaces_it(factors: Factors) -> None:
    found = find(factors, "Swi6", family="zipper")
    assert (found.source, found.matrix_ids, found.specialists) == (FAMILY, "MA0004.1", {})
    for family in ("finger", "-", "unheard of"):
        found = find(factors, "Swi6", family=family)
        assert (found.source, found.matrices, found.specialists) == (NONE, (), {})


def test_a_matrix_longer_than_the_window_is_left_out(
    factors: Factors, caplog: pytest.LogCaptureFixture
) -> None:
    found = find(factors, "Reb1", window=6)
    assert (found.source, found.matrices, found.independent) == (NONE, (), False)
    assert "factor Reb1: left out MA0003.1" in caplog.text


def test_an_unreadable_table_of_families_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "factors.tsv").write_text("factor\torganism\tfamily\tmatrix\tsource\n")
    with pytest.raises(InputError, match="does not exist"):
        read_factors(tmp_path / "factors.tsv", tmp_path / "families.tsv")
