"""The run's motifs at a glance: one row for each experiment and model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tfmoe.core.files import Pathlike, read_json, read_tsv
from tfmoe.core.seeds import generator
from tfmoe.jaspar.factors import Factors, family_matrices, own_matrix
from tfmoe.jaspar.matrices import Matrix, read_meme
from tfmoe.motifs.experiment import PATTERN_COLUMNS
from tfmoe.motifs.matching import (
    Alignments,
    Expected,
    Query,
    align,
    match_table,
    null_control,
    shuffles_of,
)
from tfmoe.motifs.patterns import Matrix4
from tfmoe.motifs.settings import MotifSettings

if TYPE_CHECKING:
    import pandas as pd

SUMMARY_COLUMNS = (
    "experiment",
    "factor",
    "role",
    "model",
    "n_sequences",
    "n_seqlets",
    "n_patterns",
    "pattern",
    "pattern_seqlets",
    "consensus",
    "best_matrix",
    "best_name",
    "best_q",
    "best_independent",
    "own_matrix",
    "own_rank",
    "own_q",
    "family_matrix",
    "family_name",
    "family_rank",
    "family_q",
    "family_data_type",
    "family_independent",
    "own_or_family_at_fdr",
    "independent_at_fdr",
    "other_pattern_at_fdr",
    "rate_positives",
    "rate_positives_low",
    "rate_positives_high",
    "rate_negatives",
    "odds_ratio",
    "fisher_p",
    "note",
)


@dataclass(frozen=True)
class Subject:
    """One searched pair of experiment and model, with the experiment's row of the table."""

    experiment: str
    factor: str
    role: str
    family: str
    model: str


@dataclass(frozen=True, eq=False)
class Searched:
    """What the search of one subject left behind.

    Attributes
    ----------
    subject
        Whose it is.
    discovery
        The content of ``discovery.json``.
    patterns
        The content of ``patterns.tsv``.
    motifs
        Probabilities (4, W) by pattern.
    """

    subject: Subject
    discovery: dict[str, Any]
    patterns: pd.DataFrame
    motifs: dict[str, Matrix4]


@dataclass(frozen=True, eq=False)
class RunMatches:
    """The tables ``motifs/jaspar.tsv``, ``motifs/summary.tsv`` and ``motifs/null_control.tsv``."""

    matches: pd.DataFrame
    summary: pd.DataFrame
    null: pd.DataFrame


def read_searched(
    subject: Subject, discovery: Pathlike, patterns: Pathlike, meme: Pathlike
) -> Searched:
    """Read what `tfmoe.motifs.experiment.find_motifs` wrote."""
    table = read_tsv(patterns, PATTERN_COLUMNS)
    return Searched(subject, read_json(discovery), table, read_motifs(patterns, meme))


def read_motifs(patterns: Pathlike, meme: Pathlike) -> dict[str, Matrix4]:
    """Read the probabilities (4, W) of each pattern, most seqlets first; there may be none."""
    # a MEME file without motifs is an error to its reader, here it is a result
    return read_meme(meme) if len(read_tsv(patterns, PATTERN_COLUMNS)) else {}


def match_run(
    searched: Sequence[Searched],
    matrices: Sequence[Matrix],
    factors: Factors,
    settings: MotifSettings,
    seed: int,
) -> RunMatches:
    """Match all patterns of a run, and a null control of shuffled ones, in one Tomtom call.

    Parameters
    ----------
    searched
        All pairs of experiment and model, in the order of the summary.
    matrices
        The run's JASPAR matrices.
    factors
        The curated tables of factors and families.
    settings
        See the section `motifs` of the config.
    seed
        The run's seed; it draws the shuffles.
    """
    queries = [
        Query(item.subject.experiment, item.subject.factor, item.subject.model, name, motif)
        for item in searched
        for name, motif in item.motifs.items()
    ]
    motifs = [query.probabilities for query in queries]
    shuffles, skipped = shuffles_of(
        motifs, settings.null_shuffles, generator(seed, "motifs", "null control")
    )
    everything = align([*motifs, *shuffles], matrices)
    real = _first(everything, len(motifs))
    expected = {item.subject.experiment: _expected(item, matrices, factors) for item in searched}
    matches = match_table(
        queries, real, matrices, expected, settings.best_matches, settings.dependent_data_types
    )
    return RunMatches(
        matches,
        summarise(searched, matches, expected, settings.fdr),
        null_control(real, everything.p[len(motifs) :], skipped, settings.fdr),
    )


