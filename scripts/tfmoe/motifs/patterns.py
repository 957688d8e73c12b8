"""Patterns of TF-MoDISco: reading them from modisco.h5, trimming, naming, and MEME export."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from tfmoe.core.dna import ALPHABET
from tfmoe.core.errors import InputError
from tfmoe.core.files import Pathlike, write_text

if TYPE_CHECKING:
    import h5py

MIN_WIDTH = 5  # a trimmed motif is at least this wide, so that Tomtom has something to compare
_PSEUDOCOUNT = 1e-3

Matrix4 = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Pattern:
    """One positive pattern, trimmed to its informative positions.

    Attributes
    ----------
    name
        ``pattern_0`` is the one with the most seqlets.
    probabilities
        Float64 of shape (4, W): share of A, C, G, T among the seqlets.
    contributions
        Float64 of shape (4, W): mean contribution (the contribution weight matrix).
    n_seqlets
        Number of seqlets.
    n_sequences
        Number of sequences that hold one.
    position
        Median, over the seqlets, of the motif's centre relative to the centre of the sequence, bp.
    """

    name: str
    probabilities: Matrix4
    contributions: Matrix4
    n_seqlets: int
    n_sequences: int
    position: float

    @property
    def width(self) -> int:
        """Number of positions, W."""
        return int(self.probabilities.shape[1])

    @property
    def consensus(self) -> str:
        """One letter a position: upper case from a share of .6, lower case from .4, else ``n``."""
        letters = []
        for column in self.probabilities.T:
            base, share = ALPHABET[int(column.argmax())], column.max()
            letters.append(base if share >= 0.6 else base.lower() if share >= 0.4 else "n")
        return "".join(letters)


def information(probabilities: Matrix4, background: Matrix4) -> Matrix4:
    """Return the information content of each position, shape (W,), bits.

    It is the relative entropy to `background`, shape (4,), with a pseudocount of 0.001.
    """
    mixed = (probabilities + _PSEUDOCOUNT * background[:, None]) / (1 + _PSEUDOCOUNT)
    result: Matrix4 = (mixed * np.log2(mixed / background[:, None])).sum(axis=0)
    return result


def informative_span(bits: Matrix4, share: float) -> tuple[int, int]:
    """Return first and end (exclusive) of the positions that reach `share` of the best one's bits.

    Positions between the first and the last of them stay, as the gap of a dimer's motif does. The
    span is widened to `MIN_WIDTH`, to the side that has more information.
    """
    kept = np.flatnonzero(bits >= share * bits.max())
    first, end = int(kept[0]), int(kept[-1]) + 1
    while end - first < min(MIN_WIDTH, len(bits)):
        left = bits[first - 1] if first > 0 else -np.inf
        right = bits[end] if end < len(bits) else -np.inf
        first, end = (first - 1, end) if left > right else (first, end + 1)
    return first, end


def read_patterns(path: Pathlike, background: Matrix4, share: float, length: int) -> list[Pattern]:
    """Read the positive patterns of a modisco.h5 and trim them.

    Parameters
    ----------
    path
        As `tfmoe.motifs.discovery.save` writes it.
    background
        Shape (4,): base composition of the sequences.
    share
        Positions at the ends below this share of the best position's information are cut off.
    length
        Length of the sequences, for the motifs' position in them.

    Returns
    -------
    list of Pattern
        In the order of the file, by falling number of seqlets; empty if there is none.

    Raises
    ------
    InputError
        If the file is missing or is no HDF5 file.
    """
    import h5py

    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise InputError(
            f"{path}: this is no complete HDF5 file ({error}); remove it and run again"
        ) from None
    with file:
        groups = file.get("pos_patterns", {})
        offset = int(file.attrs.get("crop", 0)) - length / 2
        return [
            _pattern(f"pattern_{index}", groups[f"pattern_{index}"], background, share, offset)
            for index in range(len(groups))
        ]


def write_meme(
    patterns: Sequence[Pattern], background: Matrix4, label: str, path: Pathlike
) -> None:
    """Write patterns as MEME (version 4), with `label` as the motifs' second name.

    Without any pattern the file holds the header alone.
    """
    bases = " ".join(
        f"{base} {value:.5f}" for base, value in zip(ALPHABET, background, strict=True)
    )
    blocks = [
        "MEME version 4\n\nALPHABET= ACGT\n\nstrands: + -\n\n"
        f"Background letter frequencies\n{bases}\n"
    ]
    for pattern in patterns:
        lines = [
            f"MOTIF {pattern.name} {label}",
            f"letter-probability matrix: alength= 4 w= {pattern.width} "
            f"nsites= {pattern.n_seqlets} E= 0",
            *(" ".join(f"{value:.6f}" for value in row) for row in pattern.probabilities.T),
        ]
        blocks.append("\n".join(lines) + "\n")
    write_text("\n".join(blocks), path)


def _pattern(
    name: str, group: h5py.Group, background: Matrix4, share: float, offset: float
) -> Pattern:
    probabilities = np.asarray(group["sequence"][:], dtype=np.float64).T
    first, end = informative_span(information(probabilities, background), share)
    seqlets = group["seqlets"]
    start, stop = seqlets["start"][:], seqlets["end"][:]
    middle = (first + end) / 2
    centre = np.where(seqlets["is_revcomp"][:], stop - middle, start + middle)
    return Pattern(
        name=name,
        probabilities=probabilities[:, first:end] / probabilities[:, first:end].sum(axis=0),
        contributions=np.asarray(group["contrib_scores"][first:end], dtype=np.float64).T,
        n_seqlets=len(start),
        n_sequences=len(np.unique(seqlets["example_idx"][:])),
        position=float(np.median(centre)) + offset,
    )
