"""The section `motifs` of the config, for all modules of the stage."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class MotifSettings:
    """The section `motifs` of the config; the schema describes and defaults its keys."""

    method: str
    max_sequences: int
    window: int | None
    sliding_window: int
    flank: int
    trim_window: int
    initial_flank: int
    final_flank: int
    seqlet_fdr: float
    max_seqlets: int
    min_seqlets: int
    min_seqlet_share: float
    neighbours: int
    leiden_runs: int
    trim_information: float
    confirmation_negatives: str
    hit_p_value: float
    fdr: float
    best_matches: int
    null_shuffles: int
    dependent_data_types: Sequence[str]
