import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import average_precision_score

from tfmoe.attribution.localisation import (
    BACKGROUND,
    LEFT_OUT,
    SITE,
    LocalisationSettings,
    average_precision,
    chance_hits,
    hit_rate,
    information,
    label_hits,
    label_positions,
    localisation_table,
    localise,
    prevalence,
)
from tfmoe.core.dna import encode
from tfmoe.core.errors import InputError
from tfmoe.jaspar.matrices import Matrix

SETTINGS = LocalisationSettings(information=1.0, p_value=0.001, top=3)


def matrix(matrix_id: str, consensus: str) -> Matrix:
    """Return a matrix with this consensus; N is a column without information."""
    codes = encode([consensus])[0]
    probabilities = np.full((4, len(consensus)), 0.25)
    for position, code in enumerate(codes):
        if code < 4:
            probabilities[:, position] = 0.01
            probabilities[code, position] = 0.97
    return Matrix(matrix_id, "x", "fungi", "4932", "c", "f", "SELEX", probabilities)


GATA = matrix("MA0001.1", "GATANNC")
OTHER = matrix("MA0002.1", "CACGTG")


def truth(*instances: tuple[str, int, str, str, str]) -> pd.DataFrame:
    width = {"MA0001.1": 7, "MA0002.1": 6}
    rows = [
        (chrom, start, start + width[identity], strand, factor, identity)
        for chrom, start, strand, factor, identity in instances
    ]
    columns = ["chrom", "start", "end", "strand", "factor", "matrix_id"]
    return pd.DataFrame(rows, columns=columns)


def windows(*starts: int, chrom: str = "chr1") -> pd.DataFrame:
    return pd.DataFrame({"chrom": [chrom] * len(starts), "start": list(starts)})


def marks(text: str) -> list[int]:
    return [{"S": SITE, ".": BACKGROUND, "x": LEFT_OUT}[letter] for letter in text]


def label(table: pd.DataFrame, planted: pd.DataFrame, *sequences: str) -> list[list[int]]:
    codes = encode(list(sequences))
    found = label_positions(table, codes, planted, [OTHER, GATA], "GAT1", SETTINGS)
    assert found.dtype == np.int8
    rows: list[list[int]] = found.tolist()
    return rows


def test_information_is_in_bits() -> None:
    probabilities = np.array([[1, 0.25, 0.5], [0, 0.25, 0.5], [0, 0.25, 0], [0, 0.25, 0]])
    np.testing.assert_allclose(information(probabilities), [2, 0, 1])


def test_sites_are_the_informative_positions_of_the_own_motif_on_either_strand() -> None:
    planted = truth(("chr1", 103, "+", "GAT1", "MA0001.1"), ("chr1", 205, "-", "GAT1", "MA0001.1"))
    plain = "TTTTTTTTTTTTTTT"
    rows = label(windows(100, 200), planted, plain, plain)
    assert rows == [marks("...SSSSxxS....."), marks(".....SxxSSSS...")]


def test_other_motifs_decoys_and_cut_instances_are_left_out() -> None:
    planted = truth(
        ("chr1", 98, "+", "GAT1", "MA0001.1"),  # cut by the left end
        ("chr1", 110, "+", "CBF1", "MA0002.1"),  # another factor's, cut by the right end
        ("chr1", 115, "+", "GAT1", "MA0001.1"),  # next to the window
        ("chr1", 93, "+", "GAT1", "MA0001.1"),  # ends where the window starts
        ("chr2", 103, "+", "GAT1", "MA0001.1"),  # on another chromosome
    )
    assert label(windows(100), planted, "T" * 15) == [marks("xxxxx.....xxxxx")]


def test_a_site_that_overlaps_another_instance_remains_a_site() -> None:
    planted = truth(("chr1", 101, "+", "GAT1", "MA0001.1"), ("chr1", 106, "+", "CBF1", "MA0002.1"))
    assert label(windows(100), planted, "T" * 15) == [marks(".SSSSxxSxxxx...")]


def test_chance_hits_of_all_planted_matrices_are_left_out() -> None:
    planted = truth(("chr1", 500, "+", "CBF1", "MA0002.1"), ("chr1", 600, "+", "GAT1", "MA0001.1"))
    sequence = "TTCACGTGTTTTTTGATAACCTTTT"
    assert label(windows(100), planted, sequence) == [marks("..xxxxxx......xxxxxxx....")]


def test_a_chance_hit_is_found_on_the_other_strand_and_no_hit_in_short_windows() -> None:
    codes = encode(["TTTTTGTCTATCTTTTTT", "TTTTTTTTTTTTTTTTTT"])
    expected = np.zeros((2, 18), dtype=bool)
    expected[0, 5:12] = True
    np.testing.assert_array_equal(chance_hits(codes, [GATA], 0.001), expected)
    assert not chance_hits(encode(["GATAC"]), [GATA], 0.001).any()


def test_a_truth_of_another_release_is_rejected() -> None:
    planted = truth(("chr1", 103, "+", "GAT1", "MA0001.1"))
    planted["end"] += 1
    with pytest.raises(InputError, match=r"chr1:103-111 .* matrix MA0001\.1"):
        label(windows(100), planted, "T" * 15)
    planted["matrix_id"] = "MA0003.1"
    with pytest.raises(InputError, match=r"matrix MA0003\.1 is not among"):
        label(windows(100), planted, "T" * 15)


def test_without_instances_there_is_nothing_to_find() -> None:
    none = truth()
    assert label(windows(100), none, "T" * 15) == [marks("." * 15)]


