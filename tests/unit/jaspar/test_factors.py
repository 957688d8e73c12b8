from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tfmoe.core.errors import InputError
from tfmoe.jaspar.factors import (
    Factors,
    family_matrices,
    family_members,
    own_matrices,
    own_matrix,
    read_factors,
)
from tfmoe.jaspar.matrices import Matrix

RESOURCES = Path(__file__).parents[3] / "resources"
BZIP = "Basic leucine zipper factors (bZIP)"


def make(
    matrix_id: str, name: str, tf_class: str = "", family: str = "", group: str = "vertebrates"
) -> Matrix:
    return Matrix(matrix_id, name, group, "9606", tf_class, family, "", np.full((4, 3), 0.25))


MATRICES = [
    make("MA0058.4", "MAX", "bHLH", "bHLH-ZIP"),
    make("MA0059.2", "MAX::MYC", "bHLH", "bHLH-ZIP"),
    make("MA0147.4", "MYC", "bHLH", "bHLH-ZIP"),
    make("MA0151.1", "Arid3a", "ARID", "ARID-related"),
    make("MA0265.3", "ABF1", "Basic helix-loop-helix factors (bHLH)", "Tal-related", "fungi"),
    make("MA0477.3", "FOSL1", BZIP, "Fos-related"),
    make("MA1128.2", "FOSL1::JUN", BZIP, "Fos-related;Jun-related"),
    make("MA1952.2", "FOXJ2::ELF1", "Fork head;Tryptophan", "FOX;Ets-related"),
    make("MA2503.1", "Banp", "ARID", "ARID-related"),
    make("MA9001.1", "NEW1", BZIP, ""),
    make("MA9002.1", "new1", BZIP, ""),
    make("MA9003.1", "ZNF9", "C2H2 zinc finger factors", ""),
]


@pytest.fixture(scope="module")
def factors() -> Factors:
    return read_factors(RESOURCES / "factors.tsv", RESOURCES / "families.tsv")


@pytest.mark.parametrize(
    ("factor", "expected"),
    [
        ("ARID3A", "MA0151.1"),
        ("arid3a", "MA0151.1"),
        ("MAX", "MA0058.4"),
        ("MYC", "MA0147.4"),
        ("MYC::MAX", "MA0059.2"),
        ("max::myc", "MA0059.2"),
        ("New1", "MA9001.1"),
        ("JUN::FOSL1", "MA1128.2"),
    ],
)
def test_own_matrix(factor: str, expected: str, factors: Factors) -> None:
    found = own_matrix(factor, MATRICES, factors)
    assert found is not None and found.matrix_id == expected


@pytest.mark.parametrize("factor", ["POLR2A", "Swi6", "NOSUCH", "FOXJ2", "MY"])
def test_a_factor_without_a_matrix_of_its_own(factor: str, factors: Factors) -> None:
    assert own_matrix(factor, MATRICES, factors) is None


def test_a_curated_matrix_that_was_not_exported_is_none(factors: Factors) -> None:
    assert own_matrix("CTCF", MATRICES, factors) is None


def test_another_organisms_factor_of_that_name_is_found_by_name(factors: Factors) -> None:
    found = own_matrix("CTCF", [*MATRICES, make("MA0531.2", "CTCF")], factors)
    assert found is not None and found.matrix_id == "MA0531.2"


def test_a_full_id_of_another_version_is_an_error(tmp_path: Path) -> None:
    table = tmp_path / "factors.tsv"
    table.write_text(HEADER + "MAX\thuman\ta\tMA0058.3\ts\n")
    curated = read_factors(table, RESOURCES / "families.tsv")
    with pytest.raises(InputError, match=r"matrix MA0058.3 is not among .* available: MA0058.4"):
        own_matrix("MAX", MATRICES, curated)


