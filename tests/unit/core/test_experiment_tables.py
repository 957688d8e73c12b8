"""The experiment tables that ship with the project follow the criterion of informative families."""

from pathlib import Path

import pytest

from tfmoe.core.experiments import read_experiments
from tfmoe.jaspar.factors import read_factors

ROOT = Path(__file__).resolve().parents[3]
TABLES = sorted(path.parent.name for path in (ROOT / "config").rglob("experiments.tsv"))


@pytest.mark.parametrize("name", TABLES)
def test_strata_follow_from_the_families_that_train_and_are_informative(name: str) -> None:
    folder = ROOT if name == "config" else ROOT / "config"
    rows = read_experiments(folder / name / "experiments.tsv").values()
    factors = read_factors(ROOT / "resources/factors.tsv", ROOT / "resources/families.tsv")
    trained = {row.family for row in rows if row.role == "train"}
    for row in rows:
        if row.stratum in ("within_family", "cross_family"):
            seen = row.family in trained and factors.is_informative(row.family)
            assert row.stratum == ("within_family" if seen else "cross_family"), row
        known = {listed.family for listed in factors.rows_of(row.factor)}
        assert row.family in known, row


def test_every_table_is_checked() -> None:
    assert TABLES == ["chr22", "config", "encode", "paper", "template", "yeast"]


def test_yeast_factors_of_families_that_share_no_motif_are_of_no_family_seen() -> None:
    rows = read_experiments(ROOT / "config/yeast/experiments.tsv")
    assert [name for name, row in rows.items() if row.stratum == "within_family"] == [
        "Fkh2", "Sko1", "Cad1", "Yap1",
    ]  # fmt: skip
    assert {rows[name].stratum for name in ("Tbf1", "Sut1", "Mig1")} == {"cross_family"}
