"""Read TF-MoDISco's patterns from modisco.h5, trim them, and write them as MEME motifs."""

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

MIN_WIDTH = 5  # minimum width of a trimmed motif; Tomtom needs a few columns to compare
_PSEUDOCOUNT = 1e-3

Matrix4 = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Seqlets:
    """Positions of a trimmed motif in its N seqlets.

    Attributes
    ----------
    row
        Int64 of shape (N,): index of the sequence, in the order of the search.
    start
        Int64 of shape (N,): first base of the motif in the whole sequence, 0-based.
    strand
        Int8 of shape (N,): 1, or -1 where the sequence contains the motif's reverse complement.
    contribution
        Float64 of shape (N,): sum of the contributions of the motif's bases.
    reach
        Largest possible distance, in bp, between the centres of a seqlet and its sequence: seqlets
        lie entirely within the searched window.
    """

    row: NDArray[np.int64]
    start: NDArray[np.int64]
    strand: NDArray[np.int8]
    contribution: NDArray[np.float64]
    reach: float


@dataclass(frozen=True, eq=False)
class Pattern:
    """One positive pattern, trimmed to its informative positions.

    Attributes
    ----------
    name
        ``pattern_0`` has the most seqlets.
    probabilities
        Float64 of shape (4, W): frequencies of A, C, G, T in the seqlets.
    seqlets
        Position of the motif in each seqlet.
    """

    name: str
    probabilities: Matrix4
    seqlets: Seqlets

    @property
    def n_seqlets(self) -> int:
        """Number of seqlets."""
        return len(self.seqlets.row)

    @property
    def n_sequences(self) -> int:
        """Number of sequences with at least one seqlet."""
        return len(np.unique(self.seqlets.row))

    @property
    def width(self) -> int:
        """Number of positions, W."""
        return int(self.probabilities.shape[1])

    @property
    def consensus(self) -> str:
        """One letter per position: upper case for frequencies from .6, lower case from .4, or n."""
        letters = []
        for column in self.probabilities.T:
            base, share = ALPHABET[int(column.argmax())], column.max()
            letters.append(base if share >= 0.6 else base.lower() if share >= 0.4 else "n")
        return "".join(letters)


def information(probabilities: Matrix4, background: Matrix4) -> Matrix4:
    """Return the information content of each position, shape (W,), bits.

    This is the relative entropy with respect to `background`, shape (4,), with a pseudocount of
    0.001.
    """
    mixed = (probabilities + _PSEUDOCOUNT * background[:, None]) / (1 + _PSEUDOCOUNT)
    result: Matrix4 = (mixed * np.log2(mixed / background[:, None])).sum(axis=0)
    return result


def informative_span(bits: Matrix4, share: float) -> tuple[int, int]:
    """Return first and end (exclusive) of the span of informative positions.

    A position is informative if it has at least `share` of the information of the best one.
    Uninformative positions within the span are kept, such as the gap in the motif of a dimer. A
    shorter span is widened to `MIN_WIDTH`, each time on the side with more information.
    """
    kept = np.flatnonzero(bits >= share * bits.max())
    first, end = int(kept[0]), int(kept[-1]) + 1
    while end - first < min(MIN_WIDTH, len(bits)):
        left = bits[first - 1] if first > 0 else -np.inf
        right = bits[end] if end < len(bits) else -np.inf
        first, end = (first - 1, end) if left > right else (first, end + 1)
    return first, end


def read_patterns(path: Pathlike, background: Matrix4, share: float) -> list[Pattern]:
    """Read the positive patterns from modisco.h5 and trim them.

    Parameters
    ----------
    path
        File written by `tfmoe.motifs.discovery.save`.
    background
        Shape (4,): base composition of the sequences.
    share
        Ends are trimmed to positions with at least this share of the best position's information.

    Returns
    -------
    list of Pattern
        In the order of the file, most seqlets first; empty if the file has no pattern.

    Raises
    ------
    InputError
        If the file is missing or not a complete HDF5 file.
    """
    import h5py

    try:
        file = h5py.File(path, "r")
    except OSError as error:
        raise InputError(
            f"{path}: not a complete HDF5 file ({error}); remove it and run again"
        ) from None
    with file:
        groups = file.get("pos_patterns", {})
        crop, window = int(file.attrs.get("crop", 0)), int(file.attrs["window_size"])
        return [
            _pattern(
                f"pattern_{index}", groups[f"pattern_{index}"], background, share, crop, window
            )
            for index in range(len(groups))
        ]


def write_meme(
    patterns: Sequence[Pattern], background: Matrix4, label: str, path: Pathlike
) -> None:
    """Write patterns in MEME format (version 4), with `label` as the alternate name of each motif.

    Without any pattern, the file contains only the header.
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
    name: str, group: h5py.Group, background: Matrix4, share: float, crop: int, window: int
) -> Pattern:
    probabilities = np.asarray(group["sequence"][:], dtype=np.float64).T
    first, end = informative_span(information(probabilities, background), share)
    return Pattern(
        name=name,
        probabilities=probabilities[:, first:end] / probabilities[:, first:end].sum(axis=0),
        seqlets=_seqlets(group["seqlets"], first, end, crop, window),
    )


def _seqlets(group: h5py.Group, first: int, end: int, crop: int, window: int) -> Seqlets:
    start, stop = (group[key][:].astype(np.int64) for key in ("start", "end"))
    turned = group["is_revcomp"][:].astype(np.bool_)
    # seqlets are stored in the orientation of the pattern
    contribution = group["contrib_scores"][:, first:end].sum(axis=(1, 2), dtype=np.float64)
    return Seqlets(
        row=group["example_idx"][:].astype(np.int64),
        start=crop + np.where(turned, stop - end, start + first),
        strand=np.where(turned, -1, 1).astype(np.int8),
        contribution=contribution,
        reach=(window - int((stop - start).max(initial=0))) / 2,
    )
