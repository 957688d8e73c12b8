from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tfmoe.core.config import schema_defaults, select_settings
from tfmoe.jaspar.factors import Factor, Factors
from tfmoe.motifs.filter_table import FILTER_COLUMNS, MATCHED_COLUMNS, ReadFilters, Subject
from tfmoe.motifs.find import PATTERN_COLUMNS
from tfmoe.motifs.match_run import (
    SUMMARY_COLUMNS,
    Searched,
    match_run,
    read_motifs,
    read_searched,
    summarise,
)
from tfmoe.motifs.matching import MATCH_COLUMNS, Expected
from tfmoe.motifs.settings import MatchSettings

SUBJECT = Subject("Reb1_rep1", "Reb1", "train", "Myb/SANT", "moe")
DISCOVERY = {"n_sequences": 240, "n_seqlets": 150, "n_patterns": 2, "note": ""}
FACTORS = Factors(
    (Factor("Reb1", "Saccharomyces cerevisiae", "Myb/SANT", "MA0020", "test"),),
    {"Myb/SANT": frozenset({"Myb/SANT domain factors"})},
    {"Myb/SANT": 0.25},
)


def searched(patterns=("pattern_0", "pattern_1"), **discovery):
    rows = [dict.fromkeys(PATTERN_COLUMNS, 0) | {"pattern": name} for name in patterns]
    for row in rows:
        row |= {"consensus": "TTACCC", "n_seqlets": 90, "rate_positives": 0.6, "fisher_p": 1e-9}
    table = pd.DataFrame(rows, columns=list(PATTERN_COLUMNS))
    return Searched(SUBJECT, DISCOVERY | discovery, table, {})


def match(pattern, matrix_id, q, rank, own=False, family=False, independent=True):
    return dict.fromkeys(MATCH_COLUMNS, 0) | {
        "experiment": "Reb1_rep1",
        "model": "moe",
        "pattern": pattern,
        "matrix_id": matrix_id,
        "name": f"name of {matrix_id}",
        "data_type": "SELEX",
        "p": q / 10,
        "q": q,
        "rank": rank,
        "is_own_factor": own,
        "is_family": family,
        "independent": independent,
    }


MATCHING = MatchSettings(
    **select_settings(schema_defaults("motifs"), MatchSettings), null_shuffles=30
)


def table(*rows):
    return pd.DataFrame(rows, columns=list(MATCH_COLUMNS))


def summary(matches, expected=None, item=None):
    expected = expected or Expected("MA2.1", frozenset({"MA3.1"}))
    best = {"Reb1_rep1": np.array([0.001, 0.2, 0.5, 0.9])}
    return summarise([item or searched()], matches, {"Reb1_rep1": expected}, best, 0.05).iloc[0]


def test_the_settings_are_those_of_the_schema():
    assert MATCHING.fdr == 0.05


def test_the_first_motif_is_summarised():
    row = summary(
        table(
            match("pattern_0", "MA1.1", 0.001, 1),
            match("pattern_0", "MA2.1", 0.01, 2, own=True, family=True, independent=False),
            match("pattern_0", "MA3.1", 0.2, 9, family=True),
            match("pattern_1", "MA2.1", 0.0001, 1, own=True, family=True, independent=False),
        )
    )
    assert list(row.index) == list(SUMMARY_COLUMNS)
    assert (row["pattern"], row["pattern_seqlets"], row["consensus"]) == ("pattern_0", 90, "TTACCC")
    assert (row["best_matrix"], row["best_q"]) == ("MA1.1", 0.001)
    assert (row["own_matrix"], row["own_rank"], row["own_q"]) == ("MA2.1", 2, 0.01)
    assert (row["family_matrix"], row["family_q"]) == ("MA2.1", 0.01)
    # one of four shuffles has a p-value of at most .001
    assert row["family_chance"] == 0.25
    assert row["own_or_family_at_fdr"]
    assert not row["independent_at_fdr"]
    assert row["other_pattern_at_fdr"]
    assert (row["rate_positives"], row["fisher_p"]) == (0.6, 1e-9)
    assert pd.isna(row["note"])


