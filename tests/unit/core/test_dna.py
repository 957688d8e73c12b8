import numpy as np
import pytest

from tfmoe.core import dna
from tfmoe.core.errors import InputError


def test_encode_takes_both_cases_and_iupac_codes():
    assert dna.encode(["ACGTN", "acgtR"]).tolist() == [[0, 1, 2, 3, 4], [0, 1, 2, 3, 4]]


def test_decode_undoes_encode():
    sequences = ["ACGTN", "TTTTT", "NNACG"]
    assert dna.decode(dna.encode(sequences)) == sequences


def test_no_sequences_at_all():
    assert dna.encode([]).shape == (0, 0)
    assert dna.decode(np.zeros((0, 5), dtype=np.uint8)) == []


def test_unequal_lengths_are_named():
    with pytest.raises(InputError, match="sequence 2 of 2 has 3 bases, but the first has 4"):
        dna.encode(["ACGT", "ACG"])


def test_reverse_complement():
    assert dna.decode(dna.reverse_complement(dna.encode(["AACGN"]))) == ["NCGTT"]


def test_one_hot_has_bases_in_rows_and_a_quarter_for_unknown():
    expected = [[1, 0, 0.25], [0, 0, 0.25], [0, 0, 0.25], [0, 1, 0.25]]
    assert dna.one_hot(dna.encode_text("ATN")).tolist() == expected
    assert dna.one_hot(dna.encode(["ATN", "CCC"])).shape == (2, 4, 3)
