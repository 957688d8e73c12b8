import numpy as np
from numpy.typing import NDArray

from tfmoe.core.dna import Codes, encode
from tfmoe.jaspar.matrices import Matrix
from tfmoe.models.calibration import Calibration
from tfmoe.models.conditioned.adaptation import BANK, KINDS, LIBRARY
from tfmoe.models.conditioned.evidence import OWN, Evidence
from tfmoe.models.conditioned.gate import EQUAL, Gate
from tfmoe.models.conditioned.model import ConditionedMixture
from tfmoe.models.conditioned.scored_library import MatrixBank, build_library
from tfmoe.models.conditioned.scores import MemberScores

CODES = encode(["ACGTAC", "GATCGG", "TTTTTT"])
BACKGROUND = encode(["CCCCCC", "GATCCC", "AAAAAA", "ATGCAT"])


def matrix(number: int, word: str) -> Matrix:
    probabilities = np.full((4, len(word)), 0.01)
    probabilities[["ACGT".index(base) for base in word], range(len(word))] = 0.97
    return Matrix(f"MA000{number}.1", f"F{number}", "", "", "", "", "", probabilities)


OWN_MATRIX, OTHER, LONG = matrix(1, "GATC"), matrix(2, "TTTT"), matrix(3, "ACGTACG")
EVIDENCE = Evidence("F1", (OWN_MATRIX,), OWN)
CALIBRATIONS = {"unseen": Calibration(2.0, -1.0), "unseen_without_matrix": Calibration(3.0, 0.5)}
MIXTURE = ConditionedMixture(Gate(EQUAL, False, np.nan, np.nan, np.nan), CALIBRATIONS, {})


def members(codes: Codes, kmers: bool = True) -> MemberScores:
    values: NDArray[np.float64] = np.arange(len(codes), dtype=np.float64)
    networks = {"Alpha": values**2, "Beta": -values}
    each = {"Alpha": 3 * values, "Beta": values} if kmers else {}
    return MemberScores(codes, networks, values, each, values + 5 if kmers else None)


def test_the_bank_has_all_matrices_that_fit_but_the_factors_own() -> None:
    bank = MatrixBank.without(EVIDENCE, [OWN_MATRIX, OTHER, LONG], BACKGROUND)
    assert bank.names == ("MA0002.1",)
    assert [weights.shape for weights in bank.weights] == [(4, 4)] or len(bank.weights) == 1
    assert bank.scores(CODES)[:, 0].argmax() == 2
    longer = np.zeros((1, 7), dtype=np.uint8)
    others = MatrixBank.without(Evidence("F9"), [OWN_MATRIX, OTHER, LONG], longer)
    assert others.names == ("MA0001.1", "MA0002.1", "MA0003.1")


def test_the_library_has_a_column_per_member() -> None:
    bank = MatrixBank.without(EVIDENCE, [OWN_MATRIX, OTHER, LONG], BACKGROUND)
    found = build_library(members(CODES), members(BACKGROUND), MIXTURE, EVIDENCE, bank, (4, 3))
    shapes = {name: values.shape for name, values in found.blocks.items()}
    # two experts, their k-mers, both generalists and the own matrix
    assert shapes == {KINDS: (3, 3), LIBRARY: (3, 7), BANK: (3, 1)}
    assert found.kmers.shape[0] == 3
    np.testing.assert_allclose(found.zero_shot, 2 * found.blocks[KINDS].mean(axis=1) - 1)


def test_members_that_cannot_score_have_no_column() -> None:
    bank = MatrixBank.without(Evidence("F9"), [OTHER], BACKGROUND)
    found = build_library(
        members(CODES, kmers=False), members(BACKGROUND, kmers=False), MIXTURE, Evidence("F9"),
        bank, (4, 3),
    )  # fmt: skip
    shapes = {name: values.shape for name, values in found.blocks.items()}
    assert shapes == {KINDS: (3, 1), LIBRARY: (3, 3), BANK: (3, 1)}
    np.testing.assert_allclose(found.zero_shot, 3 * found.blocks[KINDS][:, 0] + 0.5)
