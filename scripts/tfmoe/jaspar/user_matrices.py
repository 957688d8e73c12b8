"""Matrices from a user's MEME file, instead of a JASPAR release."""

from __future__ import annotations

import re
from pathlib import Path

from tfmoe.core.files import Pathlike
from tfmoe.jaspar.matrices import Matrix, read_meme

_VERSIONED = re.compile(r"MA\d{4}\.\d+\.")


def read_user_matrices(path: Pathlike) -> list[Matrix]:
    """Read the motifs of a MEME file as matrices.

    The name of a matrix follows its id in the file. Without a name, the id up to its first full
    stop or underscore is used, as in ``GATA3.H12CORE.0.P.B`` and ``GATA3_HUMAN.H11MO.0.A``
    (HOCOMOCO). JASPAR's own files repeat the id in the name, ``MA0037.5.GATA3``; the id is removed.
    Taxon, class, family and data type are unknown and therefore empty.

    Returns
    -------
    list of Matrix
        Sorted by id.

    Raises
    ------
    InputError
        As for `tfmoe.jaspar.matrices.read_meme`, naming file and line.
    """
    motifs = read_meme(path)
    names = _names(path)
    return [
        Matrix(key, names[key], "", "", "", "", "", motif) for key, motif in sorted(motifs.items())
    ]


def _names(path: Pathlike) -> dict[str, str]:
    names = {}
    for line in Path(path).read_text(encoding="utf-8").splitlines():
        fields = line.split()
        if len(fields) > 1 and fields[0] == "MOTIF":
            given = fields[2] if len(fields) > 2 else re.split(r"[._]", fields[1])[0]
            names[fields[1]] = _VERSIONED.sub("", given)
    return names
