"""The benchmarks use names that exist, and their programs run on tiny input."""

from __future__ import annotations

import ast
import gzip
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import yaml

from tfmoe.core.dna import decode


@pytest.fixture(scope="module")
def modules(root: Path) -> Iterator[SimpleNamespace]:
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(root / "benchmarks")
        import many_experiments
        import simulated_human
        import training

        yield SimpleNamespace(many=many_experiments, human=simulated_human, training=training)


def worker(root: Path, name: str, *arguments: object) -> Any:
    """Run a worker and return its answer."""
    environment = os.environ | {"PYTHONPATH": str(root / "scripts"), "OMP_NUM_THREADS": "1"}
    command = [sys.executable, str(root / f"benchmarks/workers/{name}.py"), *map(str, arguments)]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout.splitlines()[-1])


def names_in(path: Path) -> set[str]:
    """Return the names that a module defines or imports."""
    names: set[str] = set()
    for node in ast.parse(path.read_text()).body:
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                names.add(name)
            case ast.Import(names=found) | ast.ImportFrom(names=found):
                names |= {alias.asname or alias.name for alias in found}
            case ast.Assign(targets=targets):
                parts = [part for target in targets for part in ast.walk(target)]
                names |= {part.id for part in parts if isinstance(part, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                names.add(name)
    return names


def test_all_names_that_are_imported_from_the_package_exist(root: Path) -> None:
    missing, found = [], 0
    for path in (root / "benchmarks").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("tfmoe"):
                module = root / "scripts" / str(node.module).replace(".", "/")
                package = module.is_dir()
                file = module / "__init__.py" if package else module.with_suffix(".py")
                names = names_in(file) | {part.stem for part in module.glob("*.py") if package}
                found += len(node.names)
                missing += [
                    f"{path.name}: {node.module}.{alias.name}"
                    for alias in node.names
                    if alias.name not in names
                ]
    assert found > 50
    assert missing == []


def test_a_run_on_many_experiments_differs_from_encode_in_its_table_and_seeds(
    modules: SimpleNamespace, root: Path, tmp_path: Path
) -> None:
    path = modules.many.write_run(tmp_path, experiments=8, seeds=2, trained=0.5)
    config = yaml.safe_load(path.read_text())
    encode = yaml.safe_load((root / "config/encode/config.yaml").read_text())
    changed = {"run": "many", "experiments": "experiments.tsv", "training": {"seeds": 2}}
    assert config == encode | changed
    rows = [line.split("\t") for line in (tmp_path / "experiments.tsv").read_text().splitlines()]
    assert [row[3] for row in rows[1:]] == 4 * ["train"] + 4 * ["ood"]


def test_windows_and_negatives_of_a_tiny_genome(
    modules: SimpleNamespace, root: Path, tmp_path: Path
) -> None:
    modules.human.simulate(tmp_path, peaks=400, scale=0.001)
    assert worker(root, "prepare_tfmoe", tmp_path)["seconds"] > 0
    drawn = worker(root, "negatives_tfmoe", tmp_path, 0)
    assert drawn["positives"] > 300
    assert drawn["drawn"] >= 0.95 * drawn["positives"]
    # loci as chrombpnet writes them: two windows, one on a peak, one of unknown bases at an end
    peak = (tmp_path / "peaks.narrowPeak").read_text().splitlines()[0].split("\t")
    loci = [[peak[0], peak[1], str(int(peak[1]) + 100)], ["chr2", "0", "100"]]
    lines = ["\t".join(locus + 7 * ["."]) for locus in [*loci, loci[1]]]
    (tmp_path / "chrombpnet_negatives.bed").write_text("\n".join(lines) + "\n")
    described = worker(root, "describe_loci", tmp_path, "chrombpnet")
    assert described["loci"] == 3
    assert described["touching_a_peak"] == 1
    assert described["with_unknown_bases"] == 2
    assert (described["duplicates"], described["overlapping_another"]) == (1, 1)


def test_rows_of_the_training_benchmark(modules: SimpleNamespace) -> None:
    one = {"examples": 100, "steps": [1.0, 3.0], "bare": [1.0], "fit": [4.0]}
    peer = {"examples": 100, "steps": [10.0], "fit": [20.0]}
    bpnet = next(iter(modules.training.BPNETS))
    answers = {"convnet": [one], "legnet": [one], modules.training.AUTHORS: [peer], bpnet: [peer]}
    tables = modules.training.tables(answers, ["convnet", "legnet"], threads=1, batch_size=128)
    found = [
        [(row["benchmark"], row["program"], row["seconds"]) for row in rows] for rows in tables
    ]
    excluded, included = (
        "batches of 128, validation excluded",
        "batches of 128, validation included",
    )
    assert found == [
        [
            (f"training, convnet, {excluded}", "tfmoe", 2.0),
            (f"training, convnet, {excluded}", "the authors' loop", 10.0),
            (f"training, convnet, {excluded}", "bare passes", 1.0),
        ],
        [
            (f"training, legnet, {excluded}", "tfmoe", 2.0),
            (f"training, legnet, {excluded}", "bare passes", 1.0),
        ],
        [
            (f"training, windows, {excluded}", "tfmoe, convnet", 2.0),
            (f"training, windows, {excluded}", "tfmoe, legnet", 2.0),
            (f"training, windows, {excluded}", bpnet, 10.0),
        ],
        [
            (f"training, convnet, {included}", "tfmoe", 4.0),
            (f"training, convnet, {included}", "the authors' loop", 20.0),
        ],
        [
            (f"training, windows, {included}", "tfmoe, convnet", 4.0),
            (f"training, windows, {included}", "tfmoe, legnet", 4.0),
            (f"training, windows, {included}", bpnet, 20.0),
        ],
    ]


def test_examples_for_other_programs(root: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    lines = ["FoldID\tEventID\tseq\tBound"]
    sequences = decode(rng.integers(0, 4, (50, 21)).astype(np.uint8))
    lines += [f"A\tx\t{sequence}\t1" for sequence in sequences]
    with gzip.open(tmp_path / "positives.gz", "wt") as handle:
        handle.write("\n".join([*lines, "B\tx\tAC\t0"]) + "\n")
    path = tmp_path / "examples.npz"
    answer = worker(root, "training_prepare", tmp_path / "positives.gz", 20, path)
    given = np.load(path, allow_pickle=False)
    # a fifth of the 20 positives validates, and 16 are shown until there are 600
    assert answer == {"examples": 1200, "validation": 8}
    assert given["codes"].shape == (1200, 21)
    assert given["labels"].sum() == 600
    assert len(np.unique(given["codes"][given["labels"] == 1], axis=0)) <= 32
    assert given["validation_labels"].tolist() == [1, 1, 1, 1, 0, 0, 0, 0]
