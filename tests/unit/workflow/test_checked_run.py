"""Faults of config, experiment table, plan and input files, all at once."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tfmoe.core.errors import ConfigError
from tfmoe.workflow.checked_run import check_run, read_run


def faults(path: Path, root: Path) -> list[str]:
    return check_run(yaml.safe_load(path.read_text()), "config.yaml", root).faults


def test_a_run_without_faults_is_planned(files, root):
    path = files.write()
    assert faults(path, root) == []
    run = read_run(yaml.safe_load(path.read_text()), "config.yaml", root)
    assert run.plan.training == ["Reb1", "Abf1", "Rap1"]
    assert run.config["training"]["seeds"] == 3
    assert [file.path for file in run.files.genome] == ["genome.fa"]
    assert run.studied == [("tfmoe", "convnet")]


def test_faults_of_all_parts_come_together(files, root):
    files.rows[1] = files.rows[1].replace("train", "trian")
    files.rows[2] = files.rows[2].replace("Rap1_peaks", "absent")
    path = files.write(
        trainig={"seeds": 1},
        training={"seeds": 0, "max_shift": 2},
        motifs={"window": 500},
        splits={"by": "blocks", "test": ["chrI"]},
        genome={"assembly": "toy", "fasta": "nowhere.fa"},
        attribution={"methods": ["gradeint"]},
    )
    found = faults(path, root)
    expected = (
        "config.yaml: trainig: unknown key; did you mean `training`?",
        "config.yaml: training.seeds: found 0, expected at least 1",
        "experiments.tsv, line 3: column role: found 'trian', expected one of train, ood",
        "splits.test: found chromosomes, but the splits are by blocks",
        "motifs.window: found 500, expected at most windows.length = 101",
        "motifs.method: found shiftsmooth_n5_corrected, expected one of attribution.methods: gra",
        "attribution.methods: there is no method `gradeint`; expected one of gradient, ",
        "peaks of Rap1: absent.bed does not exist",
        "genome: nowhere.fa does not exist",
    )
    for begin in expected:
        assert sum(fault.startswith(begin) for fault in found) == 1, (begin, found)
    assert len(found) == len(expected) + 1, "and the folder to which paths are relative"
    with pytest.raises(ConfigError) as error:
        read_run(yaml.safe_load(path.read_text()), "config.yaml", root)
    assert str(error.value).split("\n") == found


def test_missing_peaks_and_faults_of_the_plan_come_together(files, root):
    files.rows[2] = files.rows[2].replace("Rap1_peaks", "absent")
    path = files.write(mixture={"experts": ["Gal4"]}, training={"backbone": "convnets"})
    found = faults(path, root)
    assert [fault.split(":")[0] for fault in found[:3]] == [
        *("mixture.experts", "training.backbone", "peaks of Rap1"),
    ]


def test_faults_that_follow_from_a_default_in_place_of_a_faulty_value_are_left_out(files, root):
    # the default of `windows.length` is shorter than this window
    path = files.write(windows={"length": "501 bases"}, motifs={"window": 200})
    assert [fault.split(",")[0] for fault in faults(path, root)] == [
        "config.yaml: windows.length: found '501 bases'",
    ]
    path = files.write(windows=[501], motifs={"window": 200}, training={"max_shift": 7})
    assert len(faults(path, root)) == 1


def test_without_a_key_that_has_no_default_the_table_is_still_read(files, root):
    files.rows[0] = files.rows[0].replace("train\t-", "ood\t-")
    content = yaml.safe_load(files.write().read_text())
    del content["genome"]
    checked = check_run(content, "config.yaml", root)
    assert checked.config is None
    assert [fault.split(":")[0] for fault in checked.faults] == [
        "config.yaml",
        "experiments.tsv, line 2",
    ]


def test_a_table_that_does_not_exist_hides_no_faults_of_the_config(files, root):
    path = files.write(experiments="none.tsv", splits={})
    assert [fault.split(":")[0] for fault in faults(path, root)] == [
        "none.tsv",
        "splits.test, splits.validation, splits.gate",
    ]
