from dataclasses import replace

import numpy as np
import pytest
from tests.fixtures.small_model import WINDOW, WORD, SmallModel

from tfmoe.application.explain.run import best_window, explain, flank_of, mutants, read_method
from tfmoe.application.reading.stretches import Stretch, sequence_stretch
from tfmoe.core.dna import encode_text, reverse_complement
from tfmoe.core.errors import InputError
from tfmoe.models.conditioned.scores import Member
from tolerance import close

SITE = 12
SEQUENCE = "CCTAGGCCTAGG" + WORD + "AAGTCAAGTCA"
TERMS = 400  # of the standardisation by the background windows


def stretch(text: str = SEQUENCE, flank: int = 0, strand: str = "+") -> Stretch:
    return sequence_stretch(text, WINDOW, flank, strand)


def test_mutants_are_listed_by_base_and_position() -> None:
    found = mutants(np.array([0, 4, 2], dtype=np.uint8))
    assert found.tolist() == [
        [0, 4, 2], [0, 0, 2], [0, 4, 0], [1, 4, 2], [0, 1, 2], [0, 4, 1],
        [2, 4, 2], [0, 2, 2], [0, 4, 2], [3, 4, 2], [0, 3, 2], [0, 4, 3],
    ]  # fmt: skip


@pytest.mark.parametrize("factor", ["Alpha", "Beta", None])
def test_the_map_is_the_mutagenesis_of_the_calibrated_logit(
    small_model: SmallModel, factor: str | None
) -> None:
    query = small_model.query(factor)
    found = explain(small_model, query, stretch())
    for position in (0, SITE + 2, WINDOW - 1):
        codes = np.tile(encode_text(SEQUENCE), (4, 1))
        codes[:, position] = range(4)
        logits = small_model.score(codes, query).logits.astype(np.float64)
        centred = (logits - logits.mean(axis=0)).mean(axis=1)
        size = np.abs(logits)
        close(found.total[:, position], centred, terms=TERMS, size=size, dtype=np.float32)
    close(found.logits, small_model.score(encode_text(SEQUENCE)[None], query).logits[0], terms=40)


def test_the_matrix_contributes_under_its_planted_word_only(small_model: SmallModel) -> None:
    found = explain(small_model, small_model.query("Alpha"), stretch())
    matrix = found.observed(found.maps[Member.MATRIX])
    assert np.flatnonzero(np.abs(matrix) > 1e-9).tolist() == list(range(SITE, SITE + len(WORD)))
    # all positions of the matrix are alike, as are the three other bases
    close(matrix[SITE : SITE + 7], np.full(7, matrix[SITE]), terms=TERMS)
    assert matrix[SITE] > 0.5
    other = found.maps[Member.MATRIX][1:, SITE + 1]
    close(other, np.full(3, -matrix[SITE] / 3), terms=TERMS)


def test_the_other_strand_has_the_reverse_complement_of_the_map(small_model: SmallModel) -> None:
    query = small_model.query("Alpha")
    forward = explain(small_model, query, stretch())
    reverse = explain(small_model, query, stretch(strand="-"))
    np.testing.assert_array_equal(reverse.stretch.core, reverse_complement(forward.stretch.core))
    close(reverse.total[::-1, ::-1], forward.total, terms=TERMS, dtype=np.float32)
    one, other = forward.table(), reverse.table()
    assert other["position"].tolist() == list(range(WINDOW, 0, -1))
    assert other["base"][:3].tolist() == ["T", "G", "A"]
    close(other["contribution"][::-1], one["contribution"], terms=TERMS, dtype=np.float32)


def test_the_best_window_of_a_longer_sequence_is_explained(small_model: SmallModel) -> None:
    query = small_model.query("Alpha")
    text = "ACGT" * 6 + SEQUENCE
    windows = np.array([encode_text(text[i : i + WINDOW]) for i in range(len(text) - WINDOW + 1)])
    best = int(small_model.score(windows, query).logits.mean(axis=1).argmax())
    assert 0 < best < 24
    assert best_window(small_model, query, stretch(text)).positions[0] == best
    turned = best_window(small_model, query, stretch(text, strand="-"))
    assert turned.positions[-1] == best
    found = explain(small_model, query, stretch(text))
    assert found.table()["position"].tolist() == list(range(best + 1, best + WINDOW + 1))


