import numpy as np
import torch

from tfmoe.core import dna
from tfmoe.models.encoding import average_strands, both_strands, one_hot, reverse_complement


def test_one_hot_of_each_code() -> None:
    encoded = one_hot(torch.tensor([[0, 1, 2, 3, 4]], dtype=torch.uint8))
    expected = [
        [1, 0, 0, 0, 0.25],
        [0, 1, 0, 0, 0.25],
        [0, 0, 1, 0, 0.25],
        [0, 0, 0, 1, 0.25],
    ]
    assert encoded.dtype == torch.float32
    assert encoded.tolist() == [expected]


def test_the_rows_of_a_base_are_adjacent_in_memory() -> None:
    """The layers compute in this layout, and the other strand keeps it."""
    encoded = one_hot(torch.tensor([[0, 1, 2], [3, 3, 255]], dtype=torch.uint8))
    assert encoded.stride() == (12, 1, 4)
    assert encoded[1].tolist() == [[0, 0, 0.25], [0, 0, 0.25], [0, 0, 0.25], [1, 1, 0.25]]
    assert both_strands(encoded).stride() == (12, 1, 4)


def test_one_hot_of_part_of_longer_rows_and_of_none() -> None:
    codes = torch.tensor([[4, 0, 1], [4, 2, 3]], dtype=torch.uint8)
    assert torch.equal(one_hot(codes[:, 1:]), one_hot(codes[:, 1:].contiguous()))
    assert one_hot(codes[:0]).shape == (0, 4, 3)


def test_one_hot_agrees_with_the_encoding_of_numpy() -> None:
    codes = np.random.default_rng(0).integers(0, 5, size=(7, 30)).astype(np.uint8)
    np.testing.assert_array_equal(one_hot(torch.from_numpy(codes)).numpy(), dna.one_hot(codes))


def test_reverse_complement_agrees_with_codes() -> None:
    codes = dna.encode(["AACGTN", "GGGTTT"])
    other = reverse_complement(one_hot(torch.from_numpy(codes)))
    np.testing.assert_array_equal(other.numpy(), dna.one_hot(dna.encode(["NACGTT", "AAACCC"])))


def test_strands_are_stacked_and_averaged_row_by_row() -> None:
    sequences = one_hot(torch.from_numpy(dna.encode(["AAAC", "CCCG"])))
    adenines = both_strands(sequences)[:, 0].sum(1)
    assert adenines.tolist() == [3, 0, 0, 0]
    thymines = both_strands(sequences)[:, 3].sum(1)
    assert thymines.tolist() == [0, 0, 3, 0]
    assert average_strands(torch.tensor([1.0, 2.0, 5.0, 8.0])).tolist() == [3, 5]
