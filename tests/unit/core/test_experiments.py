from pathlib import Path

import pytest

from tfmoe.core.errors import InputError
from tfmoe.core.experiments import read_experiments

HEADER = "experiment\tfactor\tbiosample\trole\tstratum\tfamily\tpeaks\tsha256"
TRAIN = "A1\tARID3A\tHepG2\ttrain\t-\tARID\ta.bed\t-"
OOD = "C1\tCTCF\tK562\tood\tcross_family\tC2H2\tc.bed\t-"


def write(tmp_path: Path, *lines: str) -> Path:
    path = tmp_path / "experiments.tsv"
    path.write_text("\n".join(lines) + "\n")
    return path


def fault(tmp_path: Path, *lines: str) -> str:
    with pytest.raises(InputError) as error:
        read_experiments(write(tmp_path, *lines))
    return str(error.value)


def test_rows_keep_the_order_of_the_table(tmp_path: Path):
    experiments = read_experiments(write(tmp_path, HEADER, OOD, TRAIN))
    assert list(experiments) == ["C1", "A1"]
    assert experiments["A1"].family == "ARID"


def test_byte_order_mark_windows_line_ends_comments_and_empty_lines(tmp_path: Path):
    path = tmp_path / "experiments.tsv"
    path.write_bytes(f"\ufeff{HEADER}\r\n# a comment\r\n\r\n{TRAIN}\r\n".encode())
    assert list(read_experiments(path)) == ["A1"]


def test_columns_may_stand_in_any_order(tmp_path: Path):
    lines = ["\t".join(reversed(line.split("\t"))) for line in (HEADER, TRAIN)]
    assert read_experiments(write(tmp_path, *lines))["A1"].biosample == "HepG2"


def test_a_name_that_stands_twice(tmp_path: Path):
    message = fault(tmp_path, HEADER, TRAIN, TRAIN)
    assert "experiments.tsv, line 3: experiment A1 stands in the table twice" in message


@pytest.mark.parametrize("name", ["../x", "a b;c", "", ".hidden", "-x"])
def test_a_name_that_cannot_be_part_of_a_path(tmp_path: Path, name: str):
    message = fault(tmp_path, HEADER, TRAIN.replace("A1", name, 1))
    assert "line 2: column experiment: found" in message


@pytest.mark.parametrize("name", ["pooled", "training_peaks", "A1.gates"])
def test_a_name_that_is_kept_for_another_use(tmp_path: Path, name: str):
    assert "kept for another use" in fault(tmp_path, HEADER, TRAIN.replace("A1", name, 1))


def test_a_folder_in_place_of_the_table(tmp_path: Path):
    with pytest.raises(InputError, match="cannot be read as the experiment table"):
        read_experiments(tmp_path)


def test_an_unknown_role_and_too_few_fields_are_both_told(tmp_path: Path):
    message = fault(tmp_path, HEADER, TRAIN.replace("train", "test"), "A2\tx")
    assert "line 2: column role: found 'test', expected one of train, ood" in message
    assert "line 3: 2 fields, expected 8" in message


def test_a_stratum_is_for_ood_only(tmp_path: Path):
    assert "role ood and stratum -" in fault(
        tmp_path, HEADER, TRAIN, OOD.replace("cross_family", "-")
    )
    assert "role train and stratum" in fault(
        tmp_path, HEADER, TRAIN.replace("\t-\tARID", "\tcross_family\tx")
    )


def test_an_ood_factor_that_is_also_a_training_factor(tmp_path: Path):
    message = fault(tmp_path, HEADER, TRAIN, OOD.replace("CTCF", "Arid3a"))
    assert "factor ARID3A is in role train and in role ood" in message


def test_a_url_needs_its_checksum(tmp_path: Path):
    message = fault(tmp_path, HEADER, TRAIN.replace("a.bed", "https://example.org/a.bed"))
    assert "a file that is downloaded needs its sha256" in message


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["experiment\tfactor"], "line 1: the columns are experiment, factor; expected"),
        ([""], "the experiment table is empty"),
        ([HEADER, OOD], "no experiment has role train"),
    ],
)
def test_tables_that_cannot_be_used(tmp_path: Path, lines: list[str], expected: str):
    assert expected in fault(tmp_path, *lines)


def test_a_missing_table(tmp_path: Path):
    with pytest.raises(InputError, match=r"absent\.tsv: the experiment table does not exist"):
        read_experiments(tmp_path / "absent.tsv")
