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


def test_members_that_cannot_score_are_missing() -> None:
    found = kind_scores(
        members(CODES, kmers=False), members(BACKGROUND, kmers=False), Evidence("N")
    )
    assert list(found) == [Member.NETWORKS]


@pytest.mark.parametrize("word", ["GATC", "TTTT"])
def test_the_matrix_scores_its_best_hit(word: str) -> None:
    probabilities = np.full((4, 4), 0.01)
    probabilities[["ACGT".index(base) for base in word], range(4)] = 0.97
    matrix = Matrix("MA1.1", "X", "", "", "", "", "", probabilities)
    found = kind_scores(members(CODES), members(BACKGROUND), Evidence("X", (matrix,), OWN))
    # AAAAAA of the background is a hit of TTTT on the other strand, as GATCCC is one of GATC
    best = {"GATC": 1, "TTTT": 2}[word]
    assert found[Member.MATRIX].argmax() == best
    assert found[Member.MATRIX][best] > 1
