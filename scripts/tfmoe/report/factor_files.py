"""Files that the pages of the factors are made from."""

from __future__ import annotations

from dataclasses import dataclass

from tfmoe.core.files import Pathlike
from tfmoe.figures.motifs import Search


@dataclass(frozen=True)
class FactorSearch:
    """A motif search of the factor, and the BED file of its seqlets."""

    search: Search
    seqlets: Pathlike


@dataclass(frozen=True)
class FactorFiles:
    """Tables that all pages share.

    Attributes
    ----------
    matches, summary, filters, gate
        ``motifs/jaspar.tsv``, ``summary.tsv``, ``filters.tsv`` and ``gate_motifs.tsv``.
    meme, matrices
        ``jaspar/matrices.meme`` and ``jaspar/matrices.tsv``.
    metrics, windows
        ``evaluation/metrics.tsv`` and ``regions/summary.tsv``.
    """

    matches: Pathlike
    summary: Pathlike
    filters: Pathlike
    gate: Pathlike
    meme: Pathlike
    matrices: Pathlike
    metrics: Pathlike
    windows: Pathlike
