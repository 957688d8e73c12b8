from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from tests.faults.corpus_names import (
    CASES,
    FUNGI,
    INSECTS,
    MEME,
    ROLES,
    SEPARATE,
    VERTEBRATES,
    Case,
)

from tfmoe.core.experiments import Experiment, read_experiments
from tfmoe.data.decisions import decision_table
from tfmoe.data.factor_check import FactorCheck, check_factors
from tfmoe.jaspar.factors import Factors, own_matrices, own_matrix, read_factors
from tfmoe.jaspar.matrices import Matrix

RESOURCES = Path(__file__).parents[2] / "resources"
NAMES = {"vertebrates": VERTEBRATES, "fungi": FUNGI, "insects": INSECTS, "-": MEME}


@pytest.fixture(scope="module")
def factors() -> Factors:
    return read_factors(RESOURCES / "factors.tsv", RESOURCES / "families.tsv")


def matrices(group: str) -> list[Matrix]:
    flat, taxon = np.full((4, 3), 0.25), "" if group == "-" else group
    return [
        Matrix(f"MA{number:04}.1", name, taxon, "", "", "", "", flat)
        for number, name in enumerate(NAMES[group], start=1)
    ]


def check(
    rows: Sequence[tuple[str, str, str]], group: str, factors: Factors, family: str = "-"
) -> FactorCheck:
    experiments = {
        name: Experiment(name, factor, "cells", role, "-", family, "peaks", "-")
        for name, factor, role in rows
    }
    return check_factors("table.tsv", experiments, matrices(group), factors)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.given} of {case.group}")
def test_name(case: Case, factors: Factors, caplog: pytest.LogCaptureFixture) -> None:
    choice = matrices(case.group)
    found = own_matrix(case.given, choice, factors)
    assert (found.name if found else None) == case.matrix
    assert own_matrices(case.given, choice, factors) == ([found] if found else [])
    with caplog.at_level(logging.INFO):
        checked = check([("x", case.given, "train")], case.group, factors)
    assert not checked.faults
    for part in case.logged:
        assert part in caplog.text
    table = decision_table(checked.decisions).set_index("what")["decision"]
    assert table["matrix"].startswith(found.matrix_id if found else "-")
    warned = [record for record in caplog.records if record.levelname == "WARNING"]
    assert bool(warned) == (case.matrix is None and case.given != "POLR2A")


@pytest.mark.parametrize(("rows", "parts"), ROLES, ids=lambda value: str(value)[:40])
def test_one_factor_in_both_roles(
    rows: Sequence[tuple[str, str, str]], parts: Sequence[str], factors: Factors
) -> None:
    (fault,) = check(rows, "vertebrates", factors).faults
    assert fault.startswith("table.tsv: experiments a (factor ")
    for part in parts:
        assert part in fault


@pytest.mark.parametrize("rows", SEPARATE, ids=lambda rows: f"{rows[0][1]} and {rows[1][1]}")
def test_different_factors(rows: Sequence[tuple[str, str, str]], factors: Factors) -> None:
    assert not check(rows, "vertebrates", factors).faults


def test_two_names_in_one_role_are_a_warning(
    factors: Factors, caplog: pytest.LogCaptureFixture
) -> None:
    assert not check([("a", "p53", "train"), ("b", "TP53", "train")], "-", factors).faults
    assert "a (factor p53, role train) and b (factor TP53, role train)" in caplog.text
    assert "write one name for both" in caplog.text


def test_a_family_that_the_curated_table_contradicts(
    factors: Factors, caplog: pytest.LogCaptureFixture
) -> None:
    check([("a", "GATA3", "train")], "vertebrates", factors, family="ETS")
    assert "experiment a: found family ETS, but resources/factors.tsv lists GATA" in caplog.text
    caplog.clear()
    check([("a", "GATA3", "train")], "vertebrates", factors, family="GATA")
    assert not caplog.records


def test_the_experiment_table_takes_names_of_cis_bp(tmp_path: Path) -> None:
    table = tmp_path / "experiments.tsv"
    header = "experiment\tfactor\tbiosample\trole\tstratum\tfamily\tpeaks\tsha256\n"
    table.write_text(header + "x\t(GATA3)_(Homo_sapiens)\tcells\ttrain\t-\t-\tx.bed\t-\n")
    assert read_experiments(table)["x"].factor == "(GATA3)_(Homo_sapiens)"


def test_decisions(factors: Factors) -> None:
    checked = check([("a", "c-Myc", "train"), ("b", "CTCF", "ood")], "vertebrates", factors)
    assert decision_table(checked.decisions).to_numpy().tolist() == [
        ["a", "-", "factor", "MYC", "HGNC alias symbol"],
        ["a", "-", "matrix", "MA0001.1 (MYC, vertebrates)", "name of the matrix"],
        ["a", "-", "family", "-", "experiment table"],
        ["b", "-", "factor", "CTCF", "name in JASPAR or resources/factors.tsv"],
        ["b", "-", "matrix", "MA0023.1 (CTCF, vertebrates)", "name of the matrix"],
        ["b", "-", "family", "-", "experiment table"],
    ]
