import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import conv1d, pad

from tfmoe.models.layers import (
    Convolution,
    Dropout,
    MaxPool,
    Padding,
    convolve,
    draw_bits,
    kept_bits,
)
from tolerance import close


def draw(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(0))


def test_the_last_window_of_a_max_pool_may_be_shorter() -> None:
    activity = torch.tensor([[[1.0, 3.0, 2.0, -1.0, -5.0], [0.0, 0.0, 9.0, 8.0, 7.0]]])
    assert MaxPool(2)(activity).tolist() == [[[3.0, 2.0, -5.0], [0.0, 9.0, 7.0]]]
    assert MaxPool(5)(activity).tolist() == [[[3.0], [9.0]]]
    assert MaxPool(9)(activity).tolist() == [[[3.0], [9.0]]]


@pytest.mark.parametrize("channels_last", [False, True])
@pytest.mark.parametrize(("columns", "width"), [(12, 4), (13, 4), (15, 4), (7, 7), (7, 1), (1, 1)])
def test_max_pool_is_torchs_in_values_and_gradients(
    columns: int, width: int, channels_last: bool
) -> None:
    """Gradients agree even for equal maxima, as after a ReLU."""
    values = draw(3, 5, columns).relu()
    if channels_last:
        values = values.transpose(1, 2).contiguous().transpose(1, 2)
    found, expected = (values.clone().requires_grad_(True) for _ in range(2))
    pooled = MaxPool(width)(found)
    reference = nn.MaxPool1d(width, ceil_mode=True)(expected)
    assert torch.equal(pooled, reference)
    weights = draw(*reference.shape)
    (pooled * weights).sum().backward()
    (reference * weights).sum().backward()
    assert found.grad is not None
    assert expected.grad is not None
    assert torch.equal(found.grad, expected.grad)


def test_a_tool_that_knows_torchs_max_pool_finds_its_attributes() -> None:
    pool = MaxPool(4)
    assert isinstance(pool, nn.MaxPool1d)
    names = ("kernel_size", "stride", "padding", "dilation", "ceil_mode")
    assert [getattr(pool, name) for name in names] == [4, 4, 0, 1, True]


@pytest.mark.parametrize(("padding", "groups"), [(0, 1), (2, 1), (3, 6)])
def test_convolution_is_torchs(padding: int, groups: int) -> None:
    torch.manual_seed(0)
    layer = Convolution(6, 12, 5, padding, groups)
    torch.manual_seed(0)
    reference = nn.Conv1d(6, 12, 5, padding=padding, groups=groups)
    sequences = draw(2, 6, 11)
    assert torch.equal(layer.weight, reference.weight)
    close(layer(sequences), reference(sequences), terms=6 * 5)


def test_convolve_keeps_the_fast_layout() -> None:
    """The channels of a position are adjacent, and a second layer copies nothing."""
    first = convolve(draw(2, 4, 9), draw(3, 4, 2), None)
    assert first.shape == (2, 3, 8)
    assert first.stride() == (24, 1, 3)
    assert MaxPool(2)(first.relu()).stride() == (12, 1, 3)
    close(first, conv1d(draw(2, 4, 9), draw(3, 4, 2)), terms=4 * 2)


def test_padding_is_torchs_and_keeps_the_layout() -> None:
    values = draw(2, 4, 9)
    quick = values.transpose(1, 2).contiguous().transpose(1, 2)
    expected = pad(values, (3, 3), value=0.25)
    assert torch.equal(Padding(3, 0.25)(values), expected)
    assert torch.equal(Padding(3, 0.25)(quick), expected)
    assert Padding(3, 0.25)(quick).stride() == (60, 1, 4)


@pytest.mark.parametrize("share", [0.0, 0.25, 0.9])
def test_dropout_keeps_the_mean_and_is_off_in_use(share: float) -> None:
    torch.manual_seed(0)
    values = torch.full((300, 400), 2.0, requires_grad=True)
    layer = Dropout(share)
    dropped = layer(values)
    kept, scale = dropped != 0, float(kept_bits(share).scale)
    assert kept.float().mean().item() == pytest.approx(1 - share, abs=0.005)
    close(dropped[kept], torch.full_like(dropped[kept], 2 * scale))
    dropped.sum().backward()
    assert values.grad is not None
    close(values.grad, kept * scale)
    assert layer.eval()(values) is values


@pytest.mark.parametrize(
    ("dropout", "lowest", "scale"),
    [(0.0, -32768, 1.0), (0.25, -16384, 4 / 3), (0.5, 0, 2.0), (0.9999999, 32767, 65536.0)],
)
def test_bits_that_keep_a_value(dropout: float, lowest: int, scale: float) -> None:
    kept = kept_bits(dropout)
    assert kept.lowest == lowest
    assert kept.scale == pytest.approx(scale)


def test_drawn_bits_are_equally_likely() -> None:
    torch.manual_seed(0)
    drawn = draw_bits(400_001)
    assert drawn.dtype == torch.int16
    assert len(drawn) == 400_001
    for bit in range(16):
        assert (drawn >> bit & 1).float().mean().item() == pytest.approx(0.5, abs=0.005)


def test_dropout_uses_torchs_seed_and_keeps_the_type() -> None:
    values = torch.ones(50, 50, dtype=torch.bfloat16)
    drawn = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        drawn.append(Dropout(0.5)(values))
    assert drawn[0].dtype == torch.bfloat16
    assert torch.equal(drawn[0], drawn[1])
    assert not torch.equal(drawn[0], drawn[2])
