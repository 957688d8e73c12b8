"""Measure which families of DNA-binding domains share a motif: columns of resources/families.tsv.

``python -m tfmoe.motifs.families resources/factors.tsv resources/families.tsv`` (`make families`)
measures all of JASPAR 2026 CORE and writes the columns ``factors``, ``pairs`` and ``similar``.

The criterion: one matrix per factor and taxonomic group; pairs of factors within one group; the
similarity of a pair is Tomtom's p-value, the larger of both directions. A pair is similar if it is
closer than 99 % of the pairs whose factors belong to different families, so that chance makes 1 %
of the pairs of a family similar. A family is informative from a share of similar pairs of
`tfmoe.jaspar.factors.INFORMATIVE` on. Two families are one if that many of the pairs across them
are similar, too.

Source of the comparison: Gupta et al. 2007, Genome Biology 8:R24 (Tomtom).
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from tfmoe.core.files import Pathlike, write_text
from tfmoe.jaspar.factors import (
    FAMILY_COLUMNS,
    NONE,
    Factors,
    family_members,
    read_factors,
)
from tfmoe.jaspar.matrices import Matrix
from tfmoe.jaspar.names import factor_key, without_species
from tfmoe.jaspar.release import JasparSettings, read_release
from tfmoe.motifs.matching import align

RELEASE = JasparSettings(
    release="JASPAR2026",
    collection="CORE",
    tax_groups=("vertebrates", "fungi", "plants", "insects", "nematodes", "urochordates"),
    file=None,
    sha256=None,
)
CHANCE = 0.01
"""Share of the pairs of different families that count as similar."""
Booleans = NDArray[np.bool_]


@dataclass(frozen=True)
class Similarity:
    """Similarity of the matrices of one family, or across two.

    Attributes
    ----------
    factors
        Number of factors; the same factor counts once per taxonomic group.
    pairs
        Number of pairs of factors within a taxonomic group.
    similar
        Share of these pairs whose matrices are similar; None without pairs.
    """

    factors: int
    pairs: int
    similar: float | None


@dataclass(frozen=True)
class FamilySimilarity:
    """Result of `measure_families`.

    Attributes
    ----------
    threshold
        Largest p-value of a similar pair.
    within
        By family.
    across
        By pair of families, in alphabetical order.
    """

    threshold: float
    within: dict[str, Similarity]
    across: dict[tuple[str, str], Similarity]


def one_per_factor(matrices: Sequence[Matrix]) -> list[Matrix]:
    """Keep the matrix with the lowest id of each factor and taxonomic group, and no heterodimer."""
    kept: dict[tuple[str, str], Matrix] = {}
    for matrix in sorted(matrices, key=lambda matrix: matrix.matrix_id):
        if "::" not in matrix.name:
            key = matrix.tax_group, factor_key(without_species(matrix.name))
            kept.setdefault(key, matrix)
    return list(kept.values())


def measure_families(matrices: Sequence[Matrix], factors: Factors) -> FamilySimilarity:
    """Measure the share of similar pairs of each family, and across families.

    Parameters
    ----------
    matrices
        All matrices of a release: Tomtom derives its null distribution from them.
    factors
        The curated tables; the column `similar` is not used.
    """
    chosen = one_per_factor(matrices)
    directed = align([matrix.probabilities for matrix in chosen], chosen).p
    p = np.maximum(directed, directed.T)
    groups = np.array([matrix.tax_group for matrix in chosen])
    pairs = np.triu(groups[:, None] == groups[None, :], k=1)
    return compare_families(p, pairs, _membership(chosen, factors))


def compare_families(
    p: NDArray[np.float64], pairs: Booleans, members: dict[str, Booleans]
) -> FamilySimilarity:
    """Compare the factors of each family with one another and with those of other families.

    Parameters
    ----------
    p
        Float64, (N, N): symmetric p-values of N factors.
    pairs
        Bool, (N, N): true above the diagonal, for the pairs to count.
    members
        Bool, (N,) by family: its factors. A factor without family counts nowhere.
    """
    known = np.any(list(members.values()), axis=0)
    together = np.any([_block(own, own) for own in members.values()], axis=0)
    different = pairs & ~together & _block(known, known)
    threshold = float(np.quantile(p[different], CHANCE))
    similar = p <= threshold
    within = {
        family: _share(int(own.sum()), similar, pairs & _block(own, own))
        for family, own in members.items()
    }
    names = sorted(members)
    across = {
        (first, second): _share(
            int((members[first] | members[second]).sum()),
            similar,
            pairs
            & (_block(members[first], members[second]) | _block(members[second], members[first])),
        )
        for index, first in enumerate(names)
        for second in names[index + 1 :]
    }
    return FamilySimilarity(threshold, within, across)


def write_similarities(path: Pathlike, measured: FamilySimilarity) -> None:
    """Replace the measured columns of a table of families; the others are kept."""
    lines = ["\t".join(FAMILY_COLUMNS)]
    for line in Path(path).read_text(encoding="utf-8").splitlines()[1:]:
        family, term, *_ = line.split("\t")
        found = measured.within[family]
        share = NONE if found.similar is None else f"{found.similar:.2f}"
        lines.append("\t".join((family, term, str(found.factors), str(found.pairs), share)))
    write_text("\n".join(lines) + "\n", path)


def _membership(chosen: Sequence[Matrix], factors: Factors) -> dict[str, Booleans]:
    ids = np.array([matrix.matrix_id for matrix in chosen])
    members = {}
    for family in sorted(factors.families):
        found = [matrix.matrix_id for matrix in family_members(family, chosen, factors)]
        members[family] = np.isin(ids, found)
    return members


def _block(rows: Booleans, columns: Booleans) -> Booleans:
    block: Booleans = rows[:, None] & columns[None, :]
    return block


def _share(factors: int, similar: Booleans, pairs: Booleans) -> Similarity:
    number = int(pairs.sum())
    return Similarity(factors, number, float(similar[pairs].mean()) if number else None)


if __name__ == "__main__":
    curated = read_factors(sys.argv[1], sys.argv[2])
    write_similarities(sys.argv[2], measure_families(read_release(RELEASE), curated))
