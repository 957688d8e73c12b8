"""The criterion of informative families, on literal p-values and matrices."""

from pathlib import Path

import numpy as np
import pytest

from tfmoe.jaspar.factors import INFORMATIVE, Factors, read_factors
from tfmoe.jaspar.matrices import Matrix
from tfmoe.jaspar.release import read_release
from tfmoe.motifs.families import (
    RELEASE,
    Similarity,
    compare_families,
    measure_families,
    one_per_factor,
    write_similarities,
)

RESOURCES = Path(__file__).resolve().parents[3] / "resources"


def make(matrix_id: str, name: str, family: str, sites: str, group: str = "fungi") -> Matrix:
    probabilities = np.full((4, len(sites)), 0.02)
    probabilities[["ACGT".index(base) for base in sites], range(len(sites))] = 0.94
    return Matrix(matrix_id, name, group, "4932", "", family, "", probabilities)


def members(*families: str) -> dict[str, np.ndarray]:
    names = np.array(families)
    return {family: names == family for family in sorted(set(families) - {"-"})}


def test_literal_shares() -> None:
    # three factors of X, two of Y, one of Z, one without a family
    labels = ("X", "X", "X", "Y", "Y", "Z", "-")
    p = np.full((7, 7), 0.5)
    p[0, 1], p[1, 2] = 1e-6, 0.04  # within X
    p[3, 4] = 0.9  # within Y
    p[2, 5], p[0, 3] = 0.01, 0.02  # X and Z, X and Y
    p[0, 6] = 1e-9  # of no family: no evidence about chance
    p = np.minimum(p, p.T)
    pairs = np.triu(np.ones((7, 7), dtype=bool), k=1)
    found = compare_families(p, pairs, members(*labels))
    # 11 pairs of different families; quantile .01 lies between the two smallest, .01 and .02
    assert found.threshold == pytest.approx(0.01 + 0.1 * 0.01)
    assert found.within == {
        "X": Similarity(3, 3, pytest.approx(1 / 3)),
        "Y": Similarity(2, 1, 0.0),
        "Z": Similarity(1, 0, None),
    }
    assert found.across == {
        ("X", "Y"): Similarity(5, 6, 0.0),
        ("X", "Z"): Similarity(4, 3, pytest.approx(1 / 3)),
        ("Y", "Z"): Similarity(3, 2, 0.0),
    }


def test_only_the_given_pairs_count() -> None:
    p = np.full((4, 4), 0.5)
    p[0, 1] = p[1, 0] = 1e-6
    pairs = np.zeros((4, 4), dtype=bool)
    pairs[0, 2] = pairs[0, 3] = True
    found = compare_families(p, pairs, members("X", "X", "Y", "Z"))
    assert found.within["X"] == Similarity(2, 0, None)


def test_one_matrix_per_factor_and_group_and_no_heterodimer() -> None:
    matrices = [
        make("MA0002.1", "Reb1", "a", "ACGT"),
        make("MA0001.2", "REB1", "a", "ACGT"),
        make("MA0003.1", "REB1", "a", "ACGT", "plants"),
        make("MA0004.1", "REB1::ABF1", "a;b", "ACGT"),
    ]
    assert [matrix.matrix_id for matrix in one_per_factor(matrices)] == ["MA0001.2", "MA0003.1"]


def test_matrices_decide_not_the_name_of_the_family(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    other = ["".join(rng.choice(list("ACGT"), 10)) for _ in range(60)]
    matrices = [make(f"MA1{i:03}.1", f"R{i}", f"f{i // 2}", site) for i, site in enumerate(other)]
    # either strand of one motif, and two motifs
    shared = ("TGACTCATAC", "GTATGAGTCA", "ATGACTCATA")
    matrices += [make(f"MA2{i:03}.1", f"S{i}", "same", site) for i, site in enumerate(shared)]
    matrices += [
        make("MA3000.1", "U0", "unlike", "CCGGAAGTGA"),
        make("MA3001.1", "U1", "unlike", "TTTATATTTG"),
        make("MA3002.1", "U2", "unlike", "CCGGAAGTGA", "plants"),  # another taxonomic group
    ]
    terms = {matrix.family: frozenset({matrix.family}) for matrix in matrices}
    found = measure_families(matrices, Factors((), terms))
    assert found.within["same"] == Similarity(3, 3, 1.0)
    assert found.within["unlike"] == Similarity(3, 1, 0.0)
    table = tmp_path / "families.tsv"
    rows = [f"{name}\t{name}\t-\t-\t-" for name in ("same", "unlike")]
    table.write_text("\n".join(["family\tjaspar_term\tfactors\tpairs\tsimilar", *rows]) + "\n")
    write_similarities(table, found)
    assert table.read_text().splitlines()[1:] == [
        "same\tsame\t3\t3\t1.00",
        "unlike\tunlike\t3\t1\t0.00",
    ]


@pytest.mark.drill  # compares 2,477 matrices
def test_the_shipped_table_is_what_the_release_gives(tmp_path: Path) -> None:
    shipped = RESOURCES / "families.tsv"
    found = measure_families(
        read_release(RELEASE), read_factors(RESOURCES / "factors.tsv", shipped)
    )
    copy = tmp_path / "families.tsv"
    copy.write_text(shipped.read_text())
    write_similarities(copy, found)
    assert copy.read_text() == shipped.read_text()
    assert found.threshold == pytest.approx(0.0042580, rel=1e-3)
    # no two families of the table are one
    largest = max(across.similar or 0 for across in found.across.values())
    assert largest == pytest.approx(0.203, abs=0.001)
    assert largest < INFORMATIVE
