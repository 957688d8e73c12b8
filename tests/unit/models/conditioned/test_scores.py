import numpy as np
import pytest

from tfmoe.core.dna import encode
from tfmoe.jaspar.matrices import Matrix
from tfmoe.models.conditioned.evidence import OWN, Evidence
from tfmoe.models.conditioned.scores import Member, MemberScores, Scaled, kind_scores

CODES = encode(["ACGTAC", "GATCGG", "TTTTTT"])
BACKGROUND = encode(["CCCCCC", "GATCCC", "AAAAAA", "ATGCAT"])


def members(codes, scale: float = 1.0, kmers: bool = True) -> MemberScores:
    values = np.arange(len(codes), dtype=np.float64)
    return MemberScores(
        codes,
        {"Alpha": values**2, "Beta": -values},
        scale * values,
        {"Alpha": 3 * values, "Beta": values * 0} if kmers else {},
        values + 5 if kmers else None,
    )


def test_scores_are_standardised_by_the_background_alone() -> None:
    found = Scaled(np.array([5.0, 9.0]), np.array([1.0, 3.0])).standardised()
    assert found.windows.tolist() == [3, 7]
    assert found.background.tolist() == [-1, 1]
    # without any spread nothing is divided
    assert Scaled(np.array([2.0]), np.array([1.0, 1.0])).standardised().windows.tolist() == [1]
    # a spread below 1 counts too
    assert Scaled(np.array([2.0]), np.array([0.0, 0.5])).standardised().windows.tolist() == [7]


def test_each_matrix_is_standardised_by_its_own_hits() -> None:
    # means 1, 4 and 5, standard deviations 1, 4 and 5
    background = np.array([[0.0, 0.0, 10.0], [2.0, 8.0, 0.0]])
    found = Scaled(np.array([[3.0, 4.0, 0.0]]), background).standardised()
    assert found.windows.tolist() == [[2, 0, -1]]
    assert found.background.tolist() == [[-1, -1, 1], [1, 1, -1]]


def test_a_part_has_the_scores_of_its_windows() -> None:
    part = members(CODES).part(1, 3)
    assert np.array_equal(part.codes, CODES[1:3])
    assert {name: values.tolist() for name, values in part.networks.items()} == {
        "Alpha": [1, 4], "Beta": [-1, -2],
    }  # fmt: skip
    assert part.generalist.tolist() == [1, 2]
    assert {name: values.tolist() for name, values in part.kmers.items()} == {
        "Alpha": [3, 6], "Beta": [0, 0],
    }  # fmt: skip
    assert part.pooled_kmers is not None
    assert part.pooled_kmers.tolist() == [6, 7]
    assert members(CODES, kmers=False).part(0, 2).pooled_kmers is None


def test_one_window_scores_alone_as_among_others() -> None:
    evidence = Evidence("Alpha", specialists={"Alpha": 1.0})
    together = kind_scores(members(CODES), members(BACKGROUND), evidence)
    scores = members(CODES)
    alone = MemberScores(
        CODES[1:2],
        {name: values[1:2] for name, values in scores.networks.items()},
        scores.generalist[1:2],
        {name: values[1:2] for name, values in scores.kmers.items()},
        scores.pooled_kmers[1:2],
    )
    single = kind_scores(alone, members(BACKGROUND), evidence)
    assert list(single) == [Member.NETWORKS, Member.KMERS]
    for kind, values in single.items():
        assert values[0] == together[kind][1]


def test_a_scale_of_a_member_does_not_decide() -> None:
    evidence = Evidence("New")
    found = kind_scores(members(CODES, 1000), members(BACKGROUND, 1000), evidence)
    expected = kind_scores(members(CODES), members(BACKGROUND), evidence)
    np.testing.assert_allclose(found[Member.NETWORKS], expected[Member.NETWORKS], rtol=1e-12)


def test_resembling_experts_are_added_and_two_count_as_one() -> None:
    one = kind_scores(
        members(CODES), members(BACKGROUND), Evidence("New", specialists={"Alpha": 0.8})
    )
    none = kind_scores(members(CODES), members(BACKGROUND), Evidence("New"))
    assert not np.allclose(one[Member.NETWORKS], none[Member.NETWORKS])
    # by hand: standardised generalist + 0.8 x standardised expert, standardised again
    values, background = np.arange(3.0), np.arange(4.0)
    z = lambda v, b: (v - b.mean()) / b.std()  # noqa: E731
    total = z(values, background) + 0.8 * z(values**2, background**2)
    reference = z(background, background) + 0.8 * z(background**2, background**2)
    np.testing.assert_allclose(one[Member.NETWORKS], z(total, reference))
    twin = {"Alpha": values**2, "Twin": values**2}
    scores = MemberScores(CODES, twin, values, {}, None)
    twin_background = dict.fromkeys(twin, background**2)
    found = kind_scores(
        scores, MemberScores(BACKGROUND, twin_background, background, {}, None),
        Evidence("New", specialists={"Alpha": 0.8, "Twin": 0.8}),
    )  # fmt: skip
    np.testing.assert_allclose(found[Member.NETWORKS], one[Member.NETWORKS])


@pytest.mark.parametrize(("windows", "background"), [(False, False), (True, False), (False, True)])
def test_members_that_cannot_score_are_missing(windows: bool, background: bool) -> None:
    found = kind_scores(
        members(CODES, kmers=windows), members(BACKGROUND, kmers=background), Evidence("N")
    )
    assert list(found) == [Member.NETWORKS]


def matrix_of(word: str) -> Matrix:
    probabilities = np.full((4, len(word)), 0.01)
    probabilities[["ACGT".index(base) for base in word], range(len(word))] = 0.97
    return Matrix("MA1.1", "X", "", "", "", "", "", probabilities)


def test_the_matrix_is_the_mean_of_the_standardised_hits_of_all_matrices() -> None:
    codes, background = encode(["GA", "GG", "TC"]), encode(["GG", "AA", "GA", "GA"])
    evidence = Evidence("X", (matrix_of("G"), matrix_of("A")), OWN)
    found = kind_scores(members(codes), members(background), evidence)[Member.MATRIX]
    # of the background, each matrix misses one window and hits three: standardised scores
    # -sqrt(3) and 1 / sqrt(3), and their means -1 / sqrt(3) twice and 1 / sqrt(3) twice
    assert found == pytest.approx([1, -1, 1])


@pytest.mark.parametrize("word", ["GATC", "TTTT"])
def test_the_matrix_scores_its_best_hit(word: str) -> None:
    evidence = Evidence("X", (matrix_of(word),), OWN)
    found = kind_scores(members(CODES), members(BACKGROUND), evidence)
    # AAAAAA of the background is a hit of TTTT on the other strand, as GATCCC is one of GATC
    best = {"GATC": 1, "TTTT": 2}[word]
    assert found[Member.MATRIX].argmax() == best
    assert found[Member.MATRIX][best] > 1
