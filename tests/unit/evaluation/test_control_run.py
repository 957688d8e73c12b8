"""All controls of the conditioned mixture, on stored scores of three small unseen sets."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from tests.fixtures.models import make_set

from tfmoe.core.dna import decode
from tfmoe.core.errors import InputError
from tfmoe.core.files import write_parquet
from tfmoe.data.datasets import SequenceSet, write_sequences
from tfmoe.evaluation.control_run import measure_controls
from tfmoe.evaluation.control_sets import (
    ControlFiles,
    ControlledExperiment,
    families_of,
    primary_negatives,
    read_unseen,
)
from tfmoe.evaluation.control_summary import CONTROL_COLUMNS
from tfmoe.jaspar.matrices import Matrix, write_matrices
from tfmoe.jaspar.tables import MatrixFiles
from tfmoe.models.calibration import Calibration
from tfmoe.models.conditioned.columns import ConditionedFiles
from tfmoe.models.conditioned.gate import EQUAL, Gate
from tfmoe.models.conditioned.model import (
    KNOWN,
    UNSEEN,
    WITHOUT_MATRIX,
    ConditionedMixture,
    write_conditioned,
)

WORDS = {"Alpha": "TGACTCA", "Beta": "CCACGTGG"}
EXPERIMENTS = [
    ControlledExperiment("Alpha", "Alpha", "bZIP", "within_family"),
    ControlledExperiment("Beta", "Beta", "bHLH", "cross_family"),
    ControlledExperiment("Bare", "Bare", "-", "no_own_motif"),
]
SEEDS = [0, 1]


@dataclass(frozen=True)
class Inputs:
    """Inputs of the controls."""

    files: dict[str, ControlFiles]
    regions: dict[str, Path]
    conditioned: ConditionedFiles

    def measure(self) -> pd.DataFrame:
        """Return the controls, indexed by control, experiment and subset."""
        found = measure_controls(
            EXPERIMENTS, self.files, self.regions, self.conditioned, SEEDS, run_seed=1
        )
        assert tuple(found.columns) == CONTROL_COLUMNS
        return found.set_index(["control", "experiment", "subset"]).sort_index()


def matrix(name: str, data_type: str, number: int) -> Matrix:
    word = WORDS[name]
    probabilities = np.full((4, len(word)), 0.02)
    probabilities[["ACGT".index(base) for base in word], range(len(word))] = 0.94
    return Matrix(f"MA000{number}.1", name, "fungi", "4932", "", "", data_type, probabilities)


def write_scores(folder: Path, sequences: SequenceSet, with_matrix: bool) -> ControlFiles:
    """Write scores: networks are always wrong; the mixture is right with seed 0 alone."""
    labels = sequences.labels
    head = ["name", "chrom", "start", "end", "label", "kind", "split"]
    table = sequences.table[head].assign(overlaps_training_peak=False)
    members = sequences.table[["name"]].copy()
    for seed in SEEDS:
        table[f"expert_Gamma_seed{seed}"] = 1.0
        table[f"moe_seed{seed}"] = 3.0
        table[f"moe_conditioned_seed{seed}"] = labels if seed == 0 else -labels
        table[f"background_vs_shuffle_seed{seed}"] = 2 * labels
        members[f"generalist_seed{seed}"] = 0.5
        members[f"networks_seed{seed}"] = -labels
    if with_matrix:
        table["kmers_and_matrix"] = labels
        members["matrix"] = labels
    experiment = folder.name
    table.loc[1, "overlaps_training_peak"] = True
    write_parquet(table, folder / "predictions.parquet")
    write_parquet(members, folder / "members.parquet")
    write_sequences(sequences, folder / f"{experiment}.parquet")
    names = ("predictions.parquet", "members.parquet", f"{experiment}.parquet")
    return ControlFiles(*(folder / name for name in names))


@pytest.fixture
def inputs(tmp_path: Path) -> Inputs:
    """Write sets of two factors with matrices and of one without, and a mixture with weights 1."""
    files, regions = {}, {}
    for name in ("Alpha", "Beta", "Bare"):
        folder = tmp_path / name
        folder.mkdir()
        sequences = make_set(name, WORDS.get(name, "GGAAGTGC"), {"test": 12})
        files[name] = write_scores(folder, sequences, name in WORDS)
        regions[name] = folder / "regions.bed"
        peaks = sequences.table[sequences.table["label"] == 1]
        if name == "Beta":  # a peak of Beta at a negative of Alpha
            bound = pd.read_parquet(files["Alpha"].predictions).query("label == 0").head(1)
            peaks = pd.concat([peaks, bound])
        peaks[["chrom", "start", "end"]].to_csv(regions[name], sep="\t", header=False, index=False)
    write_matrices(
        [matrix("Alpha", "SELEX", 1), matrix("Beta", "ChIP-exo", 2)],
        tmp_path / "matrices.meme",
        tmp_path / "matrices.tsv",
    )
    (tmp_path / "factors.tsv").write_text("factor\torganism\tfamily\tmatrix\tsource\n")
    (tmp_path / "families.tsv").write_text("family\tjaspar_term\tfactors\tpairs\tsimilar\n")
    names = ("matrices.meme", "matrices.tsv", "factors.tsv", "families.tsv")
    matrices = MatrixFiles(*(tmp_path / name for name in names), ["ChIP-exo"])
    known = [role + suffix for role in (KNOWN, UNSEEN) for suffix in ("", WITHOUT_MATRIX)]
    mixture = ConditionedMixture(
        Gate(EQUAL, False, np.nan, np.nan, np.nan),
        {name: Calibration(1.0, 0.0) for name in known},
        {"Gamma": "Gamma"},
    )
    windows = make_set("Gamma", "GGAAGTGC", {"gate": 10}).windows
    background = pd.DataFrame({"sequence": decode(windows)})
    for seed in SEEDS:
        values = np.arange(len(windows), dtype=np.float64)
        background[f"expert_Gamma_seed{seed}"] = values
        background[f"generalist_seed{seed}"] = values
    write_conditioned(mixture, background, tmp_path / "moe")
    conditioned = ConditionedFiles(tmp_path / "moe", matrices, None, None)
    return Inputs(files, regions, conditioned)


def test_parts_are_left_out_where_there_are_others(inputs: Inputs) -> None:
    found = inputs.measure()
    networks = found.loc[("without_networks", "Alpha", "all")]
    # the reference is 1 with seed 0 and 0 with seed 1
    assert (networks["auroc"], networks["reference"], networks["difference"]) == (1, 0.5, 0.5)
    assert (networks["n_pos"], networks["n_neg"]) == (12, 24)
    assert found.loc[("without_networks", "Alpha", "no_overlap"), "n_pos"] == 11
    assert found.loc[("without_matrix", "Beta", "all"), "auroc"] == 0
    assert "without_kmers" not in found.index
    # networks are all that is left of the mixture for a factor without a matrix
    assert set(found.index.get_level_values(0)) >= {"without_networks", "without_matrix"}
    bare = set(found.xs("Bare", level="experiment").index.get_level_values(0))
    assert bare == {
        *("specificity", "specificity_of_moe", "without_bound_negatives", "background_vs_shuffle"),
    }


def test_under_another_identity_the_other_matrix_scores(inputs: Inputs) -> None:
    row = inputs.measure().loc[("swapped_identity", "Alpha", "all")]
    assert row["note"] == "asked about Beta"
    assert row["matrix_id"] == "MA0001.1"
    assert 0.2 < row["auroc"] < 0.8
    # asked about itself, the factor is recognised; the fixed scores of the mixture are not used
    files = {"Beta": inputs.files["Beta"]}
    swapped = Inputs(files, {}, inputs.conditioned).measure()
    assert swapped.loc[("swapped_identity", "Beta", "all"), "note"] == "asked about Alpha"


def test_the_told_mixture_tells_peaks_of_factors_apart(inputs: Inputs) -> None:
    found = inputs.measure()
    row = found.loc[("specificity", "Alpha", "all")]
    assert (row["n_pos"], row["n_neg"], row["reference"]) == (12, 24, 0.5)
    assert row["auroc"] > 0.95
    blind = found.loc[("specificity_of_moe", "Alpha", "all")]
    assert (blind["auroc"], blind["reference"]) == (0.5, row["auroc"])


def test_negatives_that_another_factor_binds_are_left_out(inputs: Inputs) -> None:
    found = inputs.measure().xs("all", level="subset").loc["without_bound_negatives"]
    assert found["n_neg"].to_dict() == {"Alpha": 23, "Beta": 24, "Bare": 24}
    assert found.loc["Alpha", "note"] == "1 of 24 negatives left out"


def test_a_run_without_coordinates_has_no_bound_negatives(inputs: Inputs) -> None:
    found = Inputs(inputs.files, {}, inputs.conditioned).measure()
    assert "without_bound_negatives" not in found.index


def test_only_factors_with_an_independent_matrix_are_compared_with_kmers(inputs: Inputs) -> None:
    found = inputs.measure()
    row = found.loc[("independent_matrices", "Alpha", "all")]
    assert (row["auroc"], row["reference"], row["independent"]) == (0.5, 1, True)
    assert ("independent_matrices", "Beta", "all") not in found.index
    row = found.loc[("background_vs_shuffle", "Beta", "all")]
    assert (row["auroc"], row["reference"], row["independent"]) == (1, 0.5, False)


def test_without_unseen_factors_the_table_is_empty(inputs: Inputs) -> None:
    found = measure_controls(EXPERIMENTS, {}, {}, inputs.conditioned, SEEDS, 1)
    assert list(found.columns) == list(CONTROL_COLUMNS)
    assert found.empty


def test_a_set_without_the_primary_negatives_has_a_note(inputs: Inputs) -> None:
    files = inputs.files["Bare"]
    table = pd.read_parquet(files.predictions)
    table.loc[table["label"] == 0, "kind"] = "dinucleotide"
    write_parquet(table, files.predictions)
    row = inputs.measure().loc[("background_vs_shuffle", "Bare", "all")]
    assert np.isnan(row["auroc"])
    assert (row["n_neg"], row["note"]) == (0, "no negatives")


def test_tables_of_other_windows_are_refused(inputs: Inputs) -> None:
    files = inputs.files["Beta"]
    members = pd.read_parquet(files.members)
    write_parquet(members.iloc[::-1], files.members)
    with pytest.raises(InputError, match=r"members\.parquet: found other windows than in .*pred"):
        read_unseen(EXPERIMENTS[1], files)
    write_parquet(members, files.members)
    other = ControlFiles(files.predictions, files.members, inputs.files["Alpha"].sequences)
    with pytest.raises(InputError, match=r"found other test windows than in .*Alpha\.parquet"):
        read_unseen(EXPERIMENTS[1], other)


def test_members_of_an_older_run_are_refused(inputs: Inputs) -> None:
    files = inputs.files["Beta"]
    members = pd.read_parquet(files.members).drop(columns="generalist_seed1")
    write_parquet(members, files.members)
    with pytest.raises(InputError, match="Beta: column generalist_seed1 is missing"):
        read_unseen(EXPERIMENTS[1], files).members(1)


def test_stored_scores_become_members(inputs: Inputs) -> None:
    files = inputs.files["Beta"]
    members = pd.read_parquet(files.members).assign(gkm_Gamma=7.0, pooled_gkm=8.0)
    write_parquet(members, files.members)
    one = read_unseen(EXPERIMENTS[1], files)
    found = one.members(0)
    assert list(found.networks) == list(found.kmers) == ["Gamma"]
    assert found.pooled_kmers is not None
    assert (found.kmers["Gamma"][0], found.pooled_kmers[0], found.generalist[0]) == (7, 8, 0.5)
    assert len(found.codes) == len(found.generalist) == 36
    assert primary_negatives([one]) == "genomic"
    assert primary_negatives([]) == "genomic"


def test_overlap_that_is_not_known_has_no_subset(inputs: Inputs) -> None:
    files = inputs.files["Beta"]
    table = pd.read_parquet(files.predictions)
    write_parquet(table.assign(overlaps_training_peak=None), files.predictions)
    assert list(read_unseen(EXPERIMENTS[1], files).subsets("genomic")) == ["all"]


def test_a_stated_family_wins_over_the_curated_one() -> None:
    experiments = [
        ControlledExperiment("a1", "A", "-", "-"),
        ControlledExperiment("a2", "A", "bZIP", "-"),
        ControlledExperiment("b", "B", "-", "-"),
        ControlledExperiment("c", "C", "-", "-"),
    ]
    found = families_of(experiments, {"A": "Zip", "B": "ETS"})
    assert found == {"A": "bZIP", "B": "ETS", "C": "-"}
