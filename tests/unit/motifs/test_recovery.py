import numpy as np
import pandas as pd
import pytest

from tfmoe.core.dna import encode
from tfmoe.motifs.matching import MATCH_COLUMNS
from tfmoe.motifs.recovery import (
    RECOVERY_COLUMNS,
    Positives,
    count_recovered,
    planted_in_windows,
    recovery_table,
)

MOTIF = np.full((4, 8), 0.01)
MOTIF[[3, 3, 0, 1, 1, 1, 2, 2], np.arange(8)] = 0.97
#            0         1
#            01234567890123456789
CARRIER = "GATGATTTACCCGGATGCAT"
TURNED = "GATGATCCGGGTAAATGCAT"
PLAIN = "GATGATGATTCAGATTGCAT"


def positives(*starts, sequences=(CARRIER, TURNED, PLAIN)):
    table = pd.DataFrame({"chrom": "sim1", "start": list(starts)})
    return Positives(table, encode(list(sequences)[: len(starts)]))


def truth(*rows, factor="Reb1"):
    table = pd.DataFrame(rows, columns=["chrom", "start", "end"])
    return table.assign(factor=factor, matrix_id="MA0020.1")


def test_only_whole_instances_of_the_factor_count():
    planted = pd.concat(
        [
            truth(
                ("sim1", 100, 108),  # begins the window
                ("sim1", 112, 120),  # ends it
                ("sim1", 99, 107),
                ("sim1", 113, 121),
                ("sim2", 105, 113),
            ),
            truth(("sim1", 105, 113), factor="Abf1"),
        ],
        ignore_index=True,
    )
    found = planted_in_windows(positives(100), planted, "Reb1")
    assert found["instance"].tolist() == [0, 1]
    assert found["first"].tolist() == [0, 12]
    assert found["last"].tolist() == [8, 20]


def test_hits_on_either_strand_find_instances():
    windows = positives(100, 200, 300)
    planted = planted_in_windows(
        windows, truth(("sim1", 106, 114), ("sim1", 206, 214), ("sim1", 306, 314)), "Reb1"
    )
    assert count_recovered(MOTIF, windows, planted, 1e-4) == (3, 2)


def test_a_hit_has_to_cover_half():
    windows = positives(100)
    half, less = (
        planted_in_windows(windows, truth(("sim1", start, start + 8)), "Reb1")
        for start in (110, 111)
    )
    assert count_recovered(MOTIF, windows, half, 1e-4) == (1, 1)
    assert count_recovered(MOTIF, windows, less, 1e-4) == (1, 0)


def test_an_instance_in_two_windows_counts_once():
    windows = positives(100, 94, sequences=(CARRIER, PLAIN))
    planted = planted_in_windows(windows, truth(("sim1", 106, 114)), "Reb1")
    assert len(planted) == 2
    assert count_recovered(MOTIF, windows, planted, 1e-4) == (1, 1)


def table_of(matches, patterns, planted=None):
    rows = [dict.fromkeys(MATCH_COLUMNS, 0) | row for row in matches]
    return recovery_table(
        {("Reb1_rep1", "moe"): patterns},
        {"Reb1_rep1": positives(100, 200, 300)},
        {"Reb1_rep1": "Reb1"},
        truth(("sim1", 106, 114), ("sim1", 306, 314)) if planted is None else planted,
        pd.DataFrame(rows, columns=list(MATCH_COLUMNS)),
        0.05,
        1e-4,
    )


def match(pattern, q, matrix_id="MA0020.1"):
    return {
        "experiment": "Reb1_rep1",
        "model": "moe",
        "pattern": pattern,
        "matrix_id": matrix_id,
        "p": q / 10,
        "q": q,
        "rank": 3,
    }


def test_the_pattern_that_matches_best_is_judged():
    patterns = {"pattern_0": MOTIF[:, ::-1], "pattern_1": MOTIF}
    found = table_of(
        [match("pattern_0", 0.5), match("pattern_1", 0.01), match("pattern_0", 0.001, "MA1.1")],
        patterns,
    )
    assert list(found.columns) == list(RECOVERY_COLUMNS)
    row = found.iloc[0]
    assert (row["pattern"], row["rank"], row["q"]) == ("pattern_1", 3, 0.01)
    assert row["recovered"]
    assert (row["instances"], row["instances_hit"], row["share_hit"]) == (2, 1, 0.5)


def test_a_match_above_the_rate_is_no_recovery():
    row = table_of([match("pattern_0", 0.06)], {"pattern_0": MOTIF}).iloc[0]
    assert not row["recovered"]
    assert row["instances_hit"] == 1


def test_without_patterns_nothing_is_recovered():
    row = table_of([], {}).iloc[0]
    assert not row["recovered"]
    assert (row["n_patterns"], row["instances"], row["instances_hit"]) == (0, 2, 0)
    assert pd.isna(row["pattern"])


def test_a_factor_that_was_not_planted_is_left_out():
    planted = truth(("sim1", 106, 114), factor="Abf1")
    assert len(table_of([], {"pattern_0": MOTIF}, planted)) == 0


def test_a_factor_planted_outside_the_positives_has_no_share():
    row = table_of([], {"pattern_0": MOTIF}, truth(("sim2", 106, 114))).iloc[0]
    assert row["instances"] == 0
    assert np.isnan(row["share_hit"])


def test_shares_have_intervals():
    row = table_of([match("pattern_0", 0.01)], {"pattern_0": MOTIF}).iloc[0]
    assert (row["share_hit_low"], row["share_hit_high"]) == pytest.approx(
        (0.0945, 0.9055), abs=1e-3
    )
