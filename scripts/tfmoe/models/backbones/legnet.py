"""LegNet (Penzar et al. 2023, Bioinformatics 39:btad457), in a small version."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from tfmoe.models.first_layer import FirstLayer, Pooled, after_pool, first_layer, pool_one_hot
from tfmoe.models.layers import Convolution, Dropout, MaxPool, StandardisedFilters

_START = 0.1  # scales a block's initial output, so that blocks start close to the identity


class LegNet(nn.Module):
    """A wide stem, residual blocks of depthwise-separable convolutions, global max pooling.

    Like the published network it uses SiLU throughout and EffBlocks. It differs as follows:

    - filters of the stem are as wide as motifs, because a small network has few layers in which to
      assemble motifs;
    - the stem's output is pooled, which makes all further layers cheaper by the pool's width;
    - blocks add their output to their input, while the published ones concatenate it as further
      channels; the convolutions of blocks see one channel each, the published ones two (which takes
      almost three times as long on a CPU);
    - batch norm is omitted, because its running statistics would belong to other weights than the
      averaged ones that are kept; instead the stem's filters are standardised (see
      `tfmoe.models.layers.StandardisedFilters`), and blocks start close to the identity;
    - squeeze-and-excitation is optional: on windows of 101 bases it took time and gained nothing,
      and DeepLIFT is not complete through it because it is a product.

    The stem's filters reach over both ends of the window by half their width, onto columns of 0.25.

    Parameters
    ----------
    length
        Length L of the windows, in bases.
    filters
        Number of filters of the stem, and of channels of the blocks.
    kernel_width
        Width of the stem's filters, in bases; odd.
    pool_width
        Width and stride of the pool after the stem, in bases; 1 means no pooling.
    blocks
        Number of blocks.
    block_kernel_width
        Width of the blocks' depthwise convolutions, in pooled columns; odd.
    expansion
        Factor by which a block widens its channels.
    squeeze_excitation
        Whether blocks have squeeze-and-excitation.
    dropout
        Probability that dropout zeroes a feature, only in training.

    Attributes
    ----------
    features
        Number F of features, equal to `filters`.

    Raises
    ------
    ValueError
        If the window is too short or a width is even.
    """

    def __init__(
        self,
        length: int,
        filters: int,
        kernel_width: int,
        pool_width: int,
        blocks: int,
        block_kernel_width: int,
        expansion: int,
        squeeze_excitation: bool,
        dropout: float,
    ) -> None:
        super().__init__()
        for name, width in (
            ("kernel_width", kernel_width),
            ("block_kernel_width", block_kernel_width),
        ):
            if width % 2 == 0:
                raise ValueError(f"{name} is {width}, expected an odd number")
        shortest = max(kernel_width, pool_width)
        if length < shortest:
            raise ValueError(
                f"windows of {length} bases are too short, expected at least {shortest} (the "
                "larger of kernel_width and pool_width)"
            )
        columns = -(-length // pool_width)
        self.stem = nn.Sequential(
            nn.ConstantPad1d(kernel_width // 2, 0.25),
            StandardisedFilters(filters, kernel_width),
            MaxPool(pool_width),
            nn.SiLU(),
        )
        squeezed = columns if squeeze_excitation else None
        self.blocks = nn.Sequential(
            *(EffBlock(filters, expansion, block_kernel_width, squeezed) for _ in range(blocks))
        )
        self.activation = nn.SiLU()
        self.maximum = MaxPool(columns)
        self.dropout = Dropout(dropout)
        self.features = filters

    def forward(self, sequences: Tensor) -> Tensor:
        """Return features (B, features) of sequences (B, 4, L)."""
        pooled = pool_one_hot(self, self.stem.modules(), sequences)
        return self._read_stem(self.stem(sequences)) if pooled is None else self.read_pooled(pooled)

    def first_layer(self) -> FirstLayer:
        """Return filters and pool of the stem."""
        return first_layer(self.stem)

    def read_pooled(self, pooled: Pooled) -> Tensor:
        """Return features (B, features) of the output of the first layer."""
        return self._read_stem(after_pool(self.stem)(pooled.maxima))

    def _read_stem(self, columns: Tensor) -> Tensor:
        activity = self.activation(self.blocks(columns))
        features: Tensor = self.dropout(self.maximum(activity).squeeze(2))
        return features


class EffBlock(nn.Module):
    """Expand, convolve each channel separately, squeeze and excite, project, and add to the input.

    Parameters
    ----------
    channels
        Number of channels, which the block keeps.
    expansion
        Factor by which the block widens its channels.
    kernel_width
        Width of the depthwise convolution, odd.
    squeezed
        Length of the input, over which squeeze-and-excitation averages; `None` omits it.
    """

    def __init__(
        self, channels: int, expansion: int, kernel_width: int, squeezed: int | None
    ) -> None:
        super().__init__()
        inner = expansion * channels
        project = Convolution(inner, channels, 1)
        with torch.no_grad():
            project.weight.mul_(_START)
            project.bias.zero_()  # type: ignore[union-attr]
        self.body = nn.Sequential(
            Convolution(channels, inner, 1),
            nn.SiLU(),
            Convolution(inner, inner, kernel_width, padding=kernel_width // 2, groups=inner),
            nn.SiLU(),
            *(
                []
                if squeezed is None
                else [SqueezeExcitation(inner, max(1, channels // 4), squeezed)]
            ),
            project,
        )

    def forward(self, activity: Tensor) -> Tensor:
        """Return (B, channels, columns) of activity of the same shape."""
        added: Tensor = activity + self.body(activity)
        return added


class SqueezeExcitation(nn.Module):
    """Weigh channels by their averages over the window (Hu et al. 2018, arXiv 1709.01507).

    Parameters
    ----------
    channels
        Number of channels.
    inner
        Channels of the bottleneck.
    columns
        Length of the input, over which each channel is averaged.
    """

    def __init__(self, channels: int, inner: int, columns: int) -> None:
        super().__init__()
        self.weigh = nn.Sequential(
            nn.AvgPool1d(columns),
            Convolution(channels, inner, 1),
            nn.SiLU(),
            Convolution(inner, channels, 1),
            nn.Sigmoid(),
        )

    def forward(self, activity: Tensor) -> Tensor:
        """Return (B, channels, columns) of activity of the same shape."""
        weighed: Tensor = activity * self.weigh(activity)
        return weighed


def build(
    length: int,
    filters: int,
    kernel_width: int,
    pool_width: int,
    blocks: int,
    block_kernel_width: int,
    expansion: int,
    squeeze_excitation: bool,
    dropout: float,
) -> LegNet:
    """Build the network from the hyper-parameters in ``training.backbones.legnet``."""
    return LegNet(
        length,
        filters,
        kernel_width,
        pool_width,
        blocks,
        block_kernel_width,
        expansion,
        squeeze_excitation,
        dropout,
    )
