"""Matrices from a user's MEME file, instead of a JASPAR release."""

from pathlib import Path

import pytest

from tfmoe.core.errors import InputError
from tfmoe.jaspar.factors import Factor, Factors, family_matrices, own_matrix
from tfmoe.jaspar.matrices import read_matrices, write_matrices
from tfmoe.jaspar.user_matrices import read_user_matrices

HEAD = "MEME version 5\n\nALPHABET= ACGT\n\n"
ROWS = "letter-probability matrix: alength= 4 w= 2\n1 0 0 0\n0 0.5 0.5 0\n"
FACTORS = Factors(
    (
        Factor("GATA3", "Homo sapiens", "GATA", "MA0037", "test"),
        Factor("ARID3A", "Homo sapiens", "ARID", "MA0151", "test"),
    ),
    {"GATA": frozenset({"C4-GATA-related"})},
    {"GATA": 0.53},
)


def write(path: Path, *heads: str) -> Path:
    path.write_text(HEAD + "".join(f"MOTIF {head}\n{ROWS}\n" for head in heads))
    return path


@pytest.mark.parametrize(
    ("head", "name"),
    [
        ("M1 Gata3", "Gata3"),
        ("GATA3.H12CORE.0.P.B", "GATA3"),
        ("GATA3_HUMAN.H11MO.0.A", "GATA3"),
        ("MA0037.5 MA0037.5.GATA3", "GATA3"),
        ("M2 MAX::MYC", "MAX::MYC"),
    ],
)
def test_names_are_found_in_ids_of_several_databases(tmp_path: Path, head: str, name: str) -> None:
    (matrix,) = read_user_matrices(write(tmp_path / "own.meme", head))
    assert (matrix.matrix_id, matrix.name) == (head.split()[0], name)
    assert (matrix.tax_group, matrix.data_type, matrix.length) == ("", "", 2)


def test_factors_are_found_by_name_or_not_at_all(tmp_path: Path) -> None:
    heads = ("B gata3", "A MYC::MAX", "C FOXA1")
    matrices = read_user_matrices(write(tmp_path / "own.meme", *heads))
    assert [matrix.matrix_id for matrix in matrices] == ["A", "B", "C"]
    found = own_matrix("GATA3", matrices, FACTORS)
    assert found is not None and found.matrix_id == "B"
    dimer = own_matrix("MAX::MYC", matrices, FACTORS)
    assert dimer is not None and dimer.matrix_id == "A"
    assert own_matrix("MAX", matrices, FACTORS) is None
    # the curated table names a JASPAR matrix that the file lacks
    assert own_matrix("ARID3A", matrices, FACTORS) is None
    family = family_matrices("GATA", matrices, FACTORS)
    assert [matrix.matrix_id for matrix in family] == ["B"]


def test_the_export_can_be_read_back(tmp_path: Path) -> None:
    matrices = read_user_matrices(write(tmp_path / "own.meme", "M1 GATA3"))
    write_matrices(matrices, tmp_path / "matrices.meme", tmp_path / "matrices.tsv")
    (matrix,) = read_matrices(tmp_path / "matrices.meme", tmp_path / "matrices.tsv")
    assert (matrix.matrix_id, matrix.name) == ("M1", "GATA3")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD.replace("ACGT", "ACGU"), r"line 3: found 'ALPHABET= ACGU', expected the DNA alpha"),
        (HEAD + "MOTIF M1\n" + ROWS[:43], r"line 6: motif M1 has 0 rows of prob.*expected 2"),
        (HEAD + "MOTIF M1\nMOTIF M2\n" + ROWS, r"line 6: motif M1 has 0 rows"),
        (HEAD + "MOTIF M1\n" + ROWS.replace("1 0 0 0", "0 0 0 0"), r"line 7: motif M1 has the row"),
        (HEAD + "MOTIF M1\n" + ROWS.replace("w= 2", "w= 0"), r"line 6: .*a positive width"),
        (HEAD, r"this MEME file contains no motif"),
    ],
)
def test_faults_are_named_with_their_line(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "own.meme").write_text(text)
    with pytest.raises(InputError, match=rf"own\.meme.*{message}"):
        read_user_matrices(tmp_path / "own.meme")
