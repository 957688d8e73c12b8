"""A MEME file of the user's own in the place of a JASPAR release."""

from __future__ import annotations

import re
from pathlib import Path

from tfmoe.core.files import Pathlike
from tfmoe.jaspar.matrices import Matrix, read_meme

_VERSIONED = re.compile(r"MA\d{4}\.\d+\.")


def read_own_file(path: Pathlike) -> list[Matrix]:
    """Read the motifs of a MEME file as matrices.

    A matrix has the name that stands behind its id. Without one the id is taken up to its first
    full stop or underscore, as in ``GATA3.H12CORE.0.P.B`` and ``GATA3_HUMAN.H11MO.0.A``
    (HOCOMOCO). JASPAR's own files repeat the id in the name, ``MA0037.5.GATA3``, and it is cut off.
    Of taxon, class, family and kind of data nothing is known, so these are empty.

    Returns
    -------
    list of Matrix
        Sorted by id.

    Raises
    ------
    InputError
        As `tfmoe.jaspar.matrices.read_meme`, naming file and line.
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
