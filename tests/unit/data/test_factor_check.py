"""Warnings about strata that contradict the families."""

from pathlib import Path

import numpy as np
import pytest

from tfmoe.core.experiments import Experiment
from tfmoe.data.factor_check import check_factors
from tfmoe.jaspar.factors import read_factors
from tfmoe.jaspar.matrices import Matrix

RESOURCES = Path(__file__).resolve().parents[3] / "resources"
NAMES = ("REB1", "FKH1", "FKH2", "TBF1", "NEW1")
MATRICES = [
    Matrix(f"MA{number:04}.1", name, "fungi", "4932", "", "", "", np.full((4, 3), 0.25))
    for number, name in enumerate(NAMES)
]


@pytest.mark.parametrize(
    ("factor", "family", "stratum", "message"),
    [
        (
            "Tbf1", "Myb/SANT", "within_family",
            "experiment x: found stratum within_family, expected cross_family: family Myb/SANT "
            "trains, and is not informative (share of similar pairs in resources/families.tsv: "
            "0.06, at least 0.25 is needed)",
        ),
        (
            "Fkh2", "forkhead", "cross_family",
            "experiment x: found stratum cross_family, expected within_family: family forkhead "
            "trains, and is informative (share of similar pairs in resources/families.tsv: 0.81, "
            "at least 0.25 is needed)",
        ),
        (
            "NEW1", "GATA", "within_family",
            "experiment x: found stratum within_family, expected cross_family: family GATA does "
            "not train, and is informative (share of similar pairs in resources/families.tsv: "
            "0.53, at least 0.25 is needed)",
        ),
        ("Tbf1", "Myb/SANT", "cross_family", None),
        ("Fkh2", "forkhead", "within_family", None),
        ("NEW1", "-", "general_factor", None),
        ("NEW1", "my own family", "within_family", None),  # in no table: nothing is known
        ("Reb1", "Myb/SANT", "same_factor", None),
    ],
)  # fmt: skip
def test_strata(
    factor: str,
    family: str,
    stratum: str,
    message: str | None,
    caplog: pytest.LogCaptureFixture,
) -> None:
    experiments = {
        "reb": Experiment("reb", "Reb1", "wild type", "train", "-", "Myb/SANT", "p", "-"),
        "fkh": Experiment("fkh", "Fkh1", "wild type", "train", "-", "forkhead", "q", "-"),
        "x": Experiment("x", factor, "heat shock", "ood", stratum, family, "r", "-"),
    }
    factors = read_factors(RESOURCES / "factors.tsv", RESOURCES / "families.tsv")
    check_factors("table.tsv", experiments, MATRICES, factors)
    found = [text for text in caplog.messages if "found stratum" in text]
    assert found == ([message] if message else [])
