from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tfmoe.core.errors import InputError
from tfmoe.jaspar.matrices import Matrix, find_matrix, read_matrices, write_matrices
from tfmoe.jaspar.meme import read_meme

HEAD = "MEME version 4\n\nALPHABET= ACGT\n\n"
ONE = HEAD + "MOTIF MA0001.1 one\nletter-probability matrix: alength= 4 w= 2\n"


def make(matrix_id: str, name: str = "x", width: int = 2) -> Matrix:
    probabilities = np.tile(np.array([[0.7], [0.1], [0.1], [0.1]]), (1, width))
    return Matrix(
        matrix_id, name, "fungi", "4932", "HSF", "", "PBM, CSA and/or DIP-chip", probabilities
    )


def test_written_matrices_are_read_back_sorted(tmp_path: Path) -> None:
    third = np.array([[1 / 3], [2 / 3], [0], [0]])
    first = Matrix(
        "MA0002.1", "Fos::JUN", "vertebrates", "10090;9606", "a;b", "c;d", "SELEX", third
    )
    write_matrices([make("MA0010.2", width=3), first], tmp_path / "m.meme", tmp_path / "m.tsv")
    read = read_matrices(tmp_path / "m.meme", tmp_path / "m.tsv")
    assert [matrix.matrix_id for matrix in read] == ["MA0002.1", "MA0010.2"]
    assert read[0].name == "Fos::JUN"
    assert (read[0].species, read[0].tf_class, read[0].family) == ("10090;9606", "a;b", "c;d")
    assert (read[1].tax_group, read[1].family, read[1].data_type) == (
        "fungi",
        "",
        "PBM, CSA and/or DIP-chip",
    )
    assert read[1].length == 3 and read[1].base_id == "MA0010"
    np.testing.assert_allclose(read[0].probabilities, third, atol=1e-8)


def test_a_matrix_is_independent_if_it_is_known_to_be_from_other_data() -> None:
    stated = make("MA0010.2")
    assert stated.is_independent_of(["ChIP-exo"])
    assert not stated.is_independent_of(["ChIP-exo", "PBM, CSA and/or DIP-chip"])
    assert not replace(stated, data_type="").is_independent_of([])


def test_the_files_are_literal(tmp_path: Path) -> None:
    write_matrices([make("MA0010.2", "HSF1")], tmp_path / "m.meme", tmp_path / "m.tsv")
    assert (tmp_path / "m.meme").read_text() == (
        "MEME version 4\n\nALPHABET= ACGT\n\nstrands: + -\n\nMOTIF MA0010.2 HSF1\n"
        "letter-probability matrix: alength= 4 w= 2\n"
        "0.70000000 0.10000000 0.10000000 0.10000000\n"
        "0.70000000 0.10000000 0.10000000 0.10000000\n"
    )
    assert (tmp_path / "m.tsv").read_text() == (
        "matrix_id\tname\ttax_group\tspecies\tclass\tfamily\tdata_type\tlength\n"
        "MA0010.2\tHSF1\tfungi\t4932\tHSF\t\tPBM, CSA and/or DIP-chip\t2\n"
    )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "contains no motif"),
        (HEAD, "contains no motif"),
        ("MEME version 4\nALPHABET= ACDEFGHIKLMNPQRSTVWY\n", "line 2.*expected the DNA alphabet"),
        (HEAD + "MOTIF MA0001.1 one\n", "MA0001.1 has 0 rows"),
        (ONE, "MA0001.1 has 0 rows of probabilities, expected 2"),
        (
            ONE + "0.25 0.25 0.25 0.25\n",
            "has 1 rows of probabilities, expected 2; the file may be trunc",
        ),
        (ONE.replace("w= 2", "w= 0"), "line 6.*expected a positive width"),
        (ONE + "0.5 0.5 0.5 0.5\n", "line 7: motif MA0001.1 has the row '0.5 0.5 0.5 0.5'"),
        (ONE + "0.5 0.5 0.0\n", "line 7.*expected four probabilities"),
        (ONE + "0.5 0.6 -0.1 0.0\n", "line 7.*expected four probabilities"),
        (ONE + "nan 0.5 0.5 0.0\n", "line 7.*expected four probabilities"),
        (ONE + "a b c d\n", "line 7.*expected four probabilities"),
        (
            ONE + "1 0 0 0\n0 1 0 0\nMOTIF MA0001.1 one\n",
            "line 9: motif MA0001.1 occurs twice in",
        ),
        (HEAD + "MOTIF\n", "line 5: found a MOTIF line without an id"),
    ],
)
def test_a_damaged_meme_file_is_named(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "m.meme"
    path.write_text(text)
    with pytest.raises(InputError, match=message):
        read_meme(path)


def test_meme_files_of_other_tools_are_read(tmp_path: Path) -> None:
    path = tmp_path / "m.meme"
    path.write_text(
        "MEME version 5.5.5\n\nALPHABET= ACGT\nBackground letter frequencies\n"
        "A 0.3 C 0.2 G 0.2 T 0.3\n\nMOTIF REB1\n"
        "letter-probability matrix: alength= 4 w= 1 nsites= 20 E= 0\n"
        "  0.100\t0.200 0.300  0.400 \nURL http://example.org\n"
    )
    np.testing.assert_allclose(read_meme(path)["REB1"], [[0.1], [0.2], [0.3], [0.4]])


def test_missing_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"m\.meme: the file does not exist"):
        read_matrices(tmp_path / "m.meme", tmp_path / "m.tsv")


def test_the_two_files_have_to_agree(tmp_path: Path) -> None:
    meme, table = tmp_path / "m.meme", tmp_path / "m.tsv"
    write_matrices([make("MA0001.1"), make("MA0002.1")], meme, table)
    rows = table.read_text()
    table.write_text(rows.replace("MA0002.1", "MA0003.1"))
    with pytest.raises(InputError, match=r"line 3: matrix MA0003.1 is not in .*m\.meme"):
        read_matrices(meme, table)
    table.write_text(rows.rsplit("MA0002.1", 1)[0])
    with pytest.raises(InputError, match=r"matrix MA0002.1 of .*m\.meme is missing"):
        read_matrices(meme, table)
    table.write_text(rows.replace("\t2\n", "\t5\n"))
    with pytest.raises(InputError, match=r"line 2: matrix MA0001.1 has length 5, but length 2 in"):
        read_matrices(meme, table)
    table.write_text("matrix_id\tname\n")
    with pytest.raises(InputError, match="line 1: found the columns matrix_id, name; expected"):
        read_matrices(meme, table)
    table.write_text(rows.replace("\tPBM", ""))
    with pytest.raises(InputError, match="line 2: found 7 fields, expected 8"):
        read_matrices(meme, table)


def test_find_matrix_by_full_and_by_base_id() -> None:
    matrices = [make("MA0001.3"), make("MA0139.2")]
    assert find_matrix("MA0139.2", matrices).matrix_id == "MA0139.2"
    assert find_matrix("MA0139", matrices).matrix_id == "MA0139.2"


def test_an_unknown_matrix_is_an_error_with_a_remedy() -> None:
    with pytest.raises(InputError, match=r"MA0139.1 is not among the 1 .*; available: MA0139.2"):
        find_matrix("MA0139.1", [make("MA0139.2")])
    with pytest.raises(InputError, match=r"XY is not among .*; no id is similar"):
        find_matrix("XY", [make("MA0139.2")])
