from pathlib import Path

import pandas as pd
import pytest

from tfmoe.core.errors import InputError
from tfmoe.core.experiments import Experiment
from tfmoe.data.decisions import Decision, decision_table, write_decisions
from tfmoe.data.factor_check import FactorCheck
from tfmoe.data.preflight import CheckedInputs, check_experts, check_inputs, check_together
from tfmoe.data.reading.genome import Chromosomes
from tfmoe.data.reading.sources import InputFile, group_files

CHROMOSOMES = Chromosomes(dict.fromkeys("ABCDE", 1000), tuple("ABCD"))
REGIONS = pd.DataFrame(
    {
        "chrom": list("ABCD"),
        "start": 0,
        "end": 1000,
        "split": ["train", "gate", "validation", "test"],
    }
)
GENOME = {"aliases": {}, "assembly": "toy"}


def experiment(name: str, role: str = "train") -> Experiment:
    return Experiment(name, name, "cells", role, "-", "-", "-", "-")


def check(
    folder: Path, blacklist: str = "", regions: pd.DataFrame | None = None, **files: str
) -> list[list[object]]:
    experiments = {
        name: experiment(name, "ood" if name.startswith("ood") else "train") for name in files
    }
    for name, content in files.items():
        (folder / name).write_text(content)
    (folder / "blacklist").write_text(blacklist)
    table = check_inputs(
        experiments,
        {name: [InputFile(str(folder / name), None)] for name in files},
        CHROMOSOMES,
        InputFile(str(folder / "blacklist"), None) if blacklist else None,
        GENOME,
        REGIONS if regions is None else regions,
        11,
    ).table
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
    first, second = str(error.value).splitlines()
    assert first.startswith(f"experiment one: {tmp_path}/one: no usable peaks in split gate, valid")
    assert "(usable peaks: train 1, gate 0, validation 0, test 1);" in first
    assert second.startswith(
        f"experiment ood_two: {tmp_path}/ood_two: no usable peaks in split tes"
    )
    assert "(usable peaks: train 1, gate 1, validation 0, test 0);" in second


def test_peaks_left_out_as_weak_are_a_decision(tmp_path: Path) -> None:
    rows = [f"{chrom}\t{at}\t{at + 9}\tp\t{at}\n" for chrom in "ABCD" for at in (100, 200)]
    for name in ("one", "ood_two"):
        (tmp_path / name).write_text("".join(rows if name == "one" else rows[-5:]))
    found = check_inputs(
        {"one": experiment("one"), "ood_two": experiment("ood_two", "ood")},
        {name: [InputFile(str(tmp_path / name), None)] for name in ("one", "ood_two")},
        CHROMOSOMES,
        None,
        GENOME,
        REGIONS,
        11,
        max_peaks=5,
    )
    strongest = [row for row in found.decisions if row.what == "strongest peaks"]
    assert strongest == [
        Decision("strongest peaks", "5 of 8 usable peaks", "windows.max_peaks", "one")
    ]


def test_edges_and_blacklist_count(tmp_path: Path) -> None:
    at_edge = "D\t2\t3\n"
    with pytest.raises(InputError, match=r"test 0; dropped windows: 1 beyond the ends of their"):
        check(tmp_path, ood_one=at_edge)
    with pytest.raises(InputError, match=r"no usable peaks in split test .*: 1 in the blacklist"):
        check(tmp_path, blacklist="D\t505\t506\n", ood_one=lines("D"))
    assert check(tmp_path, blacklist="D\t506\t507\n", ood_one=lines("D"))[0][8] == 1


def test_windows_between_two_splits_are_of_no_use(tmp_path: Path) -> None:
    regions = REGIONS.assign(end=505)
    with pytest.raises(InputError, match=r"test 0; dropped windows: 1 between two splits\)"):
        check(tmp_path, regions=regions, ood_one=lines("D"))
    assert check(tmp_path, regions=REGIONS.assign(end=506), ood_one=lines("D"))[0][8] == 1


