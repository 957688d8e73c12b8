"""Attribution maps as arrays and files; this module does not import torch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tfmoe.core.dna import Codes, one_hot
from tfmoe.core.files import Pathlike, atomic_path, open_npz

Maps = NDArray[np.float32]


@dataclass(frozen=True)
class AttributionMaps:
    """Attribution maps of one method and one model on the positives of one experiment.

    Attributes
    ----------
    attributions
        float32 (N, 4, L): hypothetical contribution of each base at each position.
    sequences
        uint8 (N, L): codes of the windows.
    name
        str (N,): names of the sequences.
    """

    attributions: Maps
    sequences: Codes
    name: NDArray[np.str_]

    def __post_init__(self) -> None:
        rows, _, length = self.attributions.shape
        if self.attributions.shape[1] != 4 or self.sequences.shape != (rows, length):
            raise ValueError(
                f"attributions {self.attributions.shape} do not fit sequences "
                f"{self.sequences.shape}; expected (N, 4, L) and (N, L)"
            )
        if self.name.shape != (rows,):
            raise ValueError(f"{self.name.shape} names for {rows} sequences")

    @property
    def observed(self) -> Maps:
        """float32 (N, L): contribution of the observed base (map x input)."""
        return at_observed_base(self.attributions, self.sequences)


def centre(maps: Maps) -> Maps:
    """Subtract the mean over A, C, G, T at each position of maps of shape (N, 4, L).

    One-hot columns lie on a simplex, and training does not constrain the component of the gradient
    that points off the simplex. The correction removes it (Majdandzic et al. 2023, equation 3).
    """
    centred: Maps = maps - maps.mean(axis=1, keepdims=True)
    return centred


def at_observed_base(maps: Maps, codes: Codes) -> Maps:
    """Return map x input, summed over bases: (N, L) from maps (N, 4, L) and codes (N, L).

    At an unknown base, whose input is 0.25 for each base, the value is the mean over bases.
    """
    values: Maps = (maps * one_hot(codes)).sum(axis=1)
    return values


def write_maps(maps: AttributionMaps, path: Pathlike) -> None:
    """Write maps as a compressed .npz without pickling; equal maps give equal bytes."""
    with atomic_path(path) as temporary, temporary.open("wb") as file:
        np.savez_compressed(
            file, attributions=maps.attributions, sequences=maps.sequences, name=maps.name
        )


def read_maps(path: Pathlike) -> AttributionMaps:
    """Read maps written by `write_maps`.

    Raises
    ------
    InputError
        If the file is missing, damaged or not a file of maps.
    """
    with open_npz(path, "file of attribution maps") as content:
        return AttributionMaps(content["attributions"], content["sequences"], content["name"])