def summarise(
    searched: Sequence[Searched],
    matches: pd.DataFrame,
    expected: Mapping[str, Expected],
    fdr: float,
) -> pd.DataFrame:
    """Summarise each experiment and model by its first motif, the one with the most seqlets.

    Returns
    -------
    DataFrame
        `SUMMARY_COLUMNS`. The columns ``family_*`` describe the best match among the factor's own
        and its family's matrices; `own_or_family_at_fdr` says whether the first motif matches one
        of them at joint q < `fdr`, `independent_at_fdr` the same for independent matrices only, and
        `other_pattern_at_fdr` whether another motif of the experiment and model does. They are
        missing where the factor has no such matrix.
    """
    import pandas as pd

    rows = []
    for item in searched:
        subject = item.subject
        own = matches[
            (matches["experiment"] == subject.experiment) & (matches["model"] == subject.model)
        ]
        rows.append(
            {
                "experiment": subject.experiment,
                "factor": subject.factor,
                "role": subject.role,
                "model": subject.model,
                **{key: item.discovery[key] for key in ("n_sequences", "n_seqlets", "n_patterns")},
                "own_matrix": expected[subject.experiment].own or None,
                **_first_motif(item, own, expected[subject.experiment], fdr),
                "note": item.discovery["note"] or None,
            }
        )
    return pd.DataFrame(rows, columns=list(SUMMARY_COLUMNS))


def _first_motif(
    item: Searched, matches: pd.DataFrame, expected: Expected, fdr: float
) -> dict[str, Any]:
    checkable = bool(expected.own or expected.family)
    no_match: Any = False if checkable else None
    values: dict[str, Any] = dict.fromkeys(
        ("own_or_family_at_fdr", "independent_at_fdr", "other_pattern_at_fdr"), no_match
    )
    if len(item.patterns) == 0:
        return values
    top = item.patterns.iloc[0]
    values |= {
        "pattern": top["pattern"],
        "pattern_seqlets": top["n_seqlets"],
        "consensus": top["consensus"],
        **{name: top[name] for name in SUMMARY_COLUMNS[-7:-1]},
    }
    is_top = matches["pattern"] == top["pattern"]
    first, others = matches[is_top], matches[~is_top]
    best = first.iloc[0]
    values |= {
        "best_matrix": best["matrix_id"],
        "best_name": best["name"],
        "best_q": best["q"],
        "best_independent": best["independent"],
    }
    own = first[first["is_own_factor"]]
    if len(own):
        values |= {"own_rank": own["rank"].iloc[0], "own_q": own["q"].iloc[0]}
    family = first[first["is_family"]]
    if len(family):
        passing = family["q"] < fdr
        nearest = family.iloc[0]
        values |= {
            "family_matrix": nearest["matrix_id"],
            "family_name": nearest["name"],
            "family_rank": nearest["rank"],
            "family_q": nearest["q"],
            "family_data_type": nearest["data_type"],
            "family_independent": nearest["independent"],
            "own_or_family_at_fdr": bool(passing.any()),
            "independent_at_fdr": bool((passing & family["independent"]).any()),
            "other_pattern_at_fdr": bool((others["is_family"] & (others["q"] < fdr)).any()),
        }
    return values


def _expected(item: Searched, matrices: Sequence[Matrix], factors: Factors) -> Expected:
    own = own_matrix(item.subject.factor, matrices, factors)
    family = family_matrices(item.subject.family, matrices, factors)
    return Expected(own.matrix_id if own else "", frozenset(m.matrix_id for m in family))


def _first(found: Alignments, number: int) -> Alignments:
    """Keep the first queries, and adjust their p-values among themselves."""
    from scipy.stats import false_discovery_control

    p = found.p[:number]
    q = false_discovery_control(p.ravel()).reshape(p.shape) if p.size else p
    return Alignments(p, q, found.offset[:number], found.overlap[:number], found.strand[:number])
