from pathlib import Path

import h5py
import numpy as np
import pytest

from tfmoe.core.errors import InputError
from tfmoe.jaspar.meme import read_meme
from tfmoe.motifs.patterns import (
    Pattern,
    Seqlets,
    information,
    informative_span,
    read_patterns,
    write_meme,
)

UNIFORM = np.full(4, 0.25)


def pattern(columns: list[list[float]], name: str = "pattern_0") -> Pattern:
    probabilities = np.array(columns, dtype=float).T
    seqlets = Seqlets(np.arange(30), np.zeros(30, int), np.ones(30, np.int8), np.ones(30), 37.0)
    return Pattern(name, probabilities, seqlets)


def test_consensus_shows_how_sure_a_position_is() -> None:
    columns = [[0.6, 0.2, 0.1, 0.1], [0.1, 0.4, 0.3, 0.2], [0.3, 0.3, 0.2, 0.2], [0, 0, 0, 1]]
    assert pattern(columns).consensus == "AcnT"


def test_information_is_two_bits_for_one_base_and_zero_for_background() -> None:
    probabilities = np.array([[1, 0, 0, 0], [0.25] * 4, [0.5, 0.5, 0, 0]], dtype=float).T
    assert information(probabilities, UNIFORM) == pytest.approx([2, 0, 1], abs=0.02)


def test_information_is_relative_to_the_background() -> None:
    background = np.array([0.4, 0.1, 0.1, 0.4])
    rare, common = np.eye(4)[:, [1]], np.eye(4)[:, [0]]
    assert information(rare, background)[0] == pytest.approx(np.log2(10), abs=0.02)
    assert information(common, background)[0] == pytest.approx(np.log2(2.5), abs=0.02)


def test_span_keeps_a_gap_and_cuts_the_ends() -> None:
    bits = np.array([0.1, 0.4, 2.0, 1.0, 0.0, 0.0, 1.0, 0.6, 0.49, 0.1])
    assert informative_span(bits, 0.25) == (2, 8)


def test_span_is_widened_to_the_side_that_has_more() -> None:
    assert informative_span(np.array([0.1, 0.2, 2.0, 0.15, 0.1, 0.3, 0.0]), 0.5) == (1, 6)
    assert informative_span(np.array([0.0, 0.0, 0.2, 2.0]), 0.5) == (0, 4)


def write_h5(path: Path, groups: int) -> None:
    one_hot = np.eye(4)[[0, 3, 3, 0, 1, 1, 1, 2, 2]]
    one_hot[[0, 7, 8]] = 0.25
    with h5py.File(path, "w") as file:
        file.attrs["window_size"] = 100
        file.attrs["crop"] = 1
        for index in range(groups):
            group = file.create_group(f"pos_patterns/pattern_{index}")
            group["sequence"] = one_hot
            group["seqlets/contrib_scores"] = np.stack([one_hot * 0.5, one_hot, one_hot * 2])
            group["seqlets/start"] = [40, 60, 40]
            group["seqlets/end"] = [49, 69, 49]
            group["seqlets/example_idx"] = [0, 0, 1]
            group["seqlets/is_revcomp"] = [False, False, True]


def test_patterns_are_read_in_order_trimmed_and_located(tmp_path: Path) -> None:
    write_h5(tmp_path / "modisco.h5", 11)
    found = read_patterns(tmp_path / "modisco.h5", UNIFORM, 0.25)
    assert [item.name for item in found] == [f"pattern_{index}" for index in range(11)]
    first = found[0]
    assert first.consensus == "TTACCC"
    assert first.n_seqlets == 3
    assert first.n_sequences == 2
    seqlets = first.seqlets
    assert seqlets.row.tolist() == [0, 0, 1]
    # one base is cut off a seqlet's start and two off its end, and the window begins at 1
    assert seqlets.start.tolist() == [42, 62, 43]
    assert seqlets.strand.tolist() == [1, 1, -1]
    assert seqlets.contribution == pytest.approx([3, 6, 12])
    assert seqlets.reach == 45.5


def test_a_file_without_patterns_gives_none(tmp_path: Path) -> None:
    write_h5(tmp_path / "modisco.h5", 0)
    assert read_patterns(tmp_path / "modisco.h5", UNIFORM, 0.25) == []


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "modisco.h5"
    path.write_bytes(b"no HDF5")
    with pytest.raises(InputError, match=r"modisco\.h5: not a complete HDF5"):
        read_patterns(path, UNIFORM, 0.25)


def test_meme_can_be_read_back(tmp_path: Path) -> None:
    path = tmp_path / "motifs.meme"
    motifs = [pattern([[0.7, 0.1, 0.1, 0.1]] * 5), pattern([[0, 0, 1, 0]] * 6, "pattern_1")]
    write_meme(motifs, np.array([0.3, 0.2, 0.2, 0.3]), "Reb1.moe", path)
    text = path.read_text()
    assert "A 0.30000 C 0.20000 G 0.20000 T 0.30000" in text
    assert "MOTIF pattern_1 Reb1.moe\nletter-probability matrix: alength= 4 w= 6 nsites= 30" in text
    read = read_meme(path)
    assert list(read) == ["pattern_0", "pattern_1"]
    np.testing.assert_allclose(read["pattern_0"], motifs[0].probabilities)


def test_meme_without_patterns_is_a_header(tmp_path: Path) -> None:
    write_meme([], UNIFORM, "Reb1.moe", tmp_path / "motifs.meme")
    text = (tmp_path / "motifs.meme").read_text()
    assert text.startswith("MEME version 4\n")
    assert "MOTIF" not in text