@pytest.mark.parametrize(
    ("family", "expected"),
    [
        ("bZIP", ["MA0477.3", "MA1128.2", "MA9001.1", "MA9002.1"]),
        ("ARID", ["MA0151.1"]),  # JASPAR files Banp there, the curated table does not
        ("BEN", []),  # one factor: nothing is known of its similarity to others
        ("bHLH", ["MA0058.4", "MA0059.2", "MA0147.4"]),  # not ABF1: its class is wrong in JASPAR
        ("forkhead", []),  # a heterodimer of two families is in neither
        ("C2H2", []),
        ("-", []),
    ],
)
def test_family_matrices(family: str, expected: list[str], factors: Factors) -> None:
    found = [matrix.matrix_id for matrix in family_matrices(family, MATRICES, factors)]
    assert found == expected


@pytest.mark.parametrize(
    ("family", "expected"),
    [("BEN", ["MA2503.1"]), ("Abf1", ["MA0265.3"]), ("C2H2", ["MA9003.1"]), ("-", [])],
)
def test_members_of_families_that_are_not_informative(
    family: str, expected: list[str], factors: Factors
) -> None:
    found = [matrix.matrix_id for matrix in family_members(family, MATRICES, factors)]
    assert found == expected
    assert not factors.is_informative(family)


def test_informative_families(factors: Factors) -> None:
    names = {name for name in factors.families if factors.is_informative(name)}
    assert names == {
        "APSES", "ARID", "AT hook", "bHLH", "bZIP", "CCAAT-binding complex", "E2F", "ETS",
        "forkhead", "GATA", "HMG", "homeodomain", "HSF", "MADS", "nuclear receptor", "RFX", "STAT",
        "TEA",
    }  # fmt: skip
    measured = {name: factors.similar[name] for name in ("C2H2", "C6 zinc cluster", "Myb/SANT")}
    assert measured == {"C2H2": 0.03, "C6 zinc cluster": 0.13, "Myb/SANT": 0.06}
    assert not {"NRF1", "TBP"} & set(factors.similar)


FAMILIES = "family\tjaspar_term\tfactors\tpairs\tsimilar\n"


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("X\ta\t2\t1\t1.5\n", "line 2: family X, column similar: found 1.5, expected a number"),
        ("X\ta\t2\t1\t-0.5\n", "column similar: found -0.5, expected a number from 0 to 1, or -"),
        ("X\ta\t2\t1\tnan\n", "column similar: found nan, expected a number from 0 to 1, or -"),
        (
            "X\ta\t2\t1\t0.5\nX\tb\t2\t1\t0.4\n",
            "line 3: family X, column similar: found 0.4, but 0.5 in a line before",
        ),
        ("X\ta\t2\t1\n", "line 2: found 4 fields, expected 5"),
    ],
)
def test_a_damaged_table_of_families(tmp_path: Path, rows: str, message: str) -> None:
    table = tmp_path / "families.tsv"
    table.write_text(FAMILIES + rows)
    with pytest.raises(InputError, match=message):
        read_factors(RESOURCES / "factors.tsv", table)


@pytest.mark.parametrize(("share", "informative"), [("0.25", True), ("0.24", False), ("-", False)])
def test_a_quarter_of_similar_pairs_is_enough(
    tmp_path: Path, share: str, informative: bool
) -> None:
    table = tmp_path / "families.tsv"
    table.write_text(f"{FAMILIES}X\ta\t9\t36\t{share}\n")
    read = read_factors(RESOURCES / "factors.tsv", table)
    assert read.is_informative("X") is informative


@pytest.mark.parametrize(
    ("family", "hint"),
    [("Forkheads", "Did you mean `forkhead`? Correct"), ("xyz", "that family. Correct the")],
)
def test_a_family_in_no_table_is_a_warning(
    family: str, hint: str, factors: Factors, caplog: pytest.LogCaptureFixture
) -> None:
    assert family_matrices(family, MATRICES, factors) == []
    (message,) = caplog.messages
    assert message.startswith(f"family {family}: found neither in resources/families.tsv nor")
    assert hint in message
    assert "Known families: Abf1, APSES, ARID, AT hook, " in message


@pytest.mark.parametrize("family", ["-", "ARID", "BEN", "C2H2", "Abf1"])
def test_known_families_cause_no_warning(
    family: str, factors: Factors, caplog: pytest.LogCaptureFixture
) -> None:
    family_matrices(family, MATRICES, factors)
    assert not caplog.messages


HEADER = "factor\torganism\tfamily\tmatrix\tsource\n"


