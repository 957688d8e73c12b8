"""Match all motifs of a run against JASPAR, and summarise them per experiment and model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tfmoe.core.files import Pathlike, read_json, read_tsv
from tfmoe.core.seeds import generator
from tfmoe.jaspar.factors import Factors, family_matrices, own_matrix
from tfmoe.jaspar.matrices import Matrix
from tfmoe.jaspar.meme import read_meme
from tfmoe.motifs.filter_table import FILTER_COLUMNS, ReadFilters, Subject, filter_table
from tfmoe.motifs.find import PATTERN_COLUMNS
from tfmoe.motifs.matching import (
    Expected,
    Query,
    align,
    best_expected_p,
    draw_shuffles,
    match_table,
    null_control,
    select_queries,
)
from tfmoe.motifs.patterns import Matrix4
from tfmoe.motifs.settings import MatchSettings

if TYPE_CHECKING:
    import pandas as pd

_CONFIRMATION_COLUMNS = (
    "rate_positives",
    "rate_positives_low",
    "rate_positives_high",
    "rate_negatives",
    "odds_ratio",
    "fisher_p",
)
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
    "family_chance",
    "own_or_family_at_fdr",
    "independent_at_fdr",
    "other_pattern_at_fdr",
    *_CONFIRMATION_COLUMNS,
    "note",
)


@dataclass(frozen=True, eq=False)
class Searched:
    """Result of motif discovery for one experiment and model.

    Attributes
    ----------
    subject
        The experiment and model.
    discovery
        Content of ``discovery.json``.
    patterns
        Content of ``patterns.tsv``.
    motifs
        Probabilities (4, W) by pattern.
    """

    subject: Subject
    discovery: dict[str, Any]
    patterns: pd.DataFrame
    motifs: dict[str, Matrix4]


@dataclass(frozen=True, eq=False)
class RunMatches:
    """The tables ``jaspar``, ``summary``, ``null_control`` and ``filters`` of ``motifs/``."""

    matches: pd.DataFrame
    summary: pd.DataFrame
    null: pd.DataFrame
    filters: pd.DataFrame


def read_searched(
    subject: Subject, discovery: Pathlike, patterns: Pathlike, meme: Pathlike
) -> Searched:
    """Read the files written by `tfmoe.motifs.find.find_motifs`."""
    table = read_tsv(patterns, PATTERN_COLUMNS)
    return Searched(subject, read_json(discovery), table, read_motifs(patterns, meme))


def read_filters(subject: Subject, table: Pathlike, meme: Pathlike) -> ReadFilters:
    """Read the files written by `tfmoe.motifs.filter_motifs.write_filters`."""
    found = read_tsv(table, FILTER_COLUMNS)
    return ReadFilters(subject, found, read_meme(meme) if len(found) else {})


def read_motifs(patterns: Pathlike, meme: Pathlike) -> dict[str, Matrix4]:
    """Read the probabilities (4, W) of each pattern, most seqlets first; possibly none."""
    # `read_meme` rejects a file without motifs, which is a valid result of motif discovery
    return read_meme(meme) if len(read_tsv(patterns, PATTERN_COLUMNS)) else {}


def match_run(
    searched: Sequence[Searched],
    filters: Sequence[ReadFilters],
    matrices: Sequence[Matrix],
    factors: Factors,
    settings: MatchSettings,
    seed: int,
) -> RunMatches:
    """Match all motifs of a run, and shuffled motifs as a null control, in one Tomtom call.

    The q-values of patterns are adjusted jointly over all patterns of the run, and those of filters
    jointly over all filters, so that the number of filters does not affect the matches of patterns.

    Parameters
    ----------
    searched
        Patterns of all pairs of experiment and model, in the order of the summary.
    filters
        Motifs of filters.
    matrices
        JASPAR matrices of the run.
    factors
        Curated tables of factors and families.
    settings
        Section `motifs` of the config.
    seed
        Seed of the run, from which the shuffles are drawn.
    """
    both: list[Searched | ReadFilters] = [*searched, *filters]
    queries = [
        Query(item.subject.experiment, item.subject.factor, item.subject.model, name, motif)
        for item in both
        for name, motif in item.motifs.items()
    ]
    motifs = [query.probabilities for query in queries]
    patterns = sum(len(item.motifs) for item in searched)
    shuffles, skipped = draw_shuffles(
        motifs[:patterns], settings.null_shuffles, generator(seed, "motifs", "null control")
    )
    everything = align([*motifs, *shuffles], matrices)
    real = select_queries(everything, 0, patterns)
    shuffled = everything.p[len(motifs) :]
    subjects = {item.subject.experiment: item.subject for item in both}
    expected = {
        name: _expected_matrices(subject, matrices, factors) for name, subject in subjects.items()
    }
    attributed = {item.subject.experiment: expected[item.subject.experiment] for item in searched}
    best = best_expected_p(shuffled, matrices, attributed)
    data_types = settings.dependent_data_types
    matches = match_table(
        queries[:patterns], real, matrices, expected, settings.best_matches, data_types
    )
    filter_alignments = select_queries(everything, patterns, len(motifs))
    return RunMatches(
        matches,
        summarise(searched, matches, expected, best, settings.fdr),
        null_control(real, shuffled, best, skipped, settings.fdr),
        filter_table(
            filters,
            match_table(queries[patterns:], filter_alignments, matrices, expected, 1, data_types),
        ),
    )


def summarise(
    searched: Sequence[Searched],
    matches: pd.DataFrame,
    expected: Mapping[str, Expected],
    best: Mapping[str, NDArray[np.float64]],
    fdr: float,
) -> pd.DataFrame:
    """Summarise each experiment and model by its first motif, which has the most seqlets.

    Parameters
    ----------
    searched
        Patterns of all pairs of experiment and model.
    matches
        Result of `match_table`.
    expected
        Expected matrices by experiment.
    best
        Result of `tfmoe.motifs.matching.best_expected_p`.
    fdr
        Threshold for the joint q-values.

    Returns
    -------
    DataFrame
        `SUMMARY_COLUMNS`. The columns ``family_*`` describe the first motif's best match to the
        matrices of the factor and its family, and ``family_chance`` is the share of shuffled motifs
        that match these at least as well. `own_or_family_at_fdr` is true if the first motif matches
        one of them at joint q < `fdr`, `independent_at_fdr` if it matches one from independent
        data, and `other_pattern_at_fdr` if another motif of the experiment and model matches one.
        All of these are missing if neither factor nor family has a matrix.
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
                "family_chance": _family_chance(own, item.patterns, best.get(subject.experiment)),
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
        **{name: top[name] for name in _CONFIRMATION_COLUMNS},
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


def _family_chance(
    matches: pd.DataFrame, patterns: pd.DataFrame, best: NDArray[np.float64] | None
) -> float:
    """Return the share of shuffled motifs that match the family as well as the first motif."""
    if best is None or not len(best) or not len(patterns):
        return np.nan
    first = matches[matches["pattern"] == patterns["pattern"].iloc[0]]
    p = first.loc[first["is_family"].astype(bool), "p"]
    return float((best <= p.min()).mean()) if len(p) else np.nan


def _expected_matrices(subject: Subject, matrices: Sequence[Matrix], factors: Factors) -> Expected:
    own = own_matrix(subject.factor, matrices, factors)
    family = family_matrices(subject.family, matrices, factors)
    return Expected(own.matrix_id if own else "", frozenset(m.matrix_id for m in family))
