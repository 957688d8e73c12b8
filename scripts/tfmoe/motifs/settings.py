"""Settings of motif discovery, confirmation and matching."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class MotifSettings:
    """Settings of discovery and confirmation, and constants of the search.

    The config's schema describes the fields without a default.

    Attributes
    ----------
    min_seqlet_share
        With few sequences, this share of their number makes a pattern, if that is less than
        `min_seqlets`.
    neighbours
        Nearest neighbours of a seqlet in the graph that is clustered.
    leiden_runs
        Clusterings of that graph; the best one is kept.
    """

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
    trim_information: float
    confirmation_negatives: str
    hit_p_value: float
    min_seqlet_share: float = 0.1
    neighbours: int = 100
    leiden_runs: int = 5


@dataclass(frozen=True)
class MatchSettings:
    """Settings of the comparison with JASPAR.

    The config's schema describes the fields without a default.

    Attributes
    ----------
    best_matches
        JASPAR matches listed per pattern.
    null_shuffles
        Column-shuffled patterns, over the whole run, that are matched as a null control; 0 for
        none.
    """

    fdr: float
    dependent_data_types: Sequence[str]
    best_matches: int = 10
    null_shuffles: int = 200
