"""The table for MultiQC."""

import io
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from tfmoe.core.errors import InputError
from tfmoe.core.files import write_tsv
from tfmoe.evaluation.sets import EvaluationSet
from tfmoe.report.multiqc import Tables, multiqc_text

SETS = [
    EvaluationSet("K562_1", "GATA1", "in_distribution", "in_distribution", "GATA1"),
    EvaluationSet("CTCF", "CTCF", "ood", "cross_family", None),
    EvaluationSet("few", "E2F1", "ood", "cross_family", None),
]


def score(model: str, experiment: str, auroc: float, **changes: Any) -> dict[str, Any]:
    row = {"model": model, "experiment": experiment, "role": "ood", "negatives": "genomic"}
    row |= {"subset": "all", "seed": 0, "n_pos": 40, "n_neg": 200, "auroc": auroc}
    row |= {"auroc_low": auroc - 0.1, "auroc_high": auroc + 0.1}
    return row | changes


@pytest.fixture
def tables(tmp_path: Path) -> Tables:
    own = {"role": "in_distribution"}
    scores = [
        score("moe", "K562_1", 0.8, **own),
        score("moe", "K562_1", 0.9, seed=1, **own),
        score("expert_GATA1", "K562_1", 0.75, **own),
        score("expert_GATA1", "CTCF", 0.5),
        score("moe", "CTCF", 0.7),
        score("moe", "CTCF", 0.99, subset="no_overlap"),
        score("moe", "CTCF", 0.98, negatives="dinucleotide"),
        score("pwm", "CTCF", 0.95, seed=None),
        score("moe_adapted_10", "CTCF", 0.97, role="adapted"),
    ]
    motifs = [
        ("K562_1", "moe", "CACGTG", "MYC", 0.5),
        ("K562_1", "expert_GATA1", "AGATAA", "Gata1", 1e-6),
        ("CTCF", "moe", None, None, None),
    ]
    frames = {
        "metrics": pd.DataFrame(scores),
        "windows": pd.DataFrame(
            {"experiment": ["K562_1", "CTCF"], "peaks": [900, 80], "kept": [850, 70]}
        ),
        "motifs": pd.DataFrame(
            motifs, columns=["experiment", "model", "consensus", "best_name", "best_q"]
        ),
    }
    for name, frame in frames.items():
        write_tsv(frame, tmp_path / f"{name}.tsv")
    return Tables(*(tmp_path / f"{name}.tsv" for name in frames))


def parts(text: str) -> tuple[dict[str, Any], pd.DataFrame]:
    lines = text.splitlines(keepends=True)
    head = "".join(line[2:] for line in lines if line.startswith("# "))
    body = "".join(line for line in lines if not line.startswith("# "))
    table = pd.read_csv(io.StringIO(body), sep="\t", index_col=0)
    return yaml.safe_load(head), table


def test_each_experiment_is_a_row(tables: Tables) -> None:
    _, table = parts(multiqc_text("mine", tables, SETS))
    assert list(table.index) == ["K562_1", "CTCF", "few"]
    first = table.loc["K562_1"]
    assert (first["factor"], first["role"], first["peaks"], first["kept"]) == (
        *("GATA1", "training"),
        *(900, 850),
    )
    # means over seeds; the motif of the expert comes before that of the mixture
    assert (first["mixture"], first["own_expert"]) == pytest.approx((0.85, 0.75))
    assert (first["motif"], first["match"], first["q"]) == ("AGATAA", "Gata1", 1e-6)
    second = table.loc["CTCF"]
    assert (second["role"], second["mixture"], second["matrix"]) == ("unseen", 0.7, 0.95)
    assert pd.isna(second["own_expert"])
    assert pd.isna(second["motif"])
    # a set without scores has a row, too
    assert table.loc["few"].drop(["factor", "role"]).isna().all()


def test_columns_without_values_are_left_out_and_all_others_described(tables: Tables) -> None:
    head, table = parts(multiqc_text("mine", tables, SETS))
    assert "conditioned" not in table
    assert list(head["headers"]) == list(table.columns)
    assert head["headers"]["mixture"]["min"] == 0.5
    assert (head["id"], head["plot_type"]) == ("tfmoe_mine", "table")
    assert "genomic negatives" in head["description"]


def test_a_run_on_ready_sequences_has_no_peaks(tables: Tables) -> None:
    write_tsv(pd.DataFrame({"experiment": ["CTCF"], "kept": [70]}), tables.windows)
    _, table = parts(multiqc_text("mine", tables, SETS))
    assert "peaks" not in table
    assert table["kept"].dropna().tolist() == [70]


def test_a_damaged_table_is_named(tables: Tables) -> None:
    write_tsv(pd.DataFrame({"experiment": ["CTCF"]}), tables.motifs)
    with pytest.raises(InputError, match=r"motifs\.tsv: column .* is missing"):
        multiqc_text("mine", tables, SETS)
