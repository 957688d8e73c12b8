"""Matrices from a user's MEME file, instead of a JASPAR release."""

from __future__ import annotations

import re

from tfmoe.core.files import Pathlike
from tfmoe.jaspar.matrices import Matrix
from tfmoe.jaspar.meme import Motif, read_motifs

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
        As for `tfmoe.jaspar.meme.read_motifs`, naming file and line.
    """
    motifs = sorted(read_motifs(path), key=lambda motif: motif.motif_id)
    return [
        Matrix(motif.motif_id, _name(motif), "", "", "", "", "", motif.probabilities)
        for motif in motifs
    ]


def _name(motif: Motif) -> str:
    given = motif.name or re.split(r"[._]", motif.motif_id)[0]
    return _VERSIONED.sub("", given)
