import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import conv1d, max_pool1d, pad

from tfmoe.core.dna import Codes
from tfmoe.models.encoding import one_hot
from tfmoe.models.one_hot_filters import best_columns, codes_of
from tolerance import close

A, C, G, T, N = range(5)


def encode(*rows: list[int]) -> Tensor:
    return one_hot(torch.tensor(rows, dtype=torch.uint8))


def decode(sequences: Tensor, padding: int) -> Codes:
    codes = codes_of(sequences, padding)
    assert codes is not None
    return codes


def test_codes_with_unknown_bases_around_them() -> None:
    found = codes_of(encode([T, A, N], [C, G, G]), 2)
    assert found is not None
    assert found.tolist() == [[N, N, T, A, N, N, N], [N, N, C, G, G, N, N]]
    assert found.dtype == np.uint8


@pytest.mark.parametrize(
    "column",
    [[0.5, 0.5, 0, 0], [0, 0, 0, 0], [1, 1, 0, 0], [2, 0, 0, 0], [-1, 1, 1, 0], [np.nan, 1, 0, 0],
     [0.25, 0.25, 0.25, 0], [1, 0.25, 0, 0]],
)  # fmt: skip
def test_other_columns_have_no_code(column: list[float]) -> None:
    sequences = encode([T, A, N])
    sequences[0, :, 1] = torch.tensor(column)
    assert codes_of(sequences, 0) is None


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize(
    ("rows", "filters", "width", "padding", "pool", "length"),
    [(7, 5, 6, 5, 4, 30), (1, 1, 1, 0, 1, 1), (3, 17, 4, 2, 100, 4), (2, 16, 3, 0, 5, 12)],
)
def test_values_and_gradients_are_those_of_padding_convolution_and_pool(
    rows: int, filters: int, width: int, padding: int, pool: int, length: int, channels_last: bool
) -> None:
    torch.manual_seed(0)
    values = one_hot(torch.randint(0, 5, (rows, length), dtype=torch.uint8))
    if not channels_last:
        values = values.contiguous()
    given = values, torch.randn(filters, 4, width), torch.randn(filters)
    found, expected = ([value.clone().requires_grad_(True) for value in given] for _ in range(2))
    best = best_columns(found[0], decode(found[0], padding), *found[1:], pool)
    padded = pad(expected[0], (padding, padding), value=0.25)
    reference = max_pool1d(conv1d(padded, *expected[1:]), pool, ceil_mode=True)
    close(best, reference, terms=4 * width)
    weights = torch.randn(best.shape)
    (best * weights).sum().backward()
    (reference * weights).sum().backward()
    for mine, torchs in zip(found, expected, strict=True):
        close(mine.grad, torchs.grad, terms=rows * best[0].numel() * width)


def test_of_equal_scores_the_first_has_the_gradient() -> None:
    sequences = encode([A, C, A, C, A]).requires_grad_(True)
    weight = torch.tensor([[[0.0, 0.0], [2.0, 3.0], [0, 0], [0, 0]]], requires_grad=True)
    best = best_columns(sequences, decode(sequences, 0), weight, torch.zeros(1), 4)
    assert best.tolist() == [[[3.0]]]
    (5 * best).sum().backward()
    assert sequences.grad is not None
    assert weight.grad is not None
    assert sequences.grad[0, C].tolist() == [10.0, 15.0, 0.0, 0.0, 0.0]
    assert weight.grad[0].tolist() == [[5.0, 0.0], [0.0, 5.0], [0.0, 0.0], [0.0, 0.0]]


def test_filters_that_meet_in_a_sequence_add_up() -> None:
    sequences = encode([C, G, C]).requires_grad_(True)
    weight = torch.zeros(2, 4, 2)
    weight[0, C], weight[0, G] = torch.tensor([1.0, 10.0]), torch.tensor([2.0, 20.0])
    weight[1, C, 0] = 3.0
    best = best_columns(sequences, decode(sequences, 0), weight, torch.tensor([0.5, -1.0]), 2)
    assert best.tolist() == [[[21.5], [2.0]]]
    (gradient,) = torch.autograd.grad(best, sequences, torch.tensor([[[1.0], [-1.0]]]))
    assert gradient[0, C].tolist() == [1.0 - 3.0, 10.0, 0.0]
    assert gradient[0, G].tolist() == [2.0, 20.0, 0.0]


def test_a_score_that_is_not_a_number_is_the_largest() -> None:
    """A diverged training must not look sound because its scores are dropped."""
    sequences = encode([A, C, G, T])
    weight = torch.full((1, 4, 2), float("nan"))
    best = best_columns(sequences, decode(sequences, 1), weight, torch.zeros(1), 2)
    assert bool(best.isnan().all())


def test_gradients_cannot_be_differentiated() -> None:
    sequences = encode([A, C, G, T])
    weight = torch.randn(2, 4, 3).requires_grad_(True)
    best = best_columns(sequences, decode(sequences, 0), weight, torch.zeros(2), 2)
    (gradient,) = torch.autograd.grad(best.square().sum(), weight, create_graph=True)
    with pytest.raises(RuntimeError, match="once_differentiable"):
        gradient.sum().backward()
