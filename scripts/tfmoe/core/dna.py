"""Encoding of DNA as unsigned bytes: A, C, G, T are 0, 1, 2, 3, and any other letter is 4."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from tfmoe.core.errors import InputError

ALPHABET = "ACGT"
UNKNOWN = 4
IUPAC = {
    "A": "A", "C": "C", "G": "G", "T": "T", "R": "AG", "Y": "CT", "S": "CG", "W": "AT", "K": "GT",
    "M": "AC", "B": "CGT", "D": "AGT", "H": "ACT", "V": "ACG", "N": "ACGT",
}  # fmt: skip
"""Bases that each letter of a sequence denotes."""

Codes = NDArray[np.uint8]

_ENCODING = np.full(256, UNKNOWN, dtype=np.uint8)
for _code, _base in enumerate(ALPHABET):
    _ENCODING[ord(_base)] = _ENCODING[ord(_base.lower())] = _code
_DECODING = np.frombuffer(b"ACGTN", dtype=np.uint8)
_COMPLEMENT = np.array([3, 2, 1, 0, 4], dtype=np.uint8)
_ONE_HOT = np.vstack([np.eye(4), np.full(4, 0.25)]).astype(np.float32)


def encode_text(text: str | bytes) -> Codes:
    """Encode one sequence, upper or lower case, as codes of shape (L,); IUPAC codes become 4."""
    data = text.encode("ascii", "replace") if isinstance(text, str) else text
    return _ENCODING[np.frombuffer(data, dtype=np.uint8)]


def encode(sequences: Sequence[str]) -> Codes:
    """Encode N sequences of equal length L as codes of shape (N, L).

    Raises
    ------
    InputError
        If the sequences differ in length.
    """
    if len(sequences) == 0:
        return np.zeros((0, 0), dtype=np.uint8)
    length = len(sequences[0])
    for index, sequence in enumerate(sequences):
        if len(sequence) != length:
            raise InputError(
                f"sequence {index + 1} of {len(sequences)} has {len(sequence)} bases, but the "
                f"first has {length}; all sequences of a set must have the same length"
            )
    return encode_text("".join(sequences)).reshape(len(sequences), length)


def decode(codes: Codes) -> list[str]:
    """Decode codes of shape (N, L) into N strings over A, C, G, T and N."""
    rows, length = codes.shape
    text = _DECODING[codes].tobytes().decode("ascii")
    return [text[row * length : (row + 1) * length] for row in range(rows)]


def reverse_complement(codes: Codes) -> Codes:
    """Return the reverse complement of codes of shape (..., L)."""
    return _COMPLEMENT[codes[..., ::-1]]


def one_hot(codes: Codes) -> NDArray[np.float32]:
    """Return one-hot arrays (..., 4, L) of codes (..., L); an unknown base is 0.25 in each row."""
    return np.ascontiguousarray(np.swapaxes(_ONE_HOT[codes], -1, -2))
