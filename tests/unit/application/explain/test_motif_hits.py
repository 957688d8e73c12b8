from collections.abc import Sequence

import numpy as np
import pandas as pd
import pytest
from tests.fixtures.small_model import word_matrix

from tfmoe.application.explain.motif_hits import COLUMNS, JASPAR, OWN, find_hits, hit_table
from tfmoe.application.explain.run import Explanation
from tfmoe.application.reading.stretches import sequence_stretch
from tfmoe.jaspar.matrices import Matrix
from tfmoe.models.conditioned.scores import Member
from tolerance import close

WORD = "GATTACATT"
"""Its matrix has a p-value of 4 ** -9 = 3.8e-6, that of its first seven bases 6.1e-5."""
TEXT = "CC" + WORD + "CCCCC" + "AATGTAATC" + "CCCCC"
"""The word at base 2, its reverse complement at base 16."""


def explanation(
    text: str = TEXT, strand: str = "+", high: Sequence[int] = range(30)
) -> Explanation:
    """Return an explanation in which the given bases of the forward strand contribute 1."""
    stretch = sequence_stretch(text, len(text), 0, strand)
    values = np.zeros((4, len(text)))
    for column, position in enumerate(stretch.positions):
        if position in high:
            values[stretch.core[column] % 4, column] = 1.0
    nothing = np.full(len(text), np.nan)
    logits = np.zeros(1, dtype=np.float32)
    maps = {Member.NETWORKS: values}
    return Explanation(stretch, "ism", logits, maps, nothing, pd.DataFrame(), pd.DataFrame())


def own(word: str = WORD) -> list[Matrix]:
    return [word_matrix(word, "MA0001.1", "Alpha")]


@pytest.mark.parametrize("strand", ["+", "-"])
def test_hits_have_coordinates_and_strand_of_the_genome(strand: str) -> None:
    found = explanation(strand=strand)
    table = hit_table(found, find_hits(found, own(), []))
    assert list(table) == list(COLUMNS)
    table = table.sort_values("start", ignore_index=True)
    assert table[["start", "end", "strand", "name", "source"]].to_numpy().tolist() == [
        [2, 11, "+", "Alpha", OWN], [16, 25, "-", "Alpha", OWN]
    ]  # fmt: skip
    close(table["p_value"], np.full(2, 4.0**-9), terms=100)
    # 1.76 of 2 bits per position, with the pseudocount of the information content
    close(table["support"], np.full(2, table["support"][0]), terms=9)
    assert table["support"][0] == pytest.approx(9 * 1.76 / 2, rel=0.01)


def test_the_best_placement_of_the_own_matrix_is_a_hit_of_any_p_value() -> None:
    found = explanation("CCCCCCGATTCCCCCCCCCC", high=range(20))
    (hit,) = find_hits(found, own(), [])
    assert (hit.start, hit.forward) == (6, True)
    assert hit.p_value > 1e-4
    assert find_hits(found, [], own()) == []


def test_the_others_of_jaspar_lack_the_own_matrix_and_do_not_overlap() -> None:
    release = [
        *own(),
        word_matrix(WORD[:7], "MA0002.1", "Short"),
        word_matrix(WORD[:8], "MA0003.1", "Longer"),
        word_matrix("T" * 40, "MA0004.1", "Longer than the window"),
    ]
    hits = find_hits(explanation(), own(), release)
    assert [(hit.source, hit.name, hit.start) for hit in hits] == [
        (OWN, "Alpha", 2), (OWN, "Alpha", 16), (JASPAR, "Longer", 2), (JASPAR, "Longer", 17)
    ]  # fmt: skip
    assert len(find_hits(explanation(), own(), release, most=1)) == 3


def test_a_hit_under_a_flat_map_is_left_out_unless_it_is_the_factors() -> None:
    release = [word_matrix(WORD, "MA0002.1", "Other")]
    first = explanation(high=range(2, 11))
    assert [hit.start for hit in find_hits(first, [], release)] == [2]
    assert [hit.start for hit in find_hits(first, own(), release)] == [2, 16, 2]
    # contributions of either sign are supported
    assert [hit.start for hit in find_hits(explanation(high=[]), own(), [])] == [2, 16]


def test_unknown_bases_have_no_hits() -> None:
    assert find_hits(explanation("N" * 12 + "ACGT" + "N" * 12), [], own()) == []