def test_padding_and_unknown_bases_contribute_nothing(small_model: SmallModel) -> None:
    found = explain(small_model, small_model.query("Alpha"), stretch("CCNGATTACA"))
    table = found.table()
    assert table["base"].str.cat() == "CCNGATTACA"
    assert table["position"].tolist() == list(range(1, 11))
    row = table.iloc[2]
    assert (row[["contribution", "networks", "kmers", "matrix"]] == 0).all()
    assert table["contribution"][3] > 0
    assert found.stretch.positions[0] == -10
    with pytest.raises(InputError, match="the bases to explain are all unknown"):
        unknown = replace(stretch(), codes=np.full(WINDOW, 4, dtype=np.uint8))
        explain(small_model, small_model.query("Alpha"), unknown)


def test_the_table_has_the_parts_of_each_contribution(small_model: SmallModel) -> None:
    table = explain(small_model, small_model.query("Alpha"), stretch()).table()
    assert list(table) == [
        "chrom", "position", "strand", "base", "contribution", "sd", "networks", "kmers", "matrix",
        "A", "C", "G", "T",
    ]  # fmt: skip
    close(table["contribution"], table[["networks", "kmers", "matrix"]].sum(axis=1))
    close(table[list("ACGT")].sum(axis=1), np.zeros(WINDOW), terms=4, size=1)
    assert table["contribution"][SITE] == table["G"][SITE]
    assert (table["sd"] > 0).all()


def test_gradients_of_the_networks_add_up_to_their_score(small_model: SmallModel) -> None:
    query = small_model.query("Alpha")
    found = explain(small_model, query, stretch(), "integrated_gradients_n500_uniform")
    exact = explain(small_model, query, stretch())
    for kind in (Member.KMERS, Member.MATRIX):
        np.testing.assert_array_equal(found.maps[kind], exact.maps[kind])
    # the uniform reference of integrated gradients is the one-hot column of an unknown base
    codes = np.stack([encode_text(SEQUENCE), np.full(WINDOW, 4, dtype=np.uint8)])
    kinds = small_model.score(codes, query).kinds
    changes = [kinds[seed][Member.NETWORKS] @ [1, -1] for seed in small_model.seeds]
    expected = 2.0 / 6 * np.mean(changes)
    networks = found.observed(found.maps[Member.NETWORKS]).sum()
    assert networks == pytest.approx(expected, rel=0.02)
    assert abs(expected) > 0.05


def test_gradients_of_the_mixture_without_a_factor(small_model: SmallModel) -> None:
    found = explain(small_model, small_model.query(), stretch(), "gradient_corrected")
    close(found.total.sum(axis=0), np.zeros(WINDOW), terms=4, size=1, dtype=np.float32)
    assert list(found.maps) == [Member.NETWORKS]
    assert np.abs(found.total).max() > 0.01


def test_shifts_read_the_flanks(small_model: SmallModel) -> None:
    method = "shiftsmooth_n3_corrected"
    assert flank_of(method) == 3
    assert flank_of("shiftsmooth_n3_rolled") == flank_of("ism") == 0
    query = small_model.query("Alpha")
    found = [
        explain(small_model, query, replace(stretch(flank=3), codes=encode_text(text)), method)
        for text in (f"AAA{SEQUENCE}AAA", f"CGC{SEQUENCE}CGC")
    ]
    assert not np.array_equal(found[0].total, found[1].total)


def test_an_unknown_method_is_refused_with_the_known_ones(small_model: SmallModel) -> None:
    with pytest.raises(InputError, match="--method: there is no method `shap`; expected one of"):
        explain(small_model, small_model.query(), stretch(), "shap")
    with pytest.raises(InputError, match="--method: `ism_corrected` sums to zero"):
        read_method("ism_corrected")
