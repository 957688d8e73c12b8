import numpy as np
import pytest

from tfmoe.motifs.matching import (
    MATCH_COLUMNS,
    Alignments,
    Expected,
    Query,
    align,
    best_expected_p,
    draw_shuffles,
    match_table,
    null_control,
    select_queries,
    shuffle_columns,
)


def alignments(p):
    p = np.array(p, dtype=float)
    whole = np.zeros(p.shape, dtype=np.int64)
    return Alignments(p, np.minimum(p * 2, 1), whole - 1, whole + 6, whole.astype(np.int8) - 1)


def test_alignment_has_offset_and_strand_of_the_matrix(database, planted):
    uniform = np.full((4, 3), 0.25)
    queries = [
        planted.motif[:, 2:],  # begins inside the matrix
        np.hstack([uniform, planted.motif]),  # begins before it
        np.hstack([uniform, planted.motif])[::-1, ::-1],
    ]
    found = align(queries, database)
    assert found.p.argmin(axis=1).tolist() == [20, 20, 20]
    assert found.offset[:, 20].tolist() == [-2, 3, 0]
    assert found.overlap[:, 20].tolist() == [6, 8, 8]
    assert found.strand[:, 20].tolist() == [1, 1, -1]
    assert (found.p[:, 20] < 1e-6).all()


def test_q_values_are_joint(database, planted):
    rng = np.random.default_rng(1)
    others = [rng.dirichlet(np.ones(4), 7).T for _ in range(4)]
    found = align([planted.motif, *others], database)
    smallest = found.p.min()
    assert found.q.min() == pytest.approx(smallest * 5 * 40)
    assert (found.q >= found.p).all()


def test_no_query_gives_an_empty_result(database):
    assert align([], database).p.shape == (0, 40)


@pytest.mark.parametrize("value", [-0.1, 1.5, np.nan])
def test_p_values_outside_0_to_1_are_rejected(database, planted, monkeypatch, value):
    import memelite

    def broken(queries, targets, **_):
        return np.full((5, len(queries), len(targets)), value)

    monkeypatch.setattr(memelite, "tomtom", broken)
    with pytest.raises(ArithmeticError, match=r"memelite.*0\.5\.0"):
        align([planted.motif], database)


def test_a_shuffle_keeps_the_columns_and_changes_the_motif(planted):
    shuffled = shuffle_columns(planted.motif, np.random.default_rng(0))
    assert shuffled is not None
    assert sorted(map(tuple, shuffled.T)) == sorted(map(tuple, planted.motif.T))
    assert not np.allclose(shuffled, planted.motif)


def test_no_shuffle_is_the_motif_or_its_reverse_complement():
    # each base is in ATCG once, so that the order of the rows identifies a shuffle
    motif = np.eye(4)[:, [0, 3, 1, 2]]
    rng = np.random.default_rng(0)
    drawn = [shuffle_columns(motif, rng) for _ in range(500)]
    words = {"".join("ACGT"[i] for i in one.argmax(axis=0)) for one in drawn if one is not None}
    assert len(words) == 24 - 2
    assert not words & {"ATCG", "CGAT"}
    assert "GCTA" in words


@pytest.mark.parametrize("column", [[0.9, 0.05, 0.03, 0.02], [0.4, 0.2, 0.2, 0.2], [0.25] * 4])
def test_a_homopolymer_has_no_shuffle(column):
    homopolymer = np.repeat(np.array([column]).T, 6, axis=1)
    rng = np.random.default_rng(0)
    assert shuffle_columns(homopolymer, rng) is None
    kept, skipped = draw_shuffles([homopolymer], 5, rng)
    assert (kept, skipped) == ([], 5)


def test_shuffles_are_spread_over_the_motifs(planted):
    kept, skipped = draw_shuffles(
        [planted.motif, planted.motif[:, :6]], 5, np.random.default_rng(0)
    )
    assert [motif.shape[1] for motif in kept] == [8, 6, 8, 6, 8]
    assert skipped == 0


def test_without_patterns_there_are_no_shuffles():
    assert draw_shuffles([], 5, np.random.default_rng(0)) == ([], 0)


def test_the_table_has_the_best_matches_and_the_expected_ones(matrix_of, planted):
    matrices = [matrix_of(f"MA000{i}.1", planted.motif) for i in range(5)]
    matrices[3] = matrix_of("MA0003.1", planted.motif, "ChIP-exo")
    query = Query("Reb1_rep1", "Reb1", "moe", "pattern_0", planted.motif)
    expected = {"Reb1_rep1": Expected("MA0003.1", frozenset({"MA0004.1"}))}
    found = alignments([[0.2, 0.1, 0.3, 0.4, 0.01]])
    table = match_table([query], found, matrices, expected, 2, ["ChIP-exo"])
    assert list(table.columns) == list(MATCH_COLUMNS)
    assert table["matrix_id"].tolist() == ["MA0004.1", "MA0001.1", "MA0003.1"]
    assert table["rank"].tolist() == [1, 2, 5]
    assert table["q"].tolist() == pytest.approx([0.02, 0.2, 0.8])
    assert table["independent"].tolist() == [True, True, False]
    assert table["is_own_factor"].tolist() == [False, False, True]
    assert table["is_family"].tolist() == [True, False, True]
    assert table["strand"].tolist() == ["-"] * 3