def test_the_only_hit_of_the_factors_matrix_defines_the_sites() -> None:
    sequences = [
        "TTTTTGATAAACTTTT",  # the fifth and sixth column of GATANNC are uninformative
        "TTTTTTGTTTATCTTT",  # the same on the other strand
        "GATAAACTTGATAAAC",  # two, which are ambiguous
        "TTTTTTTTTTTTTTTT",
    ]
    labels = label_hits(encode(sequences), GATA, SETTINGS).tolist()
    assert labels[0] == marks(".....SSSSxxS....")
    assert labels[1] == marks("......SxxSSSS...")
    assert labels[2] == labels[3] == marks("x" * 16)
    assert prevalence(np.array(labels, dtype=np.int8)) == 5 / 14


def test_a_palindrome_that_hits_on_both_strands_is_one_hit_and_a_long_matrix_none() -> None:
    (labels,) = label_hits(encode(["TTTTCACGTGTTTT"]), OTHER, SETTINGS).tolist()
    assert labels == marks("....SSSSSS....")
    assert (label_hits(encode(["CACG"]), OTHER, SETTINGS) == LEFT_OUT).all()
    assert np.isnan(prevalence(np.zeros((2, 5), dtype=np.int8)))


@pytest.mark.parametrize("ties", [False, True])
def test_average_precision_is_that_of_scikit_learn(ties: bool) -> None:
    rng = np.random.default_rng(3)
    for _ in range(20):
        scores = rng.normal(size=40).astype(np.float32)
        scores = np.round(scores) if ties else scores
        sites = rng.random(40) < 0.2
        sites[7] = True
        expected = average_precision_score(sites, scores)
        assert average_precision(scores, sites) == pytest.approx(expected, abs=1e-12)


def test_average_precision_of_a_map_of_zeros_is_the_prevalence() -> None:
    sites = np.array([True, False, False, False])
    assert average_precision(np.zeros(4, dtype=np.float32), sites) == 0.25
    assert average_precision(np.array([4, 3, 2, 1], dtype=np.float32), sites) == 1


def test_the_hit_rate_counts_sites_among_the_highest() -> None:
    scores = np.array([9, 8, 7, 6, 5, 4], dtype=np.float32)
    sites = np.array([True, False, True, True, False, False])
    assert hit_rate(scores, sites, 1) == 1
    assert hit_rate(scores, sites, 2) == 0.5
    assert hit_rate(scores, sites, 3) == pytest.approx(2 / 3)
    assert hit_rate(scores, sites, 6) == pytest.approx(2 / 3)  # three of the positions are sites


def test_ties_in_the_hit_rate_count_by_their_expectation() -> None:
    sites = np.array([True, True, True, False, False, False])
    assert hit_rate(np.zeros(6, dtype=np.float32), sites, 2) == 0.5
    scores = np.array([9, 5, 1, 5, 5, 1], dtype=np.float32)
    assert hit_rate(scores, sites, 3) == pytest.approx((1 + 2 / 3) / 3)


def test_left_out_positions_and_sequences_without_sites_do_not_count() -> None:
    labels = np.array([marks("SS..x"), marks("....x"), marks("SSxxx")], dtype=np.int8)
    scores = np.array([[3, 1, 2, 0, 9]] * 3, dtype=np.float32)
    found = localise(scores, labels, top=2)
    np.testing.assert_allclose(found.auprc, [(1 + 2 / 3) / 2])
    np.testing.assert_allclose(found.hit_rate, [0.5])


def test_the_table_pairs_each_method_with_the_gradient() -> None:
    rng = np.random.default_rng(8)
    labels = np.zeros((30, 20), dtype=np.int8)
    labels[:25, 4:9] = SITE
    good = rng.normal(size=(30, 20)).astype(np.float32)
    good[:, 4:9] = -3
    maps = {"gradient": rng.normal(size=(30, 20)).astype(np.float32), "shiftsmooth_n5": good}
    columns = {"experiment": "a", "model": "moe"}
    table = localisation_table(maps, labels, columns, 5, 300, seed=1)
    plain, smooth = table.to_dict("records")
    assert (plain["n_sequences"], plain["prevalence"], plain["top"]) == (25, 0.25, 5)
    assert 0.2 < plain["auprc"] < 0.5
    assert smooth["auprc"] > 0.9  # the sign does not matter
    paired = (
        localise(np.abs(good), labels, 5).auprc
        - localise(np.abs(maps["gradient"]), labels, 5).auprc
    )
    assert smooth["auprc_gain"] == pytest.approx(paired.mean())
    assert 0 < smooth["auprc_gain_low"] < smooth["auprc_gain"] < smooth["auprc_gain_high"]
    assert smooth["hit_rate_gain"] == pytest.approx(smooth["hit_rate"] - plain["hit_rate"])
    assert np.isnan(plain["auprc_gain"])
    alone = localisation_table({"shiftsmooth_n5": good}, labels, columns, 5, 300, seed=1)
    assert np.isnan(alone["auprc_gain"][0])
    assert alone["auprc_low"][0] == smooth["auprc_low"]


def test_a_factor_without_planted_motif_has_an_empty_row() -> None:
    labels = np.zeros((3, 20), dtype=np.int8)
    maps = {"gradient": np.ones((3, 20), dtype=np.float32)}
    row = localisation_table(maps, labels, {"experiment": "a"}, 5, 10, seed=1).iloc[0]
    assert row["n_sequences"] == 0
    assert np.isnan(row["auprc"])
