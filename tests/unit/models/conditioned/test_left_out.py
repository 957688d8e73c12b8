"""Tables of left-out factors, with scores that can be computed by hand."""

import numpy as np
import pytest

from tfmoe.models.calibration import Calibration
from tfmoe.models.conditioned.evidence import Evidence
from tfmoe.models.conditioned.gate import LeftOutScores
from tfmoe.models.conditioned.left_out import LeftOutFactor, auroc_table, score_table
from tfmoe.models.conditioned.scores import Member

LABELS = np.array([1, 0, 0], dtype=np.float32)
CALIBRATIONS = {"unseen": Calibration(2.0, 1.0), "unseen_without_matrix": Calibration(1.0, -1.0)}
WEIGHTS = {Member.NETWORKS: 2.0, Member.KMERS: 1.0, Member.MATRIX: 1.0}


def factor(name: str, matrix: bool) -> LeftOutFactor:
    """Return a left-out factor with three windows."""
    kinds = {Member.NETWORKS: np.array([3.0, 0.0, 1.0]), Member.KMERS: np.array([0.0, 3.0, 1.0])}
    if matrix:
        kinds[Member.MATRIX] = np.array([4.0, 4.0, 0.0])
    scores = LeftOutScores(name, kinds, LABELS, matrix)
    return LeftOutFactor(scores, Evidence(name), ["peak", "genomic", "neighbour"])


def test_logits_are_calibrated_as_for_unseen_factors_with_and_without_the_matrix() -> None:
    table = score_table([factor("A", True), factor("B", False)], [WEIGHTS, WEIGHTS], CALIBRATIONS)
    assert table["factor"].tolist() == ["A"] * 6 + ["B"] * 3
    assert table["matrix"].tolist() == [True] * 3 + [False] * 6
    assert table["label"].tolist() == [1, 0, 0] * 3
    assert table["kind"].tolist() == ["peak", "genomic", "neighbour"] * 3
    assert table["logit"].dtype == np.float32
    # (2 * 3 + 0 + 4) / 4 = 2.5, times 2, plus 1
    assert table["logit"][:3].tolist() == pytest.approx([6.0, 4.5, 2.5])
    # (2 * 3 + 0) / 3 = 2, minus 1
    assert table["logit"][3:6].tolist() == pytest.approx([1.0, 0.0, 0.0])
    assert table["logit"][6:].tolist() == table["logit"][3:6].tolist()


def test_each_factor_has_its_own_weights() -> None:
    other = WEIGHTS | {Member.NETWORKS: 0.0}
    table = score_table([factor("A", False), factor("B", False)], [WEIGHTS, other], CALIBRATIONS)
    assert table["logit"][3:].tolist() == pytest.approx([-1.0, 2.0, 0.0])


def test_aurocs_of_the_members_and_of_the_mixture() -> None:
    table = auroc_table([factor("A", True), factor("B", False)], [WEIGHTS, WEIGHTS])
    assert table["networks"].tolist() == [1.0, 1.0]
    assert table["kmers"].tolist() == [0.0, 0.0]
    assert table["matrix"][0] == 0.75 and np.isnan(table["matrix"][1])
    # equal weights: sums of 7, 7 and 2, and of 3, 3 and 2, so that one pair is tied
    assert table["equal_weight_sum"].tolist() == [0.75, 0.75]
    assert table["moe_conditioned"].tolist() == [1.0, 1.0]
    assert table[["positives", "negatives"]].to_numpy().tolist() == [[1, 2], [1, 2]]


def test_without_factors_the_tables_are_empty() -> None:
    assert len(score_table([], [], CALIBRATIONS)) == 0
    assert list(score_table([], [], CALIBRATIONS).columns) == [
        "factor", "matrix", "label", "kind", "logit",
    ]  # fmt: skip
    assert len(auroc_table([], [])) == 0