def test_a_match_of_another_motif_does_not_count_for_the_first():
    row = summary(
        table(
            match("pattern_0", "MA2.1", 0.3, 1, own=True, family=True),
            match("pattern_1", "MA2.1", 0.001, 1, own=True, family=True),
        )
    )
    assert not row["own_or_family_at_fdr"]
    assert row["other_pattern_at_fdr"]


def test_no_pattern_is_told_with_its_reason():
    item = searched((), n_patterns=0, note="all attributions are zero")
    row = summary(table(), item=item)
    assert row["n_patterns"] == 0
    assert row["note"] == "all attributions are zero"
    assert not row["own_or_family_at_fdr"]
    assert pd.isna(row["pattern"])
    assert pd.isna(row["family_chance"])
    assert pd.isna(row["best_q"])


def test_a_factor_without_any_matrix_is_not_judged():
    row = summary(table(match("pattern_0", "MA1.1", 0.001, 1)), Expected("", frozenset()))
    assert row["best_matrix"] == "MA1.1"
    assert pd.isna(row["own_matrix"])
    assert pd.isna(row["own_or_family_at_fdr"])
    assert pd.isna(row["independent_at_fdr"])


def test_a_run_is_matched_in_one_go(found, database):
    item = read_searched(SUBJECT, found.discovery, found.patterns, found.meme)
    silent = Searched(
        Subject("Abf1", "Abf1", "train", "-", "moe"),
        DISCOVERY | {"n_patterns": 0, "note": "nothing"},
        pd.DataFrame(columns=list(PATTERN_COLUMNS)),
        {},
    )
    filters = [read_filters_of(found)]
    result = match_run([item, silent], filters, database, FACTORS, MATCHING, 1)
    assert result.summary["experiment"].tolist() == ["Reb1_rep1", "Abf1"]
    first = result.summary.iloc[0]
    assert (first["best_matrix"], first["own_rank"]) == ("MA0020.1", 1)
    assert first["own_or_family_at_fdr"]
    assert not first["independent_at_fdr"]
    own = result.matches[result.matches["is_own_factor"]]
    assert own["matrix_id"].tolist() == ["MA0020.1"] * len(item.motifs)
    # matching filters as well does not change the matches of patterns
    alone = match_run([item, silent], [], database, FACTORS, MATCHING, 1)
    pd.testing.assert_frame_equal(alone.matches, result.matches)
    assert list(alone.filters.columns) == list(MATCHED_COLUMNS)
    of_filter = result.filters.iloc[0]
    assert (of_filter["model"], of_filter["filter"]) == ("expert_Reb1", "filter_3")
    assert (of_filter["best_matrix"], of_filter["family_rank"]) == ("MA0020.1", 1)
    control = result.null.iloc[0]
    assert control["shuffles"] + control["skipped"] == 30
    assert control["share"] < 0.2


def read_filters_of(found):
    """Take the first pattern for the motif of a filter."""
    motif = read_motifs(found.patterns, found.meme)["pattern_0"]
    row = dict.fromkeys(FILTER_COLUMNS, 0) | {"filter": "filter_3", "consensus": "TTACCC"}
    subject = replace(SUBJECT, model="expert_Reb1")
    return ReadFilters(subject, pd.DataFrame([row]), {"filter_3": motif})


def test_a_run_without_any_pattern_has_a_summary(database):
    item = searched((), n_patterns=0, note="nothing")
    result = match_run([item], [], database, FACTORS, MATCHING, 1)
    assert len(result.matches) == 0
    assert result.summary["note"].tolist() == ["nothing"]
    assert result.summary["own_matrix"].tolist() == ["MA0020.1"]


def test_no_motifs_are_read_from_a_header(tmp_path, found):
    (tmp_path / "patterns.tsv").write_text("\t".join(PATTERN_COLUMNS) + "\n")
    (tmp_path / "motifs.meme").write_text("MEME version 4\n")
    assert read_motifs(tmp_path / "patterns.tsv", tmp_path / "motifs.meme") == {}
    motifs = read_motifs(found.patterns, found.meme)
    assert motifs["pattern_0"].sum() == pytest.approx(motifs["pattern_0"].shape[1])
