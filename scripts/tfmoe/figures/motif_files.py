"""Figures of the motifs, drawn from the run's files."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tfmoe.core.files import Pathlike
from tfmoe.figures.motifs import (
    Search,
    draw_motifs,
    group_searches,
    read_found,
    read_matches,
    write_comparisons,
)
from tfmoe.figures.save import save_drawing
from tfmoe.figures.style import figure_style
from tfmoe.jaspar.matrices import read_matrices

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class MotifFiles:
    """Input files of the figures of the motifs.

    Attributes
    ----------
    searches
        Searches of each figure, by the figure's name.
    matches
        ``motifs/jaspar.tsv``.
    meme, matrices
        ``jaspar/matrices.meme`` and ``jaspar/matrices.tsv``.
    """

    searches: Mapping[str, Sequence[Search]]
    matches: Pathlike
    meme: Pathlike
    matrices: Pathlike


def draw_all_motifs(files: MotifFiles, fdr: float, folder: Pathlike, logos: Pathlike) -> None:
    """Write the figures of the motifs into `folder`, and the logo of each pattern into `logos`.

    Parameters
    ----------
    files
        Input files.
    fdr
        Level of the joint q-values.
    folder, logos
        Output folders.

    Raises
    ------
    InputError
        If a file is missing, damaged or lacks a column.
    """
    matches = read_matches(files.matches)
    matrices = {matrix.matrix_id: matrix for matrix in read_matrices(files.meme, files.matrices)}
    Path(logos).mkdir(parents=True, exist_ok=True)
    with figure_style():
        for name, unsorted in files.searches.items():
            searches = group_searches(unsorted)
            found = [read_found(search, matches, matrices, fdr) for search in searches]
            save_drawing(draw_motifs(searches, found), folder, name)
            write_comparisons(searches, found, logos)
            logger.info("%s: %d searches, %d patterns", name, len(found), sum(map(len, found)))
