from pathlib import Path

import pandas as pd

from tfmoe.core.files import write_tsv
from tfmoe.evaluation.matrix_choice import gather_matrices
from tfmoe.evaluation.scored_sets import ExperimentLabels
from tfmoe.jaspar.factors import SCORED_COLUMNS


def test_each_set_has_its_matrix_and_the_type_of_its_data(tmp_path: Path) -> None:
    rows = [
        ("MA0139.2", "CTCF", "ChIP-seq", False, 0.91, True),
        ("MA1929.2", "CTCF", "ChIP-seq", False, 0.9, False),
    ]
    write_tsv(pd.DataFrame(rows, columns=list(SCORED_COLUMNS)), tmp_path / "C.tsv")
    write_tsv(pd.DataFrame(columns=list(SCORED_COLUMNS)), tmp_path / "P.tsv")
    experiments = {
        ExperimentLabels("C", "CTCF", "in_distribution", "-"): tmp_path / "C.tsv",
        ExperimentLabels("P", "POLR2A", "ood", "general_factor"): tmp_path / "P.tsv",
    }
    table = gather_matrices(experiments)
    assert table["experiment"].tolist() == ["C", "C", "P"]
    assert table["matrix_id"].tolist() == ["MA0139.2", "MA1929.2", "-"]
    assert table["stratum"].tolist() == ["-", "-", "general_factor"]
    assert table["data_type"].tolist()[:2] == ["ChIP-seq", "ChIP-seq"]
