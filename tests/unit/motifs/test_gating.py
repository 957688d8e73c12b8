"""Gate weights joined with the motifs of the experts."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfmoe.core.dna import encode
from tfmoe.core.files import write_parquet, write_tsv
from tfmoe.data.datasets import COLUMNS, SequenceSet, write_sequences
from tfmoe.motifs.find import PATTERN_COLUMNS
from tfmoe.motifs.gating import (
    GATE_MOTIF_COLUMNS,
    ExpertMotif,
    Gated,
    explain_gate,
    read_expert_motifs,
)
from tfmoe.motifs.matching import MATCH_COLUMNS

WORD = "GATTACA"
MOTIF = np.array([[0.97 if base == letter else 0.01 for base in WORD] for letter in "ACGT"])
WITH, WITHOUT = "C" * 12 + WORD + "C" * 12, "ACGTC" * 6 + "A"


@pytest.fixture
def gated(tmp_path: Path) -> Gated:
    """Return an experiment with the word in three of four test positives, and in no negative."""
    kinds = ["peak"] * 5 + ["genomic"] * 6
    table = pd.DataFrame({"name": [f"x:{index}" for index in range(11)], "kind": kinds})
    table["label"] = (table["kind"] == "peak").astype(int)
    table["split"] = ["test"] * 4 + ["train"] + ["test"] * 6
    fixed = {"chrom": "chr1", "start": 0, "end": 31, "strand": ".", "parent": None}
    table = table.assign(**fixed, repeat_share=0.0, rank=-1)[list(COLUMNS)]
    codes = encode([WITH] * 3 + [WITHOUT, WITH] + [WITHOUT] * 6)
    write_sequences(SequenceSet(table, codes, 0), tmp_path / "x.parquet")
    weights = {"Reb1": [0.9, 0.8, 0.7, 0.2, 0.0], "pooled": [0.1, 0.2, 0.3, 0.8, 1.0]}
    parts = [
        pd.DataFrame({"name": table["name"][:5], "seed": seed, **weights}) for seed in range(2)
    ]
    write_parquet(pd.concat(parts), tmp_path / "x.gates.parquet")
    return Gated("x", "X", "ood", tmp_path / "x.parquet", tmp_path / "x.gates.parquet")


def test_weights_and_hits_are_joined(gated, settings_with) -> None:
    motif = ExpertMotif("pattern_0", 90, WORD, "REB1", 1e-4, MOTIF)
    table = explain_gate([gated], ["Reb1", "pooled"], {"Reb1": [motif]}, settings_with())
    assert list(table.columns) == list(GATE_MOTIF_COLUMNS)
    first, second = (row for _, row in table.iterrows())
    # the positive in the training split does not count
    assert first["weight"] == pytest.approx(0.65)
    assert (first["rate_positives"], first["rate_negatives"]) == (0.75, 0.0)
    assert first["weight_with_hit"] == pytest.approx(0.8)
    assert first["weight_without_hit"] == pytest.approx(0.2)
    # 3 of 4 against 0 of 6, one-sided: C(4,3) C(6,0) / C(10,3)
    assert first["fisher_p"] == pytest.approx(4 / 120)
    assert first["q"] == first["fisher_p"]
    assert second["weight"] == pytest.approx(0.35)
    assert pd.isna(second["pattern"]) and pd.isna(second["q"])


def test_an_experiment_without_test_sequences_has_no_weight(gated, settings_with) -> None:
    empty = pd.read_parquet(gated.sequences).iloc[4:5]
    write_parquet(empty, gated.sequences)
    motif = ExpertMotif("pattern_0", 90, WORD, "REB1", 1e-4, MOTIF)
    row = explain_gate([gated], ["Reb1"], {"Reb1": [motif]}, settings_with()).iloc[0]
    assert np.isnan(row["weight"]) and np.isnan(row["fisher_p"])


def test_the_motifs_of_an_expert_are_read_with_their_best_match(found, tmp_path: Path) -> None:
    names = pd.read_csv(found.patterns, sep="\t")["pattern"]
    rows = [
        dict.fromkeys(MATCH_COLUMNS, 0)
        | {"experiment": "Reb1", "model": "moe", "pattern": name, "rank": rank, "name": f"n{rank}"}
        for name in names
        for rank in (1, 2)
    ]
    write_tsv(pd.DataFrame(rows, columns=list(MATCH_COLUMNS)), tmp_path / "jaspar.tsv")
    read = read_expert_motifs("Reb1", "moe", found.patterns, found.meme, tmp_path / "jaspar.tsv")
    assert [motif.pattern for motif in read] == names.tolist()
    assert {motif.match for motif in read} == {"n1"}
    write_tsv(pd.DataFrame(columns=list(PATTERN_COLUMNS)), tmp_path / "none.tsv")
    assert (
        read_expert_motifs("Reb1", "moe", tmp_path / "none.tsv", "", tmp_path / "jaspar.tsv") == []
    )