def test_the_table_has_strand_offset_and_overlap_of_each_match(matrix_of, planted):
    matrices = [matrix_of(f"MA000{i}.1", planted.motif) for i in range(2)]
    p = np.array([[0.2, 0.1]])
    found = Alignments(p, p, np.array([[-2, 3]]), np.array([[6, 8]]), np.array([[1, -1]]))
    query = Query("x", "X", "moe", "pattern_0", planted.motif)
    table = match_table([query], found, matrices, {"x": Expected("", frozenset())}, 9, [])
    assert table["strand"].tolist() == ["-", "+"]
    assert table["offset"].tolist() == [3, -2]
    assert table["overlap"].tolist() == [8, 6]


def test_ties_are_ranked_in_the_order_of_the_matrices(matrix_of, planted):
    matrices = [matrix_of(f"MA000{i}.1", planted.motif) for i in range(3)]
    query = Query("x", "X", "moe", "pattern_0", planted.motif)
    table = match_table(
        [query], alignments([[0.5, 0.5, 0.5]]), matrices, {"x": Expected("", frozenset())}, 9, []
    )
    assert table["matrix_id"].tolist() == ["MA0000.1", "MA0001.1", "MA0002.1"]


def test_the_null_control_adjusts_real_and_shuffled_together():
    real = Alignments(
        np.array([[1e-6, 0.02]]), np.array([[2e-6, 0.02]]), *(np.zeros((1, 2), dtype=int),) * 3
    )
    shuffled = np.array([[0.0001, 0.9], [0.005, 0.9], [0.5, 0.6], [0.7, 0.8]])
    best = {"x": shuffled[:, 0], "y": np.array([0.9, 0.02, 0.8, 0.8])}
    row = null_control(real, shuffled, best, 3, 0.05).iloc[0]
    assert (row["shuffles"], row["skipped"]) == (4, 3)
    # of ten p-values 1e-6, .0001 and .005 pass: .005 < .05 * 3 / 10 / (1 + 1/2 + ... + 1/10)
    assert row["passing"] == 2
    assert row["share"] == 0.5
    # among the eight of the shuffles .0001 alone does: .005 > .05 * 2 / 8 / (1 + ... + 1/8)
    assert row["passing_alone"] == 1
    assert row["share_alone"] == 0.25
    # the run itself accepts up to .02
    assert row["p_threshold"] == 0.02
    assert row["passing_at_p_threshold"] == 2
    # two of four would be taken for the motif of x, one for that of y
    assert row["share_family"] == (0.5 + 0.25) / 2


def test_a_q_value_equal_to_the_threshold_does_not_pass():
    # adjusted alone, a single p-value is its own q-value
    nothing = np.zeros((0, 1))
    empty = Alignments(nothing, nothing, *(nothing.astype(int),) * 3)
    row = null_control(empty, np.array([[0.05]]), {}, 0, 0.05).iloc[0]
    assert (row["passing"], row["passing_alone"]) == (0, 0)
    whole = np.zeros((1, 2), dtype=int)
    real = Alignments(np.array([[0.001, 0.02]]), np.array([[0.003, 0.05]]), whole, whole, whole)
    assert null_control(real, np.ones((1, 2)), {}, 0, 0.05).iloc[0]["p_threshold"] == 0.001


def test_a_null_control_of_nothing_has_no_share():
    nothing = np.zeros((0, 40))
    empty = Alignments(nothing, nothing, *(nothing.astype(int),) * 3)
    row = null_control(empty, nothing, {}, 0, 0.05).iloc[0]
    assert row["shuffles"] == 0
    assert np.isnan(row["share"])
    assert np.isnan(row["p_threshold"])
    assert np.isnan(row["share_family"])


def test_the_best_p_value_of_each_shuffle_against_expected_matrices(matrix_of, planted):
    matrices = [matrix_of(f"MA000{i}.1", planted.motif) for i in range(4)]
    shuffled = np.array([[0.1, 0.2, 0.3, 0.4], [0.9, 0.8, 0.7, 0.6]])
    expected = {
        "x": Expected("MA0001.1", frozenset({"MA0003.1"})),
        "without": Expected("", frozenset()),
    }
    best = best_expected_p(shuffled, matrices, expected)
    assert {name: values.tolist() for name, values in best.items()} == {"x": [0.2, 0.6]}


def test_selected_queries_are_adjusted_without_the_others():
    found = alignments([[0.01, 0.5], [0.04, 0.9], [1e-9, 1e-9]])
    part = select_queries(found, 1, 2)
    assert part.p.tolist() == [[0.04, 0.9]]
    assert part.q[0] == pytest.approx([0.04 * 2 * (1 + 1 / 2), 1])
    assert select_queries(found, 3, 3).p.shape == (0, 2)
