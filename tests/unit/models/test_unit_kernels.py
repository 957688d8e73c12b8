import pytest
import torch
from torch import Tensor

from tfmoe.models.layers import draw_bits, kept_bits
from tfmoe.models.unit_kernels import can_run_units, run_units
from tolerance import close


def draw_layers(units: int, columns: int, hidden: int) -> list[Tensor]:
    """Return maxima of 5 sequences, and weights and biases of both layers."""
    torch.manual_seed(0)
    shapes = (5, units, columns), (units, columns, hidden), (units, 1, hidden)
    return [torch.randn(*shape) for shape in (*shapes, (units, hidden, 1), (units, 1, 1))]


def compute(
    maxima: Tensor, weight: Tensor, bias: Tensor, last: Tensor, last_bias: Tensor
) -> Tensor:
    hidden = torch.baddbmm(bias, maxima.transpose(0, 1).exp(), weight).relu()
    return torch.baddbmm(last_bias, hidden, last).squeeze(2).t()


@pytest.mark.parametrize(("units", "columns", "hidden"), [(3, 17, 32), (1, 1, 1), (2, 20, 7)])
def test_outputs_and_gradients_are_those_of_separate_layers(
    units: int, columns: int, hidden: int
) -> None:
    given = draw_layers(units, columns, hidden)
    found, expected = ([value.clone().requires_grad_(True) for value in given] for _ in range(2))
    maxima, weight, bias, last, last_bias = found
    outputs = run_units(maxima, (weight, bias), (last, last_bias), 0.0)
    reference = compute(*expected)
    terms = 5 * (columns + hidden)
    close(outputs, reference, terms=terms)
    weights = torch.randn(outputs.shape)
    (outputs * weights).sum().backward()
    (reference * weights).sum().backward()
    for mine, torchs in zip(found, expected, strict=True):
        close(mine.grad, torchs.grad, terms=terms)


def test_dropout_zeroes_values_of_the_first_layer_by_torchs_seed() -> None:
    """The gradients are those of the values that were kept."""
    given = [value.requires_grad_(True) for value in draw_layers(2, 3, 7)]
    maxima, weight, bias, last, last_bias = given
    torch.manual_seed(1)
    outputs = run_units(maxima, (weight, bias), (last, last_bias), 0.25)
    torch.manual_seed(1)
    # a row of the first layer is filled up to 16 numbers
    kept = (draw_bits(2 * 5 * 16) >= kept_bits(0.25).lowest).view(2, 5, 16)[:, :, :7]
    assert 0 < int(kept.sum()) < kept.numel()
    hidden = torch.baddbmm(bias, maxima.transpose(0, 1).exp(), weight).relu() * kept / 0.75
    reference = torch.baddbmm(last_bias, hidden, last).squeeze(2).t()
    close(outputs, reference, terms=40)
    found = torch.autograd.grad(outputs.square().sum(), given)
    expected = torch.autograd.grad(reference.square().sum(), given)
    for mine, torchs in zip(found, expected, strict=True):
        close(mine, torchs, terms=200)


def test_which_maxima_are_taken() -> None:
    maxima = torch.zeros(2, 3, 4)
    assert can_run_units(maxima)
    assert not can_run_units(maxima[:0])
    assert not can_run_units(maxima.double())
    assert not can_run_units(maxima.to("meta"))
