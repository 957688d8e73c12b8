from pathlib import Path

import pytest

from tfmoe.core.errors import ConfigError, InputError
from tfmoe.core.experiments import Experiment
from tfmoe.data.genome import Chromosomes
from tfmoe.data.inputs import InputFile, check_inputs

CHROMOSOMES = Chromosomes(dict.fromkeys("ABCDE", 1000), tuple("ABCD"))
SPLITS = {"test": ["D"], "validation": ["C"], "gate": ["B"]}
GENOME = {"aliases": {}, "assembly": "toy"}


def experiment(name: str, role: str = "train") -> Experiment:
    return Experiment(name, name, "cells", role, "-", "-", "-", "-")


def check(folder: Path, blacklist: str = "", **files: str) -> list[list[object]]:
    experiments = {
        name: experiment(name, "ood" if name.startswith("ood") else "train") for name in files
    }
    for name, content in files.items():
        (folder / name).write_text(content)
    (folder / "blacklist").write_text(blacklist)
    table = check_inputs(
        experiments,
        {name: InputFile(str(folder / name), None) for name in files},
        CHROMOSOMES,
        InputFile(str(folder / "blacklist"), None) if blacklist else None,
        GENOME,
        SPLITS,
        11,
    )
    return table.drop(columns="file").to_numpy().tolist()


def lines(chromosomes: str) -> str:
    return "".join(f"{chrom}\t500\t501\n" for chrom in chromosomes)


def test_table(tmp_path: Path) -> None:
    rows = check(tmp_path, one=lines("AABCDDDE"), ood_two="chrD\t50\t51\n")
    assert rows == [
        ["one", "one", "train", 8, 7, 2, 1, 1, 3, "5 exact"],
        ["ood_two", "ood_two", "ood", 1, 1, 0, 0, 0, 1, "1 by prefix (chrD is D)"],
    ]


def test_a_training_experiment_needs_peaks_in_all_splits(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        check(tmp_path, one=lines("AD"), ood_two=lines("AB"), three=lines("ABCD"))
    message = str(error.value).splitlines()
    assert message == [
        f"experiment one: {tmp_path}/one: no usable peak is left in split gate, validation (usable "
        "peaks: train 1, gate 0, validation 0, test 1); change the section `splits` or the "
        "blacklist, or take the experiment out of the table",
        f"experiment ood_two: {tmp_path}/ood_two: no usable peak is left in split test (usable "
        "peaks: train 1, gate 1, validation 0, test 0); change the section `splits` or the "
        "blacklist, or take the experiment out of the table",
    ]


def test_edges_and_blacklist_count(tmp_path: Path) -> None:
    at_edge = "D\t2\t3\n"
    with pytest.raises(InputError, match="no usable peak is left in split test"):
        check(tmp_path, ood_one=at_edge)
    with pytest.raises(InputError, match="no usable peak is left in split test"):
        check(tmp_path, blacklist="D\t505\t506\n", ood_one=lines("D"))
    assert check(tmp_path, blacklist="D\t506\t507\n", ood_one=lines("D"))[0][8] == 1


def test_every_fault_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        check(tmp_path, one="A\t5\n", two="", three="scaffold\t1\t2\n", four=lines("ABCD"))
    first, second, third = str(error.value).splitlines()
    assert first.startswith(f"experiment one: {tmp_path}/one, line 1: 2 fields")
    assert second.startswith(f"experiment two: {tmp_path}/two: the file holds no peaks")
    assert third.startswith(f"experiment three: {tmp_path}/three: none of its chromosome names")


def test_checksum(tmp_path: Path) -> None:
    (tmp_path / "one").write_text(lines("D"))
    with pytest.raises(InputError, match=r"one: its sha256 is .*, expected 000"):
        check_inputs(
            {"one": experiment("one", "ood")},
            {"one": InputFile(str(tmp_path / "one"), "0" * 64)},
            CHROMOSOMES,
            None,
            GENOME,
            SPLITS,
            11,
        )


def test_splits_are_checked_first(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"splits\.gate"):
        check_inputs({}, {}, CHROMOSOMES, None, GENOME, {**SPLITS, "gate": ["E"]}, 11)
