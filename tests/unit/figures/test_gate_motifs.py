"""Heat maps of gate weights and of the experts' motifs."""

from pathlib import Path

import numpy as np
import pandas as pd

from tfmoe.core.files import write_tsv
from tfmoe.evaluation.sets import EvaluationSet
from tfmoe.figures.gate_motifs import draw_gate_motifs, top_motifs, write_gate_motifs
from tfmoe.motifs.gating import GATE_MOTIF_COLUMNS

SETS = [
    EvaluationSet("Reb1", "Reb1", "in_distribution", "in_distribution", "Reb1"),
    EvaluationSet("Cin5", "Cin5", "ood", "cross_family", None),
]


def table(pattern: str | None = "pattern_0") -> pd.DataFrame:
    rows = []
    for experiment in ("Reb1", "Cin5"):
        for expert, weight, own in (("Reb1", 0.7, pattern), ("pooled", 0.3, None)):
            row = dict.fromkeys(GATE_MOTIF_COLUMNS, np.nan)
            row |= {"experiment": experiment, "expert": expert, "weight": weight}
            if own:
                row |= {"pattern": own, "consensus": "TTACCC", "match": "REB1"}
                row |= {"match_q": 0.2, "positives": 325}
                row |= {"odds_ratio": 8.0 if experiment == "Reb1" else 0.25}
                row |= {"q": 0.001 if experiment == "Reb1" else 0.9}
            rows.append(row)
            if own:
                rows.append(row | {"pattern": "pattern_1", "odds_ratio": 99.0})
    return pd.DataFrame(rows, columns=list(GATE_MOTIF_COLUMNS))


def test_the_first_motif_of_each_expert_is_drawn() -> None:
    assert set(top_motifs(table())["pattern"].dropna()) == {"pattern_0"}
    drawing = draw_gate_motifs(table(), SETS)
    left, right = drawing.figure.axes[:2]
    texts = [text.get_text() for text in right.texts]
    assert texts == ["+3.0", "\u22122.0"]  # log2 of 8 and of a quarter
    assert [tick.get_text().split("\n")[0] for tick in right.get_xticklabels()] == ["Reb1"]
    names = [tick.get_text() for tick in left.get_yticklabels()]
    assert names == ["Reb1 (n = 325)", "Cin5 (n = 325)"]
    # the motif's match in JASPAR may be chance
    assert right.get_xticklabels()[0].get_text() == "Reb1\nTTACCC\n(REB1, n.s.)"
    # only the enrichment at q < 0.05 has a dot
    assert len([line for line in right.lines if line.get_marker() == "."]) == 1


def test_a_ratio_that_rounds_to_0_has_no_minus_sign() -> None:
    rows = table().replace({"odds_ratio": {0.25: 0.99}})
    right = draw_gate_motifs(rows, SETS).figure.axes[1]
    assert [text.get_text() for text in right.texts] == ["+3.0", "+0.0"]


def test_without_any_motif_only_the_gate_is_drawn() -> None:
    left, right = draw_gate_motifs(table(None), SETS).figure.axes[:2]
    assert [text.get_text() for text in right.texts] == ["no expert has a motif"]
    assert ".70" in [text.get_text() for text in left.texts]


def test_the_figure_is_written_with_its_table(tmp_path: Path) -> None:
    write_tsv(table(), tmp_path / "in.tsv")
    write_gate_motifs(tmp_path / "in.tsv", SETS, tmp_path)
    assert {path.name for path in tmp_path.glob("gate_motifs.*")} == {
        f"gate_motifs.{suffix}" for suffix in ("svg", "pdf", "png", "tsv")
    }
    empty = draw_gate_motifs(table().iloc[:0], SETS)
    assert len(empty.table) == 0
