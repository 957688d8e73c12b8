"""Motifs of the filters of a first convolution."""

import numpy as np
import pandas as pd
import pytest
import torch
from torch import nn

from tfmoe.core.dna import encode
from tfmoe.core.errors import InputError
from tfmoe.core.files import read_tsv
from tfmoe.jaspar.meme import read_meme
from tfmoe.models.layers import StandardisedFilters
from tfmoe.motifs.filter_motifs import (
    filter_activity,
    filter_motifs,
    first_convolution,
    write_filters,
)
from tfmoe.motifs.filter_table import (
    FILTER_COLUMNS,
    MATCHED_COLUMNS,
    ReadFilters,
    Subject,
    filter_table,
)
from tfmoe.motifs.matching import MATCH_COLUMNS

CPU = torch.device("cpu")
WORD = "TTACCCG"


def network(words=(WORD,), bias=-5.5) -> nn.Module:
    """Return a network whose filters score a base of their word with 1, less the bias."""
    convolution = nn.Conv1d(4, len(words), len(words[0]))
    with torch.no_grad():
        convolution.weight.zero_()
        convolution.bias.fill_(bias)
        for index, word in enumerate(words):
            for place, code in enumerate(encode([word])[0].tolist()):
                convolution.weight[index, code, place] = 1
    return nn.Sequential(nn.Identity(), convolution)


def background(number=40, length=30) -> np.ndarray:
    """Return sequences of A, C and G alone, which no word here is found in."""
    return np.random.default_rng(0).integers(0, 3, (number, length)).astype(np.uint8)


def test_the_first_convolution_is_the_one_over_bases() -> None:
    filters = StandardisedFilters(8, 5)
    assert first_convolution(nn.Sequential(nn.Linear(4, 4), filters, nn.Conv1d(8, 8, 1))) is filters
    with pytest.raises(InputError, match="no convolution over the four bases"):
        first_convolution(nn.Linear(4, 1))


def test_activity_is_the_best_position_on_either_strand() -> None:
    forward = "A" * 11 + WORD + "A" * 12
    reverse = "A" * 4 + "CGGGTAA" + "A" * 19
    codes = encode([forward, reverse])
    found = filter_activity(network(), codes, True, 1, CPU)
    assert found.width == 7
    assert found.best[:, 0].tolist() == [1.5, 1.5]
    assert found.start[:, 0].tolist() == [11, 4]
    assert found.strand[:, 0].tolist() == [1, -1]
    single = filter_activity(network(), codes, False, 10, CPU)
    assert single.best[0, 0] == 1.5 and single.best[1, 0] < 0
    assert single.strand[:, 0].tolist() == [1, 1]


def test_short_sequences_are_refused() -> None:
    with pytest.raises(InputError, match="sequences of 6 bases are shorter than filters of 7"):
        filter_activity(network(), background(3, 6), True, 8, CPU)


def test_the_motif_is_built_from_activating_sites() -> None:
    codes = background()
    codes[:12, 5:12] = encode([WORD])[0]
    codes[12:20, 20:27] = encode(["CGGGTAA"])[0]  # the same on the other strand
    codes[20:25, 3:10] = encode(["TTACCCA"])[0]  # one base off: a third of the activation
    activity = filter_activity(network(), codes, True, 16, CPU)
    (motif,) = filter_motifs(activity, codes, 0.25)
    assert (motif.name, motif.consensus, motif.n_seqlets) == ("filter_0", WORD, 20)
    assert motif.seqlets.start.tolist() == [5] * 12 + [20] * 8
    np.testing.assert_allclose(motif.probabilities.sum(axis=0), 1)


def test_ends_without_information_are_cut_off() -> None:
    codes = background()
    codes[:15, 5:12] = encode([WORD])[0]
    word = network(("TTACCCGAAA",))
    with torch.no_grad():
        word[1].weight[:, :, 7:] = 0
    (motif,) = filter_motifs(filter_activity(word, codes, True, 16, CPU), codes, 0.5)
    assert motif.consensus == WORD
    assert set(motif.seqlets.start.tolist()) == {5}


def test_filters_with_too_few_sites_are_left_out() -> None:
    codes = background()
    codes[:9, 5:12] = encode([WORD])[0]  # nine sites are too few
    activity = filter_activity(network((WORD, "TTTTTTT")), codes, True, 16, CPU)
    assert filter_motifs(activity, codes, 0.25) == []


def test_unknown_bases_are_not_counted() -> None:
    codes = background()
    codes[:12, 5:12] = encode([WORD])[0]
    codes[:6, 8] = 4
    activity = filter_activity(network(bias=-5.0), codes, True, 16, CPU)
    (motif,) = filter_motifs(activity, codes, 0.25)
    assert (motif.n_seqlets, motif.consensus) == (12, WORD)


def test_files_and_the_table_of_matches(tmp_path) -> None:
    codes = background()
    codes[:12, 5:12] = encode([WORD])[0]
    motifs = filter_motifs(filter_activity(network(), codes, True, 16, CPU), codes, 0.25)
    row = dict.fromkeys(FILTER_COLUMNS, 0) | {"filter": "filter_0", "correlation": 0.3}
    other = row | {"filter": "filter_1", "correlation": 0.4}
    paths = tmp_path / "filters.meme", tmp_path / "filters.tsv"
    write_filters(motifs, [row, other], np.full(4, 0.25), "Reb1.expert_Reb1", *paths)
    assert list(read_meme(paths[0])) == ["filter_0"]
    table = read_tsv(paths[1], FILTER_COLUMNS)
    subject = Subject("x", "Reb1", "train", "-", "expert_x")
    match = dict.fromkeys(MATCH_COLUMNS, 0) | {"experiment": "x", "model": "expert_x", "rank": 1}
    match |= {"pattern": "filter_0", "matrix_id": "MA1.1", "q": 0.01, "is_family": True}
    worse = match | {"matrix_id": "MA2.1", "rank": 5}
    best = match | {"pattern": "filter_1", "matrix_id": "MA3.1", "is_family": False}
    matches = pd.DataFrame([match, worse, best])
    found = filter_table([ReadFilters(subject, table, {})], matches)
    assert list(found.columns) == list(MATCHED_COLUMNS)
    assert found["filter"].tolist() == ["filter_1", "filter_0"]
    assert found["best_matrix"].tolist() == ["MA3.1", "MA1.1"]
    assert found["family_matrix"].tolist()[1] == "MA1.1"
    assert pd.isna(found["family_matrix"].iloc[0])
    empty = filter_table([ReadFilters(subject, table.iloc[:0], {})], matches.iloc[:0])
    assert list(empty.columns) == list(MATCHED_COLUMNS)
