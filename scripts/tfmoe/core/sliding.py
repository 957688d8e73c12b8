"""Windows of a long sequence, which overlap, so that scores of several windows share work."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tfmoe.core.dna import Codes, reverse_complement


@dataclass(frozen=True, eq=False)
class SlidingWindows:
    """All windows of a sequence whose starts are multiples of a stride.

    Functions that score windows take this or an array of separate windows, and return the same
    scores for both up to rounding.

    Attributes
    ----------
    sequence
        uint8 (n,), as `tfmoe.core.dna` encodes bases.
    window
        Length L of a window, in bases.
    stride
        Distance between the starts of neighbouring windows, in bases.
    """

    sequence: Codes
    window: int
    stride: int = 1

    def __len__(self) -> int:
        return max((len(self.sequence) - self.window) // self.stride + 1, 0)

    def rows(self) -> Codes:
        """Return the windows as an array (N, L), a view that takes no memory."""
        if len(self) == 0:
            return np.zeros((0, self.window), dtype=np.uint8)
        # torch warns of arrays that may not be written
        views = np.lib.stride_tricks.sliding_window_view(
            self.sequence, self.window, writeable=self.sequence.flags.writeable
        )
        return views[:: self.stride]

    def part(self, first: int, last: int) -> SlidingWindows:
        """Return the windows with the numbers `first` to `last` - 1."""
        begin = first * self.stride
        end = (min(last, len(self)) - 1) * self.stride + self.window
        return SlidingWindows(self.sequence[begin:end], self.window, self.stride)

    def other_strand(self) -> SlidingWindows:
        """Return the windows of the other strand, from the last window to the first."""
        used = self.part(0, len(self)).sequence
        return SlidingWindows(reverse_complement(used), self.window, self.stride)


Windows = Codes | SlidingWindows
"""Separate windows, uint8 (N, L), or the windows of a long sequence."""


def window_rows(windows: Windows) -> Codes:
    """Return windows as an array (N, L)."""
    return windows.rows() if isinstance(windows, SlidingWindows) else windows


def window_part(windows: Windows, first: int, last: int) -> Windows:
    """Return the windows with the numbers `first` to `last` - 1."""
    if isinstance(windows, SlidingWindows):
        return windows.part(first, last)
    return windows[first:last]
