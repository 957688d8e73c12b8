"""The audit finds the known overlaps in the paper's own files."""

from pathlib import Path

import pandas as pd
import pytest

from tfmoe.core.config import schema_defaults
from tfmoe.core.experiments import Experiment, read_experiments
from tfmoe.data.audit.run import AuditTables, audit_run
from tfmoe.data.datasets import write_sequences
from tfmoe.data.kmers import write_index
from tfmoe.data.ready.sequences import import_sequences, index_training
from tfmoe.data.windows.select import WindowSettings
from tfmoe.data.windows.splits import SplitSettings

WINDOWS = WindowSettings(101, 25, 0.05, None)
SPLITS = SplitSettings(**{**schema_defaults("splits"), "by": "rank"})
# share of test positives with a 31-mer in a positive that an expert may be trained on, measured
# by a separate program on the same files
SHARED = {
    "CTCF": 0.59,
    "BCLAF1": 0.45,
    "POLR2A": 0.20,
    "STAT3": 0.15,
    "SAP30": 0.13,
    "RBBP5": 0.09,
    "ARID3A": 0.09,
    "FOXM1": 0.02,
    "GATA3": 0.01,
}


@pytest.fixture(scope="module")
def experiments(root: Path) -> dict[str, Experiment]:
    return read_experiments(root / "config/paper/experiments.tsv")


@pytest.fixture(scope="module")
def audit(
    experiments: dict[str, Experiment], real_data: Path, tmp_path_factory: pytest.TempPathFactory
) -> AuditTables:
    folder = tmp_path_factory.mktemp("paper")
    for name in experiments:
        # the larger file first, as in the table of the run
        files = sorted((real_data / "paper").glob(f"{name}_*.seq.gz"))
        imported = import_sequences(name, files, None, WINDOWS, SPLITS, 1)
        write_sequences(imported.sequences, folder / f"{name}.parquet")
    paths = {name: folder / f"{name}.parquet" for name in experiments}
    training = {name: row for name, row in experiments.items() if row.role == "train"}
    index = index_training(
        {name: paths[name] for name in training}, {name: training[name].factor for name in training}
    )
    write_index(index, folder / "training_kmers.npz")
    return audit_run(experiments, list(paths.values()), folder / "training_kmers.npz", None, 1)


def test_the_negatives_are_dinucleotide_shuffles(audit: AuditTables) -> None:
    assert audit.audit["negatives"].tolist() == ["file"] * 9
    assert audit.audit["n_neg"].tolist() == [500] * 9
    assert audit.audit["shuffle_share"].tolist() == [1.0] * 9
    # a shuffle preserves the composition, so only longer words distinguish the two
    assert audit.audit["detector_auroc"].between(0.49, 0.51).all()
    assert (audit.audit["detector_4mer_auroc"] > 0.6).all()


def test_shared_31_mers(audit: AuditTables) -> None:
    rows = audit.homology[audit.homology["training_experiment"] == "any"]
    found = rows.set_index("experiment")["share_31mer"]
    assert found.round(2).to_dict() == SHARED
    own = audit.homology[audit.homology["training_experiment"] != "any"]
    assert own["experiment"].tolist() == ["ARID3A", "FOXM1", "GATA3"]
    assert (own["share_31mer"] <= found[own["experiment"]].to_numpy()).all()


def test_no_test_positive_is_a_training_positive(audit: AuditTables) -> None:
    training = audit.audit[audit.audit["role"] == "train"]
    assert training["identical_share"].tolist() == [0, 0, 0]


def test_ood_sets_overlap_training_sets(audit: AuditTables) -> None:
    whole = audit.overlaps[audit.overlaps["training_experiment"] == "any"]
    found: pd.Series[float] = whole.set_index("experiment")["share"]
    for name in ("CTCF", "BCLAF1", "POLR2A", "STAT3", "SAP30", "RBBP5"):
        assert round(found[name], 2) == SHARED[name]
    assert set(audit.overlaps["by"]) == {"31-mers"}
