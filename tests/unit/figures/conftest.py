"""Small inputs of the figures, with literal values."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tfmoe.core.files import write_parquet
from tfmoe.figures.sets import EvaluationSet, evaluation_sets
from tfmoe.figures.style import figure_style


@pytest.fixture(autouse=True)
def style() -> Iterator[None]:
    """Draw as the pipeline does."""
    with figure_style():
        yield


@pytest.fixture
def sets() -> list[EvaluationSet]:
    """Return one in-distribution and one OOD set."""
    experiments = {
        "Reb1": {"factor": "Reb1", "role": "train", "stratum": "-"},
        "Tbf1": {"factor": "Tbf1", "role": "ood", "stratum": "within_family"},
    }
    return evaluation_sets(experiments, {"Reb1": ["Reb1"]})


@pytest.fixture
def predictions(tmp_path: Path, sets: list[EvaluationSet]) -> dict[str, Path]:
    """Write predictions: test positives p0 and p1, three test negatives, and rows to leave out."""
    paths = {}
    for found in sets:
        rows = [
            ("p0", 1, "peak", "test", 3.0, 0.0),
            ("p1", 1, "peak", "test", 1.0, 0.0),
            ("n0", 0, "genomic", "test", 2.0, 0.0),
            ("n1", 0, "genomic", "test", 0.0, 0.0),
            ("d0", 0, "dinucleotide", "test", 9.0, 0.0),
            ("v0", 1, "peak", "validation", -9.0, 0.0),
        ]
        columns = ["name", "label", "kind", "split", "moe_seed0", "moe_seed1"]
        table = pd.DataFrame(rows, columns=columns)
        table["expert_Reb1_seed0"] = -table["moe_seed0"]
        table["pwm"] = np.nan
        paths[found.experiment] = tmp_path / f"{found.experiment}.parquet"
        write_parquet(table, paths[found.experiment])
    return paths


@pytest.fixture
def gates(tmp_path: Path, sets: list[EvaluationSet]) -> dict[str, Path]:
    """Write gate weights of two experts and two seeds."""
    rows = [
        ("p0", 0, 0.9, 0.1),
        ("p1", 0, 0.7, 0.3),
        ("n0", 0, 0.0, 1.0),
        ("v0", 0, 0.0, 1.0),
        ("p0", 1, 0.6, 0.4),
        ("p1", 1, 0.6, 0.4),
    ]
    paths = {}
    for found in sets:
        paths[found.experiment] = tmp_path / f"{found.experiment}.gates.parquet"
        table = pd.DataFrame(rows, columns=["name", "seed", "Reb1", "Abf1"])
        write_parquet(table, paths[found.experiment])
    return paths
