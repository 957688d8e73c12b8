"""Explain the gate: join its weights for each factor with the motifs of the experts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from tfmoe.core.files import Pathlike, read_parquet, read_tsv
from tfmoe.core.vocabulary import Kind, Split
from tfmoe.data.datasets import read_sequences
from tfmoe.motifs.confirmation import compare_hits, find_hits
from tfmoe.motifs.find import PATTERN_COLUMNS
from tfmoe.motifs.match_run import read_motifs
from tfmoe.motifs.matching import MATCH_COLUMNS
from tfmoe.motifs.patterns import Matrix4
from tfmoe.motifs.settings import MotifSettings

if TYPE_CHECKING:
    import pandas as pd

HIT_COLUMNS = (
    "positives",
    "rate_positives",
    "negatives",
    "rate_negatives",
    "odds_ratio",
    "fisher_p",
)
GATE_MOTIF_COLUMNS = (
    "experiment",
    "factor",
    "role",
    "expert",
    "weight",
    "pattern",
    "n_seqlets",
    "consensus",
    "match",
    "match_q",
    *HIT_COLUMNS,
    "q",
    "weight_with_hit",
    "weight_without_hit",
)


@dataclass(frozen=True, eq=False)
class ExpertMotif:
    """One motif of an expert: pattern, seqlets, consensus, best match and probabilities (4, W)."""

    pattern: str
    n_seqlets: int
    consensus: str
    match: str
    match_q: float
    probabilities: Matrix4


@dataclass(frozen=True)
class Gated:
    """One experiment: columns of the experiment table, paths of its sequences and gate weights."""

    experiment: str
    factor: str
    role: str
    sequences: Pathlike
    gates: Pathlike


def read_expert_motifs(
    experiment: str, model: str, patterns: Pathlike, meme: Pathlike, matches: Pathlike
) -> list[ExpertMotif]:
    """Read the patterns found for one expert on its own experiment, most seqlets first."""
    table = read_tsv(patterns, PATTERN_COLUMNS)
    motifs = read_motifs(patterns, meme)
    found = read_tsv(matches, MATCH_COLUMNS)
    best = found[
        (found["experiment"] == experiment) & (found["model"] == model) & (found["rank"] == 1)
    ].set_index("pattern")
    return [
        ExpertMotif(
            str(row["pattern"]),
            int(row["n_seqlets"]),
            str(row["consensus"]),
            str(best["name"][row["pattern"]]),
            float(best["q"][row["pattern"]]),
            motifs[str(row["pattern"])],
        )
        for row in table.to_dict("records")
    ]


def explain_gate(
    sets: Sequence[Gated],
    members: Sequence[str],
    motifs: Mapping[str, Sequence[ExpertMotif]],
    settings: MotifSettings,
) -> pd.DataFrame:
    """Join the gate weight of each expert on each factor with that expert's motifs.

    An expert's motif explains a factor if it is more frequent in the factor's test positives than
    in its test negatives, and if the gate weight of the expert is higher on sequences with a hit.

    Parameters
    ----------
    sets
        The experiments, in-distribution and OOD.
    members
        The networks of the mixture's pool, in the order of the gate.
    motifs
        Motifs by expert, for the experts for which motifs were discovered.
    settings
        Section `motifs` of the config.

    Returns
    -------
    DataFrame
        `GATE_MOTIF_COLUMNS`: one row per experiment, member and motif, or one row per experiment
        and member if the member has no motif. ``weight`` is the mean over seeds and test positives;
        ``q`` is Fisher's p-value adjusted over the whole table (Benjamini and Hochberg 1995);
        ``weight_with_hit`` and ``weight_without_hit`` are mean weights over the test positives with
        and without a hit.
    """
    import pandas as pd
    from scipy.stats import false_discovery_control

    rows = [row for item in sets for row in _rows(item, members, motifs, settings)]
    table = pd.DataFrame(rows, columns=list(GATE_MOTIF_COLUMNS))
    tested = table["fisher_p"].notna()
    if tested.any():
        p = table.loc[tested, "fisher_p"].to_numpy(dtype=np.float64)
        table.loc[tested, "q"] = false_discovery_control(p)
    return table


def _rows(
    item: Gated,
    members: Sequence[str],
    motifs: Mapping[str, Sequence[ExpertMotif]],
    settings: MotifSettings,
) -> list[dict[str, Any]]:
    kinds = [Kind.PEAK, settings.confirmation_negatives]
    found = read_sequences(item.sequences, [Split.TEST], kinds, need_rows=True)
    positives, negatives = found.select(found.labels == 1), found.select(found.labels == 0)
    gates = read_parquet(item.gates, ["name", *members])
    names = positives.table["name"]
    weights = gates[gates["name"].isin(names)].groupby("name")[list(members)].mean()
    weights = weights.reindex(names)
    rows: list[dict[str, Any]] = []
    for member in members:
        member_weights = weights[member].to_numpy(dtype=np.float64)
        values: dict[str, Any] = {
            "experiment": item.experiment,
            "factor": item.factor,
            "role": item.role,
            "expert": member,
            "weight": _mean(member_weights),
        }
        member_motifs = motifs.get(member, ())
        if not member_motifs:
            rows.append(values)
        for motif in member_motifs:
            hits = find_hits(
                motif.probabilities, positives.windows, negatives.windows, settings.hit_p_value
            )
            compared = compare_hits(hits)
            rows.append(
                values
                | {
                    "pattern": motif.pattern,
                    "n_seqlets": motif.n_seqlets,
                    "consensus": motif.consensus,
                    "match": motif.match,
                    "match_q": motif.match_q,
                    **{name: getattr(compared, name) for name in HIT_COLUMNS},
                    "weight_with_hit": _mean(member_weights[hits.positives]),
                    "weight_without_hit": _mean(member_weights[~hits.positives]),
                }
            )
    return rows


def _mean(values: Any) -> float:
    present = values[~np.isnan(values)]
    return float(present.mean()) if len(present) else np.nan
