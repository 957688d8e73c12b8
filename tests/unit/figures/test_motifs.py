"""Rows of the motif figure, and the files of a search."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfmoe.attribution.maps import AttributionMaps, write_maps
from tfmoe.core.dna import encode
from tfmoe.core.errors import InputError
from tfmoe.core.files import write_tsv
from tfmoe.figures import motifs
from tfmoe.figures.motifs import (
    Search,
    draw_motifs,
    group_searches,
    match_text,
    read_found,
    write_comparisons,
)
from tfmoe.jaspar.matrices import Matrix
from tfmoe.motifs.find import PATTERN_COLUMNS
from tfmoe.motifs.matching import MATCH_COLUMNS
from tfmoe.motifs.patterns import Pattern, Seqlets, write_meme

GATTACA = np.array([[float(base == letter) for base in "GATTACA"] for letter in "ACGT"])
MATRICES = {"MA1.1": Matrix("MA1.1", "REB1", "fungi", "4932", "", "", "ChIP-exo", GATTACA)}
ROW = ("Reb1", "Reb1", "moe", "pattern_0", "MA1.1", "REB1", "", "ChIP-exo", False)
VALUES = (1e-9, 1e-6, 1, "+", 0, 7, True, True)
MATCHES = pd.DataFrame([(*ROW, *VALUES)], columns=list(MATCH_COLUMNS))


@pytest.fixture
def search(tmp_path: Path) -> Search:
    none = np.zeros(0, dtype=int)
    pattern = Pattern("pattern_0", GATTACA, Seqlets(none, none, none, none, 37.0))
    write_meme([pattern], np.full(4, 0.25), "Reb1.moe", tmp_path / "motifs.meme")
    row = dict.fromkeys(PATTERN_COLUMNS, 0) | {"pattern": "pattern_0", "n_seqlets": 1234}
    write_tsv(pd.DataFrame([row]), tmp_path / "patterns.tsv")
    values = np.random.default_rng(1).normal(size=(3, 4, 31)).astype(np.float32)
    codes = encode(["C" * 12 + "GATTACA" + "C" * 12] * 3)
    write_maps(AttributionMaps(values, codes, np.array(["a", "b", "c"])), tmp_path / "maps.npz")
    paths = (tmp_path / name for name in ("patterns.tsv", "motifs.meme", "maps.npz"))
    return Search("Reb1", "Reb1", "moe", *paths)


def test_patterns_come_with_their_match(search: Search) -> None:
    (found,) = read_found(search, MATCHES, MATRICES, 0.05)
    assert (found.pattern, found.n_seqlets) == ("pattern_0", 1234)
    assert match_text(found) == "REB1 MA1.1 (own matrix), rank 1, q = 1e-06"


def test_matches_of_another_model_are_not_taken(search: Search) -> None:
    other = MATCHES.assign(model="expert_Reb1")
    (found,) = read_found(search, other, MATRICES, 0.05)
    assert found.match is None


def test_a_pattern_without_a_motif_is_named(search: Search) -> None:
    table = pd.read_csv(search.patterns, sep="\t")
    write_tsv(pd.concat([table, table.assign(pattern="pattern_1")]), search.patterns)
    with pytest.raises(InputError, match=r"pattern pattern_1 of .* is missing"):
        read_found(search, MATCHES, MATRICES, 0.05)


def test_the_table_holds_every_letter_drawn(search: Search) -> None:
    drawing = draw_motifs([search], [read_found(search, MATCHES, MATRICES, 0.05)])
    panels = drawing.table["panel"].str.split(" ").str[0]
    assert panels.value_counts().to_dict() == {"example": 31, "pattern": 7, "matrix": 7}
    assert set(drawing.table["q"]) == {1e-6}


def test_contributions_have_a_scale_and_positions(search: Search) -> None:
    drawing = draw_motifs([search], [read_found(search, MATCHES, MATRICES, 0.05)])
    example = drawing.figure.axes[0]
    assert example.get_ylabel() == "contribution\n(logit)"
    assert example.get_xlabel() == "position from the window's centre (bp)"
    assert len(example.get_yticks()) >= 2 and example.spines["left"].get_visible()
    assert example.get_xticks().tolist() == [-10, 0, 10]


def test_no_pattern_is_drawn_as_such(search: Search) -> None:
    drawing = draw_motifs([search], [[]])
    written = [text.get_text() for axes in drawing.figure.axes for text in axes.texts]
    assert written == ["no pattern found"]
    assert drawing.table["pattern"].isna().all()


def test_rows_beyond_the_limit_are_in_the_table(
    search: Search, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(motifs, "MOST_ROWS", 1)
    drawing = draw_motifs([search, search], [[], []])
    assert len(drawing.figure.axes) == 3
    assert len(drawing.table) == 62


def test_without_any_search_there_is_a_figure() -> None:
    assert "no attributions" in draw_motifs([], []).figure.texts[0].get_text()


def test_searches_of_an_experiment_are_grouped(tmp_path: Path) -> None:
    pairs = [("a", "expert_a"), ("b", "expert_b"), ("a", "moe"), ("b", "moe")]
    searches = [Search(name, name, model, "", "", "") for name, model in pairs]
    ordered = [(found.experiment, found.model) for found in group_searches(searches)]
    assert ordered == [("a", "expert_a"), ("a", "moe"), ("b", "expert_b"), ("b", "moe")]


def test_each_pattern_has_its_own_logo(search: Search, tmp_path: Path) -> None:
    found = read_found(search, MATCHES, MATRICES, 0.05)
    write_comparisons([search], [found], tmp_path / "logos")
    assert [path.name for path in (tmp_path / "logos").iterdir()] == ["Reb1.moe.pattern_0.png"]
