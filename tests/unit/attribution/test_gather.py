from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfmoe.attribution.gather import gather_tables, localise_run
from tfmoe.attribution.localisation import LocalisationSettings
from tfmoe.attribution.maps import AttributionMaps, write_maps
from tfmoe.attribution.sites import SiteSource
from tfmoe.core.dna import encode
from tfmoe.core.errors import InputError
from tfmoe.core.files import read_tsv, write_parquet, write_tsv
from tfmoe.jaspar.factors import Factor, Factors
from tfmoe.jaspar.matrices import Matrix

SETTINGS = LocalisationSettings(information=1.0, p_value=0.001, top=3)
FACTORS = Factors(
    (
        Factor("GAT1", "Saccharomyces cerevisiae", "GATA", "MA0001", "test"),
        Factor("POL", "Saccharomyces cerevisiae", "-", "-", "test"),
    ),
    {},
)
NAMES = ["Gat1:peak:I:500", "Gat1:peak:I:100"]


def consensus(matrix_id: str, word: str) -> Matrix:
    probabilities = np.full((4, len(word)), 0.01)
    probabilities[encode([word])[0], np.arange(len(word))] = 0.97
    return Matrix(matrix_id, "x", "fungi", "4932", "c", "f", "SELEX", probabilities)


def write_map(folder: Path, experiment: str, model: str, method: str, peak: int) -> Path:
    """Write a map of two windows of Ts that is zero except at one position."""
    sequences = encode(["T" * 20] * 2)
    values = np.zeros((2, 4, 20), dtype=np.float32)
    values[:, :, peak] = -1
    path = folder / experiment / model / f"{method}.npz"
    write_maps(AttributionMaps(values, sequences, np.array(NAMES)), path)
    return path


def write_run(folder: Path) -> tuple[Path, Path]:
    sequences, truth = folder / "Gat1.parquet", folder / "truth.tsv"
    table = pd.DataFrame({"name": ["other", *NAMES[::-1]], "chrom": "I", "start": [0, 100, 500]})
    write_parquet(table, sequences)
    planted = pd.DataFrame(
        {
            "chrom": ["I", "I"],
            "start": [105, 507],
            "end": [111, 513],
            "strand": ["+", "-"],
            "factor": ["GAT1", "GAT1"],
            "matrix_id": ["MA0001.1", "MA0001.1"],
            "experiment": ["Gat1", "Gat1"],
        }
    )
    write_tsv(planted, truth)
    return sequences, truth


def test_a_run_has_a_row_for_each_map(tmp_path: Path) -> None:
    sequences, truth = write_run(tmp_path)
    paths = [
        write_map(tmp_path, "Gat1", model, method, peak)
        for model, peaks in (("expert_Gat1", (8, 1)), ("moe", (1, 8)))
        for method, peak in zip(("gradient", "gradient_corrected"), peaks, strict=True)
    ]
    matrices = [consensus("MA0001.1", "GATAAG")]
    factors = {"Gat1": "GAT1"}
    source = SiteSource(read_tsv(truth), matrices, FACTORS, SETTINGS)
    table = localise_run(paths, {"Gat1": sequences}, factors, source, 100, 1)
    keys = ["experiment", "factor", "model", "method"]
    assert table[keys].to_numpy().tolist() == [
        ["Gat1", "GAT1", "expert_Gat1", "gradient"],
        ["Gat1", "GAT1", "expert_Gat1", "gradient_corrected"],
        ["Gat1", "GAT1", "moe", "gradient"],
        ["Gat1", "GAT1", "moe", "gradient_corrected"],
    ]
    assert table["n_sequences"].tolist() == [2] * 4
    np.testing.assert_allclose(table["prevalence"], 6 / 20)
    # position 8 is in both instances (5..10 and 7..12), position 1 in neither; the other sites are
    # tied with the background at zero
    found, missed = 1 / 6 + 5 / 6 * 6 / 20, 6 / 20
    assert table["auprc"][0] == pytest.approx(found)
    assert table["auprc"][2] == pytest.approx(missed)
    assert table["auprc_gain"][3] == pytest.approx(found - missed)


def test_maps_of_other_sequences_are_rejected(tmp_path: Path) -> None:
    sequences, truth = write_run(tmp_path)
    path = write_map(tmp_path, "Gat1", "moe", "gradient", 8)
    table = pd.DataFrame({"name": [NAMES[0]], "chrom": "I", "start": [500]})
    write_parquet(table, sequences)
    source = SiteSource(read_tsv(truth), [consensus("MA0001.1", "GATAAG")], FACTORS, SETTINGS)
    with pytest.raises(InputError, match="sequence Gat1:peak:I:100 is missing"):
        localise_run([path], {"Gat1": sequences}, {"Gat1": "GAT1"}, source, 100, 1)


def test_without_planted_motifs_the_factors_own_matrix_defines_sites(tmp_path: Path) -> None:
    sequences, _ = write_run(tmp_path)
    windows = encode(["TTTTTGATAAGTTTTTTTTT", "TTTTTTTTTTTTTTTTTTTT"])
    values = np.zeros((2, 4, 20), dtype=np.float32)
    values[:, :, 5:11] = 1
    path = tmp_path / "Gat1" / "moe" / "gradient.npz"
    write_maps(AttributionMaps(values, windows, np.array(NAMES)), path)
    source = SiteSource(None, [consensus("MA0001.1", "GATAAG")], FACTORS, SETTINGS)
    found = localise_run([path], {"Gat1": sequences}, {"Gat1": "GAT1"}, source, 100, 1).iloc[0]
    assert (found["truth"], found["note"], found["n_sequences"]) == ("MA0001.1", "", 1)
    assert found["auprc"] == 1
    assert found["prevalence"] == 6 / 20
    none = localise_run([path], {"Gat1": sequences}, {"Gat1": "POL"}, source, 100, 1).iloc[0]
    assert (none["truth"], none["note"]) == ("-", "the factor has no matrix of its own")
    assert none["n_sequences"] == 0
    assert np.isnan(none["auprc"])
    away = SiteSource(None, [consensus("MA0001.1", "CGCGCG")], FACTORS, SETTINGS)
    empty = localise_run([path], {"Gat1": sequences}, {"Gat1": "GAT1"}, away, 100, 1).iloc[0]
    assert empty["note"] == "no positive has exactly one hit of the matrix"


def test_tables_are_gathered_in_order(tmp_path: Path) -> None:
    for name, value in (("b", 2.5), ("a", np.nan)):
        write_tsv(pd.DataFrame({"model": [name], "gain": [value]}), tmp_path / f"{name}.tsv")
    table = gather_tables([tmp_path / "b.tsv", tmp_path / "a.tsv"])
    assert table["model"].tolist() == ["b", "a"]
    assert table["gain"][0] == 2.5
    assert np.isnan(table["gain"][1])
