from pathlib import Path

import pytest

from tfmoe.core.errors import InputError
from tfmoe.core.experiments import Experiment, read_experiments

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


OPTIONAL = "\tmd5\tnegatives\tnegatives_sha256"
MD5, SHA256 = "1" * 32, "2" * 64
URL = "https://example.org/a.bed"


def test_optional_columns(tmp_path: Path):
    row = read_experiments(write(tmp_path, HEADER, TRAIN))["A1"]
    assert (row.md5, row.negatives, row.negatives_sha256) == ("-", "-", "-")
    lines = (HEADER + OPTIONAL, f"{TRAIN}\t{MD5}\tno.bed\t{SHA256}", OOD + "\t-\t\t")
    rows = read_experiments(write(tmp_path, *lines))
    assert (rows["A1"].md5, rows["A1"].negatives) == (MD5, "no.bed")
    assert rows["A1"].negatives_sha256 == SHA256
    assert (rows["C1"].negatives, rows["C1"].negatives_sha256) == ("-", "-"), "empty cells"
    rows = read_experiments(write(tmp_path, HEADER + "\tmd5", f"{TRAIN}\t{MD5}"))
    assert (rows["A1"].md5, rows["A1"].negatives) == (MD5, "-")


def test_several_files_of_one_experiment(tmp_path: Path):
    line = TRAIN.replace("a.bed\t-", f"a.bed;b.bed\t{SHA256};{SHA256}")
    row = read_experiments(write(tmp_path, HEADER, line))["A1"]
    assert (row.peaks, row.sha256) == ("a.bed;b.bed", f"{SHA256};{SHA256}")
    message = fault(tmp_path, HEADER, TRAIN.replace("a.bed\t-", f"a;b.bed\t{SHA256}"))
    assert "line 2: experiment A1: a;b.bed: found 2 files and 1 sha256; give one for" in message
    assert "no path or URL may contain `;`" in message


def test_columns_may_have_any_order(tmp_path: Path):
    lines = ["\t".join(reversed(line.split("\t"))) for line in (HEADER, TRAIN)]
    assert read_experiments(write(tmp_path, *lines))["A1"].biosample == "HepG2"


def test_a_repeated_name(tmp_path: Path):
    message = fault(tmp_path, HEADER, TRAIN, TRAIN)
    assert "experiments.tsv, line 3: experiment A1 occurs twice" in message


def test_names_that_differ_only_in_case(tmp_path: Path):
    message = fault(tmp_path, HEADER, TRAIN, TRAIN.replace("A1", "a1"))
    assert "line 3: experiment a1 differs from an earlier one only in case" in message


@pytest.mark.parametrize("name", ["../x", "a b;c", "", ".hidden", "-x"])
def test_a_name_that_cannot_be_part_of_a_path(tmp_path: Path, name: str):
    message = fault(tmp_path, HEADER, TRAIN.replace("A1", name, 1))
    assert "line 2: column experiment: found" in message


@pytest.mark.parametrize("name", ["pooled", "training_peaks", "A1.gates"])
def test_a_reserved_name(tmp_path: Path, name: str):
    assert "this name is reserved" in fault(tmp_path, HEADER, TRAIN.replace("A1", name, 1))


def test_a_folder_in_place_of_the_table(tmp_path: Path):
    with pytest.raises(InputError, match="the experiment table is a folder, expected a file"):
        read_experiments(tmp_path)


def test_an_unknown_role_and_too_few_fields_are_both_reported(tmp_path: Path):
    message = fault(tmp_path, HEADER, TRAIN.replace("train", "test"), "A2\tx")
    assert "line 2: column role: found 'test', expected one of train, ood" in message
    assert "line 3: found 2 fields, expected 8" in message


def test_a_stratum_is_for_ood_only(tmp_path: Path):
    assert "role ood and stratum -" in fault(
        tmp_path, HEADER, TRAIN, OOD.replace("cross_family", "-")
    )
    assert "role train and stratum" in fault(
        tmp_path, HEADER, TRAIN.replace("\t-\tARID", "\tcross_family\tx")
    )


def test_an_ood_factor_that_is_also_a_training_factor(tmp_path: Path):
    message = fault(tmp_path, HEADER, TRAIN, OOD.replace("CTCF", "Arid3a"))
    assert "factor ARID3A has experiments in role train and in role ood" in message