def test_all_peaks_in_the_blacklist(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        check(tmp_path, blacklist="".join(f"{c}\t0\t1000\n" for c in "ABCD"), one=lines("ABCD"))
    message = str(error.value)
    assert message.startswith(f"experiment one: {tmp_path}/one: no usable peaks in split train, ga")
    assert "train 0, gate 0, validation 0, test 0; dropped windows: 4 in the blacklist)" in message


def test_three_lines_are_too_few_to_train_on(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"no usable peaks in split gate \(usable peaks: "):
        check(tmp_path, one=lines("ACD"))
    assert check(tmp_path, ood_one=lines("ACD"))[0][4:9] == [3, 1, 0, 1, 1]


def test_several_files_of_one_experiment(tmp_path: Path) -> None:
    for name, chromosomes in {"x": "AB", "y": "CDD"}.items():
        (tmp_path / name).write_text(lines(chromosomes))
    files = group_files(["one", "one"], [f"{tmp_path}/x", f"{tmp_path}/y"], [None, None])
    found = check_inputs(
        {"one": experiment("one")}, files, CHROMOSOMES, None, GENOME, REGIONS, 11
    ).table
    assert found.loc[0, ["file", "peaks", "on_genome", "test"]].tolist() == [
        f"{tmp_path}/x;{tmp_path}/y", 5, 5, 2,
    ]  # fmt: skip


def test_chromosomes_without_a_peak_of_any_experiment(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    check(tmp_path, one=lines("ABCD"), ood_two=lines("D"))
    assert not [record for record in caplog.records if record.levelname == "WARNING"]
    check(tmp_path, ood_one=lines("D"), ood_two=lines("BD"))
    warnings = [r.getMessage() for r in caplog.records if r.levelname == "WARNING"]
    assert len(warnings) == 1
    assert warnings[0].startswith("no experiment has a peak on A, C; ")
    assert "`genome.chromosomes`" in warnings[0]


def test_contigs_without_peaks_are_listed_in_brief(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    contigs = [f"chr1_KI2707{n}v1_random" for n in range(10, 40)]
    chromosomes = Chromosomes(dict.fromkeys(["chr1", *contigs], 1000), ("chr1", *contigs))
    regions = pd.DataFrame({"chrom": ["chr1"], "start": 0, "end": 1000, "split": "test"})
    (tmp_path / "one").write_text("chr1\t500\t501\n")
    files = {"one": [InputFile(f"{tmp_path}/one", None)]}
    experiments = {"one": experiment("one", "ood")}
    found = check_inputs(experiments, files, chromosomes, None, GENOME, regions, 11).table
    assert found["test"].tolist() == [1]
    warning = caplog.records[-1].getMessage()
    assert warning.startswith("no experiment has a peak on chr1_KI270710v1_random, chr1_KI270711v1")
    assert "chr1_KI270717v1_random and 22 more; " in warning


def test_every_fault_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        check(tmp_path, one="A\t5\n", two="", three="scaffold\t1\t2\n", four=lines("ABCD"))
    first, second, third = str(error.value).splitlines()
    assert first.startswith(f"experiment one: {tmp_path}/one, line 1: 2 fields")
    assert second.startswith(f"experiment two: {tmp_path}/two: the file has no peaks")
    assert third.startswith(f"experiment three: {tmp_path}/three: none of its chromosome names")


@pytest.mark.parametrize(("kind", "digits"), [("sha256", 64), ("md5", 32)])
def test_checksum(tmp_path: Path, kind: str, digits: int) -> None:
    (tmp_path / "one").write_text(lines("D"))
    files = {"one": [InputFile(str(tmp_path / "one"), "0" * digits)]}
    experiments = {"one": experiment("one", "ood")}
    with pytest.raises(InputError, match=f"one: its {kind} is .*, expected 000"):
        check_inputs(experiments, files, CHROMOSOMES, None, GENOME, REGIONS, 11)


def test_chromosomes_held_back_in_real_peaks(
    real_data: Path, caplog: pytest.LogCaptureFixture
) -> None:
    files = sorted((real_data / "human").glob("*.narrowPeak.gz"))
    names = [f"chr{number}" for number in (1, 2, 8, 19, 21, 22)]
    chromosomes = Chromosomes(dict.fromkeys(names, 250_000_000), tuple(names))
    regions = pd.DataFrame({"chrom": names, "start": 0, "end": 250_000_000, "split": "test"})
    experiments = {file.name: experiment(file.name, "ood") for file in files}
    inputs = {file.name: [InputFile(str(file), None)] for file in files}
    table = check_inputs(experiments, inputs, chromosomes, None, GENOME, regions, 101).table
    warning = caplog.records[-1].getMessage()
    assert warning.startswith("no experiment has a peak on chr1, chr8, chr21; ")
    spi1 = table[table["experiment"].str.contains("SPI1")].iloc[0]
    assert (spi1["peaks"], spi1["on_genome"], spi1["test"]) == (36800, 5856, 5856)
    assert spi1["naming"].startswith("3 exact, 17 not in the genome (chr10, chr11, ")


def test_an_expert_needs_enough_positives_in_the_split_train() -> None:
    table = pd.DataFrame({"experiment": ["one", "two", "ood"], "train": [7, 13, 0]})
    check_experts(table, {"factor": ["one", "two"]}, 20)
    with pytest.raises(InputError) as error:
        check_experts(table, {"one": ["one"], "two": ["two"]}, 10)
    message = str(error.value)
    assert message.startswith("expert one: 7 usable positives in split train (from one), expected ")
    assert "at least training.minimum_positives = 10;" in message


def test_faults_of_the_blacklist_and_the_peaks_are_named_together(tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        check(tmp_path, blacklist="Z\t1\t2\n", one="A\t5\n", two=lines("ABCD"))
    first, second = str(error.value).splitlines()
    assert first.startswith(f"genome.blacklist: {tmp_path}/blacklist: none of its chromosome names")
    assert second.startswith(f"experiment one: {tmp_path}/one, line 1: 2 fields")


def test_faults_of_factors_and_files_are_named_together() -> None:
    checked = CheckedInputs(pd.DataFrame({"experiment": ["x"]}), [Decision("format", "BED3", "s")])
    names = FactorCheck([Decision("matrix", "MA0147.4 (MYC)", "name")], [])

    def fail() -> CheckedInputs:
        raise InputError("two\nthree")

    found = check_together(lambda: names, lambda: checked)
    assert [decision.what for decision in found.decisions] == ["format", "matrix"]
    with pytest.raises(InputError, match=r"^one$"):
        check_together(lambda: FactorCheck([], ["one"]), lambda: checked)
    with pytest.raises(InputError, match=r"^one\ntwo\nthree$"):
        check_together(lambda: FactorCheck([], ["one"]), fail)
    with pytest.raises(InputError, match=r"^two\nthree$"):
        check_together(lambda: names, fail)


def test_decisions_of_an_experiment(tmp_path: Path) -> None:
    (tmp_path / "one").write_text("chrD\t500\t501\n")
    files = {"one": [InputFile(f"{tmp_path}/one", None)]}
    experiments = {"one": experiment("one", "ood")}
    found = check_inputs(experiments, files, CHROMOSOMES, None, GENOME, REGIONS, 11)
    table = decision_table(found.decisions).set_index("what")
    assert table.loc["genome sequences", "decision"] == "4 of 5 in use; left out: E"
    assert table.loc["format", ["experiment", "file", "decision"]].tolist() == [
        "one", f"{tmp_path}/one", "BED3",
    ]  # fmt: skip
    assert table.loc["chromosome names", "decision"] == "1 by prefix (chrD is D)"


def test_written_decisions(tmp_path: Path) -> None:
    found = Decision("factor", "MYC", "HGNC alias symbol").of_experiment("one")
    write_decisions([found], tmp_path / "inputs.tsv")
    assert (tmp_path / "inputs.tsv").read_text() == (
        "experiment\tfile\twhat\tdecision\tsource\none\t-\tfactor\tMYC\tHGNC alias symbol\n"
    )
