"""All figures of the paper, from the files of a small run."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfmoe.attribution.maps import AttributionMaps, write_maps
from tfmoe.core.dna import encode
from tfmoe.core.files import write_tsv
from tfmoe.evaluation.set_metrics import METRIC_COLUMNS
from tfmoe.evaluation.sets import EvaluationSet
from tfmoe.studies.paper.draw import PaperFiles, choose_negatives, draw_paper, shown_models

Sets = list[EvaluationSet]
Paths = dict[str, Path]
NAMES = ["anova", "attribution", "auroc", "gate", "published", "published_table", "roc"]
SHUFFLES, FILE = "dinucleotide", "file"


@pytest.fixture
def files(tmp_path: Path, predictions: Paths, gates: Paths) -> PaperFiles:
    rows = []
    for experiment, role in (("Reb1", "in_distribution"), ("Tbf1", "ood")):
        row = dict.fromkeys(METRIC_COLUMNS, np.nan) | {"factor": experiment, "role": role}
        row |= {"experiment": experiment, "stratum": "-", "negatives": "genomic", "subset": "all"}
        row |= {"model": "moe", "seed": 0, "n_pos": 2, "n_neg": 2}
        rows.append(row | {"auroc": 0.75, "auroc_low": 0.6, "auroc_high": 0.9})
    write_tsv(pd.DataFrame(rows), tmp_path / "metrics.tsv")
    columns = ["experiment", "negatives", "models", "trials", "f", "df_between", "df_within"]
    anova = pd.DataFrame([("Reb1", "genomic", 2, 30, 5.0, 1, 58)], columns=columns)
    write_tsv(anova.assign(p=0.03, eta_squared=0.08, note=""), tmp_path / "anova.tsv")
    null = {"test": ["anova_as_published"], "alpha": 0.05, "false_positive_rate": 0.84}
    write_tsv(pd.DataFrame(null), tmp_path / "null.tsv")
    published = [
        ("published", "CTCF", "ood", "ab", "0.9", "", "a paper"),
        ("published", "-", "ood", "-", "0.9", "", "a paper"),
    ]
    names = ["work", "set", "role", "sha256", "auroc", "sd", "source"]
    write_tsv(pd.DataFrame(published, columns=names), tmp_path / "published.tsv")
    values = np.ones((2, 4, 61), dtype=np.float32)
    maps = AttributionMaps(values, encode(["GATTACA" + "C" * 54] * 2), np.array(["p0", "p1"]))
    write_maps(maps, tmp_path / "gradient.npz")
    return PaperFiles(
        metrics=tmp_path / "metrics.tsv",
        anova=tmp_path / "anova.tsv",
        null=tmp_path / "null.tsv",
        predictions=predictions,
        gates=gates,
        maps={"Reb1": {"gradient": tmp_path / "gradient.npz"}},
        published=tmp_path / "published.tsv",
    )


def test_a_run_on_other_sets_has_all_figures_without_published_values(
    files: PaperFiles, sets: Sets, tmp_path: Path
) -> None:
    folder = tmp_path / "paper"
    folder.mkdir()
    draw_paper(files, sets, ["Reb1", "Abf1"], {"Reb1": "-", "Tbf1": "-"}, folder)
    for suffix in ("svg", "pdf", "png", "tsv"):
        assert sorted(path.stem for path in folder.glob(f"*.{suffix}")) == NAMES
    table = pd.read_csv(folder / "published.tsv", sep="\t")
    assert table["published"].isna().all()
    assert table["moe"].tolist() == [0.75] * 4


def test_published_values_need_the_same_negatives() -> None:
    published = pd.DataFrame({"work": ["published"], "auroc": [0.7]})
    both = pd.DataFrame({"negatives": [SHUFFLES, FILE]})
    assert choose_negatives(both, published)[0] == FILE
    kind, left = choose_negatives(pd.DataFrame({"negatives": [SHUFFLES]}), published)
    assert (kind, len(left)) == (SHUFFLES, 0)
    assert choose_negatives(both, published.iloc[:0])[0] == SHUFFLES


def test_networks_of_other_recipes_and_backbones_are_not_shown(sets: Sets) -> None:
    models = [
        "moe",
        "moe_as_published",
        "moe_other",
        "expert_Reb1",
        "expert_Reb1_legnet",
        "as_published_expert_Reb1",
        "best_expert",
        "pwm",
    ]
    shown = shown_models(pd.DataFrame({"model": models}), sets)
    assert list(shown["model"]) == ["moe", "moe_as_published", "expert_Reb1", "pwm"]