def test_a_file_of_an_ood_experiment_that_is_also_a_training_experiments(tmp_path: Path):
    message = fault(tmp_path, HEADER, TRAIN, OOD.replace("c.bed", "b.bed; a.bed"))
    assert "a.bed is a file of A1, which has role train, and of C1, which has role ood" in message
    rows = (TRAIN.replace("a.bed", "simulated"), OOD.replace("c.bed", "simulated"))
    assert list(read_experiments(write(tmp_path, HEADER, *rows))) == ["A1", "C1"]


def test_a_url_needs_its_checksum(tmp_path: Path):
    line = TRAIN.replace("a.bed", f"b.bed;{URL}")
    message = fault(tmp_path, HEADER, line)
    assert "line 2: experiment A1: a downloaded file needs its sha256 or md5" in message
    path = write(tmp_path, HEADER + OPTIONAL, f"{line}\t{MD5};{MD5}\t-\t-")
    assert read_experiments(path)["A1"].md5 == f"{MD5};{MD5}"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        (f"-\t{URL}\t-", "negatives: a downloaded file needs its negatives_sha256"),
        ("-\ta.bed;b.bed\t-", "negatives: found a.bed;b.bed, expected one file, whose path"),
        ("abc\t-\t-", "line 2: column md5: found 'abc', expected a value of the form"),
        (f"-\tno.bed\t{MD5}", "column negatives_sha256: found '1111"),
    ],
)
def test_optional_columns_that_cannot_be_used(tmp_path: Path, fields: str, expected: str):
    assert expected in fault(tmp_path, HEADER + OPTIONAL, f"{TRAIN}\t{fields}")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (["experiment\tfactor"], "line 1: found the columns experiment, factor; expected"),
        ([HEADER + "\tmd6"], "md6; expected, separated by tabs, each once: experiment, factor"),
        ([HEADER + "\tpeaks"], "sha256; and optionally md5, negatives, negatives_sha256"),
        ([""], "the experiment table is empty"),
        ([HEADER, OOD], "no experiment has role train"),
    ],
)
def test_tables_that_cannot_be_used(tmp_path: Path, lines: list[str], expected: str):
    assert expected in fault(tmp_path, *lines)


def test_a_missing_table(tmp_path: Path):
    with pytest.raises(InputError, match=r"absent\.tsv: the experiment table does not exist"):
        read_experiments(tmp_path / "absent.tsv")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, [("-", "-", "-")] * 2),
        ({"format": "bed", "coordinates": "1"}, [("bed", "1", "-")] * 2),
        ({"format": "bed;-", "coordinates": "0; 1"}, [("bed", "0", "-"), ("-", "1", "-")]),
        ({"strength": "Fold;7"}, [("-", "-", "Fold"), ("-", "-", "7")]),
    ],
)
def test_reading_of_each_file(given: dict[str, str], expected: list[tuple[str, str, str]]) -> None:
    row = Experiment("x", "X", "b", "train", "-", "-", "a;b", "-", **given)
    assert [tuple(found.values()) for found in row.reading(2)] == expected


def other_cells(**changes: str) -> str:
    fields = {"factor": "Arid3a", "biosample": "K562", "stratum": "same_factor", "peaks": "d.bed"}
    row = fields | changes
    cells = ("A2", row["factor"], row["biosample"], "ood", row["stratum"], "ARID", row["peaks"])
    return "\t".join([*cells, "-"])


def test_a_training_factor_in_other_cells(tmp_path: Path):
    rows = read_experiments(write(tmp_path, HEADER, TRAIN, other_cells(), OOD))
    assert (rows["A2"].role, rows["A2"].stratum) == ("ood", "same_factor")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        (
            {"stratum": "cross_family"},
            "factor ARID3A has experiments in role train and in role ood; .* write `same_factor`",
        ),
        (
            {"factor": "GATA3"},
            "experiment A2 has stratum same_factor, but no experiment of factor GATA3 has role tr",
        ),
        (
            {"biosample": "hepg2"},
            "stratum same_factor and biosample hepg2, but A1 trains on the same factor and biosam",
        ),
        ({"peaks": "a.bed"}, "a.bed is a file of A1, which has role train, and of A2, which has"),
    ],
)
def test_a_row_of_other_cells_that_is_none(tmp_path: Path, changes: dict[str, str], message: str):
    with pytest.raises(InputError, match=message):
        read_experiments(write(tmp_path, HEADER, TRAIN, other_cells(**changes)))


def test_other_cells_without_any_training_row(tmp_path: Path):
    message = fault(tmp_path, HEADER, other_cells())
    assert "but no experiment of factor Arid3a has role train" in message
