"""Files that the pages of the factors are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from tfmoe.core.files import Pathlike, read_tsv
from tfmoe.figures.motifs import Search, comparison_name, read_matches
from tfmoe.jaspar.matrices import Matrix, read_matrices
from tfmoe.motifs.filter_table import MATCHED_COLUMNS
from tfmoe.motifs.find import PATTERN_COLUMNS
from tfmoe.motifs.gating import GATE_MOTIF_COLUMNS
from tfmoe.motifs.match_run import SUMMARY_COLUMNS


@dataclass(frozen=True)
class FactorSearch:
    """A motif search of the factor, and the BED file of its seqlets."""

    search: Search
    seqlets: Pathlike

    @cached_property
    def patterns(self) -> pd.DataFrame:
        """Table of its patterns, `PATTERN_COLUMNS`."""
        return read_tsv(self.search.patterns, PATTERN_COLUMNS)


@dataclass(frozen=True)
class FactorFiles:
    """Files that all pages share; each table is read once.

    Attributes
    ----------
    matches, summary, filters, gate
        ``motifs/jaspar.tsv``, ``summary.tsv``, ``filters.tsv`` and ``gate_motifs.tsv``.
    meme, matrices
        ``jaspar/matrices.meme`` and ``jaspar/matrices.tsv``.
    metrics, windows
        ``evaluation/metrics.tsv`` and ``regions/summary.tsv``.
    logos
        Folder of the patterns' logos, ``figures/logos``.
    """

    matches: Pathlike
    summary: Pathlike
    filters: Pathlike
    gate: Pathlike
    meme: Pathlike
    matrices: Pathlike
    metrics: Pathlike
    windows: Pathlike
    logos: Pathlike

    @cached_property
    def match_table(self) -> pd.DataFrame:
        """``motifs/jaspar.tsv``."""
        return read_matches(self.matches)

    @cached_property
    def summary_table(self) -> pd.DataFrame:
        """``motifs/summary.tsv``."""
        return read_tsv(self.summary, SUMMARY_COLUMNS)

    @cached_property
    def gate_table(self) -> pd.DataFrame:
        """``motifs/gate_motifs.tsv``."""
        return read_tsv(self.gate, GATE_MOTIF_COLUMNS)

    @cached_property
    def filter_table(self) -> pd.DataFrame:
        """``motifs/filters.tsv``."""
        return read_tsv(self.filters, MATCHED_COLUMNS)

    @cached_property
    def metric_table(self) -> pd.DataFrame:
        """``evaluation/metrics.tsv``."""
        return read_tsv(self.metrics, ["experiment", "model", "auroc"])

    @cached_property
    def window_table(self) -> pd.DataFrame:
        """``regions/summary.tsv``."""
        return read_tsv(self.windows, ["experiment", "kept"])

    @cached_property
    def matrices_by_id(self) -> Mapping[str, Matrix]:
        """Matrices of the run's JASPAR release by id."""
        return {item.matrix_id: item for item in read_matrices(self.meme, self.matrices)}

    def logo(self, search: Search, pattern: str) -> Path:
        """Path of the figure of a pattern above its match; only first patterns have one."""
        return Path(self.logos, comparison_name(search, pattern))