def test_one_factor_in_two_organisms_is_decided_by_the_matrices(tmp_path: Path) -> None:
    table = tmp_path / "factors.tsv"
    table.write_text(HEADER + "MAX\thuman\ta\tMA0058\ts\nMax\tyeast\tb\tMA0999\ts\n")
    both = read_factors(table, RESOURCES / "families.tsv")
    found = own_matrix("MAX", MATRICES, both)
    assert found is not None and found.matrix_id == "MA0058.4"
    table.write_text(HEADER + "MAX\thuman\ta\tMA0058\ts\nMax\tyeast\tb\tMA0147\ts\n")
    both = read_factors(table, RESOURCES / "families.tsv")
    with pytest.raises(InputError, match="factor MAX occurs in the table of factors for human and"):
        own_matrix("MAX", MATRICES, both)
    table.write_text(HEADER + "MAX\thuman\ta\tMA0058\ts\nMax\tfly\tb\t-\ts\n")
    both = read_factors(table, RESOURCES / "families.tsv")
    assert own_matrix("MAX", MATRICES[3:5], both) is None


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "line 1: found the columns ; expected factor, organism"),
        ("factor\tmatrix\n", "line 1: found the columns factor, matrix; expected"),
        (HEADER + "A\tB\tC\n", "line 2: found 3 fields, expected 5"),
        (HEADER + "A\tB\t\tD\tE\n", "line 2: found 5 fields, expected 5 that are not empty"),
        (
            HEADER + "A\tB\tC\tD\tE\na\tB\tC\tD\tE\n",
            "line 3: factor a of B occurs twice in the table",
        ),
    ],
)
def test_a_damaged_table_is_named(tmp_path: Path, text: str, message: str) -> None:
    table = tmp_path / "factors.tsv"
    table.write_text(text)
    with pytest.raises(InputError, match=message):
        read_factors(table, RESOURCES / "families.tsv")
    with pytest.raises(InputError, match=r"nowhere\.tsv: the file does not exist"):
        read_factors(tmp_path / "nowhere.tsv", RESOURCES / "families.tsv")


def test_the_curated_table_holds_the_families_by_dna_binding_domain(factors: Factors) -> None:
    expected = {
        "Myb/SANT": "Reb1 Rap1 Tbf1",
        "forkhead": "Fkh1 Fkh2 FOXM1 FOXA1",
        "bZIP": "Cin5 Yap1 Cad1 Sko1 JUND",
        "bHLH": "Cbf1 Pho4 MAX TCF12",
        "C6 zinc cluster": "Ume6 Sut1",
        "MADS": "Mcm1",
        "GATA": "Gzf3 GATA3",
        "APSES": "Mbp1 Swi4 Phd1",
        "HSF": "Hsf1",
        "CCAAT-binding complex": "Hap3 Hap5",
        "C2H2": "Mig1 CTCF",
        "TBP": "Spt15",
        "-": "Swi6 POLR2A BCLAF1 RBBP5 SAP30",
        "ARID": "ARID3A",
    }
    found = {
        family: " ".join(factors.rows_of(name)[0].factor for name in names.split())
        for family, names in expected.items()
    }
    assert found == expected
    for family, names in expected.items():
        assert {factors.rows_of(name)[0].family for name in names.split()} == {family}


def test_own_matrices_begin_with_the_curated_one(factors: Factors) -> None:
    several = [
        make("MA0002.1", "CTCF"),
        make("MA1930.2", "ctcf"),
        make("MA0139.2", "CTCF"),
        make("MA1929.2", "CTCF"),
        make("MA1102.3", "CTCFL"),
        Matrix("MA0531.2", "CTCF", "insects", "7227", "", "", "", np.full((4, 3), 0.25)),
    ]
    found = [matrix.matrix_id for matrix in own_matrices("CTCF", several, factors)]
    assert found == ["MA0139.2", "MA0002.1", "MA1929.2", "MA1930.2"]
    assert own_matrices("POLR2A", several, factors) == []
    assert [matrix.matrix_id for matrix in own_matrices("New1", MATRICES, factors)] == [
        "MA9001.1",
        "MA9002.1",
    ]
