from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tests.fixtures.small_model import WINDOW, WORD, SmallModel, word_matrix

from tfmoe.application.marginalize.run import (
    InsertedMotif,
    insert,
    marginalize,
    model_background,
    placements,
    read_background,
    read_motif,
)
from tfmoe.core.dna import decode, encode
from tfmoe.core.errors import InputError
from tfmoe.data.negatives.dinucleotide_shuffle import dinucleotide_counts
from tfmoe.jaspar.matrices import Matrix, write_matrices
from tolerance import close

TERMS = 400


def words(motif: InsertedMotif, number: int = 400) -> list[str]:
    return decode(motif.draw(number, np.random.default_rng(1)))


def matrices(path: Path, *given: Matrix) -> str:
    write_matrices(given, path / "m.meme", path / "m.tsv")
    return str(path / "m.meme")


def test_ambiguous_codes_are_drawn_and_n_keeps_the_background() -> None:
    found = words(read_motif("gaRBn"))
    assert {word[:2] for word in found} == {"GA"}
    assert {word[2] for word in found} == {"A", "G"}
    assert {word[3] for word in found} == {"C", "G", "T"}
    assert {word[4] for word in found} == {"N"}
    assert 150 < sum(word[2] == "A" for word in found) < 250


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("", "it is empty"),
        ("GATZ", "'GATZ' is neither a file nor a consensus: found 'Z'"),
        ("NNRY", "'NNRY' has no A, C, G or T"),
        ("missing.meme", "missing.meme: the file does not exist"),
    ],
)
def test_other_motifs_are_refused(given: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_motif(given)


def test_a_matrix_gives_its_best_word_or_drawn_ones(tmp_path: Path) -> None:
    path = matrices(tmp_path, word_matrix(WORD, "MA0001.1", "Alpha"))
    assert read_motif(path).name == "MA0001.1 Alpha"
    assert set(words(read_motif(path))) == {WORD}
    drawn = words(read_motif(path, sample=True))
    # each base is that of the word with a probability of 0.97
    assert 0.72 < np.mean([word == WORD for word in drawn]) < 0.9
    assert {len(word) for word in drawn} == {7}


def test_one_of_several_matrices_is_chosen_by_id_or_name(tmp_path: Path) -> None:
    path = matrices(
        tmp_path, word_matrix("AAAA", "MA0001.1", "One"), word_matrix("CCCC", "MA0002.1", "Two")
    )
    assert words(read_motif(path, name="MA0002.1"), 1) == ["CCCC"]
    assert words(read_motif(path, name="One"), 1) == ["AAAA"]
    with pytest.raises(InputError, match=r"2 matrices; choose .* --name: MA0001.1, MA0002.1"):
        read_motif(path)
    with pytest.raises(InputError, match="--name Three matches none of them"):
        read_motif(path, name="Three")


def test_words_are_put_at_a_start() -> None:
    background = encode(["AAAAAA", "CCCCCC"])
    found = insert(background, encode(["GNT", "TTN"]), 2)
    assert decode(found) == ["AAGATA", "CCTTCC"]
    assert decode(background) == ["AAAAAA", "CCCCCC"]


def test_the_background_is_shuffled_windows_of_the_model(small_model: SmallModel) -> None:
    found = model_background(small_model, 20)
    assert found.shape == (20, WINDOW)
    assert small_model.conditioned is not None
    windows = small_model.conditioned.background.codes
    own = {counts.tobytes() for counts in dinucleotide_counts(windows)}
    assert all(counts.tobytes() in own for counts in dinucleotide_counts(found))
    assert not {row.tobytes() for row in found} & {row.tobytes() for row in windows}
    np.testing.assert_array_equal(found, model_background(small_model, 20))
    with pytest.raises(InputError, match="no background windows; give sequences with --background"):
        model_background(replace(small_model, conditioned=None))  # type: ignore[type-var]


def test_backgrounds_of_a_file_are_cut_about_their_middle(tmp_path: Path) -> None:
    path = tmp_path / "b.fa"
    path.write_text(">a\nACGT\n>b\nGACGTC\n")
    assert decode(read_background(path, 4)) == ["ACGT", "ACGT"]
    with pytest.raises(InputError, match="line 1: the sequence has 4 bases, expected at least 5"):
        read_background(path, 5)


@pytest.mark.parametrize("factor", ["Alpha", None])
def test_the_effect_is_the_mean_difference_of_logits(
    small_model: SmallModel, factor: str | None
) -> None:
    query = small_model.query(factor)
    background = model_background(small_model, 12)
    motif = read_motif(WORD)
    steps: list[int] = []
    found = marginalize(small_model, query, motif, background, 10, steps.append)
    table = found.table
    assert table["start"].tolist() == [0, 0, 10, 10, 20, 20, 23, 23]
    assert len(table) == len(steps) == placements(WINDOW, motif, 10)
    # the middle of 7 bases that begin at the first of 30
    assert table["position"][0] == -11.5
    assert table["position"].tolist() == [-11.5, -11.5, -1.5, -1.5, 8.5, 8.5, 11.5, 11.5]
    before = small_model.score(background, query).logits.astype(np.float64).mean(axis=1)
    close(found.baseline, before.mean(), terms=TERMS, dtype=np.float32)
    for row, word in ((2, "GATTACA"), (3, "TGTAATC")):
        inserted = insert(background, encode([word] * 12), 10)
        after = small_model.score(inserted, query).logits.astype(np.float64).mean(axis=1)
        change, size = after - before, np.abs(before)
        close(table["effect"][row], change.mean(), terms=TERMS, size=size, dtype=np.float32)
        close(table["sd"][row], change.std(ddof=1), terms=TERMS, size=size, dtype=np.float32)
        close(table["sem"][row], table["sd"][row] / 12**0.5)
    kinds = ["networks", "kmers", "matrix"] if factor else ["networks"]
    assert list(table)[6:] == kinds
    close(table["effect"], table[kinds].sum(axis=1), terms=4)


def test_the_matrix_finds_its_word_at_every_position(small_model: SmallModel) -> None:
    query = small_model.query("Alpha")
    found = marginalize(small_model, query, read_motif(WORD), model_background(small_model, 12))
    matrix = found.table["matrix"].to_numpy()
    close(matrix, np.full(len(matrix), matrix[0]), terms=TERMS)
    assert matrix[0] > 1
    other = marginalize(small_model, query, read_motif("NNCNN"), model_background(small_model, 12))
    assert np.abs(other.table["matrix"]).max() < 0.5


def test_a_motif_longer_than_the_window_is_refused(small_model: SmallModel) -> None:
    background = model_background(small_model, 4)
    fits = marginalize(small_model, small_model.query(), read_motif("A" * WINDOW), background)
    assert fits.table["start"].tolist() == [0, 0]
    with pytest.raises(InputError, match="has 31 positions, expected at most 30"):
        marginalize(small_model, small_model.query(), read_motif("A" * 31), background)
